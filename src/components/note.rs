//! Short messages: what came of an action, and what is wrong.

use leptos::prelude::*;

use super::icon::icon;

/// What came of the last action of a page, in a sentence.
pub type Said = RwSignal<Option<Result<String, String>>>;

/// What came of an action, in a box: read out at once when it failed.
#[must_use]
pub fn said(said: Result<String, String>) -> AnyView {
    let (class, name) =
        if said.is_ok() { ("note note--ok", "circle-check") } else { ("note note--bad", "triangle-alert") };
    let role = if said.is_ok() { "status" } else { "alert" };
    view! { <p class=class role=role>{icon(name)}<span>{said.unwrap_or_else(|error| error)}</span></p> }.into_any()
}

/// What is wrong, read out at once: below a form, in a dialog.
#[must_use]
pub fn problem(text: String) -> AnyView {
    view! { <p class="field__error" role="alert">{icon("triangle-alert")}<span>{text}</span></p> }.into_any()
}
