//! A waiting run: its position, why it waits, and how to move it; and its next attempt after a failure.

use leptos::prelude::*;

use super::actions::RunActions;
use crate::{
    components::{
        icon::icon,
        priority::priority,
        session::use_permission,
        time::{left, until},
    },
    domain::{
        policy::Permission,
        queue::RunPatch,
        run::{state::RunState, summary::RunSummary, wait::Wait},
    },
};

/// The panel's content; with controls if the person `may` move it.
pub fn queue(run: Memo<RunSummary>, actions: RunActions) -> AnyView {
    let may = use_permission(Permission::RunsWrite);
    let place = Memo::new(move |_| run.with(|run| run.position));
    let figure = move || place.get().map_or_else(|| "–".to_owned(), |place| format!("no. {place}"));
    let wait = actions.part(|run| run.wait.clone());
    let why = move || match wait.get().flatten() {
        None => view! { "It starts after the runs before it." }.into_any(),
        Some(Wait::Busy { run }) => {
            let href = format!("/runs/{run}");
            view! { {Wait::Busy { run }.summary()}" "<a class="link" href=href>"View it"</a> }.into_any()
        }
        Some(wait) => wait.summary().into_any(),
    };
    view! {
        <header><h2>"In the queue"</h2><a href="/runs?state=queued">"The queue"</a></header>
        <div class="body control">
            <p class="row spread"><span class="muted">"Position"</span><b class="control__value num" aria-live="polite">{figure}</b></p>
            <p class="control__why muted">{why}</p>
            {may.then(|| controls(run, place, actions))}
        </div>
    }
    .into_any()
}

fn controls(run: Memo<RunSummary>, place: Memo<Option<u64>>, actions: RunActions) -> AnyView {
    let now = Signal::derive(move || run.with(|run| run.priority));
    let pending = actions.place.pending();
    let next = move |_| drop(actions.place.dispatch(RunPatch { position: Some(1), ..RunPatch::default() }));
    let first = move || place.get() == Some(1) || pending.get();
    let change = Callback::new(move |priority| {
        actions.place.dispatch(RunPatch { priority: Some(priority), ..RunPatch::default() });
    });
    view! {
        <div class="control__move scripted">
            <button type="button" class="button" disabled=first on:click=next>{icon("chevrons-up")}"Run next"</button>
            {priority(now, "Priority".to_owned(), change)}
        </div>
    }
    .into_any()
}

/// That an attempt failed, and when the next begins.
pub fn again(run: Memo<RunSummary>) -> AnyView {
    let waits = Memo::new(move |_| {
        run.with(|run| (run.state == RunState::Queued).then_some(run.retry_at).flatten().map(|at| (at, run.attempt)))
    });
    (move || {
        let (at, attempt) = waits.get()?;
        let left = left(at);
        let (of, error) = run.with_untracked(|run| (run.attempts, run.error.clone()));
        let title = move || format!("Attempt {attempt} of {of} starts {}", until(left.get()));
        let failed = error.map(|error| view! { <p class="said">"The last one failed: "{error}</p> }.into_any());
        Some(
            view! {
                <section class="note note--warn" aria-label="It will be retried">
                    {icon("refresh-cw")}
                    <div><b class="num">{title}</b>{failed}</div>
                </section>
            }
            .into_any(),
        )
    })
    .into_any()
}
