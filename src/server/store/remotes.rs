//! How the last test of each remote ended. The remotes themselves are in rclone's configuration, which is `rclone`'s.

use std::collections::BTreeMap;

use sqlx::FromRow;

use super::{Connection, Result, from_sql, to_sql};
use crate::domain::{
    remote::{RemoteTest, RemoteTested},
    remote_name::RemoteName,
    time::Timestamp,
};

#[derive(FromRow)]
struct Row {
    name: String,
    at: i64,
    connected: i64,
    message: String,
    elapsed_ms: i64,
}

/// Stores how a test ended, in place of the one before it.
pub async fn set_test(c: &mut Connection, name: &RemoteName, tested: &RemoteTested) -> Result<()> {
    sqlx::query(
        "INSERT INTO remote_tests (name, at, connected, message, elapsed_ms) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (name) DO UPDATE SET at = excluded.at, connected = excluded.connected,
            message = excluded.message, elapsed_ms = excluded.elapsed_ms",
    )
    .bind(name.as_str())
    .bind(tested.at.0)
    .bind(i64::from(tested.result.connected))
    .bind(&tested.result.message)
    .bind(to_sql(tested.result.elapsed_ms))
    .execute(c)
    .await?;
    Ok(())
}

/// The last test of every remote that was tested.
pub async fn tests(c: &mut Connection) -> Result<BTreeMap<RemoteName, RemoteTested>> {
    let rows: Vec<Row> =
        sqlx::query_as("SELECT name, at, connected, message, elapsed_ms FROM remote_tests").fetch_all(c).await?;
    // A name that is none any more belongs to no remote: it is left out, not an error.
    Ok(rows
        .into_iter()
        .filter_map(|row| {
            let result = RemoteTest {
                connected: row.connected != 0,
                message: row.message,
                elapsed_ms: from_sql(row.elapsed_ms),
                undecryptable: 0,
                identity: None,
            };
            Some((row.name.parse().ok()?, RemoteTested { at: Timestamp(row.at), result }))
        })
        .collect())
}

/// Forgets the test of a remote.
pub async fn delete_test(c: &mut Connection, name: &RemoteName) -> Result<()> {
    sqlx::query("DELETE FROM remote_tests WHERE name = $1").bind(name.as_str()).execute(c).await?;
    Ok(())
}
