//! Why a run is not started yet, by the same rules as the claim; and which run a preview has let go.

use super::{
    super::{Connection, Result, StoreError},
    Limits, pause, places, states, working,
};
use crate::domain::{
    id::RunId,
    run::wait::{Pause, Wait},
    time::Timestamp,
};

/// Why a run that waits is not started; `None` when it waits only for those before it.
pub async fn why(c: &mut Connection, id: &RunId, now: Timestamp, limits: Limits) -> Result<Option<Wait>> {
    if let Some(Pause { at, by, reason }) = pause(c).await? {
        return Ok(Some(Wait::Paused { at, by, reason }));
    }
    let later: Option<i64> = sqlx::query_scalar("SELECT 1 FROM runs WHERE id = $1 AND not_before > $2")
        .bind(id.as_str())
        .bind(now.0)
        .fetch_optional(&mut *c)
        .await?;
    if later.is_some() {
        return Ok(Some(Wait::Retry));
    }
    let other: Option<String> = sqlx::query_scalar(concat!(
        concat!(
            "SELECT w.id FROM run_paths mine JOIN run_paths other ON other.run_id <> mine.run_id
           JOIN runs w ON w.id = other.run_id AND w.ended_at IS NULL AND w.state IN ",
            states::active!(),
            "
          WHERE mine.run_id = $1 AND "
        ),
        places::meets!(),
        " ORDER BY w.id LIMIT 1",
    ))
    .bind(id.as_str())
    .fetch_optional(&mut *c)
    .await?;
    if let Some(run) = other {
        return Ok(Some(Wait::Busy { run: run.parse().map_err(StoreError::corrupt("run's id"))? }));
    }
    if working(c).await? >= u64::from(limits.global) {
        return Ok(Some(Wait::Full { limit: limits.global }));
    }
    let full: Option<i64> = sqlx::query_scalar(concat!(
        "SELECT 1 FROM run_paths mine
          WHERE mine.run_id = $1 AND mine.remote <> ''
            AND (SELECT count(DISTINCT w.id) FROM run_paths other
                   JOIN runs w ON w.id = other.run_id AND w.ended_at IS NULL AND w.state IN ",
        states::active!(),
        "
                  WHERE other.remote = mine.remote) >= $2 LIMIT 1"
    ))
    .bind(id.as_str())
    .bind(i64::from(limits.per_remote))
    .fetch_optional(c)
    .await?;
    Ok(full.map(|_| Wait::RemoteFull { limit: limits.per_remote }))
}

/// The run that this preview has let go.
pub async fn approved(c: &mut Connection, preview: &RunId) -> Result<Option<RunId>> {
    let id: Option<String> = sqlx::query_scalar("SELECT id FROM runs WHERE approved_by = $1")
        .bind(preview.as_str())
        .fetch_optional(c)
        .await?;
    id.map(|id| id.parse().map_err(StoreError::corrupt("run's id"))).transpose()
}
