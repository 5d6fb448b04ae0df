//! The database. Owns the connections, the migrations and all SQL, one file a noun. Knows no process and no request;
//! rules about who may do what are the services'.
//!
//! Functions take a connection: a reader from [`Store::acquire`], or the write transaction of [`Store::begin`]. So a
//! service decides what is one transaction, and a change and its audit row cannot be torn apart.

pub mod audit;
mod error;
mod id;
pub mod jobs;
pub mod mounts;
mod pool;
pub mod remotes;
pub mod runs;
pub mod sessions;
mod sql;
pub mod tokens;
mod tx;
mod upgrade;
pub mod users;

#[cfg(test)]
mod tests;

pub use error::StoreError;
pub use id::new_id;
pub use pool::Store;
/// What the functions of the store take: a reader, or a write transaction.
pub use sqlx::SqliteConnection as Connection;
pub use tx::Tx;

/// What the functions of the store answer.
pub type Result<T, E = StoreError> = std::result::Result<T, E>;

/// Largest count that is stored: 8 PiB less one. A program of any kind reads it exactly, and a sum of a thousand still
/// fits.
const MAX_COUNT: u64 = (1 << 53) - 1;

/// A count for the database, which has signed numbers only.
fn to_sql(n: u64) -> i64 {
    i64::try_from(n.min(MAX_COUNT)).unwrap_or(i64::MAX)
}

/// A count from the database.
fn from_sql(n: i64) -> u64 {
    u64::try_from(n).unwrap_or(0)
}
