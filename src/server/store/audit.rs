//! The audit log: who did what, when, from where. Append only; the database itself refuses to change or delete a row.

use sqlx::SqliteConnection;

use super::{Result, id::ulid};
use crate::domain::{
    id::{RunId, UserId},
    time::Timestamp,
};

/// What somebody did. Written in the transaction of what they did. Holds no secret.
#[derive(Clone, Debug)]
pub struct NewAudit<'a> {
    /// When.
    pub at: Timestamp,
    /// Who; `None` when nobody is known.
    pub user_id: Option<UserId>,
    /// Their name then.
    pub user: String,
    /// By which door: `session`, `token`, `cli`, `setup`.
    pub via: &'a str,
    /// What: a noun and a verb, as in `run.create`.
    pub action: &'a str,
    /// To what.
    pub target: &'a str,
    /// More about it, by action.
    pub detail: serde_json::Value,
    /// Whether it was done.
    pub success: bool,
    /// From which address.
    pub address: Option<String>,
    /// About which run.
    pub run_id: Option<RunId>,
}

/// Appends a row.
pub async fn insert(c: &mut SqliteConnection, entry: &NewAudit<'_>) -> Result<()> {
    sqlx::query(
        "INSERT INTO audit (id, at, user_id, user_name, via, action, target, detail, success, address, run_id)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
    )
    .bind(ulid(entry.at))
    .bind(entry.at.0)
    .bind(entry.user_id.as_ref().map(UserId::as_str))
    .bind(&entry.user)
    .bind(entry.via)
    .bind(entry.action)
    .bind(entry.target)
    .bind(entry.detail.to_string())
    .bind(i64::from(entry.success))
    .bind(entry.address.as_deref())
    .bind(entry.run_id.as_ref().map(RunId::as_str))
    .execute(c)
    .await?;
    Ok(())
}
