//! An active run as a row: route, bar, figures, stop. On the overview and behind the activity pill.

use leptos::prelude::*;

use super::{
    badge::run_badge,
    icon::icon,
    post_form::post_form,
    progress::{bytes_of, percent, run_bar, time_left},
    route_label::route,
};
use crate::domain::{
    format,
    id::RunId,
    run::{state::RunState, summary::RunSummary},
};

/// How a run is stopped: the address a form posts to, and what to call once the page is interactive.
#[derive(Clone, Copy)]
pub struct Stop {
    /// Where a form posts the run's `id`.
    pub url: &'static str,
    /// Asks the run to stop.
    pub act: Callback<RunId>,
}

/// The form that stops a run. `quiet` is an icon alone.
#[must_use]
pub fn stop_form(run: Memo<RunSummary>, stop: Stop, quiet: bool) -> AnyView {
    let id = run.with_untracked(|run| run.id);
    let field = id.to_string();
    let label = run.with_untracked(|run| format!("Stop {} {}", run.operation.as_str(), run.route()));
    let stopping = Memo::new(move |_| run.with(|run| run.stopping));
    let class = if quiet { "button button--quiet" } else { "button button--bad" };
    let words =
        (!quiet).then(|| view! { <span>{move || if stopping.get() { "Stopping" } else { "Stop" }}</span> }.into_any());
    let button = view! {
        <button class=class aria-label=quiet.then_some(label) disabled=move || stopping.get()>{icon("square")}{words}</button>
    };
    post_form(stop.url, vec![("id", field)], Some(Callback::new(move |()| stop.act.run(id))), button.into_any())
}

/// The row; with `stop` for people who may stop it.
#[must_use]
pub fn run_row(run: Memo<RunSummary>, stop: Option<Stop>) -> AnyView {
    let moving = Memo::new(move |_| run.with(|run| run.state == RunState::Running));
    let (id, label) = run.with_untracked(|run| (run.id, route(&run.source, run.destination.as_ref(), moving.into())));
    view! {
        <div class="run" data-run=id.to_string() data-state=move || run.with(|run| run.state.as_str())>
            <a class="run__route" href=format!("/runs/{id}")>{label}</a>
            <div class="row">
                {move || {
                    if moving.get() {
                        view! { <span class="num muted live">{move || run.with(|run| percent(&run.stats))}</span> }.into_any()
                    } else {
                        run_badge(run)
                    }
                }}
                {stop.map(|stop| stop_form(run, stop, true))}
            </div>
            {run_bar(run)}
            <div class="facts num small live">{move || run.with(figures)}</div>
        </div>
    }
    .into_any()
}

/// `48.2 of 77.9 GiB`, `41.3 MiB/s`, `12 min left`, `1,204 of 1,946 files`.
fn figures(run: &RunSummary) -> Vec<AnyView> {
    let stats = &run.stats;
    let span = |text: String| view! { <span>{text}</span> }.into_any();
    if run.state == RunState::Queued {
        let words = if run.retry_at.is_some() { "Waiting for the next attempt" } else { "Waiting for its turn" };
        return vec![span(words.to_owned())];
    }
    if run.state == RunState::Guarded {
        let deletes = (stats.deletes > 0).then(|| span(format!("{} to be deleted", format::count(stats.deletes))));
        return [span(format!("{} compared", format::count(stats.checks)))].into_iter().chain(deletes).collect();
    }
    if stats.permille().is_none() {
        return vec![span(format!("{} listed", format::count(stats.listed)))];
    }
    let left = time_left(stats).map(span);
    let files = format!("{} of {} files", format::count(stats.files), format::count(stats.total_files));
    [span(bytes_of(stats.bytes, stats.total_bytes)), span(format::speed(stats.speed))]
        .into_iter()
        .chain(left)
        .chain([view! { <span class="wide">{files}</span> }.into_any()])
        .collect()
}

/// A list of runs, each followed live. `none` stands there while there are none.
#[must_use]
pub fn run_rows(
    runs: Signal<Vec<RunSummary>>,
    follow: Callback<RunSummary, Memo<RunSummary>>,
    stop: Option<Stop>,
    none: &'static str,
) -> AnyView {
    view! {
        <For each=move || runs.get() key=|run| run.id children=move |run| run_row(follow.run(run), stop) />
        <p class="none muted" hidden=move || runs.with(|runs| !runs.is_empty())>{none}</p>
    }
    .into_any()
}
