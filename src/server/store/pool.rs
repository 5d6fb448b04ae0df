//! Opens the database: one connection that writes, a few that read, and the schema brought up to this program's.
//!
//! `SQLite` has one writer at a time whatever one does. With a single writing connection the queue is ours: fair,
//! bounded, and without the busy errors of connections that race for the lock.

use std::{
    fmt, fs, io, os::unix::fs::OpenOptionsExt as _, os::unix::fs::PermissionsExt as _, path::Path, time::Duration,
};

use sqlx::{
    Connection as _, Sqlite, SqlitePool,
    migrate::{MigrateError, Migrator},
    pool::PoolConnection,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};
use tokio::time::timeout;

use super::{
    Result, StoreError, Tx, id,
    upgrade::{self, IntegrityCheck},
};
use crate::domain::time::Timestamp;

pub(super) static MIGRATIONS: Migrator = sqlx::migrate!("./migrations");

/// Connections that read at the same time.
const READERS: u32 = 4;
/// How long a statement waits for another process (a backup, the command line), and a caller for a connection.
const PATIENCE: Duration = Duration::from_secs(5);
/// Before it, a rare race between a checkpoint and a writer could damage the write-ahead log.
const OLDEST_SQLITE: [u32; 3] = [3, 51, 3];

/// The database. Clones share its connections.
#[derive(Clone)]
pub struct Store {
    writer: SqlitePool,
    readers: SqlitePool,
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Store")
    }
}

impl Store {
    /// Opens the database at `path`, makes it if it is not there, and brings its schema up to this program's.
    ///
    /// # Errors
    /// [`StoreError::Open`] when it cannot be read and written, or is damaged; [`StoreError::Newer`] when a newer
    /// program has been here.
    pub async fn open(path: &Path) -> Result<Self> {
        protect(path).map_err(|error| unusable(path, in_words(&error), error))?;
        let options = SqliteConnectOptions::new()
            .filename(path)
            .journal_mode(SqliteJournalMode::Wal)
            // A run that was acknowledged survives a power cut: FULL syncs the log at each commit.
            .synchronous(SqliteSynchronous::Full);
        Self::connect(options, Some(path)).await.map_err(|error| match error {
            StoreError::Sql(error) | StoreError::Full(error) => unusable(path, explain(&error), error),
            other => other,
        })
    }

    /// A database in memory, with the same tables and the same rules. For tests.
    ///
    /// # Errors
    /// When the migrations fail.
    pub async fn in_memory() -> Result<Self> {
        // Connections share a database of the VFS "memdb" by a name that begins with a slash.
        let name = format!("/{}", id::ulid(Timestamp(0)));
        Self::connect(SqliteConnectOptions::new().filename(name).vfs("memdb").create_if_missing(true), None).await
    }

    async fn connect(options: SqliteConnectOptions, file: Option<&Path>) -> Result<Self> {
        let options = options.foreign_keys(true).busy_timeout(PATIENCE);
        // Connections stay: the one that writes is never idle for long, and a database in memory lives as long as they
        // do.
        let pool = |size| {
            SqlitePoolOptions::new()
                .max_connections(size)
                .acquire_timeout(PATIENCE)
                .idle_timeout(None)
                .max_lifetime(None)
        };
        // On a full disk SQLite rolls back by itself, and the driver goes on to count a transaction: nothing could be
        // begun with this connection any more. The ping comes after the driver's own rollback.
        let pool = |size| {
            pool(size).after_release(|connection, _| {
                Box::pin(async move {
                    connection.ping().await?;
                    Ok(!connection.is_in_transaction())
                })
            })
        };
        let writer = pool(1).min_connections(1).connect_with(options.clone()).await?;
        refuse_old_sqlite(&writer).await?;
        refuse_newer(&writer).await?;
        if let Some(path) = file {
            upgrade::refuse_damaged(&writer, path, IntegrityCheck::Quick).await?;
            upgrade::keep_copy(&writer, path).await?;
        }
        MIGRATIONS.run(&writer).await.map_err(|error| match error {
            MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _) => StoreError::from(error),
            other => StoreError::Sql(sqlx::Error::Migrate(Box::new(other))),
        })?;
        super::runs::fold_routes(&writer).await?;
        // SQLite opens a file that it may not write, and says so only at the first write: make that one now.
        writer.begin_with("BEGIN IMMEDIATE").await?.rollback().await?;
        // Readers that cannot write: a write outside of a transaction is a mistake that shows at once.
        let readers = pool(READERS).connect_lazy_with(options.pragma("query_only", "ON"));
        Ok(Self { writer, readers })
    }

    /// The schema of the database at `path`, after all of it was looked at, without changing it.
    ///
    /// # Errors
    /// As [`Self::open`].
    pub async fn inspect(path: &Path) -> Result<i64> {
        let options = SqliteConnectOptions::new().filename(path).read_only(true);
        let failed = |error: sqlx::Error| unusable(path, explain(&error), error);
        let pool = SqlitePoolOptions::new().max_connections(1).connect_with(options).await.map_err(failed)?;
        let version = async {
            refuse_newer(&pool).await?;
            upgrade::refuse_damaged(&pool, path, IntegrityCheck::Whole).await?;
            version(&pool).await
        };
        let version = version.await.map_err(|error| match error {
            StoreError::Sql(error) => failed(error),
            other => other,
        })?;
        pool.close().await;
        Ok(version.unwrap_or(0))
    }

    /// A connection that reads.
    ///
    /// # Errors
    /// [`StoreError::Busy`] when none is free for five seconds.
    pub async fn acquire(&self) -> Result<PoolConnection<Sqlite>> {
        Ok(self.readers.acquire().await?)
    }

    /// The one write transaction: others wait until it ends. Commit it; dropped, it changes nothing.
    ///
    /// # Errors
    /// [`StoreError::Busy`] when others write for five seconds.
    pub async fn begin(&self) -> Result<Tx> {
        self.begin_within(PATIENCE).await
    }

    /// The same, for what is not worth waiting for that long.
    ///
    /// # Errors
    /// [`StoreError::Busy`] when others write for longer than `limit`.
    pub async fn begin_within(&self, limit: Duration) -> Result<Tx> {
        // One limit for both: to wait for the connection, and then as long again for another process, is longer than
        // people wait.
        match timeout(limit, self.writer.begin_with("BEGIN IMMEDIATE")).await {
            Ok(begun) => Ok(Tx::new(begun?)),
            Err(_) => Err(StoreError::Busy(sqlx::Error::PoolTimedOut)),
        }
    }

    /// Closes all connections when their work is done, which also folds the log into the database.
    pub async fn close(&self) {
        self.readers.close().await;
        self.writer.close().await;
    }
}

/// Why the database at `path` cannot be used.
pub(super) fn unusable(
    path: &Path,
    problem: String,
    source: impl Into<Box<dyn std::error::Error + Send + Sync>>,
) -> StoreError {
    StoreError::Open { path: path.to_owned(), problem, source: Some(source.into()) }
}

/// Makes the file before `SQLite` does, so that only its owner can read it. `SQLite` gives the log and its index the
/// same mode.
fn protect(path: &Path) -> io::Result<()> {
    match fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path) {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            let mode = fs::metadata(path)?.permissions().mode();
            // One that belongs to another user cannot be changed; opening it tells more than this would.
            if mode & 0o077 != 0 { fs::set_permissions(path, fs::Permissions::from_mode(0o600)) } else { Ok(()) }
        }
        Err(error) => Err(error),
    }
}

pub(super) fn in_words(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "its directory does not exist".to_owned(),
        io::ErrorKind::PermissionDenied => "this user may not write there".to_owned(),
        io::ErrorKind::ReadOnlyFilesystem => "the file system is read-only".to_owned(),
        io::ErrorKind::StorageFull => "the disk is full".to_owned(),
        _ => error.to_string(),
    }
}

/// The result codes of `SQLite` in words, where they say something that a person can mend.
pub(super) fn explain(error: &sqlx::Error) -> String {
    let code = match error {
        sqlx::Error::Migrate(error) => {
            return format!("its schema is not one that Longshore made ({error}); restore a backup");
        }
        sqlx::Error::Database(error) => error.code().and_then(|code| code.parse::<i32>().ok()).unwrap_or(0) & 0xff,
        _ => 0,
    };
    match code {
        3 | 8 | 14 => "this user may not write it, or not its directory".to_owned(),
        10 => "the disk fails, or is full".to_owned(),
        13 => "the disk is full".to_owned(),
        11 => "it is damaged; restore a backup".to_owned(),
        26 => "it is not a database".to_owned(),
        _ => error.to_string(),
    }
}

async fn refuse_old_sqlite(pool: &SqlitePool) -> Result<()> {
    let version: String = sqlx::query_scalar("SELECT sqlite_version()").fetch_one(pool).await?;
    let parts: Vec<u32> = version.split('.').filter_map(|part| part.parse().ok()).collect();
    if parts.as_slice() >= OLDEST_SQLITE.as_slice() {
        return Ok(());
    }
    Err(StoreError::Sql(sqlx::Error::Configuration(
        format!("SQLite {version} can damage its log; 3.51.3 or newer is needed").into(),
    )))
}

/// Before anything is changed: a database that knows more than this program is left as it is.
async fn refuse_newer(pool: &SqlitePool) -> Result<()> {
    match (version(pool).await?, newest()) {
        (Some(found), known) if found > known => Err(StoreError::Newer { found, known }),
        _ => Ok(()),
    }
}

/// The newest schema that this program knows.
pub(super) fn newest() -> i64 {
    MIGRATIONS.iter().map(|migration| migration.version).max().unwrap_or(0)
}

/// The schema that the database has; `None` when it is new.
pub(super) async fn version(pool: &SqlitePool) -> Result<Option<i64>> {
    let migrated: i64 = sqlx::query_scalar("SELECT count(*) FROM sqlite_master WHERE name = '_sqlx_migrations'")
        .fetch_one(pool)
        .await?;
    if migrated == 0 {
        return Ok(None);
    }
    Ok(sqlx::query_scalar("SELECT max(version) FROM _sqlx_migrations").fetch_one(pool).await?)
}
