//! What runs read and write, and which of them would meet. A key is where something really lies, in lower case and with a slash at its end:
//! one place lies in another when its key begins with the other's.

use sqlx::SqliteConnection;

use super::super::{Result, StoreError};
use crate::domain::id::RunId;

/// A place that a run uses.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// Where it lies.
    pub key: String,
    /// Whether it is written; else it is only read.
    pub writes: bool,
    /// The remote whose limit counts; empty for this server.
    pub remote: String,
}

impl Place {
    const fn mode(&self) -> &'static str {
        if self.writes { "write" } else { "read" }
    }
}

/// Notes what a run uses.
pub(super) async fn insert(c: &mut SqliteConnection, run: &RunId, places: &[Place]) -> Result<()> {
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
pub(super) async fn delete(c: &mut SqliteConnection, run: &RunId) -> Result<()> {
    sqlx::query("DELETE FROM run_paths WHERE run_id = $1").bind(run.as_str()).execute(c).await?;
    Ok(())
}

/// The oldest run that has not ended and that would meet one which uses these places: where both are, and one of them writes.
pub async fn busy(c: &mut SqliteConnection, places: &[Place]) -> Result<Option<RunId>> {
    for place in places {
        let found: Option<String> = sqlx::query_scalar(
            "SELECT r.id FROM runs r JOIN run_paths p ON p.run_id = r.id
              WHERE r.ended_at IS NULL AND r.state IN ('queued', 'guarded', 'starting', 'running')
                AND (p.mode = 'write' OR $2 = 'write')
                AND (substr(p.key, 1, length($1)) = $1 OR substr($1, 1, length(p.key)) = p.key)
              ORDER BY r.id LIMIT 1",
        )
        .bind(&place.key)
        .bind(place.mode())
        .fetch_optional(&mut *c)
        .await?;
        if let Some(id) = found {
            return Ok(Some(id.parse().map_err(|_| StoreError::Corrupt("run's id"))?));
        }
    }
    Ok(None)
}
