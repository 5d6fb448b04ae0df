//! The last step: try the connection, give it a name, save it.

use std::collections::BTreeMap;

use leptos::prelude::*;
use leptos_router::hooks::use_navigate;

use super::{
    crypt::sort,
    draft::{Draft, Step, step_of},
    fields::Fields,
    identity::{choices, identity},
    sheet::Recovery,
};
use crate::{
    components::{
        form::{Face, Text, error_of, focus_first, interactive},
        icon::icon,
        note::problem,
    },
    domain::{
        error::AppError,
        identity::ServerIdentity,
        provider::Provider,
        remote::{NewRemote, RemoteTest},
        remote_name::RemoteName,
        unique::Unique,
    },
    server_fns::remotes::{create_remote, test_remote},
};

/// The step; `before` is the one before it, and `encrypt` says whether a remote that encrypts is made too.
#[component]
pub(super) fn Finish(
    provider: Provider,
    draft: Draft,
    before: Step,
    encrypt: bool,
    taken: StoredValue<Vec<String>>,
) -> impl IntoView {
    let Draft { fields, at, crypt, name, tested, trust, errors, sheet, .. } = draft;
    let ready = interactive();
    let failed = RwSignal::new(None::<AppError>);
    let config = move || fields.with_value(|fields| fields.as_ref().map(Fields::config)).unwrap_or_default();
    let kind = StoredValue::new(provider.name);

    // What is wrong with a field of a step before leads back there; the name is here.
    let refuse = move |error: AppError| {
        if error.fields.is_empty() {
            failed.set(Some(error));
            return;
        }
        let is_option = |name: &str| fields.with_value(|fields| fields.as_ref().is_some_and(|fields| fields.has(name)));
        let wrong = sort(error.fields, is_option);
        let first = wrong.keys().map(|name| step_of(name)).min().unwrap_or(Step::Finish);
        errors.set(wrong);
        if first == Step::Finish {
            focus_first(["remote-name".to_owned()]);
        } else {
            at.set(first);
        }
    };
    let test = Action::new(move |()| {
        let remote = NewRemote {
            provider: kind.get_value(),
            config: config(),
            trust: trust.get_untracked(),
            ..NewRemote::default()
        };
        async move {
            failed.set(None);
            tested.set(None);
            match test_remote(remote).await {
                Ok(result) => tested.set(Some(result)),
                Err(error) => refuse(error),
            }
        }
    });
    let navigate = StoredValue::new(use_navigate());
    let save = Action::new(move |()| {
        let encrypt_config = if encrypt { crypt.config() } else { BTreeMap::new() };
        let new = NewRemote {
            name: name.get_untracked(),
            provider: kind.get_value(),
            config: config(),
            encrypt,
            encrypt_config,
            trust: trust.get_untracked(),
        };
        async move {
            failed.set(None);
            let saved = match create_remote(new).await {
                Ok(saved) => saved,
                Err(error) => return refuse(error),
            };
            // What was tried is now saved: trying it once more is what the list remembers as its test.
            if saved.remote.tested.is_none()
                && tested.with_untracked(|tested| tested.as_ref().is_some_and(|tested| tested.connected))
            {
                let _ = test_remote(NewRemote { name: saved.remote.name.to_string(), ..NewRemote::default() }).await;
            }
            match saved.crypt {
                Some(made) => sheet.set(Some(Recovery { crypt: made, names: crypt.names() })),
                None => navigate.with_value(|navigate| navigate("/remotes", Default::default())),
            }
        }
    });

    let name_error = move |name: &str| {
        let names = name.parse::<RemoteName>().and_then(|name| {
            let over = if encrypt { Some(name.encrypted()?) } else { None };
            Ok((name, over))
        });
        let (name, over) = match names {
            Ok(names) => names,
            Err(error) => return Some(error.field_or_summary("name")),
        };
        taken.with_value(|taken| {
            let is_taken = |name: &RemoteName| taken.iter().any(|one| one == name.as_str());
            let name = if is_taken(&name) { Some(name) } else { over.filter(is_taken) };
            Some(AppError::taken(Unique::Remote, name?.as_str()).message)
        })
    };
    // Checked as typed, but an empty field is not scolded before one tries to save.
    Effect::watch(
        move || name.get(),
        move |name, _, _| {
            errors.update(|errors| {
                errors.remove("name");
                if let Some(problem) = name_error(name).filter(|_| !name.is_empty()) {
                    errors.insert("name".to_owned(), problem);
                }
            });
        },
        false,
    );
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        if let Some(problem) = name.with_untracked(|name| name_error(name)) {
            errors.update(|errors| drop(errors.insert("name".to_owned(), problem)));
            focus_first(["remote-name".to_owned()]);
        } else {
            save.dispatch(());
        }
    };
    let (testing, saving) = (test.pending(), save.pending());
    let busy = move || !ready.get() || testing.get() || saving.get();
    let passed = move || tested.with(|tested| tested.as_ref().is_some_and(|tested| tested.connected));
    // Only a person can say whether this is the right server; the test goes on then.
    let confirm = Callback::new(move |fingerprint: String| {
        trust.set(fingerprint);
        test.dispatch(());
    });
    let face = Face::new(
        "remote-name",
        "Name",
        "Used here and in paths, as in name:folder. You cannot change it later.",
        error_of(errors, "name"),
    );
    view! {
        <form class="form" novalidate method="post" on:submit=submit>
            <fieldset disabled=move || !ready.get() aria-label="Test and name">
                <Text face=face.required() value=name placeholder="photos-b2" />
                {encrypt.then(|| two_names(name))}
                <div class="field">
                    <p class="field__label">"Connection"</p>
                    <div class="test">
                        <button type="button" class="button" disabled=busy on:click=move |_| drop(test.dispatch(()))>
                            {icon("plug-zap")}
                            {move || if tested.with(Option::is_some) { "Test again" } else { "Test the connection" }}
                        </button>
                        <div role="status">{move || result(testing.get(), tested.get())}</div>
                        {move || tested.get().and_then(|tested| tested.identity).filter(|_| !testing.get()).map(|shown| ask(&shown, confirm))}
                    </div>
                </div>
                {move || failed.get().map(|error| problem(error.message))}
            </fieldset>
            <footer>
                <button type="button" class="button" disabled=busy on:click=move |_| at.set(before)>"Back"</button>
                <button class="button" class:button--primary=passed disabled=busy>
                    {move || match (saving.get(), passed()) {
                        (true, _) => "Saving…",
                        (false, true) => "Save remote",
                        (false, false) => "Save without a test",
                    }}
                </button>
            </footer>
        </form>
    }
    .into_any()
}

/// What the two remotes are for.
fn two_names(name: RwSignal<String>) -> AnyView {
    // Until a name is typed, that of the field's example.
    let plain = move || name.with(|name| name.trim().parse().ok()).or_else(|| "photos-b2".parse::<RemoteName>().ok());
    let over = move || plain().and_then(|name| name.encrypted().ok()).map(String::from);
    let plain = move || plain().map(String::from);
    view! {
        <p class="note note--plain">
            {icon("lock")}
            <span>
                "This saves two remotes. Copy to " <b>{over}</b> ": it encrypts. " <b>{plain}</b>
                " shows the encrypted files as they are stored."
            </span>
        </p>
    }
    .into_any()
}

/// What the server shows, to be compared.
fn ask(shown: &ServerIdentity, confirm: Callback<String>) -> AnyView {
    let button = |(words, fingerprint): (String, String)| {
        view! {
            <button type="button" class="button" on:click=move |_| confirm.run(fingerprint.clone())>
                {icon("shield-check")}
                {format!("{words} and test")}
            </button>
        }
        .into_any()
    };
    view! {
        <section class="test__identity" aria-label="Identity of the server">
            {identity(shown)}
            <div class="row">{choices(shown).into_iter().map(button).collect::<Vec<_>>()}</div>
        </section>
    }
    .into_any()
}

/// How the test goes, in words.
fn result(testing: bool, tested: Option<RemoteTest>) -> AnyView {
    match tested {
        _ if testing => view! { <p class="note">{icon("loader")}<span>"Connecting…"</span></p> }.into_any(),
        None => view! { <p class="muted small">"Lists the top of the storage and shows what it finds. A remote saved without a test is marked as not tested."</p> }.into_any(),
        Some(RemoteTest { undecryptable: 1.., message, .. }) => view! {
            <p class="note note--warn">{icon("triangle-alert")}<span><b>"Names cannot be decrypted."</b><br />{message}</span></p>
        }
        .into_any(),
        Some(RemoteTest { connected: true, message, .. }) => {
            view! { <p class="note note--ok">{icon("circle-check")}<span>{message}</span></p> }.into_any()
        }
        Some(RemoteTest { message, identity: Some(_), .. }) => view! {
            <p class="note note--warn">{icon("shield-alert")}<span><b>"Is this the right server?"</b><br />{message}</span></p>
        }
        .into_any(),
        Some(RemoteTest { message, .. }) => view! {
            <p class="note note--bad">{icon("circle-x")}<span><b>"Could not connect."</b><br />{message}</span></p>
        }
        .into_any(),
    }
}
