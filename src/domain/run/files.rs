//! What happened to the files of a run, one by one and in numbers.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::domain::time::Timestamp;

/// What happened to one file. Of a dry run, what would have happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum FileOutcome {
    /// It was not there before. Of a dry run also what would replace another: rclone does not tell them apart.
    Copied,
    /// It replaced another.
    Updated,
    /// It was moved where it lay, without being sent.
    Moved,
    /// It had another name at the destination, and has the source's now.
    Renamed,
    /// It was deleted; of a move, from the source; or put into the backup folder.
    Deleted,
    /// It was left out: a link, a device, a second file of the same name. `error` says why.
    Skipped,
    /// It could not be transferred, or not be compared.
    Failed,
    /// Compared: the same on both sides.
    Matched,
    /// Compared: there on both sides, and not the same.
    Differs,
    /// Compared: only at the source.
    MissingOnDestination,
    /// Compared: only at the destination.
    MissingOnSource,
}

impl FileOutcome {
    /// All of them.
    pub const ALL: [Self; 11] = [
        Self::Copied,
        Self::Updated,
        Self::Moved,
        Self::Renamed,
        Self::Deleted,
        Self::Skipped,
        Self::Failed,
        Self::Matched,
        Self::Differs,
        Self::MissingOnDestination,
        Self::MissingOnSource,
    ];

    /// The word for it in URLs and JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Copied => "copied",
            Self::Updated => "updated",
            Self::Moved => "moved",
            Self::Renamed => "renamed",
            Self::Deleted => "deleted",
            Self::Skipped => "skipped",
            Self::Failed => "failed",
            Self::Matched => "matched",
            Self::Differs => "differs",
            Self::MissingOnDestination => "missing_on_destination",
            Self::MissingOnSource => "missing_on_source",
        }
    }

    /// Reads what [`Self::as_str`] writes.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|outcome| outcome.as_str() == text)
    }
}

/// How many files there are of each outcome.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct Counts {
    /// How many were copied.
    pub copied: u64,
    /// How many were updated.
    pub updated: u64,
    /// How many were moved where they lay.
    pub moved: u64,
    /// How many have another name now.
    pub renamed: u64,
    /// How many were deleted.
    pub deleted: u64,
    /// How many were left out.
    pub skipped: u64,
    /// How many failed.
    pub failed: u64,
    /// How many were the same on both sides.
    pub matched: u64,
    /// How many were not the same on both sides.
    pub differs: u64,
    /// How many were only at the source.
    pub missing_on_destination: u64,
    /// How many were only at the destination.
    pub missing_on_source: u64,
}

impl Counts {
    /// How many there are of an outcome.
    #[must_use]
    pub const fn get(&self, outcome: FileOutcome) -> u64 {
        match outcome {
            FileOutcome::Copied => self.copied,
            FileOutcome::Updated => self.updated,
            FileOutcome::Moved => self.moved,
            FileOutcome::Renamed => self.renamed,
            FileOutcome::Deleted => self.deleted,
            FileOutcome::Skipped => self.skipped,
            FileOutcome::Failed => self.failed,
            FileOutcome::Matched => self.matched,
            FileOutcome::Differs => self.differs,
            FileOutcome::MissingOnDestination => self.missing_on_destination,
            FileOutcome::MissingOnSource => self.missing_on_source,
        }
    }

    /// One more of an outcome.
    pub const fn add(&mut self, outcome: FileOutcome) {
        let count = match outcome {
            FileOutcome::Copied => &mut self.copied,
            FileOutcome::Updated => &mut self.updated,
            FileOutcome::Moved => &mut self.moved,
            FileOutcome::Renamed => &mut self.renamed,
            FileOutcome::Deleted => &mut self.deleted,
            FileOutcome::Skipped => &mut self.skipped,
            FileOutcome::Failed => &mut self.failed,
            FileOutcome::Matched => &mut self.matched,
            FileOutcome::Differs => &mut self.differs,
            FileOutcome::MissingOnDestination => &mut self.missing_on_destination,
            FileOutcome::MissingOnSource => &mut self.missing_on_source,
        };
        *count += 1;
    }
}

/// What happened to one file of a run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RunFile {
    /// Its path below the source.
    #[schema(example = "2026/IMG_2041.jpg")]
    pub name: String,
    /// What happened.
    pub outcome: FileOutcome,
    /// Its size in bytes, where rclone tells.
    #[schema(example = 4_194_304)]
    pub size: Option<u64>,
    /// When.
    pub at: Timestamp,
    /// Why it failed or was left out, in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(example = "permission denied")]
    pub error: Option<String>,
    /// Its name before it was renamed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(example = "2026/DSC_0001.jpg")]
    pub was: Option<String>,
}

/// A window of what happened to the files of a run.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RunFiles {
    /// How many there are of each outcome.
    pub counts: Counts,
    /// How many of the wanted outcome there are whose name holds the text that was searched for.
    pub matched: u64,
    /// Index of the first of `files` among the matched.
    pub offset: u64,
    /// The window.
    pub files: Vec<RunFile>,
    /// Whether a part of rclone's log is lost, so that files are missing here. The run's `stats` are `at_least` so much
    /// then.
    #[serde(default)]
    pub log_truncated: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_outcome_reads_as_it_is_written_and_has_a_count_of_its_own() {
        let mut counts = Counts::default();
        for (n, outcome) in FileOutcome::ALL.into_iter().enumerate() {
            assert_eq!(FileOutcome::parse(outcome.as_str()), Some(outcome));
            assert_eq!(serde_json::to_value(outcome).expect("json"), outcome.as_str());
            (0..=n).for_each(|_| counts.add(outcome));
        }
        let json = serde_json::to_value(counts).expect("json");
        for (n, outcome) in FileOutcome::ALL.into_iter().enumerate() {
            assert_eq!((counts.get(outcome), &json[outcome.as_str()]), (n as u64 + 1, &serde_json::json!(n + 1)));
        }
    }
}
