//! The first start: the first admin, with the code that the terminal printed. Works without JavaScript.

use leptos::{form::ActionForm, prelude::*};

use super::auth_card::{Field, auth_card, field, refusal};
use crate::{
    domain::password::{PASSWORD_MIN, validate_password},
    server_fns::setup::CreateAdmin,
};

/// The page.
#[component]
pub fn SetupPage() -> impl IntoView {
    let action = ServerAction::<CreateAdmin>::new();
    let pending = action.pending();
    let error =
        Memo::new(move |_| action.value().with(|value| value.as_ref().and_then(|value| value.as_ref().err().cloned())));
    let name = RwSignal::new(String::new());
    let password = RwSignal::new(String::new());
    let code_field = Field {
        name: "code",
        label: "Setup code",
        kind: "text",
        autocomplete: "one-time-code",
        help: "Longshore prints it in the terminal that started it, and writes it to the file setup-code in the data directory.",
    };
    let name_field = Field { name: "username", label: "Your name", kind: "text", autocomplete: "username", help: "" };
    let password_field = Field {
        name: "password",
        label: "Password",
        kind: "password",
        autocomplete: "new-password",
        help: "At least 12 characters.",
    };
    let again_field = Field {
        name: "password_again",
        label: "Password again",
        kind: "password",
        autocomplete: "new-password",
        help: "",
    };
    let form = view! {
        <ActionForm action>
            {field(code_field, error, None)}
            {field(name_field, error, Some(Callback::new(move |text| name.set(text))))}
            {field(password_field, error, Some(Callback::new(move |text| password.set(text))))}
            {meter(name, password)}
            {field(again_field, error, None)}
            {refusal(error)}
            <button class="button button--primary" disabled=move || pending.get()>"Create the first admin"</button>
        </ActionForm>
    };
    auth_card("setup", "Set up Longshore", "The first person to sign up becomes the admin.", form.into_any())
}

/// How good the password is, while it is typed.
fn meter(name: RwSignal<String>, password: RwSignal<String>) -> AnyView {
    let judged = Memo::new(move |_| name.with(|name| password.with(|password| judge(name, password))));
    view! {
        <div class="strength" hidden=move || password.with(String::is_empty)>
            <meter min="0" max="4" low="2" high="3" optimum="4" value=move || judged.get().0.to_string() aria-label="Strength of the password"></meter>
            <span class="small" aria-live="polite">{move || judged.get().1}</span>
        </div>
    }
    .into_any()
}

/// A figure from 0 to 4, and a word for it or what is missing.
fn judge(name: &str, password: &str) -> (u8, String) {
    let length = password.chars().count();
    if length < PASSWORD_MIN {
        return (u8::from(length >= PASSWORD_MIN / 2), format!("{} more", PASSWORD_MIN - length));
    }
    if let Err(error) = validate_password(name, password) {
        return (1, error.field_or_summary("password"));
    }
    let mut distinct: Vec<char> = password.chars().collect();
    distinct.sort_unstable();
    distinct.dedup();
    let (figure, word) = match (length, distinct.len()) {
        (20.., 12..) => (4, "Excellent"),
        (16.., 9..) => (3, "Good"),
        _ => (2, "Fair"),
    };
    (figure, word.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_meter_agrees_with_the_rule() {
        assert_eq!(judge("ana", "short"), (0, "7 more".to_owned()));
        assert_eq!(judge("ana", "aaaaaaaaaaaaaaa").0, 1);
        assert_eq!(judge("ana", "kd8-2mQx.71ab").0, 2);
        assert_eq!(judge("ana", "correct horse battery staple").0, 4);
    }
}
