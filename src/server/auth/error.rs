//! Turns errors of lower layers into errors that people read. The log has the cause, under the reference that the
//! person sees.

use std::error::Error;

use crate::{
    domain::{
        error::{AppError, ErrorCode},
        id::RunId,
        time::Timestamp,
    },
    server::store::{StoreError, new_id},
};

/// An error of the store.
pub(super) fn failed(error: impl Into<StoreError>) -> AppError {
    match error.into() {
        StoreError::Busy(_) => AppError::new(ErrorCode::Unavailable, "The database is busy. Try again in a moment."),
        other => internal(&other),
    }
}

/// An error that nobody outside can do anything about.
pub(super) fn internal(error: &dyn Error) -> AppError {
    // The random part of an id is enough to find a line of a log.
    let id: RunId = new_id(Timestamp(0));
    let reference: String = id.as_str().chars().skip(18).collect();
    tracing::error!(%reference, error = %causes(error), "sign-in and sessions failed");
    AppError {
        reference: Some(reference),
        ..AppError::new(
            ErrorCode::Internal,
            "Something went wrong in the console. Its log tells more under the reference.",
        )
    }
}

/// An error and all that caused it, in one line.
pub(super) fn causes(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
}
