//! REST: the audit log.

use axum::{Json, extract::State};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    current_actor::CurrentActor,
    extract::{ApiError, Params},
};
use crate::{
    domain::{
        audit::{AuditPage, AuditQuery},
        error::AppError,
        id::AuditId,
        time::Timestamp,
    },
    server::{services::audit, state::AppState},
};

/// The routes of this noun.
pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(list))
}

/// Read the audit log
///
/// A page of who did what, newest first. For admins.
#[utoipa::path(get, path = "/api/v1/audit", tag = "audit",
    params(
        ("user" = Option<String>, Query, description = "only by this person: the full name, in any case"),
        ("action" = Option<String>, Query, description = "only actions that begin with this", example = "run."),
        ("target" = Option<String>, Query, description = "only those with this in the target"),
        ("success" = Option<bool>, Query, description = "only what was done, or only what was not"),
        ("since" = inline(Option<Timestamp>), Query, description = "only from this time on, RFC 3339"),
        ("until" = inline(Option<Timestamp>), Query, description = "only before this time, RFC 3339"),
        ("address" = Option<String>, Query, description = "only from addresses that begin with this", example = "192.168."),
        ("cursor" = inline(Option<AuditId>), Query, description = "the cursor from the previous page"),
        ("limit" = Option<u32>, Query, description = "how many, at most 1,000; 100 when absent", maximum = 1000),
    ),
    responses((status = 200, body = AuditPage), (status = 400, body = AppError), (status = 401, body = AppError), (status = 403, body = AppError)))]
async fn list(
    CurrentActor(actor): CurrentActor,
    State(app): State<AppState>,
    Params(query): Params<AuditQuery>,
) -> Result<Json<AuditPage>, ApiError> {
    Ok(Json(audit::list(&actor, &app, &query).await?))
}
