//! Mounts that were asked for and not taken back. Whether they are there is for their processes to say.

use sqlx::FromRow;

use super::{Connection, Result, StoreError};
use crate::domain::{
    id::{MountId, UserId},
    location::Location,
    time::Timestamp,
};

/// A mount as it is stored.
#[derive(Clone, Debug)]
pub struct Stored {
    /// The id.
    pub id: MountId,
    /// What.
    pub location: Location,
    /// Where: an absolute path.
    pub mount_point: String,
    /// Whether nothing can be written by way of it.
    pub read_only: bool,
    /// Whether other users of this server may look into it.
    pub allow_other: bool,
    /// Who asked for it.
    pub user_id: UserId,
    /// Their name.
    pub user: String,
    /// When.
    pub created_at: Timestamp,
}

#[derive(FromRow)]
struct Row {
    id: String,
    location: String,
    mount_point: String,
    read_only: i64,
    allow_other: i64,
    user_id: String,
    user_name: String,
    created_at: i64,
}

impl TryFrom<Row> for Stored {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self> {
        Ok(Self {
            id: row.id.parse().map_err(StoreError::corrupt("mount's id"))?,
            location: Location::parse(&row.location).map_err(StoreError::corrupt("mount's location"))?,
            mount_point: row.mount_point,
            read_only: row.read_only != 0,
            allow_other: row.allow_other != 0,
            user_id: row.user_id.parse().map_err(StoreError::corrupt("user id"))?,
            user: row.user_name,
            created_at: Timestamp(row.created_at),
        })
    }
}

/// Stores a mount. [`StoreError::Taken`] when there is one at this place.
pub async fn insert(c: &mut Connection, mount: &Stored) -> Result<()> {
    sqlx::query(
        "INSERT INTO mounts (id, location, mount_point, read_only, allow_other, user_id, user_name, created_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
    )
    .bind(mount.id.as_str())
    .bind(mount.location.to_string())
    .bind(&mount.mount_point)
    .bind(i64::from(mount.read_only))
    .bind(i64::from(mount.allow_other))
    .bind(mount.user_id.as_str())
    .bind(&mount.user)
    .bind(mount.created_at.0)
    .execute(c)
    .await?;
    Ok(())
}

/// All mounts, by where they are.
pub async fn list(c: &mut Connection) -> Result<Vec<Stored>> {
    let rows: Vec<Row> = sqlx::query_as(
        "SELECT id, location, mount_point, read_only, allow_other, user_id, user_name, created_at FROM mounts ORDER BY mount_point",
    )
    .fetch_all(c)
    .await?;
    rows.into_iter().map(Stored::try_from).collect()
}

/// Forgets a mount. Whether it was there.
pub async fn delete(c: &mut Connection, id: &MountId) -> Result<bool> {
    Ok(sqlx::query("DELETE FROM mounts WHERE id = $1").bind(id.as_str()).execute(c).await?.rows_affected() == 1)
}
