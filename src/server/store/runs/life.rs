//! The life of a run that was claimed: guarded, started, running, ended or tried again.
//!
//! A run has a fence: how often it was claimed. What is written about a run after its claim proves with the fence that
//! the run is still the writer's; one that comes too late changes nothing, and gets an error.

use super::{
    super::{Connection, Result, to_sql},
    baseline::SourceKey,
    events, places, row, states,
};
use crate::domain::{
    guard::report::GuardReport,
    id::RunId,
    run::{event::RunEventKind, state::RunState, stats::Stats, warning::RunWarning},
    time::Timestamp,
};

/// Longest time before an attempt, in seconds.
const LONGEST_BACKOFF_SECS: i64 = 3600;

/// How long the attempt after `attempts` failed ones waits, in milliseconds: each time twice as long.
pub(super) fn backoff_ms(backoff_secs: i64, attempts: i64) -> i64 {
    if attempts < 1 {
        return 0;
    }
    backoff_secs.saturating_mul(1 << (attempts - 1).min(20)).min(LONGEST_BACKOFF_SECS) * 1000
}

/// How a run ended.
#[derive(Clone, Debug)]
pub struct End {
    /// A final state.
    pub state: RunState,
    /// When, or when that was noticed.
    pub ended_at: Timestamp,
    /// What it did.
    pub stats: Stats,
    /// Why it did not succeed, in words.
    pub error: Option<String>,
    /// What was not done, or not proved, although it ended well.
    pub warnings: Vec<RunWarning>,
    /// rclone's exit code.
    pub exit_code: Option<i32>,
    /// The signal that ended rclone, by name.
    pub signal: Option<String>,
    /// What the guards saw, when that is what ended it.
    pub report: Option<GuardReport>,
}

/// A run that was ended in this transaction. To its end belong an audit row and its followers, which the engine writes
/// into the same transaction.
#[derive(Debug, PartialEq, Eq)]
#[must_use = "its audit row and its followers are not written yet"]
pub struct Ended(RunId);

impl Ended {
    pub(in crate::server::store) const fn new(id: RunId) -> Self {
        Self(id)
    }

    /// Which run.
    #[must_use]
    pub const fn id(&self) -> &RunId {
        &self.0
    }
}

/// What became of a claimed run that was never started.
#[derive(Debug, PartialEq, Eq)]
pub enum Requeued {
    /// It waits again.
    Queued,
    /// It was asked to stop, and has ended.
    Cancelled(Ended),
}

/// Notes what the guards saw of a run that they let go, and of which source: it is started next. Whether the run was
/// the caller's.
pub async fn set_starting(
    c: &mut Connection,
    id: &RunId,
    fence: i64,
    report: Option<&GuardReport>,
    source: Option<&SourceKey>,
) -> Result<bool> {
    let json = report.map(|report| row::to_json(report, "guard report")).transpose()?;
    let done = sqlx::query(
        "UPDATE runs SET state = 'starting', guard_report = $3, source_files = $4, source_key = $5, filters_key = $6
          WHERE id = $1 AND fence = $2 AND state = 'guarded'",
    )
    .bind(id.as_str())
    .bind(fence)
    .bind(json)
    .bind(report.and_then(|report| report.source_files).map(to_sql))
    .bind(source.map(|source| source.place.as_str()))
    .bind(source.map(|source| source.filters.as_str()))
    .execute(c)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Notes that rclone was started. Whether the run was the caller's.
pub async fn set_running(c: &mut Connection, id: &RunId, fence: i64, at: Timestamp) -> Result<bool> {
    let done = sqlx::query(
        "UPDATE runs SET state = 'running', started_at = COALESCE(started_at, $3)
          WHERE id = $1 AND fence = $2 AND state IN ('starting', 'running')",
    )
    .bind(id.as_str())
    .bind(fence)
    .bind(at.0)
    .execute(&mut *c)
    .await?;
    if done.rows_affected() == 0 {
        return Ok(false);
    }
    events::note(c, id, at, RunEventKind::Started, None, "").await?;
    Ok(true)
}

/// Notes how far a run is. Whether it was the caller's.
pub async fn update_stats(c: &mut Connection, id: &RunId, fence: i64, stats: &Stats) -> Result<bool> {
    let done = sqlx::query(
        concat!("UPDATE runs SET bytes = $3, total_bytes = $4, files = $5, total_files = $6, checks = $7, deletes = $8, listed = $9,
                errors = $10, speed = $11, eta = $12, elapsed_ms = $13, renames = $14, deleted_dirs = $15, skipped = $16, at_least = $17
          WHERE id = $1 AND fence = $2 AND state IN ", states::active!()),
    )
    .bind(id.as_str())
    .bind(fence)
    .bind(to_sql(stats.bytes))
    .bind(to_sql(stats.total_bytes))
    .bind(to_sql(stats.files))
    .bind(to_sql(stats.total_files))
    .bind(to_sql(stats.checks))
    .bind(to_sql(stats.deletes))
    .bind(to_sql(stats.listed))
    .bind(to_sql(stats.errors))
    .bind(to_sql(stats.speed))
    .bind(stats.eta.map(to_sql))
    .bind(to_sql(stats.elapsed_ms))
    .bind(to_sql(stats.renames))
    .bind(to_sql(stats.deleted_dirs))
    .bind(to_sql(stats.skipped))
    .bind(i64::from(stats.at_least))
    .execute(c)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Ends a run. `None` when it was not the caller's.
pub async fn finish(c: &mut Connection, id: &RunId, fence: i64, end: &End) -> Result<Option<Ended>> {
    if !update_stats(c, id, fence, &end.stats).await? {
        return Ok(None);
    }
    let report = end.report.as_ref().map(|report| row::to_json(report, "guard report")).transpose()?;
    let done = sqlx::query(
        concat!("UPDATE runs SET state = $3, ended_at = $4, error = $5, exit_code = $6, signal = $7, guard_report = COALESCE($8, guard_report),
                source_files = COALESCE($9, source_files), warnings = $10
          WHERE id = $1 AND fence = $2 AND state IN ", states::active!()),
    )
    .bind(id.as_str())
    .bind(fence)
    .bind(end.state.as_str())
    .bind(end.ended_at.0)
    .bind(end.error.as_deref())
    .bind(end.exit_code.map(i64::from))
    .bind(end.signal.as_deref())
    .bind(report)
    .bind(end.report.as_ref().and_then(|report| report.source_files).map(to_sql))
    .bind(row::to_json(&end.warnings, "warnings")?)
    .execute(&mut *c)
    .await?;
    if done.rows_affected() == 0 {
        return Ok(None);
    }
    ended(c, id, end.ended_at, end.state).await.map(Some)
}

/// What every end writes beside the run's row.
pub(super) async fn ended(c: &mut Connection, id: &RunId, at: Timestamp, state: RunState) -> Result<Ended> {
    places::delete(c, id).await?;
    events::note(c, id, at, RunEventKind::Ended, None, state.as_str()).await?;
    Ok(Ended::new(*id))
}

/// Ends an attempt, and puts the run back into the queue for the next one, unless it was asked to stop or has had all
/// of its attempts. When the next one begins; `None` when there is none, and nothing was changed.
pub async fn try_again(c: &mut Connection, id: &RunId, fence: i64, end: &End) -> Result<Option<Timestamp>> {
    let row: Option<(i64, i64)> = sqlx::query_as(concat!(
        "SELECT attempt, backoff_secs FROM runs
          WHERE id = $1 AND fence = $2 AND state IN ",
        states::active!(),
        " AND attempt < attempts AND stop_requested_at IS NULL"
    ))
    .bind(id.as_str())
    .bind(fence)
    .fetch_optional(&mut *c)
    .await?;
    let Some((attempt, backoff_secs)) = row else { return Ok(None) };
    let at = Timestamp(end.ended_at.0.saturating_add(backoff_ms(backoff_secs, attempt)));
    update_stats(c, id, fence, &end.stats).await?;
    let done = sqlx::query(
        concat!("UPDATE runs SET state = 'queued', attempt = attempt + 1, not_before = $3, error = $4, exit_code = $5, signal = $6, bandwidth = NULL
          WHERE id = $1 AND fence = $2 AND state IN ", states::active!()),
    )
    .bind(id.as_str())
    .bind(fence)
    .bind(at.0)
    .bind(end.error.as_deref())
    .bind(end.exit_code.map(i64::from))
    .bind(end.signal.as_deref())
    .execute(&mut *c)
    .await?;
    if done.rows_affected() == 0 {
        return Ok(None);
    }
    events::note(c, id, end.ended_at, RunEventKind::Retry, None, end.error.as_deref().unwrap_or_default()).await?;
    Ok(Some(at))
}

/// Puts a claimed run that was never started back into the queue; one that was asked to stop meanwhile is cancelled
/// instead. `None` when it was not the caller's.
pub async fn requeue(c: &mut Connection, id: &RunId, fence: i64, at: Timestamp) -> Result<Option<Requeued>> {
    let state: Option<String> = sqlx::query_scalar(concat!(
        "UPDATE runs SET state = CASE WHEN stop_requested_at IS NULL THEN 'queued' ELSE 'cancelled' END,
                ended_at = stop_requested_at, started_at = NULL
          WHERE id = $1 AND fence = $2 AND state IN ",
        states::active!(),
        " RETURNING state"
    ))
    .bind(id.as_str())
    .bind(fence)
    .fetch_optional(&mut *c)
    .await?;
    let Some(state) = state else { return Ok(None) };
    if state == RunState::Queued.as_str() {
        events::note(c, id, at, RunEventKind::Requeued, None, "").await?;
        return Ok(Some(Requeued::Queued));
    }
    Ok(Some(Requeued::Cancelled(ended(c, id, at, RunState::Cancelled).await?)))
}

/// Moves the limit and the start of a run that works: the machine's clock was moved by `ms`. Its new limit.
pub async fn shift(c: &mut Connection, id: &RunId, fence: i64, ms: i64) -> Result<Option<Timestamp>> {
    let at: Option<Option<i64>> = sqlx::query_scalar(
        "UPDATE runs SET deadline_at = deadline_at + $3, started_at = started_at + $3 WHERE id = $1 AND fence = $2 RETURNING deadline_at",
    )
    .bind(id.as_str())
    .bind(fence)
    .bind(ms)
    .fetch_optional(c)
    .await?;
    Ok(at.flatten().map(Timestamp))
}

/// Notes the bandwidth limit that a run has from now on.
pub async fn set_bandwidth(c: &mut Connection, id: &RunId, rate: &str) -> Result<bool> {
    let done = sqlx::query("UPDATE runs SET bandwidth = $2 WHERE id = $1 AND state = 'running'")
        .bind(id.as_str())
        .bind(rate)
        .execute(c)
        .await?;
    Ok(done.rows_affected() == 1)
}
