//! A run's last change: its end, the audit row of it and what follows it, in one transaction; or its next attempt
//! instead.

use super::{
    chain,
    outcome::RunOutcome,
    retry,
    watch::{Watch, pause},
};
use crate::{
    domain::{
        guard::GuardReport,
        run::{detail::Run, summary::RunSummary},
        time::Timestamp,
    },
    failpoint,
    server::{
        rclone::shim::{Exit, signal_name},
        store::{
            Connection, StoreError,
            audit::{self, NewAudit},
            runs::{self, End},
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
            Some(runs) => runs.into_iter().for_each(|run| self.engine.publish_end(run)),
            None => {
                tracing::warn!(run = %self.id, fence = self.fence, "another attempt has taken over; its end was not written");
            }
        }
        self.engine.wake();
    }

    /// The run as it is now, and those that follow it. `None` when the run is not this watch's any more.
    async fn write_end(&self, end: &End, passing: bool, lasting: bool) -> Result<Option<Vec<Run>>, StoreError> {
        let run = &self.live.summary;
        let next = chain::next(&self.engine, run, end.state).await?;
        let mut transaction = self.engine.0.config.store.begin().await?;
        let again = !lasting && retry::is_worth(run.operation, end.state, end.exit_code, passing);
        if again && runs::try_again(&mut transaction, &self.id, self.fence, end).await?.is_some() {
            let stored = runs::get(&mut transaction, &self.id).await?;
            failpoint::hit("before_retry", &self.dir);
            transaction.commit().await?;
            return Ok(stored.map(|stored| vec![stored.run]));
        }
        if !runs::finish(&mut transaction, &self.id, self.fence, end).await? {
            return Ok(None);
        }
        let Some(stored) = runs::get(&mut transaction, &self.id).await? else { return Ok(None) };
        let ended = stored.run.summary.clone();
        let mut told = vec![stored.run];
        record_end(&mut transaction, &ended).await?;
        for id in chain::queue(&mut transaction, &ended, &next, self.engine.0.config.clock.now()).await? {
            told.extend(runs::get(&mut transaction, &id).await?.map(|stored| stored.run));
        }
        failpoint::hit("before_end", &self.dir);
        transaction.commit().await?;
        if told.len() > 1 {
            failpoint::hit("after_followers", &self.dir);
        }
        Ok(Some(told))
    }
}

/// The audit row of a run's end: who asked for it, what it was and what it did. In the transaction that ends it.
pub(super) async fn record_end(transaction: &mut Connection, run: &RunSummary) -> Result<(), StoreError> {
    let Some(origin) = runs::origin(transaction, &run.id).await? else { return Ok(()) };
    let (target, action) = (run.route(), format!("rclone.{}", run.operation.as_str()));
    let detail = serde_json::json!({
        "source": run.source, "destination": run.destination, "dry_run": run.dry_run, "state": run.state, "stats": run.stats, "error": run.error, "warnings": run.warnings,
    });
    let row = NewAudit {
        at: run.ended_at.unwrap_or(run.created_at),
        user_id: origin.user_id.parse().ok(),
        user: run.user.clone(),
        via: &origin.via,
        action: &action,
        target: &target,
        detail,
        success: run.state.ended_well(),
        address: origin.address,
        run_id: Some(run.id.clone()),
    };
    audit::insert(transaction, &row).await
}
