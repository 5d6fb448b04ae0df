//! The last step: try the connection, give it a name, save it.

use leptos::prelude::*;

use super::{
    draft::{Draft, Step},
    identity::{choices, identity},
    saving::Saving,
};
use crate::{
    components::{
        form::{Face, Text, error_of, interactive},
        icon::icon,
        note::problem,
    },
    domain::{identity::ServerIdentity, provider::Provider, remote::RemoteTest, remote_name::RemoteName},
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
    let Draft { at, name, tested, trust, errors, .. } = draft;
    let ready = interactive();
    let saving = Saving::new(provider.name, draft, encrypt, taken);
    // Checked as typed, but an empty field is not scolded before one tries to save.
    Effect::watch(
        move || name.get(),
        move |name, _, _| {
            errors.update(|errors| {
                errors.remove("name");
                if let Some(problem) = saving.name_error(name).filter(|_| !name.is_empty()) {
                    errors.insert("name".to_owned(), problem);
                }
            });
        },
        false,
    );
    let (tests, saves) = (saving.test.pending(), saving.save.pending());
    let busy = move || !ready.get() || tests.get() || saves.get();
    let passed = move || tested.with(|tested| tested.as_ref().is_some_and(|tested| tested.connected));
    // Only a person can say whether this is the right server; the test goes on then.
    let confirm = Callback::new(move |fingerprint: String| {
        trust.set(fingerprint);
        saving.test.dispatch(());
    });
    let face = Face::new(
        "remote-name",
        "Name",
        "Used here and in paths, as in name:folder. You cannot change it later.",
        error_of(errors, "name"),
    );
    view! {
        <form class="form" novalidate method="post" on:submit=move |event| saving.submit(&event)>
            <fieldset disabled=move || !ready.get() aria-label="Test and name">
                <Text face=face.required() value=name placeholder="photos-b2" />
                {encrypt.then(|| two_names(name))}
                <div class="field">
                    <p class="field__label">"Connection"</p>
                    <div class="test">
                        <button type="button" class="button" disabled=busy on:click=move |_| drop(saving.test.dispatch(()))>
                            {icon("plug-zap")}
                            {move || if tested.with(Option::is_some) { "Test again" } else { "Test the connection" }}
                        </button>
                        <div role="status">{move || result(tests.get(), tested.get())}</div>
                        {move || tested.get().and_then(|tested| tested.identity).filter(|_| !tests.get()).map(|shown| ask(&shown, confirm))}
                    </div>
                </div>
                {move || saving.failed.get().map(|error| problem(error.message))}
            </fieldset>
            <footer>
                <button type="button" class="button" disabled=busy on:click=move |_| at.set(before)>"Back"</button>
                <button class="button" class:button--primary=passed disabled=busy>
                    {move || match (saves.get(), passed()) {
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
