//! Icons: one sprite, `public/icons.svg`. Never alone: a word or an `aria-label` goes with each.

use leptos::{prelude::*, svg};

/// An icon beside text, 16 px.
#[must_use]
pub fn icon(name: &str) -> AnyView {
    draw(name, "icon")
}

/// An icon that stands for itself, 20 px.
#[must_use]
pub fn icon_large(name: &str) -> AnyView {
    draw(name, "icon icon--l")
}

/// An icon with further classes.
#[must_use]
pub fn draw(name: &str, class: &'static str) -> AnyView {
    svg::svg()
        .class(class)
        .attr("aria-hidden", "true")
        .child(svg::r#use().attr("href", format!("/icons.svg#{name}")))
        .into_any()
}

/// The mark of the product: a harbour crane.
#[must_use]
pub fn mark() -> AnyView {
    view! {
        <svg class="mark" viewBox="0 0 24 24" aria-hidden="true">
            <path d="M4 20h16M6 20V5l12 3M6 9l6-2.6M15 7.3V12" />
            <rect x="12" y="12" width="6" height="5" rx="1" />
        </svg>
    }
    .into_any()
}
