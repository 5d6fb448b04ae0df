//! Retries, a busy destination, and the time limit of a job.

use leptos::prelude::*;

use crate::pages::jobs::{draft::Draft, field::Field};
use crate::{
    components::form::{Choice, Select, Text},
    domain::run::wait::OnBusy,
};

/// The fields of it.
pub const FIELDS: &[Field] = &[Field::Attempts, Field::Backoff, Field::OnBusy, Field::Priority, Field::TimeLimit];

/// The fields that the operation has.
pub fn failure(draft: Draft) -> AnyView {
    let retry = Memo::new(move |_| draft.operation.get().is_repeatable());
    let text =
        move |field: Field, label: &'static str, help: &'static str, mode: &'static str, placeholder: &'static str| {
            view! { <Text face=draft.face(field, label, help) value=draft.value(field) mode placeholder /> }.into_any()
        };
    let busy = Memo::new(|_| {
        let choice = |on_busy: OnBusy, words: &str| -> Choice { (on_busy.as_str().to_owned(), words.to_owned()) };
        vec![choice(OnBusy::Queue, "Wait in the queue"), choice(OnBusy::Refuse, "Refuse the new run")]
    });
    let face = draft
        .face(Field::OnBusy, "If another run is writing there", "Two runs never write to the same location at once.")
        .required();
    let again = move || {
        if !retry.get() {
            return view! { <p class="muted">"It is not retried automatically: after a failure, Longshore cannot tell what it already did. Check the failed run, then start it again."</p> }.into_any();
        }
        view! {
            <div class="pair">
                {text(Field::Attempts, "Attempts", "1 to 10, including the first. Only temporary failures are retried.", "numeric", "1")}
                {text(Field::Backoff, "Wait before retrying", "For example 90s or 5m. Doubles before each later attempt.", "text", "1m")}
            </div>
        }
        .into_any()
    };
    view! {
        {again}
        <Select face value=draft.value(Field::OnBusy) choices=busy />
        <div class="pair">
            {text(Field::Priority, "Priority", "−100 to 100. The waiting run with the highest priority starts next.", "text", "0")}
            {text(Field::TimeLimit, "Stop after", "For example 90s, 30m or 2h, waiting time included.", "text", "never")}
        </div>
    }
    .into_any()
}
