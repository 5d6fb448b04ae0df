//! An address that leads nowhere.

use leptos::prelude::*;

use crate::components::{layout::page, load::empty};

/// The page of an unknown address.
#[component]
pub fn NotFoundPage() -> impl IntoView {
    let home = view! { <a class="button" href="/">"Go to the overview"</a> }.into_any();
    let body = view! {
        <h1>"There is no such page"</h1>
        <section class="panel">{empty("search", "Not found", "The address may be old, or mistyped.".to_owned(), [Some(home)])}</section>
    };
    page("not-found", "Not found", body.into_any())
}
