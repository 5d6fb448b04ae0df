//! One run: live while it runs, then what it did. Which list is seen is in the address.

mod actions;
mod bandwidth;
mod confirm;
mod detail;
mod events;
mod guard;
mod head;
mod list;
mod log;
mod log_lines;
mod meter;
mod preview;
mod speed;
mod stop;
mod tab;
mod wait;

use leptos::{prelude::*, server_fn::ServerFn};
use leptos_meta::Title;
use leptos_router::{hooks::use_location, params::ParamsMap};
use serde::{Deserialize, Serialize};

use self::tab::Tab;
use self::{actions::RunActions, preview::ApproveQuestion, stop::StopQuestion};
use crate::{
    components::{
        copy::copy_button,
        load::{failure, skeleton},
        run_row::Stop,
        session::Session,
    },
    domain::{
        error::{AppError, Result},
        id::RunId,
        run::{
            detail::Run,
            files::{FileOutcome, RunFiles},
            log::{LogLevel, LogQuery, RunLog, RunSeries},
            state::RunState,
            summary::RunSummary,
        },
    },
    live::Live,
    server_fns::runs::{StopRun, get_run, get_run_log, get_run_series, list_run_files},
};

/// Files of one page of a list.
const PAGE: u64 = 100;

/// What the address asks for.
#[derive(Clone, Debug, Default, PartialEq)]
struct RunPageQuery {
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
    let at = use_location();
    // Not the route's own: its query stays behind when only the run is another. While the page is left, what was asked
    // for stays.
    let asked = Memo::new(move |before: Option<&(String, RunPageQuery)>| {
        let id = at.pathname.with(|path| path.strip_prefix("/runs/").map(str::to_owned));
        id.map_or_else(|| before.cloned().unwrap_or_default(), |id| (id, at.query.with(read)))
    });
    let ended = Memo::new(move |_| asked.with(|(id, _)| live.saw_end(id)));
    let data = Resource::new(move || (asked.get(), ended.get(), live.missed()), |((id, wanted), ..)| get(id, wanted));
    let actions = RunActions::new();
    let stop = Stop { url: StopRun::url(), act: Callback::new(move |_: RunId| actions.asks_stop.set(true)) };
    let refused = move || actions.refused.get().filter(|_| !actions.asks_name.get()).map(|error| error.to_string());
    let session = Session::current();
    let show = move || {
        Suspend::new(async move {
            let data = data.await;
            session.known().await;
            match data {
                Ok(shown) => content(&shown, live, stop, actions),
                Err(error) => {
                    view! { <Title text="Run" /><h1>"Run"</h1><section class="panel">{failure(error)}</section> }
                        .into_any()
                }
            }
        })
    };
    view! {
        <main data-page="run">
            <p class="refusal" role="alert">{refused}</p>
            <Transition fallback=|| skeleton(8)>{show}</Transition>
            <StopQuestion actions />
            <ApproveQuestion actions />
        </main>
    }
    .into_any()
}

fn read(params: &ParamsMap) -> RunPageQuery {
    RunPageQuery {
        tab: params.get_str("show").and_then(Tab::parse),
        search: params.get("search").unwrap_or_default(),
        offset: params.get_str("offset").and_then(|offset| offset.parse().ok()).unwrap_or(0),
        level: params.get_str("level").and_then(LogLevel::parse).unwrap_or_default(),
        before: params.get("before").unwrap_or_default(),
    }
}

/// The run, and what the lower half shows of it. The counts of the lists stand on the tabs, whichever is open.
async fn get(id: String, wanted: RunPageQuery) -> Result<Shown> {
    let run = get_run(id.clone()).await?;
    let RunPageQuery { tab, search, offset, level, before } = wanted;
    let tab = tab.unwrap_or(Tab::first(&run.summary));
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

fn content(shown: &Shown, live: Live, stop: Stop, actions: RunActions) -> AnyView {
    let run = live.follow(shown.run.summary.clone());
    actions.show(&shown.run);
    keep_up(run, actions);
    let command = shown.run.command.clone();
    let counts = shown.files.as_ref().ok().map(|files| &files.counts);
    let failed = counts.map_or(0, |counts| counts.failed);
    // What was never started has nothing to count.
    let never = run.with_untracked(|run| run.state.is_final() && run.started_at.is_none());
    view! {
        {head::head(&shown.run, run, failed, stop, actions)}
        {stop::stopping(run, actions)}
        {wait::again(run)}
        {head::outcome(&shown.run)}
        {guard::blocked(&shown.run, actions)}
        {preview::preview(&shown.run, counts, actions)}
        {(!never).then(|| meter::meter(run, shown.run.before.clone()))}
        {speed_and_control(&shown.series, run, actions)}
        {detail::detail(shown, run, live)}
        {history(&shown.run, actions)}
        <section class="panel" aria-label="Command">
            <header><h2>"Equivalent rclone command"</h2>{copy_button(command.clone(), "the command")}</header>
            <pre class="command" tabindex="0">{command}</pre>
        </section>
    }
    .into_any()
}

/// Asks for what the stream does not tell each time the run gets into another state.
fn keep_up(run: Memo<RunSummary>, actions: RunActions) {
    let phase = Memo::new(move |_| run.with(|run| (run.state, run.stopping, run.attempt, run.position)));
    Effect::watch(move || phase.get(), move |_, _, _| actions.refresh(), false);
}

/// The speed; while the run goes on, beside it what holds it back: its place in the queue, then its bandwidth.
fn speed_and_control(series: &RunSeries, run: Memo<RunSummary>, actions: RunActions) -> AnyView {
    let speed = speed::speed(series, run);
    if run.with_untracked(|run| run.state.is_final()) {
        return speed;
    }
    let waits = Memo::new(move |_| run.with(|run| run.state == RunState::Queued));
    let control = move || if waits.get() { wait::queue(run, actions) } else { bandwidth::bandwidth(run, actions) };
    view! { <div class="two two--even">{speed}<section class="panel" aria-label="Control">{control}</section></div> }
        .into_any()
}

/// What happened, beside what the guards saw.
fn history(run: &Run, actions: RunActions) -> AnyView {
    match guard::report(run) {
        Some(report) => view! { <div class="two">{events::events(actions)}{report}</div> }.into_any(),
        None => events::events(actions),
    }
}
