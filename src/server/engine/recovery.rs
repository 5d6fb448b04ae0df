//! Recovery: what became of the runs of an earlier console. It reads their directories, and trusts no clock and no
//! process id.

use std::path::Path;

use super::{Engine, followers, places, run};
use crate::{
    domain::{location::Location, run::state::RunState},
    server::{
        locations::Asked,
        rclone::shim::{self, Life},
        store::{
            StoreError,
            runs::{self, Requeued, Unfinished},
        },
    },
};

/// Every run that was claimed and has not ended: never spawned, so it is queued again; or spawned, so it is watched
/// again, and the watch finds out whether it lives, how it ended, or that nobody knows.
pub(super) async fn recover(engine: &Engine) -> Result<(), StoreError> {
    let runs_dir = engine.0.config.runs_dir.clone();
    let _ = tokio::task::spawn_blocking(move || sweep(&runs_dir)).await;
    let mut reader = engine.0.config.store.acquire().await?;
    let unfinished = runs::unfinished(&mut reader).await?;
    drop(reader);
    for row in &unfinished {
        note_places(engine, row).await?;
    }
    for row in unfinished.into_iter().filter(|row| row.summary.state != RunState::Queued) {
        let dir = engine.run_dir(&row.summary.id, row.fence);
        if matches!(shim::inspect(&dir), Life::Absent) {
            requeue(engine, &row).await?;
        } else {
            let name = format!("run {}", row.summary.id);
            engine.0.config.tasks.spawn(name, run::attach(engine.clone(), row));
        }
    }
    Ok(())
}

/// Notes anew what a run uses: an earlier version may have written it otherwise. What cannot be resolved now is looked
/// at when the run begins.
async fn note_places(engine: &Engine, row: &Unfinished) -> Result<(), StoreError> {
    let run = &row.summary;
    let (source, destination) = (run.source.to_string(), run.destination.as_ref().map(Location::to_string));
    let asked = Asked { operation: run.operation, source, destination, backup_dir: row.options.backup_dir.clone() };
    let Ok(checked) = engine.0.config.locations.transfer(asked).await else { return Ok(()) };
    let now = places::of(&checked, run.operation, row.options.dry_run);
    let mut transaction = engine.0.config.store.begin().await?;
    runs::replace_places(&mut transaction, &run.id, &now).await?;
    transaction.commit().await
}

/// Puts a run that was never started back into the queue. One that was asked to stop meanwhile ends, with all that an
/// end is.
async fn requeue(engine: &Engine, row: &Unfinished) -> Result<(), StoreError> {
    let followers = followers::find(engine, &row.summary, RunState::Cancelled).await?;
    let mut transaction = engine.0.config.store.begin().await?;
    let now = engine.0.config.clock.now();
    let changed = match runs::requeue(&mut transaction, &row.summary.id, row.fence, now).await? {
        Some(Requeued::Cancelled(ended)) => engine.conclude(&mut transaction, ended, &followers).await?,
        Some(Requeued::Queued) => {
            tracing::info!(run = %row.summary.id, "run was never started; queued again");
            Vec::new()
        }
        None => Vec::new(),
    };
    transaction.commit().await?;
    engine.publish(changed);
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
