//! The preview of what is typed: how far it is, and what it is of. It belongs to what was typed then: whatever is
//! changed makes it stale.

use leptos::{prelude::*, task::spawn_local};

use crate::{
    domain::{
        error::{AppError, Result},
        id::RunId,
        run::{
            detail::Run,
            files::{Counts, FileOutcome},
            new::NewRun,
            summary::RunSummary,
        },
    },
    live::Live,
    server_fns::runs::{get_run, list_run_files},
};

/// How far it is.
#[derive(Clone)]
pub enum Stage {
    /// None was asked for.
    Nothing,
    /// It is being started.
    Asked,
    /// The dry run is under way.
    Going(Box<RunSummary>),
    /// It has ended, with how many files there are of each kind.
    Ended(Box<Run>, Counts),
    /// It was not started.
    Refused(AppError),
}

/// The preview of the editor.
#[derive(Clone, Copy)]
pub struct Preview {
    /// How far it is.
    pub stage: RwSignal<Stage>,
    /// What it is a preview of.
    pub of: RwSignal<Option<NewRun>>,
    /// The dry run that is followed.
    id: RwSignal<Option<RunId>>,
}

impl Preview {
    /// None yet.
    #[must_use]
    pub fn new() -> Self {
        Self { stage: RwSignal::new(Stage::Nothing), of: RwSignal::new(None), id: RwSignal::new(None) }
    }

    /// Whether it is one of `run`, and shows everything.
    pub fn is_of(self, run: &NewRun) -> bool {
        let good = self.stage.with(|stage| matches!(stage, Stage::Ended(run, _) if run.summary.state.ended_well()));
        good && self.of.with(|of| of.as_ref() == Some(run))
    }

    /// Starts one of `run`, which `dry_run` starts on the server; `refused` hears why that was not done.
    pub fn start(
        self,
        run: NewRun,
        dry_run: impl Future<Output = Result<RunId>> + 'static,
        refused: impl FnOnce(&AppError) + 'static,
    ) {
        self.stage.set(Stage::Asked);
        self.of.set(Some(run));
        self.id.set(None);
        spawn_local(async move {
            match dry_run.await {
                Ok(id) => {
                    self.id.try_set(Some(id));
                    self.poll(id).await;
                }
                Err(error) => {
                    refused(&error);
                    self.stage.try_set(Stage::Refused(error));
                }
            }
        });
    }

    /// Asks how far the dry run is.
    async fn poll(self, id: RunId) {
        let answer = get(id.to_string()).await;
        if self.id.try_get_untracked().flatten() == Some(id) {
            self.stage.try_set(answer.unwrap_or_else(Stage::Refused));
        }
    }

    /// Looks again when the stream says that it has ended, or may have.
    pub fn follow(self, live: Live) {
        let due = Memo::new(move |_| {
            let id = self.id.get()?;
            let ended = live.saw_end(id.as_str());
            (ended || live.missed() > 0).then_some((id, ended, live.missed()))
        });
        // It may have ended before the first answer was here.
        let going = Memo::new(move |_| self.stage.with(|stage| matches!(stage, Stage::Going(_))));
        Effect::new(move |_| {
            if let (Some((id, ..)), true) = (due.get(), going.get()) {
                spawn_local(self.poll(id));
            }
        });
    }
}

/// The dry run as it is, and once it has ended, how many files there are of each kind.
async fn get(id: String) -> Result<Stage> {
    let run = get_run(id.clone()).await?;
    if !run.summary.state.is_final() {
        return Ok(Stage::Going(Box::new(run.summary)));
    }
    let counts = list_run_files(id, FileOutcome::Deleted, String::new(), 0, 1).await?.counts;
    Ok(Stage::Ended(Box::new(run), counts))
}
