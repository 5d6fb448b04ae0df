//! REST: the queue as a whole.

use axum::{Json, extract::State};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    current_actor::CurrentActor,
    extract::{ApiError, Body},
};
use crate::{
    domain::queue::{Queue, QueuePatch},
    server::{services::queue, state::AppState},
};

/// The routes of this noun.
pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(get, update))
}

/// Get the queue
///
/// Whether it rests, how much may run at once, and who waits, the next one first.
#[utoipa::path(get, path = "/api/v1/queue", tag = "queue", responses((status = 200, body = Queue)))]
async fn get(CurrentActor(actor): CurrentActor, State(app): State<AppState>) -> Result<Json<Queue>, ApiError> {
    Ok(Json(queue::get(&actor, &app).await?))
}

/// Pause or resume the queue
///
/// While it rests nothing is started; what runs goes on.
#[utoipa::path(patch, path = "/api/v1/queue", tag = "queue", request_body = QueuePatch, responses((status = 200, body = Queue)))]
async fn update(
    CurrentActor(actor): CurrentActor,
    State(app): State<AppState>,
    Body(patch): Body<QueuePatch>,
) -> Result<Json<Queue>, ApiError> {
    Ok(Json(queue::update(&actor, &app, &patch).await?))
}
