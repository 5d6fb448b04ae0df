//! The queue: runs are put in, claimed, moved, ended while they wait. What becomes of a claimed run is `life`'s.

use sqlx::FromRow;

use super::{
    super::{Connection, Result, StoreError},
    events,
    life::{Ended, ended},
    places::{self, PathLock},
    row::{self, Row, select_runs},
    states,
};
use crate::domain::{
    audit::Via,
    guard::Guards,
    id::{JobId, RunId, TokenId, UserId},
    location::Location,
    operation::Operation,
    retry::Retry,
    run::{
        event::RunEventKind,
        state::RunState,
        summary::{JobName, RunSummary},
    },
    text::fold,
    time::Timestamp,
    transfer::TransferOptions,
};

/// How many runs are ended in one transaction.
const OVERDUE: i64 = 100;

/// A run to be put into the queue.
#[derive(Clone, Debug)]
pub struct NewRow {
    /// The id.
    pub id: RunId,
    /// What it does, where, and how.
    pub task: Task,
    /// What it reads and writes.
    pub places: Vec<PathLock>,
    /// The digest of what was asked for.
    pub spec: String,
    /// The preview that approved it. [`StoreError::Taken`] when it has approved another run.
    pub approved_by: Option<RunId>,
    /// The job that it is a run of.
    pub job: Option<JobName>,
    /// The run after which it is started. [`StoreError::Taken`] when that has started this job already.
    pub parent: Option<RunId>,
    /// What is tried again.
    pub retry: Retry,
    /// The highest is next.
    pub priority: i32,
    /// Who asked for it.
    pub user_id: UserId,
    /// Their name.
    pub user: String,
    /// The token with which they asked for it.
    pub token: Option<TokenId>,
    /// By which door they came, for the audit row of its end.
    pub via: Via,
    /// From which address, for the same.
    pub address: Option<String>,
    /// When.
    pub created_at: Timestamp,
    /// When it is stopped if it has not ended.
    pub deadline_at: Option<Timestamp>,
    /// What a client calls this request, so that sending it twice starts one run.
    pub idempotency_key: Option<String>,
    /// Whether the caller wrote the path once more.
    pub confirmed: bool,
}

/// What a run does, where and how, and what guards it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Task {
    /// What it does.
    pub operation: Operation,
    /// Where from.
    pub source: Location,
    /// Where to; not for a delete.
    pub destination: Option<Location>,
    /// How.
    pub options: TransferOptions,
    /// What guards it.
    pub guards: Guards,
    /// The run whose failed files it takes up again, and no others.
    pub retry_of: Option<RunId>,
}

/// A run that is the caller's to start.
#[derive(Clone, Debug)]
pub struct Claimed {
    /// The id.
    pub id: RunId,
    /// What proves that it is the caller's.
    pub fence: i64,
    /// What it does.
    pub task: Task,
    /// Whether its guards have to look first.
    pub guarded: bool,
    /// The digest of what was asked for.
    pub spec: String,
    /// The preview that approved it.
    pub approved_by: Option<RunId>,
    /// The job that it is a run of.
    pub job: Option<JobId>,
    /// Whether its caller wrote the path once more.
    pub confirmed: bool,
    /// By which way its caller came.
    pub via: String,
}

/// How many runs may work at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// In all.
    pub global: u32,
    /// On one remote.
    pub per_remote: u32,
}

/// What became of the wish that a run stops.
#[derive(Debug, PartialEq, Eq)]
pub enum StopOutcome {
    /// There is no such run.
    NotFound,
    /// It waited; now it is cancelled and that is final.
    Cancelled(Ended),
    /// It runs; the request is saved, and its process must be stopped.
    Requested,
    /// It had ended before.
    AlreadyFinal,
}

/// Puts a run into the queue, and notes what it reads and writes.
pub async fn insert(c: &mut Connection, run: &NewRow) -> Result<()> {
    let task = &run.task;
    let (source, destination) = (task.source.to_string(), task.destination.as_ref().map(Location::to_string));
    let text = fold(&format!("{source}\n{}", destination.as_deref().unwrap_or_default()));
    let route: String = sqlx::query_scalar(
        "INSERT INTO routes (id, search_text, runs, first_id, last_id) VALUES ($1, $2, 1, $1, $1)
         ON CONFLICT (search_text) DO UPDATE
            SET runs = routes.runs + 1,
                first_id = CASE WHEN excluded.first_id < routes.first_id THEN excluded.first_id ELSE routes.first_id END,
                last_id = CASE WHEN excluded.last_id > routes.last_id THEN excluded.last_id ELSE routes.last_id END
         RETURNING id",
    )
    .bind(run.id.as_str())
    .bind(text)
    .fetch_one(&mut *c)
    .await?;
    sqlx::query(
        "INSERT INTO runs (id, operation, source, destination, route_id, options, dry_run, state, job_id, job_name, parent_id, retry_of,
                           priority, rank, not_before, attempts, backoff_secs, guards, spec, approved_by, user_id, user_name, created_at, via,
                           address, deadline_at, idempotency_key, token_id, confirmed)
         VALUES ($1, $2, $3, $4, $5, $6, $7, 'queued', $8, $9, $10, $11, $12, $13, $13, $14, $15, $16, $17, $18, $19, $20, $13, $21, $22,
                 $23, $24, $25, $26)",
    )
    .bind(run.id.as_str())
    .bind(task.operation.as_str())
    .bind(&source)
    .bind(&destination)
    .bind(route)
    .bind(row::to_json(&task.options, "run's options")?)
    .bind(i64::from(task.options.dry_run))
    .bind(run.job.as_ref().map(|job| job.id.as_str()))
    .bind(run.job.as_ref().map(|job| &*job.name))
    .bind(run.parent.as_ref().map(RunId::as_str))
    .bind(task.retry_of.as_ref().map(RunId::as_str))
    .bind(i64::from(run.priority))
    .bind(run.created_at.0)
    .bind(i64::from(run.retry.attempts))
    .bind(i64::from(run.retry.backoff_secs))
    .bind(row::to_json(&task.guards, "run's guards")?)
    .bind(&run.spec)
    .bind(run.approved_by.as_ref().map(RunId::as_str))
    .bind(run.user_id.as_str())
    .bind(&run.user)
    .bind(run.via.as_str())
    .bind(run.address.as_deref())
    .bind(run.deadline_at.map(|at| at.0))
    .bind(run.idempotency_key.as_deref())
    .bind(run.token.as_ref().map(TokenId::as_str))
    .bind(i64::from(run.confirmed))
    .execute(&mut *c)
    .await?;
    places::insert(c, &run.id, &run.places).await?;
    let detail = run.job.as_ref().map_or("", |job| &job.name);
    events::note(c, &run.id, run.created_at, RunEventKind::Queued, Some(&run.user), detail).await?;
    if let Some(preview) = &run.approved_by {
        events::note(c, &run.id, run.created_at, RunEventKind::Approved, Some(&run.user), preview.as_str()).await?;
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
    guards: String,
    retry_of: Option<String>,
    approved_by: Option<String>,
    job_id: Option<String>,
    state: String,
    spec: String,
    confirmed: i64,
    via: String,
}

impl ClaimedRow {
    fn claimed(self) -> Result<Claimed> {
        let run = |id: String| id.parse().map_err(StoreError::corrupt("run's id"));
        Ok(Claimed {
            id: run(self.id)?,
            fence: self.fence,
            task: Task {
                operation: row::operation(&self.operation)?,
                source: row::location(&self.source)?,
                destination: self.destination.as_deref().map(row::location).transpose()?,
                options: row::options(&self.options)?,
                guards: row::json(&self.guards, "run's guards")?,
                retry_of: self.retry_of.map(run).transpose()?,
            },
            guarded: self.state == RunState::Guarded.as_str(),
            spec: self.spec,
            approved_by: self.approved_by.map(run).transpose()?,
            job: self.job_id.map(|id| id.parse().map_err(StoreError::corrupt("run's job"))).transpose()?,
            confirmed: self.confirmed != 0,
            via: self.via,
        })
    }
}

/// Takes the next run of the queue: the first that is due, for which a slot is free within `limits`, and that meets
/// no run which works. None while the queue is paused. Commit before you start it.
pub async fn claim(c: &mut Connection, now: Timestamp, limits: Limits) -> Result<Option<Claimed>> {
    // The admission row, written first: another claim waits here, and then sees what this one did.
    let paused: Option<i64> =
        sqlx::query_scalar("UPDATE admission SET epoch = epoch + 1 WHERE id = 1 RETURNING paused_at")
            .fetch_one(&mut *c)
            .await?;
    if paused.is_some() {
        return Ok(None);
    }
    let row: Option<ClaimedRow> = sqlx::query_as(concat!(
        concat!("UPDATE runs SET state = CASE WHEN (operation IN ('sync', 'delete', 'move') AND dry_run = 0) OR guards <> '{}' OR approved_by IS NOT NULL THEN 'guarded' ELSE 'starting' END,
                fence = fence + 1
          WHERE id = (
            SELECT q.id FROM runs q
             WHERE q.ended_at IS NULL AND q.state = 'queued' AND q.not_before <= $1
               AND (SELECT count(*) FROM runs WHERE ended_at IS NULL AND state IN ", states::active!(), ") < $2
               AND NOT EXISTS (
                 SELECT 1 FROM run_paths mine JOIN run_paths other ON other.run_id <> mine.run_id
                   JOIN runs w ON w.id = other.run_id AND w.ended_at IS NULL AND w.state IN ", states::active!(), "
                  WHERE mine.run_id = q.id AND "),
        places::meets!(),
        concat!(")
               AND NOT EXISTS (
                 SELECT 1 FROM run_paths mine
                  WHERE mine.run_id = q.id AND mine.remote <> ''
                    AND (SELECT count(DISTINCT w.id) FROM run_paths other
                           JOIN runs w ON w.id = other.run_id AND w.ended_at IS NULL AND w.state IN ", states::active!(), "
                          WHERE other.remote = mine.remote) >= $3)
             ORDER BY q.priority DESC, q.rank, q.id LIMIT 1)
            AND state = 'queued'
         RETURNING id, fence, operation, source, destination, options, guards, retry_of, approved_by, job_id, state, spec, confirmed, via"),
    ))
    .bind(now.0)
    .bind(i64::from(limits.global))
    .bind(i64::from(limits.per_remote))
    .fetch_optional(&mut *c)
    .await?;
    let claimed = row.map(ClaimedRow::claimed).transpose()?;
    if let Some(claimed) = claimed.as_ref().filter(|claimed| claimed.guarded) {
        events::note(c, &claimed.id, now, RunEventKind::Guarded, None, "").await?;
    }
    Ok(claimed)
}

/// The runs that wait although their time limit ran out, oldest first, at most [`OVERDUE`].
pub async fn overdue(c: &mut Connection, now: Timestamp) -> Result<Vec<RunSummary>> {
    let rows: Vec<Row> = sqlx::query_as(select_runs!(
        "WHERE r.ended_at IS NULL AND r.state = 'queued' AND r.deadline_at <= $1 ORDER BY r.id LIMIT $2"
    ))
    .bind(now.0)
    .bind(OVERDUE)
    .fetch_all(c)
    .await?;
    rows.iter().map(Row::summary).collect()
}

/// Ends a run that waits although its time limit ran out. `None` when it does not wait any more.
pub async fn expire(c: &mut Connection, id: &RunId, now: Timestamp, error: &str) -> Result<Option<Ended>> {
    let done = sqlx::query(
        "UPDATE runs SET state = 'timed_out', ended_at = $1, error = $2
          WHERE id = $3 AND ended_at IS NULL AND state = 'queued' AND deadline_at <= $1",
    )
    .bind(now.0)
    .bind(error)
    .bind(id.as_str())
    .execute(&mut *c)
    .await?;
    if done.rows_affected() == 0 {
        return Ok(None);
    }
    ended(c, id, now, RunState::TimedOut).await.map(Some)
}

/// When the first of the runs that wait has to be looked at again: it has to be ended, or its next attempt is due.
pub async fn next_due(c: &mut Connection, now: Timestamp) -> Result<Option<Timestamp>> {
    let at: Option<i64> = sqlx::query_scalar(
        "SELECT min(at) FROM (
            SELECT min(deadline_at) AS at FROM runs WHERE ended_at IS NULL AND state = 'queued'
            UNION ALL
            SELECT min(not_before) FROM runs WHERE ended_at IS NULL AND state = 'queued' AND not_before > $1) AS due",
    )
    .bind(now.0)
    .fetch_one(c)
    .await?;
    Ok(at.map(Timestamp))
}

/// Cancels a run that waits, or notes that one that works shall stop. The first who asks is the one who is named.
pub async fn request_stop(
    c: &mut Connection,
    id: &RunId,
    by: &str,
    reason: &str,
    at: Timestamp,
) -> Result<StopOutcome> {
    let reason = Some(reason.trim()).filter(|reason| !reason.is_empty());
    let cancelled = sqlx::query(
        "UPDATE runs SET state = 'cancelled', ended_at = $3, stop_requested_by = $2, stop_requested_at = $3, stop_reason = $4
          WHERE id = $1 AND state = 'queued'",
    )
    .bind(id.as_str())
    .bind(by)
    .bind(at.0)
    .bind(reason)
    .execute(&mut *c)
    .await?;
    if cancelled.rows_affected() == 1 {
        events::note(c, id, at, RunEventKind::StopRequested, Some(by), reason.unwrap_or_default()).await?;
        return Ok(StopOutcome::Cancelled(ended(c, id, at, RunState::Cancelled).await?));
    }
    let requested = sqlx::query(concat!(
        "UPDATE runs SET stop_reason = CASE WHEN stop_requested_by IS NULL THEN $4 ELSE stop_reason END,
                stop_requested_by = COALESCE(stop_requested_by, $2), stop_requested_at = COALESCE(stop_requested_at, $3)
          WHERE id = $1 AND state IN ",
        states::active!()
    ))
    .bind(id.as_str())
    .bind(by)
    .bind(at.0)
    .bind(reason)
    .execute(&mut *c)
    .await?;
    if requested.rows_affected() == 1 {
        events::note(c, id, at, RunEventKind::StopRequested, Some(by), reason.unwrap_or_default()).await?;
        return Ok(StopOutcome::Requested);
    }
    let found: Option<i64> =
        sqlx::query_scalar("SELECT 1 FROM runs WHERE id = $1").bind(id.as_str()).fetch_optional(c).await?;
    Ok(if found.is_some() { StopOutcome::AlreadyFinal } else { StopOutcome::NotFound })
}
