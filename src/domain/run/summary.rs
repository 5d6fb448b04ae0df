//! A run in one row.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{state::RunState, stats::Stats, warning::RunWarning};
use crate::domain::{
    id::{JobId, RunId},
    location::Location,
    operation::Operation,
    time::Timestamp,
};

/// A run as a row shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RunSummary {
    /// Its id.
    pub id: RunId,
    /// What it does.
    pub operation: Operation,
    /// Where from.
    pub source: Location,
    /// Where to; a delete has none.
    pub destination: Option<Location>,
    /// Whether it only says what it would do.
    #[serde(default)]
    pub dry_run: bool,
    /// Where it is in its life.
    pub state: RunState,
    /// The job that it is a run of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub job: Option<JobName>,
    /// Which attempt this is, from 1.
    #[serde(default = "first")]
    pub attempt: u32,
    /// How many there may be.
    #[serde(default = "first")]
    pub attempts: u32,
    /// When the next attempt begins, while it waits for that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_at: Option<Timestamp>,
    /// Its priority in the queue.
    #[serde(default)]
    pub priority: i32,
    /// Its place in the queue, from 1, while it waits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub position: Option<u64>,
    /// When it was asked for.
    pub created_at: Timestamp,
    /// When rclone was started.
    pub started_at: Option<Timestamp>,
    /// When it ended; for an interrupted run, when that was noticed.
    pub ended_at: Option<Timestamp>,
    /// Who asked for it.
    #[schema(example = "marianne")]
    pub user: String,
    /// How far it is, or what it did.
    pub stats: Stats,
    /// Why it did not succeed, in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(example = "directory not found")]
    pub error: Option<String>,
    /// What was asked for and not done, or not proved, although rclone ended well. The state is `warning` then.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<RunWarning>,
    /// Whether somebody asked for it to stop, and it has not ended yet.
    #[serde(default)]
    pub stopping: bool,
}

/// The job that a run belongs to, as it was called then.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct JobName {
    /// Its id. The job may be gone.
    pub id: JobId,
    /// Its name.
    #[schema(example = "Photos to the archive")]
    pub name: String,
}

const fn first() -> u32 {
    1
}

impl RunSummary {
    /// Its warnings in one line.
    #[must_use]
    pub fn said_warning(&self) -> Option<String> {
        let said: Vec<_> = self.warnings.iter().map(|warning| warning.message.as_str()).collect();
        (!said.is_empty()).then(|| said.join(" "))
    }

    /// `/srv/photos → b2:photos`, or the one place of a delete.
    #[must_use]
    pub fn route(&self) -> String {
        route(&self.source, self.destination.as_ref())
    }
}

/// `/srv/photos → b2:photos`, or the one place of a delete.
#[must_use]
pub fn route(source: &Location, destination: Option<&Location>) -> String {
    destination.map_or_else(|| source.to_string(), |destination| format!("{source} → {destination}"))
}
