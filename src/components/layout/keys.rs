//! Keys that work on every page: `/` goes to the page's filter.

use leptos::{
    ev::{self, KeyboardEvent},
    leptos_dom::helpers::window_event_listener,
    prelude::*,
};
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement};

/// The filter or search field of a page.
const FILTER: &str = "main input[type=search]";
/// Where typing means text.
const TEXT: &str = "input, textarea, select, [contenteditable]";

/// Listens for as long as the page lives.
pub fn listen() {
    Effect::new(move |_| {
        window_event_listener(ev::keydown, |event: KeyboardEvent| {
            let plain = !(event.ctrl_key() || event.meta_key() || event.alt_key());
            if event.key() == "/" && plain && !is_typing(&event) {
                focus_filter(&event);
            }
        });
    });
}

fn is_typing(event: &KeyboardEvent) -> bool {
    event
        .target()
        .and_then(|target| target.dyn_into::<Element>().ok())
        .is_some_and(|element| element.matches(TEXT).unwrap_or(false))
}

fn focus_filter(event: &KeyboardEvent) {
    let field = document().query_selector(FILTER).ok().flatten().and_then(|field| field.dyn_into::<HtmlElement>().ok());
    if let Some(field) = field {
        event.prevent_default();
        let _ = field.focus();
    }
}
