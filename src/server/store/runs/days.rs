//! What ended on each day (UTC), counted as it ended: however long the history is, these are few rows.

use sqlx::FromRow;

use super::{
    super::{Connection, Result, from_sql},
    states,
};
use crate::domain::{overview::Day, time::Timestamp};

const MILLIS_OF_A_DAY: i64 = 86_400_000;

/// `CASE WHEN state` is one that a person should look at `THEN … ELSE … END`, in SQL.
macro_rules! if_bad {
    ($then:expr, $otherwise:expr) => {
        concat!(concat!("CASE WHEN state IN ", states::bad!(), " THEN "), $then, " ELSE ", $otherwise, " END")
    };
}

/// The same for one that ended with warnings.
macro_rules! if_warning {
    ($then:expr, $otherwise:expr) => {
        concat!("CASE WHEN state = 'warning' THEN ", $then, " ELSE ", $otherwise, " END")
    };
}

/// Figures over the runs that ended since some day.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Week {
    /// How many.
    pub runs: u64,
    /// Of these, how many a person should look at.
    pub failed: u64,
    /// Of these, how many ended with warnings.
    pub warnings: u64,
    /// Bytes they transferred; dry runs transfer none.
    pub bytes: u64,
    /// Files they transferred.
    pub files: u64,
}

/// Figures over the runs that ended on the day of `since` (UTC) or later.
pub async fn week(c: &mut Connection, since: Timestamp) -> Result<Week> {
    let (runs, failed, warnings, bytes, files): (i64, i64, i64, i64, i64) = sqlx::query_as(concat!(
        "SELECT CAST(COALESCE(sum(ended), 0) AS BIGINT), CAST(COALESCE(sum(",
        if_bad!("ended", "0"),
        "), 0) AS BIGINT), CAST(COALESCE(sum(",
        if_warning!("ended", "0"),
        "), 0) AS BIGINT), CAST(COALESCE(sum(bytes), 0) AS BIGINT), CAST(COALESCE(sum(files), 0) AS BIGINT) FROM run_days WHERE day >= $1"
    ))
    .bind(since.0.div_euclid(MILLIS_OF_A_DAY))
    .fetch_one(c)
    .await?;
    Ok(Week {
        runs: from_sql(runs),
        failed: from_sql(failed),
        warnings: from_sql(warnings),
        bytes: from_sql(bytes),
        files: from_sql(files),
    })
}

#[derive(FromRow)]
struct DayRow {
    day: i64,
    bytes: i64,
    ok: i64,
    warnings: i64,
    failed: i64,
}

/// What ended on each day (UTC) from that of `since` on, oldest first. Days on which nothing ended are left out.
pub async fn days(c: &mut Connection, since: Timestamp) -> Result<Vec<Day>> {
    let rows: Vec<DayRow> = sqlx::query_as(concat!(
        "SELECT day, CAST(sum(bytes) AS BIGINT) AS bytes, CAST(sum(",
        if_bad!("0", if_warning!("0", "ended")),
        ") AS BIGINT) AS ok, CAST(sum(",
        if_warning!("ended", "0"),
        ") AS BIGINT) AS warnings, CAST(sum(",
        if_bad!("ended", "0"),
        ") AS BIGINT) AS failed FROM run_days WHERE day >= $1 GROUP BY day ORDER BY day"
    ))
    .bind(since.0.div_euclid(MILLIS_OF_A_DAY))
    .fetch_all(c)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| Day {
            date: Timestamp(row.day * MILLIS_OF_A_DAY).rfc3339().chars().take(10).collect(),
            bytes: from_sql(row.bytes),
            ok: from_sql(row.ok),
            warnings: from_sql(row.warnings),
            failed: from_sql(row.failed),
        })
        .collect())
}
