//! How files are compared, and how quickly they go.

use leptos::prelude::*;

use super::{draft::Draft, fit::Fit};
use crate::components::form::{Check, Text};

/// The fields of it.
pub const FIELDS: &[&str] = &["checksum", "delete_empty_src_dirs", "bwlimit", "transfers", "checkers"];

/// The fields that the operation has.
pub fn how(draft: Draft) -> AnyView {
    let fit = Memo::new(move |_| {
        let fit = Fit::of(draft.operation.get());
        (fit.checksum, fit.bandwidth, fit.transfers, fit.tidy)
    });
    let check = move |name: &'static str, label: &'static str, help: &'static str| {
        view! { <Check face=draft.face(name, label, help) value=draft.value(name) /> }.into_any()
    };
    let number = move |name: &'static str, label: &'static str, help: &'static str, placeholder: &'static str| {
        view! { <Text face=draft.face(name, label, help) value=draft.value(name) mode="numeric" placeholder /> }
            .into_any()
    };
    (move || {
        let (checksum, bandwidth, transfers, tidy) = fit.get();
        view! {
            {checksum.then(|| check("checksum", "Compare by checksum", "Reads every file on both sides. Slower, but finds changes that kept the size and time."))}
            {tidy.then(|| check("delete_empty_src_dirs", "Tidy up", "Deletes source folders that are left empty."))}
            {bandwidth.then(|| {
                let face = draft.face("bwlimit", "Bandwidth limit", "10M is 10 MiB a second, 512k is 512 KiB, 1M:2M is up and down.");
                view! { <Text face value=draft.value("bwlimit") placeholder="no limit" /> }.into_any()
            })}
            <div class="pair">
                {transfers.then(|| number("transfers", "Files at once", "More helps with many small files.", "4"))}
                {number("checkers", "Checks at once", "How many files are compared at once.", "8")}
            </div>
        }
        .into_any()
    })
    .into_any()
}
