//! What became of the runs of an earlier life. Their directories tell; no clock and no process id is trusted.

use std::path::Path;

use super::{Engine, chain, end, run};
use crate::{
    domain::run::RunState,
    server::{
        rclone::shim::{self, Life},
        store::{
            StoreError,
            runs::{self, Unfinished},
        },
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
            requeue(engine, &row).await?;
        } else {
            engine.0.tasks.spawn(run::attach(engine.clone(), row));
        }
    }
    Ok(())
}

/// Puts a run that was never started back into the queue. One that was asked to stop meanwhile ends, with all that an end is.
async fn requeue(engine: &Engine, row: &Unfinished) -> Result<(), StoreError> {
    let next = chain::next(engine, &row.summary, RunState::Cancelled).await?;
    let mut transaction = engine.0.config.store.begin().await?;
    runs::requeue(&mut transaction, &row.summary.id, row.fence, engine.0.config.clock.now()).await?;
    if let Some(stored) = runs::get(&mut transaction, &row.summary.id).await?
        && stored.run.summary.state.is_final()
    {
        end::record_end(&mut transaction, &stored.run.summary).await?;
        chain::queue(&mut transaction, &stored.run.summary, &next).await?;
    }
    transaction.commit().await?;
    tracing::info!(run = %row.summary.id, "was never started; queued again");
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
