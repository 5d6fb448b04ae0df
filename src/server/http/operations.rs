//! REST: operations and their options.

use axum::{
    Json,
    extract::{Path, State},
};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{current_actor::CurrentActor, extract::ApiError};
use crate::{
    domain::{
        error::AppError,
        flag::Flag,
        operation::{Operation, OperationInfo},
    },
    server::{services::operations, state::AppState},
};

/// The routes of this noun.
pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(options))
}

/// List operations
///
/// What a run can do.
#[utoipa::path(get, path = "/api/v1/operations", tag = "operations",
    responses((status = 200, body = [OperationInfo])))]
async fn list(CurrentActor(actor): CurrentActor) -> Result<Json<Vec<OperationInfo>>, ApiError> {
    Ok(Json(operations::list(&actor)?))
}

/// List the options of an operation
///
/// Those that a run may be given among its `flags`, as the rclone that is there describes them. What has a field of its
/// own (`bwlimit`, `exclude`) is not among them, nor is what can run programs, read files or undo what the console
/// relies on.
#[utoipa::path(get, path = "/api/v1/operations/{operation}/options", tag = "operations",
    params(("operation" = inline(Operation), Path, description = "rclone's command")),
    responses((status = 200, body = [Flag]), (status = 404, body = AppError)))]
async fn options(
    CurrentActor(actor): CurrentActor,
    State(app): State<AppState>,
    Path(operation): Path<String>,
) -> Result<Json<Vec<Flag>>, ApiError> {
    Ok(Json(operations::options(&actor, &app, &operation).await?))
}
