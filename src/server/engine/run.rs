//! One run's life, from the claim to its row's last change: started, or found again, then watched until its processes are gone.

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
    verdict::{Evidence, Verdict, verdict},
};
use crate::{
    domain::{
        id::RunId,
        run::{RunState, RunSummary, Stats},
        time::Timestamp,
    },
    server::{
        rclone::{
            Transfer,
            log::{self, Progress, Tail},
            shim::{self, Exit, Life, signal_name},
        },
        store::{
            Connection, StoreError,
            audit::{self, NewAudit},
            runs::{self, Claimed, End, Stored, Unfinished},
        },
    },
};

/// How often a run's log and lock are looked at.
const TICK: Duration = Duration::from_millis(250);
/// How soon listeners are told again: at most two messages a second for each run.
const TELL: Duration = Duration::from_millis(500);
/// How long to wait before a database that refused a run's end is asked again.
const AGAIN: Duration = Duration::from_secs(1);

/// One attempt of a run, while it is watched.
struct Watch {
    engine: Engine,
    id: RunId,
    fence: i64,
    dir: PathBuf,
    live: Live,
    stop: CancellationToken,
    /// When it is stopped if it has not ended.
    deadline: Option<Timestamp>,
}

/// Starts a run that was claimed, and watches it.
pub(super) async fn launch(engine: Engine, claimed: Claimed) {
    let Claimed { id, fence, operation, source, destination, options } = claimed;
    let Some(watch) = Watch::new(&engine, &id, fence).await else { return };
    let transfer = Transfer { operation, source, destination, options };
    match engine.0.config.rclone.start_run(&watch.dir, &transfer).await {
        Ok(()) => watch.running().await.until_it_ends().await,
        // It was started all the same, and only its first word was not heard: then its end is what counts.
        Err(error) if matches!(shim::inspect(&watch.dir), Life::Alive) => {
            tracing::warn!(run = %id, %error, "was started, but did not say so in time");
            watch.running().await.until_it_ends().await;
        }
        Err(error) => {
            tracing::warn!(run = %id, %error, "could not be started");
            let error = format!("rclone could not be started: {error}.");
            watch.end(Verdict { state: RunState::Failed, error: Some(error), stats: Stats::default() }, None).await;
        }
    }
}

/// Watches a run that was started in an earlier life.
pub(super) async fn attach(engine: Engine, row: Unfinished) {
    tracing::info!(run = %row.summary.id, "found again");
    let Some(watch) = Watch::new(&engine, &row.summary.id, row.fence).await else { return };
    if row.stop_requested {
        watch.stop.cancel();
    }
    let watch = if row.summary.state == RunState::Starting { watch.running().await } else { watch };
    watch.until_it_ends().await;
}

impl Watch {
    async fn new(engine: &Engine, id: &RunId, fence: i64) -> Option<Self> {
        let stop = engine.stop_token(id);
        let dir = engine.run_dir(id, fence);
        let stored = loop {
            match find(engine, id).await {
                Ok(found) => break found?,
                Err(error) => pause(engine, &error).await?,
            }
        };
        let live = Live { summary: stored.run.summary, in_flight: Vec::new() };
        engine.hub().update(live.clone());
        Some(Self { engine: engine.clone(), id: id.clone(), fence, dir, live, stop, deadline: stored.deadline_at })
    }

    /// Writes down that rclone works.
    async fn running(mut self) -> Self {
        let now = self.engine.0.config.clock.now();
        if let Err(error) = self.mark_running(now).await {
            // Its end is written whatever its row says now.
            tracing::warn!(run = %self.id, %error, "could not be marked as running");
        }
        self.live.summary.state = RunState::Running;
        self.live.summary.started_at = Some(now);
        self.engine.hub().update(self.live.clone());
        self
    }

    /// Looks at the log and the lock until nothing holds the lock, and stops it when that is asked for.
    async fn until_it_ends(mut self) {
        let mut tail = Some(Tail::open(&self.dir));
        let mut tick = interval(TICK);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let (mut told, mut untold, mut stopped, mut at_stop) = (None::<Instant>, false, false, None);
        let exit = loop {
            tokio::select! {
                () = self.engine.0.closing.cancelled() => return,
                () = self.stop.cancelled(), if !stopped => {}
                _ = tick.tick() => {}
            }
            if !stopped && (self.stop.is_cancelled() || self.is_over()) {
                at_stop = shim::stats(&self.dir).await.ok().map(|(stats, _)| stats).or(at_stop);
                stopped = true;
                if let Err(error) = shim::stop(&self.dir) {
                    tracing::warn!(run = %self.id, %error, "could not be told to stop");
                }
                self.live.summary.stopping = true;
                untold = true;
            }
            let Some((life, progress)) = look(&self.dir, &mut tail).await else { continue };
            if let Some(Progress { stats, in_flight }) = progress {
                untold |= self.live.summary.stats != stats || self.live.in_flight != in_flight;
                self.live.summary.stats = stats;
                self.live.in_flight = in_flight;
            }
            match life {
                Life::Alive => {}
                Life::Exited(exit) => break Some(exit),
                Life::Gone | Life::Absent => break None,
            }
            if untold && told.is_none_or(|at| at.elapsed() >= TELL) {
                self.engine.hub().update(self.live.clone());
                (told, untold) = (Some(Instant::now()), false);
            }
        };
        let dir = self.dir.clone();
        let finish = spawn_blocking(move || {
            let report =
                log::conclude(&dir).inspect_err(|error| tracing::warn!(%error, "the log of a run could not be concluded; it stays"));
            report.map_or_else(|_| log::finish(&dir), |report| report.finish)
        });
        let finish = finish.await.unwrap_or_default();
        let deadline = self.deadline.map(|at| at.0);
        let verdict = verdict(Evidence { exit, finish, at_stop, stop_requested: self.stop.is_cancelled(), deadline });
        self.end(verdict, exit).await;
    }

    /// Whether its time limit ran out.
    fn is_over(&self) -> bool {
        self.deadline.is_some_and(|deadline| self.engine.0.config.clock.now() >= deadline)
    }

    /// Writes the run's end and its audit row together, however long the database takes, and tells it.
    async fn end(self, verdict: Verdict, exit: Option<Exit>) {
        let config = &self.engine.0.config;
        let end = End {
            state: verdict.state,
            // It may have ended while nobody watched.
            ended_at: exit.map_or_else(|| config.clock.now(), |exit| Timestamp(exit.at)),
            stats: verdict.stats,
            error: verdict.error,
            exit_code: exit.and_then(|exit| exit.code),
            signal: exit.and_then(|exit| exit.signal).map(signal_name),
        };
        let ended = loop {
            match self.write_end(&end).await {
                Ok(ended) => break ended,
                // When the engine closes, the next life finds the run again.
                Err(error) if pause(&self.engine, &error).await.is_none() => return,
                Err(_) => {}
            }
        };
        self.engine.forget(&self.id);
        match ended {
            Some(summary) => self.engine.hub().end(summary),
            None => tracing::warn!(run = %self.id, fence = self.fence, "another attempt has taken over; its end was not written"),
        }
        self.engine.wake();
    }

    async fn mark_running(&self, at: Timestamp) -> Result<(), StoreError> {
        let mut transaction = self.engine.0.config.store.begin().await?;
        runs::set_running(&mut transaction, &self.id, self.fence, at).await?;
        Ok(transaction.commit().await?)
    }

    /// `None` when the run is not this watch's any more.
    async fn write_end(&self, end: &End) -> Result<Option<RunSummary>, StoreError> {
        let mut transaction = self.engine.0.config.store.begin().await?;
        if !runs::finish(&mut transaction, &self.id, self.fence, end).await? {
            return Ok(None);
        }
        let Some(stored) = runs::get(&mut transaction, &self.id).await? else { return Ok(None) };
        let summary = stored.run.summary;
        record_end(&mut transaction, &summary).await?;
        transaction.commit().await?;
        Ok(Some(summary))
    }
}

/// The audit row of a run's end: who asked for it, what it was and what it did. In the transaction that ends it.
pub(super) async fn record_end(transaction: &mut Connection, run: &RunSummary) -> Result<(), StoreError> {
    let Some(origin) = runs::origin(transaction, &run.id).await? else { return Ok(()) };
    let (target, action) = (run.route(), format!("rclone.{}", run.operation.as_str()));
    let detail = serde_json::json!({
        "source": run.source, "destination": run.destination, "dry_run": run.dry_run, "state": run.state, "stats": run.stats, "error": run.error,
    });
    let row = NewAudit {
        at: run.ended_at.unwrap_or(run.created_at),
        user_id: origin.user_id.parse().ok(),
        user: run.user.clone(),
        via: &origin.via,
        action: &action,
        target: &target,
        detail,
        success: run.state == RunState::Succeeded,
        address: origin.address,
        run_id: Some(run.id.clone()),
    };
    audit::insert(transaction, &row).await
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

/// Waits before a database that refused is asked again. `None` when the engine closes first.
async fn pause(engine: &Engine, error: &StoreError) -> Option<()> {
    tracing::warn!(%error, "the database refused; trying again");
    tokio::select! {
        () = engine.0.closing.cancelled() => None,
        () = tokio::time::sleep(AGAIN) => Some(()),
    }
}
