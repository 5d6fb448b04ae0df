//! One attempt of a run, and what is written down of it while it lasts.

use std::{path::PathBuf, time::Duration};

use tokio_util::sync::CancellationToken;

use super::{Engine, stall::ClockWatcher};
use crate::server::events::Live;
use crate::{
    domain::{
        guard::report::GuardReport,
        id::RunId,
        run::{event::RunEventKind, state::RunState, summary::RunSummary},
        time::Timestamp,
    },
    server::{
        rclone::run::transfer::Transfer,
        store::{
            StoreError,
            runs::{self, SourceKey, Stored},
        },
    },
};

/// How long to wait before a database that refused is asked again.
const RETRY_DELAY: Duration = Duration::from_secs(1);

/// One attempt of a run, while it is watched.
pub(super) struct Watch {
    pub(super) engine: Engine,
    pub(super) id: RunId,
    pub(super) fence: i64,
    pub(super) dir: PathBuf,
    pub(super) live: Live,
    /// What it does; without the limits that its guards set.
    pub(super) transfer: Transfer,
    /// Whether it takes up only some files.
    pub(super) part: bool,
    pub(super) stop: CancellationToken,
    /// When it is stopped if it has not ended.
    pub(super) deadline: Option<Timestamp>,
    jumps: ClockWatcher,
}

impl Watch {
    pub(super) async fn new(engine: &Engine, id: &RunId, fence: i64, jumps: ClockWatcher) -> Option<Self> {
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
            id: *id,
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

    /// Writes down that rclone works.
    pub(super) async fn running(mut self) -> Self {
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

    /// Whether its time limit ran out.
    pub(super) fn is_over(&self) -> bool {
        self.deadline.is_some_and(|deadline| self.engine.0.config.clock.now() >= deadline)
    }

    /// When the machine's clock was moved, its time limit moves along, for it means time that passes.
    pub(super) async fn follow_clock(&mut self) {
        let clock = &self.engine.0.config.clock;
        let ms = self.jumps.detect_jump(clock.now(), clock.elapsed());
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
    pub(super) async fn note(&self, kind: RunEventKind, detail: &str) {
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

    pub(super) async fn mark_starting(
        &self,
        report: &GuardReport,
        source: Option<&SourceKey>,
    ) -> Result<bool, StoreError> {
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

pub(super) async fn find(engine: &Engine, id: &RunId) -> Result<Option<Stored>, StoreError> {
    runs::get(&mut *engine.0.config.store.acquire().await?, id).await
}

/// Waits before a database that refused is asked again. `None` when the engine closes first.
pub(super) async fn pause(engine: &Engine, error: &StoreError) -> Option<()> {
    tracing::warn!(%error, "the database refused; trying again");
    tokio::select! {
        () = engine.0.closing.cancelled() => None,
        () = tokio::time::sleep(RETRY_DELAY) => Some(()),
    }
}
