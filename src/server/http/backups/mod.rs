//! REST: the eleven rclone endpoints, with the names, fields and units that existing clients use. Each is a thin layer
//! over a service that the rest of the console uses as well.

mod files;
mod mounts;
mod remotes;
mod requests;
mod transfers;

use utoipa::IntoResponses;
use utoipa_axum::router::OpenApiRouter;

use crate::{domain::error::AppError, server::state::AppState};

/// The routes of this noun.
pub fn router() -> OpenApiRouter<AppState> {
    remotes::router().merge(transfers::router()).merge(files::router()).merge(mounts::router())
}

/// How those that move or mount refuse, beside what all calls have in common.
#[derive(IntoResponses)]
#[expect(dead_code, reason = "only the description of the API reads it")]
enum Refusals {
    /// The remote or the folder is unknown.
    #[response(status = 404)]
    NotFound(AppError),
    /// A name is taken, or the run was stopped.
    #[response(status = 409)]
    Conflict(AppError),
    /// A time limit ran out.
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
