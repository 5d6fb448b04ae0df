//! A run: one execution, what was asked, how far it is, how it ended.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    guard::{Approval, Approves, GuardReport, Guards},
    id::{JobId, RunId},
    location::Location,
    queue::Wait,
    time::Timestamp,
    transfer::TransferOptions,
};

pub use super::{
    operation::Operation,
    queue::OnBusy,
    retry::Retry,
    run_before::RunBefore,
    run_event::{RunEvent, RunEventKind},
    run_files::{Counts, FileOutcome, RunFile, RunFiles},
    run_log::{LogLevel, LogLine, LogQuery, RunLog, RunSeries, SeriesPoint},
    run_query::{RunPage, RunQuery},
    run_warning::{RunWarning, WarningKind},
};

/// Where a run is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum RunState {
    /// Waits for its turn.
    Queued,
    /// Claimed; its guards look at what it would do. Nothing is changed yet.
    Guarded,
    /// Its process is being started.
    Starting,
    /// rclone works.
    Running,
    /// rclone ended with 0, its final statistics were seen, and they count no error.
    Succeeded,
    /// It ended as well as that, and found nothing to do.
    NoChange,
    /// rclone ended with 0, but something that was asked for was not done, or not proved: `warnings` say what.
    Warning,
    /// rclone ended with an error or by a signal.
    Failed,
    /// Somebody stopped it.
    Cancelled,
    /// A guard stopped it before it changed anything.
    Blocked,
    /// It did nothing for too long, and was stopped.
    Stalled,
    /// Its processes are gone and nobody saw how they ended.
    Interrupted,
    /// Its time limit ran out.
    TimedOut,
}

impl RunState {
    /// All of them, in the order of a life.
    pub const ALL: [Self; 13] = [
        Self::Queued,
        Self::Guarded,
        Self::Starting,
        Self::Running,
        Self::Succeeded,
        Self::NoChange,
        Self::Warning,
        Self::Failed,
        Self::Cancelled,
        Self::Blocked,
        Self::Stalled,
        Self::Interrupted,
        Self::TimedOut,
    ];

    /// The word for it in URLs, SQL and JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Guarded => "guarded",
            Self::Starting => "starting",
            Self::Running => "running",
            Self::Succeeded => "succeeded",
            Self::NoChange => "no_change",
            Self::Warning => "warning",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
            Self::Blocked => "blocked",
            Self::Stalled => "stalled",
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
        !matches!(self, Self::Queued | Self::Guarded | Self::Starting | Self::Running)
    }

    /// Whether it ended as it was asked for, all of it. What follows a success follows this.
    #[must_use]
    pub const fn is_good(self) -> bool {
        matches!(self, Self::Succeeded | Self::NoChange)
    }

    /// Whether rclone went to its end and ended well, with warnings or without. It compared and counted everything:
    /// that is enough for a preview that approves, for the run that the guards and the run page compare with, and for
    /// an answer of 200.
    #[must_use]
    pub const fn ended_well(self) -> bool {
        self.is_good() || matches!(self, Self::Warning)
    }

    /// Whether a person should look at it: it did not end as asked.
    #[must_use]
    pub const fn is_bad(self) -> bool {
        matches!(self, Self::Failed | Self::Blocked | Self::Stalled | Self::Interrupted | Self::TimedOut)
    }
}

/// What is needed to start a run.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
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
    /// What guards it.
    #[serde(default)]
    pub guards: Guards,
    /// What is tried again.
    #[serde(default)]
    pub retry: Retry,
    /// What to do while another run writes there.
    #[serde(default)]
    pub on_busy: OnBusy,
    /// −100 to 100; among those that wait the highest is next.
    #[serde(default)]
    #[schema(minimum = -100, maximum = 100)]
    pub priority: i32,
    /// What lets it go although a guard would stop it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approval: Option<Approval>,
    /// The destination once more, of a delete the path: what differs is refused. It lets a delete and a move go beyond
    /// their budget.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(example = "b2-archive:photos")]
    pub confirm: Option<String>,
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
    /// Files renamed where they lay.
    #[serde(default)]
    pub renames: u64,
    /// Folders deleted.
    #[serde(default)]
    pub deleted_dirs: u64,
    /// Entries listed.
    pub listed: u64,
    /// Files left out: a link, a second file of the same name, one that was to stay as it is.
    #[serde(default)]
    pub skipped: u64,
    /// Errors since the last attempt began.
    pub errors: u64,
    /// Bytes a second, now; over the whole run once it has ended.
    pub speed: u64,
    /// Seconds left, as rclone guesses.
    pub eta: Option<u64>,
    /// How long rclone has worked, in milliseconds.
    pub elapsed_ms: u64,
    /// Whether `bytes`, `files`, `deletes` and `skipped` are only the least that is known: a part of rclone's log is
    /// lost.
    #[serde(default)]
    pub at_least: bool,
}

impl Stats {
    /// Whether it changed anything, as far as rclone counts it; of a dry run, whether it would have.
    #[must_use]
    pub const fn changed(&self) -> bool {
        self.bytes > 0 || self.files > 0 || self.deletes > 0 || self.renames > 0 || self.deleted_dirs > 0
    }

    /// As they are shown of a run that ended so: the average speed, and all is done that was to be done when it ended
    /// well.
    #[must_use]
    pub fn at_the_end(self, state: RunState) -> Self {
        let speed = self.bytes.saturating_mul(1000).checked_div(self.elapsed_ms).unwrap_or(0);
        let (total_bytes, total_files) =
            if state.ended_well() { (self.bytes, self.files) } else { (self.total_bytes, self.total_files) };
        Self { speed, eta: None, total_bytes, total_files, ..self }
    }

    /// A figure of these as it is written: `at least` before it where only the least is known.
    #[must_use]
    pub fn written(&self, figure: String) -> String {
        if self.at_least { format!("at least {figure}") } else { figure }
    }

    /// Thousandths done, by bytes, or by files where there are no bytes. `None` while nothing is known.
    #[must_use]
    pub fn permille(&self) -> Option<u64> {
        let (done, total) =
            if self.total_bytes > 0 { (self.bytes, self.total_bytes) } else { (self.files, self.total_files) };
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
    /// Why, in their words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stop_reason: Option<String>,
    /// What guards it.
    pub guards: Guards,
    /// What the guards saw; of a preview of a sync, what they would say to the run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub guard_report: Option<GuardReport>,
    /// Of a preview: how long it may approve a run that really does it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approves: Option<Approves>,
    /// Why it waits, where that can be said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wait: Option<Wait>,
    /// The run after which it was started.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<RunId>,
    /// The run whose failed files it takes up again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_of: Option<RunId>,
    /// Of one that ended: the last before it that did the same and ended well, to compare with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<RunBefore>,
    /// The bandwidth limit that was set while it ran.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(example = "10M")]
    pub bandwidth: Option<String>,
    /// What happened to it, oldest first, at most 200.
    pub events: Vec<RunEvent>,
    /// What is being transferred now.
    pub in_flight: Vec<InFlight>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_state_reads_as_it_is_written() {
        for state in RunState::ALL {
            assert_eq!(RunState::parse(state.as_str()), Some(state));
            assert_eq!(serde_json::to_value(state).expect("json"), state.as_str());
            assert!(!state.ended_well() || state.is_final() && !state.is_bad());
            assert!(u8::from(state.is_good()) + u8::from(state.is_bad()) <= u8::from(state.is_final()));
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
