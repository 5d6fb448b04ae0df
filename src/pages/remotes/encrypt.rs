//! The third step, which may be passed over: a second remote over the new one, which encrypts what is copied to it.

use std::collections::BTreeMap;

use leptos::{ev, prelude::*};

use super::wizard::{Draft, Step};
use crate::{
    components::form::{Check, Face, Secret, Text, error_of, focus_first, interactive},
    domain::provider::{ProviderGroup, ProviderSummary, top_of},
};

/// What comes before the names of its options where an error names them.
const PREFIX: &str = "encrypt_config.";

/// What happens to the names of files: rclone's word, ours, and what it means.
const NAMES: [(&str, &str, &str); 3] = [
    (
        "standard",
        "Encrypt names",
        "Nobody with access to the storage can read them. Names can be up to 143 characters.",
    ),
    ("obfuscate", "Obfuscate names", "Hides them from a casual look, not from someone who tries. Names can be longer."),
    ("off", "Leave names readable", "Only the content is encrypted. “.bin” is added to each name."),
];

/// Whether encryption is offered: what wraps others is itself made over a remote that one could encrypt. A folder of
/// this server is encrypted over an alias, since the paths of a remote of type `local` mean something else on another
/// computer.
pub(super) fn is_offered(provider: &ProviderSummary) -> bool {
    match provider.name.as_str() {
        "alias" => true,
        "local" => false,
        _ => provider.group != ProviderGroup::Wrappers,
    }
}

/// What is typed.
#[derive(Clone, Copy)]
pub(super) struct Crypt {
    on: RwSignal<String>,
    path: RwSignal<String>,
    names: RwSignal<String>,
    password: RwSignal<String>,
    salt: RwSignal<String>,
}

impl Crypt {
    /// No encryption.
    pub fn new() -> Self {
        let text = |text: &str| RwSignal::new(text.to_owned());
        Self { on: text(""), path: text(""), names: text(NAMES[0].0), password: text(""), salt: text("") }
    }

    /// Forgets what was typed.
    pub fn clear(self) {
        for value in [self.on, self.path, self.password, self.salt] {
            value.set(String::new());
        }
        self.names.set(NAMES[0].0.to_owned());
    }

    /// Whether it is wanted.
    pub fn is_on(self) -> bool {
        self.on.with(|on| on == "true")
    }

    /// rclone's word for what happens to names.
    pub fn names(self) -> String {
        self.names.get_untracked()
    }

    /// Options of the remote that encrypts, as they are sent.
    pub fn config(self) -> BTreeMap<String, String> {
        let options = [
            ("remote", self.path.with_untracked(|path| path.trim().trim_matches('/').to_owned())),
            ("filename_encryption", self.names.get_untracked()),
            ("password", self.password.get_untracked()),
            ("password2", self.salt.get_untracked()),
        ];
        options
            .into_iter()
            .filter(|(_, value)| !value.is_empty())
            .map(|(name, value)| (name.to_owned(), value))
            .collect()
    }

    /// What is missing, by the name of the field.
    fn missing(self, top: Option<&str>) -> BTreeMap<String, String> {
        let empty = self.path.with_untracked(|path| path.trim().trim_matches('/').is_empty());
        let missing = top.filter(|_| empty).map(|top| (field("remote"), format!("Begin with the name of a {top}.")));
        missing.into_iter().collect()
    }
}

/// An option of the remote that encrypts, as errors name it.
fn field(option: &str) -> String {
    format!("{PREFIX}{option}")
}

/// Errors of the server by the fields they belong to: the connection's own are those that `is_option` knows. The path
/// of the remote that encrypts is marked as such by the server, its other options by their names.
pub(super) fn sort(errors: BTreeMap<String, String>, is_option: impl Fn(&str) -> bool) -> BTreeMap<String, String> {
    let sorted = errors.into_iter().map(|(name, problem)| {
        let ours = matches!(name.as_str(), "filename_encryption" | "password" | "password2") && !is_option(&name);
        (if ours { field(&name) } else { name }, problem)
    });
    sorted.collect()
}

/// The step to which an error leads.
pub(super) fn step_of(error: &str) -> Step {
    match error {
        "name" => Step::Finish,
        other if other.starts_with(PREFIX) => Step::Encrypt,
        _ => Step::Connect,
    }
}

pub(super) fn encrypt(draft: Draft) -> AnyView {
    let Crypt { on, path, names, password, salt } = draft.crypt;
    let ready = interactive();
    let top = top_of(&draft.provider());
    let go_on = move |event: ev::SubmitEvent| {
        event.prevent_default();
        let missing = if draft.crypt.is_on() { draft.crypt.missing(top) } else { BTreeMap::new() };
        if missing.is_empty() {
            draft.at.set(Step::Finish);
        } else {
            focus_first(["encrypt-path".to_owned()]);
        }
        draft.errors.set(missing);
    };
    let error = move |option: &str| error_of(draft.errors, field(option));
    let face = move |id: &str, label: &str, help: String, option: &str| {
        Face::new(format!("encrypt-{id}"), label, help, error(option))
    };
    let inside = move || {
        draft.crypt.is_on().then(|| {
            let (help, example) = match top {
                Some(top) => (format!("A {top}, and optionally a folder in it. Files already there are left alone and do not appear in the encrypted remote."), format!("{top}/encrypted")),
                None => ("The folder for the encrypted files. Leave empty to use the top of the remote.".to_owned(), "encrypted".to_owned()),
            };
            let folder = face("path", "Where in the remote", help, "remote");
            let folder = if top.is_some() { folder.required() } else { folder };
            let own = "Leave empty to generate a strong one, or enter the password of files that are already encrypted.".to_owned();
            let own_salt = "Used together with the password. Leave empty to generate one too.".to_owned();
            view! {
                <Text face=folder value=path placeholder=example />
                {choose_names(names)}
                <Secret face=face("password", "Password", own, "password") value=password />
                <Secret face=face("salt", "Salt", own_salt, "password2") value=salt />
            }
            .into_any()
        })
    };
    let about = "Adds an encrypted remote on top of this one. Files copied to it can be read only with its password, not by the storage provider.";
    view! {
        <form class="form" novalidate method="post" on:submit=go_on>
            <fieldset disabled=move || !ready.get() aria-label="Encryption">
                <Check face=face("on", "Encrypt names and content before they leave this server", about.to_owned(), "on") value=on />
                {inside}
            </fieldset>
            <footer>
                <button type="button" class="button" on:click=move |_| draft.at.set(Step::Connect)>"Back"</button>
                <button class="button button--primary" disabled=move || !ready.get()>"Continue"</button>
            </footer>
        </form>
    }
    .into_any()
}

fn choose_names(names: RwSignal<String>) -> AnyView {
    let choice = move |(word, label, help): (&'static str, &'static str, &'static str)| {
        let id = format!("encrypt-names-{word}");
        view! {
            <div class="choice">
                <input
                    type="radio"
                    name="encrypt-names"
                    id=id.clone()
                    value=word
                    aria-describedby=format!("{id}-help")
                    prop:checked=move || names.with(|names| names == word)
                    on:change=move |_| names.set(word.to_owned())
                />
                <label for=id.clone()>{label}</label>
                <p class="help" id=format!("{id}-help")>{help}</p>
            </div>
        }
        .into_any()
    };
    view! {
        <fieldset class="choices">
            <legend>"Names of files and folders"</legend>
            {NAMES.into_iter().map(choice).collect::<Vec<_>>()}
        </fieldset>
    }
    .into_any()
}

#[cfg(test)]
mod tests;
