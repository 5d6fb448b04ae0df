//! First trust: what a server shows to prove who it is, before a password goes to it; and what a remote trusts from
//! then on.

use std::{collections::BTreeMap, time::Duration};

use super::{Change, audit, audit_failure, remotes};
use crate::{
    domain::{
        error::{AppError, Result},
        identity::{Endpoint, IdentityKind, RemoteTrust, ServerCheck, ServerIdentity, not_checked},
        policy::Permission,
        remote::{NewRemote, RemoteSummary, RemoteTest},
        remote_name::RemoteName,
    },
    server::{
        auth::Actor,
        identity::{self, Offered},
        outbound::Outbound,
        rclone::{config::trust, error::text},
        state::AppState,
        store,
    },
};

/// How long a new remote may wait for its server's host key. What cannot be asked is saved without.
const FIRST_USE: Duration = Duration::from_secs(5);

/// Whether a remote that is not saved can be tested.
pub(super) enum Before {
    /// It can, with what it is to trust.
    Go(Option<String>),
    /// Somebody has to say first whether this is the right server. Nothing secret was sent.
    Ask(Box<RemoteTest>),
}

/// What a new remote trusts from its beginning.
pub(super) struct First {
    /// What pins it.
    pub pin: String,
    /// Its fingerprint.
    pub fingerprint: String,
    /// The host key, where nobody confirmed it: the client of a contract cannot.
    pub first_use: Option<ServerIdentity>,
}

/// What has to be known before a password goes to the server of a new remote.
pub(super) async fn before_test(remote: &NewRemote, outbound: &Outbound) -> Before {
    let is_ssh = remote.provider == "sftp";
    let Some(endpoint) = trust::endpoint(&remote.provider, &remote.config) else {
        return if is_ssh && !has_check(remote) { Before::Ask(Box::new(behind_proxy())) } else { Before::Go(None) };
    };
    if remote.trust.is_empty() && (!is_ssh || has_check(remote)) {
        return Before::Go(None);
    }
    let began = tokio::time::Instant::now();
    let (message, identity) = match identity::ask(&endpoint, outbound).await {
        Err(problem) => (problem, None),
        Ok(offered) if remote.trust.is_empty() => (to_compare(&offered.identity), Some(offered.identity)),
        Ok(offered) => match chosen(&offered, &remote.trust) {
            Ok(pin) => return Before::Go(Some(pin)),
            Err(problem) => (problem, Some(offered.identity)),
        },
    };
    let elapsed_ms = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
    Before::Ask(Box::new(RemoteTest { connected: false, message, elapsed_ms, undecryptable: 0, identity }))
}

/// The host key of a server behind a proxy is not read: it has to be given.
fn behind_proxy() -> RemoteTest {
    let message = "Nothing was sent yet. The host key of a server behind a proxy cannot be read from here: write it into host_keys, as ssh-keyscan \
                   prints it after the host.";
    RemoteTest { connected: false, message: message.to_owned(), elapsed_ms: 0, undecryptable: 0, identity: None }
}

/// What a new remote is to trust: what was confirmed, or the first host key that the server shows.
pub(super) async fn before_save(remote: &NewRemote, outbound: &Outbound) -> Result<Option<First>> {
    let Some(endpoint) = trust::endpoint(&remote.provider, &remote.config) else {
        return if remote.trust.is_empty() {
            Ok(None)
        } else {
            Err(AppError::invalid(
                "trust",
                "This remote has no server that can be asked for its host key or certificate.",
            ))
        };
    };
    if !remote.trust.is_empty() {
        let refuse = |problem: String| AppError::invalid("trust", problem);
        let offered = identity::ask(&endpoint, outbound).await.map_err(refuse)?;
        let pin = chosen(&offered, &remote.trust).map_err(refuse)?;
        return Ok(Some(First { pin, fingerprint: remote.trust.clone(), first_use: None }));
    }
    if remote.provider != "sftp" || has_check(remote) {
        return Ok(None);
    }
    let asked = tokio::time::timeout(FIRST_USE, identity::ask(&endpoint, outbound)).await;
    Ok(asked.ok().and_then(std::result::Result::ok).and_then(|offered| {
        let pin = offered.pins.into_iter().next()?;
        Some(First { pin: pin.text, fingerprint: pin.fingerprint, first_use: Some(offered.identity) })
    }))
}

/// What is to be trusted of what a server shows, or why that is not possible.
fn chosen(offered: &Offered, fingerprint: &str) -> std::result::Result<String, String> {
    let pin = offered.pin(fingerprint).ok_or_else(|| another(fingerprint, &offered.identity))?;
    offered.problem().map_or_else(|| Ok(pin.to_owned()), |problem| Err(problem.to_owned()))
}

fn has_check(remote: &NewRemote) -> bool {
    trust::check(&remote.provider, &remote.config) == Some(ServerCheck::Pinned)
}

/// The result of a test of a new remote; with what the server shows, where that is why it failed.
pub(super) async fn explained(result: RemoteTest, remote: &NewRemote, outbound: &Outbound) -> RemoteTest {
    let unchecked =
        trust::check(&remote.provider, &remote.config) == Some(ServerCheck::NotChecked) && remote.trust.is_empty();
    let endpoint = trust::endpoint(&remote.provider, &remote.config);
    with_identity(result, endpoint, unchecked.then(|| not_checked(&remote.provider)), outbound).await
}

/// The same for a saved one.
pub(super) async fn explained_saved(app: &AppState, result: RemoteTest, name: &RemoteName) -> Result<RemoteTest> {
    let server = app.rclone.server(name).await?;
    let unchecked = server.check == Some(ServerCheck::NotChecked);
    Ok(with_identity(result, server.endpoint, unchecked.then(|| not_checked(&server.kind)), app.rclone.outbound())
        .await)
}

/// Says that the server is not checked, and adds what it shows where somebody could trust that.
async fn with_identity(
    result: RemoteTest,
    endpoint: Option<Endpoint>,
    unchecked: Option<&str>,
    outbound: &Outbound,
) -> RemoteTest {
    let refused = !result.connected && text::is_about_identity(&result.message);
    if unchecked.is_none() && !refused {
        return result;
    }
    let identity = match endpoint {
        Some(endpoint) => identity::ask(&endpoint, outbound).await.ok().map(|offered| offered.identity),
        None => None,
    };
    let message = match unchecked {
        Some(words) if result.connected => format!("{}. {words}", result.message.trim_end_matches('.')),
        _ => result.message,
    };
    RemoteTest { message, identity, ..result }
}

/// What a person has to do first.
fn to_compare(identity: &ServerIdentity) -> String {
    let ServerIdentity { algorithm, fingerprint, kind, .. } = identity;
    let how = match kind {
        IdentityKind::HostKey => "ssh-keygen -lf /etc/ssh/ssh_host_*_key.pub prints it on the server",
        IdentityKind::Certificate => "openssl x509 -fingerprint -sha256 prints it on the server",
    };
    format!(
        "Nothing was sent yet. The server shows this {}: {algorithm} {fingerprint}. Compare it ({how}), then trust it.",
        kind.label()
    )
}

/// The server shows something else than what was to be trusted.
fn another(wanted: &str, identity: &ServerIdentity) -> String {
    let ServerIdentity { algorithm, fingerprint, kind, .. } = identity;
    format!(
        "The server shows a different {} than {wanted}: {algorithm} {fingerprint}. Compare it before you trust it.",
        kind.label()
    )
}

/// What a saved remote trusts, and what its server shows now.
pub async fn get(actor: &Actor, app: &AppState, name: &str) -> Result<RemoteTrust> {
    actor.require(Permission::RemotesTest)?;
    let name: RemoteName = name.parse()?;
    let server = app.rclone.server(&name).await?;
    let (offered, problem) = match &server.endpoint {
        None => (None, Some("This remote has no server that can be asked for its host key or certificate.".to_owned())),
        Some(endpoint) => match identity::ask(endpoint, app.rclone.outbound()).await {
            Ok(offered) => (Some(offered.identity), None),
            Err(problem) => (None, Some(problem)),
        },
    };
    Ok(RemoteTrust { check: server.check, trusted: server.trusted, offered, problem })
}

/// Has a saved remote trust the host key or certificate with this fingerprint, and no other. The server has to show it.
pub async fn trust(actor: &Actor, app: &AppState, name: &str, fingerprint: &str) -> Result<RemoteSummary> {
    actor.require(Permission::RemotesWrite)?;
    let name: RemoteName = name.parse()?;
    let server = app.rclone.server(&name).await?;
    let refuse = |problem: String| AppError::invalid("fingerprint", problem);
    let endpoint = server.endpoint.ok_or_else(|| {
        refuse("This remote has no server that can be asked for its host key or certificate.".to_owned())
    })?;
    let offered = identity::ask(&endpoint, app.rclone.outbound()).await.map_err(refuse)?;
    let pin = chosen(&offered, fingerprint.trim()).map_err(refuse)?;
    let mut transaction = app.store.begin().await?;
    let detail = serde_json::json!({ "fingerprint": fingerprint.trim(), "before": server.trusted });
    audit(&mut transaction, app, actor, Change { detail, ..Change::new("remote.trust", name.as_str()) }).await?;
    store::remotes::delete_test(&mut transaction, &name).await?;
    let saved = match app.rclone.pin(&name, &server.kind, &pin).await {
        Ok(saved) => saved,
        Err(error) => {
            drop(transaction);
            let error = AppError::from(error);
            audit_failure(app, actor, "remote.trust", name.as_str(), &error.message).await?;
            return Err(error);
        }
    };
    remotes::commit(app, transaction, saved).await?;
    app.rclone.forget().await;
    app.listings.forget();
    Ok(remotes::summary(remotes::exists(app, &name).await?, &mut BTreeMap::new()))
}
