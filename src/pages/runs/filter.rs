//! The filters of the history: a plain form that asks for another address; with JavaScript at once.

use leptos::{ev, html, prelude::*};
use leptos_router::{NavigateOptions, hooks::use_navigate};

use super::href;
use crate::{
    components::{badge::word, icon::icon},
    domain::{
        id::JobId,
        job::JobQuery,
        run::{JobName, Operation, RunQuery, RunState},
    },
    server_fns::jobs::list_jobs,
};

/// Jobs that can be chosen.
const JOBS: u32 = 200;

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
            job: chosen(job).map_or_else(|| query.with_untracked(|query| query.job.clone()), |job| job.parse().ok()),
            search: search.get_untracked().map(|search| search.value()).unwrap_or_default(),
            ..RunQuery::default()
        };
        navigate(&href(&wanted), NavigateOptions { scroll: false, ..NavigateOptions::default() });
    });
    let submit = move |event: ev::SubmitEvent| {
        event.prevent_default();
        go.run(());
    };
    let text = move || query.with(|query| query.search.clone());
    let states = RunState::ALL.into_iter().map(|state| (state.as_str().to_owned(), word(state, false, None))).collect();
    let operations = Operation::ALL.into_iter().map(|operation| (operation.as_str().to_owned(), operation.as_str().to_owned())).collect();
    let chosen = Memo::new(move |_| query.with(|query| query.state.map(|state| state.as_str().to_owned()).unwrap_or_default()));
    let by_state = select(Face { node: state, name: "state", label: "Result", all: "All results" }, states, chosen, go);
    let chosen = Memo::new(move |_| query.with(|query| query.operation.map(|of| of.as_str().to_owned()).unwrap_or_default()));
    let by_operation =
        select(Face { node: operation, name: "operation", label: "Operation", all: "All operations" }, operations, chosen, go);
    view! {
        <form class="filters" method="get" action="/runs" role="search" on:submit=submit>
            <label class="input filters__search">
                {icon("search")}
                <input
                    node_ref=search
                    type="search"
                    name="search"
                    placeholder="Search source and destination"
                    aria-label="Search source and destination"
                    value=text
                    prop:value=text
                />
                <kbd aria-hidden="true">"/"</kbd>
            </label>
            {by_state}
            {by_operation}
            {by_job(job, query, go)}
            <button class="button">"Filter"</button>
        </form>
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
fn by_job(node: NodeRef<html::Select>, query: Memo<RunQuery>, go: Callback<()>) -> AnyView {
    let jobs = Resource::new(|| (), |()| names());
    let chosen = Memo::new(move |_| query.with(|query| query.job.as_ref().map(JobId::to_string).unwrap_or_default()));
    let show = move || {
        Suspend::new(async move {
            let mut options: Vec<_> = jobs.await.into_iter().map(|job| (job.id.to_string(), job.name)).collect();
            let asked = chosen.get_untracked();
            if !asked.is_empty() && options.iter().all(|(id, _)| *id != asked) {
                options.push((asked, "A job that is gone".to_owned()));
            }
            let face = Face { node, name: "job", label: "Job", all: "All jobs" };
            (!options.is_empty()).then(|| select(face, options, chosen, go)).into_any()
        })
    };
    view! { <Transition fallback=|| ()>{show}</Transition> }.into_any()
}

/// Without them the history is still worth seeing.
async fn names() -> Vec<JobName> {
    let page = list_jobs(JobQuery { limit: JOBS, ..JobQuery::default() }).await.unwrap_or_default();
    page.jobs.into_iter().map(|job| JobName { id: job.id, name: job.spec.name }).collect()
}
