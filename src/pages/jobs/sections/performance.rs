//! How files are compared, and how quickly they go.

use leptos::prelude::*;

use crate::pages::jobs::{draft::Draft, field::Field};
use crate::{
    components::form::{Check, Text},
    domain::transfer::{
        self,
        Field::{Bwlimit, Checkers, Checksum, DeleteEmptySrcDirs, Transfers},
    },
};

/// The fields of it.
pub const FIELDS: &[Field] = &[
    Field::Option(Checksum),
    Field::Option(DeleteEmptySrcDirs),
    Field::Option(Bwlimit),
    Field::Option(Transfers),
    Field::Option(Checkers),
];

/// The fields that the operation has.
pub fn performance(draft: Draft) -> AnyView {
    let check = move |field: transfer::Field, label: &'static str, help: &'static str| {
        view! { <Check face=draft.face(field, label, help) value=draft.value(field) /> }.into_any()
    };
    let number = move |field: transfer::Field, label: &'static str, help: &'static str, placeholder: &'static str| {
        view! { <Text face=draft.face(field, label, help) value=draft.value(field) mode="numeric" placeholder /> }
            .into_any()
    };
    (move || {
        let operation = draft.operation.get();
        view! {
            {Checksum.fits(operation).then(|| check(Checksum, "Compare by checksum", "Reads every file on both sides. Slower, but finds changes that kept the size and time."))}
            {DeleteEmptySrcDirs.fits(operation).then(|| check(DeleteEmptySrcDirs, "Tidy up", "Deletes source folders that are left empty."))}
            {Bwlimit.fits(operation).then(|| {
                let face = draft.face(Bwlimit, "Bandwidth limit", "10M is 10 MiB a second, 512k is 512 KiB, 1M:2M is up and down.");
                view! { <Text face value=draft.value(Bwlimit) placeholder="no limit" /> }.into_any()
            })}
            <div class="pair">
                {Transfers.fits(operation).then(|| number(Transfers, "Files at once", "More helps with many small files.", "4"))}
                {number(Checkers, "Checks at once", "How many files are compared at once.", "8")}
            </div>
        }
        .into_any()
    })
    .into_any()
}
