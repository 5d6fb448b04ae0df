//! REST: sessions, one's own.

use axum::{Extension, Json, extract::State, http::StatusCode};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{current_actor::CurrentActor, extract::ApiError, id::Id};
use crate::{
    domain::{error::AppError, id::SessionId, session::SessionSummary},
    server::{auth::Visitor, services::sessions, state::AppState},
};

/// The routes of this noun.
pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(end))
}

/// List your sessions
///
/// The browsers in which you are signed in, last used first; there are at most ten.
#[utoipa::path(get, path = "/api/v1/sessions", tag = "sessions",
    responses((status = 200, body = [SessionSummary]), (status = 401, body = AppError), (status = 403, body = AppError)))]
async fn list(
    CurrentActor(actor): CurrentActor,
    Extension(visitor): Extension<Visitor>,
    State(app): State<AppState>,
) -> Result<Json<Vec<SessionSummary>>, ApiError> {
    Ok(Json(sessions::list(&actor, &visitor, &app).await?))
}

/// End one of your sessions
///
/// That browser is signed out at once.
#[utoipa::path(delete, path = "/api/v1/sessions/{id}", tag = "sessions", params(Id<SessionId>),
    responses((status = 204), (status = 401, body = AppError), (status = 403, body = AppError), (status = 404, body = AppError)))]
async fn end(
    CurrentActor(actor): CurrentActor,
    State(app): State<AppState>,
    Id(id): Id<SessionId>,
) -> Result<StatusCode, ApiError> {
    sessions::end(&actor, &app, &id).await?;
    Ok(StatusCode::NO_CONTENT)
}
