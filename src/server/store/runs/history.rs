//! Looking at runs: one, a page of them, those that have not ended, and figures over many.

use std::collections::HashMap;

use sqlx::{FromRow, SqliteConnection};

use super::{
    super::{Result, StoreError, from_sql},
    row::{Row, select_runs},
};
use crate::domain::{
    id::{RunId, UserId},
    overview::Day,
    run::{Run, RunPage, RunQuery, RunState, RunSummary},
    time::Timestamp,
    transfer::TransferOptions,
};

/// Runs of a page when the query does not say.
const PAGE: u32 = 50;
/// Most runs of a page.
const MAX_PAGE: u32 = 1000;
/// Larger than every id: the cursor of a first page.
const AFTER_ALL: &str = "~";
const MILLIS_OF_A_DAY: i64 = 86_400_000;

/// A run as it is stored.
#[derive(Clone, Debug)]
pub struct Stored {
    /// The run; `command` and `in_flight` are empty, they are rclone's to tell.
    pub run: Run,
    /// How often it was claimed.
    pub fence: i64,
    /// When it is stopped if it has not ended.
    pub deadline_at: Option<Timestamp>,
}

/// A run that has not ended, with what is needed to go on with it.
#[derive(Clone, Debug)]
pub struct Unfinished {
    /// The run.
    pub summary: RunSummary,
    /// How often it was claimed.
    pub fence: i64,
    /// Whether somebody asked for it to stop.
    pub stop_requested: bool,
    /// How it was asked for.
    pub options: TransferOptions,
}

/// Figures over the runs that ended since some time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Week {
    /// How many.
    pub runs: u64,
    /// Of these, how many failed or were interrupted.
    pub failed: u64,
    /// Bytes they transferred.
    pub bytes: u64,
    /// Files they transferred.
    pub files: u64,
}

/// One run.
pub async fn get(c: &mut SqliteConnection, id: &RunId) -> Result<Option<Stored>> {
    let row: Option<Row> = sqlx::query_as(select_runs!("WHERE r.id = $1")).bind(id.as_str()).fetch_optional(&mut *c).await?;
    let Some(row) = row else { return Ok(None) };
    let mut stored = Stored { fence: row.fence, deadline_at: row.deadline(), run: row.run()? };
    number(c, [&mut stored.run.summary]).await?;
    Ok(Some(stored))
}

/// The run that a user started with this key of theirs.
pub async fn id_by_key(c: &mut SqliteConnection, user: &UserId, key: &str) -> Result<Option<RunId>> {
    let id: Option<String> = sqlx::query_scalar("SELECT id FROM runs WHERE user_id = $1 AND idempotency_key = $2")
        .bind(user.as_str())
        .bind(key)
        .fetch_optional(c)
        .await?;
    id.map(|id| id.parse().map_err(|_| StoreError::Corrupt("run's id"))).transpose()
}

/// Who asked for a run, for the audit row of its end.
#[derive(Clone, Debug, FromRow)]
pub struct Origin {
    /// Their id.
    pub user_id: String,
    /// By which door they came.
    pub via: String,
    /// From which address.
    pub address: Option<String>,
}

/// Who asked for a run.
pub async fn origin(c: &mut SqliteConnection, id: &RunId) -> Result<Option<Origin>> {
    Ok(sqlx::query_as("SELECT user_id, via, address FROM runs WHERE id = $1").bind(id.as_str()).fetch_optional(c).await?)
}

/// A page of history, newest first. The cursor is the last id: however deep, the database goes straight there.
pub async fn list(c: &mut SqliteConnection, query: &RunQuery) -> Result<RunPage> {
    let limit = if query.limit == 0 { PAGE } else { query.limit.min(MAX_PAGE) };
    // Two statements, so that each has its index.
    let sql = match query.state {
        None => select_runs!("WHERE r.id < $1 AND ($2 = '' OR instr(r.search_text, $2) > 0) ORDER BY r.id DESC LIMIT $3"),
        Some(_) => {
            select_runs!("WHERE r.id < $1 AND ($2 = '' OR instr(r.search_text, $2) > 0) AND r.state = $4 ORDER BY r.id DESC LIMIT $3")
        }
    };
    let mut statement = sqlx::query_as::<_, Row>(sql)
        .bind(query.cursor.as_ref().map_or(AFTER_ALL, RunId::as_str).to_owned())
        .bind(query.search.trim().to_lowercase())
        // One more than wanted tells whether there is another page.
        .bind(i64::from(limit) + 1);
    if let Some(state) = query.state {
        statement = statement.bind(state.as_str());
    }
    let mut runs = summaries(&statement.fetch_all(&mut *c).await?)?;
    let more = runs.len() > limit as usize;
    runs.truncate(limit as usize);
    number(c, &mut runs).await?;
    Ok(RunPage { cursor: if more { runs.last().map(|run| run.id.clone()) } else { None }, runs })
}

/// The last `n` that ended, newest end first.
pub async fn recent(c: &mut SqliteConnection, n: u32) -> Result<Vec<RunSummary>> {
    let rows: Vec<Row> = sqlx::query_as(select_runs!("WHERE r.ended_at IS NOT NULL ORDER BY r.ended_at DESC, r.id DESC LIMIT $1"))
        .bind(i64::from(n.min(MAX_PAGE)))
        .fetch_all(c)
        .await?;
    summaries(&rows)
}

/// All that have not ended, oldest first.
pub async fn unfinished(c: &mut SqliteConnection) -> Result<Vec<Unfinished>> {
    let rows: Vec<Row> =
        sqlx::query_as(select_runs!("WHERE r.ended_at IS NULL AND r.state IN ('queued', 'starting', 'running') ORDER BY r.id"))
            .fetch_all(&mut *c)
            .await?;
    let mut unfinished = Vec::with_capacity(rows.len());
    for row in &rows {
        unfinished.push(Unfinished {
            summary: row.summary()?,
            fence: row.fence,
            stop_requested: row.stop_requested(),
            options: row.options()?,
        });
    }
    number(c, unfinished.iter_mut().map(|run| &mut run.summary)).await?;
    Ok(unfinished)
}

/// Figures over the runs that ended at `since` or later.
pub async fn week(c: &mut SqliteConnection, since: Timestamp) -> Result<Week> {
    let (runs, failed, bytes, files): (i64, i64, i64, i64) = sqlx::query_as(
        "SELECT count(*),
                CAST(COALESCE(sum(CASE WHEN state IN ('failed', 'interrupted', 'timed_out') THEN 1 ELSE 0 END), 0) AS BIGINT),
                CAST(COALESCE(sum(bytes), 0) AS BIGINT),
                CAST(COALESCE(sum(files), 0) AS BIGINT)
           FROM runs WHERE ended_at IS NOT NULL AND ended_at >= $1",
    )
    .bind(since.0)
    .fetch_one(c)
    .await?;
    Ok(Week { runs: from_sql(runs), failed: from_sql(failed), bytes: from_sql(bytes), files: from_sql(files) })
}

#[derive(FromRow)]
struct DayRow {
    day: i64,
    bytes: i64,
    ok: i64,
    failed: i64,
}

/// What ended on each day (UTC) that ends after `since`, oldest first. Days on which nothing ended are left out.
pub async fn days(c: &mut SqliteConnection, since: Timestamp) -> Result<Vec<Day>> {
    let rows: Vec<DayRow> = sqlx::query_as(
        "SELECT ended_at / $2 AS day,
                CAST(sum(bytes) AS BIGINT) AS bytes,
                CAST(sum(CASE WHEN state IN ('failed', 'interrupted', 'timed_out') THEN 0 ELSE 1 END) AS BIGINT) AS ok,
                CAST(sum(CASE WHEN state IN ('failed', 'interrupted', 'timed_out') THEN 1 ELSE 0 END) AS BIGINT) AS failed
           FROM runs WHERE ended_at IS NOT NULL AND ended_at >= $1
          GROUP BY 1 ORDER BY 1",
    )
    .bind(since.0.div_euclid(MILLIS_OF_A_DAY) * MILLIS_OF_A_DAY)
    .bind(MILLIS_OF_A_DAY)
    .fetch_all(c)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| Day {
            date: Timestamp(row.day * MILLIS_OF_A_DAY).rfc3339().chars().take(10).collect(),
            bytes: from_sql(row.bytes),
            ok: from_sql(row.ok),
            failed: from_sql(row.failed),
        })
        .collect())
}

fn summaries(rows: &[Row]) -> Result<Vec<RunSummary>> {
    rows.iter().map(Row::summary).collect()
}

/// Tells those of `runs` that wait their place in the queue: the order in which they are claimed.
async fn number(c: &mut SqliteConnection, runs: impl IntoIterator<Item = &mut RunSummary>) -> Result<()> {
    let mut waiting: Vec<_> = runs.into_iter().filter(|run| run.state == RunState::Queued).collect();
    if waiting.is_empty() {
        return Ok(());
    }
    let queue: Vec<String> =
        sqlx::query_scalar("SELECT id FROM runs WHERE ended_at IS NULL AND state = 'queued' ORDER BY priority DESC, not_before, id")
            .fetch_all(c)
            .await?;
    let places: HashMap<&str, u64> = queue.iter().map(String::as_str).zip(1..).collect();
    for run in &mut waiting {
        run.position = places.get(run.id.as_str()).copied();
    }
    Ok(())
}
