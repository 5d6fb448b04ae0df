//! Jobs: runs that were saved, and what is started after them.

use std::collections::HashMap;

use sqlx::{FromRow, Sqlite, query::Query, sqlite::SqliteArguments};

use super::{
    Connection, Result, StoreError,
    runs::row::{json, operation, to_json},
};
use crate::domain::{
    follower::{After, Follower},
    id::{JobId, UserId},
    job::{Job, JobPage, JobQuery, NewJob},
    page::{PageSize, USUAL},
    run::{state::RunState, wait::OnBusy},
    text::Needle,
    time::Timestamp,
};

/// Jobs that are looked at together in a search.
const BATCH: usize = 500;

/// Who saves a job.
#[derive(Clone, Debug)]
pub struct Owner {
    /// Their id.
    pub id: UserId,
    /// Their name.
    pub name: String,
}

#[derive(FromRow)]
struct Row {
    id: String,
    name: String,
    operation: String,
    source: String,
    destination: Option<String>,
    options: String,
    guards: String,
    retry: String,
    on_busy: String,
    priority: i64,
    time_limit_secs: Option<i64>,
    version: i64,
    user_id: String,
    user_name: String,
    created_at: i64,
    updated_at: i64,
}

/// `SELECT` of every column that a [`Row`] has, with the given end of the statement.
macro_rules! select_jobs {
    ($end:literal) => {
        concat!(
            "SELECT id, name, operation, source, destination, options, guards, retry, on_busy, priority, time_limit_secs, version, user_id,
                    user_name, created_at, updated_at
               FROM jobs ",
            $end
        )
    };
}

/// A job and who saved it last.
#[derive(Clone, Debug)]
pub struct Stored {
    /// The job; `last_run` and `command` are empty, they are others' to tell.
    pub job: Job,
    /// Who saved it.
    pub owner: Owner,
}

impl Row {
    fn stored(self, followers: Vec<Follower>) -> Result<Stored> {
        let spec = NewJob {
            name: self.name,
            operation: operation(&self.operation)?,
            source: self.source,
            destination: self.destination,
            options: json(&self.options, "job's options")?,
            guards: json(&self.guards, "job's guards")?,
            retry: json(&self.retry, "job's retry")?,
            on_busy: OnBusy::parse(&self.on_busy).ok_or(StoreError::Corrupt("job's on_busy"))?,
            priority: i32::try_from(self.priority).unwrap_or(0),
            time_limit_secs: self.time_limit_secs.and_then(|secs| u32::try_from(secs).ok()),
            followers,
        };
        let job = Job {
            id: self.id.parse().map_err(StoreError::corrupt("job's id"))?,
            version: self.version,
            spec,
            user: self.user_name.clone(),
            created_at: Timestamp(self.created_at),
            updated_at: Timestamp(self.updated_at),
            last_run: None,
            command: String::new(),
        };
        let owner = Owner { id: self.user_id.parse().map_err(StoreError::corrupt("user's id"))?, name: self.user_name };
        Ok(Stored { job, owner })
    }
}

/// One job.
pub async fn get(c: &mut Connection, id: &JobId) -> Result<Option<Stored>> {
    let row: Option<Row> =
        sqlx::query_as(select_jobs!("WHERE id = $1")).bind(id.as_str()).fetch_optional(&mut *c).await?;
    let Some(row) = row else { return Ok(None) };
    let mut chain = followers(c, vec![id.as_str().to_owned()]).await?;
    row.stored(chain.remove(id.as_str()).unwrap_or_default()).map(Some)
}

/// A page of jobs, by name.
pub async fn list(c: &mut Connection, query: &JobQuery) -> Result<JobPage> {
    let size = PageSize::new(query.limit, USUAL);
    let (rows, more) = size.cut(found(c, query, usize::try_from(size.rows()).unwrap_or(usize::MAX)).await?);
    let mut chain = followers(c, rows.iter().map(|row| row.id.clone()).collect()).await?;
    let mut jobs = Vec::with_capacity(rows.len());
    for row in rows {
        let followers = chain.remove(&row.id).unwrap_or_default();
        jobs.push(row.stored(followers)?.job);
    }
    Ok(JobPage { cursor: if more { jobs.last().map(|job| job.spec.name.clone()) } else { None }, jobs })
}

/// So many jobs that hold what is searched for, by name. What people see no database compares: each job is looked at
/// here.
async fn found(c: &mut Connection, query: &JobQuery, wanted: usize) -> Result<Vec<Row>> {
    let needle = Needle::new(&query.search);
    let batch = if needle.is_empty() { wanted } else { BATCH.max(wanted) };
    let (mut after, mut found) = (query.cursor.as_deref().unwrap_or_default().to_lowercase(), Vec::new());
    loop {
        let rows: Vec<Row> = sqlx::query_as(select_jobs!("WHERE name_key > $1 ORDER BY name_key LIMIT $2"))
            .bind(&after)
            .bind(i64::try_from(batch).unwrap_or(i64::MAX))
            .fetch_all(&mut *c)
            .await?;
        let is_last = rows.len() < batch;
        if let Some(last) = rows.last() {
            after = last.name.to_lowercase();
        }
        let holds = |row: &Row| {
            let texts = [Some(&row.name), Some(&row.source), row.destination.as_ref()];
            texts.into_iter().flatten().any(|text| needle.is_in(text))
        };
        found.extend(rows.into_iter().filter(holds));
        if is_last || found.len() >= wanted {
            found.truncate(wanted);
            return Ok(found);
        }
    }
}

async fn followers(c: &mut Connection, jobs: Vec<String>) -> Result<HashMap<String, Vec<Follower>>> {
    let mut all: HashMap<String, Vec<Follower>> = HashMap::new();
    for job in jobs {
        let rows: Vec<(String, String)> =
            sqlx::query_as("SELECT next_job_id, after FROM job_chain WHERE job_id = $1 ORDER BY next_job_id")
                .bind(&job)
                .fetch_all(&mut *c)
                .await?;
        let follower = |(next, after): (String, String)| {
            Ok(Follower {
                job: next.parse().map_err(StoreError::corrupt("job's id"))?,
                after: After::parse(&after).ok_or(StoreError::Corrupt("job's chain"))?,
            })
        };
        all.insert(job, rows.into_iter().map(follower).collect::<Result<_>>()?);
    }
    Ok(all)
}

/// Saves a new job. [`StoreError::Taken`] when the name is taken.
pub async fn insert(c: &mut Connection, id: &JobId, spec: &NewJob, owner: &Owner, at: Timestamp) -> Result<()> {
    let sql =
        "INSERT INTO jobs (id, name, name_key, operation, source, destination, options, guards, retry, on_busy, priority, time_limit_secs,
                                 user_id, user_name, created_at, updated_at)
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $15)";
    bound(sql, id, spec, owner, at)?.execute(&mut *c).await?;
    chain(c, id, &spec.followers).await
}

/// Changes the version of a job that was seen. Whether that is still its version.
pub async fn update(
    c: &mut Connection,
    id: &JobId,
    version: i64,
    spec: &NewJob,
    owner: &Owner,
    at: Timestamp,
) -> Result<bool> {
    let sql =
        "UPDATE jobs SET name = $2, name_key = $3, operation = $4, source = $5, destination = $6, options = $7, guards = $8, retry = $9,
                      on_busy = $10, priority = $11, time_limit_secs = $12, user_id = $13, user_name = $14, updated_at = $15,
                      version = version + 1
                WHERE id = $1 AND version = $16";
    let done = bound(sql, id, spec, owner, at)?.bind(version).execute(&mut *c).await?;
    if done.rows_affected() == 0 {
        return Ok(false);
    }
    sqlx::query("DELETE FROM job_chain WHERE job_id = $1").bind(id.as_str()).execute(&mut *c).await?;
    chain(c, id, &spec.followers).await?;
    Ok(true)
}

/// A statement with all that is saved of a job, `$1` to `$15`.
fn bound<'q>(
    sql: &'static str,
    id: &'q JobId,
    spec: &'q NewJob,
    owner: &'q Owner,
    at: Timestamp,
) -> Result<Query<'q, Sqlite, SqliteArguments>> {
    let statement = sqlx::query(sql)
        .bind(id.as_str())
        .bind(&spec.name)
        .bind(spec.name.to_lowercase())
        .bind(spec.operation.as_str())
        .bind(&spec.source)
        .bind(spec.destination.as_deref())
        .bind(to_json(&spec.options, "job's options")?)
        .bind(to_json(&spec.guards, "job's guards")?)
        .bind(to_json(&spec.retry, "job's retry")?)
        .bind(spec.on_busy.as_str())
        .bind(i64::from(spec.priority))
        .bind(spec.time_limit_secs.map(i64::from))
        .bind(owner.id.as_str())
        .bind(&owner.name)
        .bind(at.0);
    Ok(statement)
}

async fn chain(c: &mut Connection, id: &JobId, followers: &[Follower]) -> Result<()> {
    for follower in followers {
        sqlx::query("INSERT INTO job_chain (job_id, next_job_id, after) VALUES ($1, $2, $3)")
            .bind(id.as_str())
            .bind(follower.job.as_str())
            .bind(follower.after.as_str())
            .execute(&mut *c)
            .await?;
    }
    Ok(())
}

/// Deletes a job, and takes it out of every chain. Its runs stay in the history. Whether it was there.
pub async fn delete(c: &mut Connection, id: &JobId) -> Result<bool> {
    Ok(sqlx::query("DELETE FROM jobs WHERE id = $1").bind(id.as_str()).execute(c).await?.rows_affected() == 1)
}

/// How many jobs there are.
pub async fn count(c: &mut Connection) -> Result<u64> {
    let n: i64 = sqlx::query_scalar("SELECT count(*) FROM jobs").fetch_one(c).await?;
    Ok(super::from_sql(n))
}

/// The jobs that have this remote in their source or destination, by name.
pub async fn using(c: &mut Connection, remote: &str) -> Result<Vec<String>> {
    let prefix = format!("{remote}:");
    Ok(sqlx::query_scalar(
        "SELECT name FROM jobs WHERE substr(source, 1, length($1)) = $1 OR substr(destination, 1, length($1)) = $1 ORDER BY name_key LIMIT 20",
    )
    .bind(prefix)
    .fetch_all(c)
    .await?)
}

/// Whether `from` leads to `to` along the chain, in any number of steps.
pub async fn leads_to(c: &mut Connection, from: &JobId, to: &JobId) -> Result<bool> {
    let found: Option<i64> = sqlx::query_scalar(
        "WITH RECURSIVE reached (id) AS (
            SELECT $1 UNION SELECT next_job_id FROM job_chain JOIN reached ON job_chain.job_id = reached.id)
         SELECT 1 FROM reached WHERE id = $2 LIMIT 1",
    )
    .bind(from.as_str())
    .bind(to.as_str())
    .fetch_optional(c)
    .await?;
    Ok(found.is_some())
}

/// What is started after a run of this job that ended so.
pub async fn following(c: &mut Connection, id: &JobId, state: RunState) -> Result<Vec<Stored>> {
    let mut chain = followers(c, vec![id.as_str().to_owned()]).await?;
    let mut next = Vec::new();
    for follower in chain.remove(id.as_str()).unwrap_or_default() {
        if follower.after.matches(state)
            && let Some(stored) = get(c, &follower.job).await?
        {
            next.push(stored);
        }
    }
    Ok(next)
}
