//! The data of the overview page: is my data safe, is anything wrong?

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::run::summary::RunSummary;

/// The first page's figures.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Overview {
    /// Runs that have not ended, oldest first.
    pub running: Vec<RunSummary>,
    /// The last that ended, newest first, at most eight.
    pub recent: Vec<RunSummary>,
    /// How many remotes there are.
    pub remotes: u64,
    /// Runs that ended in the last seven days.
    pub week_runs: u64,
    /// Of these, how many did not succeed and were not stopped by a person.
    pub week_failed: u64,
    /// Of these, how many ended with warnings.
    #[serde(default)]
    pub week_warnings: u64,
    /// Bytes they transferred.
    pub week_bytes: u64,
    /// Files they transferred.
    pub week_files: u64,
    /// The last 30 days, oldest first.
    pub days: Vec<Day>,
}

/// What ended on one day (UTC).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Day {
    /// `2026-11-23`.
    pub date: String,
    /// Bytes that were transferred.
    pub bytes: u64,
    /// Runs that succeeded or were stopped.
    pub ok: u64,
    /// Runs that ended with warnings.
    #[serde(default)]
    pub warnings: u64,
    /// Runs that failed or were interrupted.
    pub failed: u64,
}

impl Day {
    /// Runs that ended, however.
    #[must_use]
    pub const fn ended(&self) -> u64 {
        self.ok + self.warnings + self.failed
    }
}
