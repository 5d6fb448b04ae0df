//! Who makes a request, for all that comes further in.

use axum::{
    extract::{Request, State},
    middleware::Next,
    response::Response,
};

use crate::server::{
    auth::{self, Auth},
    http::extract::ApiError,
};

/// Puts the visitor and the actor into the request, or answers why neither can be known.
pub async fn identify(State(auth): State<Auth>, request: Request, next: Next) -> Result<Response, ApiError> {
    Ok(auth::resolve(&auth, request, next).await?)
}
