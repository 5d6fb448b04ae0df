//! A run: one execution, what was asked, how far it is, how it ended.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{id::RunId, location::Location, time::Timestamp, transfer::TransferOptions};

pub use super::{
    run_files::{Counts, FileOutcome, RunFile, RunFiles},
    run_log::{LogLevel, LogLine, LogQuery, RunLog, RunSeries, SeriesPoint},
};

/// What a run does. rclone's names.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Operation {
    /// Adds and updates. Deletes nothing.
    #[default]
    Copy,
    /// Makes the destination identical: deletes what the source does not have.
    Sync,
    /// Copies, then deletes from the source.
    Move,
    /// Deletes files. Has no destination.
    Delete,
}

impl Operation {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Copy, Self::Sync, Self::Move, Self::Delete];

    /// rclone's command, and the word for it everywhere.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Copy => "copy",
            Self::Sync => "sync",
            Self::Move => "move",
            Self::Delete => "delete",
        }
    }

    /// Reads what [`Self::as_str`] writes.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|operation| operation.as_str() == text)
    }

    /// What it does, in one line.
    #[must_use]
    pub const fn summary(self) -> &'static str {
        match self {
            Self::Copy => "Adds and updates. Deletes nothing.",
            Self::Sync => "Makes the destination identical. Deletes what the source does not have.",
            Self::Move => "Copies, then deletes from the source.",
            Self::Delete => "Deletes files. Folders stay.",
        }
    }

    /// Whether it goes from one place to another.
    #[must_use]
    pub const fn has_destination(self) -> bool {
        !matches!(self, Self::Delete)
    }

    /// Whether it changes its source too.
    #[must_use]
    pub const fn writes_source(self) -> bool {
        matches!(self, Self::Move | Self::Delete)
    }

    /// Whether it can delete files.
    #[must_use]
    pub const fn deletes(self) -> bool {
        !matches!(self, Self::Copy)
    }
}

/// Where a run is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum RunState {
    /// Waits for its turn.
    Queued,
    /// Claimed; its process is being started.
    Starting,
    /// rclone works.
    Running,
    /// rclone ended with 0, its final statistics were seen, and they count no error.
    Succeeded,
    /// rclone ended with an error or by a signal.
    Failed,
    /// Somebody stopped it.
    Cancelled,
    /// Its processes are gone and nobody saw how they ended.
    Interrupted,
    /// Its time limit ran out.
    TimedOut,
}

impl RunState {
    /// All of them, in the order of a life.
    pub const ALL: [Self; 8] =
        [Self::Queued, Self::Starting, Self::Running, Self::Succeeded, Self::Failed, Self::Cancelled, Self::Interrupted, Self::TimedOut];

    /// The word for it in URLs, SQL and JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Starting => "starting",
            Self::Running => "running",
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
            Self::Interrupted => "interrupted",
            Self::TimedOut => "timed_out",
        }
    }

    /// Reads what [`Self::as_str`] writes.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == text)
    }

    /// Whether nothing more will happen.
    #[must_use]
    pub const fn is_final(self) -> bool {
        !matches!(self, Self::Queued | Self::Starting | Self::Running)
    }

    /// Whether a person should look at it: it did not end as asked.
    #[must_use]
    pub const fn is_bad(self) -> bool {
        matches!(self, Self::Failed | Self::Interrupted | Self::TimedOut)
    }
}

/// What is needed to start a run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewRun {
    /// What it does.
    #[serde(default)]
    pub operation: Operation,
    /// Where from: `remote:path` or an absolute path of this server. Of a delete: what is deleted.
    #[schema(example = "/srv/photos")]
    pub source: String,
    /// Where to; not for a delete.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(example = "b2-archive:photos")]
    pub destination: Option<String>,
    /// How.
    #[serde(default)]
    pub options: TransferOptions,
    /// After how many seconds, waiting included, it is stopped: 1 to 604,800 (a week). Never when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1, maximum = 604_800, example = 3600)]
    pub time_limit_secs: Option<u32>,
}

/// How far a run is, or what it did: rclone's own statistics.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Stats {
    /// Bytes transferred.
    pub bytes: u64,
    /// Bytes to transfer, as far as rclone knows; grows while it lists.
    pub total_bytes: u64,
    /// Files transferred.
    pub files: u64,
    /// Files to transfer, as far as rclone knows.
    pub total_files: u64,
    /// Files compared.
    pub checks: u64,
    /// Files deleted.
    pub deletes: u64,
    /// Entries listed.
    pub listed: u64,
    /// Errors since the last attempt began.
    pub errors: u64,
    /// Bytes a second, now; over the whole run once it has ended.
    pub speed: u64,
    /// Seconds left, as rclone guesses.
    pub eta: Option<u64>,
    /// How long rclone has worked, in milliseconds.
    pub elapsed_ms: u64,
}

impl Stats {
    /// Thousandths done, by bytes, or by files where there are no bytes. `None` while nothing is known.
    #[must_use]
    pub fn permille(&self) -> Option<u64> {
        let (done, total) = if self.total_bytes > 0 { (self.bytes, self.total_bytes) } else { (self.files, self.total_files) };
        (total > 0).then(|| u64::try_from(u128::from(done.min(total)) * 1000 / u128::from(total)).unwrap_or(1000))
    }
}

/// A file that is being transferred now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct InFlight {
    /// Its path below the source.
    #[schema(example = "2026/IMG_2041.jpg")]
    pub name: String,
    /// Its size in bytes, `None` where it is not known.
    #[schema(example = 4_194_304)]
    pub size: Option<u64>,
    /// Bytes transferred.
    #[schema(example = 1_048_576)]
    pub bytes: u64,
    /// Bytes a second.
    #[schema(example = 8_388_608)]
    pub speed: u64,
}

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
    /// Whether somebody asked for it to stop, and it has not ended yet.
    #[serde(default)]
    pub stopping: bool,
}

impl RunSummary {
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

/// A run in full.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Run {
    /// What a row shows.
    #[serde(flatten)]
    pub summary: RunSummary,
    /// How it was asked for.
    pub options: TransferOptions,
    /// The equivalent command line.
    #[schema(example = "rclone copy /srv/photos b2-archive:photos")]
    pub command: String,
    /// rclone's exit code, when it exited.
    pub exit_code: Option<i32>,
    /// The signal that ended rclone, by name, when one did.
    #[schema(example = "SIGKILL")]
    pub signal: Option<String>,
    /// Who asked for it to stop.
    #[schema(example = "marianne")]
    pub stopped_by: Option<String>,
    /// What is being transferred now.
    pub in_flight: Vec<InFlight>,
}

/// Which runs are wanted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct RunQuery {
    /// Only in this state.
    pub state: Option<RunState>,
    /// Only with this in its source or destination.
    pub search: String,
    /// Only those before this one, newest first: the cursor that the last page gave.
    pub cursor: Option<RunId>,
    /// How many, at most 1,000; 0 is 50.
    pub limit: u32,
}

/// A page of history, newest first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RunPage {
    /// The runs.
    pub runs: Vec<RunSummary>,
    /// Give it back to have the next page; `None` on the last.
    pub cursor: Option<RunId>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_state_reads_as_it_is_written() {
        for state in RunState::ALL {
            assert_eq!(RunState::parse(state.as_str()), Some(state));
            assert_eq!(serde_json::to_value(state).expect("json"), state.as_str());
        }
    }

    #[test]
    fn progress_counts_bytes_and_then_files() {
        let mut stats = Stats { bytes: 1, total_bytes: 3, files: 2, total_files: 2, ..Stats::default() };
        assert_eq!(stats.permille(), Some(333));
        stats.total_bytes = 0;
        assert_eq!(stats.permille(), Some(1000));
        assert_eq!(Stats::default().permille(), None);
        assert_eq!(Stats { bytes: u64::MAX, total_bytes: u64::MAX, ..Stats::default() }.permille(), Some(1000));
    }
}
