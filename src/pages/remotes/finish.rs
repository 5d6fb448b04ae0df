//! The third step: try the connection, give it a name, save it.

use leptos::prelude::*;
use leptos_router::hooks::use_navigate;

use super::{connect::focus_first, wizard::Draft};
use crate::{
    components::{
        form::{Face, Text, error_of, interactive},
        icon::icon,
    },
    domain::{
        error::AppError,
        provider::Provider,
        remote::{NewRemote, RemoteName, RemoteTest},
    },
    server_fns::remotes::{create_remote, test_remote},
};

#[component]
pub(super) fn Finish(provider: Provider, draft: Draft, taken: StoredValue<Vec<String>>) -> impl IntoView {
    let Draft { fields, connected, name, tested, errors, .. } = draft;
    let ready = interactive();
    let failed = RwSignal::new(None::<AppError>);
    let config = move || fields.with_value(|fields| fields.as_ref().map(super::fields::Fields::config)).unwrap_or_default();
    let kind = StoredValue::new(provider.name);

    // What is wrong with a field of the step before leads back there; the name is here.
    let refuse = move |error: AppError| {
        let elsewhere = error.fields.keys().any(|field| field != "name");
        if error.fields.is_empty() {
            failed.set(Some(error));
        } else {
            errors.set(error.fields);
            if elsewhere {
                connected.set(false);
            } else {
                focus_first(std::iter::once("remote-name".to_owned()));
            }
        }
    };
    let test = Action::new(move |()| {
        let remote = NewRemote { provider: kind.get_value(), config: config(), ..NewRemote::default() };
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
        let new = NewRemote { name: name.get_untracked(), provider: kind.get_value(), config: config(), ..NewRemote::default() };
        async move {
            failed.set(None);
            let saved = match create_remote(new).await {
                Ok(saved) => saved,
                Err(error) => return refuse(error),
            };
            // What was tried is now saved: trying it once more is what the list remembers as its test.
            if saved.remote.tested.is_none() && tested.with_untracked(|tested| tested.as_ref().is_some_and(|tested| tested.connected)) {
                let _ = test_remote(NewRemote { name: saved.remote.name.to_string(), ..NewRemote::default() }).await;
            }
            navigate.with_value(|navigate| navigate("/remotes", Default::default()));
        }
    });

    let name_error = move |name: &str| match name.parse::<RemoteName>() {
        Err(error) => Some(error.field("name").unwrap_or(error.message)),
        Ok(_) => taken
            .with_value(|taken| taken.iter().any(|one| one == name))
            .then(|| "There is a remote with this name. Choose another.".to_owned()),
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
            focus_first(std::iter::once("remote-name".to_owned()));
        } else {
            save.dispatch(());
        }
    };
    let (testing, saving) = (test.pending(), save.pending());
    let busy = move || !ready.get() || testing.get() || saving.get();
    let passed = move || tested.with(|tested| tested.as_ref().is_some_and(|tested| tested.connected));
    let face = Face::new(
        "remote-name",
        "Name",
        "What it is called here and in paths, as in name:folder. It can not be changed later.",
        error_of(errors, "name"),
    );
    view! {
        <form class="form" novalidate method="post" on:submit=submit>
            <fieldset disabled=move || !ready.get() aria-label="Test and name">
                <Text face=face.required() value=name placeholder="photos-b2" />
                <div class="field">
                    <p class="field__label">"Connection"</p>
                    <div class="test">
                        <button type="button" class="button" disabled=busy on:click=move |_| drop(test.dispatch(()))>
                            {icon("plug-zap")}
                            {move || if tested.with(Option::is_some) { "Test again" } else { "Test the connection" }}
                        </button>
                        <div role="status">{move || result(testing.get(), tested.get())}</div>
                    </div>
                </div>
                {move || failed.get().map(|error| view! { <p class="field__error" role="alert">{icon("triangle-alert")}<span>{error.message}</span></p> })}
            </fieldset>
            <footer>
                <button type="button" class="button" disabled=busy on:click=move |_| connected.set(false)>"Back"</button>
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

/// How the test goes, in words.
fn result(testing: bool, tested: Option<RemoteTest>) -> AnyView {
    match tested {
        _ if testing => view! { <p class="note">{icon("loader")}<span>"Connecting…"</span></p> }.into_any(),
        None => view! { <p class="muted small">"Lists the top of the storage and says what it finds. A remote that is saved without a test is marked as not tested."</p> }.into_any(),
        Some(RemoteTest { connected: true, message, .. }) => {
            view! { <p class="note note--ok">{icon("circle-check")}<span>{message}</span></p> }.into_any()
        }
        Some(RemoteTest { message, .. }) => view! {
            <p class="note note--bad">{icon("circle-x")}<span><b>"It did not connect."</b><br />{message}</span></p>
        }
        .into_any(),
    }
}
