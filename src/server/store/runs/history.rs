//! Reading runs: one, a page of them, and those that have not ended.

use std::collections::HashMap;

use sqlx::{FromRow, QueryBuilder, Sqlite};

use super::{
    super::{
        Connection, Result, StoreError, from_sql,
        sql::{contains, push_contains},
    },
    row::{Row, select_runs},
    states,
};
use crate::domain::{
    id::{JobId, RunId, UserId},
    page::PageSize,
    run::{
        detail::Run,
        query::{RunPage, RunQuery},
        state::RunState,
        summary::RunSummary,
    },
    text::fold,
    time::Timestamp,
    transfer::TransferOptions,
};

/// Runs of a page when the query does not say.
const PAGE: u32 = 50;
/// Larger than every id: the cursor of a first page.
const AFTER_ALL: &str = "~";
/// So many runs are sorted in no time; of more, the newest are found sooner by going back through the history.
const FEW: i64 = 10_000;

/// A run as it is stored.
#[derive(Clone, Debug)]
pub struct Stored {
    /// The run; `command` and `in_flight` are empty, rclone knows them; `events` are read by
    /// [`super::events()`], `wait` and `approves` by who knows the rules.
    pub run: Run,
    /// The digest of what was asked for.
    pub spec: String,
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

/// One run.
pub async fn get(c: &mut Connection, id: &RunId) -> Result<Option<Stored>> {
    let row: Option<Row> =
        sqlx::query_as(select_runs!("WHERE r.id = $1")).bind(id.as_str()).fetch_optional(&mut *c).await?;
    let Some(row) = row else { return Ok(None) };
    let mut stored = Stored { fence: row.fence, spec: row.spec.clone(), deadline_at: row.deadline(), run: row.run()? };
    number(c, [&mut stored.run.summary]).await?;
    Ok(Some(stored))
}

/// The run that a user started with this key of theirs.
pub async fn id_by_key(c: &mut Connection, user: &UserId, key: &str) -> Result<Option<RunId>> {
    let id: Option<String> = sqlx::query_scalar("SELECT id FROM runs WHERE user_id = $1 AND idempotency_key = $2")
        .bind(user.as_str())
        .bind(key)
        .fetch_optional(c)
        .await?;
    id.map(|id| id.parse().map_err(StoreError::corrupt("run's id"))).transpose()
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
    /// The token with which they asked for it.
    pub token_id: Option<String>,
}

/// Who asked for a run.
pub async fn origin(c: &mut Connection, id: &RunId) -> Result<Option<Origin>> {
    Ok(sqlx::query_as("SELECT user_id, via, address, token_id FROM runs WHERE id = $1")
        .bind(id.as_str())
        .fetch_optional(c)
        .await?)
}

/// A page of history, newest first. The cursor is the last id: however deep, the database goes straight there.
pub async fn list(c: &mut Connection, query: &RunQuery) -> Result<RunPage> {
    let size = PageSize::new(query.limit, PAGE);
    let mut sql = QueryBuilder::<Sqlite>::new(select_runs!("WHERE r.id < "));
    sql.push_bind(query.cursor.as_ref().map_or(AFTER_ALL, RunId::as_str).to_owned());
    if let Some(state) = query.state {
        sql.push(" AND r.state = ").push_bind(state.as_str());
    }
    if let Some(operation) = query.operation {
        sql.push(" AND r.operation = ").push_bind(operation.as_str());
    }
    if let Some(job) = &query.job {
        sql.push(" AND r.job_id = ").push_bind(job.as_str().to_owned());
    }
    let search = fold(&query.search);
    if !search.is_empty() {
        match routes(c, &search).await? {
            Found::None => return Ok(RunPage { runs: Vec::new(), cursor: None }),
            // So many rows have one of these that the newest are near where they begin: each row's own route is looked
            // at, and no list is made of all that match.
            Found::Many { first, last } => {
                sql.push(" AND r.id >= ").push_bind(first).push(" AND r.id <= ").push_bind(last);
                sql.push(" AND EXISTS (SELECT 1 FROM routes t WHERE t.id = r.route_id AND ");
                push_contains(&mut sql, "t.search_text", search);
                sql.push(")");
            }
            Found::Few => {
                sql.push(" AND r.route_id IN (SELECT id FROM routes WHERE ");
                push_contains(&mut sql, "search_text", search);
                sql.push(")");
            }
        }
    }
    sql.push(" ORDER BY r.id DESC LIMIT ").push_bind(size.rows());
    let rows: Vec<Row> = sql.build_query_as().fetch_all(&mut *c).await?;
    let (rows, more) = size.cut(rows);
    let mut runs = summaries(&rows)?;
    number(c, &mut runs).await?;
    Ok(RunPage { cursor: if more { runs.last().map(|run| run.id) } else { None }, runs })
}

/// How many runs have a route that holds the text.
enum Found {
    None,
    Few,
    /// All of these lie between two ids.
    Many {
        first: String,
        last: String,
    },
}

async fn routes(c: &mut Connection, search: &str) -> Result<Found> {
    let found: (Option<i64>, Option<String>, Option<String>) = sqlx::query_as(concat!(
        "SELECT CAST(sum(runs) AS BIGINT), min(first_id), max(last_id) FROM routes WHERE ",
        contains!("search_text", "$1")
    ))
    .bind(search)
    .fetch_one(c)
    .await?;
    Ok(match found {
        (Some(runs), Some(first), Some(last)) if runs > FEW => Found::Many { first, last },
        (Some(1..), ..) => Found::Few,
        _ => Found::None,
    })
}

/// The last `n` that ended, newest end first.
pub async fn recent(c: &mut Connection, n: u32) -> Result<Vec<RunSummary>> {
    let rows: Vec<Row> =
        sqlx::query_as(select_runs!("WHERE r.ended_at IS NOT NULL ORDER BY r.ended_at DESC, r.id DESC LIMIT $1"))
            .bind(i64::from(n))
            .fetch_all(c)
            .await?;
    summaries(&rows)
}

/// All that have not ended, oldest first.
pub async fn unfinished(c: &mut Connection) -> Result<Vec<Unfinished>> {
    let rows: Vec<Row> = sqlx::query_as(select_runs!(concat!(
        "WHERE r.ended_at IS NULL AND r.state IN ",
        states::unfinished!(),
        " ORDER BY r.id"
    )))
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

/// How many have not ended.
pub async fn count_unfinished(c: &mut Connection) -> Result<u64> {
    let count = sqlx::query_scalar(concat!(
        "SELECT count(*) FROM runs WHERE ended_at IS NULL AND state IN ",
        states::unfinished!()
    ));
    Ok(from_sql(count.fetch_one(c).await?))
}

/// How many of this person have not ended.
pub async fn count_unfinished_of(c: &mut Connection, user: &UserId) -> Result<u64> {
    let count = sqlx::query_scalar(concat!(
        "SELECT count(*) FROM runs WHERE ended_at IS NULL AND state IN ",
        states::unfinished!(),
        " AND user_id = $1"
    ));
    Ok(from_sql(count.bind(user.as_str()).fetch_one(c).await?))
}

/// The last run of each of these jobs, dry runs left out.
pub async fn last_of_jobs(c: &mut Connection, jobs: &[JobId]) -> Result<HashMap<JobId, RunSummary>> {
    let mut last = HashMap::new();
    for job in jobs {
        let row: Option<Row> =
            sqlx::query_as(select_runs!("WHERE r.job_id = $1 AND r.dry_run = 0 ORDER BY r.id DESC LIMIT 1"))
                .bind(job.as_str())
                .fetch_optional(&mut *c)
                .await?;
        if let Some(row) = row {
            last.insert(*job, row.summary()?);
        }
    }
    number(c, last.values_mut()).await?;
    Ok(last)
}

fn summaries(rows: &[Row]) -> Result<Vec<RunSummary>> {
    rows.iter().map(Row::summary).collect()
}

/// Tells those of `runs` that wait their place in the queue: the order in which they are claimed.
async fn number(c: &mut Connection, runs: impl IntoIterator<Item = &mut RunSummary>) -> Result<()> {
    let mut waiting: Vec<_> = runs.into_iter().filter(|run| run.state == RunState::Queued).collect();
    if waiting.is_empty() {
        return Ok(());
    }
    let queue: Vec<String> = sqlx::query_scalar(
        "SELECT id FROM runs WHERE ended_at IS NULL AND state = 'queued' ORDER BY priority DESC, rank, id",
    )
    .fetch_all(c)
    .await?;
    let places: HashMap<&str, u64> = queue.iter().map(String::as_str).zip(1..).collect();
    for run in &mut waiting {
        run.position = places.get(run.id.as_str()).copied();
    }
    Ok(())
}
