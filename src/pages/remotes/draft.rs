//! What is typed in the wizard of a new remote, and at which step one is.

use leptos::prelude::*;

use super::{
    crypt::{Crypt, PREFIX},
    fields::Fields,
    sheet::Recovery,
};
use crate::{
    components::form::Errors,
    domain::{provider::Provider, remote::RemoteTest},
};

/// The steps, in their order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    Provider,
    Connect,
    Encrypt,
    Finish,
    Sheet,
}

impl Step {
    /// All of them, with their titles.
    pub const ALL: [(Self, &str); 5] = [
        (Self::Provider, "Provider"),
        (Self::Connect, "Connect"),
        (Self::Encrypt, "Encrypt?"),
        (Self::Finish, "Test and name"),
        (Self::Sheet, "Recovery sheet"),
    ];

    /// Its title.
    pub fn title(self) -> &'static str {
        Self::ALL.into_iter().find(|(step, _)| *step == self).map(|(_, title)| title).unwrap_or_default()
    }
}

/// What lives as long as the wizard does: one goes back and forth without losing what was typed.
#[derive(Clone, Copy)]
pub struct Draft {
    /// Fields of the provider that is chosen; see [`Self::fields_of`].
    pub fields: StoredValue<Option<Fields>>,
    /// Whose the fields are: the page's, since a step is gone when another comes.
    owner: StoredValue<Option<Owner>>,
    /// Where one is, once the provider is chosen.
    pub at: RwSignal<Step>,
    /// How it is encrypted, if it is.
    pub crypt: Crypt,
    /// The name it gets.
    pub name: RwSignal<String>,
    /// The last test of what is typed now.
    pub tested: RwSignal<Option<RemoteTest>>,
    /// The fingerprint of the host key or certificate that was confirmed.
    pub trust: RwSignal<String>,
    /// What is wrong, by field.
    pub errors: Errors,
    /// What has to be kept of the remote that was saved.
    pub sheet: RwSignal<Option<Recovery>>,
}

impl Draft {
    /// Nothing is typed yet.
    pub fn new() -> Self {
        Self {
            fields: StoredValue::new(None),
            owner: StoredValue::new(Owner::current()),
            at: RwSignal::new(Step::Connect),
            crypt: Crypt::new(),
            name: RwSignal::new(String::new()),
            tested: RwSignal::new(None),
            trust: RwSignal::new(String::new()),
            errors: RwSignal::default(),
            sheet: RwSignal::new(None),
        }
    }

    /// The fields of `provider`, with what was typed into them before. Another provider is another draft: it begins
    /// here, and not when one leaves the last, whose steps are still on the page then and would be notified.
    pub fn fields_of(&self, provider: &Provider) -> Fields {
        if let Some(fields) = self.fields.get_value().filter(|fields| fields.provider == provider.name) {
            return fields;
        }
        let fields = match self.owner.get_value() {
            Some(owner) => owner.with(|| Fields::new(provider)),
            None => Fields::new(provider),
        };
        self.fields.set_value(Some(fields.clone()));
        self.at.set(Step::Connect);
        self.crypt.clear();
        self.tested.set(None);
        self.trust.set(String::new());
        self.errors.set(Default::default());
        fields
    }

    /// rclone's name of the provider whose fields these are.
    pub fn provider(&self) -> String {
        self.fields.with_value(|fields| fields.as_ref().map(|fields| fields.provider.clone())).unwrap_or_default()
    }
}

/// The step to which an error leads.
pub fn step_of(error: &str) -> Step {
    match error {
        "name" => Step::Finish,
        other if other.starts_with(PREFIX) => Step::Encrypt,
        _ => Step::Connect,
    }
}
