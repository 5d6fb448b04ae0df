//! A person's own password: changed here, and asked for at the first sign-in when an admin chose the one before. Works
//! without JavaScript.

use leptos::{form::ActionForm, prelude::*, server_fn::ServerFn as _};

use super::auth_card::{Field, auth_card, field, refusal};
use crate::{
    components::post_form::post_form,
    server_fns::{sessions::DeleteSession, users::ChangePassword},
};

/// The page.
#[component]
pub fn PasswordPage() -> impl IntoView {
    let action = ServerAction::<ChangePassword>::new();
    let pending = action.pending();
    let error =
        Memo::new(move |_| action.value().with(|value| value.as_ref().and_then(|value| value.as_ref().err().cloned())));
    let current = Field {
        name: "current_password",
        label: "Current password",
        kind: "password",
        autocomplete: "current-password",
        help: "",
    };
    let password = Field {
        name: "password",
        label: "New password",
        kind: "password",
        autocomplete: "new-password",
        help: "At least 12 characters, and hard to guess.",
    };
    let again = Field {
        name: "password_again",
        label: "New password again",
        kind: "password",
        autocomplete: "new-password",
        help: "",
    };
    let form = view! {
        <ActionForm action>
            {field(current, error, None)}
            {field(password, error, None)}
            {field(again, error, None)}
            {refusal(error)}
            <button class="button button--primary" disabled=move || pending.get()>"Change password"</button>
        </ActionForm>
        <div class="gate__others">
            <a class="button button--quiet" href="/settings/sessions">"Back to the settings"</a>
            {post_form(DeleteSession::url(), vec![], None, view! { <button class="button button--quiet">"Sign out"</button> }.into_any())}
        </div>
    };
    let lead = "This ends your other sessions. API tokens stay valid: revoke those you do not recognise.";
    auth_card("password", "Choose a new password", lead, form.into_any())
}
