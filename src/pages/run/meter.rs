//! The run's progress in figures; once it has ended, its result.

use leptos::prelude::*;

use crate::{
    components::{
        badge::word,
        progress::{bytes_of, percent, run_bar, time_left},
        time::time,
    },
    domain::{
        format,
        run::{previous::PreviousRun, state::RunState, summary::RunSummary},
    },
    pages::runs::{speed, took},
};

/// The panel; with what is different from the run `before`.
pub fn meter(run: Memo<RunSummary>, before: Option<PreviousRun>) -> AnyView {
    let going = Memo::new(move |_| run.with(|run| !run.state.is_final()));
    let moved = if run.with_untracked(|run| run.dry_run) { "Would transfer" } else { "Transferred" };
    let fact = |label: &'static str, text: fn(&RunSummary) -> (String, String)| {
        let figure = move || {
            let (figure, beside) = run.with(text);
            view! { {figure}" "<small class="faint">{beside}</small> }.into_any()
        };
        view! { <div><dt class="muted">{label}</dt><dd class="value">{figure}</dd></div> }.into_any()
    };
    view! {
        <section class="panel meter big live" aria-label="Progress">
            {move || going.get().then(|| bar(run))}
            <dl class="facts5 num">
                {fact(moved, |run| (run.stats.written(format::bytes(run.stats.bytes)), String::new()))}
                {fact("Files", files)}
                {fact("Checked", |run| (format::count(run.stats.checks), String::new()))}
                {fact("Errors", |run| (format::count(run.stats.errors), String::new()))}
                {fact("Speed", average)}
                {fact("Time", |run| (took(run), String::new()))}
            </dl>
            {before.and_then(|before| compared(&before, &run.get_untracked()))}
            <p class="visually-hidden" role="status">{spoken(run)}</p>
        </section>
    }
    .into_any()
}

/// Bar, done of total, time left.
fn bar(run: Memo<RunSummary>) -> AnyView {
    let done = move || {
        run.with(|run| match run.state {
            RunState::Queued if run.retry_at.is_some() => "Waiting for the next attempt".to_owned(),
            RunState::Queued => run.position.map_or_else(
                || "Waiting for its turn".to_owned(),
                |place| format!("Waiting for its turn, no. {place} in the queue"),
            ),
            RunState::Guarded if run.stats.deletes > 0 => {
                format!("Checking what would be deleted: {} so far", format::plural(run.stats.deletes, "file", "files"))
            }
            RunState::Guarded => "Checking what would be deleted…".to_owned(),
            RunState::Starting => "Starting".to_owned(),
            _ if run.stats.total_bytes > 0 => bytes_of(run.stats.bytes, run.stats.total_bytes),
            _ => format!("Scanning: {} listed", format::count(run.stats.listed)),
        })
    };
    let left = move || {
        run.with(|run| {
            if run.state == RunState::Guarded {
                return "nothing has changed yet".to_owned();
            }
            let left = if run.stopping { Some("stopping".to_owned()) } else { time_left(&run.stats) };
            [Some(percent(&run.stats)).filter(|percent| !percent.is_empty()), left]
                .into_iter()
                .flatten()
                .collect::<Vec<_>>()
                .join(" · ")
        })
    };
    view! {
        <div class="row spread num"><b>{done}</b><span class="muted">{left}</span></div>
        {run_bar(run)}
    }
    .into_any()
}

/// `Compared with the previous run, 24 Nov 02:00: 12 files more, 3 min longer`.
fn compared(before: &PreviousRun, run: &RunSummary) -> Option<AnyView> {
    let difference = before.difference(run)?;
    let href = format!("/runs/{}", before.id);
    Some(
        view! {
            <p class="meter__before muted num">
                "Compared with "<a class="link" href=href>"the previous run"</a>", "{time(before.started_at)}": "<b>{difference}</b>
            </p>
        }
        .into_any(),
    )
}

fn files(run: &RunSummary) -> (String, String) {
    let stats = &run.stats;
    let of = (!run.state.is_final() && stats.total_files > stats.files)
        .then(|| format!("of {}", format::count(stats.total_files)));
    let skipped = (stats.skipped > 0).then(|| format!("{} left out", format::count(stats.skipped)));
    (stats.written(format::count(stats.files)), of.or(skipped).unwrap_or_default())
}

fn average(run: &RunSummary) -> (String, String) {
    let figure = speed(run);
    let beside = if run.state.is_final() && figure != "–" { "average" } else { "" };
    (figure, beside.to_owned())
}

/// What a screen reader says: the state, and each tenth that is done. Nothing at first: the page itself tells it.
fn spoken(run: Memo<RunSummary>) -> impl Fn() -> String {
    let mark = move || run.with(|run| (run.state, run.stopping, run.stats.permille().unwrap_or(0) / 100));
    let first = untrack(mark);
    let mark = Memo::new(move |_| mark());
    move || {
        let (state, stopping, tenth) = mark.get();
        match (mark.get() == first, state) {
            (true, _) => String::new(),
            (false, RunState::Running) if !stopping => format!("{} %", tenth * 10),
            _ => word(state, stopping, None),
        }
    }
}
