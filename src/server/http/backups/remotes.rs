//! Remotes, providers and the check of a connection.

use std::collections::BTreeMap;

use axum::{Json, extract::State};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    super::{
        current_actor::CurrentActor,
        extract::{ApiError, Body, Params},
    },
    named,
};
use crate::{
    domain::{
        error::AppError,
        identity::ServerIdentity,
        provider::ProviderSummary,
        remote::{CryptRemote, NewRemote, RemoteSummary},
    },
    server::{services::remotes, state::AppState},
};

/// Their routes.
pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(configure))
        .routes(routes!(list))
        .routes(routes!(providers))
        .routes(routes!(check))
}

/// What is needed to configure a remote.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "remote_name": "photos-s3", "provider": "s3",
    "config": { "provider": "Minio", "endpoint": "https://minio.example.org", "access_key_id": "KEY", "secret_access_key": "SECRET" },
}))]
struct ConfigureRequest {
    /// Its name.
    remote_name: String,
    /// rclone's type name, or a name that people use for it: `s3`, `google drive`.
    provider: String,
    /// The provider's options by rclone's names. Secrets are plain.
    #[serde(default)]
    config: BTreeMap<String, OptionValue>,
    /// Also make `{remote_name}-crypt` over it, which encrypts names and content.
    #[serde(default)]
    encrypt: bool,
    /// Options of that one: `password`, `password2`, `filename_encryption`, and `remote`, a path in the new remote.
    #[serde(default)]
    encrypt_config: BTreeMap<String, OptionValue>,
}

/// The value of an option. Numbers and switches need no quotes.
#[derive(Deserialize, ToSchema)]
#[serde(untagged)]
enum OptionValue {
    Text(String),
    Switch(bool),
    #[schema(value_type = f64)]
    Number(serde_json::Number),
}

impl From<OptionValue> for String {
    fn from(value: OptionValue) -> Self {
        match value {
            OptionValue::Text(text) => text,
            OptionValue::Switch(on) => on.to_string(),
            OptionValue::Number(number) => match (number.as_i64(), number.as_f64()) {
                (None, Some(float)) => float.to_string(),
                _ => number.to_string(),
            },
        }
    }
}

/// A remote.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({ "name": "photos-s3", "type": "s3", "configured": true, "encrypted": false }))]
struct BackupRemote {
    /// Its name.
    name: String,
    /// rclone's type.
    #[serde(rename = "type")]
    kind: String,
    /// Always true: what is not configured is not listed.
    configured: bool,
    /// Whether names and content are encrypted before they leave this server.
    encrypted: bool,
}

/// A remote that was made just now.
#[derive(Serialize, ToSchema)]
struct ConfiguredRemote {
    #[serde(flatten)]
    remote: BackupRemote,
    /// The remote over it that encrypts.
    #[serde(skip_serializing_if = "Option::is_none")]
    crypt: Option<CryptRemote>,
    /// Of an SFTP remote without `host_keys`: the host key that is trusted because it is the first that the server
    /// showed. A server that shows another one later is refused. Absent when the server could not be asked: then its
    /// host key is not checked, and the list of remotes marks it.
    #[serde(skip_serializing_if = "Option::is_none")]
    trusted_on_first_use: Option<ServerIdentity>,
}

/// Configure a remote
///
/// With `encrypt`, the answer tells, this once only, what is needed to read the files without Longshore.
#[utoipa::path(post, path = "/api/v1/backups/rclone/configure", tag = "rclone", request_body = ConfigureRequest,
    responses((status = 200, body = ConfiguredRemote), (status = 409, body = AppError), (status = 504, body = AppError)))]
async fn configure(
    CurrentActor(actor): CurrentActor,
    State(app): State<AppState>,
    Body(request): Body<ConfigureRequest>,
) -> Result<Json<ConfiguredRemote>, ApiError> {
    let texts = |options: BTreeMap<String, OptionValue>| {
        options.into_iter().map(|(name, value)| (name, value.into())).collect()
    };
    let remote = NewRemote {
        name: request.remote_name,
        provider: request.provider,
        config: texts(request.config),
        encrypt: request.encrypt,
        encrypt_config: texts(request.encrypt_config),
        ..NewRemote::default()
    };
    let created = remotes::create(&actor, &app, remote).await.map_err(|error| named(error, "name", "remote_name"))?;
    let remote = created.remote;
    let remote = BackupRemote {
        name: remote.name.into(),
        kind: remote.kind,
        configured: true,
        encrypted: remote.encrypted || created.crypt.is_some(),
    };
    Ok(Json(ConfiguredRemote { remote, crypt: created.crypt, trusted_on_first_use: created.trusted_on_first_use }))
}

/// List remotes
///
/// All that are configured, by name.
#[utoipa::path(get, path = "/api/v1/backups/rclone/remotes", tag = "rclone", operation_id = "remotes",
    responses((status = 200, body = [BackupRemote])))]
async fn list(
    CurrentActor(actor): CurrentActor,
    State(app): State<AppState>,
) -> Result<Json<Vec<BackupRemote>>, ApiError> {
    let remote = |remote: RemoteSummary| BackupRemote {
        name: remote.name.into(),
        kind: remote.kind,
        configured: true,
        encrypted: remote.encrypted,
    };
    Ok(Json(remotes::list(&actor, &app).await?.into_iter().map(remote).collect()))
}

/// A provider.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({ "name": "s3", "description": "Amazon S3 Compliant Storage Providers", "prefix": "s3" }))]
struct BackupProvider {
    /// rclone's type name.
    name: String,
    /// rclone's description, in one line.
    description: String,
    /// How its flags begin.
    prefix: String,
}

/// List providers
///
/// All that rclone has. Open to everybody.
#[utoipa::path(get, path = "/api/v1/backups/rclone/providers", tag = "rclone", security(()),
    responses((status = 200, body = [BackupProvider]), (status = 504, body = AppError)))]
async fn providers(State(app): State<AppState>) -> Result<Json<Vec<BackupProvider>>, ApiError> {
    let all = remotes::catalog(&app).await?;
    let provider = |provider: ProviderSummary| BackupProvider {
        name: provider.name,
        description: provider.description,
        prefix: provider.prefix,
    };
    Ok(Json(all.into_iter().map(provider).collect()))
}

#[derive(Deserialize)]
struct CheckQuery {
    remote_name: String,
}

/// Whether a remote answers.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({ "connected": true, "message": "Connected in 0.4 s, 3 buckets", "remote": "photos-s3" }))]
struct BackupCheck {
    /// Whether its root could be listed, and anything in it can be read: not where no name can be decrypted.
    connected: bool,
    /// What was found, or what is wrong, in words.
    message: String,
    /// Names in its root that cannot be decrypted; absent when none.
    #[serde(skip_serializing_if = "Option::is_none")]
    undecryptable: Option<u64>,
    /// Its name.
    remote: String,
}

/// Check a connection
///
/// Lists the root of a remote, for at most 30 seconds. One that does not answer is a 200 that says why.
#[utoipa::path(post, path = "/api/v1/backups/rclone/check", tag = "rclone",
    params(("remote_name" = String, Query, description = "the remote's name", example = "photos-s3")),
    responses((status = 200, body = BackupCheck), (status = 404, body = AppError)))]
async fn check(
    CurrentActor(actor): CurrentActor,
    State(app): State<AppState>,
    Params(query): Params<CheckQuery>,
) -> Result<Json<BackupCheck>, ApiError> {
    // Old clients write it as rclone does, with its colon.
    let name = query.remote_name.strip_suffix(':').unwrap_or(&query.remote_name).to_owned();
    let test = remotes::test(&actor, &app, NewRemote { name: name.clone(), ..NewRemote::default() });
    let test = test.await.map_err(|error| named(error, "name", "remote_name"))?;
    Ok(Json(BackupCheck {
        connected: test.connected,
        message: test.message,
        undecryptable: Some(test.undecryptable).filter(|count| *count > 0),
        remote: name,
    }))
}
