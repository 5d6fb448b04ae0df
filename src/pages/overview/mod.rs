//! The overview page: is my data safe, is anything wrong? Answered in five seconds.

mod figures;
mod headline;

use leptos::{prelude::*, server_fn::ServerFn};

use super::runs::moved;
use crate::{
    components::{
        badge::run_badge,
        chart::days_chart,
        layout::{page, rclone_banner},
        load::{empty, failure, skeleton},
        route_label::route,
        run_row::{Stop, run_rows},
        session::{Session, use_permission},
        time::time,
    },
    domain::{format, id::RunId, overview::Overview, policy::Permission, run::summary::RunSummary},
    live::Live,
    server_fns::{overview::get_overview, runs::StopRun},
};

/// Ended runs that are shown: as many as stand beside what is running.
const RECENT: usize = 5;

/// The page.
#[component]
pub fn OverviewPage() -> impl IntoView {
    let live = Live::current();
    let data = Resource::new(move || (live.ended(), live.missed()), |_| get_overview());
    let action = ServerAction::<StopRun>::new();
    let stop = Stop {
        url: StopRun::url(),
        act: Callback::new(move |id: RunId| {
            action.dispatch(StopRun { id: id.to_string(), reason: String::new() });
        }),
    };
    let refused = move || action.value().get().and_then(Result::err).map(|error| error.to_string());
    let session = Session::current();
    let show = move || {
        Suspend::new(async move {
            let data = data.await;
            session.known().await;
            match data {
                Ok(overview) => content(overview, live, use_permission(Permission::RunsWrite).then_some(stop)),
                Err(error) => view! { <h1>"Overview"</h1><section class="panel">{failure(error)}</section> }.into_any(),
            }
        })
    };
    let body = view! {
        {rclone_banner()}
        <p class="refusal" role="alert">{refused}</p>
        <Transition fallback=|| skeleton(8)>{show}</Transition>
    };
    page("overview", "Overview", body.into_any())
}

fn content(overview: Overview, live: Live, stop: Option<Stop>) -> AnyView {
    let fresh = overview.recent.is_empty() && overview.running.is_empty();
    let head = headline::headline(&overview);
    let tiles = figures::tiles(&overview);
    let chart = days_chart(&overview.days);
    let recent = recent(overview.recent.get(..RECENT).unwrap_or(&overview.recent));
    let first = overview.running;
    let running = Signal::derive(move || live.active().unwrap_or_else(|| first.clone()));
    if fresh {
        let quiet = move || running.with(Vec::is_empty);
        return view! {
            {head}
            <section class="panel" aria-label="Running now" hidden=quiet>
                <header><h2>"Running now"</h2></header>
                {run_rows(running, follow(live), stop, "")}
            </section>
            <section class="panel" aria-label="First steps">{first_step(overview.remotes)}</section>
        }
        .into_any();
    }
    view! {
        {head}
        {tiles}
        <div class="two">
            <section class="panel" aria-label="Running now">
                <header><h2>"Running now"</h2><a href="/runs">"All runs"</a></header>
                {run_rows(running, follow(live), stop, "Nothing is running.")}
            </section>
            <section class="panel" aria-label="Last runs">
                <header><h2>"Last runs"</h2><a href="/runs">"History"</a></header>
                {recent}
            </section>
        </div>
        <section class="panel" aria-label="Transfers by day">
            <header>
                <h2>"Transfers by day"</h2>
                <span class="legend faint"><i class="ok"></i>"succeeded"<i class="warned"></i>"with warnings"<i class="bad"></i>"failed"<i class="line"></i>"transferred"</span>
            </header>
            <div class="body">{chart}</div>
        </section>
    }
    .into_any()
}

fn follow(live: Live) -> Callback<RunSummary, Memo<RunSummary>> {
    Callback::new(move |run| live.follow(run))
}

/// The one next step while nothing has been done yet.
fn first_step(remotes: u64) -> AnyView {
    if remotes == 0 {
        let add =
            view! { <a class="button button--primary" href="/remotes/new">"Add your first remote"</a> }.into_any();
        let text =
            "A remote is a connection to your storage: a bucket, a server, a cloud drive. Add one to start copying.";
        return empty("cloud", "No remotes yet", text.to_owned(), [Some(add)]);
    }
    let start = view! { <a class="button button--primary" href="/jobs/new">"Start your first transfer"</a> }.into_any();
    let text = format!(
        "{} ready. Copy something, and this page shows the result.",
        format::plural(remotes, "remote is", "remotes are")
    );
    empty("play", "No transfers yet", text, [Some(start)])
}

/// The last that ended, newest first.
fn recent(runs: &[RunSummary]) -> AnyView {
    let row = |run: &RunSummary| {
        let (href, id, state) = (format!("/runs/{}", run.id), run.id.to_string(), run.state.as_str());
        let badge = run_badge(Memo::new({
            let run = run.clone();
            move |_| run.clone()
        }));
        view! {
            <a class="last" href=href data-run=id data-state=state>
                {route(&run.source, run.destination.as_ref(), false.into())}
                {badge}
                <small class="muted num">
                    {moved(run)}
                    " · "
                    {run.ended_at.map(time)}
                </small>
                {run.said_warning().map(|said| view! { <small class="warned muted">{said}</small> }.into_any())}
            </a>
        }
        .into_any()
    };
    if runs.is_empty() {
        return view! { <p class="none muted">"No finished runs yet."</p> }.into_any();
    }
    runs.iter().map(row).collect::<Vec<_>>().into_any()
}
