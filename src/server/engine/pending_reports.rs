//! Logs of ended runs that have no report yet, because a disk was full or broken: their reports are made as soon as
//! possible.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::atomic::Ordering,
    time::Duration,
};

use tokio::task::spawn_blocking;

use crate::{
    domain::id::RunId,
    server::{
        rclone::{log, program::run_dir},
        store::{StoreError, runs},
    },
};

use super::{Engine, run_dir};

/// How soon a log that could not be concluded is tried again.
const RETRY_DELAY: Duration = Duration::from_secs(600);

/// Looks for such logs at the start, and again while one is known to be left. Returns when the engine closes.
pub(super) async fn work(engine: Engine) {
    loop {
        if engine.0.unread.swap(false, Ordering::Relaxed) {
            match conclude(&engine).await {
                Ok(true) => {}
                Ok(false) => engine.0.unread.store(true, Ordering::Relaxed),
                Err(error) => {
                    tracing::warn!(%error, "the logs that are left could not be looked for");
                    engine.0.unread.store(true, Ordering::Relaxed);
                }
            }
        }
        tokio::select! {
            () = engine.0.closing.cancelled() => return,
            () = tokio::time::sleep(RETRY_DELAY) => {}
        }
    }
}

/// Concludes what is left, one after the other. Whether nothing is left now.
async fn conclude(engine: &Engine) -> Result<bool, StoreError> {
    let runs_dir = engine.0.config.runs_dir.clone();
    let mut all = true;
    for dir in spawn_blocking(move || unread(&runs_dir)).await.unwrap_or_default() {
        if engine.0.closing.is_cancelled() {
            return Ok(false);
        }
        if !has_ended(engine, &dir).await? {
            continue;
        }
        let concluded = spawn_blocking({
            let dir = dir.clone();
            move || log::conclude(&dir)
        });
        match concluded.await {
            Ok(Ok(_)) => tracing::info!(dir = %dir.display(), "a log that was left is concluded"),
            Ok(Err(error)) => {
                tracing::warn!(dir = %dir.display(), %error, "the log of a run could still not be concluded");
                all = false;
            }
            // It panicked, and would again.
            Err(_) => {}
        }
    }
    Ok(all)
}

/// The folders of attempts whose log is still what rclone writes: a report has one of its own.
fn unread(runs_dir: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(runs_dir).into_iter().flatten().flatten();
    entries.map(|entry| entry.path()).filter(|dir| is_unread(dir)).collect()
}

/// Whether the log in this folder was not concluded.
fn is_unread(dir: &Path) -> bool {
    dir.join(run_dir::LOG).exists()
}

/// Notes it when the log of an attempt that has ended is left.
pub(super) fn note(engine: &Engine, dir: &Path) {
    if is_unread(dir) {
        engine.0.unread.store(true, Ordering::Relaxed);
    }
}

/// Whether this is the folder of an attempt that nobody watches any more.
async fn has_ended(engine: &Engine, dir: &Path) -> Result<bool, StoreError> {
    let name = dir.file_name().unwrap_or_default().to_string_lossy();
    let Some((Ok(id), Ok(fence))) = name.split_once('.').map(|(id, fence)| (id.parse::<RunId>(), fence.parse::<i64>()))
    else {
        return Ok(false);
    };
    if run_dir(&engine.0.config.runs_dir, &id, fence) != dir {
        return Ok(false);
    }
    let stored = runs::get(&mut *engine.0.config.store.acquire().await?, &id).await?;
    // An earlier attempt of a run that is tried again has ended as well.
    Ok(stored.is_some_and(|stored| stored.run.summary.state.is_final() || stored.fence > fence))
}
