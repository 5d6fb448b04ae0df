//! What runs read and write, and which of them would meet. A key is where something really lies, in lower case and with
//! a slash at its end: one place lies in another when its key begins with the other's.

use super::{
    super::{Connection, Result, StoreError},
    states,
};
use crate::domain::id::RunId;

/// Whether two places of runs, `mine` and `other`, meet, and one of them is written. On a remote, a path from its
/// server's root (`nas:/home/me/`) and one from its home folder (`nas:photos/`) may be one: nobody can tell.
macro_rules! meets {
    () => {
        "((mine.mode = 'write' OR other.mode = 'write')
          AND (substr(other.key, 1, length(mine.key)) = mine.key OR substr(mine.key, 1, length(other.key)) = other.key
               OR (mine.remote <> '' AND mine.remote = other.remote
                   AND (instr(mine.key, ':/') = instr(mine.key, ':')) <> (instr(other.key, ':/') = instr(other.key, ':')))))"
    };
}
pub(super) use meets;

/// A place that a run uses.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct PathLock {
    /// Where it lies.
    pub key: String,
    /// Whether it is written; else it is only read.
    pub writes: bool,
    /// The remote whose limit counts; empty for this server.
    pub remote: String,
}

impl PathLock {
    const fn mode(&self) -> &'static str {
        if self.writes { "write" } else { "read" }
    }
}

/// Notes what a run uses.
pub(super) async fn insert(c: &mut Connection, run: &RunId, places: &[PathLock]) -> Result<()> {
    for place in places {
        sqlx::query("INSERT INTO run_paths (run_id, key, mode, remote) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING")
            .bind(run.as_str())
            .bind(&place.key)
            .bind(place.mode())
            .bind(&place.remote)
            .execute(&mut *c)
            .await?;
    }
    Ok(())
}

/// Forgets what a run used: it has ended.
pub(super) async fn delete(c: &mut Connection, run: &RunId) -> Result<()> {
    sqlx::query("DELETE FROM run_paths WHERE run_id = $1").bind(run.as_str()).execute(c).await?;
    Ok(())
}

/// The oldest run that has not ended and that would meet one which uses these places: where both are, and one of them
/// writes.
pub async fn busy(c: &mut Connection, places: &[PathLock]) -> Result<Option<RunId>> {
    for place in places {
        let found: Option<String> = sqlx::query_scalar(concat!(
            "WITH mine (key, mode, remote) AS (VALUES ($1, $2, $3))
             SELECT r.id FROM runs r JOIN run_paths other ON other.run_id = r.id JOIN mine ON ",
            meets!(),
            concat!(" WHERE r.ended_at IS NULL AND r.state IN ", states::unfinished!(), " ORDER BY r.id LIMIT 1"),
        ))
        .bind(&place.key)
        .bind(place.mode())
        .bind(&place.remote)
        .fetch_optional(&mut *c)
        .await?;
        if let Some(id) = found {
            return Ok(Some(id.parse().map_err(StoreError::corrupt("run's id"))?));
        }
    }
    Ok(None)
}

/// What a run reads and writes, as it was noted.
pub async fn of(c: &mut Connection, run: &RunId) -> Result<Vec<PathLock>> {
    let rows: Vec<(String, String, String)> =
        sqlx::query_as("SELECT key, mode, remote FROM run_paths WHERE run_id = $1")
            .bind(run.as_str())
            .fetch_all(c)
            .await?;
    Ok(rows.into_iter().map(|(key, mode, remote)| PathLock { key, writes: mode == "write", remote }).collect())
}

/// Notes anew what a run uses, when it has not ended.
pub async fn replace(c: &mut Connection, run: &RunId, places: &[PathLock]) -> Result<()> {
    let waits: Option<i64> = sqlx::query_scalar("SELECT 1 FROM runs WHERE id = $1 AND ended_at IS NULL")
        .bind(run.as_str())
        .fetch_optional(&mut *c)
        .await?;
    if waits.is_none() {
        return Ok(());
    }
    delete(c, run).await?;
    insert(c, run, places).await
}
