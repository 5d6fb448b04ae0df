//! The pill: how much is running and how fast, on every page. It opens what is running.

use leptos::prelude::*;

use crate::{
    components::run_row::{Stop, run_rows},
    domain::{format, run::RunState},
    live::Live,
};

/// The pill and what it opens.
pub fn activity(stop: Stop) -> AnyView {
    let live = Live::current();
    let active = Memo::new(move |_| live.active().unwrap_or_default());
    let words = move || {
        active.with(|runs| {
            let waiting = runs.iter().filter(|run| run.state == RunState::Queued).count();
            match (runs.len() - waiting, waiting) {
                (0, 0) => "Idle".to_owned(),
                (0, waiting) => format!("{waiting} queued"),
                (running, _) => format!("{running} running"),
            }
        })
    };
    let speed = move || active.with(|runs| runs.iter().map(|run| run.stats.speed).sum::<u64>());
    let speed = move || Some(speed()).filter(|speed| *speed > 0).map(|speed| format!(" · {}", format::speed(speed)));
    let idle = move || active.with(Vec::is_empty);
    view! {
        <button type="button" class="pill num live" class:pill--idle=idle popovertarget="activity" aria-label=move || format!("Activity: {}", words())>
            <i></i>
            <span>{words}</span>
            <span class="wide">{speed}</span>
        </button>
        <section id="activity" class="popover popover--activity panel" popover="auto" aria-label="Activity">
            <header><h2>"Running now"</h2><a href="/runs">"All runs"</a></header>
            {run_rows(active.into(), Callback::new(move |run| live.follow(run)), stop, "Nothing is running.")}
        </section>
    }
    .into_any()
}
