//! Live state: one stream of events for each visible tab, as signals. Pages and the frame read them;
//! what a page showed at first comes from the server, and a run's row is patched from here.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use leptos::{
    leptos_dom::helpers::{set_timeout, window_event_listener_untyped},
    prelude::*,
};
use wasm_bindgen::{JsCast, closure::Closure};
use web_sys::{EventSource, MessageEvent, VisibilityState};

use crate::domain::{
    event::Event,
    id::RunId,
    run::{stats::InFlight, summary::RunSummary, wait::Pause},
};

/// Most runs that are remembered; the oldest are forgotten first.
const REMEMBERED: usize = 500;
/// How long to wait after the server refused the stream. A dropped network the browser handles by itself, sooner.
const RETRY: Duration = Duration::from_secs(5);

/// How the stream is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Link {
    /// Not open yet: the figures are the server's of when the page was made.
    Waiting,
    /// What is seen is now.
    Open,
    /// It dropped, and is tried again: what is seen may be old.
    Lost,
    /// The server ended it for newer ones of the same person. It is opened again when the tab is looked at anew.
    Replaced,
}

/// The signals. One for the whole page, in the context.
#[derive(Clone, Copy)]
pub struct Live {
    link: RwSignal<Link>,
    runs: RwSignal<BTreeMap<RunId, RunSummary>>,
    in_flight: RwSignal<Option<Vec<InFlight>>>,
    paused: RwSignal<Option<Pause>>,
    ended: RwSignal<u32>,
    missed: RwSignal<u32>,
    refused: RwSignal<u32>,
    replaced: RwSignal<String>,
    /// Runs that are shown as going on, from here or from a page.
    expected: StoredValue<BTreeSet<RunId>>,
}

impl Live {
    /// The one of this page.
    #[must_use]
    pub fn current() -> Self {
        expect_context()
    }

    /// How the stream is.
    #[must_use]
    pub fn link(self) -> Link {
        self.link.get()
    }

    /// Changes with each run that ended.
    #[must_use]
    pub fn ended(self) -> u32 {
        self.ended.get()
    }

    /// Changes when something ended unseen, so that a page asks the server again.
    #[must_use]
    pub fn missed(self) -> u32 {
        self.missed.get()
    }

    /// Changes when the server refused the stream: perhaps the session has ended.
    #[must_use]
    pub fn refused(self) -> u32 {
        self.refused.get()
    }

    /// Why the server ended the stream for good.
    #[must_use]
    pub fn replaced(self) -> String {
        self.replaced.get()
    }

    /// What the run of this page transfers now; `None` until the stream has told.
    #[must_use]
    pub fn in_flight(self) -> Option<Vec<InFlight>> {
        self.in_flight.get()
    }

    /// A run as it is now: as the stream told last, and until then as it came with the page.
    #[must_use]
    pub fn follow(self, run: RunSummary) -> Memo<RunSummary> {
        self.expect(&run);
        Memo::new(move |_| self.runs.with(|runs| runs.get(&run.id).unwrap_or(&run).clone()))
    }

    /// Runs that have not ended, oldest first; `None` until the stream has told.
    #[must_use]
    pub fn active(self) -> Option<Vec<RunSummary>> {
        let told = self.link.get() != Link::Waiting;
        told.then(|| self.runs.with(|runs| runs.values().filter(|run| !run.state.is_final()).cloned().collect()))
    }

    /// Why the queue rests; until the stream has told, what the page came with.
    #[must_use]
    pub fn paused(self, first: Option<Pause>) -> Option<Pause> {
        if self.link.get() == Link::Waiting { first } else { self.paused.get() }
    }

    /// Runs that were made after `id`, newest first.
    #[must_use]
    pub fn since(self, id: Option<&RunId>) -> Vec<RunId> {
        self.runs.with(|runs| runs.keys().rev().take_while(|run| id.is_none_or(|id| *run > id)).cloned().collect())
    }

    /// The newest state of a run from the stream.
    #[must_use]
    pub fn get_untracked(self, id: &RunId) -> Option<RunSummary> {
        self.runs.with_untracked(|runs| runs.get(id).cloned())
    }

    /// Whether the stream has reported the end of this run.
    #[must_use]
    pub fn saw_end(self, id: &str) -> bool {
        self.runs.with(|runs| runs.values().any(|run| run.id.as_str() == id && run.state.is_final()))
    }

    /// Notes that a page shows this run as going on: when the stream does not know it, it has ended unseen.
    fn expect(self, run: &RunSummary) {
        if run.state.is_final() {
            return;
        }
        let new = self.expected.try_update_value(|expected| expected.insert(run.id)).unwrap_or(false);
        let unknown =
            self.link.get_untracked() == Link::Open && self.runs.with_untracked(|runs| !runs.contains_key(&run.id));
        if new && unknown {
            self.missed.update(|n| *n += 1);
        }
    }

    fn receive(self, event: Event) {
        match event {
            Event::Snapshot { runs, paused } => {
                self.paused.set(paused);
                self.begin(runs);
            }
            Event::Queue { paused } => self.paused.set(paused),
            Event::Run { run } => self.patch(*run),
            Event::InFlight { files, .. } => self.in_flight.set(Some(files)),
            Event::Replaced { message } => {
                self.replaced.set(message);
                self.link.set(Link::Replaced);
            }
        }
    }

    /// All that has not ended. What was expected and is not among it has ended while nobody listened.
    fn begin(self, runs: Vec<RunSummary>) {
        let open: BTreeSet<_> = runs.iter().map(|run| run.id).collect();
        let missed = self.expected.try_update_value(|expected| {
            let missed = !expected.is_subset(&open);
            *expected = open;
            missed
        });
        self.runs.update(|known| {
            known.retain(|_, run| run.state.is_final());
            known.extend(runs.into_iter().map(|run| (run.id, run)));
        });
        self.link.set(Link::Open);
        if missed == Some(true) {
            self.missed.update(|n| *n += 1);
        }
    }

    fn patch(self, run: RunSummary) {
        let ended = run.state.is_final();
        self.expected.update_value(|expected| {
            if ended {
                expected.remove(&run.id)
            } else {
                expected.insert(run.id)
            };
        });
        self.runs.update(|runs| {
            runs.insert(run.id, run);
            while runs.len() > REMEMBERED {
                runs.pop_first();
            }
        });
        if ended {
            self.ended.update(|n| *n += 1);
        }
    }
}

/// Puts [`Live`] into the context, and listens to `url` while there is one and the tab is visible.
pub fn provide_live(url: Signal<Option<String>>) -> Live {
    let live = Live {
        link: RwSignal::new(Link::Waiting),
        runs: RwSignal::default(),
        in_flight: RwSignal::default(),
        paused: RwSignal::new(None),
        ended: RwSignal::new(0),
        missed: RwSignal::new(0),
        refused: RwSignal::new(0),
        replaced: RwSignal::default(),
        expected: StoredValue::default(),
    };
    provide_context(live);
    let visible = RwSignal::new(true);
    let attempt = RwSignal::new(0_u32);
    Effect::new(move |_| {
        let look = move || visible.set(document().visibility_state() != VisibilityState::Hidden);
        look();
        // The page's own, for as long as the page lives: never taken off.
        window_event_listener_untyped("visibilitychange", move |_| look());
    });
    let url = Memo::new(move |_| url.get());
    Effect::new(move |_| {
        attempt.track();
        live.in_flight.set(None);
        if let Some(url) = url.get().filter(|_| visible.get()) {
            listen(live, &url, attempt);
        }
    });
    live
}

/// Opens the stream until the effect that called it runs again.
fn listen(live: Live, url: &str, attempt: RwSignal<u32>) {
    let Ok(source) = EventSource::new(url) else { return };
    let ended = source.clone();
    let on_message = Closure::<dyn FnMut(MessageEvent)>::new(move |message: MessageEvent| {
        if let Some(event) = message.data().as_string().and_then(|text| serde_json::from_str(&text).ok()) {
            live.receive(event);
        }
        if live.link.get_untracked() == Link::Replaced {
            // The browser would open it again, and end another one with that.
            ended.close();
        }
    });
    let failed = source.clone();
    let on_error = Closure::<dyn FnMut()>::new(move || {
        if live.link.get_untracked() == Link::Replaced {
            return;
        }
        live.link.set(Link::Lost);
        if failed.ready_state() == EventSource::CLOSED {
            live.refused.update(|n| *n += 1);
            let again = move || {
                if live.link.get_untracked() == Link::Lost {
                    attempt.update(|n| *n += 1);
                }
            };
            set_timeout(again, RETRY);
        }
    });
    source.set_onmessage(Some(on_message.as_ref().unchecked_ref()));
    source.set_onerror(Some(on_error.as_ref().unchecked_ref()));
    let held = StoredValue::new_local((source, on_message, on_error));
    on_cleanup(move || {
        let _ = held.try_with_value(|(source, ..)| source.close());
    });
}
