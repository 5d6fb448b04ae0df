//! Sessions: browsers that are signed in, by the hash of their id. How long they live is decided by the caller, in
//! [`Limits`].

use sqlx::FromRow;

use super::{Connection, Result, StoreError, id::ulid, users};
use crate::domain::{
    id::{SessionId, UserId},
    session::{SessionSummary, browser},
    time::Timestamp,
};

/// Most sessions of a list; one user has far fewer.
const MAX_LIST: i64 = 1000;

/// A session is alive when it was made after `created_after` and used after `seen_after`.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Now, less the longest life.
    pub created_after: Timestamp,
    /// Now, less the longest rest.
    pub seen_after: Timestamp,
}

/// A session to be stored.
#[derive(Debug)]
pub struct NewSession<'a> {
    /// The hash of its id.
    pub id_hash: &'a str,
    /// Whose it is.
    pub user_id: &'a UserId,
    /// The user's epoch when the session was begun.
    pub epoch: i64,
    /// What is kept in it, JSON.
    pub data: &'a str,
    /// From which address it was begun.
    pub address: Option<&'a str>,
    /// What the browser calls itself.
    pub agent: Option<&'a str>,
    /// When it was made.
    pub at: Timestamp,
}

/// Who uses a session, and when it was last used.
#[derive(Clone, Debug)]
pub struct Live {
    /// The user, who is not disabled.
    pub user: users::User,
    /// When it was last used, to the minute.
    pub last_seen_at: Timestamp,
}

#[derive(FromRow)]
struct LiveRow {
    last_seen_at: i64,
    #[sqlx(flatten)]
    user: users::Row,
}

/// Stores a new session. [`super::StoreError::Taken`] when the id is.
pub async fn insert(c: &mut Connection, session: &NewSession<'_>) -> Result<()> {
    sqlx::query(
        "INSERT INTO sessions (id_hash, id, user_id, epoch, data, address, agent, created_at, last_seen_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8)",
    )
    .bind(session.id_hash)
    .bind(ulid(session.at))
    .bind(session.user_id.as_str())
    .bind(session.epoch)
    .bind(session.data)
    .bind(session.address)
    .bind(session.agent)
    .bind(session.at.0)
    .execute(c)
    .await?;
    Ok(())
}

#[derive(FromRow)]
struct SummaryRow {
    id: String,
    id_hash: String,
    address: Option<String>,
    agent: Option<String>,
    created_at: i64,
    last_seen_at: i64,
}

/// The sessions of a user that are alive, last used first. `current` is the hash of the one that asks.
pub async fn list(
    c: &mut Connection,
    user: &UserId,
    limits: Limits,
    current: Option<&str>,
) -> Result<Vec<SessionSummary>> {
    let rows: Vec<SummaryRow> = sqlx::query_as(
        "SELECT s.id, s.id_hash, s.address, s.agent, s.created_at, s.last_seen_at
           FROM sessions s JOIN users u ON u.id = s.user_id
          WHERE s.user_id = $1 AND s.created_at > $2 AND s.last_seen_at > $3 AND s.epoch = u.epoch
          ORDER BY s.last_seen_at DESC, s.id DESC LIMIT $4",
    )
    .bind(user.as_str())
    .bind(limits.created_after.0)
    .bind(limits.seen_after.0)
    .bind(MAX_LIST)
    .fetch_all(c)
    .await?;
    let summary = |row: SummaryRow| {
        Ok(SessionSummary {
            id: row.id.parse().map_err(StoreError::corrupt("session id"))?,
            current: current == Some(row.id_hash.as_str()),
            created_at: Timestamp(row.created_at),
            last_seen_at: Timestamp(row.last_seen_at),
            address: row.address,
            browser: browser(row.agent.as_deref()),
        })
    };
    rows.into_iter().map(summary).collect()
}

/// Deletes all but the `keep` newest sessions of a user.
pub async fn delete_surplus(c: &mut Connection, user: &UserId, keep: u32) -> Result<()> {
    sqlx::query(
        "DELETE FROM sessions WHERE user_id = $1 AND id_hash NOT IN
           (SELECT id_hash FROM sessions WHERE user_id = $1 ORDER BY created_at DESC, id_hash LIMIT $2)",
    )
    .bind(user.as_str())
    .bind(i64::from(keep))
    .execute(c)
    .await?;
    Ok(())
}

/// What a session holds, if it is alive.
pub async fn data(c: &mut Connection, id_hash: &str, limits: Limits) -> Result<Option<String>> {
    Ok(sqlx::query_scalar("SELECT data FROM sessions WHERE id_hash = $1 AND created_at > $2 AND last_seen_at > $3")
        .bind(id_hash)
        .bind(limits.created_after.0)
        .bind(limits.seen_after.0)
        .fetch_optional(c)
        .await?)
}

/// Who uses a session, if it is alive and they are not disabled.
pub async fn live(c: &mut Connection, id_hash: &str, limits: Limits) -> Result<Option<Live>> {
    let row: Option<LiveRow> = sqlx::query_as(
        "SELECT s.last_seen_at, u.id, u.name, u.role, u.theme, u.disabled, u.created_at, u.must_change
           FROM sessions s JOIN users u ON u.id = s.user_id
          WHERE s.id_hash = $1 AND s.created_at > $2 AND s.last_seen_at > $3 AND s.epoch = u.epoch AND u.disabled = 0",
    )
    .bind(id_hash)
    .bind(limits.created_after.0)
    .bind(limits.seen_after.0)
    .fetch_optional(c)
    .await?;
    row.map(|row| Ok(Live { user: row.user.try_into()?, last_seen_at: Timestamp(row.last_seen_at) })).transpose()
}

/// Notes that a session is used.
pub async fn touch(c: &mut Connection, id_hash: &str, at: Timestamp) -> Result<()> {
    sqlx::query("UPDATE sessions SET last_seen_at = $2 WHERE id_hash = $1 AND last_seen_at < $2")
        .bind(id_hash)
        .bind(at.0)
        .execute(c)
        .await?;
    Ok(())
}

/// Ends a session.
pub async fn delete(c: &mut Connection, id_hash: &str) -> Result<()> {
    sqlx::query("DELETE FROM sessions WHERE id_hash = $1").bind(id_hash).execute(c).await?;
    Ok(())
}

/// Ends one session of a user, by what it is named. Whether there was one.
pub async fn delete_by_id(c: &mut Connection, user: &UserId, id: &SessionId) -> Result<bool> {
    let done = sqlx::query("DELETE FROM sessions WHERE user_id = $1 AND id = $2")
        .bind(user.as_str())
        .bind(id.as_str())
        .execute(c)
        .await?;
    Ok(done.rows_affected() == 1)
}

/// Ends all sessions of a user, and those that are being begun at this moment. How many there were.
pub async fn delete_of_user(c: &mut Connection, user: &UserId) -> Result<u64> {
    sqlx::query("UPDATE users SET epoch = epoch + 1 WHERE id = $1").bind(user.as_str()).execute(&mut *c).await?;
    Ok(sqlx::query("DELETE FROM sessions WHERE user_id = $1").bind(user.as_str()).execute(c).await?.rows_affected())
}

/// Deletes what is not alive any more. How many there were.
pub async fn delete_expired(c: &mut Connection, limits: Limits) -> Result<u64> {
    let done = sqlx::query("DELETE FROM sessions WHERE created_at <= $1 OR last_seen_at <= $2")
        .bind(limits.created_after.0)
        .bind(limits.seen_after.0)
        .execute(c)
        .await?;
    Ok(done.rows_affected())
}
