//! How a run ended, as far as rclone's files tell: what the log says, and for a check and a bisync what that means and
//! what to do.

use std::{
    ffi::OsString,
    path::{Path, PathBuf},
};

use super::bisync;
use crate::{
    domain::run::{
        files::{Counts, FileOutcome},
        log::LogLine,
    },
    server::rclone::{
        error::text,
        log::{self, Finish, LogFilter, Report},
        program::spec::RunSpec,
    },
};

/// How many of the last lines tell why a run failed.
const LINES: usize = 200;
/// What to do where nothing is remembered.
const RESYNC: &str = "Run it once with resync: what only one side has is copied to the other, of files that differ the source's stay, and nothing is \
    deleted.";

/// How a run ended.
#[derive(Clone, Debug, Default)]
pub struct Ending {
    /// What the log says in the end, and what it means.
    pub finish: Finish,
    /// What became of its log; `None` where that could not be made.
    pub report: Option<Report>,
}

/// Concludes the log of the run in `dir`, and tells how it ended. What rclone's last word does not tell is found
/// further up.
#[must_use]
pub fn ending(dir: &Path) -> Ending {
    let report = log::conclude(dir)
        .inspect_err(|error| tracing::warn!(%error, "the log of a run could not be concluded; it stays"))
        .ok();
    let mut finish = report.as_ref().map_or_else(|| log::finish(dir), |report| report.finish.clone());
    let counts = report.as_ref().map(|report| report.counts).unwrap_or_default();
    let headline = finish.headline.as_deref().unwrap_or_default();
    let words = if headline.starts_with("Failed to bisync") {
        bisync_words(&lines(dir), dir)
    } else if headline.starts_with("Failed to check") {
        check_words(&lines(dir), &counts)
    } else {
        None
    };
    finish.headline = words.or(finish.headline);
    Ending { finish, report }
}

fn lines(dir: &Path) -> Vec<LogLine> {
    let wanted = LogFilter { limit: LINES, ..LogFilter::default() };
    log::lines(dir, &wanted).map(|log| log.lines).unwrap_or_default()
}

/// What a bisync that failed means.
fn bisync_words(lines: &[LogLine], dir: &Path) -> Option<String> {
    let said =
        |needle: &str| lines.iter().rev().map(|line| line.message.as_str()).find(|message| message.contains(needle));
    if said("cannot find prior Path1 or Path2 listings").is_some() {
        let why = if workdir(dir).is_some_and(|workdir| bisync::is_broken(&workdir)) {
            "An earlier run of this pair broke off, so what both sides had before it is unknown."
        } else {
            "This pair was never synced."
        };
        return Some(format!("{why} {RESYNC}"));
    }
    let side = |message: &str| if message.contains("Path1") { "source" } else { "destination" };
    if let Some(abort) = said("too many deletes (") {
        let counts =
            abort.split_once('(').and_then(|(_, rest)| rest.split_once(')')).map_or("too many", |(counts, _)| counts);
        return Some(format!(
            "Too many files of the {} were deleted since the last run ({counts}). Nothing was changed. If that is right, allow it with max_delete \
             or force.",
            side(abort)
        ));
    }
    if let Some(abort) = said("all files were changed on ") {
        return Some(format!(
            "All files of the {} changed since the last run. Nothing was carried over. If that is right, allow it with force.",
            side(abort)
        ));
    }
    if said("prior lock file found").is_some() {
        return Some("Another bisync of this pair is still running. Wait until it has ended.".to_owned());
    }
    if let Some(empty) = said("Empty current Path") {
        return Some(format!(
            "The {} is empty, which it was not before. Longshore does not treat this as deleted files. Make sure that it is complete; if it should be empty, run it once with resync.",
            side(empty)
        ));
    }
    if said("check file check failed").is_some() {
        let then = if said("Must run --resync").is_some() { " Then run it once with resync." } else { "" };
        return Some(format!(
            "check_access did not find the same check files on both sides. Nothing was changed. Make sure that both are all there.{then}"
        ));
    }
    // Also of a resync, which does not make it.
    if let Some(line) = lines.iter().rev().find(|line| line.message.contains("root directory: directory not found")) {
        let place = line.object.as_deref().map(|place| format!(" ({place})")).unwrap_or_default();
        return Some(format!(
            "A folder of this pair does not exist{place}. Nothing was changed. Create it, then run it once with resync."
        ));
    }
    let critical = said("Bisync critical error: ").and_then(|message| message.split_once("Bisync critical error: "))?;
    let reason = critical.1.lines().next().unwrap_or_default().trim().trim_end_matches('.');
    let remedy = if said("Must run --resync").is_some() { RESYNC } else { "Run it again." };
    Some(format!("It broke off: {reason}. {remedy}"))
}

/// What a check found: `3 differences found: 1 differs, 2 are only in the source.`
fn check_words(lines: &[LogLine], counts: &Counts) -> Option<String> {
    let found =
        lines.iter().rev().find_map(|line| line.message.strip_suffix(" differences found")?.parse::<u64>().ok())?;
    let parts: Vec<_> = [
        (FileOutcome::Differs, "differ on both sides"),
        (FileOutcome::MissingOnDestination, "only in the source"),
        (FileOutcome::MissingOnSource, "only in the destination"),
        (FileOutcome::Failed, "could not be compared"),
    ]
    .into_iter()
    .map(|(outcome, what)| (counts.get(outcome), what))
    .filter(|(count, _)| *count > 0)
    .map(|(count, what): (u64, _)| format!("{count} {what}"))
    .collect();
    if found == 0 && parts.is_empty() {
        // It counts what it compared, and it compared nothing: what kept it from that is the news.
        let is_reason = |line: &&LogLine| {
            line.level == "error"
                && !line.message.ends_with("differences found")
                && !line.message.starts_with("Attempt ")
        };
        let reason = lines.iter().rev().find(is_reason)?;
        return Some(format!("Not everything could be compared. {}", text::explain(&reason.message, &[])));
    }
    let plural = if found == 1 { "difference" } else { "differences" };
    Some(if parts.is_empty() {
        format!("{found} {plural} found.")
    } else {
        format!("{found} {plural} found: {}.", parts.join(", "))
    })
}

/// Where the bisync in `dir` keeps what it remembers.
fn workdir(dir: &Path) -> Option<PathBuf> {
    RunSpec::read(dir)?.workdir.map(|path| OsString::from(path).into())
}

#[cfg(test)]
mod tests;
