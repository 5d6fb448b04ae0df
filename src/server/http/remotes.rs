//! REST: remotes.

use axum::{
    Json,
    extract::{Path, State},
    http::StatusCode,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    current_actor::CurrentActor,
    extract::{ApiError, Body},
};
use crate::{
    domain::{
        error::AppError,
        identity::{RemoteTrust, ServerCheck},
        remote::{CreatedRemote, NewRemote, RemoteSummary, RemoteTest, RemoteTested, UnusableRemote},
        remote_name::RemoteName,
    },
    server::{
        services::{remotes, trust as first_trust},
        state::AppState,
    },
};

/// The routes of this noun.
pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(list, create))
        .routes(routes!(delete))
        .routes(routes!(test))
        .routes(routes!(identity, trust))
}

/// A section of rclone's configuration: a remote, or what cannot be one.
#[derive(Serialize, ToSchema)]
struct ListedRemote {
    /// Its name.
    #[schema(example = "photos-b2")]
    name: String,
    /// rclone's type: `s3`, `sftp`, `alias`. Empty when it has none, which is a problem.
    #[serde(rename = "type")]
    #[schema(example = "b2")]
    kind: String,
    /// The provider's name in words.
    #[schema(example = "Backblaze B2")]
    provider: String,
    /// Whether names and content are encrypted before they leave this server.
    encrypted: bool,
    /// Whether it checks who its server is. Absent where the system's certificate authorities decide, or nothing is
    /// encrypted.
    #[serde(skip_serializing_if = "Option::is_none")]
    server_check: Option<ServerCheck>,
    /// The last test, if one was made since it was saved.
    #[serde(skip_serializing_if = "Option::is_none")]
    tested: Option<RemoteTested>,
    /// Why it cannot be used; absent from every remote that can.
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<String>,
}

impl From<RemoteSummary> for ListedRemote {
    fn from(remote: RemoteSummary) -> Self {
        let RemoteSummary { name, kind, provider, encrypted, server_check, tested } = remote;
        Self { name: name.into(), kind, provider, encrypted, server_check, tested, problem: None }
    }
}

impl From<UnusableRemote> for ListedRemote {
    fn from(section: UnusableRemote) -> Self {
        let UnusableRemote { name, kind, reason } = section;
        Self {
            name,
            provider: kind.clone(),
            encrypted: false,
            server_check: None,
            tested: None,
            problem: Some(reason),
            kind,
        }
    }
}

/// List remotes
///
/// All remotes, by name, and after them what rclone's configuration holds beside, each with its `problem`: no other
/// call takes those. No option is returned: those may be secret.
#[utoipa::path(get, path = "/api/v1/remotes", tag = "remotes",
    responses((status = 200, body = [ListedRemote])))]
async fn list(
    CurrentActor(actor): CurrentActor,
    State(app): State<AppState>,
) -> Result<Json<Vec<ListedRemote>>, ApiError> {
    let usable = remotes::list(&actor, &app).await?.into_iter().map(ListedRemote::from);
    let unusable = remotes::unusable(&actor, &app).await?.into_iter().map(ListedRemote::from);
    Ok(Json(usable.chain(unusable).collect()))
}

/// Create a remote
///
/// Secrets are given plain and stored as rclone stores them; no other call gives them back. An address that leads to
/// the metadata service of a cloud or to this console is refused with 400, and one of a private network where
/// `--private-networks refuse` says so.
#[utoipa::path(post, path = "/api/v1/remotes", tag = "remotes", request_body = NewRemote,
    responses((status = 201, body = CreatedRemote), (status = 409, body = AppError), (status = 504, body = AppError)))]
async fn create(
    CurrentActor(actor): CurrentActor,
    State(app): State<AppState>,
    Body(remote): Body<NewRemote>,
) -> Result<(StatusCode, Json<CreatedRemote>), ApiError> {
    Ok((StatusCode::CREATED, Json(remotes::create(&actor, &app, remote).await?)))
}

/// Delete a remote
///
/// Its configuration, never its files.
#[utoipa::path(delete, path = "/api/v1/remotes/{name}", tag = "remotes",
    params(("name" = inline(RemoteName), Path, description = "the remote's name")),
    responses((status = 204), (status = 404, body = AppError), (status = 409, body = AppError)))]
async fn delete(
    CurrentActor(actor): CurrentActor,
    State(app): State<AppState>,
    Path(name): Path<String>,
) -> Result<StatusCode, ApiError> {
    remotes::delete(&actor, &app, &name).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Test a remote
///
/// Lists its root. One that does not answer is a 200 that says why.
#[utoipa::path(post, path = "/api/v1/remotes/{name}/test", tag = "remotes",
    params(("name" = inline(RemoteName), Path, description = "the remote's name")),
    responses((status = 200, body = RemoteTest), (status = 404, body = AppError)))]
async fn test(
    CurrentActor(actor): CurrentActor,
    State(app): State<AppState>,
    Path(name): Path<String>,
) -> Result<Json<RemoteTest>, ApiError> {
    Ok(Json(remotes::test(&actor, &app, NewRemote { name, ..NewRemote::default() }).await?))
}

/// Look at a server's identity
///
/// What the server of a remote shows now to prove who it is, and what the remote trusts. Nothing secret is sent.
#[utoipa::path(get, path = "/api/v1/remotes/{name}/trust", tag = "remotes", operation_id = "remotes_identity",
    params(("name" = inline(RemoteName), Path, description = "the remote's name")),
    responses((status = 200, body = RemoteTrust), (status = 404, body = AppError)))]
async fn identity(
    CurrentActor(actor): CurrentActor,
    State(app): State<AppState>,
    Path(name): Path<String>,
) -> Result<Json<RemoteTrust>, ApiError> {
    Ok(Json(first_trust::get(&actor, &app, &name).await?))
}

/// What a remote is to trust.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct TrustRequest {
    /// The fingerprint that was compared. The server has to show it.
    #[schema(example = "SHA256:uNiVztksCsDhcc0u9e8BrrJXHKnuZGZFp+LFAOjnl5o")]
    fingerprint: String,
}

/// Trust a server's identity
///
/// The remote takes only the server that shows the host key or certificate with this fingerprint, from now on. In place
/// of what it trusted.
#[utoipa::path(post, path = "/api/v1/remotes/{name}/trust", tag = "remotes", operation_id = "remotes_trust", request_body = TrustRequest,
    params(("name" = inline(RemoteName), Path, description = "the remote's name")),
    responses((status = 200, body = RemoteSummary), (status = 404, body = AppError)))]
async fn trust(
    CurrentActor(actor): CurrentActor,
    State(app): State<AppState>,
    Path(name): Path<String>,
    Body(request): Body<TrustRequest>,
) -> Result<Json<RemoteSummary>, ApiError> {
    Ok(Json(first_trust::trust(&actor, &app, &name, &request.fingerprint).await?))
}
