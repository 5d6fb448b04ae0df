//! What the guards saw, and which one stopped a run.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::domain::{id::RunId, operation::Operation};

/// Which guard stopped a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum GuardReason {
    /// The source is not there.
    SourceMissing,
    /// Nothing lies in the source, where folders are nothing but the beginnings of names: it is empty or not there.
    SourceEmptyOrMissing,
    /// The source is a file, and has to be a folder.
    SourceIsFile,
    /// The destination is not there, and has to be.
    DestinationMissing,
    /// Nothing lies in the destination, where folders are nothing but the beginnings of names, and something has to.
    DestinationEmptyOrMissing,
    /// The destination is a file, and has to be a folder.
    DestinationIsFile,
    /// The source holds nothing that would be transferred.
    SourceEmpty,
    /// The source holds less than half of what it held at the last good run.
    SourceShrunk,
    /// The file that has to be in the source is not there.
    SentinelMissing,
    /// More would be deleted than may be.
    DeleteBudget,
    /// Files would be deleted that are still in the source, and only left out there: by a filter, or because a link
    /// leads there.
    LeftOut,
    /// It is not allowed any more: its owner, their token, one of its folders or an option.
    NotAllowed,
    /// Where it would write is not what was looked at: something else is there now.
    Unreadable,
}

impl GuardReason {
    /// Whether a place that was asked for is not there, or is a file where a folder has to be.
    #[must_use]
    pub const fn is_not_found(self) -> bool {
        matches!(
            self,
            Self::SourceMissing
                | Self::SourceEmptyOrMissing
                | Self::SourceIsFile
                | Self::DestinationMissing
                | Self::DestinationEmptyOrMissing
                | Self::DestinationIsFile
        )
    }

    /// The field that names the place which is not there: of a run's own request.
    #[must_use]
    pub const fn field(self) -> Option<&'static str> {
        match self {
            Self::SourceMissing | Self::SourceEmptyOrMissing | Self::SourceIsFile => Some("source"),
            Self::DestinationMissing | Self::DestinationEmptyOrMissing | Self::DestinationIsFile => Some("destination"),
            _ => None,
        }
    }

    /// Whether a person who saw the preview may let it go all the same. What is not there cannot be previewed.
    #[must_use]
    pub const fn may_be_approved(self) -> bool {
        matches!(self, Self::SourceEmpty | Self::SourceShrunk | Self::DeleteBudget | Self::LeftOut)
    }
}

/// What the guards saw before a run was let go, or was not; of a preview, what they will see. All figures are files,
/// counted by their names.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct GuardReport {
    /// Which guard stopped it, and of a preview which one would; absent when none does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<GuardReason>,
    /// Files in the source, after filters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source_files: Option<u64>,
    /// Files in the source at the last good run, with the same filters where there was one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_source_files: Option<u64>,
    /// The most files that the source held in the good runs of the last 28 days, counted from the last run that was
    /// approved.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub most_source_files: Option<u64>,
    /// Files at the destination, after filters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub destination_files: Option<u64>,
    /// Files that are only in the source, and would be copied.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub new_files: Option<u64>,
    /// Files that are on both sides and differ, and would be replaced.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub changed_files: Option<u64>,
    /// Files that would get another name at the destination (`track_renames`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub renamed_files: Option<u64>,
    /// Files that would be deleted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deletes: Option<u64>,
    /// Those of them that are still in the source: a filter leaves them out there, or they are links, or their folder
    /// cannot be read. Absent when it was not looked for, since nothing would be deleted or no filter is set.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub left_out: Option<u64>,
    /// The first 100 of these by name, with at most 16 KiB.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub left_out_names: Vec<String>,
    /// Whether the run says itself that they are to be deleted (`delete_excluded`).
    #[serde(skip_serializing_if = "is_false")]
    pub left_out_is_meant: bool,
    /// Files that would be transferred: new and changed ones.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub transfers: Option<u64>,
    /// How many files may be deleted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub budget: Option<u64>,
    /// The `--max-delete` that rclone was given: `budget`, and what rclone counts as deletes beside them when it keeps
    /// or renames files.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delete_limit: Option<u64>,
    /// The file that has to be in the source.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sentinel: Option<String>,
    /// The preview by which a person approved it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub approved_by: Option<RunId>,
    /// Of a delete and a move: which. Then `deletes` are the files that it would delete or take from its source, and
    /// `source_files` all that lie there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub operation: Option<Operation>,
    /// Of a delete and a move: what let it go beyond its budget.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub let_go_by: Option<LetGoBy>,
    /// Why its files could not be counted. That is more than any budget.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub uncounted: Option<String>,
    /// With `not_allowed`: what is not allowed any more.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub denied: Option<String>,
}

/// What let a run go beyond its budget.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum LetGoBy {
    /// The path, written once more in the call.
    Confirm,
    /// A preview that a person approved.
    Preview,
    /// The standing permission of its job.
    Job,
    /// The standing permission of the token that asked for it.
    Token,
}

impl GuardReport {
    /// Of a run that may not begin, with why.
    #[must_use]
    pub fn denied(why: String) -> Self {
        Self { reason: Some(GuardReason::NotAllowed), denied: Some(why), ..Self::default() }
    }

    /// Whether the source holds less than half of what it held. What is only left out has not gone.
    pub(super) fn has_shrunk(&self) -> bool {
        let there = self.source_files.unwrap_or(0) + self.left_out.unwrap_or(0);
        self.held().is_some_and(|held| there.saturating_mul(2) < held)
    }

    /// How many files the source held at the last good run, or the most of the last weeks.
    pub(super) fn held(&self) -> Option<u64> {
        self.last_source_files.max(self.most_source_files)
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
const fn is_false(value: &bool) -> bool {
    !*value
}
