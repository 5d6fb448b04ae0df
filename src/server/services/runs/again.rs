//! A run is done again: all of it, or only the files that failed.

use super::{Origin, found, start_as, stored};
use crate::{
    domain::{
        error::{AppError, Result},
        id::RunId,
        operation::Operation,
        policy::Permission,
        run::{detail::Run, new::NewRun},
    },
    server::{auth::Actor, state::AppState},
};

/// Starts a run like an ended one. With `failed_only` it takes up the files that failed, and no others; what a sync
/// missed is copied then, for a sync of some files would say nothing about the rest.
pub async fn retry(
    actor: &Actor,
    app: &AppState,
    id: &RunId,
    failed_only: bool,
    confirm: Option<String>,
    key: Option<String>,
) -> Result<Run> {
    actor.require(Permission::RunsWrite)?;
    let run = found(app, id).await?;
    if !run.summary.state.is_final() {
        return Err(AppError::conflict("This run has not ended yet."));
    }
    let mut again = NewRun { confirm, ..run.again() };
    if !failed_only {
        return start_as(actor, app, again, Origin { job: run.summary.job, key, retry_of: None }).await;
    }
    let dir = app.engine.run_dir(id, stored(app, id).await?.fence);
    let failed =
        tokio::task::spawn_blocking(move || crate::server::rclone::log::failed(&dir)).await.ok().and_then(Result::ok);
    if failed.is_none_or(|names| names.is_empty()) {
        return Err(AppError::conflict("No file failed in this run, according to its log. Run all of it again."));
    }
    if again.operation == Operation::Sync {
        again.operation = Operation::Copy;
        again.options.max_delete = None;
        again.guards.max_delete_percent = None;
        (again.guards.allow_empty_source, again.guards.allow_shrunk_source, again.guards.allow_left_out) =
            (false, false, false);
    }
    // The names say what is taken; rclone takes no other filter beside them.
    again.options.include.clear();
    again.options.exclude.clear();
    start_as(actor, app, again, Origin { job: run.summary.job, key, retry_of: Some(*id) }).await
}
