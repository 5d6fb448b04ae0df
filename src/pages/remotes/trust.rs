//! `/remotes/{name}/trust`: what the server of a remote shows to prove who it is, what the remote trusts, and the
//! button that makes them one.

use leptos::{form::ActionForm, prelude::*};
use leptos_router::hooks::use_params_map;

use super::identity::{choices, identity};
use crate::{
    components::{
        icon::icon,
        layout::page,
        load::{load, skeleton},
        note,
    },
    domain::identity::{RemoteTrust, ServerCheck},
    server_fns::remotes::{TrustRemote, get_remote_trust},
};

/// The page.
#[component]
pub fn RemoteTrustPage() -> impl IntoView {
    let params = use_params_map();
    let name = Memo::new(move |_| params.with(|params| params.get("name").unwrap_or_default()));
    let action = ServerAction::<TrustRemote>::new();
    let version = action.version();
    let trust = Resource::new(move || (name.get(), version.get()), |(name, _)| get_remote_trust(name));
    let body = view! {
        <div class="headline">
            <div class="grow">
                <h1>"Identity of the server"</h1>
                <p class="muted">{move || format!("How the remote {} checks that it talks to the right server.", name.get())}</p>
            </div>
            <a class="button button--quiet" href="/remotes">"Back to the remotes"</a>
        </div>
        {load(trust, || skeleton(4), move |trust| content(name, trust, action))}
    };
    page("remotes", "Identity of the server", body.into_any())
}

fn content(name: Memo<String>, trust: RemoteTrust, action: ServerAction<TrustRemote>) -> AnyView {
    let RemoteTrust { check, trusted, offered, problem } = trust;
    let (pending, refused) = (action.pending(), move || action.value().get().and_then(Result::err));
    let is_trusted = offered.as_ref().is_some_and(|offered| {
        let authority = offered.certificate.as_ref().and_then(|facts| facts.authority.as_ref());
        trusted.contains(&offered.fingerprint)
            || authority.is_some_and(|authority| trusted.contains(&authority.fingerprint))
    });
    let state = match check {
        _ if is_trusted && check == Some(ServerCheck::Pinned) => {
            note("ok", "circle-check", "The server’s identity matches what this remote trusts.")
        }
        Some(ServerCheck::Pinned) if offered.is_some() && !trusted.is_empty() => note(
            "bad",
            "shield-alert",
            "The server’s identity does not match what this remote trusts. Unless the server was set up again, someone may be intercepting the connection: compare the fingerprint before you trust it.",
        ),
        Some(ServerCheck::Pinned) => note("ok", "circle-check", "This remote connects only to the server it trusts."),
        Some(ServerCheck::NotChecked) => {
            note("warn", "triangle-alert", "This remote does not check its server: it accepts any server.")
        }
        None => note("plain", "lock", "The certificate authorities of this system verify the server."),
    };
    let known = (!trusted.is_empty()).then(|| {
        let each =
            trusted.iter().map(|one| view! { <li><code>{one.clone()}</code></li> }.into_any()).collect::<Vec<_>>();
        view! { <h2>"Trusted"</h2><ul class="identity__trusted">{each}</ul> }.into_any()
    });
    let shown = offered.map(|offered| {
        let (facts, choices) = (identity(&offered), choices(&offered));
        let form = (!is_trusted || check != Some(ServerCheck::Pinned)).then(|| {
            let button = |(words, fingerprint): (String, String)| {
                view! {
                    <ActionForm action>
                        <input type="hidden" name="name" value=move || name.get() />
                        <input type="hidden" name="fingerprint" value=fingerprint />
                        <button class="button" disabled=move || pending.get()>{icon("shield-check")}{words}</button>
                    </ActionForm>
                }
                .into_any()
            };
            view! { <div class="row">{choices.into_iter().map(button).collect::<Vec<_>>()}</div> }.into_any()
        });
        view! { <h2>"The server shows"</h2>{facts}{form} }.into_any()
    });
    let problem = problem.map(|problem| note("warn", "triangle-alert", &problem));
    view! {
        <section class="panel trust" aria-label="Identity of the server">
            {state}
            {known}
            {shown}
            {problem}
            {move || refused().map(|error| {
                let text = error.field_or_summary("fingerprint");
                note::problem(text)
            })}
        </section>
    }
    .into_any()
}

fn note(kind: &str, face: &str, words: &str) -> AnyView {
    view! { <p class=format!("note note--{kind}") role="status">{icon(face)}<span>{words.to_owned()}</span></p> }
        .into_any()
}
