//! `/jobs`: what was saved to be run again, how its last run went, and what can be done with it. The search is in the
//! address.

use std::collections::BTreeSet;

use leptos::{ev, html, prelude::*};
use leptos_router::{
    NavigateOptions,
    hooks::{use_navigate, use_query_map},
    params::ParamsMap,
};

use super::{
    sections::followers::Named,
    table::{JobActions, table},
};
use crate::{
    components::{
        delete_dialog::{Words, delete_dialog},
        icon::icon,
        layout::page,
        load::{empty, load, skeleton},
        search::search_field,
        session::{Session, use_permission},
    },
    domain::{
        error::Result,
        job::{JobPage, JobQuery},
        location::encode,
        policy::Permission,
    },
    live::Live,
    server_fns::jobs::{delete_job, list_jobs},
};

/// Jobs whose names are looked up, where they follow another.
const NAMES: u32 = 1000;

const DELETE: Words = Words {
    title: "Delete this job?",
    what: [
        "",
        " will not run again, and no job will start it. Its runs stay in the history, and no files are touched.",
    ],
    act: "Delete job",
};

/// The page of jobs, and the names of those that follow.
type Shown = (JobPage, Vec<Named>);

/// The page.
#[component]
pub fn JobsPage() -> impl IntoView {
    let live = Live::current();
    let params = use_query_map();
    let query = Memo::new(move |_| params.with(read));
    let actions = JobActions::new();
    let data = Resource::new(
        move || (query.get(), actions.pending_delete.again.get(), live.missed()),
        |(query, ..)| get(query),
    );
    let said = move || {
        actions.failed.get().map(
            |text| view! { <p class="note note--bad" role="alert">{icon("triangle-alert")}<span>{text}</span></p> },
        )
    };
    let session = Session::current();
    let add = move || {
        Suspend::new(async move {
            let data = data.await;
            session.known().await;
            (data.is_ok() && use_permission(Permission::JobsWrite)).then(new_job)
        })
    };
    let body = view! {
        <div class="headline">
            <div class="grow">
                <h1>"Jobs"</h1>
                <p class="muted">"Saved transfers that you can run again."</p>
            </div>
            <Transition fallback=|| ()>{add}</Transition>
        </div>
        {filter(query)}
        {said}
        <p class="visually-hidden" role="status">{actions.pending_delete.said}</p>
        <section class="panel jobs" aria-label="Saved jobs">
            {load(data, || skeleton(6), move |shown| list(shown, &query.get_untracked(), actions, live))}
        </section>
        {delete_dialog(actions.pending_delete, DELETE, delete_job)}
    };
    page("jobs", "Jobs", body.into_any())
}

/// What the address asks for.
fn read(params: &ParamsMap) -> JobQuery {
    JobQuery {
        search: params.get("search").unwrap_or_default(),
        cursor: params.get("cursor").filter(|cursor| !cursor.is_empty()),
        limit: 0,
    }
}

/// The address that asks for it.
fn href(query: &JobQuery) -> String {
    let search = (!query.search.is_empty()).then(|| format!("search={}", encode(&query.search).replace('+', "%2B")));
    let cursor = query.cursor.as_ref().map(|cursor| format!("cursor={}", encode(cursor).replace('+', "%2B")));
    let parts: Vec<_> = search.into_iter().chain(cursor).collect();
    if parts.is_empty() { "/jobs".to_owned() } else { format!("/jobs?{}", parts.join("&")) }
}

async fn get(query: JobQuery) -> Result<Shown> {
    let page = list_jobs(query).await?;
    let mut names: Vec<Named> = page.jobs.iter().map(|job| (job.id, job.spec.name.clone())).collect();
    let wanted: BTreeSet<_> =
        page.jobs.iter().flat_map(|job| &job.spec.followers).map(|follower| &follower.job).collect();
    if wanted.iter().any(|id| !names.iter().any(|(known, _)| known == *id)) {
        let all = list_jobs(JobQuery { limit: NAMES, ..JobQuery::default() }).await?.jobs;
        names.extend(all.into_iter().filter(|job| wanted.contains(&job.id)).map(|job| (job.id, job.spec.name)));
    }
    Ok((page, names))
}

fn new_job() -> AnyView {
    view! { <a class="button button--primary" href="/jobs/new">{icon("plus")}"New job"</a> }.into_any()
}

/// A plain form that asks for another address; with JavaScript at once.
fn filter(query: Memo<JobQuery>) -> AnyView {
    let field = NodeRef::<html::Input>::new();
    let navigate = use_navigate();
    let submit = move |event: ev::SubmitEvent| {
        event.prevent_default();
        if let Some(field) = field.get_untracked() {
            let wanted = JobQuery { search: field.value(), ..JobQuery::default() };
            navigate(&href(&wanted), NavigateOptions { scroll: false, ..NavigateOptions::default() });
        }
    };
    let text = Signal::derive(move || query.with(|query| query.search.clone()));
    view! {
        <form class="filters" method="get" action="/jobs" role="search" on:submit=submit>
            {search_field(field, "search", "Search name, source and destination", "Search name, source and destination", text)}
            <button class="button">"Search"</button>
        </form>
    }
    .into_any()
}

fn list((page, names): Shown, query: &JobQuery, actions: JobActions, live: Live) -> AnyView {
    if page.jobs.is_empty() {
        return if query.search.is_empty() && query.cursor.is_none() {
            let text = "A job saves a transfer’s source, destination, options and guards, so it runs the same way every time: by hand, after another job, or from the API.";
            empty("list-checks", "No jobs yet", text.to_owned(), [use_permission(Permission::JobsWrite).then(new_job)])
        } else {
            let clear = view! { <a class="button" href="/jobs">"Show all jobs"</a> }.into_any();
            empty(
                "search",
                "No job matches",
                "No job has this text in its name, source or destination.".to_owned(),
                [Some(clear)],
            )
        };
    }
    let first = JobQuery { cursor: None, ..query.clone() };
    let back = query.cursor.is_some().then(|| view! { <a class="button" href=href(&first)>"First"</a> }.into_any());
    let more = page.cursor.map(|cursor| {
        let href = href(&JobQuery { cursor: Some(cursor), ..first });
        view! { <a class="button" href=href>"More"</a> }.into_any()
    });
    let pager = (back.is_some() || more.is_some())
        .then(|| view! { <nav class="pager" aria-label="Pages">{back}{more}</nav> }.into_any());
    view! { {table(&page.jobs, &names, actions, live)}{pager} }.into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_reads_as_it_is_written() {
        let query = JobQuery { search: "b2:a b".to_owned(), cursor: Some("Photos & more".to_owned()), limit: 0 };
        assert_eq!(href(&query), "/jobs?search=b2%3Aa%20b&cursor=Photos%20%26%20more");
        assert_eq!(href(&JobQuery::default()), "/jobs");
        let params = [("search", "b2:a b"), ("cursor", "Photos & more")];
        assert_eq!(read(&params.into_iter().map(|(k, v)| (k.to_owned(), v.to_owned())).collect()), query);
    }
}
