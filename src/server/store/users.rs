//! Users: who may sign in. What they may do is in their role; how a password is checked is `auth`'s.

use std::fmt;

use sqlx::FromRow;

use super::{Connection, Result, StoreError};
use crate::domain::{
    id::UserId,
    page::{PageSize, USUAL},
    time::Timestamp,
    user::{Role, Theme, UserPage, UserQuery, UserSummary},
};

/// A user, without the password.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    /// The id.
    pub id: UserId,
    /// The name as it was chosen; it signs in without regard to case.
    pub name: String,
    /// What they may.
    pub role: Role,
    /// How the console looks to them.
    pub theme: Theme,
    /// May not sign in, and is not signed in.
    pub disabled: bool,
    /// When they were made.
    pub created_at: Timestamp,
    /// Has to choose a password of their own before anything else.
    pub must_change: bool,
}

/// A user to be stored.
pub struct NewUser {
    /// The id.
    pub id: UserId,
    /// The name; unique without regard to case.
    pub name: String,
    /// What they may.
    pub role: Role,
    /// The password's hash, a PHC string.
    pub password_hash: String,
    /// When.
    pub created_at: Timestamp,
    /// Whether they have to choose a password of their own at the first sign-in.
    pub must_change: bool,
}

impl fmt::Debug for NewUser {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NewUser")
            .field("id", &self.id)
            .field("name", &self.name)
            .field("role", &self.role)
            .finish_non_exhaustive()
    }
}

/// The columns of a user as other tables join them.
#[derive(FromRow)]
pub(super) struct Row {
    id: String,
    name: String,
    role: String,
    theme: String,
    disabled: i64,
    created_at: i64,
    must_change: i64,
}

impl TryFrom<Row> for User {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self> {
        Ok(Self {
            id: row.id.parse().map_err(StoreError::corrupt("user id"))?,
            name: row.name,
            role: Role::parse(&row.role).ok_or(StoreError::Corrupt("role"))?,
            theme: Theme::parse(&row.theme).ok_or(StoreError::Corrupt("theme"))?,
            disabled: row.disabled != 0,
            created_at: Timestamp(row.created_at),
            must_change: row.must_change != 0,
        })
    }
}

/// Stores a new user. [`StoreError::Taken`] when the name is.
pub async fn insert(c: &mut Connection, user: &NewUser) -> Result<()> {
    sqlx::query("INSERT INTO users (id, name, name_key, role, password_hash, created_at, must_change) VALUES ($1, $2, $3, $4, $5, $6, $7)")
        .bind(user.id.as_str())
        .bind(&user.name)
        .bind(key(&user.name))
        .bind(user.role.as_str())
        .bind(&user.password_hash)
        .bind(user.created_at.0)
        .bind(i64::from(user.must_change))
        .execute(c)
        .await?;
    Ok(())
}

/// One user.
pub async fn get(c: &mut Connection, id: &UserId) -> Result<Option<User>> {
    let row: Option<Row> =
        sqlx::query_as("SELECT id, name, role, theme, disabled, created_at, must_change FROM users WHERE id = $1")
            .bind(id.as_str())
            .fetch_optional(c)
            .await?;
    row.map(User::try_from).transpose()
}

/// One user by name, without regard to case.
pub async fn get_by_name(c: &mut Connection, name: &str) -> Result<Option<User>> {
    let row: Option<Row> = sqlx::query_as(
        "SELECT id, name, role, theme, disabled, created_at, must_change FROM users WHERE name_key = $1",
    )
    .bind(key(name))
    .fetch_optional(c)
    .await?;
    row.map(User::try_from).transpose()
}

#[derive(FromRow)]
struct SummaryRow {
    id: String,
    name: String,
    role: String,
    disabled: i64,
    created_at: i64,
    signed_in_at: Option<i64>,
}

impl TryFrom<SummaryRow> for UserSummary {
    type Error = StoreError;

    fn try_from(row: SummaryRow) -> Result<Self> {
        Ok(Self {
            id: row.id.parse().map_err(StoreError::corrupt("user id"))?,
            name: row.name,
            role: Role::parse(&row.role).ok_or(StoreError::Corrupt("role"))?,
            disabled: row.disabled != 0,
            created_at: Timestamp(row.created_at),
            signed_in_at: row.signed_in_at.map(Timestamp),
        })
    }
}

/// A page of people, by name. The cursor is the last id.
pub async fn list(c: &mut Connection, query: &UserQuery) -> Result<UserPage> {
    let size = PageSize::new(query.limit, USUAL);
    let rows: Vec<SummaryRow> = sqlx::query_as(
        "SELECT id, name, role, disabled, created_at, signed_in_at FROM users
          WHERE name_key > COALESCE((SELECT name_key FROM users WHERE id = $1), '') ORDER BY name_key LIMIT $2",
    )
    .bind(query.cursor.as_ref().map_or("", UserId::as_str))
    .bind(size.rows())
    .fetch_all(c)
    .await?;
    let (rows, more) = size.cut(rows);
    let users = rows.into_iter().map(UserSummary::try_from).collect::<Result<Vec<_>>>()?;
    Ok(UserPage { cursor: if more { users.last().map(|user| user.id) } else { None }, users })
}

/// One person as others see them.
pub async fn summary(c: &mut Connection, id: &UserId) -> Result<Option<UserSummary>> {
    let row: Option<SummaryRow> =
        sqlx::query_as("SELECT id, name, role, disabled, created_at, signed_in_at FROM users WHERE id = $1")
            .bind(id.as_str())
            .fetch_optional(c)
            .await?;
    row.map(UserSummary::try_from).transpose()
}

/// Whether there is an admin beside this one who can sign in.
pub async fn other_admin(c: &mut Connection, id: &UserId) -> Result<bool> {
    let found: Option<i64> =
        sqlx::query_scalar("SELECT 1 FROM users WHERE role = 'admin' AND disabled = 0 AND id <> $1 LIMIT 1")
            .bind(id.as_str())
            .fetch_optional(c)
            .await?;
    Ok(found.is_some())
}

/// The hash of a user's password.
pub async fn password_hash(c: &mut Connection, id: &UserId) -> Result<Option<String>> {
    Ok(sqlx::query_scalar("SELECT password_hash FROM users WHERE id = $1").bind(id.as_str()).fetch_optional(c).await?)
}

/// How often all sessions of a user were ended. What a session is begun with; see [`super::sessions::delete_of_user`].
pub async fn epoch(c: &mut Connection, id: &UserId) -> Result<Option<i64>> {
    Ok(sqlx::query_scalar("SELECT epoch FROM users WHERE id = $1").bind(id.as_str()).fetch_optional(c).await?)
}

/// Whether there is any user: if not, the console waits for its first admin.
pub async fn any(c: &mut Connection) -> Result<bool> {
    let found: Option<i64> = sqlx::query_scalar("SELECT 1 FROM users LIMIT 1").fetch_optional(c).await?;
    Ok(found.is_some())
}

/// Stores the hash of a new password. Whether the user is there.
pub async fn set_password(c: &mut Connection, id: &UserId, password_hash: &str) -> Result<bool> {
    let done = sqlx::query("UPDATE users SET password_hash = $2 WHERE id = $1")
        .bind(id.as_str())
        .bind(password_hash)
        .execute(c)
        .await?;
    Ok(done.rows_affected() == 1)
}

/// Stores whether a user has to choose a password of their own. Whether the user is there.
pub async fn set_must_change(c: &mut Connection, id: &UserId, must_change: bool) -> Result<bool> {
    let done = sqlx::query("UPDATE users SET must_change = $2 WHERE id = $1")
        .bind(id.as_str())
        .bind(i64::from(must_change))
        .execute(c)
        .await?;
    Ok(done.rows_affected() == 1)
}

/// The names of all users.
pub async fn names(c: &mut Connection) -> Result<Vec<String>> {
    Ok(sqlx::query_scalar("SELECT name FROM users ORDER BY name_key").fetch_all(c).await?)
}

/// Stores what a user may. Whether the user is there.
pub async fn set_role(c: &mut Connection, id: &UserId, role: Role) -> Result<bool> {
    let done = sqlx::query("UPDATE users SET role = $2 WHERE id = $1")
        .bind(id.as_str())
        .bind(role.as_str())
        .execute(c)
        .await?;
    Ok(done.rows_affected() == 1)
}

/// Notes that a user signed in. Whether the user is there.
pub async fn set_signed_in(c: &mut Connection, id: &UserId, at: Timestamp) -> Result<bool> {
    let done =
        sqlx::query("UPDATE users SET signed_in_at = $2 WHERE id = $1").bind(id.as_str()).bind(at.0).execute(c).await?;
    Ok(done.rows_affected() == 1)
}

/// Stores how the console looks to a user. Whether the user is there.
pub async fn set_theme(c: &mut Connection, id: &UserId, theme: Theme) -> Result<bool> {
    let done = sqlx::query("UPDATE users SET theme = $2 WHERE id = $1")
        .bind(id.as_str())
        .bind(theme.as_str())
        .execute(c)
        .await?;
    Ok(done.rows_affected() == 1)
}

/// Lets a user in or keeps them out: their sessions and tokens work only while they are let in. Whether the user is
/// there.
pub async fn set_disabled(c: &mut Connection, id: &UserId, disabled: bool) -> Result<bool> {
    let done = sqlx::query("UPDATE users SET disabled = $2 WHERE id = $1")
        .bind(id.as_str())
        .bind(i64::from(disabled))
        .execute(c)
        .await?;
    Ok(done.rows_affected() == 1)
}

/// By what a name is found: two that differ in case only are the same.
pub(super) fn key(name: &str) -> String {
    name.to_lowercase()
}
