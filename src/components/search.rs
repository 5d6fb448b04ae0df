//! Fields to search with: one is sent with its form, the other narrows what is on the page while one types.

use leptos::{html, prelude::*};

use super::icon::icon;

/// The search of a form. `label` says what is searched, `hint` says it inside; `text` is what the address asks for.
#[must_use]
pub fn search_field(
    node: NodeRef<html::Input>,
    name: &'static str,
    label: impl Into<String>,
    hint: &'static str,
    text: Signal<String>,
) -> AnyView {
    view! {
        <label class="input filters__search">
            {icon("search")}
            <input node_ref=node type="search" name=name maxlength="256" placeholder=hint aria-label=label.into() value=text prop:value=text />
            <kbd aria-hidden="true">"/"</kbd>
        </label>
    }
    .into_any()
}

/// The search of fields that are on the page already: Enter sends nothing.
#[must_use]
pub fn narrow_field(label: &'static str, hint: &'static str, text: RwSignal<String>) -> AnyView {
    view! {
        <input
            type="search"
            class="input"
            aria-label=label
            placeholder=hint
            autocomplete="off"
            prop:value=text
            on:input:target=move |event| text.set(event.target().value())
            on:keydown=|event| {
                if event.key() == "Enter" {
                    event.prevent_default();
                }
            }
        />
    }
    .into_any()
}
