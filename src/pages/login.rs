//! Signing in. Works without JavaScript; says the same sentence for a wrong name and a wrong password.

use leptos::{form::ActionForm, prelude::*};
use leptos_router::hooks::use_query_map;

use super::auth_card::{Field, auth_card, field, refusal};
use crate::server_fns::sessions::CreateSession;

/// The page.
#[component]
pub fn LoginPage() -> impl IntoView {
    let action = ServerAction::<CreateSession>::new();
    let pending = action.pending();
    let error =
        Memo::new(move |_| action.value().with(|value| value.as_ref().and_then(|value| value.as_ref().err().cloned())));
    let next = use_query_map().read_untracked().get("next");
    let name = Field { name: "username", label: "Name", kind: "text", autocomplete: "username", help: "" };
    let password =
        Field { name: "password", label: "Password", kind: "password", autocomplete: "current-password", help: "" };
    let form = view! {
        <ActionForm action>
            {next.map(|next| view! { <input type="hidden" name="next" value=next /> }.into_any())}
            {field(name, error, None)}
            {field(password, error, None)}
            {refusal(error)}
            <button class="button button--primary" disabled=move || pending.get()>"Sign in"</button>
        </ActionForm>
    };
    auth_card("login", "Sign in", "The rclone console of this server.", form.into_any())
}
