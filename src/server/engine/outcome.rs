//! How a run ended: the one rule by which a run may be called a success.

use super::proof::Proof;
use crate::{
    domain::{
        operation::Operation,
        run::{state::RunState, stats::Stats, warning::RunWarning},
    },
    server::rclone::{
        log::Finish,
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
const NO_PROOF: &str = "The disk that holds its log was full: rclone exited with 0, but its final statistics could not be written, so this cannot be called a success. Make room and run it again: files that are already there are not transferred again.";

/// Success needs exit code 0, and final statistics, and these without an error, and nothing that was asked for may be
/// left undone or unproved. Nothing else is one.
#[must_use]
pub fn outcome(evidence: Evidence) -> RunOutcome {
    let Evidence { operation, exit, finish, proof, at_stop, log_full, stop_requested, stalled, deadline } = evidence;
    let (state, error) = match exit {
        // The shim that would have seen it was as still as rclone, and had to be killed too.
        None if stalled => (RunState::Stalled, Some(STALLED.to_owned())),
        None => (
            RunState::Interrupted,
            Some("Its processes are gone without reporting a result. Run it again to transfer what is missing.".to_owned()),
        ),
        Some(Exit { code: Some(0), .. }) => match &finish.stats {
            Some(stats) if stats.errors == 0 && (stats.changed() || !operation.writes_destination() && !operation.deletes()) => {
                (RunState::Succeeded, None)
            }
            Some(stats) if stats.errors == 0 => (RunState::NoChange, None),
            Some(stats) => (RunState::Failed, Some(finish.headline.unwrap_or_else(|| format!("rclone counted {} errors.", stats.errors)))),
            None if log_full => (RunState::Failed, Some(NO_PROOF.to_owned())),
            None => (
                RunState::Failed,
                Some("rclone exited with 0, but its final statistics are not in its log, so this cannot be called a success.".to_owned()),
            ),
        },
        // Exit code 9 is "nothing was transferred", only with `--error-on-no-transfer`.
        Some(Exit { code: Some(9), .. }) if finish.stats.as_ref().is_some_and(|stats| stats.errors == 0 && !stats.changed()) => {
            (RunState::NoChange, None)
        }
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
mod tests {
    use super::*;

    fn evidence(code: Option<i32>, signal: Option<i32>, stats: Option<u64>, stop_requested: bool) -> Evidence {
        let finish =
            Finish { stats: stats.map(|errors| Stats { errors, files: 1, ..Stats::default() }), ..Finish::default() };
        Evidence {
            exit: Some(Exit { code, signal, at: 0, full: false }),
            finish,
            stop_requested,
            ..Evidence::default()
        }
    }

    #[test]
    fn only_zero_with_final_statistics_without_errors_is_a_success() {
        for code in 0..=255 {
            for stats in [None, Some(0), Some(1)] {
                for stop in [false, true] {
                    let state = outcome(evidence(Some(code), None, stats, stop)).state;
                    assert_eq!(state == RunState::Succeeded, code == 0 && stats == Some(0), "{code} {stats:?} {stop}");
                }
            }
        }
    }

    #[test]
    fn a_full_disk_of_the_log_is_named_and_its_last_figures_are_those_of_rclone_itself() {
        let full = |code| {
            let finish = Finish { last: Some(Stats { files: 3, ..Stats::default() }), ..Finish::default() };
            let at_stop = Some(Stats { files: 7, ..Stats::default() });
            outcome(Evidence { log_full: true, finish, at_stop, ..evidence(Some(code), None, None, false) })
        };
        for code in [0, 1] {
            let outcome = full(code);
            assert_eq!((outcome.state, outcome.stats.files), (RunState::Failed, 7));
            assert!(outcome.error.expect("words").contains("disk that holds its log was full"), "{code}");
        }
        assert_eq!(
            outcome(Evidence { log_full: true, ..evidence(Some(0), None, Some(0), false) }).state,
            RunState::Succeeded,
            "it is proved"
        );
    }

    #[test]
    fn what_found_nothing_to_do_says_so_and_is_no_failure() {
        let of = |code, stats: Stats| {
            let evidence = evidence(Some(code), None, None, false);
            outcome(Evidence { finish: Finish { stats: Some(stats), ..Finish::default() }, ..evidence }).state
        };
        assert_eq!(of(0, Stats { checks: 7, listed: 9, ..Stats::default() }), RunState::NoChange);
        assert_eq!(of(9, Stats { checks: 7, ..Stats::default() }), RunState::NoChange);
        assert_eq!(of(9, Stats { errors: 1, ..Stats::default() }), RunState::Failed);
        for stats in [
            Stats { deletes: 1, ..Stats::default() },
            Stats { renames: 1, ..Stats::default() },
            Stats { deleted_dirs: 1, ..Stats::default() },
        ] {
            assert_eq!(of(0, stats), RunState::Succeeded);
        }
    }

    #[test]
    fn what_did_nothing_for_too_long_is_stalled_unless_it_ended_by_itself() {
        let of = |code| outcome(Evidence { stalled: true, ..evidence(Some(code), None, Some(0), false) }).state;
        assert_eq!((of(143), of(0), of(3)), (RunState::Stalled, RunState::Succeeded, RunState::Failed));
        assert_eq!(outcome(Evidence { stalled: true, ..Evidence::default() }).state, RunState::Stalled);
    }

    #[test]
    fn a_signal_is_named_unless_a_person_asked_for_it() {
        let killed = outcome(evidence(None, Some(9), None, false));
        assert_eq!(killed.state, RunState::Failed);
        assert!(killed.error.expect("a reason").contains("SIGKILL"));
        assert_eq!(outcome(evidence(None, Some(9), None, true)).state, RunState::Cancelled);
        assert_eq!(outcome(evidence(Some(143), None, None, true)).state, RunState::Cancelled);
        assert_eq!(outcome(evidence(Some(143), None, None, false)).state, RunState::Failed);
    }

    #[test]
    fn a_limit_counts_only_when_it_ended_the_run() {
        let ended = |code, at, deadline| {
            let mut evidence = evidence(Some(code), None, Some(0), false);
            (evidence.exit, evidence.deadline) =
                (Some(Exit { code: Some(code), signal: None, at, full: false }), Some(deadline));
            outcome(evidence).state
        };
        assert_eq!(ended(143, 1000, 1000), RunState::TimedOut);
        assert_eq!(ended(143, 999, 1000), RunState::Failed);
        assert_eq!(ended(0, 1001, 1000), RunState::Succeeded);
        assert_eq!(ended(3, 1001, 1000), RunState::Failed);
    }

    #[test]
    fn what_nobody_saw_is_interrupted_and_keeps_the_last_figures() {
        let last = Stats { bytes: 4000, elapsed_ms: 2000, eta: Some(5), ..Stats::default() };
        let finish = Finish { last: Some(last), ..Finish::default() };
        let outcome = outcome(Evidence { finish, ..Evidence::default() });
        assert_eq!(outcome.state, RunState::Interrupted);
        let stats = outcome.stats.at_the_end(outcome.state);
        assert_eq!((stats.bytes, stats.speed, stats.eta), (4000, 2000, None));
    }
}
