//! Files that a transfer by checksum left as they were because they are the same size, and of which a provider has no
//! checksum.

use std::{collections::HashSet, path::Path, time::Duration};

use tokio::task::spawn_blocking;

use super::Engine;
use crate::{
    domain::{operation::Operation, run::files::FileOutcome},
    server::rclone::{
        error::RcloneError,
        log,
        run::{compare::Side, transfer::Transfer},
    },
};

/// How long rclone may say nothing while it lists.
const PATIENCE: Duration = Duration::from_secs(60);

/// How many there are; `None` where that is unknown. What a move took from its source cannot be asked any more.
pub(super) async fn count(engine: &Engine, transfer: &Transfer, dir: &Path, sides: &(Side, Side)) -> Option<u64> {
    let names = match unhashed(engine, transfer, sides).await {
        Ok(names) if names.is_empty() => return Some(0),
        Ok(names) => names,
        Err(error) => {
            tracing::debug!(%error, "files without a checksum could not be counted");
            return None;
        }
    };
    let (dir, moves) = (dir.to_owned(), transfer.operation == Operation::Move);
    let left = spawn_blocking(move || if moves { deleted(&dir, &names) } else { untouched(&dir, names) }).await.ok()?;
    left.inspect_err(|error| tracing::debug!(%error, "files without a checksum could not be counted")).ok()
}

/// The files that are on both sides now, and have no checksum on one that is not read to tell it.
async fn unhashed(
    engine: &Engine,
    transfer: &Transfer,
    (here, there): &(Side, Side),
) -> Result<HashSet<String>, RcloneError> {
    let (rclone, options) = (&engine.0.config.rclone, &transfer.options);
    let (here, there) = (&here.abilities, &there.abilities);
    let Some(kind) = here.checksums.iter().find(|kind| there.checksums.contains(kind)) else {
        return Ok(HashSet::new());
    };
    let Some(destination) = &transfer.destination else { return Ok(HashSet::new()) };
    let mut names = HashSet::new();
    if !there.slow_checksums {
        names = rclone.unhashed(destination, options, kind, PATIENCE).await?;
        if transfer.operation == Operation::Copy && !names.is_empty() {
            // A copy leaves alone what only the destination has.
            names = rclone.among(&transfer.source, options, &names, PATIENCE).await?;
        }
    }
    if !here.slow_checksums && transfer.operation != Operation::Move {
        names.extend(rclone.unhashed(&transfer.source, options, kind, PATIENCE).await?);
    }
    Ok(names)
}

/// How many of these the run neither wrote nor left out.
fn untouched(dir: &Path, mut names: HashSet<String>) -> std::io::Result<u64> {
    for outcome in
        [FileOutcome::Copied, FileOutcome::Updated, FileOutcome::Renamed, FileOutcome::Failed, FileOutcome::Skipped]
    {
        log::each_name(dir, outcome, |name| {
            names.remove(&name);
        })?;
    }
    Ok(names.len() as u64)
}

/// How many of these the run only deleted at the source.
fn deleted(dir: &Path, names: &HashSet<String>) -> std::io::Result<u64> {
    let mut count = 0;
    log::each_name(dir, FileOutcome::Deleted, |name| count += u64::from(names.contains(&name)))?;
    Ok(count)
}
