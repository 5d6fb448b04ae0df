//! Pausing the queue: why is asked first, for everybody who wonders later.

use leptos::{ev, html, prelude::*};

use super::doors::Doors;
use crate::{
    components::{dialog::Dialog, icon::icon},
    domain::queue::Pause,
    live::Live,
};

/// The button; none while it rests, where the panel has the other one.
pub fn button(first: Option<Pause>, live: Live, doors: Doors) -> AnyView {
    let paused = Memo::new(move |_| live.paused(first.clone()).is_some());
    view! {
        <button type="button" class="button" hidden=move || paused.get() on:click=move |_| doors.asks.set(true)>
            {icon("pause")}
            "Pause queue"
        </button>
    }
    .into_any()
}

/// The question.
#[component]
pub fn PauseQuestion(doors: Doors) -> impl IntoView {
    let reason = NodeRef::<html::Input>::new();
    let submit = move |event: ev::SubmitEvent| {
        event.prevent_default();
        let reason = reason.get_untracked().map(|reason| reason.value()).unwrap_or_default();
        doors.rest(true, reason);
    };
    view! {
        <Dialog open=doors.asks title="Pause the queue?">
            <p class="muted">"What runs goes on. Nothing new is started until somebody resumes it."</p>
            <form class="ask" on:submit=submit>
                <div class="field">
                    <label for="pause-reason">"Why?"</label>
                    <input node_ref=reason class="input" id="pause-reason" maxlength="500" autocomplete="off" aria-describedby="pause-reason-help" />
                    <p class="help" id="pause-reason-help">"Everybody sees it while the queue rests."</p>
                </div>
                <footer class="dialog__foot">
                    <button type="button" class="button" on:click=move |_| doors.asks.set(false)>"Cancel"</button>
                    <button class="button button--primary">{icon("pause")}"Pause it"</button>
                </footer>
            </form>
        </Dialog>
    }
    .into_any()
}
