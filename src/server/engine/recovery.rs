//! What became of the runs of an earlier life. Their directories tell; no clock and no process id is trusted.

use std::path::Path;

use super::{Engine, run};
use crate::{
    domain::run::RunState,
    server::{
        rclone::shim::{self, Life},
        store::{StoreError, runs},
    },
};

/// Every run that was claimed and has not ended: never spawned, so it is queued again; or spawned, so it is watched again, and the
/// watch finds out whether it lives, how it ended, or that nobody knows.
pub(super) async fn recover(engine: &Engine) -> Result<(), StoreError> {
    let runs_dir = engine.0.config.runs_dir.clone();
    let _ = tokio::task::spawn_blocking(move || sweep(&runs_dir)).await;
    let mut reader = engine.0.config.store.acquire().await?;
    let unfinished = runs::unfinished(&mut reader).await?;
    drop(reader);
    for row in unfinished.into_iter().filter(|row| row.summary.state != RunState::Queued) {
        let dir = engine.run_dir(&row.summary.id, row.fence);
        if matches!(shim::inspect(&dir), Life::Absent) {
            let mut transaction = engine.0.config.store.begin().await?;
            runs::requeue(&mut transaction, &row.summary.id, row.fence, engine.0.config.clock.now()).await?;
            transaction.commit().await?;
            tracing::info!(run = %row.summary.id, "was never started; queued again");
        } else {
            engine.0.tasks.spawn(run::attach(engine.clone(), row));
        }
    }
    Ok(())
}

/// What guards left: they looked, and their console died.
fn sweep(runs_dir: &Path) {
    let entries = std::fs::read_dir(runs_dir).into_iter().flatten().flatten();
    for entry in entries.filter(|entry| entry.file_name().to_string_lossy().ends_with(".guard")) {
        if let Err(error) = std::fs::remove_dir_all(entry.path()) {
            tracing::warn!(%error, "what a guard left could not be removed");
        }
    }
}
