//! Pausing the queue: why is asked first, for everybody who wonders later. Without JavaScript the form pauses it at
//! once.

use leptos::prelude::*;
use leptos::server_fn::ServerFn;

use super::actions::QueueActions;
use crate::{
    components::{
        icon::icon,
        post_form::post_form,
        reason_dialog::{ReasonDialog, Words},
    },
    domain::run::wait::Pause,
    live::Live,
    server_fns::queue::UpdateQueue,
};

const WORDS: Words = Words {
    title: "Pause the queue?",
    what: "Running transfers continue. Nothing new starts until someone resumes the queue.",
    help: "Optional. Everyone sees it while the queue is paused.",
    keep: "Cancel",
    act: "Pause it",
    icon: "pause",
    class: "button--primary",
};

/// The button; none while it rests, where the panel has the other one.
pub fn button(first: Option<Pause>, live: Live, actions: QueueActions) -> AnyView {
    let paused = Memo::new(move |_| live.paused(first.clone()).is_some());
    let ask = Callback::new(move |()| actions.asks.set(true));
    (move || {
        (!paused.get()).then(|| {
            let button = view! { <button class="button">{icon("pause")}"Pause queue"</button> }.into_any();
            post_form(UpdateQueue::url(), vec![("paused", true.to_string())], Some(ask), button)
        })
    })
    .into_any()
}

/// The question.
#[component]
pub fn PauseQuestion(actions: QueueActions) -> impl IntoView {
    let act = Callback::new(move |reason| actions.rest(true, reason));
    view! { <ReasonDialog open=actions.asks words=WORDS act /> }.into_any()
}
