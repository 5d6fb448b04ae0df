//! A button that copies a text. It is seen only where the browser lets it: without JavaScript, or on plain HTTP from
//! another machine, there is no clipboard, and the text beside it can be selected.

use std::time::Duration;

use leptos::{leptos_dom::helpers::set_timeout, prelude::*};

use super::icon::icon;

/// How long the button says that it has copied.
const SAID: Duration = Duration::from_secs(2);

/// The button; `what` names the text for who does not see it.
#[must_use]
pub fn copy_button(text: String, what: &'static str) -> AnyView {
    let offered = RwSignal::new(false);
    let copied = RwSignal::new(false);
    Effect::new(move |_| offered.set(window().is_secure_context()));
    let copy = move |_| {
        // The answer does not matter: a browser that refuses after offering leaves the text where it can be selected.
        let _ = window().navigator().clipboard().write_text(&text);
        copied.set(true);
        set_timeout(move || copied.set(false), SAID);
    };
    view! {
        <button type="button" class="button button--quiet" class:unseen=move || !offered.get() on:click=copy aria-label=format!("Copy {what}")>
            {move || icon(if copied.get() { "check" } else { "copy" })}
            <span aria-live="polite">{move || if copied.get() { "Copied" } else { "Copy" }}</span>
        </button>
    }
    .into_any()
}
