//! The filters of the history: a plain form that asks for another address; with JavaScript at once.

use leptos::{ev, html, prelude::*};
use leptos_router::{NavigateOptions, hooks::use_navigate};

use super::href;
use crate::{
    components::{badge::word, icon::icon, search::search_field},
    domain::{
        id::JobId,
        job::JobQuery,
        operation::Operation,
        run::{query::RunQuery, state::RunState, summary::JobName},
    },
    server_fns::jobs::{get_job, list_jobs},
};

/// Jobs that can be chosen.
const JOBS: u32 = 200;
/// The name of a job that nobody has any more.
const GONE: &str = "A deleted job";

type Jobs = Resource<Vec<JobName>>;

/// The form.
pub fn filter(query: Memo<RunQuery>) -> AnyView {
    let [state, operation, job] = [(); 3].map(|()| NodeRef::<html::Select>::new());
    let search = NodeRef::<html::Input>::new();
    let navigate = use_navigate();
    let go = Callback::new(move |()| {
        let chosen = |select: NodeRef<html::Select>| select.get_untracked().map(|select| select.value());
        let wanted = RunQuery {
            state: chosen(state).and_then(|state| RunState::parse(&state)),
            operation: chosen(operation).and_then(|operation| Operation::parse(&operation)),
            // Until the jobs are here, the one that was asked for stays.
            job: chosen(job).map_or_else(|| query.with_untracked(|query| query.job), |job| job.parse().ok()),
            search: search.get_untracked().map(|search| search.value()).unwrap_or_default(),
            ..RunQuery::default()
        };
        navigate(&href(&wanted), NavigateOptions { scroll: false, ..NavigateOptions::default() });
    });
    let submit = move |event: ev::SubmitEvent| {
        event.prevent_default();
        go.run(());
    };
    let text = Signal::derive(move || query.with(|query| query.search.clone()));
    let states = RunState::ALL.into_iter().map(|state| (state.as_str().to_owned(), word(state, false, None))).collect();
    let operations = Operation::ALL
        .into_iter()
        .map(|operation| (operation.as_str().to_owned(), operation.as_str().to_owned()))
        .collect();
    let chosen =
        Memo::new(move |_| query.with(|query| query.state.map(|state| state.as_str().to_owned()).unwrap_or_default()));
    let by_state = select(Face { node: state, name: "state", label: "Result", all: "All results" }, states, chosen, go);
    let chosen =
        Memo::new(move |_| query.with(|query| query.operation.map(|of| of.as_str().to_owned()).unwrap_or_default()));
    let by_operation = select(
        Face { node: operation, name: "operation", label: "Operation", all: "All operations" },
        operations,
        chosen,
        go,
    );
    // Once: a choice that is drawn anew would lose the focus.
    let asked = query.with_untracked(|query| query.job);
    let jobs = Resource::new(|| (), move |()| names(asked));
    view! {
        <form class="filters" method="get" action="/runs" role="search" on:submit=submit>
            {search_field(search, "search", "Search source and destination", "Search source and destination", text)}
            {by_state}
            {by_operation}
            {by_job(job, jobs, query, go)}
            <button class="button">"Filter"</button>
        </form>
        {whose(jobs, query)}
    }
    .into_any()
}

/// What a choice is.
#[derive(Clone, Copy)]
struct Face {
    node: NodeRef<html::Select>,
    name: &'static str,
    label: &'static str,
    all: &'static str,
}

/// A choice of one, or of all.
fn select(face: Face, options: Vec<(String, String)>, chosen: Memo<String>, go: Callback<()>) -> AnyView {
    let Face { node, name, label, all } = face;
    let option = |(value, text): (String, String)| {
        let own = value.clone();
        view! { <option value=value selected=move || chosen.with(|chosen| *chosen == own)>{text}</option> }.into_any()
    };
    view! {
        <select node_ref=node class="input filters__state" name=name aria-label=label on:change=move |_| go.run(()) prop:value=chosen>
            <option value="" selected=move || chosen.with(String::is_empty)>{all}</option>
            {options.into_iter().map(option).collect::<Vec<_>>()}
        </select>
    }
    .into_any()
}

/// The choice of a job. None where there are no jobs.
fn by_job(node: NodeRef<html::Select>, jobs: Jobs, query: Memo<RunQuery>, go: Callback<()>) -> AnyView {
    let chosen = Memo::new(move |_| query.with(|query| query.job.as_ref().map(JobId::to_string).unwrap_or_default()));
    let show = move || {
        Suspend::new(async move {
            let options: Vec<_> = jobs.await.into_iter().map(|job| (job.id.to_string(), job.name)).collect();
            let face = Face { node, name: "job", label: "Job", all: "All jobs" };
            (!options.is_empty()).then(|| select(face, options, chosen, go)).into_any()
        })
    };
    view! { <Transition fallback=|| ()>{show}</Transition> }.into_any()
}

/// Whose runs these are, and the way back to those of all.
fn whose(jobs: Jobs, query: Memo<RunQuery>) -> AnyView {
    let job = Memo::new(move |_| query.with(|query| query.job));
    let show = move || {
        let asked = job.get();
        Suspend::new(async move {
            let id = asked?;
            let name = jobs.await.into_iter().find(|job| job.id == id).map_or_else(|| GONE.to_owned(), |job| job.name);
            let all = move || href(&RunQuery { job: None, cursor: None, ..query.get() });
            Some(
                view! {
                    <p class="filters__said">
                        <span>"Runs of "<a class="link" href=format!("/jobs/{id}")>{name}</a></span>
                        <a class="button button--quiet" href=all>{icon("x")}"Show runs of all jobs"</a>
                    </p>
                }
                .into_any(),
            )
        })
    };
    view! { <Transition fallback=|| ()>{show}</Transition> }.into_any()
}

/// The jobs that can be chosen, with the one that is asked for. Without them the history is still worth seeing.
async fn names(asked: Option<JobId>) -> Vec<JobName> {
    let page = list_jobs(JobQuery { limit: JOBS, ..JobQuery::default() }).await.unwrap_or_default();
    let mut names: Vec<_> = page.jobs.into_iter().map(|job| JobName { id: job.id, name: job.spec.name }).collect();
    if let Some(id) = asked.filter(|id| names.iter().all(|job| job.id != *id)) {
        let name = get_job(id.to_string()).await.map_or_else(|_| GONE.to_owned(), |job| job.spec.name);
        names.push(JobName { id, name });
    }
    names
}
