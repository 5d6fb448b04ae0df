//! Which files: patterns, age, size.

use leptos::prelude::*;

use super::draft::Draft;
use crate::components::form::{Area, Text};

/// The fields of it.
pub const FIELDS: &[&str] = &["include", "exclude", "min_age", "max_age", "min_size", "max_size"];

/// The fields.
pub fn what(draft: Draft) -> AnyView {
    let text = move |name: &'static str, label: &'static str, help: &'static str, placeholder: &'static str| {
        view! { <Text face=draft.face(name, label, help) value=draft.value(name) placeholder /> }.into_any()
    };
    let area = move |name: &'static str, label: &'static str, help: &'static str, placeholder: &'static str| {
        view! { <Area face=draft.face(name, label, help) value=draft.value(name) placeholder /> }.into_any()
    };
    view! {
        <div class="pair">
            {area("exclude", "Leave out", "One pattern per line: *.tmp for all such files, /cache/** for a top-level folder.", "*.tmp")}
            {area("include", "Take only", "One pattern per line. Everything else is left out.", "*.jpg")}
        </div>
        <div class="pair">
            {text("min_age", "Only older than", "30d, 1h30m, or a date such as 2026-05-01.", "any age")}
            {text("max_age", "Only younger than", "30d, 1h30m, or a date such as 2026-05-01.", "any age")}
        </div>
        <div class="pair">
            {text("min_size", "Only from this size", "10M is 10 MiB, 512k is 512 KiB.", "any size")}
            {text("max_size", "Only up to this size", "10M is 10 MiB, 512k is 512 KiB.", "any size")}
        </div>
    }
    .into_any()
}
