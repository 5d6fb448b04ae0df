//! REST: files.

use axum::{Json, extract::State};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    current_actor::CurrentActor,
    extract::{ApiError, Params},
};
use crate::{
    domain::{
        error::AppError,
        file::{FilePage, FileQuery, SortKey},
        location::Location,
    },
    server::{services::files, state::AppState},
};

/// The routes of this noun.
pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(list))
}

/// List files
///
/// A window of what lies in a location, folders first. The provider is asked when nothing newer than a minute is known.
#[utoipa::path(get, path = "/api/v1/files", tag = "files",
    params(
        ("location" = inline(Location), Query, description = "`remote:path` or an absolute path of this server", example = "photos-b2:2026"),
        ("filter" = Option<String>, Query, description = "only names that contain this, ignoring case, accents and Unicode form", max_length = 256),
        ("sort" = inline(Option<SortKey>), Query, description = "the order; `name` when absent"),
        ("descending" = Option<bool>, Query, description = "largest, newest or last name first"),
        ("offset" = Option<u64>, Query, description = "index of the first entry to return"),
        ("limit" = Option<u64>, Query, description = "how many, at most 500; 200 when absent", maximum = 500),
        ("refresh" = Option<bool>, Query, description = "ask the provider again"),
    ),
    responses((status = 200, body = FilePage), (status = 404, body = AppError), (status = 413, body = AppError), (status = 504, body = AppError)))]
async fn list(
    CurrentActor(actor): CurrentActor,
    State(app): State<AppState>,
    Params(query): Params<FileQuery>,
) -> Result<Json<FilePage>, ApiError> {
    Ok(Json(files::list(&actor, &app, &query).await?))
}
