//! Where a run really reads and writes, and its digest: the base of "one writer per destination", and of approvals that
//! hold for exactly one run.

use sha2::{Digest as _, Sha256};

use crate::{
    domain::{location::Location, operation::Operation, transfer::TransferOptions},
    server::{
        locations::{Asked, Checked, Places},
        store::runs::{PathLock, Task},
    },
};

/// A run's places, to be checked again.
#[must_use]
pub fn asked(task: &Task) -> Asked {
    let (source, destination) = (task.source.to_string(), task.destination.as_ref().map(Location::to_string));
    Asked { operation: task.operation, source, destination, backup_dir: task.options.backup_dir.clone() }
}

/// Everything that a transfer reads and writes: through aliases, wrappers and links, to where it lies.
#[must_use]
pub fn of(places: &Places, operation: Operation, dry_run: bool) -> Vec<PathLock> {
    let used: [(Option<&Checked>, bool); 3] = [
        (Some(&places.source), operation.writes_source()),
        (places.destination.as_ref(), operation.writes_destination()),
        (places.backup_dir.as_ref(), true),
    ];
    let used = used.into_iter().filter_map(|(checked, writes)| Some((checked?, writes && !dry_run)));
    let mut all: Vec<_> = used
        .flat_map(|(checked, writes)| {
            checked.keys().into_iter().map(move |key| PathLock { key: key.key, writes, remote: key.remote })
        })
        .collect();
    all.sort();
    all.dedup();
    all
}

/// What was asked for, as a digest: operation, places and all options that change what is done. How quickly it is done
/// does not count.
#[must_use]
pub fn spec(task: &Task, places: &[PathLock]) -> String {
    let backup_dir = task
        .options
        .backup_dir
        .as_deref()
        .map(|text| Location::parse(text).map_or_else(|_| text.to_owned(), |it| it.canonical()));
    let options = TransferOptions {
        dry_run: false,
        bwlimit: None,
        transfers: None,
        checkers: None,
        max_delete: None,
        backup_dir,
        ..task.options.clone()
    };
    let (source, destination) = (task.source.canonical(), task.destination.as_ref().map(Location::canonical));
    let keys: Vec<_> = places.iter().map(|place| &place.key).collect();
    let text = serde_json::json!([task.operation, source, destination, options, task.retry_of, keys]);
    digest(&text.to_string())
}

/// A digest as text.
#[must_use]
pub fn digest(text: &str) -> String {
    Sha256::digest(text.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
}
