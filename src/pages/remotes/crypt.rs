//! How a new remote is encrypted: what is typed of it, what is missing, and how its errors are named.

use std::collections::BTreeMap;

use leptos::prelude::*;

use crate::domain::provider::{ProviderSummary, groups::ProviderGroup};

/// What comes before the names of its options where an error names them.
pub const PREFIX: &str = "encrypt_config.";

/// What happens to the names of files: rclone's word, ours, and what it means.
pub const NAMES: [(&str, &str, &str); 3] = [
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
pub fn is_offered(provider: &ProviderSummary) -> bool {
    match provider.name.as_str() {
        "alias" => true,
        "local" => false,
        _ => provider.group != ProviderGroup::Wrappers,
    }
}

/// What is typed.
#[derive(Clone, Copy)]
pub struct Crypt {
    pub on: RwSignal<String>,
    pub path: RwSignal<String>,
    pub names: RwSignal<String>,
    pub password: RwSignal<String>,
    pub salt: RwSignal<String>,
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
    pub fn missing(self, top: Option<&str>) -> BTreeMap<String, String> {
        let empty = self.path.with_untracked(|path| path.trim().trim_matches('/').is_empty());
        let missing = top.filter(|_| empty).map(|top| (field("remote"), format!("Begin with the name of a {top}.")));
        missing.into_iter().collect()
    }
}

/// An option of the remote that encrypts, as errors name it.
pub fn field(option: &str) -> String {
    format!("{PREFIX}{option}")
}

/// Errors of the server by the fields they belong to: the connection's own are those that `is_option` knows. The path
/// of the remote that encrypts is marked as such by the server, its other options by their names.
pub fn sort(errors: BTreeMap<String, String>, is_option: impl Fn(&str) -> bool) -> BTreeMap<String, String> {
    let sorted = errors.into_iter().map(|(name, problem)| {
        let ours = matches!(name.as_str(), "filename_encryption" | "password" | "password2") && !is_option(&name);
        (if ours { field(&name) } else { name }, problem)
    });
    sorted.collect()
}

#[cfg(test)]
mod tests;
