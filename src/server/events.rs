//! What is known of runs right now, and who listens: the newest state of each run that has not ended, in memory, and a
//! bounded channel of what changes. A listener that falls behind loses messages and is given a snapshot instead.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::sync::broadcast;

use crate::domain::{
    event::Event,
    id::RunId,
    run::{stats::InFlight, summary::RunSummary},
};

/// Messages that a slow listener may lag behind.
const BACKLOG: usize = 256;

/// A run that is being watched.
#[derive(Clone, Debug)]
pub struct Live {
    /// The run, as new as it gets.
    pub summary: RunSummary,
    /// What it transfers now.
    pub in_flight: Vec<InFlight>,
}

/// The newest state of runs, and a channel of changes. Cheap to clone.
#[derive(Clone)]
pub struct Hub {
    live: Arc<Mutex<HashMap<RunId, Live>>>,
    events: broadcast::Sender<Arc<Event>>,
}

impl Default for Hub {
    fn default() -> Self {
        Self { live: Arc::default(), events: broadcast::channel(BACKLOG).0 }
    }
}

impl Hub {
    /// What changes from now on.
    #[must_use]
    pub fn subscribe(&self) -> broadcast::Receiver<Arc<Event>> {
        self.events.subscribe()
    }

    /// The newest of a run, while it is watched.
    #[must_use]
    pub fn live(&self, id: &RunId) -> Option<Live> {
        self.lock().get(id).cloned()
    }

    /// Replaces what the database says by what is newer, for runs that are watched.
    pub fn refresh(&self, runs: &mut [RunSummary]) {
        let live = self.lock();
        for run in runs.iter_mut().filter(|run| !run.state.is_final()) {
            if let Some(newer) = live.get(&run.id) {
                let stopping = run.stopping;
                run.clone_from(&newer.summary);
                run.stopping |= stopping;
            }
        }
    }

    /// Remembers and tells how far a run is.
    pub fn update(&self, live: Live) {
        let run = Box::new(live.summary.clone());
        let files = Event::InFlight { id: live.summary.id, files: live.in_flight.clone() };
        self.lock().insert(live.summary.id, live);
        self.tell(Event::Run { run });
        self.tell(files);
    }

    /// Tells that a run ended, and forgets it.
    pub fn end(&self, run: RunSummary) {
        self.lock().remove(&run.id);
        self.tell(Event::Run { run: Box::new(run) });
    }

    /// Tells something. Nobody listening is fine.
    pub fn tell(&self, event: Event) {
        let _ = self.events.send(Arc::new(event));
    }

    /// A poisoned lock still holds whole values: each is replaced at once.
    fn lock(&self) -> MutexGuard<'_, HashMap<RunId, Live>> {
        self.live.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
