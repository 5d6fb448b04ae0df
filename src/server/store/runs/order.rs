//! The queue as a whole: pausing, moving waiting runs, and shifting all of it with the machine's clock.

use sqlx::FromRow;

use super::{
    super::{Connection, Result, StoreError},
    events,
    life::backoff_ms,
    states,
};
use crate::domain::{
    id::RunId,
    run::{event::RunEventKind, wait::Pause},
    time::Timestamp,
};

#[derive(FromRow)]
struct PauseRow {
    paused_at: Option<i64>,
    paused_by: Option<String>,
    pause_reason: Option<String>,
}

/// Whether the queue rests, and why.
pub async fn pause(c: &mut Connection) -> Result<Option<Pause>> {
    let row: PauseRow =
        sqlx::query_as("SELECT paused_at, paused_by, pause_reason FROM admission WHERE id = 1").fetch_one(c).await?;
    Ok(row.paused_at.map(|at| Pause {
        at: Timestamp(at),
        by: row.paused_by.unwrap_or_default(),
        reason: row.pause_reason.unwrap_or_default(),
    }))
}

/// Lets the queue rest, or go on.
pub async fn set_pause(c: &mut Connection, pause: Option<&Pause>) -> Result<()> {
    sqlx::query(
        "UPDATE admission SET paused_at = $1, paused_by = $2, pause_reason = $3, epoch = epoch + 1 WHERE id = 1",
    )
    .bind(pause.map(|pause| pause.at.0))
    .bind(pause.map(|pause| &*pause.by))
    .bind(pause.map(|pause| &*pause.reason))
    .execute(c)
    .await?;
    Ok(())
}

/// Changes the priority of a run that waits. Whether it waits.
pub async fn set_priority(c: &mut Connection, id: &RunId, priority: i32, by: &str, at: Timestamp) -> Result<bool> {
    let done = sqlx::query("UPDATE runs SET priority = $2 WHERE id = $1 AND ended_at IS NULL AND state = 'queued'")
        .bind(id.as_str())
        .bind(i64::from(priority))
        .execute(&mut *c)
        .await?;
    if done.rows_affected() == 0 {
        return Ok(false);
    }
    events::note(c, id, at, RunEventKind::Moved, Some(by), &format!("priority {priority}")).await?;
    Ok(true)
}

/// Moves a run that waits to a place, from 1; beyond the last is the last. It takes the priority of who is there.
/// Whether it waits.
pub async fn set_position(c: &mut Connection, id: &RunId, position: u64, by: &str, at: Timestamp) -> Result<bool> {
    let mut queue: Vec<(String, i64, i64)> =
        sqlx::query_as("SELECT id, priority, rank FROM runs WHERE ended_at IS NULL AND state = 'queued' ORDER BY priority DESC, rank, id")
            .fetch_all(&mut *c)
            .await?;
    let Some(from) = queue.iter().position(|(of, ..)| of == id.as_str()) else { return Ok(false) };
    let to = usize::try_from(position.saturating_sub(1)).unwrap_or(usize::MAX).min(queue.len() - 1);
    let priority = queue[to].1;
    let mut moved = queue.remove(from);
    moved.1 = priority;
    queue.insert(to, moved);
    // Ranks from the oldest one on: what is queued later comes after all of these.
    let first = queue.iter().map(|(.., rank)| *rank).min().unwrap_or(0);
    for (place, (id, priority, _)) in (0_i64..).zip(&queue) {
        let rank = first.saturating_sub(i64::try_from(queue.len()).unwrap_or(i64::MAX)).saturating_add(place);
        sqlx::query("UPDATE runs SET priority = $2, rank = $3 WHERE id = $1")
            .bind(id)
            .bind(priority)
            .bind(rank)
            .execute(&mut *c)
            .await?;
    }
    events::note(c, id, at, RunEventKind::Moved, Some(by), &format!("no. {}", to + 1)).await?;
    Ok(true)
}

#[derive(FromRow)]
struct Waiting {
    id: String,
    created_at: i64,
    not_before: i64,
    attempt: i64,
    backoff_secs: i64,
}

/// After a jump of the machine's clock: shifts rank, `deadline_at` and `not_before` of queued runs by `ms`, except
/// those created since `since`, which are on the new clock already. `not_before` is capped at now plus the backoff.
pub async fn clock_moved(c: &mut Connection, now: Timestamp, since: Timestamp, ms: i64) -> Result<()> {
    let waiting: Vec<Waiting> = sqlx::query_as(
        "SELECT id, created_at, not_before, attempt, backoff_secs FROM runs WHERE ended_at IS NULL AND state = 'queued' ORDER BY id",
    )
    .fetch_all(&mut *c)
    .await?;
    for Waiting { id, created_at, not_before, attempt, backoff_secs } in waiting {
        let ms = if (since.0..=now.0).contains(&created_at) { 0 } else { ms };
        let at = (not_before.saturating_add(ms)).min(now.0.saturating_add(backoff_ms(backoff_secs, attempt - 1)));
        if ms == 0 && at == not_before {
            continue;
        }
        sqlx::query("UPDATE runs SET not_before = $2, rank = rank + $3, deadline_at = deadline_at + $3 WHERE id = $1 AND state = 'queued'")
            .bind(&id)
            .bind(at)
            .bind(ms)
            .execute(&mut *c)
            .await?;
        let id = id.parse().map_err(StoreError::corrupt("run's id"))?;
        // While nobody looked it is not known by how much.
        let detail = if ms == 0 { String::new() } else { format!("{} s", ms / 1000) };
        events::note(c, &id, now, RunEventKind::ClockMoved, None, &detail).await?;
    }
    Ok(())
}

/// How many work now.
pub async fn working(c: &mut Connection) -> Result<u64> {
    let n: i64 = sqlx::query_scalar(concat!(
        "SELECT count(*) FROM runs WHERE ended_at IS NULL AND state IN ",
        states::active!()
    ))
    .fetch_one(c)
    .await?;
    u64::try_from(n).map_err(StoreError::corrupt("count"))
}
