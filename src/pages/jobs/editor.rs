//! What the parts of the editor share: what is typed, what was saved, and what can be done with it.

use std::collections::BTreeMap;

use leptos::prelude::*;
use leptos_router::{NavigateOptions, hooks::use_navigate};

use super::{
    command::RequestedRun,
    draft::{Draft, Wrong},
    field::Field,
    preview_state::Preview,
};
use crate::{
    components::form::interactive,
    domain::{
        error::{AppError, Result},
        guard::Approval,
        id::{JobId, RunId},
        job::{Job, JobUpdate, NewJob},
        run::{new::NewRun, state::RunState},
    },
    server_fns::{
        jobs::{create_job, preview_job, run_job, update_job},
        runs::start_run,
    },
};

/// A job as it was saved last, and as it was typed then.
#[derive(Clone, PartialEq)]
pub struct SavedJob {
    job: Job,
    typed: Option<NewJob>,
}

/// All that the parts of the editor share.
#[derive(Clone, Copy)]
pub struct Editor {
    /// What is typed.
    pub draft: Draft,
    /// What is typed as a job, or what is wrong with it.
    pub spec: Memo<std::result::Result<NewJob, Wrong>>,
    /// What is typed as a run; `None` while a place is missing.
    pub wanted: RequestedRun,
    /// The preview.
    pub preview: Preview,
    /// Whether the page is interactive.
    pub ready: RwSignal<bool>,
    /// Why the last thing that was asked for was not done.
    pub failed: RwSignal<Option<AppError>>,
    /// What was done, in a sentence.
    pub said: RwSignal<&'static str>,
    /// The job that is edited, if it is one.
    pub saved: RwSignal<Option<SavedJob>>,
    go: StoredValue<Callback<String>>,
}

impl Editor {
    /// The editor of `start`: of `job`, or of what is new.
    pub fn new(start: &NewJob, job: Option<Job>) -> Self {
        let draft = Draft::of(start);
        let spec = Memo::new(move |_| draft.read());
        let wanted = Memo::new(move |_| match spec.get() {
            Err(wrong) => Some(Err(wrong)),
            Ok(job) if job.source.is_empty() || (job.operation.has_destination() && job.destination.is_none()) => None,
            Ok(job) => Some(Ok(job.run())),
        });
        // What was missing is not once something is typed there.
        for field in [Field::Source, Field::Destination, Field::Name] {
            let typed = draft.value(field);
            let clear = move |_: &String, _: Option<&String>, _| {
                draft.errors.update(|errors| drop(errors.remove(field.as_str())));
            };
            Effect::watch(move || typed.get(), clear, false);
        }
        let navigate = use_navigate();
        Self {
            draft,
            spec,
            wanted,
            preview: Preview::new(),
            ready: interactive(),
            failed: RwSignal::new(None),
            said: RwSignal::new(""),
            saved: RwSignal::new(job.map(|job| SavedJob { job, typed: spec.get_untracked().ok() })),
            go: StoredValue::new(Callback::new(move |to: String| navigate(&to, NavigateOptions::default()))),
        }
    }

    /// Whether something is typed that is not saved.
    pub fn changed(self) -> bool {
        let typed = self.spec.get().ok();
        self.saved.with(|saved| saved.as_ref().is_none_or(|saved| saved.typed != typed))
    }

    /// Whether a guard stopped the last run of the job.
    pub fn was_blocked(self) -> bool {
        self.saved.with_untracked(|saved| {
            saved
                .as_ref()
                .and_then(|saved| saved.job.last_run.as_ref())
                .is_some_and(|run| run.state == RunState::Blocked)
        })
    }

    /// Says at their fields what is missing, and what is wrong.
    pub fn demand(self) {
        let mut wrong = self.spec.get_untracked().err().unwrap_or_default();
        let has_destination = self.draft.operation.get_untracked().has_destination();
        let ends: &[Field] = if has_destination { &[Field::Source, Field::Destination] } else { &[Field::Source] };
        for field in ends {
            if self.draft.value(*field).with_untracked(String::is_empty) {
                wrong.insert(field.as_str().to_owned(), "Choose a folder, or type remote:path.".to_owned());
            }
        }
        self.draft.errors.set(wrong);
        self.draft.focus_wrong();
    }

    /// Tells an error: at its fields, and otherwise in a sentence.
    fn tell(self, error: &AppError) {
        self.failed.try_set(Some(error.clone()));
        if !error.fields.is_empty() {
            self.draft.errors.try_set(error.fields.clone());
            self.draft.focus_wrong();
        }
    }

    /// Starts a preview of what is typed, or says what is missing for one.
    pub fn start_preview(self) {
        let Some(Ok(run)) = self.wanted.get_untracked() else { return self.demand() };
        let refused = move |error: &AppError| {
            self.draft.errors.try_set(error.fields.clone());
            if !error.fields.is_empty() {
                self.draft.focus_wrong();
            }
        };
        self.preview.start(run.clone(), self.dry_run(run), refused);
    }

    /// Starts a dry run: of the job where nothing was changed, so that the history says whose it is.
    async fn dry_run(self, mut run: NewRun) -> Result<RunId> {
        match self.unchanged() {
            Some(id) => preview_job(id.to_string()).await,
            None => {
                run.options.dry_run = true;
                start_run(run).await
            }
        }
    }

    /// The job, as long as what is typed is what is saved.
    fn unchanged(self) -> Option<JobId> {
        let typed = self.spec.try_get_untracked()?.ok();
        self.saved
            .try_with_untracked(|saved| saved.as_ref().filter(|saved| saved.typed == typed).map(|saved| saved.job.id))?
    }

    /// Runs it, and goes to the run. A job that was changed is saved first.
    pub async fn run(self, approval: Option<Approval>) -> Result<()> {
        let started = async {
            let is_job = self.saved.with_untracked(Option::is_some);
            if is_job && self.unchanged().is_none() {
                self.save().await?;
            }
            // Somebody who has left the page meanwhile starts nothing.
            match (self.unchanged(), self.wanted.try_get_untracked().flatten()) {
                (Some(id), _) => run_job(id, approval.clone()).await,
                (None, Some(Ok(run))) => start_run(NewRun { approval: approval.clone(), ..run }).await,
                _ => Err(AppError::invalid_fields(BTreeMap::new())),
            }
        }
        .await;
        match started {
            Ok(id) => {
                self.leave(format!("/runs/{id}"));
                Ok(())
            }
            Err(error) => {
                // What is wrong with an approval is said where it was given.
                if approval.is_none() {
                    self.tell(&error);
                }
                Err(error)
            }
        }
    }

    /// Goes to another page, unless one has gone already.
    fn leave(self, to: String) {
        if let Some(go) = self.go.try_get_value() {
            go.run(to);
        }
    }

    /// Saves it: a new job leads to the list, a changed one stays here.
    pub async fn save_or_tell(self) {
        match self.save().await {
            Ok(true) => self.leave("/jobs".to_owned()),
            Ok(false) => {
                self.said.try_set("Saved.");
            }
            Err(error) => self.tell(&error),
        }
    }

    /// Whether it was a new one.
    async fn save(self) -> Result<bool> {
        let Ok(job) = self.spec.get_untracked() else {
            return Err(AppError::invalid_fields(BTreeMap::new()));
        };
        let before = self.saved.with_untracked(|saved| saved.as_ref().map(|saved| (saved.job.id, saved.job.version)));
        let Some((id, version)) = before else { return create_job(job).await.map(|_| true) };
        let now = update_job(id, JobUpdate { version, job: job.clone() }).await?;
        self.saved.try_set(Some(SavedJob { job: now, typed: Some(job) }));
        Ok(false)
    }
}
