//! A location as a folder of this server.

use axum::{Json, extract::State};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    super::{
        current_actor::CurrentActor,
        extract::{ApiError, Body},
    },
    Refusals, named,
};
use crate::{
    domain::{
        id::MountId,
        mount::{MountState, NewMount},
    },
    server::{services::mounts, state::AppState},
};

/// Their routes.
pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(mount))
}

/// What is mounted where.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "remote_path": "photos-s3:archive", "mount_point": "/srv/mnt/archive", "read_only": true }))]
struct MountRequest {
    /// `remote:path`, or an absolute path of this server in an allowed folder.
    remote_path: String,
    /// An absolute path below an allowed folder; made when it is not there, and empty.
    mount_point: String,
    /// Whether nothing can be written by way of it.
    #[serde(default)]
    read_only: bool,
    /// Whether other users of this server may look into it.
    #[serde(default)]
    allow_other: bool,
}

/// A mount that was made.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({
    "mounted": true, "mount_point": "/srv/mnt/archive", "remote_path": "photos-s3:archive", "read_only": true, "allow_other": false,
    "id": "01JD3Z6N9V4M2K8Q7W5X1T0R3S",
}))]
struct BackupMount {
    /// Whether it is there.
    mounted: bool,
    /// Where.
    mount_point: String,
    /// What.
    remote_path: String,
    /// Whether nothing can be written by way of it.
    read_only: bool,
    /// Whether other users of this server may look into it.
    allow_other: bool,
    /// For `DELETE /api/v1/mounts/{id}`, which unmounts it.
    id: MountId,
}

/// Mount a location
///
/// Answers when it is there. It outlives the console; `/api/v1/mounts` lists it and unmounts it.
#[utoipa::path(post, path = "/api/v1/backups/rclone/mount", tag = "rclone", request_body = MountRequest,
    responses((status = 200, body = BackupMount), Refusals))]
async fn mount(
    CurrentActor(actor): CurrentActor,
    State(app): State<AppState>,
    Body(request): Body<MountRequest>,
) -> Result<Json<BackupMount>, ApiError> {
    let MountRequest { remote_path, mount_point, read_only, allow_other } = request;
    let new = NewMount { location: remote_path, mount_point, read_only, allow_other };
    let mount = mounts::create(&actor, &app, new).await.map_err(|error| named(error, "location", "remote_path"))?;
    Ok(Json(BackupMount {
        mounted: mount.state == MountState::Mounted,
        mount_point: mount.mount_point,
        remote_path: mount.location.to_string(),
        read_only: mount.read_only,
        allow_other: mount.allow_other,
        id: mount.id,
    }))
}
