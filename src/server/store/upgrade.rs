//! Before the schema of an existing database is changed, and before anything is started from it: whether it is whole,
//! and a copy beside it.

use std::{
    fs, io,
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
};

use sqlx::SqlitePool;

use super::{
    Result, StoreError,
    pool::{explain, in_words, newest, unusable, version},
};

/// What the name of a copy has after that of the database, before the schema that it was made for.
const BEFORE: &str = ".before-";

/// How large a database may be to be looked at as a whole at each start, in bytes: some 350,000 runs, about two seconds
/// of reading. A million runs take 5 s on a machine that is idle, and 20 s on one that is not.
const LARGE: i64 = 512 << 20;
/// The tables that grow without end. What is started, and for whom, is in the others.
const HISTORY: [&str; 4] = ["runs", "run_events", "audit", "routes"];

/// How much of a database is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum IntegrityCheck {
    /// All of it.
    Whole,
    /// All of it, unless it is large: then its history is left out.
    Quick,
}

/// Refuses a database that is damaged: what it says cannot be trusted, and what is written to it makes it worse.
pub(super) async fn refuse_damaged(pool: &SqlitePool, path: &Path, look: IntegrityCheck) -> Result<()> {
    let size: i64 = sqlx::query_scalar("SELECT page_count * page_size FROM pragma_page_count, pragma_page_size")
        .fetch_one(pool)
        .await?;
    if look == IntegrityCheck::Whole || size <= LARGE {
        let found: String = sqlx::query_scalar("PRAGMA quick_check(1)").fetch_one(pool).await?;
        return judge(path, &found);
    }
    let tables: Vec<String> =
        sqlx::query_scalar("SELECT name FROM sqlite_master WHERE type = 'table'").fetch_all(pool).await?;
    for table in tables.iter().filter(|table| !HISTORY.contains(&table.as_str())) {
        let found: String =
            sqlx::query_scalar("SELECT quick_check FROM pragma_quick_check($1)").bind(table).fetch_one(pool).await?;
        judge(path, &found)?;
    }
    Ok(())
}

fn judge(path: &Path, found: &str) -> Result<()> {
    if found == "ok" {
        return Ok(());
    }
    let what = found.lines().last().unwrap_or_default().to_owned();
    Err(StoreError::Open {
        path: path.to_owned(),
        problem: "it is damaged; restore a backup".to_owned(),
        source: Some(what.into()),
    })
}

/// Copies a database whose schema will be changed: `longshore.db.before-N`, N the new schema. The last such copy is
/// kept.
pub(super) async fn keep_copy(pool: &SqlitePool, path: &Path) -> Result<()> {
    match version(pool).await? {
        Some(found) if found < newest() => {}
        _ => return Ok(()),
    }
    let failed =
        |why: String| format!("its schema has to be changed, and the copy that is made before that failed: {why}");
    let (copy, unfinished) = (beside(path, &format!("{BEFORE}{}", newest())), beside(path, ".copy"));
    make_private(&unfinished).map_err(|error| unusable(path, failed(in_words(&error)), error))?;
    if let Err(error) = sqlx::query("VACUUM INTO $1").bind(unfinished.to_string_lossy()).execute(pool).await {
        let _ = fs::remove_file(&unfinished);
        return Err(unusable(path, failed(explain(&error)), error));
    }
    put(&unfinished, &copy).map_err(|error| unusable(path, failed(in_words(&error)), error))
}

fn beside(path: &Path, end: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(end);
    name.into()
}

/// An empty file for us alone. One that is there is what a crash left.
fn make_private(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path).map(drop)
}

/// Gives the copy its name once it is on the disk, and removes those for older schemas.
fn put(unfinished: &Path, copy: &Path) -> io::Result<()> {
    fs::File::open(unfinished)?.sync_all()?;
    fs::rename(unfinished, copy)?;
    let Some(folder) = copy.parent() else { return Ok(()) };
    let name = |path: &Path| path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let (own, stem) = (name(copy), name(&copy.with_extension("")));
    for entry in fs::read_dir(folder)?.flatten() {
        let other = entry.file_name().to_string_lossy().into_owned();
        if other != own && other.strip_prefix(&stem).is_some_and(|rest| rest.starts_with(BEFORE)) {
            fs::remove_file(entry.path())?;
        }
    }
    fs::File::open(folder)?.sync_all()
}
