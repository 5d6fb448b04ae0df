//! History: every run, newest first, filtered by result and place. Filters and page are in the address; rows move live.

mod actions;
mod filter;
mod pause;
mod queue;
mod table;

use leptos::prelude::*;
use leptos_router::{hooks::use_query_map, params::ParamsMap};

use self::{actions::QueueActions, pause::PauseQuestion};

use crate::{
    components::{
        icon::icon,
        layout::page,
        load::{empty, load, skeleton},
        session::{Session, use_permission},
    },
    domain::{
        id::JobId,
        location::encode,
        operation::Operation,
        policy::Permission,
        run::{
            query::{RunPage, RunQuery},
            state::RunState,
        },
    },
    live::Live,
    server_fns::{queue::get_queue, runs::list_runs},
};

pub use table::{moved, speed, took};

/// The page.
#[component]
pub fn RunsPage() -> impl IntoView {
    let live = Live::current();
    let params = use_query_map();
    let query = Memo::new(move |_| params.with(read));
    let data = Resource::new(move || (query.get(), live.missed()), |(query, _)| list_runs(query));
    let actions = QueueActions::new();
    let waits = Resource::new(move || live.missed(), |_| get_queue());
    let session = Session::current();
    let acts = move || {
        Suspend::new(async move {
            let paused = waits.await.ok().and_then(|queue| queue.paused);
            session.known().await;
            use_permission(Permission::RunsWrite)
                .then(|| {
                    view! {
                        <div class="headline__acts">
                            {pause::button(paused, live, actions)}
                            <a class="button button--primary" href="/jobs/new">{icon("play")}"Start a transfer"</a>
                        </div>
                    }
                })
                .into_any()
        })
    };
    let waiting = move || {
        Suspend::new(async move {
            let waits = waits.await.ok();
            session.known().await;
            // Without it the history is still worth seeing.
            waits.map(|first| queue::queue(&first, live, actions)).into_any()
        })
    };
    let refused = move || actions.refused.get().map(|error| error.to_string());
    let body = view! {
        <div class="headline">
            <h1 class="grow">"Runs"</h1>
            <Transition fallback=|| ()>{acts}</Transition>
        </div>
        <p class="refusal" role="alert">{refused}</p>
        <Transition fallback=|| ()>{waiting}</Transition>
        <PauseQuestion actions />
        {filter::filter(query)}
        <section class="panel" aria-label="History">
            {load(data, || skeleton(8), move |page| history(page, &query.get_untracked(), live))}
        </section>
    };
    page("runs", "Runs", body.into_any())
}

/// What the address asks for. What it says wrongly is left out.
fn read(params: &ParamsMap) -> RunQuery {
    RunQuery {
        state: params.get_str("state").and_then(RunState::parse),
        operation: params.get_str("operation").and_then(Operation::parse),
        job: params.get_str("job").and_then(|job| job.parse().ok()),
        search: params.get("search").unwrap_or_default(),
        cursor: params.get_str("cursor").and_then(|cursor| cursor.parse().ok()),
        limit: 0,
    }
}

/// The address that asks for it.
fn href(query: &RunQuery) -> String {
    let mut parts = Vec::new();
    if let Some(state) = query.state {
        parts.push(format!("state={}", state.as_str()));
    }
    if let Some(operation) = query.operation {
        parts.push(format!("operation={}", operation.as_str()));
    }
    if let Some(job) = &query.job {
        parts.push(format!("job={job}"));
    }
    if !query.search.is_empty() {
        parts.push(format!("search={}", encode(&query.search)));
    }
    if let Some(cursor) = &query.cursor {
        parts.push(format!("cursor={cursor}"));
    }
    if parts.is_empty() { "/runs".to_owned() } else { format!("/runs?{}", parts.join("&")) }
}

/// Where the runs of a job are.
pub fn of_job(id: &JobId) -> String {
    href(&RunQuery { job: Some(*id), ..RunQuery::default() })
}

fn history(page: RunPage, query: &RunQuery, live: Live) -> AnyView {
    let first = RunQuery { cursor: None, ..query.clone() };
    let filtered = first != RunQuery::default();
    let newest = (!filtered && query.cursor.is_none()).then(|| page.runs.first().map(|run| run.id));
    let newer = Memo::new(move |_| newest.as_ref().map(|first| live.since(first.as_ref())).unwrap_or_default());
    let back = query.cursor.is_some().then(|| view! { <a class="button" href=href(&first)>"Newest"</a> }.into_any());
    let more = page.cursor.map(|cursor| {
        let href = href(&RunQuery { cursor: Some(cursor), ..first.clone() });
        view! { <a class="button" href=href>"Older"</a> }.into_any()
    });
    let pager = (back.is_some() || more.is_some())
        .then(|| view! { <nav class="pager" aria-label="Pages">{back}{more}</nav> }.into_any());
    let nothing = page.runs.is_empty();
    let none = if !nothing {
        ().into_any()
    } else if filtered {
        let clear = view! { <a class="button" href="/runs">"Show all runs"</a> }.into_any();
        empty(
            "search",
            "No run matches",
            "No run in the history matches these filters. Remove one to see more.".to_owned(),
            [Some(clear)],
        )
    } else {
        let start = view! { <a class="button button--primary" href="/jobs/new">"Start a transfer"</a> }.into_any();
        empty(
            "history",
            "No run yet",
            "Every transfer is listed here, with what it did to each file.".to_owned(),
            [Some(start)],
        )
    };
    let quiet = Memo::new(move |_| nothing && newer.with(Vec::is_empty));
    view! {
        <div hidden=move || quiet.get()>{table::table(page.runs, newer, live)}</div>
        <div hidden=move || !quiet.get()>{none}</div>
        {pager}
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_reads_as_it_is_written() {
        let query = RunQuery {
            state: Some(RunState::Failed),
            operation: Some(Operation::Sync),
            job: "01JD3Z6N9V4M2K8Q7W5X1T0R3S".parse().ok(),
            search: "b2:a b".to_owned(),
            cursor: "01JD3Z6N9V4M2K8Q7W5X1T0R3S".parse().ok(),
            limit: 0,
        };
        assert_eq!(
            href(&query),
            "/runs?state=failed&operation=sync&job=01JD3Z6N9V4M2K8Q7W5X1T0R3S&search=b2%3Aa%20b&cursor=01JD3Z6N9V4M2K8Q7W5X1T0R3S"
        );
        assert_eq!(href(&RunQuery::default()), "/runs");
        let params = [
            ("state", "failed"),
            ("operation", "sync"),
            ("job", "01JD3Z6N9V4M2K8Q7W5X1T0R3S"),
            ("search", "b2:a b"),
            ("cursor", "01JD3Z6N9V4M2K8Q7W5X1T0R3S"),
        ];
        assert_eq!(read(&params.into_iter().map(|(k, v)| (k.to_owned(), v.to_owned())).collect()), query);
    }
}
