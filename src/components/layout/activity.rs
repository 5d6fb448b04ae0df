//! The pill: how much is running and how fast, on every page. It opens what is running, and how the queue is.

use leptos::prelude::*;

use crate::{
    components::{
        icon::icon,
        run_row::{Stop, run_rows},
        session::Session,
    },
    domain::{
        format,
        policy::Permission,
        run::{state::RunState, summary::RunSummary},
    },
    live::Live,
};

/// The pill and what it opens.
pub fn activity(stop: Stop) -> AnyView {
    let live = Live::current();
    let active = Memo::new(move |_| live.active().unwrap_or_default());
    let running =
        Memo::new(move |_| active.with(|runs| runs.iter().filter(|run| !waits(run)).cloned().collect::<Vec<_>>()));
    let waiting = Memo::new(move |_| active.with(|runs| runs.iter().filter(|run| waits(run)).count()));
    let paused = Memo::new(move |_| live.paused(None).is_some());
    let count = Memo::new(move |_| running.with(Vec::len));
    let words = move || pill(count.get(), waiting.get(), paused.get());
    let speed = move || active.with(|runs| runs.iter().map(|run| run.stats.speed).sum::<u64>());
    let speed = move || Some(speed()).filter(|speed| *speed > 0).map(|speed| format!(" · {}", format::speed(speed)));
    let idle = move || active.with(Vec::is_empty) && !paused.get();
    view! {
        <button
            type="button"
            class="pill num live"
            class:pill--idle=idle
            class:pill--paused=paused
            popovertarget="activity"
            aria-label=move || format!("Activity: {}", words())
        >
            <i></i>
            <span>{words}</span>
            <span class="wide">{speed}</span>
        </button>
        <section id="activity" class="popover popover--activity panel" popover="auto" aria-label="Activity">
            <header><h2>"Running now"</h2><a href="/runs">"All runs"</a></header>
            {rows(running, live, stop)}
            <p class="none queue-line">
                {move || icon(if paused.get() { "pause" } else { "clock" })}
                <span class="grow">{move || line(waiting.get(), live)}</span>
                <a class="link" href="/runs">"The queue"</a>
            </p>
        </section>
    }
    .into_any()
}

fn waits(run: &RunSummary) -> bool {
    run.state == RunState::Queued
}

/// What the pill says.
fn pill(running: usize, waiting: usize, paused: bool) -> String {
    match (running, waiting, paused) {
        (0, 0, false) => "Idle".to_owned(),
        (0, 0, true) => "Paused".to_owned(),
        (0, waiting, false) => format!("{waiting} queued"),
        (0, waiting, true) => format!("Paused · {waiting} queued"),
        (running, _, false) => format!("{running} running"),
        (running, _, true) => format!("{running} running · paused"),
    }
}

/// How the queue is, in a sentence.
fn line(waiting: usize, live: Live) -> String {
    let waits = match waiting {
        0 => "The queue is empty".to_owned(),
        n => format!("{} in the queue", format::plural(n as u64, "run is waiting", "runs are waiting")),
    };
    match live.paused(None) {
        None => format!("{waits}."),
        Some(pause) if pause.reason.is_empty() => format!("{waits}. {} paused it.", pause.by),
        Some(pause) => format!("{waits}. {} paused it: {}", pause.by, pause.reason),
    }
}

/// The runs; who may, stops them.
fn rows(running: Memo<Vec<RunSummary>>, live: Live, stop: Stop) -> AnyView {
    let session = Session::current();
    let show = move || {
        Suspend::new(async move {
            let may = session.may(Permission::RunsWrite).await;
            run_rows(
                running.into(),
                Callback::new(move |run| live.follow(run)),
                may.then_some(stop),
                "Nothing is running.",
            )
        })
    };
    view! { <Transition fallback=|| ()>{show}</Transition> }.into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pill_says_what_matters_most() {
        for (running, waiting, paused, words) in [
            (0, 0, false, "Idle"),
            (0, 0, true, "Paused"),
            (0, 3, false, "3 queued"),
            (2, 3, false, "2 running"),
            (0, 3, true, "Paused · 3 queued"),
            (2, 3, true, "2 running · paused"),
        ] {
            assert_eq!(pill(running, waiting, paused), words);
        }
    }
}
