//! The card and fields shared by the pages before sign-in.

use leptos::prelude::*;

use crate::{
    components::{icon::mark, layout::page},
    domain::error::{AppError, ErrorCode},
};

/// A field of the card. Names are fixed: scripts and password managers know them.
#[derive(Clone, Copy)]
pub struct Field {
    /// The name in the form; a server's refusal names it too.
    pub name: &'static str,
    /// What is written above it.
    pub label: &'static str,
    /// `text` or `password`.
    pub kind: &'static str,
    /// What a password manager may fill in.
    pub autocomplete: &'static str,
    /// What to know before typing; may be empty.
    pub help: &'static str,
}

/// The page: the mark, a heading, and the form.
pub fn auth_card(name: &'static str, title: &'static str, lead: &'static str, form: AnyView) -> AnyView {
    let body = view! {
        <div class="gate">
            <p class="gate__brand">{mark()}"Longshore"</p>
            <section class="panel gate__card">
                <h1>{title}</h1>
                <p class="muted">{lead}</p>
                {form}
            </section>
        </div>
    };
    page(name, title, body.into_any())
}

/// A field with its help, and what the server says is wrong with it.
pub fn field(field: Field, error: Memo<Option<AppError>>, on_input: Option<Callback<String>>) -> AnyView {
    let Field { name, label, kind, autocomplete, help } = field;
    let problem = Memo::new(move |_| error.with(|error| error.as_ref().and_then(|error| error.field(name))));
    let input = move |event| {
        if let Some(act) = on_input {
            act.run(event_target_value(&event));
        }
    };
    let help = (!help.is_empty()).then(|| view! { <p class="help" id=format!("{name}-help")>{help}</p> }.into_any());
    let described = if help.is_some() { format!("{name}-help {name}-error") } else { format!("{name}-error") };
    view! {
        <div class="field">
            <label for=name>{label}</label>
            <input
                class="input"
                id=name
                name=name
                type=kind
                autocomplete=autocomplete
                autocapitalize="none"
                spellcheck="false"
                required
                aria-describedby=described
                aria-invalid=move || problem.with(Option::is_some).then_some("true")
                on:input=input
            />
            {help}
            <p class="field__error" id=format!("{name}-error")>{move || problem.get()}</p>
        </div>
    }
    .into_any()
}

/// Why the form was refused, as one sentence. Refused fields tell themselves.
pub fn refusal(error: Memo<Option<AppError>>) -> AnyView {
    let sentence = move || {
        error.with(|error| {
            let error = error.as_ref()?;
            Some(match error.retry_after {
                Some(seconds) if error.code == ErrorCode::RateLimited => {
                    format!("Too many attempts. Try again in {seconds} s.")
                }
                _ => error.message.clone(),
            })
        })
    };
    view! { <p class="refusal" role="alert">{sentence}</p> }.into_any()
}
