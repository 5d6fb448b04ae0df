//! Guards: the rules that stop a run before it destroys something, and what they saw.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    error::{AppError, Result},
    format,
    id::RunId,
    run::{Operation, Stats},
    time::Timestamp,
};

/// Files that a sync may always delete, however small its destination is.
pub const LEAST_BUDGET: u64 = 10;
/// What a sync may delete of its destination when nobody says: one in ten.
pub const DEFAULT_PERCENT: u8 = 10;
/// Longest path of a sentinel, in bytes.
const SENTINEL: usize = 1024;

/// What guards a run. What is absent is the safe default.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Guards {
    /// Of the destination's files a sync may delete so many in a hundred, and always 10; 10 when absent. `max_delete`, where it is
    /// given, counts instead.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 0, maximum = 100, example = 10)]
    pub max_delete_percent: Option<u8>,
    /// A file below the source that has to be there. A disk that is not mounted does not have it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 1024, example = ".this-is-the-disk")]
    pub sentinel: Option<String>,
    /// Let a sync run although its source is empty.
    #[serde(skip_serializing_if = "is_false")]
    pub allow_empty_source: bool,
    /// Let a sync run although its source holds less than half of the files that it held at the last good run.
    #[serde(skip_serializing_if = "is_false")]
    pub allow_shrunk_source: bool,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
const fn is_false(value: &bool) -> bool {
    !*value
}

impl Guards {
    /// Refuses what can not be meant, naming each field.
    pub fn validate(&self, operation: Operation) -> Result<()> {
        if self.max_delete_percent.is_some_and(|percent| percent > 100) {
            return Err(AppError::invalid("guards.max_delete_percent", "Between 0 and 100."));
        }
        let sync_only = [
            ("guards.max_delete_percent", self.max_delete_percent.is_some()),
            ("guards.allow_empty_source", self.allow_empty_source),
            ("guards.allow_shrunk_source", self.allow_shrunk_source),
        ];
        if let Some((field, _)) = sync_only.into_iter().find(|(_, set)| *set && operation != Operation::Sync) {
            return Err(AppError::invalid(field, "Only a sync has this guard."));
        }
        let Some(sentinel) = &self.sentinel else { return Ok(()) };
        let climbs = sentinel.split('/').any(|part| matches!(part, "" | "." | ".."));
        if climbs || sentinel.len() > SENTINEL || sentinel.chars().any(char::is_control) {
            return Err(AppError::invalid("guards.sentinel", "Write the path of a file below the source, as in .this-is-the-disk."));
        }
        Ok(())
    }

    /// What the guards of a sync will say, as far as its preview tells: `stats` are those of the dry run. What the source held at the last good
    /// run the preview does not know.
    #[must_use]
    pub fn forecast(&self, stats: &Stats, max_delete: Option<u32>) -> GuardReport {
        // What would be deleted was compared too: so much is at the destination, and the rest of it is in the source as well.
        let both = stats.checks.saturating_sub(stats.deletes);
        let budget = max_delete.map_or_else(|| self.budget(stats.checks), u64::from);
        let reason = if both == 0 && stats.files == 0 && stats.deletes > 0 && !self.allow_empty_source {
            Some(GuardReason::SourceEmpty)
        } else if stats.deletes > budget {
            Some(GuardReason::DeleteBudget)
        } else {
            None
        };
        GuardReport {
            reason,
            destination_files: Some(stats.checks),
            deletes: Some(stats.deletes),
            transfers: Some(stats.files),
            budget: Some(budget),
            ..GuardReport::default()
        }
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
    /// The source holds nothing that would be transferred.
    SourceEmpty,
    /// The source holds less than half of what it held at the last good run.
    SourceShrunk,
    /// The file that has to be in the source is not there.
    SentinelMissing,
    /// More would be deleted than may be.
    DeleteBudget,
    /// Where it would write is not what was looked at: something else is there now.
    Unreadable,
}

impl GuardReason {
    /// Whether a person who saw the preview may let it go all the same. What is not there can not be previewed.
    #[must_use]
    pub const fn may_be_approved(self) -> bool {
        matches!(self, Self::SourceEmpty | Self::SourceShrunk | Self::DeleteBudget)
    }
}

/// What the guards saw before a run was let go, or was not.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct GuardReport {
    /// Which guard stopped it; `None` when it was let go.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<GuardReason>,
    /// Files in the source, after filters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source_files: Option<u64>,
    /// Files in the source at the last good run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_source_files: Option<u64>,
    /// Files in the destination, after filters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub destination_files: Option<u64>,
    /// Files that would be deleted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deletes: Option<u64>,
    /// Files that would be transferred.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub transfers: Option<u64>,
    /// How many files may be deleted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub budget: Option<u64>,
    /// The file that has to be in the source.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sentinel: Option<String>,
    /// The preview by which a person approved it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub approved_by: Option<RunId>,
}

impl GuardReport {
    /// What was seen and what to do, in words. Empty when it was let go.
    #[must_use]
    pub fn words(&self) -> String {
        let count = |n: Option<u64>| format::plural(n.unwrap_or(0), "file", "files");
        let nothing = "Nothing was changed.";
        match self.reason {
            None => String::new(),
            Some(GuardReason::SourceMissing) => {
                format!("The source is not there. {nothing} Look whether its disk is mounted and its path is right, then run it again.")
            }
            Some(GuardReason::SourceEmpty) => format!(
                "The source is empty, so the sync would delete {} of the destination. {nothing} Look whether the disk of the source is mounted. \
                 If it is meant, preview it and approve.",
                count(self.deletes)
            ),
            Some(GuardReason::SourceShrunk) => format!(
                "The source holds {}; at the last good run it held {}. {nothing} Look whether all of it is there. \
                 If it is meant, preview it and approve.",
                count(self.source_files),
                format::count(self.last_source_files.unwrap_or(0))
            ),
            Some(GuardReason::SentinelMissing) => format!(
                "The file “{}” is not in the source: this may not be the disk that is meant. {nothing} Mount the right one, or take the \
                 sentinel away.",
                self.sentinel.as_deref().unwrap_or_default()
            ),
            Some(GuardReason::DeleteBudget) => format!(
                "The sync would delete {} of {} at the destination; {} may be deleted. {nothing} Preview it to see which. \
                 If it is meant, approve the preview, or allow more.",
                count(self.deletes),
                format::count(self.destination_files.unwrap_or(0)),
                format::count(self.budget.unwrap_or(0))
            ),
            Some(GuardReason::Unreadable) => format!("What would be changed could not be told. {nothing} Run it again."),
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
mod tests {
    use super::*;

    #[test]
    fn a_budget_is_a_share_and_always_some() {
        let guards = Guards::default();
        assert_eq!((guards.budget(0), guards.budget(50), guards.budget(100), guards.budget(5000)), (10, 10, 10, 500));
        let none = Guards { max_delete_percent: Some(0), ..Guards::default() };
        assert_eq!((none.budget(0), none.budget(5000)), (0, 0));
        let all = Guards { max_delete_percent: Some(100), ..Guards::default() };
        assert_eq!((all.budget(5000), all.budget(u64::MAX)), (5000, u64::MAX / 100));
    }

    #[test]
    fn a_preview_tells_what_the_guards_will_say() {
        let said = |guards: &Guards, (checks, deletes, files), max_delete| {
            guards.forecast(&Stats { checks, deletes, files, ..Stats::default() }, max_delete).reason
        };
        let usual = Guards::default();
        assert_eq!(said(&usual, (100, 10, 3), None), None);
        assert_eq!(said(&usual, (100, 11, 3), None), Some(GuardReason::DeleteBudget));
        assert_eq!(said(&usual, (100, 11, 3), Some(11)), None);
        assert_eq!(said(&usual, (5, 5, 0), None), Some(GuardReason::SourceEmpty));
        assert_eq!(said(&usual, (5, 5, 1), None), None, "the source holds something");
        assert_eq!(said(&Guards { allow_empty_source: true, ..usual.clone() }, (5, 5, 0), None), None);
    }

    #[test]
    fn a_sentinel_stays_below_the_source() {
        let of = |sentinel: &str| Guards { sentinel: Some(sentinel.to_owned()), ..Guards::default() }.validate(Operation::Copy);
        assert!(of(".disk").is_ok() && of("a/b c").is_ok());
        for bad in ["", "/etc/passwd", "../x", "a//b", "a/./b", "a\nb", "a/"] {
            assert!(of(bad).is_err(), "{bad:?}");
        }
        let sync = Guards { allow_empty_source: true, ..Guards::default() };
        assert!(sync.validate(Operation::Sync).is_ok());
        assert!(sync.validate(Operation::Move).expect_err("a move has none").fields.contains_key("guards.allow_empty_source"));
    }

    #[test]
    fn each_guard_says_what_it_saw() {
        let report = GuardReport {
            reason: Some(GuardReason::DeleteBudget),
            deletes: Some(3212),
            destination_files: Some(5000),
            budget: Some(500),
            ..GuardReport::default()
        };
        assert!(report.words().starts_with("The sync would delete 3,212 files of 5,000 at the destination; 500 may be deleted."));
        assert_eq!(GuardReport::default().words(), "");
    }
}
