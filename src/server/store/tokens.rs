//! Tokens: the keys of programs, by their hash. The key itself is shown once and stored nowhere.

use std::sync::Arc;

use sqlx::FromRow;

use super::{Connection, Result, StoreError, from_sql, users};
use crate::domain::{
    id::{TokenId, UserId},
    page::{PageSize, USUAL},
    policy::Permission,
    time::Timestamp,
    token::{TokenPage, TokenState, TokenSummary},
    user::Role,
};

/// Larger than every id: the cursor of a first page.
const AFTER_ALL: &str = "~";

/// A token to be stored.
#[derive(Debug)]
pub struct NewToken<'a> {
    /// The id.
    pub id: &'a TokenId,
    /// Whose it is: it may never more than they may.
    pub user_id: &'a UserId,
    /// The hash of the key.
    pub hash: &'a str,
    /// What it is for, in words.
    pub label: &'a str,
    /// What it may.
    pub role: Role,
    /// To what of it it is narrowed down; `None` is all.
    pub scopes: Option<&'a [Permission]>,
    /// How many files a run that it starts may delete without asking.
    pub may_delete: u32,
    /// When it was made.
    pub created_at: Timestamp,
    /// Until when it can be used.
    pub expires_at: Timestamp,
}

/// A token that can be used now.
#[derive(Clone, Debug)]
pub struct Live {
    /// The id.
    pub id: TokenId,
    /// Its owner, who is not disabled.
    pub user: users::User,
    /// What it may, at most what its owner may.
    pub role: Role,
    /// To what of it it is narrowed down; `None` is all.
    pub scopes: Option<Arc<[Permission]>>,
    /// When it was last used, to the minute.
    pub last_used_at: Option<Timestamp>,
}

#[derive(FromRow)]
struct LiveRow {
    token_id: String,
    token_role: String,
    scopes: Option<String>,
    last_used_at: Option<i64>,
    #[sqlx(flatten)]
    user: users::Row,
}

/// Stores a new token.
pub async fn insert(c: &mut Connection, token: &NewToken<'_>) -> Result<()> {
    let scopes = token.scopes.map(serde_json::to_string).transpose().map_err(StoreError::corrupt("token scopes"))?;
    sqlx::query(
        "INSERT INTO tokens (id, user_id, hash, label, role, scopes, created_at, expires_at, may_delete)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
    )
    .bind(token.id.as_str())
    .bind(token.user_id.as_str())
    .bind(token.hash)
    .bind(token.label)
    .bind(token.role.as_str())
    .bind(scopes)
    .bind(token.created_at.0)
    .bind(token.expires_at.0)
    .bind(i64::from(token.may_delete))
    .execute(c)
    .await?;
    Ok(())
}

/// The token with this hash, if it can be used now.
pub async fn live(c: &mut Connection, hash: &str, now: Timestamp) -> Result<Option<Live>> {
    let row: Option<LiveRow> = sqlx::query_as(
        "SELECT t.id AS token_id, t.role AS token_role, t.scopes, t.last_used_at, u.id, u.name, u.role, u.theme, u.disabled, u.created_at, u.must_change
           FROM tokens t JOIN users u ON u.id = t.user_id
          WHERE t.hash = $1 AND t.revoked = 0 AND t.expires_at > $2 AND u.disabled = 0",
    )
    .bind(hash)
    .bind(now.0)
    .fetch_optional(c)
    .await?;
    row.map(read).transpose()
}

/// The token with this id, if it can be used now.
pub async fn live_by_id(c: &mut Connection, id: &TokenId, now: Timestamp) -> Result<Option<Live>> {
    let row: Option<LiveRow> = sqlx::query_as(
        "SELECT t.id AS token_id, t.role AS token_role, t.scopes, t.last_used_at, u.id, u.name, u.role, u.theme, u.disabled, u.created_at, u.must_change
           FROM tokens t JOIN users u ON u.id = t.user_id
          WHERE t.id = $1 AND t.revoked = 0 AND t.expires_at > $2 AND u.disabled = 0",
    )
    .bind(id.as_str())
    .bind(now.0)
    .fetch_optional(c)
    .await?;
    row.map(read).transpose()
}

fn read(row: LiveRow) -> Result<Live> {
    let user: users::User = row.user.try_into()?;
    let role = Role::parse(&row.token_role).ok_or(StoreError::Corrupt("role"))?;
    Ok(Live {
        id: row.token_id.parse().map_err(StoreError::corrupt("token id"))?,
        // An owner who may less than before takes the token along.
        role: role.min(user.role),
        scopes: row.scopes.as_deref().map(scopes).transpose()?,
        user,
        last_used_at: row.last_used_at.map(Timestamp),
    })
}

/// What a token is narrowed down to. A word that is not known any more is left out: it allows nothing.
fn scopes(json: &str) -> Result<Arc<[Permission]>> {
    let words: Vec<String> = serde_json::from_str(json).map_err(StoreError::corrupt("token scopes"))?;
    Ok(words.iter().filter_map(|word| Permission::parse(word)).collect())
}

#[derive(FromRow)]
struct SummaryRow {
    id: String,
    user_id: String,
    user_name: String,
    user_role: String,
    disabled: i64,
    label: String,
    role: String,
    scopes: Option<String>,
    created_at: i64,
    expires_at: i64,
    last_used_at: Option<i64>,
    may_delete: i64,
}

impl SummaryRow {
    fn summary(self, now: Timestamp) -> Result<TokenSummary> {
        let read = |role: &str| Role::parse(role).ok_or(StoreError::Corrupt("role"));
        let state = match (self.expires_at > now.0, self.disabled != 0) {
            (false, _) => TokenState::Expired,
            (true, true) => TokenState::Stopped,
            (true, false) => TokenState::Usable,
        };
        Ok(TokenSummary {
            id: self.id.parse().map_err(StoreError::corrupt("token id"))?,
            user_id: self.user_id.parse().map_err(StoreError::corrupt("user id"))?,
            user: self.user_name,
            label: self.label,
            // As when it is used: an owner who may less than before takes the token along.
            role: read(&self.role)?.min(read(&self.user_role)?),
            scopes: self.scopes.as_deref().map(scopes).transpose()?.map(|scopes| scopes.to_vec()),
            may_delete: u32::try_from(self.may_delete).unwrap_or(u32::MAX),
            state,
            created_at: Timestamp(self.created_at),
            expires_at: Timestamp(self.expires_at),
            last_used_at: self.last_used_at.map(Timestamp),
        })
    }
}

/// A page of tokens that were not revoked, newest first: of one user, or of all. The cursor is the last id.
pub async fn list(
    c: &mut Connection,
    user: Option<&UserId>,
    cursor: Option<&TokenId>,
    limit: u32,
    now: Timestamp,
) -> Result<TokenPage> {
    let size = PageSize::new(limit, USUAL);
    let rows: Vec<SummaryRow> = sqlx::query_as(
        "SELECT t.id, t.user_id, u.name AS user_name, u.role AS user_role, u.disabled, t.label, t.role, t.scopes, t.created_at,
                t.expires_at, t.last_used_at, t.may_delete
           FROM tokens t JOIN users u ON u.id = t.user_id
          WHERE t.revoked = 0 AND ($1 = '' OR t.user_id = $1) AND t.id < $2
          ORDER BY t.id DESC LIMIT $3",
    )
    .bind(user.map_or("", UserId::as_str))
    .bind(cursor.map_or(AFTER_ALL, TokenId::as_str))
    .bind(size.rows())
    .fetch_all(c)
    .await?;
    let (rows, more) = size.cut(rows);
    let tokens = rows.into_iter().map(|row| row.summary(now)).collect::<Result<Vec<_>>>()?;
    Ok(TokenPage { cursor: if more { tokens.last().map(|token| token.id) } else { None }, tokens })
}

/// A token that was not revoked.
pub async fn get(c: &mut Connection, id: &TokenId, now: Timestamp) -> Result<Option<TokenSummary>> {
    let row: Option<SummaryRow> = sqlx::query_as(
        "SELECT t.id, t.user_id, u.name AS user_name, u.role AS user_role, u.disabled, t.label, t.role, t.scopes, t.created_at,
                t.expires_at, t.last_used_at, t.may_delete
           FROM tokens t JOIN users u ON u.id = t.user_id
          WHERE t.id = $1 AND t.revoked = 0",
    )
    .bind(id.as_str())
    .fetch_optional(c)
    .await?;
    row.map(|row| row.summary(now)).transpose()
}

/// How a token stands, whether it can be used or not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// What it is for.
    pub label: String,
    /// Whether it was revoked.
    pub revoked: bool,
    /// Until when it can be used.
    pub expires_at: Timestamp,
    /// How many files a run that it starts may delete without asking.
    pub may_delete: u64,
}

/// How a token stands.
pub async fn standing(c: &mut Connection, id: &TokenId) -> Result<Option<Standing>> {
    let row: Option<(String, i64, i64, i64)> =
        sqlx::query_as("SELECT label, revoked, expires_at, may_delete FROM tokens WHERE id = $1")
            .bind(id.as_str())
            .fetch_optional(c)
            .await?;
    Ok(row.map(|(label, revoked, expires_at, may_delete)| Standing {
        label,
        revoked: revoked != 0,
        expires_at: Timestamp(expires_at),
        may_delete: from_sql(may_delete),
    }))
}

/// How many tokens of a user were not revoked and have not expired.
pub async fn count(c: &mut Connection, user: &UserId, now: Timestamp) -> Result<u64> {
    let count: i64 =
        sqlx::query_scalar("SELECT count(*) FROM tokens WHERE user_id = $1 AND revoked = 0 AND expires_at > $2")
            .bind(user.as_str())
            .bind(now.0)
            .fetch_one(c)
            .await?;
    Ok(from_sql(count))
}

/// Notes that a token is used.
pub async fn touch(c: &mut Connection, id: &TokenId, at: Timestamp) -> Result<()> {
    sqlx::query("UPDATE tokens SET last_used_at = $2 WHERE id = $1").bind(id.as_str()).bind(at.0).execute(c).await?;
    Ok(())
}

/// Makes all tokens of a user useless for ever. How many there were that were not.
pub async fn revoke_of_user(c: &mut Connection, user: &UserId) -> Result<u64> {
    Ok(sqlx::query("UPDATE tokens SET revoked = 1 WHERE user_id = $1 AND revoked = 0")
        .bind(user.as_str())
        .execute(c)
        .await?
        .rows_affected())
}

/// Makes a token useless for ever. Whether there was one that was not.
pub async fn revoke(c: &mut Connection, id: &TokenId) -> Result<bool> {
    let done =
        sqlx::query("UPDATE tokens SET revoked = 1 WHERE id = $1 AND revoked = 0").bind(id.as_str()).execute(c).await?;
    Ok(done.rows_affected() == 1)
}
