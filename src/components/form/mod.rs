//! Form fields: a label, a control, its help and what is wrong with it, tied together for assistive technology.
//! Values live in signals of the caller; nothing here knows what they mean, but for [`OptionField`], which draws one
//! of rclone's options.

mod control;
mod option;

use std::collections::BTreeMap;

use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::HtmlElement;

pub use self::{
    control::{Area, Check, Choice, Combo, Secret, Select, Text},
    option::OptionField,
};
use crate::components::icon::icon;

/// What is wrong, by the name of the field.
pub type Errors = RwSignal<BTreeMap<String, String>>;

/// What is wrong with one field.
#[must_use]
pub fn error_of(errors: Errors, name: impl Into<String>) -> Signal<Option<String>> {
    let name = name.into();
    Signal::derive(move || errors.with(|errors| errors.get(&name).cloned()))
}

/// Becomes true once the page is interactive. A form is disabled until then: what is typed earlier would be lost, and a
/// plain post would put it into the address.
#[must_use]
pub fn interactive() -> RwSignal<bool> {
    let ready = RwSignal::new(false);
    Effect::new(move |_| ready.set(true));
    ready
}

/// Puts the focus on the first of these controls that the page has.
pub fn focus_first(ids: impl IntoIterator<Item = String>) {
    let nodes = ids.into_iter().filter_map(|id| document().get_element_by_id(&id)?.dyn_into::<HtmlElement>().ok());
    if let Some(node) = nodes.into_iter().next() {
        let _ = node.focus();
    }
}

/// What stands around a control.
#[derive(Clone, Default)]
pub struct Face {
    /// Unique on the page; the control has it.
    pub id: String,
    /// What is asked for.
    pub label: String,
    /// One sentence of help.
    pub help: String,
    /// More help, on demand.
    pub more: String,
    /// What is risky about it, in red.
    pub warning: &'static str,
    /// Whether it may not be left empty.
    pub required: bool,
    /// What is wrong with the value.
    pub error: Signal<Option<String>>,
}

impl Face {
    /// A label with a sentence of help.
    #[must_use]
    pub fn new(
        id: impl Into<String>,
        label: impl Into<String>,
        help: impl Into<String>,
        error: Signal<Option<String>>,
    ) -> Self {
        Self { id: id.into(), label: label.into(), help: help.into(), error, ..Self::default() }
    }

    /// The same, and it may not be left empty.
    #[must_use]
    pub fn required(self) -> Self {
        Self { required: true, ..self }
    }

    /// The ids of what describes the control.
    fn described_by(&self) -> impl Fn() -> Option<String> + Clone + Send + Sync + 'static {
        let (id, help, error) = (self.id.clone(), !self.help.is_empty(), self.error);
        move || {
            let help = help.then(|| format!("{id}-help"));
            let error = error.with(Option::is_some).then(|| format!("{id}-error"));
            match (help, error) {
                (Some(help), Some(error)) => Some(format!("{error} {help}")),
                (help, error) => help.or(error),
            }
        }
    }

    /// `true` while something is wrong.
    fn invalid(&self) -> impl Fn() -> Option<&'static str> + Clone + Send + Sync + 'static {
        let error = self.error;
        move || error.with(Option::is_some).then_some("true")
    }

    /// One line of text with a button beside it, and what is to be said of it below.
    #[must_use]
    pub fn text_and(self, value: RwSignal<String>, placeholder: &str, button: AnyView, below: AnyView) -> AnyView {
        let input = control::input(&self, value, || "text", None, placeholder.to_owned(), None);
        self.around(view! { <div class="field__row">{input}{button}</div> {below} }.into_any())
    }

    /// The label, `control`, the help and the error.
    fn around(self, control: AnyView) -> AnyView {
        let label = view! {
            <label for=self.id.clone()>
                {self.label.clone()}
                {(!self.required).then(|| view! { <span class="faint">" optional"</span> })}
            </label>
        };
        self.under(label.into_any(), control)
    }

    /// `label` and `control`, then the help and the error.
    fn under(self, label: AnyView, control: AnyView) -> AnyView {
        let Self { id, help, more, warning, error, .. } = self;
        let error_id = format!("{id}-error");
        view! {
            <div class="field">
                {label}
                {control}
                {move || error.get().map(|text| view! { <p class="field__error" id=error_id.clone()>{icon("triangle-alert")}<span>{text}</span></p> })}
                {(!warning.is_empty()).then(|| view! { <p class="field__error">{icon("triangle-alert")}<span>{warning}</span></p> })}
                {(!help.is_empty()).then(|| view! { <p class="help" id=format!("{id}-help")>{help}</p> })}
                {(!more.is_empty()).then(|| view! { <details class="field__more"><summary>"More"</summary><p>{more}</p></details> })}
            </div>
        }
        .into_any()
    }
}
