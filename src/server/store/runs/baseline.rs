//! What a source held in earlier runs: the baseline that the guards compare it with.

use sqlx::{QueryBuilder, Sqlite};

use super::{
    super::{Connection, Result, from_sql},
    states,
};
use crate::domain::{id::JobId, time::Timestamp};

/// What a run counts: a source, through filters. Digests.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceKey {
    /// Where the source really lies.
    pub place: String,
    /// The filters.
    pub filters: String,
}

/// A run whose source is to be compared.
#[derive(Clone, Copy, Debug)]
pub struct Counted<'a> {
    /// What it counts.
    pub source: &'a SourceKey,
    /// The job that it is a run of.
    pub job: Option<&'a JobId>,
    /// Where it writes.
    pub destination: &'a str,
    /// What was asked for: runs of an older program are known by it alone.
    pub spec: &'a str,
}

/// What a source held. Only runs that ended well count, and no previews.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Baseline {
    /// Files at the last of them.
    pub last: Option<u64>,
    /// The most files in those since a time, and since the last one whose loss somebody approved or allowed.
    pub most: Option<u64>,
}

/// Runs that ended well and counted a source, with these columns. The condition goes on.
macro_rules! counted {
    ($columns:literal) => {
        concat!(
            "SELECT ",
            $columns,
            concat!(" FROM runs WHERE source_files IS NOT NULL AND dry_run = 0 AND state IN ", states::good!())
        )
    };
}

/// What a source held before. Runs with the same filters count, whatever else they were given and wherever they wrote.
/// Where there is none, its filters were changed: then those count that were of the same job, or wrote to the same
/// place.
pub async fn baseline(c: &mut Connection, run: Counted<'_>, since: Timestamp) -> Result<Baseline> {
    for same_filters in [true, false] {
        let found = of_source(&mut *c, run, since, same_filters).await?;
        if found.last.is_some() {
            return Ok(found);
        }
    }
    let last: Option<i64> = QueryBuilder::<Sqlite>::new(counted!("source_files"))
        .push(" AND source_key IS NULL AND spec = ")
        .push_bind(run.spec)
        .push(" ORDER BY id DESC LIMIT 1")
        .build_query_scalar()
        .fetch_optional(c)
        .await?;
    Ok(Baseline { last: last.map(from_sql), most: None })
}

async fn of_source(c: &mut Connection, run: Counted<'_>, since: Timestamp, same_filters: bool) -> Result<Baseline> {
    let last: Option<i64> = comparable(counted!("source_files"), run, same_filters)
        .push(" ORDER BY id DESC LIMIT 1")
        .build_query_scalar()
        .fetch_optional(&mut *c)
        .await?;
    let Some(last) = last else { return Ok(Baseline::default()) };
    // What somebody approved, or allowed, is the new measure.
    let meant: Option<String> = comparable(counted!("max(id)"), run, same_filters)
        .push(" AND (approved_by IS NOT NULL OR guards LIKE '%\"allow_shrunk_source\":true%')")
        .build_query_scalar()
        .fetch_one(&mut *c)
        .await?;
    let most: Option<i64> = comparable(counted!("max(source_files)"), run, same_filters)
        .push(" AND ended_at >= ")
        .push_bind(since.0)
        .push(" AND id >= ")
        .push_bind(meant.unwrap_or_default())
        .build_query_scalar()
        .fetch_one(c)
        .await?;
    Ok(Baseline { last: Some(from_sql(last)), most: most.map(from_sql) })
}

/// The runs of its source that a run is compared with.
fn comparable(select: &'static str, run: Counted<'_>, same_filters: bool) -> QueryBuilder<Sqlite> {
    let mut sql = QueryBuilder::new(select);
    sql.push(" AND source_key = ").push_bind(&run.source.place);
    if same_filters {
        sql.push(" AND filters_key = ").push_bind(&run.source.filters);
    } else {
        sql.push(" AND (job_id = ")
            .push_bind(run.job.map(JobId::as_str))
            .push(" OR destination = ")
            .push_bind(run.destination)
            .push(")");
    }
    sql
}
