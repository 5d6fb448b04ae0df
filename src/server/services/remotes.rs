//! Remotes: list, test, create, delete; and the providers they can be made of.

use std::{collections::BTreeMap, time::Duration};

use tracing::Instrument as _;

use super::{
    Change, audit, audit_failure,
    trust::{self, Before},
};
use crate::{
    domain::{
        error::{AppError, ErrorCode, Result},
        location::Location,
        policy::Permission,
        provider::{Provider, ProviderSummary},
        remote::{CreatedRemote, CryptRemote, NewRemote, RemoteSummary, RemoteTest, RemoteTested, UnusableRemote},
        remote_name::RemoteName,
    },
    server::{
        auth::Actor,
        error::internal,
        rclone::{
            error::RcloneError,
            providers::allowlist,
            remotes as saved_remotes,
            remotes::{SavedRemote, change::ConfigChange, crypt},
        },
        state::AppState,
        store::{Tx, remotes},
    },
};

/// How long it may take to count the names that cannot be decrypted.
const UNDECRYPTABLE: Duration = Duration::from_secs(30);

/// All remotes, by name.
pub async fn list(actor: &Actor, app: &AppState) -> Result<Vec<RemoteSummary>> {
    actor.require(Permission::RemotesRead)?;
    let mut tests = remotes::tests(&mut *app.store.acquire().await?).await?;
    Ok(app.rclone.remotes().await?.into_iter().map(|saved| summary(saved, &mut tests)).collect())
}

/// The sections of rclone's configuration that are no remote here, each with the reason.
pub async fn unusable(actor: &Actor, app: &AppState) -> Result<Vec<UnusableRemote>> {
    actor.require(Permission::RemotesRead)?;
    Ok(app.rclone.unusable().await?)
}

pub(super) fn summary(saved: SavedRemote, tests: &mut BTreeMap<RemoteName, RemoteTested>) -> RemoteSummary {
    let SavedRemote { name, kind, provider, encrypted, check: server_check } = saved;
    let tested = tests.remove(&name);
    RemoteSummary { name, kind, provider, encrypted, server_check, tested }
}

/// How many names of a folder an encrypting remote leaves out, because it cannot decrypt them. Where that cannot be
/// told, the listing itself says what is wrong.
pub async fn undecryptable(actor: &Actor, app: &AppState, location: &str) -> Result<u64> {
    actor.require(Permission::FilesRead)?;
    let location = app.locations.resolve("location", location).await?.location;
    Ok(app.rclone.undecryptable(&location, app.rclone.limit().min(UNDECRYPTABLE)).await.unwrap_or_default())
}

/// The folders of this server that may be browsed and copied.
pub fn local_roots(actor: &Actor, app: &AppState) -> Result<Vec<String>> {
    actor.require(Permission::FilesRead)?;
    Ok(app.locations.roots().iter().map(ToString::to_string).collect())
}

/// The providers that the wizard offers, in the order of the chooser.
pub async fn providers(actor: &Actor, app: &AppState) -> Result<Vec<ProviderSummary>> {
    actor.require(Permission::RemotesRead)?;
    Ok(app.rclone.providers().await?.iter().map(Provider::summary).collect())
}

/// One of them, with the options that may be set. `name` is rclone's type, or what people call it.
pub async fn provider(actor: &Actor, app: &AppState, name: &str) -> Result<Provider> {
    actor.require(Permission::RemotesRead)?;
    let kind = allowlist::provider_type(name).unwrap_or(name);
    let found = app.rclone.providers().await?.iter().find(|provider| provider.name == kind).cloned();
    found.ok_or_else(|| AppError::not_found(format_args!("provider “{name}”")))
}

/// The remote with its provider by rclone's type, whatever it was called.
fn typed(remote: NewRemote) -> NewRemote {
    let provider = allowlist::provider_type(&remote.provider).map_or(remote.provider, str::to_owned);
    NewRemote { provider, ..remote }
}

/// Tries a remote that is not saved, or with an empty `provider` the saved one of that name. What a saved one's test
/// found is kept.
pub async fn test(actor: &Actor, app: &AppState, remote: NewRemote) -> Result<RemoteTest> {
    if !remote.provider.is_empty() {
        actor.require(Permission::RemotesWrite)?;
        let remote = typed(remote);
        check_options(app, &remote).await?;
        app.rclone.check_new(&remote.provider, &remote.config).await?;
        let result = match trust::before_test(&remote, app.rclone.outbound()).await {
            Before::Go(pin) => {
                trust::explained(
                    app.rclone
                        .test_new(actor.user_id.as_str(), &remote.provider, &remote.config, pin.as_deref())
                        .await?,
                    &remote,
                    app.rclone.outbound(),
                )
                .await
            }
            Before::Ask(result) => *result,
        };
        let mut transaction = app.store.begin().await?;
        audit(&mut transaction, app, actor, tested("rclone.check_new", &remote.provider, &result)).await?;
        transaction.commit().await?;
        return Ok(result);
    }
    actor.require(Permission::RemotesTest)?;
    let name: RemoteName = remote.name.parse()?;
    exists(app, &name).await?;
    let result = trust::explained_saved(app, app.rclone.test_saved(&name).await?, &name).await?;
    let mut transaction = app.store.begin().await?;
    let row = RemoteTested { at: app.clock.now(), result: result.clone() };
    remotes::set_test(&mut transaction, &name, &row).await?;
    audit(&mut transaction, app, actor, tested("rclone.check", name.as_str(), &result)).await?;
    transaction.commit().await?;
    Ok(result)
}

fn tested<'a>(action: &'a str, target: &'a str, result: &RemoteTest) -> Change<'a> {
    Change {
        detail: serde_json::json!({ "message": result.message }),
        success: result.connected,
        ..Change::new(action, target)
    }
}

/// Saves a new remote; with `encrypt` also the one over it that encrypts, and tells, this once, what opens it.
pub async fn create(actor: &Actor, app: &AppState, remote: NewRemote) -> Result<CreatedRemote> {
    actor.require(Permission::RemotesWrite)?;
    let remote = typed(remote);
    let name: RemoteName = remote.name.parse()?;
    check_options(app, &remote).await?;
    let crypt = crypt(&name, &remote)?;
    app.rclone.check_new(&remote.provider, &remote.config).await?;
    let first = trust::before_save(&remote, app.rclone.outbound()).await?;
    let pin = first.as_ref().map(|first| first.pin.as_str());
    // Before the transaction: rclone may ask the provider, and nobody else could write for as long as that takes.
    let owner = actor.user_id.as_str();
    let drafted = match &crypt {
        None => app.rclone.draft(owner, &name, &remote.provider, &remote.config, pin).await,
        Some((crypt, options)) => {
            app.rclone
                .draft_encrypted(owner, &name, &remote.provider, &remote.config, (&crypt.name, options), pin)
                .await
        }
    };
    let drafted = match drafted {
        Ok(drafted) => drafted,
        Err(error) => return Err(not_configured(app, actor, &name, error).await?),
    };
    // The configuration is a file: the row is written first, and committed once the file is.
    let mut transaction = app.store.begin().await?;
    let options: Vec<_> = remote.config.keys().collect();
    let over = crypt.as_ref().map(|(crypt, _)| &crypt.name);
    let fingerprint = first.as_ref().map(|first| &first.fingerprint);
    let first_use = first.as_ref().map(|first| first.first_use.is_some());
    let detail = serde_json::json!({
        "type": remote.provider, "options": options, "crypt": over, "fingerprint": fingerprint, "trusted_on_first_use": first_use,
    });
    audit(&mut transaction, app, actor, Change { detail, ..Change::new("rclone.configure", name.as_str()) }).await?;
    for name in [Some(&name), over].into_iter().flatten() {
        remotes::delete_test(&mut transaction, name).await?;
    }
    let saved = match app.rclone.save(drafted).await {
        Ok(saved) => saved,
        Err(error) => {
            drop(transaction);
            return Err(not_configured(app, actor, &name, error).await?);
        }
    };
    commit(app, transaction, saved).await?;
    app.rclone.forget().await;
    app.listings.forget();
    let saved = exists(app, &name).await?;
    let crypt = crypt.map(|(crypt, _)| crypt);
    let trusted_on_first_use = first.and_then(|first| first.first_use);
    Ok(CreatedRemote { remote: summary(saved, &mut BTreeMap::new()), crypt, trusted_on_first_use })
}

/// Commits the rows of a change of the configuration, or takes the change back.
pub(super) async fn commit(app: &AppState, transaction: Tx, saved: ConfigChange) -> Result<()> {
    let app = app.clone();
    // To its end, though nobody may listen any more: the file and the rows say the same.
    let commit = async move {
        match transaction.commit().await {
            Ok(()) => saved.commit(),
            Err(error) => {
                app.rclone.roll_back(saved).await;
                return Err(error);
            }
        }
        Ok(())
    };
    Ok(tokio::spawn(commit.in_current_span()).await.map_err(|error| internal("a commit broke off", &error))??)
}

/// Notes that a remote could not be configured, and says so.
async fn not_configured(app: &AppState, actor: &Actor, name: &RemoteName, error: RcloneError) -> Result<AppError> {
    let error = AppError::from(error);
    audit_failure(app, actor, "rclone.configure", name.as_str(), &error.message).await?;
    Ok(error)
}

/// The remote over a new one that encrypts, and its options. `None` when none is wanted.
fn crypt(name: &RemoteName, remote: &NewRemote) -> Result<Option<(CryptRemote, BTreeMap<String, String>)>> {
    if !remote.encrypt {
        let stray = !remote.encrypt_config.is_empty();
        return if stray { Err(AppError::invalid("encrypt_config", "Set encrypt to true as well.")) } else { Ok(None) };
    }
    let mut options = remote.encrypt_config.clone();
    let path = options.remove("remote").unwrap_or_default();
    let path = path.strip_prefix(&format!("{name}:")).unwrap_or(&path);
    let refuse = |error: AppError| AppError::invalid("encrypt_config.remote", error.summary());
    let under = Location::from_parts(name.as_str(), path).map_err(refuse)?.to_string();
    let crypt = CryptRemote {
        name: name.encrypted()?,
        remote: under.clone(),
        password: secret(&mut options, "password")?,
        password2: secret(&mut options, "password2")?,
    };
    options.insert("remote".to_owned(), under);
    Ok(Some((crypt, options)))
}

/// The password that was given, or a new one in its place.
fn secret(options: &mut BTreeMap<String, String>, name: &str) -> Result<String> {
    if let Some(given) = options.get(name).filter(|given| !given.is_empty()) {
        return Ok(given.clone());
    }
    let made = crypt::new_password()?;
    options.insert(name.to_owned(), made.clone());
    Ok(made)
}

/// All providers that rclone has, for everybody: this is rclone's, not anybody's.
pub async fn catalog(app: &AppState) -> Result<Vec<ProviderSummary>> {
    Ok(app.rclone.providers().await?.iter().map(Provider::summary).collect())
}

/// Deletes a remote: its configuration, never its files.
pub async fn delete(actor: &Actor, app: &AppState, name: &str) -> Result<()> {
    actor.require(Permission::RemotesWrite)?;
    let name: RemoteName = name.parse()?;
    exists(app, &name).await?;
    refuse_while_used(app, &name).await?;
    let mut transaction = app.store.begin().await?;
    audit(&mut transaction, app, actor, Change::new("remote.delete", name.as_str())).await?;
    remotes::delete_test(&mut transaction, &name).await?;
    let saved = match app.rclone.delete(&name).await {
        Ok(saved) => saved,
        Err(error) => {
            drop(transaction);
            let error = AppError::from(error);
            audit_failure(app, actor, "remote.delete", name.as_str(), &error.message).await?;
            return Err(error);
        }
    };
    commit(app, transaction, saved).await?;
    app.rclone.forget().await;
    app.listings.forget();
    Ok(())
}

pub(super) async fn exists(app: &AppState, name: &RemoteName) -> Result<SavedRemote> {
    if let Some(saved) = app.rclone.remotes().await?.into_iter().find(|saved| saved.name == *name) {
        return Ok(saved);
    }
    let unusable = app.rclone.unusable().await?.into_iter().find(|section| section.name == name.as_str());
    Err(unusable.map_or_else(
        || AppError::not_found(format_args!("remote “{name}”")),
        |section| {
            AppError::new(
                ErrorCode::NotFound,
                format!("The section [{name}] of rclone.conf cannot be used. {}", section.reason),
            )
        },
    ))
}

/// A remote that a job needs, or a run, stays until they need it no more.
async fn refuse_while_used(app: &AppState, name: &RemoteName) -> Result<()> {
    if let Some(heir) = app.rclone.heir(name).await? {
        return Err(AppError::conflict(format!(
            "“{heir}” inherits options from this remote, because of the dot in its name. Rename it in rclone.conf first."
        )));
    }
    let mut reader = app.store.acquire().await?;
    let jobs = crate::server::store::jobs::using(&mut reader, name.as_str()).await?;
    if !jobs.is_empty() {
        let jobs: Vec<_> = jobs.iter().map(|job| format!("“{job}”")).collect();
        return Err(AppError::conflict(format!(
            "These jobs use this remote: {}. Change or delete them first.",
            jobs.join(", ")
        )));
    }
    let unfinished = crate::server::store::runs::unfinished(&mut reader).await?;
    let used = unfinished.iter().map(|row| &row.summary).find(|run| {
        [Some(&run.source), run.destination.as_ref()].into_iter().flatten().any(|l| l.remote() == name.as_str())
    });
    match used {
        Some(run) => {
            Err(AppError::conflict(format!("Run {} uses this remote. Stop it, or wait until it has ended.", run.id)))
        }
        None => Ok(()),
    }
}

/// What rclone's schema cannot know: what wraps other places may lead only where people may go.
async fn check_options(app: &AppState, remote: &NewRemote) -> Result<()> {
    for (option, place) in saved_remotes::leads_to(&remote.provider, &remote.config)? {
        if !place.is_local() && place.remote() == remote.name {
            return Err(AppError::invalid(option, "A remote cannot lead to itself."));
        }
        app.locations.check(&place).await.map_err(|error| AppError::invalid(option, error.summary()))?;
    }
    Ok(())
}
