//! What stops it before it destroys something, and what is kept of what goes.

use leptos::prelude::*;

use super::{draft::Draft, fit::Fit};
use crate::{
    components::{
        form::{Check, Text},
        icon::icon,
        location_picker::LocationPicker,
    },
    domain::operation::Operation,
    pages::browse::places,
};

/// The fields of it.
pub const FIELDS: &[&str] = &[
    "guards.max_delete_percent",
    "guards.may_delete",
    "max_delete",
    "backup_dir",
    "guards.sentinel",
    "guards.allow_empty_source",
    "guards.allow_shrunk_source",
    "guards.allow_left_out",
];

/// The fields that the operation has.
pub fn safety(draft: Draft) -> AnyView {
    (move || {
        let operation = draft.operation.get();
        let fit = Fit::of(operation);
        let sentinel = draft.face(
            "guards.sentinel",
            "A file that has to be there",
            "Its path below the source. A disk that is not mounted does not have it, and then nothing is done.",
        );
        view! {
            {fit.max_delete.then(|| limit(draft, operation))}
            {fit.backup.then(|| {
                let help = "What is replaced or deleted is moved here: a folder on the remote of the destination, outside it.";
                let face = draft.face("backup_dir", "Keep what goes", help);
                view! { <LocationPicker face value=draft.value("backup_dir") places=places() /> }.into_any()
            })}
            <Text face=sentinel value=draft.value("guards.sentinel") placeholder=".this-is-the-disk" />
            {fit.sync.then(|| {
                let empty = "An empty folder would then empty the destination. An unmounted disk looks just like that.";
                let shrunk = "Half of the files may be missing then, and the sync deletes them at the destination as well.";
                let left_out = "Files that are still in the source then lose their copy at the destination, for instance when a marker file is put \
                     into their folder.";
                view! {
                    {risk(draft, "guards.allow_empty_source", "Run even if the source is empty", empty)}
                    {risk(draft, "guards.allow_shrunk_source", "Run even if the source has lost more than half of its files", shrunk)}
                    {risk(draft, "guards.allow_left_out", "Delete what a filter leaves out of the source", left_out)}
                }
                .into_any()
            })}
        }
        .into_any()
    })
    .into_any()
}

/// How much may be deleted.
fn limit(draft: Draft, operation: Operation) -> AnyView {
    let number = move |name: &'static str, label: &'static str, help: &'static str, placeholder: &'static str| {
        view! { <Text face=draft.face(name, label, help) value=draft.value(name) mode="numeric" placeholder /> }
            .into_any()
    };
    match operation {
        Operation::Sync => {
            let percent =
                "Of the destination’s files; 10 files always. More is blocked until somebody has looked at it.";
            let files = "A number counts instead of the percentage.";
            view! {
                <div class="pair">
                    {number("guards.max_delete_percent", "May delete, in percent", percent, "10")}
                    {number("max_delete", "May delete, in files", files, "by the percentage")}
                </div>
            }
            .into_any()
        }
        Operation::Bisync => number(
            "max_delete",
            "May delete, in percent",
            "When more of one side’s files are gone than this, it does not begin.",
            "50",
        ),
        _ => {
            let asks = "Beyond 10 files or 10 %, whichever is more, a run asks for the path or a preview. A saved job may go up to this number without.";
            view! {
                <div class="pair">
                    {number("guards.may_delete", "May delete without asking, in files", asks, "10, or 10 %")}
                    {number("max_delete", "Limit, in files", "It stops with an error before it deletes more.", "no limit")}
                </div>
            }
            .into_any()
        }
    }
}

/// What turns a guard off: a choice, with what it means as long as it is on.
fn risk(draft: Draft, name: &'static str, label: &'static str, warning: &'static str) -> AnyView {
    let value = draft.value(name);
    let warn = move || {
        value
            .with(|value| value == "true")
            .then(|| view! { <p class="note note--warn">{icon("triangle-alert")}<span>{warning}</span></p> }.into_any())
    };
    view! { <div class="risk"><Check face=draft.face(name, label, "") value />{warn}</div> }.into_any()
}
