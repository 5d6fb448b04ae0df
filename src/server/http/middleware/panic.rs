//! What a client gets when a handler panics, and the reference under which the log has more.

use std::any::Any;

use axum::response::{IntoResponse as _, Response};
use ulid::Ulid;

use crate::{
    domain::error::{AppError, ErrorCode},
    server::http::extract::ApiError,
};

/// The answer to a request whose handler panicked. The panic itself is in the log.
#[expect(clippy::needless_pass_by_value, reason = "the layer gives it away")]
pub fn caught(panic: Box<dyn Any + Send>) -> Response {
    let reference = Ulid::new().to_string();
    let text = panic.downcast_ref::<String>().map(String::as_str).or_else(|| panic.downcast_ref::<&str>().copied());
    tracing::error!(reference, panic = text.unwrap_or("no message"), "a request failed in a way that nobody foresaw");
    let message = "Something went wrong in Longshore. Its log has the details under this reference.";
    ApiError(AppError { reference: Some(reference), ..AppError::new(ErrorCode::Internal, message) }).into_response()
}
