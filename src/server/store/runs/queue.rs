//! The life of a run: inserted, claimed, running, ended. Only these functions change a run.
//!
//! A run has a fence: how often it was claimed. What is written about a run after its claim proves with the fence that the run is
//! still the writer's; one that comes too late changes nothing, and is told so.

use sqlx::{FromRow, SqliteConnection};

use super::{
    super::{Result, StoreError, to_sql},
    row,
};
use crate::domain::{
    id::{RunId, UserId},
    location::Location,
    run::{Operation, RunState, Stats},
    time::Timestamp,
    transfer::TransferOptions,
};

/// A run to be put into the queue.
#[derive(Clone, Debug)]
pub struct NewRow {
    /// The id.
    pub id: RunId,
    /// What it does.
    pub operation: Operation,
    /// Where from.
    pub source: Location,
    /// Where to; not for a delete.
    pub destination: Option<Location>,
    /// How.
    pub options: TransferOptions,
    /// Who asked for it.
    pub user_id: UserId,
    /// Their name.
    pub user: String,
    /// By which door they came, for the audit row of its end.
    pub via: &'static str,
    /// From which address, for the same.
    pub address: Option<String>,
    /// When.
    pub created_at: Timestamp,
    /// When it is stopped if it has not ended.
    pub deadline_at: Option<Timestamp>,
    /// What a client calls this request, so that sending it twice starts one run.
    pub idempotency_key: Option<String>,
}

/// A run that is the caller's to start.
#[derive(Clone, Debug)]
pub struct Claimed {
    /// The id.
    pub id: RunId,
    /// What proves that it is the caller's.
    pub fence: i64,
    /// What it does.
    pub operation: Operation,
    /// Where from.
    pub source: Location,
    /// Where to; not for a delete.
    pub destination: Option<Location>,
    /// How.
    pub options: TransferOptions,
}

/// What became of the wish that a run stops.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StopOutcome {
    /// There is no such run.
    NotFound,
    /// It waited; now it is cancelled and that is final.
    Cancelled,
    /// It runs; the wish is noted, its process has to be told.
    Requested,
    /// It had ended before.
    AlreadyFinal,
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
    /// rclone's exit code.
    pub exit_code: Option<i32>,
    /// The signal that ended rclone, by name.
    pub signal: Option<String>,
}

/// Puts a run into the queue, and notes what it reads and writes.
pub async fn insert(c: &mut SqliteConnection, run: &NewRow) -> Result<()> {
    let (source, destination) = (run.source.to_string(), run.destination.as_ref().map(Location::to_string));
    let options = serde_json::to_string(&run.options).map_err(|_| StoreError::Corrupt("run's options"))?;
    sqlx::query(
        "INSERT INTO runs (id, operation, source, destination, search_text, options, state, not_before, user_id, user_name, created_at,
                           via, address, deadline_at, idempotency_key)
         VALUES ($1, $2, $3, $4, $5, $6, 'queued', $7, $8, $9, $7, $10, $11, $12, $13)",
    )
    .bind(run.id.as_str())
    .bind(run.operation.as_str())
    .bind(&source)
    .bind(&destination)
    .bind(format!("{source}\n{}", destination.as_deref().unwrap_or_default()).to_lowercase())
    .bind(options)
    .bind(run.created_at.0)
    .bind(run.user_id.as_str())
    .bind(&run.user)
    .bind(run.via)
    .bind(run.address.as_deref())
    .bind(run.deadline_at.map(|at| at.0))
    .bind(run.idempotency_key.as_deref())
    .execute(&mut *c)
    .await?;
    let mode = |writes: bool| if writes { "write" } else { "read" };
    let (source_mode, destination_mode) = (mode(run.operation.writes_source()), mode(run.operation.writes_destination()));
    for (key, mode) in [(Some(&source), source_mode), (destination.as_ref(), destination_mode)] {
        let Some(key) = key else { continue };
        sqlx::query("INSERT INTO run_paths (run_id, key, mode) VALUES ($1, $2, $3)")
            .bind(run.id.as_str())
            .bind(key)
            .bind(mode)
            .execute(&mut *c)
            .await?;
    }
    Ok(())
}

#[derive(FromRow)]
struct ClaimedRow {
    id: String,
    fence: i64,
    operation: String,
    source: String,
    destination: Option<String>,
    options: String,
}

/// Takes the next run of the queue, unless `global_limit` runs work already. Commit before you start it.
pub async fn claim(c: &mut SqliteConnection, now: Timestamp, global_limit: u32) -> Result<Option<Claimed>> {
    // The gate, written first: whoever claims at the same time waits here, and then sees what this claim did.
    sqlx::query("UPDATE admission SET epoch = epoch + 1 WHERE id = 1").execute(&mut *c).await?;
    let row: Option<ClaimedRow> = sqlx::query_as(
        "UPDATE runs SET state = 'starting', fence = fence + 1
          WHERE id = (SELECT id FROM runs
                       WHERE ended_at IS NULL AND state = 'queued' AND not_before <= $1
                         AND (SELECT count(*) FROM runs WHERE ended_at IS NULL AND state IN ('starting', 'running')) < $2
                       ORDER BY priority DESC, not_before, id LIMIT 1)
            AND state = 'queued'
         RETURNING id, fence, operation, source, destination, options",
    )
    .bind(now.0)
    .bind(i64::from(global_limit))
    .fetch_optional(c)
    .await?;
    row.map(|row| {
        Ok(Claimed {
            id: row.id.parse().map_err(|_| StoreError::Corrupt("run's id"))?,
            fence: row.fence,
            operation: row::operation(&row.operation)?,
            source: row::location(&row.source)?,
            destination: row.destination.as_deref().map(row::location).transpose()?,
            options: row::options(&row.options)?,
        })
    })
    .transpose()
}

/// Notes that rclone was started. Whether the run was the caller's.
pub async fn set_running(c: &mut SqliteConnection, id: &RunId, fence: i64, at: Timestamp) -> Result<bool> {
    let done = sqlx::query(
        "UPDATE runs SET state = 'running', started_at = COALESCE(started_at, $3)
          WHERE id = $1 AND fence = $2 AND state IN ('starting', 'running')",
    )
    .bind(id.as_str())
    .bind(fence)
    .bind(at.0)
    .execute(c)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Notes how far a run is. Whether it was the caller's.
pub async fn update_stats(c: &mut SqliteConnection, id: &RunId, fence: i64, stats: &Stats) -> Result<bool> {
    let done = sqlx::query(
        "UPDATE runs SET bytes = $3, total_bytes = $4, files = $5, total_files = $6, checks = $7, deletes = $8, listed = $9,
                errors = $10, speed = $11, eta = $12, elapsed_ms = $13
          WHERE id = $1 AND fence = $2 AND state IN ('starting', 'running')",
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
    .execute(c)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Ends the runs that waited until their time limit ran out. Their ids.
pub async fn expire(c: &mut SqliteConnection, now: Timestamp, error: &str) -> Result<Vec<RunId>> {
    let ids: Vec<String> = sqlx::query_scalar(
        "UPDATE runs SET state = 'timed_out', ended_at = $1, error = $2
          WHERE ended_at IS NULL AND state = 'queued' AND deadline_at <= $1 RETURNING id",
    )
    .bind(now.0)
    .bind(error)
    .fetch_all(c)
    .await?;
    ids.iter().map(|id| id.parse().map_err(|_| StoreError::Corrupt("run's id"))).collect()
}

/// When the first of the runs that wait has to be ended.
pub async fn next_deadline(c: &mut SqliteConnection) -> Result<Option<Timestamp>> {
    let at: Option<i64> =
        sqlx::query_scalar("SELECT min(deadline_at) FROM runs WHERE ended_at IS NULL AND state = 'queued'").fetch_one(c).await?;
    Ok(at.map(Timestamp))
}

/// Cancels a run that waits, or notes that one that works shall stop. The first who asks is the one who is named.
pub async fn request_stop(c: &mut SqliteConnection, id: &RunId, by: &str, at: Timestamp) -> Result<StopOutcome> {
    let cancelled = sqlx::query(
        "UPDATE runs SET state = 'cancelled', ended_at = $3, stop_requested_by = $2, stop_requested_at = $3
          WHERE id = $1 AND state = 'queued'",
    )
    .bind(id.as_str())
    .bind(by)
    .bind(at.0)
    .execute(&mut *c)
    .await?;
    if cancelled.rows_affected() == 1 {
        return Ok(StopOutcome::Cancelled);
    }
    let requested = sqlx::query(
        "UPDATE runs SET stop_requested_by = COALESCE(stop_requested_by, $2), stop_requested_at = COALESCE(stop_requested_at, $3)
          WHERE id = $1 AND state IN ('starting', 'running')",
    )
    .bind(id.as_str())
    .bind(by)
    .bind(at.0)
    .execute(&mut *c)
    .await?;
    if requested.rows_affected() == 1 {
        return Ok(StopOutcome::Requested);
    }
    let found: Option<i64> = sqlx::query_scalar("SELECT 1 FROM runs WHERE id = $1").bind(id.as_str()).fetch_optional(c).await?;
    Ok(if found.is_some() { StopOutcome::AlreadyFinal } else { StopOutcome::NotFound })
}

/// Ends a run. Whether it was the caller's.
pub async fn finish(c: &mut SqliteConnection, id: &RunId, fence: i64, end: &End) -> Result<bool> {
    if !update_stats(c, id, fence, &end.stats).await? {
        return Ok(false);
    }
    let done = sqlx::query(
        "UPDATE runs SET state = $3, ended_at = $4, error = $5, exit_code = $6, signal = $7
          WHERE id = $1 AND fence = $2 AND state IN ('starting', 'running')",
    )
    .bind(id.as_str())
    .bind(fence)
    .bind(end.state.as_str())
    .bind(end.ended_at.0)
    .bind(end.error.as_deref())
    .bind(end.exit_code.map(i64::from))
    .bind(end.signal.as_deref())
    .execute(c)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Puts a claimed run that was never started back into the queue; one that was asked to stop meanwhile is cancelled instead.
/// Whether it was the caller's.
pub async fn requeue(c: &mut SqliteConnection, id: &RunId, fence: i64) -> Result<bool> {
    let done = sqlx::query(
        "UPDATE runs SET state = CASE WHEN stop_requested_at IS NULL THEN 'queued' ELSE 'cancelled' END,
                ended_at = stop_requested_at, started_at = NULL
          WHERE id = $1 AND fence = $2 AND state IN ('starting', 'running')",
    )
    .bind(id.as_str())
    .bind(fence)
    .execute(c)
    .await?;
    Ok(done.rows_affected() == 1)
}
