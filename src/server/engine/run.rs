//! One run's life, from the claim to its row's last change: started, or found again, then watched until its processes
//! are gone.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use tokio::{
    task::spawn_blocking,
    time::{Instant, MissedTickBehavior, interval},
};
use tokio_util::sync::CancellationToken;

use super::{
    Engine, Live,
    authority::{Denial, Owner, authorize},
    end::pause,
    figures,
    guard::{self, Look},
    outcome::{Evidence, RunOutcome, outcome},
    pending_reports,
    presence::{self, Found},
    progress_fallback::ProgressFallback,
    proof,
    silence::Silence,
    stall::{Jumps, Stall},
};
use crate::{
    domain::{
        guard::GuardReport,
        id::RunId,
        operation::Operation,
        run::{event::RunEventKind, state::RunState, stats::Stats, summary::RunSummary},
        time::Timestamp,
    },
    server::{
        rclone::{
            error::RcloneError,
            log::{self, Progress, Tail},
            run::{comparison, ending, progress, transfer::Transfer},
            shim::{self, Life},
        },
        store::{
            StoreError,
            runs::{self, Claimed, SourceKey, Stored, Task, Unfinished},
        },
    },
};

/// How often a run's log and lock are looked at.
const TICK: Duration = Duration::from_millis(250);
/// How soon listeners get the next message: at most two messages a second for each run.
const TELL: Duration = Duration::from_millis(500);
/// Why a run ended whose guards waited for ever.
const STALLED_LOOK: &str = "The safety check made no progress for too long. Nothing was changed. Check that the remote answers, then run it again.";
/// How long after its time to clean up a run that was asked to stop is killed from here: its shim, which would do it
/// sooner, is dead or frozen.
const KILL: Duration = Duration::from_secs(2);
/// How long after that the rest of it is killed as well.
const KILL_ALL: Duration = Duration::from_secs(5);

/// One attempt of a run, while it is watched.
pub(super) struct Watch {
    pub(super) engine: Engine,
    pub(super) id: RunId,
    pub(super) fence: i64,
    pub(super) dir: PathBuf,
    pub(super) live: Live,
    /// What it does; without the limits that its guards set.
    transfer: Transfer,
    /// Whether it takes up only some files.
    part: bool,
    stop: CancellationToken,
    /// When it is stopped if it has not ended.
    deadline: Option<Timestamp>,
    jumps: Jumps,
}

/// How a run ends that may not begin.
struct Refused {
    outcome: RunOutcome,
    report: Option<GuardReport>,
}

/// Runs the guards of a claimed run, starts it, and watches it. `jumps` is the look at the clock by which
/// it was claimed: when the clock was moved since, its time limit moves along.
pub(super) async fn launch(engine: Engine, claimed: Claimed, jumps: Jumps) {
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
            return watch.end(RunOutcome::of(RunState::Blocked, Some(report.words())), None, Some(*report)).await;
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
            Some(budget) => transfer.options.max_delete = budget.or(transfer.options.max_delete),
            None => return,
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
    let jumps = Jumps::new(clock.now(), clock.elapsed());
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
                Denial::Forbidden(why) => {
                    let report = GuardReport::denied(format!("{started} {why}"));
                    Refused { outcome: RunOutcome::of(RunState::Blocked, Some(report.words())), report: Some(report) }
                }
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
        let token = origin.token_id.map(|id| id.parse().map_err(|_| StoreError::Corrupt("run's token"))).transpose()?;
        let user_id = origin.user_id.parse().map_err(|_| StoreError::Corrupt("user's id"))?;
        Ok(Owner { user_id, user: self.live.summary.user.clone(), token })
    }

    async fn new(engine: &Engine, id: &RunId, fence: i64, jumps: Jumps) -> Option<Self> {
        let stop = engine.stop_token(id);
        let dir = engine.run_dir(id, fence);
        let stored = loop {
            match find(engine, id).await {
                Ok(found) => break found?,
                Err(error) => pause(engine, &error).await?,
            }
        };
        let part = stored.run.retry_of.is_some();
        let RunSummary { operation, source, destination, .. } = stored.run.summary.clone();
        let transfer = Transfer { operation, source, destination, options: stored.run.options };
        let live = Live { summary: stored.run.summary, in_flight: Vec::new() };
        engine.hub().update(live.clone());
        Some(Self {
            engine: engine.clone(),
            id: id.clone(),
            fence,
            dir,
            live,
            transfer,
            part,
            stop,
            deadline: stored.deadline_at,
            jumps,
        })
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

    /// Runs the guards. How many files the run may delete when they let it start; `None` when the run has ended, or
    /// the console ends.
    async fn guarded(&mut self, claimed: &Claimed, transfer: &Transfer, names: Option<u64>) -> Option<Option<u32>> {
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
        let look = guard::look(&engine, claimed, transfer, names, &any, told).await;
        ends.abort();
        self.live.summary.stats = Stats::default();
        self.follow_clock().await;
        let outcome = match look {
            Look::Go(report, source) => match self.mark_starting(&report, source.as_ref()).await {
                Ok(true) => {
                    self.live.summary.state = RunState::Starting;
                    self.engine.hub().update(self.live.clone());
                    return Some(
                        report.delete_limit.or(report.budget).map(|limit| u32::try_from(limit).unwrap_or(u32::MAX)),
                    );
                }
                Ok(false) => return None,
                Err(error) => RunOutcome::of(
                    RunState::Failed,
                    Some(format!("Longshore could not save what the guards found: {error}.")),
                ),
            },
            Look::Blocked(report) => {
                let outcome = RunOutcome::of(RunState::Blocked, Some(report.words()));
                self.take().end(outcome, None, Some(report)).await;
                return None;
            }
            // Nothing was changed: the next life begins it anew.
            Look::Stopped if self.engine.0.closing.is_cancelled() => return None,
            Look::Stopped if self.stop.is_cancelled() => RunOutcome::of(RunState::Cancelled, None),
            Look::Stopped => RunOutcome::of(
                RunState::TimedOut,
                Some("Its time limit ran out during the safety check. Nothing was changed.".to_owned()),
            ),
            Look::Stalled => RunOutcome::of(RunState::Stalled, Some(STALLED_LOOK.to_owned())),
            Look::Failed(error) => RunOutcome::of(RunState::Failed, Some(error)),
        };
        self.take().end(outcome, None, None).await;
        None
    }

    fn take(&self) -> Self {
        let (engine, live, stop, jumps) = (self.engine.clone(), self.live.clone(), self.stop.clone(), self.jumps);
        Self {
            engine,
            id: self.id.clone(),
            fence: self.fence,
            dir: self.dir.clone(),
            live,
            transfer: self.transfer.clone(),
            part: self.part,
            stop,
            deadline: self.deadline,
            jumps,
        }
    }

    async fn not_started(self, error: String) {
        tracing::warn!(run = %self.id, %error, "could not be started");
        let error = format!("rclone could not be started: {}.", error.trim_end_matches('.'));
        self.end(RunOutcome::of(RunState::Failed, Some(error)), None, None).await;
    }

    /// Writes down that rclone works.
    async fn running(mut self) -> Self {
        let now = self.engine.0.config.clock.now();
        if let Err(error) = self.mark_running(now).await {
            // Its end is written whatever its row says now.
            tracing::warn!(run = %self.id, %error, "could not be marked as running");
        }
        self.live.summary.state = RunState::Running;
        self.live.summary.started_at.get_or_insert(now);
        self.engine.hub().update(self.live.clone());
        self
    }

    /// Looks at the log and the lock until nothing holds the lock, and stops it when that is asked for, or when it does
    /// nothing any more.
    async fn until_it_ends(mut self) {
        let mut tail = Some(Tail::open(&self.dir));
        let mut tick = interval(TICK);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let clock = self.engine.0.config.clock.clone();
        let mut stall = Stall::new(self.engine.0.config.stall_limit, clock.elapsed());
        let mut quiet = ProgressFallback::new(clock.elapsed());
        let mut silence = Silence::default();
        let (mut told, mut untold, mut stopped, mut stalled, mut at_stop) =
            (None::<Instant>, false, None::<Instant>, false, None);
        let exit = loop {
            tokio::select! {
                () = self.engine.0.closing.cancelled() => return,
                () = self.stop.cancelled(), if stopped.is_none() => {}
                _ = tick.tick() => {}
            }
            self.follow_clock().await;
            if stopped.is_none() && (self.stop.is_cancelled() || self.is_over() || stalled) {
                // One that hangs would not answer, and its log has said all.
                if !stalled {
                    at_stop = progress::stats(&self.dir).await.ok().map(|(stats, _)| stats);
                }
                stopped = Some(Instant::now());
                if let Err(error) = shim::stop(&self.dir) {
                    tracing::warn!(run = %self.id, %error, "could not be asked to stop");
                }
                self.live.summary.stopping = true;
                untold = true;
            }
            let Some((life, progress)) = look(&self.dir, &mut tail).await else { continue };
            let progress = quiet.or_query(progress, life, &self.dir, clock.elapsed()).await;
            if let Some(Progress { stats, in_flight }) = progress {
                stall.progress(&stats, &in_flight, clock.elapsed());
                untold |= self.live.summary.stats != stats || self.live.in_flight != in_flight;
                self.live.summary.stats = stats;
                self.live.in_flight = in_flight;
            }
            match life {
                Life::Alive => self.insist(stopped),
                Life::Exited(exit) => break Some(exit),
                Life::Gone | Life::Absent => break None,
            }
            let still = stall.quiet_for(clock.elapsed());
            if silence.look(&self.engine.0.config.rclone, &self.live.summary, still, clock.elapsed()).await {
                self.live.summary.error.clone_from(&silence.cause);
                untold = true;
            }
            if stopped.is_none() && !stalled && stall.is_stalled(clock.elapsed(), || shim::bytes_read(&self.dir)) {
                stalled = true;
                self.note(RunEventKind::Stalled, "").await;
            }
            if untold && told.is_none_or(|at| at.elapsed() >= TELL) {
                self.engine.hub().update(self.live.clone());
                (told, untold) = (Some(Instant::now()), false);
            }
        };
        let dir = self.dir.clone();
        let mut ending = spawn_blocking(move || ending::ending(&dir)).await.unwrap_or_default();
        ending.finish.cause = silence.cause.or(ending.finish.cause);
        pending_reports::note(&self.engine, &self.dir);
        let proof = proof::prove(&self.engine, &self.transfer, &self.dir, &mut ending, self.part).await;
        let (operation, deadline) = (self.live.summary.operation, self.deadline.map(|at| at.0));
        let (asked, was_full) = quiet.end();
        let (at_stop, log_full) = (at_stop.or(asked), was_full || exit.is_some_and(|exit| exit.full));
        let stop_requested = self.stop.is_cancelled();
        let finish = ending.finish.clone();
        let evidence =
            Evidence { operation, exit, finish, proof, at_stop, log_full, stop_requested, stalled, deadline };
        let mut outcome = outcome(evidence);
        outcome.stats = figures::figures(&self.transfer, outcome.stats, &ending).at_the_end(outcome.state);
        let report = self.review(&outcome).await;
        self.end(outcome, exit, report).await;
    }

    /// What the guards will say to the run that this was a preview of, when it ended well.
    async fn review(&self, outcome: &RunOutcome) -> Option<GuardReport> {
        let summary = &self.live.summary;
        if !summary.dry_run || !guard::is_reviewed(summary.operation) {
            return None;
        }
        let report = if outcome.state.ended_well() {
            let stored = find(&self.engine, &self.id).await.ok()??;
            guard::review(&self.engine, &stored, &self.dir, outcome.stats.clone(), &self.stop).await
        } else {
            None
        };
        let comparison = self.dir.join(comparison::FILE);
        if let Err(error) = tokio::fs::remove_file(&comparison).await {
            tracing::debug!(run = %self.id, %error, "a comparison could not be removed");
        }
        report
    }

    /// Kills a run that was asked to stop, when the shim that should do so does not.
    fn insist(&self, stopped: Option<Instant>) {
        let Some(late) = stopped.and_then(|at| at.elapsed().checked_sub(shim::grace(&self.dir))) else { return };
        if late >= KILL
            && let Err(error) = shim::kill(&self.dir, late >= KILL_ALL)
        {
            tracing::warn!(run = %self.id, %error, "could not be killed");
        }
    }

    /// Whether its time limit ran out.
    fn is_over(&self) -> bool {
        self.deadline.is_some_and(|deadline| self.engine.0.config.clock.now() >= deadline)
    }

    /// When the machine's clock was moved, its time limit moves along, for it means time that passes.
    async fn follow_clock(&mut self) {
        let clock = &self.engine.0.config.clock;
        let ms = self.jumps.look(clock.now(), clock.elapsed());
        if ms == 0 {
            return;
        }
        tracing::warn!(run = %self.id, ms, "the machine's clock was moved");
        let moved = async {
            let mut transaction = self.engine.0.config.store.begin().await?;
            let deadline = runs::shift(&mut transaction, &self.id, self.fence, ms).await?;
            let detail = format!("{} s", ms / 1000);
            runs::note(
                &mut transaction,
                &self.id,
                self.engine.0.config.clock.now(),
                RunEventKind::ClockMoved,
                None,
                &detail,
            )
            .await?;
            transaction.commit().await?;
            Ok::<_, StoreError>(deadline)
        };
        match moved.await {
            Ok(deadline) => self.deadline = deadline,
            Err(error) => {
                tracing::warn!(run = %self.id, %error, "its time limit could not be moved");
                self.deadline = self.deadline.map(|at| Timestamp(at.0.saturating_add(ms)));
            }
        }
        let started = &mut self.live.summary.started_at;
        *started = started.map(|at| Timestamp(at.0.saturating_add(ms)));
    }

    /// Notes what happened. One that cannot be written is not worth a run.
    async fn note(&self, kind: RunEventKind, detail: &str) {
        let at = self.engine.0.config.clock.now();
        let written = async {
            let mut transaction = self.engine.0.config.store.begin().await?;
            runs::note(&mut transaction, &self.id, at, kind, None, detail).await?;
            transaction.commit().await
        };
        if let Err(error) = written.await {
            tracing::warn!(run = %self.id, ?kind, %error, "could not be noted");
        }
    }

    async fn mark_starting(&self, report: &GuardReport, source: Option<&SourceKey>) -> Result<bool, StoreError> {
        let mut transaction = self.engine.0.config.store.begin().await?;
        let mine = runs::set_starting(&mut transaction, &self.id, self.fence, Some(report), source).await?;
        transaction.commit().await?;
        Ok(mine)
    }

    async fn mark_running(&self, at: Timestamp) -> Result<(), StoreError> {
        let mut transaction = self.engine.0.config.store.begin().await?;
        runs::set_running(&mut transaction, &self.id, self.fence, at).await?;
        transaction.commit().await
    }
}

/// One look at a run's directory, off the async threads. `None` when the look itself failed.
async fn look(dir: &Path, tail: &mut Option<Tail>) -> Option<(Life, Option<Progress>)> {
    let mut reading = tail.take().unwrap_or_else(|| Tail::open(dir));
    let at = dir.to_owned();
    let (life, progress, reading) = spawn_blocking(move || {
        // The lock first: what is in the log once it is free is all there will be.
        let life = shim::inspect(&at);
        let progress = reading.read().unwrap_or_default();
        (life, progress, reading)
    })
    .await
    .ok()?;
    *tail = Some(reading);
    Some((life, progress))
}

async fn find(engine: &Engine, id: &RunId) -> Result<Option<Stored>, StoreError> {
    runs::get(&mut *engine.0.config.store.acquire().await?, id).await
}
