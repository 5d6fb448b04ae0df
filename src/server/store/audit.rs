//! The audit log: who did what, when, from where. Append only; the database itself refuses to change or delete a row.

use sqlx::FromRow;

use super::{
    Connection, Result, StoreError,
    id::{ulid, ulid_from},
    sql::contains,
    users::key,
};
use crate::domain::{
    audit::{AuditEntry, AuditPage, AuditQuery},
    id::{AuditId, RunId, UserId},
    page::{PageSize, USUAL},
    text::fold,
    time::Timestamp,
};

/// Larger than every id: the cursor of a first page.
const AFTER_ALL: &str = "~";

/// A row for the log: what was done, by whom, to what. Written in the transaction of what was done. Holds no secret.
#[derive(Clone, Debug)]
pub struct Entry<'a> {
    at: Timestamp,
    user_id: Option<UserId>,
    user: String,
    via: &'a str,
    action: &'a str,
    target: &'a str,
    detail: serde_json::Value,
    success: bool,
    address: Option<String>,
    run_id: Option<RunId>,
}

impl<'a> Entry<'a> {
    /// Something that was done, by nobody who is known: the action is a noun and a verb, as in `run.create`; `via` is
    /// how it was requested, as [`Via::as_str`](crate::domain::audit::Via::as_str) says it.
    #[must_use]
    pub fn new(at: Timestamp, via: &'a str, action: &'a str) -> Self {
        Self {
            at,
            user_id: None,
            user: String::new(),
            via,
            action,
            target: "",
            detail: serde_json::json!({}),
            success: true,
            address: None,
            run_id: None,
        }
    }

    /// Who did it, and their name then.
    #[must_use]
    pub fn by(mut self, user_id: Option<UserId>, name: impl Into<String>) -> Self {
        self.user_id = user_id;
        self.user = name.into();
        self
    }

    /// From which address.
    #[must_use]
    pub fn from(mut self, address: Option<String>) -> Self {
        self.address = address;
        self
    }

    /// To what it was done.
    #[must_use]
    pub const fn to(mut self, target: &'a str) -> Self {
        self.target = target;
        self
    }

    /// More about it, by action.
    #[must_use]
    pub fn with(mut self, detail: serde_json::Value) -> Self {
        self.detail = detail;
        self
    }

    /// About which run it is.
    #[must_use]
    pub fn about(mut self, run: Option<RunId>) -> Self {
        self.run_id = run;
        self
    }

    /// Whether it was done, or only tried.
    #[must_use]
    pub const fn succeeded(mut self, success: bool) -> Self {
        self.success = success;
        self
    }
}

/// Appends a row.
pub async fn insert(c: &mut Connection, entry: &Entry<'_>) -> Result<()> {
    sqlx::query(
        "INSERT INTO audit (id, at, user_id, user_name, user_key, target_key, via, action, target, detail, success, address, run_id)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
    )
    .bind(ulid(entry.at))
    .bind(entry.at.0)
    .bind(entry.user_id.as_ref().map(UserId::as_str))
    .bind(&entry.user)
    .bind(key(&entry.user))
    .bind(fold(entry.target))
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

/// Who has signed in lately, and from which address. Of the last 50,000 rows: the log only grows.
pub async fn sign_ins(c: &mut Connection) -> Result<Vec<(String, String)>> {
    let rows = sqlx::query_as(
        "SELECT DISTINCT user_name, address
           FROM (SELECT user_name, address, action, success FROM audit ORDER BY id DESC LIMIT 50000) AS lately
          WHERE action = 'session.create' AND success = 1 AND address IS NOT NULL",
    );
    Ok(rows.fetch_all(c).await?)
}

#[derive(FromRow)]
struct Row {
    id: String,
    at: i64,
    user_id: Option<String>,
    user_name: String,
    via: String,
    action: String,
    target: String,
    detail: String,
    success: i64,
    address: Option<String>,
    run_id: Option<String>,
}

impl TryFrom<Row> for AuditEntry {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self> {
        Ok(Self {
            id: row.id.parse().map_err(StoreError::corrupt("audit id"))?,
            at: Timestamp(row.at),
            user_id: row.user_id.map(|id| id.parse()).transpose().map_err(StoreError::corrupt("user id"))?,
            user: row.user_name,
            via: row.via,
            action: row.action,
            target: row.target,
            detail: serde_json::from_str(&row.detail).map_err(StoreError::corrupt("audit detail"))?,
            success: row.success != 0,
            address: row.address,
            run_id: row.run_id.map(|id| id.parse()).transpose().map_err(StoreError::corrupt("run id"))?,
        })
    }
}

/// A page of the log, newest first. The cursor is the last id, and times are limits of ids, since an id begins with its
/// time: however deep or long ago, the database goes straight there.
pub async fn list(c: &mut Connection, query: &AuditQuery) -> Result<AuditPage> {
    let size = PageSize::new(query.limit, USUAL);
    let cursor = query.cursor.as_ref().map_or(AFTER_ALL, AuditId::as_str);
    let until = query.until.map(ulid_from);
    let rows: Vec<Row> = sqlx::query_as(concat!(
        "SELECT id, at, user_id, user_name, via, action, target, detail, success, address, run_id FROM audit
          WHERE id < $1 AND id >= $2
            AND ($3 = '' OR user_key = $3)
            AND ($4 = '' OR substr(action, 1, length($4)) = $4)
            AND ($5 = '' OR ",
        contains!("target_key", "$5"),
        " OR ",
        contains!("target_key", "$9"),
        ")
            AND ($6 = '' OR substr(COALESCE(address, ''), 1, length($6)) = $6)
            AND ($7 < 0 OR success = $7)
          ORDER BY id DESC LIMIT $8"
    ))
    .bind(until.as_deref().map_or(cursor, |until| cursor.min(until)).to_owned())
    .bind(query.since.map(ulid_from).unwrap_or_default())
    .bind(key(query.user.trim()))
    .bind(query.action.trim())
    .bind(fold(&query.target))
    .bind(query.address.trim())
    .bind(query.success.map_or(-1, i64::from))
    .bind(size.rows())
    // Rows are never changed: those of older versions have the target in lower case only.
    .bind(key(&query.target))
    .fetch_all(c)
    .await?;
    let (rows, more) = size.cut(rows);
    let entries = rows.into_iter().map(AuditEntry::try_from).collect::<Result<Vec<_>>>()?;
    Ok(AuditPage { cursor: if more { entries.last().map(|entry| entry.id) } else { None }, entries })
}
