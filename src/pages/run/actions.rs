//! The actions on this page's run, and their results. They live as long as the page: an open question stays open while
//! the page below it is drawn again.

use leptos::{prelude::*, task::spawn_local};
use leptos_router::hooks::use_navigate;

use crate::{
    domain::{
        error::{AppError, ErrorCode, Result},
        id::RunId,
        queue::RunPatch,
        run::detail::Run,
    },
    server_fns::{
        jobs::{preview_job, run_job},
        runs::{ConfirmRun, SetBandwidth, StopRun, get_run, retry_run, start_run, update_run},
    },
};

/// Another run that begins with this one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Begin {
    /// The same, only looked at.
    Preview,
    /// The same.
    Again,
    /// What failed.
    FailedOnly,
    /// What this preview showed, with what a person typed where that is needed.
    ForReal(Option<String>),
}

/// The doors.
#[derive(Clone, Copy)]
pub struct RunActions {
    /// The run as it was read last: it has what the stream does not send.
    pub facts: RwSignal<Option<Run>>,
    /// Begins another run, and goes there.
    pub begin: Action<Begin, ()>,
    /// Asks it to stop.
    pub stop: ServerAction<StopRun>,
    /// Changes its bandwidth.
    pub limit: ServerAction<SetBandwidth>,
    /// Starts it again, beyond its budget.
    pub confirm: ServerAction<ConfirmRun>,
    /// Moves it in the queue.
    pub place: Action<RunPatch, ()>,
    /// Whether it is asked why it shall stop.
    pub asks_stop: RwSignal<bool>,
    /// Whether the name is asked for that approves it.
    pub asks_name: RwSignal<bool>,
    /// Why the last thing was refused.
    pub refused: RwSignal<Option<AppError>>,
}

impl RunActions {
    /// Those of a page.
    pub fn new() -> Self {
        let facts = RwSignal::new(None::<Run>);
        let refused = RwSignal::new(None);
        let asks_name = RwSignal::new(false);
        let navigate = StoredValue::new(use_navigate());
        let begin = Action::new(move |begin: &Begin| {
            let (begin, run) = (begin.clone(), facts.get_untracked());
            async move {
                refused.set(None);
                let Some(run) = run else { return };
                match ask(begin, &run).await {
                    Ok(id) => {
                        asks_name.set(false);
                        navigate.with_value(|navigate| navigate(&format!("/runs/{id}"), Default::default()));
                    }
                    Err(error) => refused.set(Some(error)),
                }
            }
        });
        let place = Action::new(move |patch: &RunPatch| {
            let (patch, id) = (patch.clone(), facts.with_untracked(|run| run.as_ref().map(|run| run.summary.id)));
            async move {
                let Some(id) = id else { return };
                refused.set(update_run(id, patch).await.err());
            }
        });
        let actions = Self {
            facts,
            begin,
            stop: ServerAction::new(),
            limit: ServerAction::new(),
            confirm: ServerAction::new(),
            place,
            asks_stop: RwSignal::new(false),
            asks_name,
            refused,
        };
        actions.hear();
        actions
    }

    /// Looks at the run again after something was done to it.
    fn hear(self) {
        let (stop, limit) = (self.stop.value(), self.limit.value());
        // Known at once where a form without JavaScript led back here.
        if let Some(Err(error)) = stop.get_untracked() {
            self.refused.set(Some(error));
        }
        if let Some(Err(error)) = self.confirm.value().get_untracked() {
            self.refused.set(Some(AppError::new(error.code, error.summary())));
        }
        Effect::watch(
            move || stop.get(),
            move |value, _, _| {
                self.refused.set(value.clone().and_then(Result::err));
                self.refresh();
            },
            false,
        );
        Effect::watch(move || (limit.get(), self.place.version().get()), move |_, _, _| self.refresh(), false);
    }

    /// Takes up what the page shows now. What was refused to another run is not this one's.
    pub fn show(self, run: &Run) {
        if self.facts.with_untracked(|facts| facts.as_ref().is_some_and(|facts| facts.summary.id != run.summary.id)) {
            self.refused.set(None);
            self.limit.clear();
            self.confirm.clear();
            self.asks_stop.set(false);
        }
        self.facts.set(Some(run.clone()));
    }

    /// Asks the server for what the stream does not tell.
    pub fn refresh(self) {
        let Some(id) = self.facts.with_untracked(|run| run.as_ref().map(|run| run.summary.id)) else { return };
        spawn_local(async move {
            // What cannot be read now stays as it was.
            let Ok(run) = get_run(id.to_string()).await else { return };
            let same =
                self.facts.try_with_untracked(|facts| facts.as_ref().is_some_and(|facts| facts.summary.id == id));
            if same == Some(true) {
                self.facts.set(Some(run));
            }
        });
    }

    /// A part of the run.
    pub fn part<T: PartialEq + Send + Sync + 'static>(self, part: fn(&Run) -> T) -> Memo<Option<T>> {
        Memo::new(move |_| self.facts.with(|run| run.as_ref().map(part)))
    }
}

async fn ask(begin: Begin, run: &Run) -> Result<RunId> {
    let id = run.summary.id.to_string();
    match (begin, run.summary.job.clone()) {
        (Begin::Again, _) => retry_run(id, false).await,
        (Begin::FailedOnly, _) => retry_run(id, true).await,
        (Begin::Preview, Some(job)) => match preview_job(job.id.to_string()).await {
            // The job is gone; what its run did is still known.
            Err(error) if error.code == ErrorCode::NotFound => start_run(run.preview()).await,
            other => other,
        },
        (Begin::Preview, None) => start_run(run.preview()).await,
        (Begin::ForReal(confirm), Some(job)) => {
            match run_job(job.id, confirm.clone().map(|confirm| run.approval(confirm))).await {
                Err(error) if error.code == ErrorCode::NotFound => start_run(run.for_real(confirm)).await,
                other => other,
            }
        }
        (Begin::ForReal(confirm), None) => start_run(run.for_real(confirm)).await,
    }
}
