//! The queue: claims what is due while a slot is free, in one transaction, and only then starts it.

use std::time::Duration;

use super::{Engine, log_events, run, stall::ClockWatcher};
use crate::{
    domain::{event::Event, run::state::RunState, time::Timestamp},
    failpoint,
    server::store::{StoreError, runs},
};

/// Longest sleep: what a lost wake-up costs.
const IDLE: Duration = Duration::from_secs(5);
/// Why a run that waited too long ended.
const EXPIRED: &str = "Its time limit ran out while it waited for its turn.";
/// Queued runs whose new position is sent after each claim.
const TOLD: usize = 100;

/// Works off the queue until the engine closes. A database that fails is asked again later; this never ends by itself.
pub(super) async fn work(engine: Engine) {
    let mut moves = ClockAdjuster::new(&engine);
    loop {
        let mut rest = IDLE;
        match step(&engine, &mut moves).await {
            Ok(None) => continue,
            Ok(Some(until_due)) => rest = rest.min(until_due),
            Err(error) => tracing::warn!(%error, "the queue could not be read; trying again"),
        }
        tokio::select! {
            () = engine.0.closing.cancelled() => return,
            () = engine.0.wake.notified() => {}
            () = tokio::time::sleep(rest) => {}
        }
    }
}

/// Ends what waited too long, and starts what may start. How long to rest at most; `None` when there may be more to do.
async fn step(engine: &Engine, moves: &mut ClockAdjuster) -> Result<Option<Duration>, StoreError> {
    let config = &engine.0.config;
    // Everything is judged by the time of day that was looked at: a clock that is moved from now on is the next step's.
    let now = moves.follow(engine).await?;
    let due = runs::next_due(&mut *config.store.acquire().await?, now).await?;
    if due.is_some_and(|due| due <= now) {
        expire(engine, now).await?;
        return Ok(None);
    }
    if claim(engine, now, moves.jumps).await? {
        return Ok(None);
    }
    Ok(Some(due.map_or(IDLE, |due| Duration::from_millis(due.millis_since(now)))))
}

/// Detects jumps of the machine's clock, and shifts the waiting runs along.
struct ClockAdjuster {
    jumps: ClockWatcher,
    /// Monotonic time of the last adjustment.
    right: Duration,
    /// Shift still to be written, in milliseconds; `None`: nothing is pending. At startup `Some(0)`: a jump while the
    /// console was down cannot be measured, so waits are only capped again.
    ms: Option<i64>,
}

impl ClockAdjuster {
    fn new(engine: &Engine) -> Self {
        let clock = &engine.0.config.clock;
        Self { jumps: ClockWatcher::new(clock.now(), clock.elapsed()), right: clock.elapsed(), ms: Some(0) }
    }

    /// The time of day, after what waits was moved along with it.
    async fn follow(&mut self, engine: &Engine) -> Result<Timestamp, StoreError> {
        let config = &engine.0.config;
        let (now, elapsed) = (config.clock.now(), config.clock.elapsed());
        match (self.jumps.detect_jump(now, elapsed), &mut self.ms) {
            (0, _) => {}
            (ms, Some(before)) => *before += ms,
            (ms, none) => *none = Some(ms),
        }
        if let Some(ms) = self.ms {
            let passed = i64::try_from(elapsed.saturating_sub(self.right).as_millis()).unwrap_or(i64::MAX);
            let mut transaction = config.store.begin().await?;
            runs::clock_moved(&mut transaction, now, Timestamp(now.0.saturating_sub(passed)), ms).await?;
            transaction.commit().await?;
            self.ms = None;
        }
        self.right = elapsed;
        Ok(now)
    }
}

/// Ends the runs whose limit ran out while they waited. What follows each is found before the transaction: a folder may
/// take long to answer.
async fn expire(engine: &Engine, now: Timestamp) -> Result<(), StoreError> {
    let config = &engine.0.config;
    let overdue = runs::overdue(&mut *config.store.acquire().await?, now).await?;
    let mut found = Vec::with_capacity(overdue.len());
    for run in overdue {
        found.push((run.id, engine.followers(&run, RunState::TimedOut).await?));
    }
    let mut transaction = config.store.begin().await?;
    let mut changed = Vec::new();
    for (id, followers) in &found {
        if let Some(ended) = runs::expire(&mut transaction, id, now, EXPIRED).await? {
            changed.extend(engine.conclude(&mut transaction, ended, followers).await?);
        }
    }
    transaction.commit().await?;
    engine.publish(changed);
    Ok(())
}

/// Claims one run and sets it going. `false` when there is none, or no place.
async fn claim(engine: &Engine, now: Timestamp, jumps: ClockWatcher) -> Result<bool, StoreError> {
    let config = &engine.0.config;
    if engine.0.closing.is_cancelled() || config.rclone.version().is_none() {
        return Ok(false);
    }
    let mut transaction = config.store.begin().await?;
    let Some(claimed) = runs::claim(&mut transaction, now, config.limits).await? else { return Ok(false) };
    transaction.commit().await?;
    log_events::claimed(&claimed);
    failpoint::hit("after_claim", &engine.run_dir(&claimed.id, claimed.fence));
    let name = format!("run {}", claimed.id);
    config.tasks.spawn(name, run::launch(engine.clone(), claimed, jumps));
    tell_places(engine).await?;
    Ok(true)
}

/// Tells those that still wait their new places.
async fn tell_places(engine: &Engine) -> Result<(), StoreError> {
    let mut reader = engine.0.config.store.acquire().await?;
    let waiting = runs::unfinished(&mut reader).await?.into_iter().filter(|run| run.summary.position.is_some());
    for run in waiting.take(TOLD) {
        engine.hub().tell(Event::Run { run: Box::new(run.summary) });
    }
    Ok(())
}
