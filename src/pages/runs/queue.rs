//! The queue above the history: whether it is paused and why, what waits, and how to change that.

use std::time::Duration;

use leptos::{
    leptos_dom::helpers::{request_animation_frame, set_timeout},
    prelude::*,
    server_fn::ServerFn,
};

use super::actions::QueueActions;
use crate::{
    components::{
        form::focus_first, icon::icon, post_form::post_form, priority::priority, route_label::route,
        session::use_permission, time::time,
    },
    domain::{
        format,
        policy::Permission,
        queue::{Queue, RunPatch},
        run::{state::RunState, summary::RunSummary, wait::Pause},
    },
    live::{Link, Live},
    server_fns::queue::UpdateQueue,
};

/// Rows that are shown; of more, how many.
const ROWS: usize = 10;
/// How long somebody has to wait before it is worth a panel: most runs begin at once.
const SETTLED: Duration = Duration::from_millis(1500);

/// The panel; hidden while nobody waits and the queue does not rest.
pub fn queue(first: &Queue, live: Live, actions: QueueActions) -> AnyView {
    let begin = first.runs.clone();
    let waiting = Memo::new(move |_| waiting(live).unwrap_or_else(|| begin.clone()));
    let pause = first.paused.clone();
    let paused = Memo::new(move |_| live.paused(pause.clone()));
    let wanted = Memo::new(move |_| paused.with(Option::is_some) || waiting.with(|runs| !runs.is_empty()));
    let shown = RwSignal::new(wanted.get_untracked());
    Effect::new(move |_| {
        let now = wanted.get();
        if paused.with_untracked(Option::is_some) {
            shown.set(true);
            return;
        }
        let settle = move || {
            if wanted.try_get_untracked() == Some(now) {
                shown.set(now);
            }
        };
        set_timeout(settle, SETTLED);
    });
    keep_focus(waiting, actions);
    let count = move || {
        let n = waiting.with(Vec::len) as u64;
        if n == 0 { "empty".to_owned() } else { format::plural(n, "run waits", "runs wait") }
    };
    let rest = move || {
        let n = waiting.with(Vec::len).saturating_sub(ROWS) as u64;
        (n > 0).then(|| {
            view! { <p class="none"><a class="link" href="/runs?state=queued">{format!("And {} more", format::count(n))}</a></p> }
                .into_any()
        })
    };
    let rows = move || waiting.with(|runs| runs.iter().take(ROWS).cloned().collect::<Vec<_>>());
    view! {
        <section class="panel queue" aria-label="Queue" hidden=move || !shown.get()>
            <header>
                <h2>"Queue"</h2>
                <span class="faint num">{count}</span>
            </header>
            {move || paused.get().map(|pause| banner(pause, actions))}
            <ol class="waits">
                <For each=rows key=|run| run.id children=move |run| row(live.follow(run), actions) />
            </ol>
            {rest}
        </section>
    }
    .into_any()
}

/// Who waits, the next one first, as the stream tells; `None` until it has told.
fn waiting(live: Live) -> Option<Vec<RunSummary>> {
    (live.link() != Link::Waiting).then_some(())?;
    let mut runs = live.active()?;
    runs.retain(|run| run.state == RunState::Queued);
    runs.sort_by_key(|run| run.position.unwrap_or(u64::MAX));
    Some(runs)
}

/// That the queue rests, since when, by whom and why.
fn banner(pause: Pause, actions: QueueActions) -> AnyView {
    let Pause { at, by, reason } = pause;
    let reason = (!reason.is_empty()).then(|| view! { <p class="said">"“"{reason}"”"</p> }.into_any());
    let pending = actions.pause.pending();
    let go = Callback::new(move |()| {
        actions.rest(false, String::new());
        // The button goes with the banner.
        focus_first(["content".to_owned()]);
    });
    let resume = use_permission(Permission::RunsWrite).then(|| {
        let button =
            view! { <button class="button" disabled=move || pending.get()>{icon("play")}"Resume"</button> }.into_any();
        post_form(UpdateQueue::url(), vec![("paused", false.to_string())], Some(go), button)
    });
    view! {
        <div class="note note--warn queue__paused" role="status">
            {icon("pause")}
            <div class="grow"><b>{by}" paused the queue "{time(at)}</b>{reason}<p class="muted">"Running transfers continue. Nothing new starts."</p></div>
            {resume}
        </div>
    }
    .into_any()
}

fn row(run: Memo<RunSummary>, actions: QueueActions) -> AnyView {
    let first = run.get_untracked();
    let place = Memo::new(move |_| run.with(|run| run.position.unwrap_or(0)));
    let from = first.job.as_ref().map_or_else(|| first.operation.as_str().to_owned(), |job| job.name.clone());
    let acts = use_permission(Permission::RunsWrite).then(|| acts(&first, run, place, actions));
    view! {
        <li data-wait=first.id.to_string()>
            <span class="waits__place num muted">{move || place.get()}</span>
            <a class="waits__route" href=format!("/runs/{}", first.id)>{route(&first.source, first.destination.as_ref(), false.into())}</a>
            <span class="muted clip wide">{from}</span>
            {acts}
        </li>
    }
    .into_any()
}

/// Up, first, priority. What is pressed keeps the focus where the row goes.
fn acts(first: &RunSummary, run: Memo<RunSummary>, place: Memo<u64>, actions: QueueActions) -> AnyView {
    let (id, what) = (first.id, first.route());
    let send = Callback::new(move |patch: RunPatch| drop(actions.place.dispatch((id, patch))));
    let button = |key: &'static str, name: &'static str, label: String, to: fn(u64) -> u64| {
        let node = format!("{key}-{id}");
        let held = node.clone();
        let go = move |_| {
            if place.get_untracked() <= 1 {
                return;
            }
            actions.held.set_value(Some(held.clone()));
            send.run(RunPatch { position: Some(to(place.get_untracked())), ..RunPatch::default() });
        };
        // Not disabled: that would take the focus away from who presses it.
        view! {
            <button
                type="button"
                class="button button--quiet"
                id=node
                aria-label=label.clone()
                title=label
                aria-disabled=move || (place.get() <= 1).then_some("true")
                on:click=go
            >
                {icon(name)}
            </button>
        }
        .into_any()
    };
    let up = button("up", "arrow-up", format!("Move up: {what}"), |place| place.saturating_sub(1).max(1));
    let top = button("first", "chevrons-up", format!("Run next: {what}"), |_| 1);
    let now = Signal::derive(move || run.with(|run| run.priority));
    let change = Callback::new(move |priority| send.run(RunPatch { priority: Some(priority), ..RunPatch::default() }));
    view! { <span class="waits__acts scripted">{up}{top}{priority(now, format!("Priority of {what}"), change)}</span> }
        .into_any()
}

/// A row that moves takes the focus away from its button: it gets it back.
fn keep_focus(waiting: Memo<Vec<RunSummary>>, actions: QueueActions) {
    Effect::new(move |_| {
        waiting.track();
        let Some(held) = actions.held.try_update_value(Option::take).flatten() else { return };
        request_animation_frame(move || focus_first([held]));
    });
}
