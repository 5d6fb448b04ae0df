//! How a run begins: what was claimed is checked once more, guarded and started; what an earlier console started is
//! found again.

use std::time::Duration;

use tokio::task::spawn_blocking;
use tokio_util::sync::CancellationToken;

use super::{
    Engine,
    authority::{Denial, Owner, authorize},
    guard::{self, GuardOutcome},
    outcome::RunOutcome,
    presence::{self, Found},
    stall::ClockWatcher,
    watch::{Watch, find},
};
use crate::{
    domain::{
        guard::report::GuardReport,
        id::RunId,
        operation::Operation,
        run::{event::RunEventKind, state::RunState, stats::Stats},
    },
    server::{
        rclone::{
            error::RcloneError,
            log,
            run::transfer::Transfer,
            shim::{self, Life},
        },
        store::{
            StoreError,
            runs::{self, Claimed, Task, Unfinished},
        },
    },
};

/// Why a run ended whose guards waited for ever.
const STALLED_LOOK: &str = "The safety check made no progress for too long. Nothing was changed. Check that the remote answers, then run it again.";

/// How a run ends that may not begin.
struct Refused {
    outcome: RunOutcome,
    report: Option<GuardReport>,
}

impl Refused {
    /// A guard stopped it.
    fn blocked(report: GuardReport) -> Self {
        Self { outcome: RunOutcome::of(RunState::Blocked, Some(report.explanation())), report: Some(report) }
    }
}

/// What the guards of a run decide.
enum Guarded {
    /// It starts, and may delete so many files.
    Go(Option<u32>),
    /// It ends without having started.
    Ends(Box<Refused>),
    /// It is left as it is: the console closes, or another attempt has taken the run over.
    Left,
}

/// Runs the guards of a claimed run, starts it, and watches it. `jumps` is the look at the clock by which
/// it was claimed: when the clock was moved since, its time limit moves along.
pub(super) async fn launch(engine: Engine, claimed: Claimed, jumps: ClockWatcher) {
    let Some(mut watch) = Watch::new(&engine, &claimed.id, claimed.fence, jumps).await else { return };
    watch.follow_clock().await;
    let Task { operation, source, destination, options, retry_of, .. } = claimed.task.clone();
    let mut transfer = Transfer { operation, source, destination, options };
    // Also before its guards run: they read what it would read.
    if let Err(refused) = watch.may_begin(&claimed).await {
        return watch.end(refused.outcome, None, refused.report).await;
    }
    match watch.present(&claimed, &transfer).await {
        Found::Fine => {}
        Found::Blocked(report) => {
            let refused = Refused::blocked(*report);
            return watch.end(refused.outcome, None, refused.report).await;
        }
        Found::Refused(error) => {
            let outcome = RunOutcome { lasting: true, ..RunOutcome::of(RunState::Failed, Some(error)) };
            return watch.end(outcome, None, None).await;
        }
    }
    let only = match retry_of {
        None => None,
        Some(of) => match failed_files(&engine, &of).await {
            Ok(names) => Some(names),
            Err(error) => return watch.not_started(error).await,
        },
    };
    if claimed.guarded {
        match watch.guarded(&claimed, &transfer, only.as_ref().map(|names| names.len() as u64)).await {
            Guarded::Go(budget) => transfer.options.max_delete = budget.or(transfer.options.max_delete),
            Guarded::Ends(refused) => return watch.end(refused.outcome, None, refused.report).await,
            Guarded::Left => return,
        }
    }
    // A dry run shows all that would go; rclone would end it at the limit. Of a bisync the limit is a share, and asked
    // before it begins.
    if transfer.options.dry_run && operation != Operation::Bisync {
        transfer.options.max_delete = None;
    }
    if watch.stop.is_cancelled() {
        return watch.end(RunOutcome::of(RunState::Cancelled, None), None, None).await;
    }
    if let Err(refused) = watch.may_begin(&claimed).await {
        return watch.end(refused.outcome, None, refused.report).await;
    }
    match engine.0.config.rclone.start_run(&watch.dir, &transfer, only.as_deref()).await {
        Ok(()) => watch.running().await.until_it_ends().await,
        // It was started all the same, and only its first word was not heard: then its end is what counts.
        Err(error) if matches!(shim::inspect(&watch.dir), Life::Alive) => {
            tracing::warn!(run = %claimed.id, %error, "was started, but did not say so in time");
            watch.running().await.until_it_ends().await;
        }
        Err(RcloneError::Io { context, source }) => watch.not_started(format!("{context}: {source}")).await,
        Err(error) => watch.not_started(error.to_string()).await,
    }
}

/// Watches a run that was started in an earlier life.
pub(super) async fn attach(engine: Engine, row: Unfinished) {
    tracing::info!(run = %row.summary.id, "run found again");
    let clock = &engine.0.config.clock;
    let jumps = ClockWatcher::new(clock.now(), clock.elapsed());
    let Some(watch) = Watch::new(&engine, &row.summary.id, row.fence, jumps).await else { return };
    if row.stop_requested {
        watch.stop.cancel();
    }
    watch.note(RunEventKind::FoundAgain, "").await;
    let watch = if row.summary.state == RunState::Running { watch } else { watch.running().await };
    watch.until_it_ends().await;
}

/// The names of the files that failed in an earlier run.
async fn failed_files(engine: &Engine, of: &RunId) -> Result<Vec<String>, String> {
    let gone = || "the run whose failed files it should retry no longer exists".to_owned();
    let stored = find(engine, of).await.map_err(|error| error.to_string())?.ok_or_else(gone)?;
    let dir = engine.run_dir(of, stored.fence);
    let names = spawn_blocking(move || log::failed(&dir)).await.map_err(|_| gone())?.map_err(|_| gone())?;
    if names.is_empty() { Err("no file failed in the run that it should retry".to_owned()) } else { Ok(names) }
}

impl Watch {
    /// Makes sure that the run may begin now, or says how it ends instead.
    async fn may_begin(&self, claimed: &Claimed) -> Result<(), Box<Refused>> {
        let denied = match self.owner().await {
            Ok(owner) => authorize(&self.engine, claimed, &owner, self.engine.0.config.clock.now()).await,
            Err(error) => Err(Denial::Unknown(format!("Its owner's account could not be read: {error}."))),
        };
        denied.map_err(|denial| {
            let started = match self.live.summary.attempt {
                0 | 1 => "It was not started, and nothing was changed.".to_owned(),
                attempt => format!("Its attempt {attempt} was not started."),
            };
            Box::new(match denial {
                Denial::Forbidden(why) => Refused::blocked(GuardReport::denied(format!("{started} {why}"))),
                Denial::Unknown(why) => Refused {
                    outcome: RunOutcome::of(RunState::Failed, Some(format!("{started} {why}"))),
                    report: None,
                },
            })
        })
    }

    /// In whose name it is done.
    async fn owner(&self) -> Result<Owner, StoreError> {
        let mut reader = self.engine.0.config.store.acquire().await?;
        let origin = runs::origin(&mut reader, &self.id).await?.ok_or(StoreError::Corrupt("run"))?;
        let token = origin.token_id.map(|id| id.parse().map_err(StoreError::corrupt("run's token"))).transpose()?;
        let user_id = origin.user_id.parse().map_err(StoreError::corrupt("user's id"))?;
        Ok(Owner { user_id, user: self.live.summary.user.clone(), token })
    }

    /// Whether what the run needs is there; fine as well when it is stopped, its time runs out or the console ends
    /// meanwhile: what comes next sees to that.
    async fn present(&self, claimed: &Claimed, transfer: &Transfer) -> Found {
        let left = self
            .deadline
            .map(|deadline| Duration::from_millis(deadline.millis_since(self.engine.0.config.clock.now())));
        tokio::select! {
            found = presence::look(&self.engine, claimed, transfer) => found,
            () = self.stop.cancelled() => Found::Fine,
            () = self.engine.0.closing.cancelled() => Found::Fine,
            () = tokio::time::sleep(left.unwrap_or_default()), if left.is_some() => Found::Fine,
        }
    }

    /// Runs the guards.
    async fn guarded(&mut self, claimed: &Claimed, transfer: &Transfer, names: Option<u64>) -> Guarded {
        let (engine, live) = (self.engine.clone(), &mut self.live);
        let told = |stats| {
            live.summary.stats = stats;
            engine.hub().update(live.clone());
        };
        let any = CancellationToken::new();
        let ends = {
            let (stop, closing, any) = (self.stop.clone(), engine.0.closing.clone(), any.clone());
            let left =
                self.deadline.map(|deadline| Duration::from_millis(deadline.millis_since(engine.0.config.clock.now())));
            tokio::spawn(async move {
                tokio::select! {
                    () = stop.cancelled() => {}
                    () = closing.cancelled() => {}
                    () = tokio::time::sleep(left.unwrap_or_default()), if left.is_some() => {}
                }
                any.cancel();
            })
        };
        let look = guard::evaluate(&engine, claimed, transfer, names, &any, told).await;
        ends.abort();
        self.live.summary.stats = Stats::default();
        self.follow_clock().await;
        let outcome = match look {
            GuardOutcome::Go(report, source) => match self.mark_starting(&report, source.as_ref()).await {
                Ok(true) => {
                    self.live.summary.state = RunState::Starting;
                    self.engine.hub().update(self.live.clone());
                    let limit = report.delete_limit.or(report.budget);
                    return Guarded::Go(limit.map(|limit| u32::try_from(limit).unwrap_or(u32::MAX)));
                }
                Ok(false) => return Guarded::Left,
                Err(error) => RunOutcome::of(
                    RunState::Failed,
                    Some(format!("Longshore could not save what the guards found: {error}.")),
                ),
            },
            GuardOutcome::Blocked(report) => {
                return Guarded::Ends(Box::new(Refused::blocked(report)));
            }
            // Nothing was changed: the next life begins it anew.
            GuardOutcome::Stopped if self.engine.0.closing.is_cancelled() => return Guarded::Left,
            GuardOutcome::Stopped if self.stop.is_cancelled() => RunOutcome::of(RunState::Cancelled, None),
            GuardOutcome::Stopped => RunOutcome::of(
                RunState::TimedOut,
                Some("Its time limit ran out during the safety check. Nothing was changed.".to_owned()),
            ),
            GuardOutcome::Stalled => RunOutcome::of(RunState::Stalled, Some(STALLED_LOOK.to_owned())),
            GuardOutcome::Failed(error) => RunOutcome::of(RunState::Failed, Some(error)),
        };
        Guarded::Ends(Box::new(Refused { outcome, report: None }))
    }

    async fn not_started(self, error: String) {
        tracing::warn!(run = %self.id, %error, "could not be started");
        let error = format!("rclone could not be started: {}.", error.trim_end_matches('.'));
        self.end(RunOutcome::of(RunState::Failed, Some(error)), None, None).await;
    }
}
