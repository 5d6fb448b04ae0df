//! What happened to a run, who did it and why. Written in the transaction of what it tells.

use sqlx::FromRow;

use super::super::{Connection, Result, StoreError};
use crate::domain::{
    id::RunId,
    run::event::{RunEvent, RunEventKind},
    time::Timestamp,
};

/// Most events of a run that are returned.
const MAX_EVENTS: i64 = 200;

/// Notes that something happened to a run. `user` is who did it, where somebody did.
pub async fn note(
    c: &mut Connection,
    run: &RunId,
    at: Timestamp,
    kind: RunEventKind,
    user: Option<&str>,
    detail: &str,
) -> Result<()> {
    let sql = "INSERT INTO run_events (run_id, seq, at, kind, user_name, detail)
               VALUES ($1, (SELECT COALESCE(max(seq), 0) + 1 FROM run_events WHERE run_id = $1), $2, $3, $4, $5)";
    sqlx::query(sql).bind(run.as_str()).bind(at.0).bind(kind.as_str()).bind(user).bind(detail).execute(c).await?;
    Ok(())
}

#[derive(FromRow)]
struct Row {
    at: i64,
    kind: String,
    user_name: Option<String>,
    detail: String,
}

/// What happened to a run, oldest first; of very many, the newest 200.
pub async fn events(c: &mut Connection, run: &RunId) -> Result<Vec<RunEvent>> {
    let rows: Vec<Row> = sqlx::query_as(
        "SELECT at, kind, user_name, detail FROM run_events WHERE run_id = $1 ORDER BY seq DESC LIMIT $2",
    )
    .bind(run.as_str())
    .bind(MAX_EVENTS)
    .fetch_all(c)
    .await?;
    rows.into_iter()
        .rev()
        .map(|row| {
            let kind = RunEventKind::parse(&row.kind).ok_or(StoreError::Corrupt("run's event"))?;
            Ok(RunEvent { at: Timestamp(row.at), kind, user: row.user_name, detail: row.detail })
        })
        .collect()
}
