//! One run: live while it runs, then what it did. Which list is seen is in the address.

mod detail;
mod head;
mod list;
mod log;
mod meter;
mod speed;

use leptos::{prelude::*, server_fn::ServerFn};
use leptos_meta::Title;
use leptos_router::{
    hooks::{use_params_map, use_query_map},
    params::ParamsMap,
};
use serde::{Deserialize, Serialize};

use crate::{
    components::{
        copy::copy_button,
        load::{failure, skeleton},
        run_row::Stop,
    },
    domain::{
        error::{AppError, Result},
        id::RunId,
        run::{FileOutcome, LogLevel, LogQuery, Run, RunFiles, RunLog, RunSeries, RunState},
    },
    live::Live,
    server_fns::runs::{StopRun, get_run, get_run_log, get_run_series, list_run_files},
};

/// Files of one page of a list.
const PAGE: u64 = 100;

/// What the lower half shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Tab {
    InFlight,
    Files(FileOutcome),
    Log,
    Options,
}

impl Tab {
    const ALL: [(Self, &str, &str); 14] = [
        (Self::InFlight, "in-flight", "In flight"),
        (Self::Files(FileOutcome::Copied), "copied", "Copied"),
        (Self::Files(FileOutcome::Updated), "updated", "Updated"),
        (Self::Files(FileOutcome::Moved), "moved", "Moved"),
        (Self::Files(FileOutcome::Renamed), "renamed", "Renamed"),
        (Self::Files(FileOutcome::Deleted), "deleted", "Deleted"),
        (Self::Files(FileOutcome::Differs), "differs", "Different"),
        (Self::Files(FileOutcome::MissingOnDestination), "missing_on_destination", "Only at the source"),
        (Self::Files(FileOutcome::MissingOnSource), "missing_on_source", "Only at the destination"),
        (Self::Files(FileOutcome::Matched), "matched", "The same"),
        (Self::Files(FileOutcome::Failed), "failed", "Failed"),
        (Self::Files(FileOutcome::Skipped), "skipped", "Skipped"),
        (Self::Log, "log", "Log"),
        (Self::Options, "options", "Options"),
    ];

    fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|(_, name, _)| *name == text).map(|(tab, ..)| tab)
    }

    /// What one wants to see first.
    const fn first(state: RunState) -> Self {
        match state {
            RunState::Failed | RunState::Stalled | RunState::Interrupted | RunState::TimedOut => Self::Files(FileOutcome::Failed),
            RunState::Succeeded | RunState::NoChange | RunState::Cancelled => Self::Files(FileOutcome::Copied),
            RunState::Blocked => Self::Options,
            RunState::Queued | RunState::Guarded | RunState::Starting | RunState::Running => Self::InFlight,
        }
    }
}

/// What the address asks for.
#[derive(Clone, Debug, Default, PartialEq)]
struct Wanted {
    tab: Option<Tab>,
    search: String,
    offset: u64,
    /// Of the log.
    level: LogLevel,
    /// Of the log.
    before: String,
}

/// All that the page shows, as it was when it was asked for.
#[derive(Clone, Serialize, Deserialize)]
struct Shown {
    run: Run,
    tab: Tab,
    search: String,
    files: Result<RunFiles, AppError>,
    log: Option<(LogQuery, Result<RunLog, AppError>)>,
    series: RunSeries,
}

/// The page.
#[component]
pub fn RunPage() -> impl IntoView {
    let live = Live::current();
    let (params, query) = (use_params_map(), use_query_map());
    let id = Memo::new(move |_| params.with(|params| params.get("id").unwrap_or_default()));
    let wanted = Memo::new(move |_| query.with(read));
    let ended = Memo::new(move |_| id.with(|id| live.saw_end(id)));
    let data = Resource::new(move || (id.get(), wanted.get(), ended.get(), live.missed()), |(id, wanted, ..)| get(id, wanted));
    let action = ServerAction::<StopRun>::new();
    let stop = Stop {
        url: StopRun::url(),
        act: Callback::new(move |id: RunId| {
            action.dispatch(StopRun { id: id.to_string(), reason: String::new() });
        }),
    };
    let refused = move || action.value().get().and_then(Result::err).map(|error| error.to_string());
    let show = move || {
        Suspend::new(async move {
            match data.await {
                Ok(shown) => content(&shown, live, stop),
                Err(error) => view! { <Title text="Run" /><h1>"Run"</h1><section class="panel">{failure(error)}</section> }.into_any(),
            }
        })
    };
    view! {
        <main data-page="run">
            <p class="refusal" role="alert">{refused}</p>
            <Transition fallback=|| skeleton(8)>{show}</Transition>
        </main>
    }
    .into_any()
}

fn read(params: &ParamsMap) -> Wanted {
    Wanted {
        tab: params.get_str("show").and_then(Tab::parse),
        search: params.get("search").unwrap_or_default(),
        offset: params.get_str("offset").and_then(|offset| offset.parse().ok()).unwrap_or(0),
        level: params.get_str("level").and_then(LogLevel::parse).unwrap_or_default(),
        before: params.get("before").unwrap_or_default(),
    }
}

/// The run, and what the lower half shows of it. The counts of the lists stand on the tabs, whichever is open.
async fn get(id: String, wanted: Wanted) -> Result<Shown> {
    let run = get_run(id.clone()).await?;
    let Wanted { tab, search, offset, level, before } = wanted;
    let tab = tab.unwrap_or(Tab::first(run.summary.state));
    let files = match tab {
        Tab::Files(outcome) => list_run_files(id.clone(), outcome, search.clone(), offset, PAGE).await,
        _ => list_run_files(id.clone(), FileOutcome::Copied, String::new(), 0, 1).await,
    };
    // Without it the page is still worth seeing.
    let series = get_run_series(id.clone()).await.unwrap_or_default();
    let log = if tab == Tab::Log {
        let query = LogQuery { search: search.clone(), level, before, ..LogQuery::default() };
        Some((query.clone(), get_run_log(id, query).await))
    } else {
        None
    };
    Ok(Shown { run, tab, search, files, log, series })
}

fn content(shown: &Shown, live: Live, stop: Stop) -> AnyView {
    let run = live.follow(shown.run.summary.clone());
    let command = shown.run.command.clone();
    view! {
        {head::head(run, stop)}
        {head::outcome(&shown.run)}
        {meter::meter(run)}
        {speed::speed(&shown.series, run)}
        {detail::detail(shown, run, live)}
        <section class="panel" aria-label="Command">
            <header><h2>"The same in a terminal"</h2>{copy_button(command.clone(), "the command")}</header>
            <pre class="command" tabindex="0">{command}</pre>
        </section>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_tab_has_an_address() {
        for (tab, name, _) in Tab::ALL {
            assert_eq!(Tab::parse(name), Some(tab));
        }
        assert_eq!(Tab::parse("what"), None);
    }
}
