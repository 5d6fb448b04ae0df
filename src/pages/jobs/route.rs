//! The operation and its folders: six cards, and one or two locations.

use leptos::prelude::*;

use super::{draft::Draft, field::Field};
use crate::{
    components::{icon::icon, location_picker::LocationPicker},
    domain::operation::Operation,
    pages::browse::places,
};

/// Name and icon of an operation.
#[must_use]
pub const fn face(operation: Operation) -> (&'static str, &'static str) {
    match operation {
        Operation::Copy => ("Copy", "copy"),
        Operation::Sync => ("Sync", "refresh-cw"),
        Operation::Move => ("Move", "move"),
        Operation::Delete => ("Delete", "trash-2"),
        Operation::Check => ("Check", "circle-check"),
        Operation::Bisync => ("Bisync", "arrow-left-right"),
    }
}

/// The cards, one of which is chosen.
pub fn operations(draft: Draft) -> AnyView {
    let first = draft.operation.get_untracked();
    let card = move |operation: Operation| {
        let (name, sign) = face(operation);
        view! {
            <label class="operation">
                <input
                    type="radio"
                    name="operation"
                    value=operation.as_str()
                    aria-labelledby=format!("{}-name", operation.as_str())
                    aria-describedby=format!("{}-summary", operation.as_str())
                    checked=operation == first
                    prop:checked=move || draft.operation.get() == operation
                    on:change=move |_| draft.operation.set(operation)
                />
                {icon(sign)}
                <b id=format!("{}-name", operation.as_str())>{name}</b>
                <span class="operation__summary" id=format!("{}-summary", operation.as_str())>{summary(operation)}</span>
            </label>
        }
        .into_any()
    };
    view! {
        <fieldset class="operations">
            <legend class="visually-hidden">"What it does"</legend>
            {Operation::ALL.into_iter().map(card).collect::<Vec<_>>()}
        </fieldset>
    }
    .into_any()
}

/// Its one line. That it deletes is seen first.
fn summary(operation: Operation) -> AnyView {
    let text = operation.summary();
    match text.split_once("Deletes").filter(|_| operation.deletes()) {
        Some((before, after)) => view! { {before}<b>"Deletes"</b>{after} }.into_any(),
        None => text.into_any(),
    }
}

/// The places. What they are called depends on what is done with them.
pub fn ends(draft: Draft) -> AnyView {
    (move || {
        let [source, destination] = end_labels(draft.operation.get());
        let picker = move |field: Field, (label, help): (&'static str, &'static str)| {
            let face = draft.face(field, label, help).required();
            view! { <LocationPicker face value=draft.value(field) places=places() /> }.into_any()
        };
        view! { {source.map(|words| picker(Field::Source, words))}{destination.map(|words| picker(Field::Destination, words))} }
            .into_any()
    })
    .into_any()
}

/// Label and help of both ends.
const fn end_labels(operation: Operation) -> [Option<(&'static str, &'static str)>; 2] {
    let made = "Created if it does not exist.";
    match operation {
        Operation::Copy => {
            [Some(("From", "Everything in this folder is copied, subfolders included.")), Some(("To", made))]
        }
        Operation::Sync => [
            Some(("From", "Not changed.")),
            Some(("To", "Made identical to the source: files that the source does not have are deleted here.")),
        ],
        Operation::Move => [Some(("From", "Files are deleted here once they are copied.")), Some(("To", made))],
        Operation::Delete => [Some(("What", "All files in this folder are deleted, subfolders included.")), None],
        Operation::Check => [Some(("From", "What is compared.")), Some(("To", "What it is compared with."))],
        Operation::Bisync => [
            Some(("From", "One side. Changes here are copied to the other side.")),
            Some(("To", "The other side. Changes here are copied back. Both must exist.")),
        ],
    }
}
