//! A section of the form: its name and what was chosen in it, in words; open, its fields. Something wrong in it opens
//! it.

use leptos::prelude::*;

use super::{draft::Draft, field::Field};
use crate::{components::icon::icon, domain::format};

/// A section with these fields; `words` sums up the choices.
pub fn section(
    title: &'static str,
    fields: &'static [Field],
    words: Memo<String>,
    draft: Draft,
    body: AnyView,
) -> AnyView {
    let wrong = Memo::new(move |_| fields.iter().filter(|field| draft.is_wrong(**field)).count());
    folding(title, words, wrong, RwSignal::new(false), body)
}

/// The same, for a caller that knows what is wrong in it, and whether it is open.
pub fn folding(
    title: &'static str,
    words: Memo<String>,
    wrong: Memo<usize>,
    open: RwSignal<bool>,
    body: AnyView,
) -> AnyView {
    Effect::new(move |_| {
        if wrong.get() > 0 {
            open.set(true);
        }
    });
    let said = move || {
        match wrong.get() {
        0 => view! { <span class="section__words">{words.get()}</span> }.into_any(),
        n => view! { <span class="section__words section__words--bad">{icon("triangle-alert")}{format::plural(n as u64, "problem", "problems")}</span> }.into_any(),
    }
    };
    view! {
        <details class="section" prop:open=open on:toggle:target=move |event| open.set(event.target().has_attribute("open"))>
            <summary>{icon("chevron-right")}<h2>{title}</h2>{said}</summary>
            <div class="section__body">{body}</div>
        </details>
    }
    .into_any()
}
