//! The guards of a job, and where it keeps old versions.

use leptos::prelude::*;

use crate::pages::jobs::{draft::Draft, field::Field};
use crate::{
    components::{
        form::{Check, Text},
        icon::icon,
        location_picker::LocationPicker,
    },
    domain::{
        operation::Operation,
        transfer::Field::{BackupDir, MaxDelete},
    },
    pages::browse::places,
};

/// The fields of it.
pub const FIELDS: &[Field] = &[
    Field::MaxDeletePercent,
    Field::MayDelete,
    Field::Option(MaxDelete),
    Field::Option(BackupDir),
    Field::Sentinel,
    Field::AllowEmptySource,
    Field::AllowShrunkSource,
    Field::AllowLeftOut,
];

/// The fields that the operation has.
pub fn guards(draft: Draft) -> AnyView {
    (move || {
        let operation = draft.operation.get();
        let sentinel = draft.face(
            Field::Sentinel,
            "Only run if this file exists",
            "A path inside the source. If the file is missing, for example because a disk is not mounted, nothing is done.",
        );
        view! {
            {MaxDelete.fits(operation).then(|| limit(draft, operation))}
            {BackupDir.fits(operation).then(|| {
                let help = "Replaced and deleted files are moved here: a folder on the same remote as the destination, but outside it.";
                let face = draft.face(BackupDir, "Keep old versions in", help);
                view! { <LocationPicker face value=draft.value(BackupDir) places=places() /> }.into_any()
            })}
            <Text face=sentinel value=draft.value(Field::Sentinel) placeholder=".this-is-the-disk" />
            {(operation == Operation::Sync).then(|| {
                let empty = "An empty source then empties the destination. A disk that is not mounted looks exactly like an empty source.";
                let shrunk = "If source files have gone missing, the sync then deletes them at the destination as well.";
                let left_out = "Files that are still in the source then lose their copy at the destination, for instance when a marker file is put \
                     into their folder.";
                view! {
                    {risk(draft, Field::AllowEmptySource, "Run even if the source is empty", empty)}
                    {risk(draft, Field::AllowShrunkSource, "Run even if the source has lost more than half of its files", shrunk)}
                    {risk(draft, Field::AllowLeftOut, "Delete what a filter leaves out of the source", left_out)}
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
    let number = move |field: Field, label: &'static str, help: &'static str, placeholder: &'static str| {
        view! { <Text face=draft.face(field, label, help) value=draft.value(field) mode="numeric" placeholder /> }
            .into_any()
    };
    match operation {
        Operation::Sync => {
            let percent = "Share of the destination’s files, but at least 10 files. A run that would delete more is blocked until someone approves it.";
            let files = "Replaces the percentage.";
            view! {
                <div class="pair">
                    {number(Field::MaxDeletePercent, "Delete limit, in percent", percent, "10")}
                    {number(MaxDelete.into(), "Delete limit, in files", files, "uses the percentage")}
                </div>
            }
            .into_any()
        }
        Operation::Bisync => number(
            MaxDelete.into(),
            "Delete limit, in percent",
            "If more of one side’s files than this are gone, the run does not start.",
            "50",
        ),
        _ => {
            let asks = "To delete more than 10 files or 10 %, whichever is more, a run needs the path typed or a preview. A saved job may delete up to this number without either.";
            view! {
                <div class="pair">
                    {number(Field::MayDelete, "May delete without asking, in files", asks, "10, or 10 %")}
                    {number(MaxDelete.into(), "Limit, in files", "The run stops with an error before it deletes more.", "no limit")}
                </div>
            }
            .into_any()
        }
    }
}

/// What turns a guard off: a choice, with what it means as long as it is on.
fn risk(draft: Draft, field: Field, label: &'static str, warning: &'static str) -> AnyView {
    let value = draft.value(field);
    let warn = move || {
        value
            .with(|value| value == "true")
            .then(|| view! { <p class="note note--warn">{icon("triangle-alert")}<span>{warning}</span></p> }.into_any())
    };
    view! { <div class="risk"><Check face=draft.face(field, label, "") value />{warn}</div> }.into_any()
}
