//! How a run ended: the one rule by which a run may be called a success.

use super::proof::Proof;
use crate::{
    domain::{
        operation::Operation,
        run::{state::RunState, stats::Stats, warning::RunWarning},
    },
    server::rclone::{
        log::Finish,
        program::exit_code,
        shim::{Exit, signal_name},
    },
};

const STALLED: &str =
    "It made no progress for too long, and was stopped. Check that the remote answers, then run it again.";

const LATE: &str = "Its time limit ran out. Files transferred before that stay.";

/// What is known once a run's processes are gone.
#[derive(Debug, Default)]
pub struct Evidence {
    /// What it did.
    pub operation: Operation,
    /// How rclone ended, when the shim saw it.
    pub exit: Option<Exit>,
    /// What rclone's log says.
    pub finish: Finish,
    /// What was found when rclone was asked once more.
    pub proof: Proof,
    /// Statistics from rclone itself, newer than those in its log: taken just before it was asked to stop, for it
    /// writes none after that, or while its log's disk was full.
    pub at_stop: Option<Stats>,
    /// Whether the disk of its log was full.
    pub log_full: bool,
    /// Whether somebody asked for it to stop.
    pub stop_requested: bool,
    /// Whether it was stopped because it did nothing any more.
    pub stalled: bool,
    /// Until when it had to end, in milliseconds since 1970.
    pub deadline: Option<i64>,
}

/// How a run ended, in our words.
#[derive(Debug, PartialEq, Eq)]
pub struct RunOutcome {
    /// Its final state.
    pub state: RunState,
    /// Why it did not succeed.
    pub error: Option<String>,
    /// What was not done, or not proved, although it ended well.
    pub warnings: Vec<RunWarning>,
    /// What it did.
    pub stats: Stats,
    /// Whether why it failed may pass by itself.
    pub passing: bool,
    /// Whether another attempt would end the same way.
    pub lasting: bool,
}

impl RunOutcome {
    /// An end without figures.
    #[must_use]
    pub fn of(state: RunState, error: Option<String>) -> Self {
        Self { state, error, warnings: Vec::new(), stats: Stats::default(), passing: false, lasting: false }
    }
}

/// rclone says 0, and nobody can read what it did: not a success, and most likely no harm either.
const NO_PROOF: &str = "The disk that holds its log was full: rclone ended well, but its final statistics could not be written, so this cannot be called a success. Make room and run it again: files that are already there are not transferred again.";

/// Success needs an exit code of success, and final statistics, and these without an error, and nothing that was asked
/// for may be left undone or unproved. Nothing else is one.
#[must_use]
pub fn outcome(evidence: Evidence) -> RunOutcome {
    let Evidence { operation, exit, finish, proof, at_stop, log_full, stop_requested, stalled, deadline } = evidence;
    let (state, error) = match exit {
        // The shim that would have seen it was as still as rclone, and had to be killed too.
        None if stalled => (RunState::Stalled, Some(STALLED.to_owned())),
        None => (
            RunState::Interrupted,
            Some("Its processes ended without reporting a result. Run it again to transfer what is missing.".to_owned()),
        ),
        Some(Exit { code, .. }) if exit_code::is_success(code) => match &finish.stats {
            Some(stats) if stats.errors == 0 && (stats.changed() || !operation.writes_destination() && !operation.deletes()) => {
                (RunState::Succeeded, None)
            }
            Some(stats) if stats.errors == 0 => (RunState::NoChange, None),
            Some(stats) => (RunState::Failed, Some(finish.headline.unwrap_or_else(|| format!("rclone counted {} errors.", stats.errors)))),
            None if log_full => (RunState::Failed, Some(NO_PROOF.to_owned())),
            None => (
                RunState::Failed,
                Some("rclone ended well, but its final statistics are not in its log, so this cannot be called a success.".to_owned()),
            ),
        },
        Some(_) if stop_requested => (RunState::Cancelled, None),
        Some(exit) if was_stopped(exit) && stalled => (RunState::Stalled, Some(with_cause(STALLED, finish.cause.as_deref()))),
        // Ended from outside after its limit: that was us. What ends by itself has its own reason.
        Some(exit) if was_stopped(exit) && deadline.is_some_and(|deadline| exit.at >= deadline) => {
            (RunState::TimedOut, Some(with_cause(LATE, finish.cause.as_deref())))
        }
        Some(Exit { signal: Some(signal), .. }) => {
            (RunState::Failed, Some(format!("rclone was killed from outside by {}.", signal_name(signal))))
        }
        Some(Exit { code, .. }) => {
            let full = if log_full { " The disk that holds its log was full." } else { "" };
            (RunState::Failed, Some(finish.headline.unwrap_or_else(|| exit_words(code) + full)))
        }
    };
    let (state, error) = match (state, proof.lost) {
        (_, Some((name, files))) if state.is_good() => (RunState::Failed, Some(lost(&name, files))),
        _ if state.is_good() && !proof.warnings.is_empty() => (RunState::Warning, None),
        _ => (state, error),
    };
    let mut stats = finish.stats.or(at_stop).or(finish.last).unwrap_or_default();
    stats.eta = None;
    RunOutcome { state, error, warnings: proof.warnings, stats, passing: finish.passing, lasting: false }
}

/// What ended it from outside, with what stood in its way, where that is known.
fn with_cause(words: &str, cause: Option<&str>) -> String {
    cause.map_or_else(|| words.to_owned(), |cause| format!("{words} The last error: {cause}"))
}

/// A file that failed is gone, though rclone says that all is well.
fn lost(name: &str, files: u64) -> String {
    let more = if files > 1 { format!(" and {} more", files - 1) } else { String::new() };
    format!(
        "rclone succeeded, but “{name}”{more} failed in an earlier attempt, and is now neither at the source nor at the destination. Look for it \
         at the destination under another name, and restore it."
    )
}

/// Whether rclone ended because it was asked to.
const fn was_stopped(exit: Exit) -> bool {
    exit.signal.is_some() || matches!(exit.code, Some(143))
}

/// rclone's exit codes in words (its documentation, "Exit code"), where its log has none.
fn exit_words(code: Option<i32>) -> String {
    let Some(code) = code else { return "rclone ended without an exit code.".to_owned() };
    let words = match code {
        2 => "it did not understand its command line",
        3 => "a folder was not found",
        4 => "a file was not found",
        5 => "the remote repeatedly did not answer",
        6 => "some files could not be transferred",
        7 => "it met an error that a retry cannot fix",
        8 => "its transfer limit was reached",
        10 => "its time limit was reached",
        130 | 143 => "it was stopped from outside",
        _ => "its log says why",
    };
    format!("rclone exited with code {code}: {words}.")
}

#[cfg(test)]
mod tests;
