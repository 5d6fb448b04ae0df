//! Guards: the rules that stop a run before it destroys something, and what they saw.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    error::{AppError, Result},
    format,
    id::RunId,
    operation::Operation,
    removal::{self, LetGoBy},
    time::Timestamp,
};

/// Files that a run may always delete, however small the place is.
pub const LEAST_BUDGET: u64 = 10;
/// What a run may delete of a place when nobody says: one in ten.
pub const DEFAULT_PERCENT: u8 = 10;
/// Longest path of a sentinel, in bytes.
const SENTINEL: usize = 1024;

/// What guards a run. What is absent is the safe default.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Guards {
    /// Of the destination's files a sync may delete so many in a hundred, and always 10; 10 when absent. `max_delete`,
    /// where it is given, counts instead.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 0, maximum = 100, example = 10)]
    pub max_delete_percent: Option<u8>,
    /// Of a saved job that deletes or moves: it may delete, or take from its source, so many files without asking. It
    /// counts as long as the job has it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = 500)]
    pub may_delete: Option<u32>,
    /// A file below the source that has to be there. A disk that is not mounted does not have it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 1024, example = ".this-is-the-disk")]
    pub sentinel: Option<String>,
    /// Let a sync run although its source is empty.
    #[serde(skip_serializing_if = "is_false")]
    pub allow_empty_source: bool,
    /// Let a sync run although its source holds less than half of the files that it held at the last good run, or at
    /// most in the good runs of the last 28 days.
    #[serde(skip_serializing_if = "is_false")]
    pub allow_shrunk_source: bool,
    /// Let a sync delete files at the destination that are still in the source, and only left out by a filter.
    /// `delete_excluded` says the same.
    #[serde(skip_serializing_if = "is_false")]
    pub allow_left_out: bool,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
const fn is_false(value: &bool) -> bool {
    !*value
}

impl Guards {
    /// Refuses what cannot be meant, naming each field.
    pub fn validate(&self, operation: Operation) -> Result<()> {
        if self.max_delete_percent.is_some_and(|percent| percent > 100) {
            return Err(AppError::invalid("guards.max_delete_percent", "Between 0 and 100."));
        }
        let sync_only = [
            ("guards.max_delete_percent", self.max_delete_percent.is_some()),
            ("guards.allow_empty_source", self.allow_empty_source),
            ("guards.allow_shrunk_source", self.allow_shrunk_source),
            ("guards.allow_left_out", self.allow_left_out),
        ];
        if let Some((field, _)) = sync_only.into_iter().find(|(_, set)| *set && operation != Operation::Sync) {
            return Err(AppError::invalid(field, "Only a sync has this guard."));
        }
        if self.may_delete.is_some() && !operation.removes() {
            return Err(AppError::invalid("guards.may_delete", "Only a delete and a move have this."));
        }
        let Some(sentinel) = &self.sentinel else { return Ok(()) };
        let climbs = sentinel.split('/').any(|part| matches!(part, "" | "." | ".."));
        if climbs || sentinel.len() > SENTINEL || sentinel.chars().any(char::is_control) {
            return Err(AppError::invalid(
                "guards.sentinel",
                "Write the path of a file inside the source, such as .this-is-the-disk.",
            ));
        }
        Ok(())
    }

    /// The rule: what stops a sync that saw what `report` says, and how much it may delete. The same for a run and for
    /// its preview. `max_delete` is the run's own limit; `approved` what a person approved.
    #[must_use]
    pub fn judge(&self, report: GuardReport, max_delete: Option<u32>, approved: Option<Approved>) -> GuardReport {
        let seen = |files: Option<u64>| files.unwrap_or(0);
        let (source, deletes, left_out) = (seen(report.source_files), seen(report.deletes), seen(report.left_out));
        let own = max_delete.map_or_else(|| self.budget(seen(report.destination_files)), u64::from);
        let budget = approved.map_or(own, |approved| approved.deletes);
        let reason = if left_out > approved.map_or(0, |approved| approved.left_out)
            && !self.allow_left_out
            && !report.left_out_is_meant
        {
            Some(GuardReason::LeftOut)
        } else if source == 0 && deletes > 0 && approved.is_none() && !self.allow_empty_source {
            Some(GuardReason::SourceEmpty)
        } else if deletes > 0 && approved.is_none() && report.has_shrunk() && !self.may_shrink(source) {
            Some(GuardReason::SourceShrunk)
        } else if deletes > budget {
            Some(GuardReason::DeleteBudget)
        } else {
            None
        };
        GuardReport { reason, budget: Some(budget), ..report }
    }

    const fn may_shrink(&self, source: u64) -> bool {
        self.allow_shrunk_source || source == 0 && self.allow_empty_source
    }

    /// How many files a sync may delete of a destination that holds `files`.
    #[must_use]
    pub fn budget(&self, files: u64) -> u64 {
        let percent = u64::from(self.max_delete_percent.unwrap_or(DEFAULT_PERCENT));
        if percent == 0 { 0 } else { LEAST_BUDGET.max(files.saturating_mul(percent) / 100) }
    }
}

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

/// What a person approved: what a preview showed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Approved {
    /// Files that would be deleted.
    pub deletes: u64,
    /// Those of them that are still in the source.
    pub left_out: u64,
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

impl GuardReport {
    /// Of a run that may not begin, with why.
    #[must_use]
    pub fn denied(why: String) -> Self {
        Self { reason: Some(GuardReason::NotAllowed), denied: Some(why), ..Self::default() }
    }

    /// Whether the source holds less than half of what it held. What is only left out has not gone.
    fn has_shrunk(&self) -> bool {
        let there = self.source_files.unwrap_or(0) + self.left_out.unwrap_or(0);
        self.held().is_some_and(|held| there.saturating_mul(2) < held)
    }

    /// How many files the source held at the last good run, or the most of the last weeks.
    fn held(&self) -> Option<u64> {
        self.last_source_files.max(self.most_source_files)
    }

    /// The same words where it is clear that nothing was changed.
    #[must_use]
    pub fn said(&self) -> String {
        self.words().replace(" Nothing was changed.", "")
    }

    /// Why, for somebody who has the buttons for what can be done in front of them.
    #[must_use]
    pub fn shown(&self) -> String {
        match (self.reason, self.operation) {
            (Some(GuardReason::DeleteBudget), Some(operation)) => removal::counted(operation, self),
            _ => self.said(),
        }
    }

    /// What was seen and what to do, in words. Empty when it was let go.
    #[must_use]
    pub fn words(&self) -> String {
        let count = |n: Option<u64>| format::plural(n.unwrap_or(0), "file", "files");
        let plural = |n: Option<u64>, one: &'static str, many: &'static str| if n == Some(1) { one } else { many };
        let nothing = "Nothing was changed.";
        match self.reason {
            None => String::new(),
            Some(GuardReason::SourceMissing) => {
                format!(
                    "The source does not exist. {nothing} Check that its disk is mounted and its path is right, then run it again. A provider without \
                     folders, such as S3, cannot tell an empty folder from a missing one: if it is empty, allow an empty source."
                )
            }
            Some(GuardReason::SourceEmptyOrMissing) => {
                format!(
                    "The source is empty or does not exist. {nothing} Check its path. To sync from an empty source, allow it."
                )
            }
            Some(GuardReason::SourceIsFile) => {
                format!("The source is a file, not a folder. {nothing} Choose the folder that holds it.")
            }
            Some(GuardReason::DestinationMissing) => {
                format!(
                    "The destination does not exist. {nothing} Check its path, and that its disk is mounted. Then run it again."
                )
            }
            Some(GuardReason::DestinationEmptyOrMissing) => {
                format!("The destination is empty or does not exist. {nothing} Check its path.")
            }
            Some(GuardReason::DestinationIsFile) => {
                format!("The destination is a file, not a folder. {nothing} Choose a folder.")
            }
            Some(GuardReason::SourceEmpty) => format!(
                "The source is empty, so the sync would delete {} of the destination. {nothing} Check that the source’s disk is mounted. If this is intended, preview and approve it.",
                count(self.deletes)
            ),
            Some(GuardReason::SourceShrunk) => format!(
                "The source holds {}; {} it held {}. {nothing} Check that the source is complete. If this is intended, preview and approve it.",
                count(self.source_files),
                if self.last_source_files >= self.most_source_files {
                    "at the last good run"
                } else {
                    "in the last 28 days"
                },
                format::count(self.held().unwrap_or(0))
            ),
            Some(GuardReason::LeftOut) => format!(
                "The sync would delete {} at the destination that {} still in the source, and only left out there: by a filter, or because a link \
                 leads there. {nothing} Exclude {} by name, which holds on both sides. If {} to be deleted, preview and approve it, or allow it in the guards.",
                count(self.left_out),
                plural(self.left_out, "is", "are"),
                plural(self.left_out, "it", "them"),
                plural(self.left_out, "it is", "they are"),
            ),
            Some(GuardReason::SentinelMissing) => format!(
                "The file “{}” is not in the source: this may be the wrong disk. {nothing} Mount the right one, or remove the sentinel.",
                self.sentinel.as_deref().unwrap_or_default()
            ),
            Some(GuardReason::DeleteBudget) if let Some(operation) = self.operation => removal::words(operation, self),
            Some(GuardReason::DeleteBudget) => format!(
                "The sync would delete {} of {} at the destination; the limit is {}. {nothing} Preview it to see which. If this is intended, approve the preview, or raise the limit.",
                count(self.deletes),
                format::count(self.destination_files.unwrap_or(0)),
                format::count(self.budget.unwrap_or(0))
            ),
            Some(GuardReason::NotAllowed) => {
                self.denied.clone().unwrap_or_else(|| format!("It is no longer allowed. {nothing}"))
            }
            Some(GuardReason::Unreadable) => {
                format!("Longshore could not find out what would change. {nothing} Run it again.")
            }
        }
    }
}

/// What lets a run go that a guard would stop: a preview of the very same, and the name of what it changes, typed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Approval {
    /// A dry run of the same operation, route and options that ended well at most 15 minutes ago. It approves one run.
    pub preview: RunId,
    /// The destination as it was asked for; of a delete, the source.
    #[schema(example = "b2-archive:photos")]
    pub confirm: String,
}

/// Of a preview that ended well: how long it may approve a run, or which it has approved.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Approves {
    /// Until when it may.
    pub until: Timestamp,
    /// The run that it has approved: it approves one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run: Option<RunId>,
}

#[cfg(test)]
mod tests;
