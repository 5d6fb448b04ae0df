//! What can go wrong with the database, as its callers tell the cases apart.

use std::path::PathBuf;

use sqlx::error::ErrorKind;

/// An error of the database. Its text names no value that a statement held.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// A newer program has written this database; an older one would break it.
    #[error(
        "the database was written by a newer Longshore (schema {found}, this program knows {known}): \
         install that version again, or restore a backup"
    )]
    Newer {
        /// The schema that the database has.
        found: i64,
        /// The newest schema that this program knows.
        known: i64,
    },
    /// The file cannot be opened or written.
    #[error("cannot use the database {}: {problem}", path.display())]
    Open {
        /// Its path.
        path: PathBuf,
        /// What is wrong, in words.
        problem: String,
        /// What the system said.
        #[source]
        source: Option<Box<dyn std::error::Error + Send + Sync>>,
    },
    /// Somebody else writes for longer than a person waits. Trying again helps.
    #[error("the database is busy")]
    Busy(#[source] sqlx::Error),
    /// The disk that holds the database is full. Nothing of the change was kept.
    #[error("the disk of the database is full")]
    Full(#[source] sqlx::Error),
    /// A row with this name or id exists already.
    #[error("it exists already")]
    Taken,
    /// A row holds what this program did not write.
    #[error("the database holds a {0} that this program cannot read: it is damaged; restore a backup")]
    Corrupt(&'static str),
    /// Anything else.
    #[error("the database failed")]
    Sql(#[source] sqlx::Error),
}

impl StoreError {
    /// What an unreadable value in a row becomes, whatever the reader says of it: `what` is what the row should hold.
    pub fn corrupt<E>(what: &'static str) -> impl FnOnce(E) -> Self {
        move |_| Self::Corrupt(what)
    }
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        match &error {
            sqlx::Error::PoolTimedOut => Self::Busy(error),
            sqlx::Error::Database(database) if database.kind() == ErrorKind::UniqueViolation => Self::Taken,
            sqlx::Error::Database(database) if is_busy(database.code().as_deref()) => Self::Busy(error),
            sqlx::Error::Database(database) if is_full(database.code().as_deref()) => Self::Full(error),
            _ => Self::Sql(error),
        }
    }
}

/// `SQLITE_BUSY` and `SQLITE_LOCKED`.
fn is_busy(code: Option<&str>) -> bool {
    code.and_then(primary).is_some_and(|code| matches!(code, 5 | 6))
}

/// `SQLITE_FULL`, and an I/O error while writing or growing a file, which is how a full disk shows in the write-ahead
/// log.
fn is_full(code: Option<&str>) -> bool {
    const WRITE: i32 = 10 | (3 << 8);
    const SHM_SIZE: i32 = 10 | (19 << 8);
    code.is_some_and(|code| primary(code) == Some(13) || matches!(code.parse::<i32>(), Ok(WRITE | SHM_SIZE)))
}

/// The low byte of a result code; the rest says more about it.
fn primary(code: &str) -> Option<i32> {
    code.parse::<i32>().ok().map(|code| code & 0xff)
}
