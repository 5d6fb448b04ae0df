//! The third step, which may be passed over: a second remote over the new one, which encrypts what is copied to it.

use std::collections::BTreeMap;

use leptos::{ev, prelude::*};

use super::{
    crypt::{Crypt, NAMES, field},
    draft::{Draft, Step},
};
use crate::{
    components::form::{Check, Face, Secret, Text, error_of, focus_first, interactive},
    domain::provider::groups::top_of,
};

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
