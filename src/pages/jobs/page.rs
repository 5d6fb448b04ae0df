//! `/jobs/new` and `/jobs/{id}`: the one editor, for a job and for a transfer that is run once. `?source=`,
//! `?destination=` and `?operation=` fill it in; `?preview=1` starts with the preview.

use leptos::prelude::*;
use leptos_router::{
    NavigateOptions,
    hooks::{use_location, use_navigate, use_params_map},
};

use super::{
    editor::Editor,
    form::{form, read_only},
    sections::followers::Named,
};
use crate::{
    components::{
        layout::page,
        load::{load, skeleton},
        session::use_permission,
    },
    domain::{
        error::Result,
        job::{Job, JobQuery, NewJob},
        operation::Operation,
        policy::Permission,
    },
    pages::browse::query_value,
    server_fns::jobs::{get_job, list_jobs},
};

/// Jobs that can be chosen to follow.
const JOBS: u32 = 1000;

/// What the page needs: the job, if it is one, and those that could follow.
type Needed = (Option<Job>, Vec<Named>);

async fn get(id: Option<String>) -> Result<Needed> {
    let job = match id {
        Some(id) => Some(get_job(id).await?),
        None => None,
    };
    let jobs = list_jobs(JobQuery { limit: JOBS, ..JobQuery::default() }).await?.jobs;
    let others = jobs.into_iter().filter(|other| job.as_ref().is_none_or(|job| job.id != other.id));
    let others = others.map(|job| (job.id, job.spec.name)).collect();
    Ok((job, others))
}

/// A transfer that is run once, or saved.
#[component]
pub fn NewJobPage() -> impl IntoView {
    let data = Resource::new(|| (), |()| get(None));
    page("jobs", "Start a transfer", load(data, || skeleton(12), content))
}

/// One job.
#[component]
pub fn JobPage() -> impl IntoView {
    let params = use_params_map();
    let id = Memo::new(move |_| params.with(|params| params.get("id")));
    let data = Resource::new(move || id.get(), get);
    page("jobs", "Job", load(data, || skeleton(12), content))
}

fn content((job, others): Needed) -> AnyView {
    if !use_permission(Permission::JobsWrite) {
        return read_only(job);
    }
    let search = use_location().search.get_untracked();
    let given = |key: &str| query_value(&search, key);
    let start = job.as_ref().map_or_else(
        || blank(given("operation"), given("source").unwrap_or_default(), given("destination")),
        |job| job.spec.clone(),
    );
    let editor = Editor::new(&start, job.clone());
    if given("preview").is_some() {
        let (navigate, path) = (use_navigate(), use_location().pathname.get_untracked());
        Effect::new(move |_| {
            if editor.ready.get() {
                // Not again when the page is loaded anew.
                navigate(&path, NavigateOptions { replace: true, scroll: false, ..NavigateOptions::default() });
                editor.start_preview();
            }
        });
    }
    form(editor, job, StoredValue::new(others))
}

/// Nothing but what the address says.
fn blank(operation: Option<String>, source: String, destination: Option<String>) -> NewJob {
    let operation = operation.and_then(|word| Operation::parse(&word)).unwrap_or_default();
    NewJob {
        name: String::new(),
        operation,
        source,
        destination,
        options: Default::default(),
        guards: Default::default(),
        retry: Default::default(),
        on_busy: Default::default(),
        priority: 0,
        time_limit_secs: None,
        followers: Vec::new(),
    }
}
