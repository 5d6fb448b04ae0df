//! A row of the table of runs, and how it is read.

use sqlx::FromRow;

use super::super::{Result, StoreError, from_sql};
use crate::domain::{
    id::RunId,
    location::Location,
    operation::Operation,
    run::{
        detail::Run,
        state::RunState,
        stats::Stats,
        summary::{JobName, RunSummary},
    },
    time::Timestamp,
    transfer::TransferOptions,
};

/// `SELECT` of every column that a [`Row`] has, with the given end of the statement.
macro_rules! select_runs {
    ($end:expr) => {
        concat!(
            "SELECT r.id, r.operation, r.source, r.destination, r.options, r.state, r.fence, r.user_name, r.created_at, r.started_at,
                    r.ended_at, r.stop_requested_by, r.stop_reason, r.bytes, r.total_bytes, r.files, r.total_files, r.checks, r.deletes,
                    r.renames, r.deleted_dirs, r.listed, r.errors, r.speed, r.eta, r.elapsed_ms, r.error, r.warnings, r.skipped, r.at_least, r.exit_code, r.signal, r.deadline_at, r.dry_run,
                    r.job_id, r.job_name, r.parent_id, r.retry_of, r.attempt, r.attempts, r.not_before, r.priority, r.guards,
                    r.guard_report, r.bandwidth, r.spec
               FROM runs r ",
            $end
        )
    };
}
pub(super) use select_runs;

#[derive(FromRow)]
pub(super) struct Row {
    id: String,
    operation: String,
    source: String,
    destination: Option<String>,
    options: String,
    state: String,
    pub(super) fence: i64,
    user_name: String,
    created_at: i64,
    started_at: Option<i64>,
    ended_at: Option<i64>,
    stop_requested_by: Option<String>,
    stop_reason: Option<String>,
    bytes: i64,
    total_bytes: i64,
    files: i64,
    total_files: i64,
    checks: i64,
    deletes: i64,
    renames: i64,
    deleted_dirs: i64,
    listed: i64,
    errors: i64,
    speed: i64,
    eta: Option<i64>,
    elapsed_ms: i64,
    error: Option<String>,
    warnings: String,
    skipped: i64,
    at_least: i64,
    exit_code: Option<i64>,
    signal: Option<String>,
    deadline_at: Option<i64>,
    dry_run: i64,
    job_id: Option<String>,
    job_name: Option<String>,
    parent_id: Option<String>,
    retry_of: Option<String>,
    attempt: i64,
    attempts: i64,
    not_before: i64,
    priority: i64,
    guards: String,
    guard_report: Option<String>,
    bandwidth: Option<String>,
    pub(super) spec: String,
}

impl Row {
    /// What a row of a list shows, but for the place in the queue, which only all that wait can tell.
    pub(super) fn summary(&self) -> Result<RunSummary> {
        let state = RunState::parse(&self.state).ok_or(StoreError::Corrupt("run's state"))?;
        Ok(RunSummary {
            id: self.id.parse().map_err(StoreError::corrupt("run's id"))?,
            operation: operation(&self.operation)?,
            source: location(&self.source)?,
            destination: self.destination.as_deref().map(location).transpose()?,
            dry_run: self.dry_run != 0,
            state,
            job: self.job()?,
            attempt: count(self.attempt),
            attempts: count(self.attempts),
            retry_at: (state == RunState::Queued && self.attempt > 1).then_some(Timestamp(self.not_before)),
            priority: i32::try_from(self.priority).unwrap_or(0),
            position: None,
            created_at: Timestamp(self.created_at),
            started_at: self.started_at.map(Timestamp),
            ended_at: self.ended_at.map(Timestamp),
            user: self.user_name.clone(),
            stats: self.stats(),
            error: self.error.clone(),
            warnings: json(&self.warnings, "run's warnings")?,
            stopping: self.stop_requested() && !state.is_final(),
        })
    }

    /// The run in full, but for what only rclone knows: its command line and what it transfers now.
    pub(super) fn run(self) -> Result<Run> {
        Ok(Run {
            summary: self.summary()?,
            options: self.options()?,
            command: String::new(),
            exit_code: self.exit_code.and_then(|code| i32::try_from(code).ok()),
            signal: self.signal,
            stopped_by: self.stop_requested_by,
            stop_reason: self.stop_reason,
            guards: json(&self.guards, "run's guards")?,
            guard_report: self.guard_report.as_deref().map(|report| json(report, "run's guard report")).transpose()?,
            parent: id(self.parent_id.as_deref())?,
            retry_of: id(self.retry_of.as_deref())?,
            before: None,
            bandwidth: self.bandwidth,
            events: Vec::new(),
            approves: None,
            wait: None,
            in_flight: Vec::new(),
        })
    }

    pub(super) fn options(&self) -> Result<TransferOptions> {
        options(&self.options)
    }

    /// When it is stopped if it has not ended.
    pub(super) fn deadline(&self) -> Option<Timestamp> {
        self.deadline_at.map(Timestamp)
    }

    fn job(&self) -> Result<Option<JobName>> {
        let Some(id) = &self.job_id else { return Ok(None) };
        let id = id.parse().map_err(StoreError::corrupt("run's job"))?;
        Ok(Some(JobName { id, name: self.job_name.clone().unwrap_or_default() }))
    }

    pub(super) const fn stop_requested(&self) -> bool {
        self.stop_requested_by.is_some()
    }

    fn stats(&self) -> Stats {
        Stats {
            bytes: from_sql(self.bytes),
            total_bytes: from_sql(self.total_bytes),
            files: from_sql(self.files),
            total_files: from_sql(self.total_files),
            checks: from_sql(self.checks),
            deletes: from_sql(self.deletes),
            renames: from_sql(self.renames),
            deleted_dirs: from_sql(self.deleted_dirs),
            listed: from_sql(self.listed),
            skipped: from_sql(self.skipped),
            errors: from_sql(self.errors),
            speed: from_sql(self.speed),
            eta: self.eta.map(from_sql),
            elapsed_ms: from_sql(self.elapsed_ms),
            at_least: self.at_least != 0,
        }
    }
}

pub(in crate::server::store) fn operation(text: &str) -> Result<Operation> {
    Operation::parse(text).ok_or(StoreError::Corrupt("run's operation"))
}

pub(in crate::server::store) fn location(text: &str) -> Result<Location> {
    Location::parse(text).map_err(StoreError::corrupt("run's location"))
}

fn count(n: i64) -> u32 {
    u32::try_from(n).unwrap_or(1)
}

fn id(text: Option<&str>) -> Result<Option<RunId>> {
    text.map(|text| text.parse().map_err(StoreError::corrupt("run's id"))).transpose()
}

/// Reads a column that holds JSON.
pub(in crate::server::store) fn json<T: serde::de::DeserializeOwned>(text: &str, what: &'static str) -> Result<T> {
    serde_json::from_str(text).map_err(StoreError::corrupt(what))
}

/// Writes a column that holds JSON.
pub(in crate::server::store) fn to_json<T: serde::Serialize>(value: &T, what: &'static str) -> Result<String> {
    serde_json::to_string(value).map_err(StoreError::corrupt(what))
}

pub(super) fn options(json: &str) -> Result<TransferOptions> {
    serde_json::from_str(json).map_err(StoreError::corrupt("run's options"))
}
