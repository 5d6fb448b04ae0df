//! What the guards saw and what to do about it, in words.

use super::report::{GuardReason, GuardReport};
use crate::domain::{format, operation::Operation};

impl GuardReport {
    /// Why the run was stopped and what to do. Empty when it was not.
    #[must_use]
    pub fn explanation(&self) -> String {
        self.sentences("Nothing was changed. ")
    }

    /// The same where it is clear that nothing was changed.
    #[must_use]
    pub fn short_explanation(&self) -> String {
        self.sentences("")
    }

    /// The same for a page that has a button for each thing to do.
    #[must_use]
    pub fn page_explanation(&self) -> String {
        match (self.reason, self.operation) {
            (Some(GuardReason::DeleteBudget), Some(operation)) => counted(operation, self),
            _ => self.short_explanation(),
        }
    }

    fn sentences(&self, outcome: &str) -> String {
        match self.reason {
            None => String::new(),
            Some(GuardReason::NotAllowed) => {
                self.denied.clone().unwrap_or_else(|| format!("It is no longer allowed. {outcome}").trim().to_owned())
            }
            Some(reason) => format!("{} {outcome}{}", self.finding(reason), self.advice(reason)),
        }
    }

    /// What the guard saw.
    fn finding(&self, reason: GuardReason) -> String {
        let count = |n: Option<u64>| format::plural(n.unwrap_or(0), "file", "files");
        match reason {
            GuardReason::SourceMissing => "The source does not exist.".to_owned(),
            GuardReason::SourceEmptyOrMissing => "The source is empty or does not exist.".to_owned(),
            GuardReason::SourceIsFile => "The source is a file, not a folder.".to_owned(),
            GuardReason::DestinationMissing => "The destination does not exist.".to_owned(),
            GuardReason::DestinationEmptyOrMissing => "The destination is empty or does not exist.".to_owned(),
            GuardReason::DestinationIsFile => "The destination is a file, not a folder.".to_owned(),
            GuardReason::SourceEmpty => {
                format!("The source is empty, so the sync would delete {} of the destination.", count(self.deletes))
            }
            GuardReason::SourceShrunk => format!(
                "The source holds {}; {} it held {}.",
                count(self.source_files),
                if self.last_source_files >= self.most_source_files {
                    "at the last good run"
                } else {
                    "in the last 28 days"
                },
                format::count(self.held().unwrap_or(0))
            ),
            GuardReason::LeftOut => format!(
                "The sync would delete {} at the destination that {} still in the source, and only left out there: by \
                 a filter, or because a link leads there.",
                count(self.left_out),
                if self.left_out == Some(1) { "is" } else { "are" },
            ),
            GuardReason::SentinelMissing => format!(
                "The file “{}” is not in the source: this may be the wrong disk.",
                self.sentinel.as_deref().unwrap_or_default()
            ),
            GuardReason::DeleteBudget if let Some(operation) = self.operation => counted(operation, self),
            GuardReason::DeleteBudget => format!(
                "The sync would delete {} of {} at the destination; the limit is {}.",
                count(self.deletes),
                format::count(self.destination_files.unwrap_or(0)),
                format::count(self.budget.unwrap_or(0))
            ),
            GuardReason::NotAllowed => String::new(),
            GuardReason::Unreadable => "Longshore could not find out what would change.".to_owned(),
        }
    }

    /// What to do.
    fn advice(&self, reason: GuardReason) -> String {
        let advice = match reason {
            GuardReason::SourceMissing => {
                "Check that its disk is mounted and its path is right, then run it again. A provider without folders, \
                 such as S3, cannot tell an empty folder from a missing one: if it is empty, allow an empty source."
            }
            GuardReason::SourceEmptyOrMissing => "Check its path. To sync from an empty source, allow it.",
            GuardReason::SourceIsFile => "Choose the folder that holds it.",
            GuardReason::DestinationMissing => "Check its path, and that its disk is mounted. Then run it again.",
            GuardReason::DestinationEmptyOrMissing => "Check its path.",
            GuardReason::DestinationIsFile => "Choose a folder.",
            GuardReason::SourceEmpty => {
                "Check that the source’s disk is mounted. If this is intended, preview and approve it."
            }
            GuardReason::SourceShrunk => {
                "Check that the source is complete. If this is intended, preview and approve it."
            }
            GuardReason::LeftOut if self.left_out == Some(1) => {
                "Exclude it by name, which holds on both sides. If it is to be deleted, preview and approve it, or \
                 allow it in the guards."
            }
            GuardReason::LeftOut => {
                "Exclude them by name, which holds on both sides. If they are to be deleted, preview and approve it, \
                 or allow it in the guards."
            }
            GuardReason::SentinelMissing => "Mount the right one, or remove the sentinel.",
            GuardReason::DeleteBudget if let Some(operation) = self.operation => return permissions(operation),
            GuardReason::DeleteBudget => {
                "Preview it to see which. If this is intended, approve the preview, or raise the limit."
            }
            GuardReason::NotAllowed => "",
            GuardReason::Unreadable => "Run it again.",
        };
        advice.to_owned()
    }
}

/// How many files a delete or a move would remove, and how many it may.
fn counted(operation: Operation, report: &GuardReport) -> String {
    let (would, may, place) = match operation {
        Operation::Move => ("take away", "taken", "in the source"),
        _ => ("delete", "deleted", "there"),
    };
    let what = operation.as_str();
    match (report.deletes, report.source_files) {
        (Some(deletes), Some(all)) => format!(
            "The {what} would {would} {} of {} {place}; {} may be {may} without asking.",
            format::plural(deletes, "file", "files"),
            format::count(all),
            format::count(report.budget.unwrap_or(0))
        ),
        _ => {
            let why = report.uncounted.as_deref().unwrap_or("nobody could tell");
            format!("How many files the {what} would {would} could not be counted: {}.", why.trim_end_matches('.'))
        }
    }
}

/// What permits a delete or a move to go beyond its budget.
fn permissions(operation: Operation) -> String {
    let path = if operation == Operation::Move { "the destination" } else { "the path" };
    format!(
        "If this is intended, send the same request again with `confirm` set to {path}. Or preview it (`dry_run`) and \
         approve the preview, or allow its job or token to do this without asking (`may_delete`)."
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_guard_says_what_it_saw() {
        let report = GuardReport {
            reason: Some(GuardReason::DeleteBudget),
            deletes: Some(3212),
            destination_files: Some(5000),
            budget: Some(500),
            ..GuardReport::default()
        };
        assert!(
            report
                .explanation()
                .starts_with("The sync would delete 3,212 files of 5,000 at the destination; the limit is 500.")
        );
        let left_out = |n| {
            GuardReport { reason: Some(GuardReason::LeftOut), left_out: Some(n), ..GuardReport::default() }
                .explanation()
        };
        for (files, words) in [(5, "5 files at the destination that are"), (1, "1 file at the destination that is")] {
            let words = format!("The sync would delete {words} still in the source, and only left out there:");
            assert!(left_out(files).starts_with(&words), "{}", left_out(files));
        }
        let shrunk = |last, most| {
            let report = GuardReport {
                last_source_files: last,
                most_source_files: most,
                source_files: Some(36),
                ..GuardReport::default()
            };
            GuardReport { reason: Some(GuardReason::SourceShrunk), ..report }.explanation()
        };
        assert!(shrunk(Some(60), Some(100)).starts_with("The source holds 36 files; in the last 28 days it held 100."));
        assert!(
            shrunk(Some(100), Some(100)).starts_with("The source holds 36 files; at the last good run it held 100.")
        );
        assert_eq!(GuardReport::default().explanation(), "");
    }
}
