//! Runs: the queue, the life of one run, and recovery after a crash. A run outlives the console: its directory holds
//! all of its state, so a restarted console can resume watching it. `services` decide who may start or stop a run.

pub mod admission;
pub mod authority;
pub mod bandwidth;
mod end;
mod figures;
mod followers;
mod guard;
mod log_events;
mod outcome;
mod pending_reports;
pub mod places;
mod presence;
mod progress_fallback;
mod proof;
mod queue;
mod recovery;
mod retry;
mod run;
mod running;
mod silence;
mod stall;
mod unhashed;
mod watch;

use std::{
    collections::HashMap,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError, atomic::AtomicBool},
    time::Duration,
};

use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use self::bandwidth::LimitChanges;
use super::{
    events::Hub,
    locations::Locations,
    platform::{clock::Clock, tasks::Tasks},
    rclone::manager::Rclone,
    store::{Store, StoreError, runs::Limits},
};
use crate::domain::id::RunId;

/// What an engine is made of.
pub struct EngineConfig {
    /// Where runs are kept.
    pub store: Store,
    /// What transfers.
    pub rclone: Rclone,
    /// What a location leads to, and whether it may be used.
    pub locations: Locations,
    /// Now.
    pub clock: Clock,
    /// Where each run has its directory.
    pub runs_dir: PathBuf,
    /// How many runs may work at once.
    pub limits: Limits,
    /// How long a run may do nothing before it is stopped.
    pub stall_limit: Duration,
    /// Who hears what changes.
    pub events: Hub,
    /// Where its background tasks are started; stopping them ends its watch, and what runs goes on.
    pub tasks: Tasks,
}

/// Starts what is queued, watches what runs. Cheap to clone.
#[derive(Clone)]
pub struct Engine(Arc<Inner>);

struct Inner {
    config: EngineConfig,
    /// Something was queued, or a place became free.
    wake: Notify,
    /// One for each run that is watched; cancelled when it shall stop.
    stops: Mutex<HashMap<RunId, CancellationToken>>,
    /// Limits that rclone has not taken yet.
    limits: LimitChanges,
    /// Some log may be left that could not be concluded.
    unread: AtomicBool,
    closing: CancellationToken,
}

impl Engine {
    /// An engine at rest. [`Self::start`] sets it going.
    #[must_use]
    pub fn new(config: EngineConfig) -> Self {
        Self(Arc::new(Inner {
            closing: config.tasks.stopping(),
            config,
            wake: Notify::new(),
            stops: Mutex::default(),
            limits: LimitChanges::default(),
            unread: AtomicBool::new(true),
        }))
    }

    /// Finds out what became of the runs of an earlier life, then begins to work off the queue.
    pub async fn start(&self) -> Result<(), StoreError> {
        recovery::recover(self).await?;
        let (queue, reports) = (self.clone(), self.clone());
        self.0.config.tasks.spawn_loop("queue", move || queue::work(queue.clone()));
        self.0.config.tasks.spawn_loop("pending reports", move || pending_reports::work(reports.clone()));
        Ok(())
    }

    /// Says that a run was queued. Call it after the commit.
    pub fn wake(&self) {
        self.0.wake.notify_one();
    }

    /// How many runs may work at once.
    #[must_use]
    pub fn limits(&self) -> Limits {
        self.0.config.limits
    }

    /// Stops a run that is watched: last statistics, SIGTERM, and after the time of its plan SIGKILL. Returns at once.
    pub fn stop(&self, id: &RunId) {
        if let Some(token) = self.stops().get(id) {
            token.cancel();
        }
    }

    /// The changes of limits that rclone has not taken yet.
    #[must_use]
    pub fn limit_changes(&self) -> &LimitChanges {
        &self.0.limits
    }

    /// What is known of runs right now.
    #[must_use]
    pub fn hub(&self) -> &Hub {
        &self.0.config.events
    }

    /// The directory of one attempt of a run.
    #[must_use]
    pub fn run_dir(&self, id: &RunId, fence: i64) -> PathBuf {
        run_dir(&self.0.config.runs_dir, id, fence)
    }

    fn stops(&self) -> std::sync::MutexGuard<'_, HashMap<RunId, CancellationToken>> {
        self.0.stops.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The token that stops this run; made when the run begins to be watched.
    fn stop_token(&self, id: &RunId) -> CancellationToken {
        self.stops().entry(*id).or_default().clone()
    }

    fn forget(&self, id: &RunId) {
        self.stops().remove(id);
    }
}

fn run_dir(runs_dir: &Path, id: &RunId, fence: i64) -> PathBuf {
    runs_dir.join(format!("{id}.{fence}"))
}
