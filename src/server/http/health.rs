//! Whether the server lives, and whether it can do its work: for load balancers and service managers. Tells nothing
//! else.

use axum::{Json, Router, extract::State, http::StatusCode, routing::get};
use serde_json::{Value, json};

use crate::{
    domain::user::RcloneStatus,
    server::{services::rclone_status, state::AppState},
};

/// What they answer to. They are answered when nothing else is.
pub const PATHS: [&str; 2] = ["/healthz", "/readyz"];

/// `/healthz` and `/readyz`.
pub fn router() -> Router<AppState> {
    Router::new().route("/healthz", get(async || Json(json!({ "status": "ok" })))).route("/readyz", get(ready))
}

/// 200 when the database answers and rclone is there, else 503 with what is missing.
async fn ready(State(app): State<AppState>) -> (StatusCode, Json<Value>) {
    let database = app.store.acquire().await.is_ok();
    let rclone = matches!(rclone_status(&app), RcloneStatus::Ready { .. });
    let status = if database && rclone { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, Json(json!({ "database": database, "rclone": rclone })))
}
