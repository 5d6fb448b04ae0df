//! REST: mounts.

use axum::{Json, extract::State, http::StatusCode};
use serde::Deserialize;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    current_actor::CurrentActor,
    extract::{ApiError, Body, Params},
    id::Id,
};
use crate::{
    domain::{
        error::AppError,
        id::MountId,
        mount::{Mount, NewMount},
    },
    server::{services::mounts, state::AppState},
};

/// The routes of this noun.
pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(list, create)).routes(routes!(delete))
}

/// List mounts
///
/// All of them, with their state.
#[utoipa::path(get, path = "/api/v1/mounts", tag = "mounts",
    responses((status = 200, body = [Mount])))]
async fn list(CurrentActor(actor): CurrentActor, State(app): State<AppState>) -> Result<Json<Vec<Mount>>, ApiError> {
    Ok(Json(mounts::list(&actor, &app).await?))
}

/// Mount a location
///
/// Answers when it is there. It outlives the console.
#[utoipa::path(post, path = "/api/v1/mounts", tag = "mounts", request_body = NewMount,
    responses((status = 201, body = Mount), (status = 404, body = AppError), (status = 409, body = AppError), (status = 504, body = AppError)))]
async fn create(
    CurrentActor(actor): CurrentActor,
    State(app): State<AppState>,
    Body(mount): Body<NewMount>,
) -> Result<(StatusCode, Json<Mount>), ApiError> {
    Ok((StatusCode::CREATED, Json(mounts::create(&actor, &app, mount).await?)))
}

#[derive(Deserialize)]
struct UnmountQuery {
    #[serde(default)]
    force: bool,
}

/// Unmount
///
/// Refused while files that were written wait to be uploaded, unless `force` says that they may be lost.
#[utoipa::path(delete, path = "/api/v1/mounts/{id}", tag = "mounts",
    params(
        Id<MountId>,
        ("force" = Option<bool>, Query, description = "also when files would be lost"),
    ),
    responses((status = 204), (status = 404, body = AppError), (status = 409, body = AppError), (status = 504, body = AppError)))]
async fn delete(
    CurrentActor(actor): CurrentActor,
    State(app): State<AppState>,
    Id(id): Id<MountId>,
    Params(query): Params<UnmountQuery>,
) -> Result<StatusCode, ApiError> {
    mounts::delete(&actor, &app, &id, query.force).await?;
    Ok(StatusCode::NO_CONTENT)
}
