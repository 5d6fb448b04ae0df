//! The guards: they look before a run changes anything, and let it go or say why not.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::{Engine, stall::Stall};
use crate::{
    boundary,
    domain::{
        guard::{GuardReason, GuardReport},
        run::{Operation, Stats},
    },
    server::{
        rclone::{
            RcloneError, Transfer,
            log::Tail,
            preflight::{Plan, Preflight},
        },
        store::{
            StoreError,
            runs::{self, Claimed},
        },
    },
};

/// How often the look ahead is looked at.
const TICK: Duration = Duration::from_millis(500);

/// What the guards say.
#[derive(Debug)]
pub(super) enum Look {
    /// Let it go; it may delete so many files.
    Go(GuardReport),
    /// Do not.
    Blocked(GuardReport),
    /// It was asked to stop, or its time ran out.
    Stopped,
    /// Nothing happened for too long while they looked.
    Stalled,
    /// They could not look.
    Failed(String),
}

impl From<RcloneError> for Look {
    fn from(error: RcloneError) -> Self {
        Self::Failed(format!("The guards could not look: {error}."))
    }
}

impl From<StoreError> for Look {
    fn from(error: StoreError) -> Self {
        Self::Failed(format!("The guards could not look: {error}."))
    }
}

/// Looks. `told` hears how far it is; `stop` ends it.
pub(super) async fn look(
    engine: &Engine,
    claimed: &Claimed,
    transfer: &Transfer,
    stop: &CancellationToken,
    told: impl FnMut(Stats),
) -> Look {
    try_look(engine, claimed, transfer, stop, told).await.unwrap_or_else(|failed| failed)
}

async fn try_look(
    engine: &Engine,
    claimed: &Claimed,
    transfer: &Transfer,
    stop: &CancellationToken,
    told: impl FnMut(Stats),
) -> Result<Look, Look> {
    let config = &engine.0.config;
    let guards = &claimed.task.guards;
    let mut report = GuardReport { sentinel: guards.sentinel.clone(), ..GuardReport::default() };
    if let Some(sentinel) = &guards.sentinel {
        let file = sentinel.split('/').fold(transfer.source.clone(), |at, name| at.join(name));
        if !config.rclone.exists(&file).await? {
            report.reason = Some(GuardReason::SentinelMissing);
            return Ok(Look::Blocked(report));
        }
    }
    let mut reader = config.store.acquire().await?;
    if let Some(preview) = claimed.approved_by.as_ref().filter(|_| is_counted(transfer.operation)) {
        // What the person saw and typed the name for, and not one file more.
        let stored = runs::get(&mut reader, preview).await?;
        report.budget = Some(stored.map_or(0, |stored| stored.run.summary.stats.deletes));
        report.approved_by = Some(preview.clone());
    }
    if transfer.operation != Operation::Sync || transfer.options.dry_run {
        return Ok(Look::Go(report));
    }
    report.last_source_files = runs::last_source_files(&mut reader, &claimed.spec).await?;
    drop(reader);
    let dir = engine.run_dir(&claimed.id, claimed.fence).with_extension(format!("{}.guard", claimed.fence));
    let preflight = config.rclone.preflight(&dir, transfer).await?;
    let plan = wait(engine, preflight, stop, told).await?;
    Ok(judge(plan, report, claimed))
}

/// Whether what it deletes is what its preview counted as deletes. Of a move that is what it moved.
const fn is_counted(operation: Operation) -> bool {
    matches!(operation, Operation::Sync | Operation::Delete)
}

/// Waits for the look ahead, or tells why it did not end.
async fn wait(engine: &Engine, mut preflight: Preflight, stop: &CancellationToken, mut told: impl FnMut(Stats)) -> Result<Plan, Look> {
    boundary::pass("during_look", preflight.dir());
    let clock = &engine.0.config.clock;
    let mut stall = Stall::new(engine.0.config.stall_limit, clock.elapsed());
    let mut tail = Tail::open(preflight.dir());
    let mut tick = tokio::time::interval(TICK);
    loop {
        tokio::select! {
            () = stop.cancelled() => return Err(Look::Stopped),
            plan = preflight.wait() => return plan.map_err(|error| Look::Failed(format!("The guards could not look: {error}."))),
            _ = tick.tick() => {
                if let Ok(Some(progress)) = tail.read() {
                    stall.progress(&progress.stats, &progress.in_flight, clock.elapsed());
                    told(progress.stats);
                }
                if stall.is_stalled(clock.elapsed(), || preflight.bytes_read()) {
                    return Err(Look::Stalled);
                }
            }
        }
    }
}

/// What was found, against what is allowed.
fn judge(plan: Plan, mut report: GuardReport, claimed: &Claimed) -> Look {
    let guards = &claimed.task.guards;
    let stats = plan.stats.unwrap_or_default();
    // What is deleted is counted as checked too: so much is at the destination, and the rest of it is in the source as well.
    let (destination, both) = (stats.checks, stats.checks.saturating_sub(stats.deletes));
    let source = both + plan.new;
    let own = || claimed.task.options.max_delete.map_or_else(|| guards.budget(destination), u64::from);
    let approved = report.approved_by.is_some();
    let budget = *report.budget.get_or_insert_with(own);
    if plan.exit_code == Some(3) && source == 0 {
        report.reason = Some(GuardReason::SourceMissing);
        return Look::Blocked(report);
    }
    if plan.exit_code != Some(0) {
        // A folder that can not be read, a network that fails: the run meets it too, and then deletes nothing. What can be copied is.
        return Look::Go(report);
    }
    report.source_files = Some(source);
    report.destination_files = Some(destination);
    report.deletes = Some(stats.deletes);
    report.transfers = Some(stats.files);
    let shrunk = report.last_source_files.is_some_and(|last| source.saturating_mul(2) < last);
    let empty_is_fine = approved || guards.allow_empty_source;
    report.reason = if source == 0 && stats.deletes > 0 && !empty_is_fine {
        Some(GuardReason::SourceEmpty)
    } else if shrunk && stats.deletes > 0 && !approved && !guards.allow_shrunk_source && !(source == 0 && empty_is_fine) {
        Some(GuardReason::SourceShrunk)
    } else if stats.deletes > budget {
        Some(GuardReason::DeleteBudget)
    } else {
        None
    };
    if report.reason.is_some() { Look::Blocked(report) } else { Look::Go(report) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        domain::{guard::Guards, location::Location, transfer::TransferOptions},
        server::store::runs::Task,
    };

    fn claimed(guards: Guards, max_delete: Option<u32>) -> Claimed {
        let at = |text| Location::parse(text).expect("a location");
        let options = TransferOptions { max_delete, ..TransferOptions::default() };
        let task = Task { operation: Operation::Sync, source: at("/a"), destination: Some(at("/b")), options, guards, retry_of: None };
        let id = "01JD3Z6N9V4M2K8Q7W5X1T0R3S".parse().expect("an id");
        Claimed { id, fence: 1, task, guarded: true, spec: String::new(), approved_by: None, job: None }
    }

    /// Both sides have `both`, `new` and `gone` are on one.
    fn found(both: u64, new: u64, gone: u64, last: Option<u64>, guards: Guards, max_delete: Option<u32>) -> Option<GuardReason> {
        let stats = Stats { checks: both + gone, deletes: gone, files: new, ..Stats::default() };
        let plan = Plan { exit_code: Some(0), stats: Some(stats), new, headline: None };
        match judge(plan, GuardReport { last_source_files: last, ..GuardReport::default() }, &claimed(guards, max_delete)) {
            Look::Go(report) => {
                assert!(report.budget.expect("a budget") >= gone);
                None
            }
            Look::Blocked(report) => report.reason,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn each_guard_stops_what_it_is_for_and_nothing_else() {
        let usual = Guards::default;
        assert_eq!(found(100, 3, 10, Some(100), usual(), None), None);
        assert_eq!(found(0, 0, 1, None, usual(), None), Some(GuardReason::SourceEmpty));
        assert_eq!(found(0, 0, 0, None, usual(), None), None, "there is nothing to lose");
        assert_eq!(found(0, 5, 0, None, usual(), None), None, "a first sync");
        assert_eq!(found(49, 0, 5, Some(99), usual(), None), Some(GuardReason::SourceShrunk));
        assert_eq!(found(50, 0, 5, Some(100), usual(), None), None);
        assert_eq!(found(1000, 0, 200, Some(1000), usual(), None), Some(GuardReason::DeleteBudget));
        assert_eq!(found(1000, 0, 200, None, usual(), Some(200)), None);
        assert_eq!(found(1000, 0, 5, None, usual(), Some(4)), Some(GuardReason::DeleteBudget));
        let empty = Guards { allow_empty_source: true, max_delete_percent: Some(100), ..usual() };
        assert_eq!(found(0, 0, 50, Some(50), empty, None), None);
        let shrunk = Guards { allow_shrunk_source: true, ..usual() };
        assert_eq!(found(10, 0, 9, Some(1000), shrunk, None), None);
    }

    #[test]
    fn an_approval_lets_go_what_was_seen_and_no_more() {
        let look = |deletes| {
            let stats = Stats { checks: deletes, deletes, ..Stats::default() };
            let plan = Plan { exit_code: Some(0), stats: Some(stats), new: 0, headline: None };
            let approved_by = "01JD3Z6N9V4M2K8Q7W5X1T0R3S".parse().ok();
            let report = GuardReport { budget: Some(20), approved_by, last_source_files: Some(100), ..GuardReport::default() };
            judge(plan, report, &claimed(Guards::default(), None))
        };
        assert!(
            matches!(look(20), Look::Go(GuardReport { budget: Some(20), source_files: Some(0), .. })),
            "an empty source, as it was seen"
        );
        assert!(matches!(look(21), Look::Blocked(GuardReport { reason: Some(GuardReason::DeleteBudget), .. })));
    }

    #[test]
    fn a_source_that_is_not_there_is_blocked_and_another_failure_is_the_runs_to_meet() {
        let look = |exit_code| judge(Plan { exit_code, ..Plan::default() }, GuardReport::default(), &claimed(Guards::default(), None));
        assert!(matches!(look(Some(3)), Look::Blocked(GuardReport { reason: Some(GuardReason::SourceMissing), .. })));
        assert!(matches!(look(Some(1)), Look::Go(GuardReport { budget: Some(10), .. })));
        assert!(matches!(look(None), Look::Go(_)));
    }
}
