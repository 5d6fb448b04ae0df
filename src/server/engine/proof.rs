//! Checks after rclone reported a success: whether the files that failed in between are there,
//! whether there was anything to see, and whether what was compared proves what was asked for.

use std::{collections::BTreeSet, path::Path, time::Duration};

use tokio::{task::spawn_blocking, time::timeout};

use super::{Engine, figures::pairs, unhashed};
use crate::{
    domain::{
        comparison::ComparesBy,
        location::Location,
        operation::Operation,
        run::{
            stats::Stats,
            warning::{Lack, RunWarning},
        },
    },
    server::rclone::{
        error::RcloneError,
        log::{self, Report, UNCONFIRMED},
        run::{compare::compares_by, ending::Ending, transfer::Transfer},
    },
};

/// How long to count the files of a source of which a run took none.
const COUNT: Duration = Duration::from_secs(60);
/// How long to look for files that failed in between, all together.
const SEARCH_LIMIT: Duration = Duration::from_secs(120);

/// What was found.
#[derive(Debug, Default)]
pub(super) struct Proof {
    /// What was not done, or not proved.
    pub warnings: Vec<RunWarning>,
    /// Files that are neither where they were nor where they were to go: the first of them by name, and how many.
    pub lost: Option<(String, u64)>,
}

/// Looks. Changes nothing but the list of what failed: what is there has not.
pub(super) async fn prove(engine: &Engine, transfer: &Transfer, dir: &Path, ending: &mut Ending, part: bool) -> Proof {
    let mut proof = Proof::default();
    let (Some(report), Some(stats)) = (&mut ending.report, &ending.finish.stats) else { return proof };
    proof.warnings.extend(said(report));
    proof.warnings.extend(unlisted(engine, transfer, report).await);
    proof.warnings.extend(overwritten(engine, transfer, report).await);
    if stats.errors == 0 {
        confirm(engine, transfer, dir, report, &mut proof).await;
        proof.warnings.extend(compared(engine, transfer, dir, stats, report).await);
        if !part && saw_nothing(transfer.operation, stats, report) {
            proof.warnings.extend(nothing(engine, transfer).await);
        }
    } else if transfer.operation == Operation::Check {
        // It found differences; what it did not compare may hold more.
        proof.warnings.extend(compared(engine, transfer, dir, stats, report).await);
    }
    proof
}

/// What rclone said itself.
fn said(report: &Report) -> Vec<RunWarning> {
    let notes = &report.notes;
    let undecrypted = (notes.undecrypted > 0).then(|| RunWarning::names_not_decrypted(notes.undecrypted));
    let duplicates = (!notes.duplicates.is_empty()).then(|| RunWarning::duplicates(notes.duplicates));
    let ignored = notes.ignored.iter().map(|(option, why)| RunWarning::option_ignored(option, why));
    undecrypted.into_iter().chain(duplicates).chain(ignored).collect()
}

/// What rclone left out because it could not list the folder that it lies in, counted.
async fn unlisted(engine: &Engine, transfer: &Transfer, report: &Report) -> Option<RunWarning> {
    let folders = &report.notes.unlisted;
    if folders.is_empty() {
        return None;
    }
    let rclone = &engine.0.config.rclone;
    let count = async |side: &Location| {
        let counted = rclone.unlisted(side, folders, COUNT).await;
        counted.inspect_err(|error| tracing::debug!(%error, "what was left out could not be counted")).ok()
    };
    let source = count(&transfer.source).await;
    let destination = match &transfer.destination {
        Some(destination) => count(destination).await,
        None => None,
    };
    // Folders alone lie there.
    let nothing = source == Some(0) && (transfer.destination.is_none() || destination == Some(0));
    (!nothing).then(|| RunWarning::names_left_out(folders, source, destination))
}

/// Files that lie under one name at a destination which makes one slash of two. Each pair is one file there.
async fn overwritten(engine: &Engine, transfer: &Transfer, report: &mut Report) -> Option<RunWarning> {
    let files = report.notes.slashes;
    let destination = transfer.destination.as_ref().filter(|_| files > 0)?;
    let side = engine.0.config.rclone.side(destination).await.ok()?;
    side.abilities.empty_folders.then(|| {
        report.tally.files = report.tally.files.saturating_sub(files);
        RunWarning::overwritten(files)
    })
}

/// Where a file is now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Now {
    /// Where it was to be, as it was to be.
    Done,
    /// Neither where it was nor where it was to go.
    Lost,
    /// Nobody can tell.
    Unknown,
}

/// Looks for the files that failed in between. rclone says nothing of a file that is the same on both sides, and
/// nothing of one that is gone.
async fn confirm(engine: &Engine, transfer: &Transfer, dir: &Path, report: &mut Report, proof: &mut Proof) {
    if report.counts.failed == 0 || transfer.operation == Operation::Check {
        return;
    }
    let (mut done, mut lost) = (BTreeSet::new(), Vec::new());
    let look = async {
        for name in &report.unconfirmed {
            match now(engine, transfer, name).await {
                Ok(Now::Done) => drop(done.insert(name.clone())),
                Ok(Now::Lost) => lost.push(name.clone()),
                Ok(Now::Unknown) => {}
                Err(error) => tracing::debug!(%error, "a file that failed in between could not be looked for"),
            }
        }
    };
    let _ = timeout(SEARCH_LIMIT, look).await;
    if !done.is_empty() {
        let (dir, cleared) = (dir.to_owned(), done.clone());
        match spawn_blocking(move || log::clear(&dir, &cleared)).await {
            Ok(Ok(())) => report.counts.failed = report.counts.failed.saturating_sub(done.len() as u64),
            Ok(Err(error)) => tracing::warn!(%error, "the list of failed files could not be written anew"),
            Err(error) => tracing::warn!(%error, "the list of failed files could not be written anew"),
        }
    }
    if let Some(first) = lost.first() {
        proof.lost = Some((first.clone(), lost.len() as u64));
    } else if report.counts.failed > 0 {
        proof.warnings.push(RunWarning::not_confirmed(report.counts.failed));
    }
    debug_assert!(report.unconfirmed.len() <= UNCONFIRMED);
}

async fn now(engine: &Engine, transfer: &Transfer, name: &str) -> Result<Now, RcloneError> {
    let rclone = &engine.0.config.rclone;
    let mut here = rclone.find(&transfer.source, name).await;
    // The source may be the file itself.
    if let (Err(_) | Ok(None), Some(folder)) = (&here, transfer.source.parent())
        && transfer.source.segments().last() == Some(&name)
    {
        here = rclone.find(&folder, name).await;
    }
    let here = here?;
    let Some(destination) = &transfer.destination else {
        return Ok(if here.is_none() { Now::Done } else { Now::Unknown });
    };
    let there = rclone.find(destination, name).await?;
    Ok(match (transfer.operation, here, there) {
        (Operation::Move, None, Some(_)) => Now::Done,
        (Operation::Move, None, None) => Now::Lost,
        (Operation::Move, ..) => Now::Unknown,
        // Not touched by an attempt that was whole, and the same size: it was equal.
        (_, Some(here), Some(there))
            if here.is_dir == there.is_dir
                && (here.size == there.size || here.size.is_none() || there.size.is_none()) =>
        {
            Now::Done
        }
        // A sync, or a bisync, that was to delete it.
        (Operation::Sync | Operation::Bisync, None, None) => Now::Done,
        _ => Now::Unknown,
    })
}

/// What was compared by less than was asked for, or than is needed to see every change.
async fn compared(
    engine: &Engine,
    transfer: &Transfer,
    dir: &Path,
    stats: &Stats,
    report: &Report,
) -> Option<RunWarning> {
    let (operation, notes) = (transfer.operation, &report.notes);
    let rclone = &engine.0.config.rclone;
    let destination = transfer.destination.as_ref()?;
    let left = left_equal(transfer, stats, report);
    let told = notes.unchecked > 0 || notes.no_checksum || notes.no_times;
    if !told && (left == Some(0) || operation == Operation::Check) {
        return None;
    }
    let sides = async { Ok::<_, RcloneError>((rclone.side(&transfer.source).await?, rclone.side(destination).await?)) };
    let known =
        sides.await.inspect_err(|error| tracing::debug!(%error, "what the sides can compare could not be asked"));
    let known = known.ok();
    let by =
        known.as_ref().and_then(|(source, destination)| compares_by(operation, &transfer.options, source, destination));
    let lack = by.as_ref().and_then(|(_, lack)| lack.clone());
    if notes.unchecked > 0 {
        let lack = lack.unwrap_or(Lack::MissingChecksums);
        return Some(RunWarning::compared_by_size(
            operation,
            Some(notes.unchecked),
            Some(report.counts.matched),
            &lack,
        ));
    }
    if notes.no_checksum {
        return Some(RunWarning::compared_by_size(operation, left, None, &lack.unwrap_or(Lack::NoCommonChecksum)));
    }
    match by? {
        (ComparesBy::Size, Some(lack)) => Some(RunWarning::compared_by_size(operation, left, None, &lack)),
        (ComparesBy::Checksum, _) if !matches!(operation, Operation::Check | Operation::Bisync) => {
            let files = timeout(SEARCH_LIMIT, unhashed::count(engine, transfer, dir, &known?)).await.ok()??;
            (files > 0).then(|| RunWarning::compared_by_size(operation, Some(files), left, &Lack::MissingChecksums))
        }
        _ => None,
    }
}

/// How many files a transfer left as they were because they seemed equal. `None` where nobody knows: after a second
/// attempt rclone's counter holds both, and what is put aside is counted as well.
fn left_equal(transfer: &Transfer, stats: &Stats, report: &Report) -> Option<u64> {
    if stats.checks == 0 {
        return Some(0);
    }
    match transfer.operation {
        Operation::Delete => Some(0),
        // Of a move what seemed equal was deleted where it was.
        Operation::Move => Some(report.counts.deleted),
        Operation::Copy | Operation::Sync if transfer.options.backup_dir.is_none() => {
            let equal = pairs(stats).saturating_sub(report.counts.updated);
            // Each later attempt compares what the earlier ones wrote.
            let own = report.tally.files.saturating_mul(u64::from(report.notes.attempts.saturating_sub(1)));
            if report.notes.attempts <= 1 || equal <= own { Some(equal.saturating_sub(own)) } else { None }
        }
        _ => None,
    }
}

/// Whether a run saw no file of its source.
fn saw_nothing(operation: Operation, stats: &Stats, report: &Report) -> bool {
    let counts = &report.counts;
    let touched = report.tally.files + counts.failed + counts.skipped + counts.renamed + counts.deleted;
    match operation {
        Operation::Bisync => false,
        Operation::Check => {
            counts.matched + counts.differs + counts.missing_on_destination + counts.failed + counts.skipped == 0
        }
        Operation::Delete => touched == 0,
        Operation::Copy | Operation::Sync | Operation::Move => touched == 0 && pairs(stats) == 0,
    }
}

/// Why a run saw nothing.
async fn nothing(engine: &Engine, transfer: &Transfer) -> Option<RunWarning> {
    let rclone = &engine.0.config.rclone;
    let files = match rclone.size(&transfer.source, COUNT).await {
        Ok(size) => size.objects,
        Err(RcloneError::NotFound) => 0,
        Err(error) => {
            tracing::debug!(%error, "what a run saw nothing of could not be counted");
            return None;
        }
    };
    if files > 0 {
        // That no file is old enough today is what a job that cleans up mostly finds.
        return transfer.is_filtered().then(|| RunWarning::nothing_matched(files));
    }
    let is_there = rclone.side(&transfer.source).await.is_ok_and(|side| side.abilities.empty_folders);
    // An inbox that was emptied, or was before.
    (!is_there || !transfer.operation.writes_source()).then(|| RunWarning::source_empty(is_there))
}
