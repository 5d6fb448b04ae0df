//! A button that copies a text. It is seen only where the browser lets it: without JavaScript, or on plain HTTP from
//! another machine, there is no clipboard, and the text beside it can be selected.

use std::time::Duration;

use leptos::{leptos_dom::helpers::set_timeout, prelude::*, task::spawn_local};

use super::icon::icon;

/// How long the button says that it has copied.
const SAID: Duration = Duration::from_secs(2);

/// The button; `what` names the text for screen readers.
#[must_use]
pub fn copy_button(text: String, what: &'static str) -> AnyView {
    copy_button_then(text, what, Callback::new(|()| ()))
}

/// The same; `done` is called once the text is in the clipboard.
#[must_use]
pub fn copy_button_then(text: String, what: &'static str, done: Callback<()>) -> AnyView {
    let offered = RwSignal::new(false);
    let copied = RwSignal::new(false);
    Effect::new(move |_| offered.set(window().is_secure_context()));
    let copy = move |_| {
        let written = window().navigator().clipboard().write_text(&text);
        spawn_local(async move {
            // A browser may refuse after offering: then nothing is said, and the text stays where it can be selected.
            if written.await.is_ok() && copied.try_set(true).is_none() {
                done.run(());
                let rest = move || {
                    let _ = copied.try_set(false);
                };
                set_timeout(rest, SAID);
            }
        });
    };
    view! {
        <button type="button" class="button button--quiet" class:unseen=move || !offered.get() on:click=copy aria-label=format!("Copy {what}")>
            {move || icon(if copied.get() { "check" } else { "copy" })}
            <span aria-live="polite">{move || if copied.get() { "Copied" } else { "Copy" }}</span>
        </button>
    }
    .into_any()
}
