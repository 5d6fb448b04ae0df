//! A run's last change: its end, the audit row of it and what follows it, in one transaction; or its next attempt
//! instead. Every end takes this way, also that of a run that never worked: cancelled or too late while it waited.

use super::{
    Engine,
    followers::{self, Followers},
    log_events,
    outcome::RunOutcome,
    retry,
    watch::{Watch, pause},
};
use crate::{
    domain::{
        guard::report::GuardReport,
        run::{detail::Run, state::RunState, summary::RunSummary},
        time::Timestamp,
    },
    failpoint,
    server::{
        rclone::shim::{Exit, signal_name},
        store::{
            Connection, StoreError,
            audit::{self, Entry},
            runs::{self, End, Ended},
        },
    },
};

impl Watch {
    /// Writes the run's end, its audit row and what follows it together, however long the database takes, and tells it.
    /// One that is worth it is put back into the queue instead.
    pub(super) async fn end(self, outcome: RunOutcome, exit: Option<Exit>, report: Option<GuardReport>) {
        let config = &self.engine.0.config;
        let passing = outcome.passing;
        let lasting = outcome.lasting;
        let end = End {
            state: outcome.state,
            // It may have ended while nobody watched, but not after now: then the machine's clock was moved back since.
            ended_at: exit.map_or_else(|| config.clock.now(), |exit| Timestamp(exit.at).min(config.clock.now())),
            stats: outcome.stats,
            error: outcome.error,
            warnings: outcome.warnings,
            exit_code: exit.and_then(|exit| exit.code),
            signal: exit.and_then(|exit| exit.signal).map(signal_name),
            report,
        };
        let ended = loop {
            match self.write_end(&end, passing, lasting).await {
                Ok(ended) => break ended,
                // When the engine closes, the next life finds the run again.
                Err(error) if pause(&self.engine, &error).await.is_none() => return,
                Err(_) => {}
            }
        };
        self.engine.forget(&self.id);
        match ended {
            Some(runs) => self.engine.publish(runs),
            None => {
                tracing::warn!(run = %self.id, fence = self.fence, "another attempt has taken over; its end was not written");
            }
        }
        self.engine.wake();
    }

    /// The run as it is now, and those that follow it. `None` when the run is not this watch's any more.
    async fn write_end(&self, end: &End, passing: bool, lasting: bool) -> Result<Option<Vec<Run>>, StoreError> {
        let run = &self.live.summary;
        let followers = followers::find(&self.engine, run, end.state).await?;
        let mut transaction = self.engine.0.config.store.begin().await?;
        let again = !lasting && retry::is_worth(run.operation, end.state, end.exit_code, passing);
        if again && runs::try_again(&mut transaction, &self.id, self.fence, end).await?.is_some() {
            let stored = runs::get(&mut transaction, &self.id).await?;
            failpoint::hit("before_retry", &self.dir);
            transaction.commit().await?;
            return Ok(stored.map(|stored| vec![stored.run]));
        }
        let Some(ended) = runs::finish(&mut transaction, &self.id, self.fence, end).await? else { return Ok(None) };
        let changed = self.engine.conclude(&mut transaction, ended, &followers).await?;
        failpoint::hit("before_end", &self.dir);
        transaction.commit().await?;
        if changed.len() > 1 {
            failpoint::hit("after_followers", &self.dir);
        }
        Ok(Some(changed))
    }
}

impl Engine {
    /// What follows `run` if it ends in `state`. Ask before the transaction that ends it: this follows links.
    pub async fn followers(&self, run: &RunSummary, state: RunState) -> Result<Followers, StoreError> {
        followers::find(self, run, state).await
    }

    /// Writes what belongs to a run's end into the transaction that ended it: its audit row and its followers. The runs
    /// to [publish](Self::publish) after the commit, the one that ended first.
    pub async fn conclude(
        &self,
        transaction: &mut Connection,
        ended: Ended,
        followers: &Followers,
    ) -> Result<Vec<Run>, StoreError> {
        let Some(stored) = runs::get(transaction, ended.id()).await? else { return Ok(Vec::new()) };
        let run = stored.run.summary.clone();
        let mut changed = vec![stored.run];
        record_end(transaction, &run).await?;
        for id in followers::queue(transaction, &run, followers, self.0.config.clock.now()).await? {
            changed.extend(runs::get(transaction, &id).await?.map(|stored| stored.run));
        }
        Ok(changed)
    }

    /// Publishes runs that ended, wait for their next attempt, or were queued as followers: in the log, and to
    /// listeners. Call it after the commit, once.
    pub fn publish(&self, runs: Vec<Run>) {
        for run in runs {
            log_events::ended(&run);
            self.0.config.events.end(run.summary);
        }
    }
}

/// The audit row of a run's end: who asked for it, what it was and what it did. In the transaction that ends it.
async fn record_end(transaction: &mut Connection, run: &RunSummary) -> Result<(), StoreError> {
    let Some(origin) = runs::origin(transaction, &run.id).await? else { return Ok(()) };
    let (target, action) = (run.route(), format!("rclone.{}", run.operation.as_str()));
    let detail = serde_json::json!({
        "source": run.source, "destination": run.destination, "dry_run": run.dry_run, "state": run.state, "stats": run.stats, "error": run.error, "warnings": run.warnings,
    });
    let at = run.ended_at.unwrap_or(run.created_at);
    let row = Entry::new(at, &origin.via, &action)
        .by(origin.user_id.parse().ok(), &run.user)
        .from(origin.address)
        .to(&target)
        .with(detail)
        .about(Some(run.id))
        .succeeded(run.state.ended_well());
    audit::insert(transaction, &row).await
}
