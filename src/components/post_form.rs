//! A form of hidden fields and one button: posts by itself without JavaScript, and asks its owner to act with it.

use leptos::{ev, prelude::*};

/// A form that posts `fields` to `url`. With `on_submit`, that is called instead once the page is interactive.
#[must_use]
pub fn post_form(
    url: &'static str,
    fields: Vec<(&'static str, String)>,
    on_submit: Option<Callback<()>>,
    button: AnyView,
) -> AnyView {
    let submit = move |event: ev::SubmitEvent| {
        if let Some(act) = on_submit {
            event.prevent_default();
            act.run(());
        }
    };
    let fields = fields
        .into_iter()
        .map(|(name, value)| view! { <input type="hidden" name=name value=value /> }.into_any())
        .collect::<Vec<_>>();
    view! { <form method="post" action=url on:submit=submit>{fields}{button}</form> }.into_any()
}
