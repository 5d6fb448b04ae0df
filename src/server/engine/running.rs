//! A run while rclone works: its log and its lock are read until nothing holds the lock. It is stopped when a person
//! asks for it, when its time is over, or when it makes no progress. Then what it left says how it ended.

use std::{path::Path, time::Duration};

use tokio::{
    task::spawn_blocking,
    time::{Instant, MissedTickBehavior, interval},
};

use super::{
    figures, guard,
    outcome::{Evidence, RunOutcome, outcome},
    pending_reports,
    progress_fallback::ProgressFallback,
    proof,
    silence::Silence,
    stall::Stall,
    watch::{Watch, find},
};
use crate::{
    domain::{
        guard::report::GuardReport,
        run::{event::RunEventKind, stats::Stats},
    },
    server::rclone::{
        log::{Progress, Tail},
        run::{comparison, ending, progress},
        shim::{self, Exit, Life},
    },
};

/// How often a run's log and lock are read.
const TICK: Duration = Duration::from_millis(250);
/// How soon listeners get the next message: at most two messages a second for each run.
const TELL: Duration = Duration::from_millis(500);
/// How long after its time to clean up a run that was asked to stop is killed from here: its shim, which would do it
/// sooner, is dead or frozen.
const KILL: Duration = Duration::from_secs(2);
/// How long after that the rest of it is killed as well.
const KILL_ALL: Duration = Duration::from_secs(5);

/// Where a run is, between its start and its end.
enum Phase {
    /// rclone works.
    Working,
    /// It makes no progress, and is asked to stop next.
    Stalled,
    /// It was asked to stop.
    Stopping(Stopping),
}

/// What is known of a run that was asked to stop.
struct Stopping {
    since: Instant,
    /// Whether it was asked because it made no progress.
    stalled: bool,
    /// rclone's figures when it was asked; `None` when it did not answer.
    stats: Option<Stats>,
}

/// What listeners have not been told yet.
#[derive(Default)]
struct News {
    pending: bool,
    told: Option<Instant>,
}

impl News {
    /// Whether to tell now; then nothing is pending any more.
    fn is_due(&mut self) -> bool {
        let due = self.pending && self.told.is_none_or(|at| at.elapsed() >= TELL);
        if due {
            *self = Self { pending: false, told: Some(Instant::now()) };
        }
        due
    }
}

impl Watch {
    /// Watches the run until nothing holds its lock, and writes how it ended. Returns early when the console closes.
    pub(super) async fn until_it_ends(mut self) {
        let mut tail = Some(Tail::open(&self.dir));
        let mut tick = interval(TICK);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let clock = self.engine.0.config.clock.clone();
        let mut stall = Stall::new(self.engine.0.config.stall_limit, clock.elapsed());
        let mut fallback = ProgressFallback::new(clock.elapsed());
        let mut silence = Silence::default();
        let (mut phase, mut news) = (Phase::Working, News::default());
        let exit = loop {
            tokio::select! {
                () = self.engine.0.closing.cancelled() => return,
                () = self.stop.cancelled(), if !matches!(phase, Phase::Stopping(_)) => {}
                _ = tick.tick() => {}
            }
            self.follow_clock().await;
            if self.stops(&mut phase).await {
                news.pending = true;
            }
            let Some((life, progress)) = look(&self.dir, &mut tail).await else { continue };
            let progress = fallback.or_query(progress, life, &self.dir, clock.elapsed()).await;
            if let Some(Progress { stats, in_flight }) = progress {
                stall.progress(&stats, &in_flight, clock.elapsed());
                news.pending |= self.live.summary.stats != stats || self.live.in_flight != in_flight;
                self.live.summary.stats = stats;
                self.live.in_flight = in_flight;
            }
            match life {
                Life::Alive => self.insist(&phase),
                Life::Exited(exit) => break Some(exit),
                Life::Gone | Life::Absent => break None,
            }
            let still = stall.quiet_for(clock.elapsed());
            if silence.look(&self.engine.0.config.rclone, &self.live.summary, still, clock.elapsed()).await {
                self.live.summary.error.clone_from(&silence.cause);
                news.pending = true;
            }
            if matches!(phase, Phase::Working) && stall.is_stalled(clock.elapsed(), || shim::bytes_read(&self.dir)) {
                phase = Phase::Stalled;
                self.note(RunEventKind::Stalled, "").await;
            }
            if news.is_due() {
                self.engine.hub().update(self.live.clone());
            }
        };
        self.conclude(exit, phase, fallback, silence).await;
    }

    /// Asks the run to stop when it is to stop and was not asked yet. Whether it was asked just now.
    async fn stops(&mut self, phase: &mut Phase) -> bool {
        let stalled = match phase {
            Phase::Stopping(_) => return false,
            Phase::Stalled => true,
            Phase::Working if self.stop.is_cancelled() || self.is_over() => false,
            Phase::Working => return false,
        };
        // One that hangs would not answer, and its log has said all.
        let stats = if stalled { None } else { progress::stats(&self.dir).await.ok().map(|(stats, _)| stats) };
        *phase = Phase::Stopping(Stopping { since: Instant::now(), stalled, stats });
        if let Err(error) = shim::stop(&self.dir) {
            tracing::warn!(run = %self.id, %error, "could not be asked to stop");
        }
        self.live.summary.stopping = true;
        true
    }

    /// Concludes how the run ended, and writes it.
    async fn conclude(self, exit: Option<Exit>, phase: Phase, fallback: ProgressFallback, silence: Silence) {
        let dir = self.dir.clone();
        let mut ending = spawn_blocking(move || ending::ending(&dir)).await.unwrap_or_default();
        ending.finish.cause = silence.cause.or(ending.finish.cause);
        pending_reports::note(&self.engine, &self.dir);
        let proof = proof::prove(&self.engine, &self.transfer, &self.dir, &mut ending, self.part).await;
        let (stalled, at_stop) = match phase {
            Phase::Working => (false, None),
            Phase::Stalled => (true, None),
            Phase::Stopping(stopping) => (stopping.stalled, stopping.stats),
        };
        let (asked, was_full) = fallback.end();
        let evidence = Evidence {
            operation: self.live.summary.operation,
            exit,
            finish: ending.finish.clone(),
            proof,
            at_stop: at_stop.or(asked),
            log_full: was_full || exit.is_some_and(|exit| exit.full),
            stop_requested: self.stop.is_cancelled(),
            stalled,
            deadline: self.deadline.map(|at| at.0),
        };
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
    fn insist(&self, phase: &Phase) {
        let Phase::Stopping(stopping) = phase else { return };
        let Some(late) = stopping.since.elapsed().checked_sub(shim::grace(&self.dir)) else { return };
        if late >= KILL
            && let Err(error) = shim::kill(&self.dir, late >= KILL_ALL)
        {
            tracing::warn!(run = %self.id, %error, "could not be killed");
        }
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
