//! The guards: before a run changes anything they check what it would do, and let it start or block it with a reason.

mod figures;
mod removal;

use std::{path::Path, time::Duration};

use tokio_util::sync::CancellationToken;

use self::figures::Comparing;
use super::{Engine, places, stall::Stall};
use crate::{
    domain::{
        guard::{
            Approved,
            report::{GuardReason, GuardReport},
        },
        id::{JobId, RunId},
        operation::Operation,
        removal::Allowance,
        run::stats::Stats,
        time::Timestamp,
    },
    failpoint,
    server::{
        rclone::{
            error::RcloneError,
            log::Tail,
            run::{
                filters,
                preflight::{Plan, Preflight},
                transfer::Transfer,
            },
        },
        store::{
            StoreError,
            runs::{self, Baseline, Claimed, Counted, SourceKey, Stored, Task},
        },
    },
};

/// Poll interval while the preflight dry run is running.
const TICK: Duration = Duration::from_millis(500);
/// How far back the most that a source held is looked for, in milliseconds: 28 days.
const WEEKS_MS: i64 = 28 * 24 * 60 * 60 * 1000;

/// What the guards say.
#[derive(Debug)]
pub(super) enum GuardOutcome {
    /// Let it go; it may delete so many files.
    Go(GuardReport, Option<SourceKey>),
    /// Do not.
    Blocked(GuardReport),
    /// It was asked to stop, or its time ran out.
    Stopped,
    /// Nothing happened for too long while they looked.
    Stalled,
    /// They could not look.
    Failed(String),
}

impl From<RcloneError> for GuardOutcome {
    fn from(error: RcloneError) -> Self {
        Self::Failed(format!("The guards could not check this run: {error}."))
    }
}

impl From<StoreError> for GuardOutcome {
    fn from(error: StoreError) -> Self {
        Self::Failed(format!("The guards could not check this run: {error}."))
    }
}

impl From<std::io::Error> for GuardOutcome {
    fn from(error: std::io::Error) -> Self {
        Self::Failed(format!("The guards could not check this run: {error}."))
    }
}

/// Looks. `names` is how many files it takes up, where those are all; `told` hears how far it is; `stop` ends it.
pub(super) async fn evaluate(
    engine: &Engine,
    claimed: &Claimed,
    transfer: &Transfer,
    names: Option<u64>,
    stop: &CancellationToken,
    told: impl FnMut(Stats),
) -> GuardOutcome {
    try_look(engine, claimed, transfer, names, stop, told).await.unwrap_or_else(|failed| failed)
}

async fn try_look(
    engine: &Engine,
    claimed: &Claimed,
    transfer: &Transfer,
    names: Option<u64>,
    stop: &CancellationToken,
    told: impl FnMut(Stats),
) -> Result<GuardOutcome, GuardOutcome> {
    let config = &engine.0.config;
    let guards = &claimed.task.guards;
    let mut report = GuardReport { sentinel: guards.sentinel.clone(), ..GuardReport::default() };
    if let Some(sentinel) = &guards.sentinel {
        let file = sentinel.split('/').fold(transfer.source.clone(), |at, name| at.join(name));
        if !config.rclone.exists(&file).await? {
            report.reason = Some(GuardReason::SentinelMissing);
            return Ok(GuardOutcome::Blocked(report));
        }
    }
    let approved = match claimed.approved_by.as_ref().filter(|_| transfer.operation == Operation::Sync) {
        Some(preview) => Some(approved(engine, preview).await?),
        None => None,
    };
    if let Some(approved) = approved {
        report.budget = Some(approved.deletes);
    }
    report.approved_by.clone_from(&claimed.approved_by);
    if transfer.options.dry_run {
        return Ok(GuardOutcome::Go(report, None));
    }
    if transfer.operation.removes() {
        let allowance = allowance(engine, claimed).await?;
        let report = removal::evaluate(engine, transfer, allowance, names, report, stop).await?;
        return Ok(if report.reason.is_some() {
            GuardOutcome::Blocked(report)
        } else {
            GuardOutcome::Go(report, None)
        });
    }
    if transfer.operation != Operation::Sync {
        return Ok(GuardOutcome::Go(report, None));
    }
    let source = source_key(engine, transfer).await?;
    let baseline = baseline(engine, transfer, &source, claimed.job.as_ref(), &claimed.spec).await?;
    (report.last_source_files, report.most_source_files) = (baseline.last, baseline.most);
    let dir = engine.run_dir(&claimed.id, claimed.fence).with_extension(format!("{}.guard", claimed.fence));
    let mut preflight = config.rclone.preflight(&dir, transfer).await?;
    let plan = wait(engine, &mut preflight, stop, told).await?;
    let comparing = Comparing { engine, transfer, guards, dir: preflight.dir(), stop };
    let report = comparing.judge(&plan, report, approved).await?;
    Ok(if report.reason.is_some() { GuardOutcome::Blocked(report) } else { GuardOutcome::Go(report, Some(source)) })
}

/// Whether a preview of this operation tells what the guards will say.
pub(super) const fn is_reviewed(operation: Operation) -> bool {
    matches!(operation, Operation::Sync) || operation.removes()
}

/// What the guards will say to the run of which `stored` is a preview that ended well; its comparison lies in `dir`.
/// `None` for what is not one, and when it is unknown.
pub(super) async fn review(
    engine: &Engine,
    stored: &Stored,
    dir: &Path,
    stats: Stats,
    stop: &CancellationToken,
) -> Option<GuardReport> {
    let summary = &stored.run.summary;
    if !is_reviewed(summary.operation) || !summary.dry_run {
        return None;
    }
    let (source, destination) = (summary.source.clone(), summary.destination.clone());
    let transfer = Transfer { operation: summary.operation, source, destination, options: stored.run.options.clone() };
    let reviewed = try_review(engine, stored, &transfer, dir, stats, stop).await;
    reviewed
        .inspect_err(|failed| tracing::warn!(run = %summary.id, ?failed, "what its guards will say is unknown"))
        .ok()
}

async fn try_review(
    engine: &Engine,
    stored: &Stored,
    transfer: &Transfer,
    dir: &Path,
    stats: Stats,
    stop: &CancellationToken,
) -> Result<GuardReport, GuardOutcome> {
    let guards = &stored.run.guards;
    if transfer.operation.removes() {
        let (run, job) = (&stored.run, stored.run.summary.job.as_ref().map(|job| &job.id));
        let (operation, source, destination) =
            (transfer.operation, transfer.source.clone(), transfer.destination.clone());
        let (options, guards, retry_of) = (run.options.clone(), run.guards.clone(), run.retry_of);
        let task = Task { operation, source, destination, options, guards, retry_of };
        let job = removal::of_job(engine, job, &run.summary.id, &task, &stored.spec).await?;
        let allowance = Allowance { job, max_delete: run.options.max_delete, ..Allowance::default() };
        return removal::evaluate(engine, transfer, allowance, None, GuardReport::default(), stop).await;
    }
    let source = source_key(engine, transfer).await?;
    let job = stored.run.summary.job.as_ref().map(|job| &job.id);
    let baseline = baseline(engine, transfer, &source, job, &stored.spec).await?;
    let (sentinel, last_source_files, most_source_files) = (guards.sentinel.clone(), baseline.last, baseline.most);
    let report = GuardReport { sentinel, last_source_files, most_source_files, ..GuardReport::default() };
    let comparing = Comparing { engine, transfer, guards, dir, stop };
    let plan = Plan { exit_code: Some(0), stats: Some(stats), comparison: comparing.read().await?, headline: None };
    comparing.judge(&plan, report, None).await
}

/// What a person saw in a preview and typed the name for, and not one file more.
async fn approved(engine: &Engine, preview: &RunId) -> Result<Approved, GuardOutcome> {
    let mut reader = engine.0.config.store.acquire().await?;
    let Some(preview) = runs::get(&mut reader, preview).await? else { return Ok(Approved { deletes: 0, left_out: 0 }) };
    let left_out = preview.run.guard_report.and_then(|report| report.left_out).unwrap_or(0);
    Ok(Approved { deletes: preview.run.summary.stats.deletes, left_out })
}

/// What may let a delete or a move go beyond its budget.
async fn allowance(engine: &Engine, claimed: &Claimed) -> Result<Allowance, GuardOutcome> {
    let approved = match &claimed.approved_by {
        None => None,
        Some(preview) => {
            let found = runs::get(&mut *engine.0.config.store.acquire().await?, preview).await?;
            Some(found.as_ref().map_or(0, removal::seen))
        }
    };
    Ok(Allowance {
        confirmed: claimed.confirmed,
        approved,
        job: removal::of_job(engine, claimed.job.as_ref(), &claimed.id, &claimed.task, &claimed.spec).await?,
        token: removal::of_token(engine, &claimed.id).await?,
        max_delete: claimed.task.options.max_delete,
    })
}

/// Which source a run counts.
async fn source_key(engine: &Engine, transfer: &Transfer) -> Result<SourceKey, GuardOutcome> {
    let checked = engine.0.config.locations.check(&transfer.source).await;
    let checked = checked
        .map_err(|error| GuardOutcome::Failed(format!("The guards could not check this run: {}", error.summary())))?;
    let mut keys: Vec<_> = checked.keys().into_iter().map(|key| key.key).collect();
    keys.sort();
    let filters = filters::text(&transfer.options).unwrap_or_default();
    Ok(SourceKey { place: places::digest(&keys.join("\n")), filters: places::digest(&filters) })
}

/// What the source held before.
async fn baseline(
    engine: &Engine,
    transfer: &Transfer,
    source: &SourceKey,
    job: Option<&JobId>,
    spec: &str,
) -> Result<Baseline, StoreError> {
    let config = &engine.0.config;
    let destination = transfer.destination.as_ref().map(ToString::to_string).unwrap_or_default();
    let counted = Counted { source, job, destination: &destination, spec };
    let since = Timestamp(config.clock.now().0.saturating_sub(WEEKS_MS));
    runs::baseline(&mut *config.store.acquire().await?, counted, since).await
}

/// Waits for the dry run, or tells why it did not end.
async fn wait(
    engine: &Engine,
    preflight: &mut Preflight,
    stop: &CancellationToken,
    mut told: impl FnMut(Stats),
) -> Result<Plan, GuardOutcome> {
    failpoint::hit("during_look", preflight.dir());
    let clock = &engine.0.config.clock;
    let mut stall = Stall::new(engine.0.config.stall_limit, clock.elapsed());
    let mut tail = Tail::open(preflight.dir());
    let mut tick = tokio::time::interval(TICK);
    loop {
        tokio::select! {
            () = stop.cancelled() => return Err(GuardOutcome::Stopped),
            plan = preflight.wait() => return Ok(plan?),
            _ = tick.tick() => {
                if let Ok(Some(progress)) = tail.read() {
                    stall.progress(&progress.stats, &progress.in_flight, clock.elapsed());
                    told(progress.stats);
                }
                if stall.is_stalled(clock.elapsed(), || preflight.bytes_read()) {
                    return Err(GuardOutcome::Stalled);
                }
            }
        }
    }
}
