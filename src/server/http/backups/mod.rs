//! REST: the eleven rclone endpoints, with the names, fields and units that existing clients use. Each is a thin door to a service that
//! the rest of the console uses as well.

mod files;
mod mounts;
mod remotes;
mod transfers;

use utoipa::IntoResponses;
use utoipa_axum::router::OpenApiRouter;

use crate::{domain::error::AppError, server::state::AppState};

/// The routes of this noun.
pub fn router() -> OpenApiRouter<AppState> {
    remotes::router().merge(transfers::router()).merge(files::router()).merge(mounts::router())
}

/// How each of them refuses: one shape, `AppError`.
#[derive(IntoResponses)]
#[expect(dead_code, reason = "only the description of the API reads it")]
enum Refusals {
    /// Not JSON, a wrong type, or a field that fails its rule; `fields` names it.
    #[response(status = 400)]
    Invalid(AppError),
    /// No valid credential.
    #[response(status = 401)]
    Unauthenticated(AppError),
    /// The role or the token does not allow it, or the place is outside of the allowed folders.
    #[response(status = 403)]
    Forbidden(AppError),
    /// The remote or the folder is unknown.
    #[response(status = 404)]
    NotFound(AppError),
    /// A name is taken, or the run was stopped.
    #[response(status = 409)]
    Conflict(AppError),
    /// The body is larger than the limit.
    #[response(status = 413)]
    TooLarge(AppError),
    /// Too many tries; `Retry-After` says how long to wait.
    #[response(status = 429)]
    RateLimited(AppError),
    /// rclone ended with an error, or something went wrong inside; the log tells more under `reference`.
    #[response(status = 500)]
    Failed(AppError),
    /// rclone is missing or too old, or the database is busy.
    #[response(status = 503)]
    Unavailable(AppError),
    /// A limit of time ran out.
    #[response(status = 504)]
    Timeout(AppError),
}

/// The same error, with a field called as this endpoint calls it.
fn named(mut error: AppError, ours: &str, theirs: &str) -> AppError {
    if let Some(problem) = error.fields.remove(ours) {
        error.fields.insert(theirs.to_owned(), problem);
    }
    error
}
