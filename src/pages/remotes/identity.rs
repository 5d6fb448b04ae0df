//! What a server shows to prove who it is, as a person compares it: the fingerprint of a host key, or what a
//! certificate says.

use leptos::prelude::*;

use crate::{
    components::{icon::icon, time::time},
    domain::identity::{Authority, CertificateFacts, IdentityKind, ServerIdentity},
};

/// The facts of an identity, one a line.
pub(super) fn identity(shown: &ServerIdentity) -> AnyView {
    let ServerIdentity { kind, algorithm, fingerprint, certificate } = shown.clone();
    let facts = certificate.map(|facts| {
        let CertificateFacts { subject, issuer, names, not_before, not_after, problem, authority } = facts;
        view! {
            {fact("Issued to", subject.into_any())}
            {fact("Issued by", issuer.into_any())}
            {(!names.is_empty()).then(|| fact("Valid for", names.join(", ").into_any()))}
            {fact("Valid from", time(not_before))}
            {fact("Valid until", time(not_after))}
            {authority.map(|Authority { subject, fingerprint }| {
                view! { {fact("Its authority", subject.into_any())}{fact("Authority's fingerprint", view! { <code>{fingerprint}</code> }.into_any())} }
            })}
            {problem.map(|problem| view! { <dt>"Problem"</dt><dd class="field__error">{icon("triangle-alert")}<span>{problem}</span></dd> })}
        }
        .into_any()
    });
    view! {
        <dl class="identity">
            {match kind {
                IdentityKind::HostKey => fact("Host key type", view! { <code>{algorithm}</code> }.into_any()),
                IdentityKind::Certificate => ().into_any(),
            }}
            {facts}
            {fact("Fingerprint (SHA-256)", view! { <code data-fingerprint>{fingerprint}</code> }.into_any())}
        </dl>
        <p class="help">{how(kind)}</p>
    }
    .into_any()
}

/// What can be trusted of it: the words of the button, and the fingerprint. Nothing, where that would not help.
pub(super) fn choices(shown: &ServerIdentity) -> Vec<(String, String)> {
    let Some(facts) = &shown.certificate else {
        return vec![(format!("Trust this {}", shown.kind.label()), shown.fingerprint.clone())];
    };
    if facts.problem.is_some() {
        return Vec::new();
    }
    let own = ("Trust this certificate".to_owned(), shown.fingerprint.clone());
    let authority =
        facts.authority.as_ref().map(|authority| ("Trust its authority".to_owned(), authority.fingerprint.clone()));
    std::iter::once(own).chain(authority).collect()
}

fn fact(name: &'static str, value: AnyView) -> AnyView {
    view! { <dt>{name}</dt><dd>{value}</dd> }.into_any()
}

/// How to see whether it is the right one.
fn how(kind: IdentityKind) -> AnyView {
    let command = match kind {
        IdentityKind::HostKey => "ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub",
        IdentityKind::Certificate => "openssl x509 -noout -fingerprint -sha256 -in certificate.pem",
    };
    view! { "Compare it with what the server itself reports: " <code>{command}</code> " prints it there." }.into_any()
}
