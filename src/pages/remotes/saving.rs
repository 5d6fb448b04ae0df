//! Tests and saves the remote that the wizard holds.

use std::collections::BTreeMap;

use leptos::{ev, prelude::*};
use leptos_router::hooks::use_navigate;

use super::{
    crypt::sort,
    draft::{Draft, Step, step_of},
    fields::Fields,
    sheet::Recovery,
};
use crate::{
    components::form::focus_first,
    domain::{error::AppError, remote::NewRemote, remote_name::RemoteName, unique::Unique},
    server_fns::remotes::{create_remote, test_remote},
};

/// What the last step can do, and why it was refused.
#[derive(Clone, Copy)]
pub(super) struct Saving {
    draft: Draft,
    /// Whether a remote that encrypts is made too.
    encrypt: bool,
    /// The names of the remotes that exist.
    taken: StoredValue<Vec<String>>,
    /// Why it was refused, where no field says so.
    pub failed: RwSignal<Option<AppError>>,
    pub test: Action<(), ()>,
    pub save: Action<(), ()>,
}

impl Saving {
    pub fn new(provider: String, draft: Draft, encrypt: bool, taken: StoredValue<Vec<String>>) -> Self {
        let provider = StoredValue::new(provider);
        let failed = RwSignal::new(None);
        let test = Action::new(move |()| {
            let remote = remote(draft, provider.get_value());
            async move {
                failed.set(None);
                draft.tested.set(None);
                match test_remote(remote).await {
                    Ok(result) => draft.tested.set(Some(result)),
                    Err(error) => refuse(draft, failed, error),
                }
            }
        });
        let navigate = StoredValue::new(use_navigate());
        let save = Action::new(move |()| {
            let encrypt_config = if encrypt { draft.crypt.config() } else { BTreeMap::new() };
            let name = draft.name.get_untracked();
            let new = NewRemote { name, encrypt, encrypt_config, ..remote(draft, provider.get_value()) };
            async move {
                failed.set(None);
                let saved = match create_remote(new).await {
                    Ok(saved) => saved,
                    Err(error) => return refuse(draft, failed, error),
                };
                // What was tried is now saved: trying it once more is what the list remembers as its test.
                if saved.remote.tested.is_none()
                    && draft.tested.with_untracked(|tested| tested.as_ref().is_some_and(|tested| tested.connected))
                {
                    let name = saved.remote.name.to_string();
                    let _ = test_remote(NewRemote { name, ..NewRemote::default() }).await;
                }
                match saved.crypt {
                    Some(made) => draft.sheet.set(Some(Recovery { crypt: made, names: draft.crypt.names() })),
                    None => navigate.with_value(|navigate| navigate("/remotes", Default::default())),
                }
            }
        });
        Self { draft, encrypt, taken, failed, test, save }
    }

    /// What is wrong with a name: its form, or that a remote has it already.
    pub fn name_error(self, name: &str) -> Option<String> {
        let names = name.parse::<RemoteName>().and_then(|name| {
            let over = if self.encrypt { Some(name.encrypted()?) } else { None };
            Ok((name, over))
        });
        let (name, over) = match names {
            Ok(names) => names,
            Err(error) => return Some(error.field_or_summary("name")),
        };
        self.taken.with_value(|taken| {
            let is_taken = |name: &RemoteName| taken.iter().any(|one| one == name.as_str());
            let name = if is_taken(&name) { Some(name) } else { over.filter(is_taken) };
            Some(AppError::taken(Unique::Remote, name?.as_str()).message)
        })
    }

    /// Saves, unless something is wrong with the name.
    pub fn submit(self, event: &ev::SubmitEvent) {
        event.prevent_default();
        if let Some(problem) = self.draft.name.with_untracked(|name| self.name_error(name)) {
            self.draft.errors.update(|errors| drop(errors.insert("name".to_owned(), problem)));
            focus_first(["remote-name".to_owned()]);
        } else {
            self.save.dispatch(());
        }
    }
}

/// The remote as it is typed, without a name.
fn remote(draft: Draft, provider: String) -> NewRemote {
    let config = draft.fields.with_value(|fields| fields.as_ref().map(Fields::config)).unwrap_or_default();
    NewRemote { provider, config, trust: draft.trust.get_untracked(), ..NewRemote::default() }
}

/// Shows why it was refused. What is wrong with a field of a step before leads back there; the name is here.
fn refuse(draft: Draft, failed: RwSignal<Option<AppError>>, error: AppError) {
    if error.fields.is_empty() {
        failed.set(Some(error));
        return;
    }
    let is_option =
        |name: &str| draft.fields.with_value(|fields| fields.as_ref().is_some_and(|fields| fields.has(name)));
    let wrong = sort(error.fields, is_option);
    let first = wrong.keys().map(|name| step_of(name)).min().unwrap_or(Step::Finish);
    draft.errors.set(wrong);
    if first == Step::Finish {
        focus_first(["remote-name".to_owned()]);
    } else {
        draft.at.set(first);
    }
}
