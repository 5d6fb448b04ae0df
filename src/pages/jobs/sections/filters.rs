//! Which files: patterns, age, size.

use leptos::prelude::*;

use crate::pages::jobs::{draft::Draft, field::Field};
use crate::{
    components::form::{Area, Text},
    domain::transfer::{
        self,
        Field::{Exclude, Include, MaxAge, MaxSize, MinAge, MinSize},
    },
};

/// The fields of it.
pub const FIELDS: &[Field] = &[
    Field::Option(Include),
    Field::Option(Exclude),
    Field::Option(MinAge),
    Field::Option(MaxAge),
    Field::Option(MinSize),
    Field::Option(MaxSize),
];

/// The fields.
pub fn filters(draft: Draft) -> AnyView {
    let text = move |field: transfer::Field, label: &'static str, help: &'static str, placeholder: &'static str| {
        view! { <Text face=draft.face(field, label, help) value=draft.value(field) placeholder /> }.into_any()
    };
    let area = move |field: transfer::Field, label: &'static str, help: &'static str, placeholder: &'static str| {
        view! { <Area face=draft.face(field, label, help) value=draft.value(field) placeholder /> }.into_any()
    };
    view! {
        <div class="pair">
            {area(Exclude, "Leave out", "One pattern per line: *.tmp for all such files, /cache/** for a top-level folder.", "*.tmp")}
            {area(Include, "Take only", "One pattern per line. Everything else is left out.", "*.jpg")}
        </div>
        <div class="pair">
            {text(MinAge, "Only older than", "30d, 1h30m, or a date such as 2026-05-01.", "any age")}
            {text(MaxAge, "Only younger than", "30d, 1h30m, or a date such as 2026-05-01.", "any age")}
        </div>
        <div class="pair">
            {text(MinSize, "Only from this size", "10M is 10 MiB, 512k is 512 KiB.", "any size")}
            {text(MaxSize, "Only up to this size", "10M is 10 MiB, 512k is 512 KiB.", "any size")}
        </div>
    }
    .into_any()
}
