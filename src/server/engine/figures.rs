//! The figures of an ended run: files and bytes that are there, each file once. rclone's own counters
//! count what it did: a file that it sent twice is two, one whose size it did not know is two, one that it put aside is
//! one more.

use crate::{
    domain::{operation::Operation, run::stats::Stats},
    server::rclone::run::{ending::Ending, transfer::Transfer},
};

/// rclone's statistics with what its log says of each file, where that is whole.
pub(super) fn figures(transfer: &Transfer, stats: Stats, ending: &Ending) -> Stats {
    let Some(report) = &ending.report else { return stats };
    let (counts, tally) = (&report.counts, report.tally);
    // A comparison transfers nothing, whatever it reads.
    if transfer.operation == Operation::Check {
        return Stats {
            bytes: 0,
            total_bytes: 0,
            files: 0,
            total_files: 0,
            skipped: counts.skipped,
            at_least: report.log_truncated,
            ..stats
        };
    }
    let first = report.notes.attempts <= 1;
    let kept = if first && transfer.keeps_existing() { pairs(&stats) } else { 0 };
    let skipped = counts.skipped.saturating_add(kept);
    if report.log_truncated {
        // Of one attempt without a failure rclone counts each file once, and its counters are all there is.
        let exact = first && counts.failed == 0;
        let files = if exact { stats.files } else { tally.files };
        let deletes = if exact { stats.deletes.max(tally.removed) } else { tally.removed };
        let bytes = if exact { stats.bytes } else { tally.bytes };
        return Stats { files, deletes, bytes, skipped, at_least: true, ..stats };
    }
    // A file without a size in the log was sent once, or has not failed before: then rclone's counter is right.
    let (bytes, at_least) = match (tally.unsized_files, first) {
        (0, _) => (tally.bytes, false),
        (_, true) => (stats.bytes, false),
        (_, false) => (tally.bytes, true),
    };
    Stats { bytes, files: tally.files, deletes: tally.removed, skipped, at_least, ..stats }
}

/// Files that were on both sides, as far as rclone's counter tells: what it deleted it counts as compared as well.
pub(super) const fn pairs(stats: &Stats) -> u64 {
    stats.checks.saturating_sub(stats.deletes)
}
