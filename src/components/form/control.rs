//! The controls: text, secret, number, long text, choice, choice or text, yes or no.

use leptos::prelude::*;

use super::Face;

/// A value to choose, and what it means.
pub type Choice = (String, String);

/// One line of text. `kind` is the input's type, `mode` what a phone's keyboard offers.
#[component]
pub fn Text(
    face: Face,
    value: RwSignal<String>,
    #[prop(default = "text")] kind: &'static str,
    #[prop(optional)] mode: Option<&'static str>,
    #[prop(optional, into)] placeholder: String,
) -> impl IntoView {
    let control = input(&face, value, move || kind, mode, placeholder, None);
    face.around(control)
}

/// A value that is not shown while it is typed, unless asked for. Never filled from what is saved.
#[component]
pub fn Secret(face: Face, value: RwSignal<String>) -> impl IntoView {
    let shown = RwSignal::new(false);
    let label = format!("Show {}", face.label);
    let control = input(&face, value, move || if shown.get() { "text" } else { "password" }, None, String::new(), None);
    let control = view! {
        <div class="field__row">
            {control}
            <button
                type="button"
                class="button"
                aria-label=label
                aria-pressed=move || if shown.get() { "true" } else { "false" }
                on:click=move |_| shown.update(|shown| *shown = !*shown)
            >
                {move || if shown.get() { "Hide" } else { "Show" }}
            </button>
        </div>
    };
    face.around(control.into_any())
}

/// Free text, with suggestions.
#[component]
pub fn Combo(
    face: Face,
    value: RwSignal<String>,
    choices: Memo<Vec<Choice>>,
    #[prop(optional, into)] placeholder: String,
) -> impl IntoView {
    let list = format!("{}-list", face.id);
    let control = input(&face, value, || "text", None, placeholder, Some(list.clone()));
    let options = move || {
        choices
            .get()
            .into_iter()
            .map(|(value, help)| view! { <option value=value>{help}</option> }.into_any())
            .collect::<Vec<_>>()
    };
    face.around(view! { {control}<datalist id=list>{options}</datalist> }.into_any())
}

/// Several lines of text.
#[component]
pub fn Area(face: Face, value: RwSignal<String>, #[prop(optional, into)] placeholder: String) -> impl IntoView {
    let control = view! {
        <textarea
            class="input mono"
            id=face.id.clone()
            rows="3"
            spellcheck="false"
            autocomplete="off"
            placeholder=placeholder
            required=face.required
            aria-invalid=face.invalid()
            aria-describedby=face.described_by()
            prop:value=value
            on:input:target=move |event| value.set(event.target().value())
        ></textarea>
    };
    face.around(control.into_any())
}

/// One of a few.
#[component]
pub fn Select(face: Face, value: RwSignal<String>, choices: Memo<Vec<Choice>>) -> impl IntoView {
    let options = move || {
        let mut choices = choices.get();
        if !choices.iter().any(|(value, _)| value.is_empty()) {
            choices.insert(0, (String::new(), "Choose…".to_owned()));
        }
        let option = |(choice, help): Choice| {
            let selected = choice.clone();
            view! { <option value=choice prop:selected=move || value.with(|value| *value == selected)>{help}</option> }
                .into_any()
        };
        choices.into_iter().map(option).collect::<Vec<_>>()
    };
    let control = view! {
        <select
            class="input"
            id=face.id.clone()
            required=face.required
            aria-invalid=face.invalid()
            aria-describedby=face.described_by()
            on:change:target=move |event| value.set(event.target().value())
        >
            {options}
        </select>
    };
    face.around(control.into_any())
}

/// Yes or no, as `true` or `false`.
#[component]
pub fn Check(face: Face, value: RwSignal<String>) -> impl IntoView {
    let control = view! {
        <label class="check">
            <input
                type="checkbox"
                id=face.id.clone()
                aria-invalid=face.invalid()
                aria-describedby=face.described_by()
                prop:checked=move || value.with(|value| value == "true")
                on:change:target=move |event| value.set(event.target().checked().to_string())
            />
            {face.label.clone()}
        </label>
    };
    face.under(().into_any(), control.into_any())
}

pub(super) fn input(
    face: &Face,
    value: RwSignal<String>,
    kind: impl Fn() -> &'static str + Send + Sync + 'static,
    mode: Option<&'static str>,
    placeholder: String,
    list: Option<String>,
) -> AnyView {
    view! {
        <input
            class="input"
            id=face.id.clone()
            type=kind
            inputmode=mode
            list=list
            placeholder=placeholder
            // "new-password" keeps a browser from filling in the password of the console itself.
            autocomplete="new-password"
            autocapitalize="none"
            spellcheck="false"
            required=face.required
            aria-invalid=face.invalid()
            aria-describedby=face.described_by()
            prop:value=value
            on:input:target=move |event| value.set(event.target().value())
        />
    }
    .into_any()
}
