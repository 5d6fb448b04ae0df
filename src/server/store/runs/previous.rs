//! The previous run that a run is compared with.

use sqlx::FromRow;

use super::{
    super::{Connection, Result, StoreError, from_sql},
    Stored, states,
};
use crate::domain::{run::previous::PreviousRun, time::Timestamp};

#[derive(FromRow)]
struct Row {
    id: String,
    started_at: i64,
    ended_at: i64,
    files: i64,
    bytes: i64,
    deletes: i64,
}

/// What a run of the job did before, and what was asked for in the same way; of a route that is used very often only
/// the newest are looked at.
const OF_JOB: &str = concat!(
    "SELECT id, started_at, ended_at, files, bytes, deletes FROM runs
      WHERE job_id = $1 AND operation = $2 AND id < $3 AND state IN ",
    states::good!(),
    " AND dry_run = 0 AND retry_of IS NULL
        AND started_at IS NOT NULL AND ended_at IS NOT NULL
      ORDER BY id DESC LIMIT 1"
);
const OF_SPEC: &str = concat!("SELECT id, started_at, ended_at, files, bytes, deletes
       FROM (SELECT * FROM runs WHERE route_id = (SELECT route_id FROM runs WHERE id = $3) AND id < $3 ORDER BY id DESC LIMIT 1000)
      WHERE spec = $1 AND operation = $2 AND state IN ", states::good!(), " AND dry_run = 0 AND retry_of IS NULL
        AND started_at IS NOT NULL AND ended_at IS NOT NULL
      ORDER BY id DESC LIMIT 1");

/// The last run before this one that did the same and ended well. A dry run and one that takes up what failed are
/// compared with none.
pub async fn before(c: &mut Connection, stored: &Stored) -> Result<Option<PreviousRun>> {
    let run = &stored.run.summary;
    if run.dry_run || stored.run.retry_of.is_some() || run.started_at.is_none() || run.ended_at.is_none() {
        return Ok(None);
    }
    let (sql, same) = match &run.job {
        Some(job) => (OF_JOB, job.id.as_str()),
        None => (OF_SPEC, stored.spec.as_str()),
    };
    let row: Option<Row> =
        sqlx::query_as(sql).bind(same).bind(run.operation.as_str()).bind(run.id.as_str()).fetch_optional(c).await?;
    row.map(|row| {
        Ok(PreviousRun {
            id: row.id.parse().map_err(StoreError::corrupt("run's id"))?,
            started_at: Timestamp(row.started_at),
            files: from_sql(row.files),
            bytes: from_sql(row.bytes),
            deletes: from_sql(row.deletes),
            took_ms: Timestamp(row.ended_at).millis_since(Timestamp(row.started_at)),
        })
    })
    .transpose()
}
