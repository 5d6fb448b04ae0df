//! Guards: the rules that stop a run before it destroys something.

mod explanation;
pub mod report;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use self::report::{GuardReason, GuardReport};
use super::{
    error::{AppError, Result},
    id::RunId,
    operation::Operation,
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

/// What a person approved: what a preview showed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Approved {
    /// Files that would be deleted.
    pub deletes: u64,
    /// Those of them that are still in the source.
    pub left_out: u64,
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
