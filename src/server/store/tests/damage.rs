//! Databases that are damaged in many ways: refused in words, or read as far as they go; never a panic, never a new one
//! in their place.

use std::{fs, path::Path};

use sqlx::SqlitePool;

use super::{
    super::{Store, StoreError, users},
    *,
};
use crate::domain::run::query::RunQuery;

/// A database with some history, part of it in the log only, as a crash leaves it.
async fn crashed(dir: &Path) {
    let (live, path) = (dir.join("live.db"), dir.join("longshore.db"));
    let store = Store::open(&live).await.expect("opened");
    let mut tx = store.begin().await.expect("begin");
    users::insert(&mut tx, &accounts::user("marianne")).await.expect("insert");
    tx.commit().await.expect("commit");
    for _ in 0..4 {
        enqueue(&store, 60).await;
        for _ in 0..30 {
            finish_next(&store, RunState::Failed, Timestamp(NOW.0 + 100)).await;
        }
    }
    // Fold all of it so far into the database, then leave more in the log.
    let pool = SqlitePool::connect(&format!("sqlite://{}", live.display())).await.expect("opened");
    sqlx::query("PRAGMA wal_checkpoint(RESTART)").execute(&pool).await.expect("folded");
    enqueue(&store, 20).await;
    for end in ["", "-wal"] {
        fs::copy(dir.join(format!("live.db{end}")), dir.join(format!("longshore.db{end}"))).expect("copied");
    }
    assert!(fs::metadata(dir.join("longshore.db-wal")).expect("a log").len() > 4096, "some is in the log");
    pool.close().await;
    store.close().await;
    assert!(path.exists());
}

/// Numbers that look like chance and are the same each time.
fn dice(seed: &mut u64, below: usize) -> usize {
    *seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    usize::try_from(*seed >> 33).expect("small") % below
}

/// The `n`th way to damage.
fn damage(dir: &Path, n: usize) -> String {
    let mut seed = n as u64 * 977 + 3;
    let path = dir.join(if dice(&mut seed, 5) == 0 { "longshore.db-wal" } else { "longshore.db" });
    let mut bytes = fs::read(&path).expect("read");
    let what = match n % 4 {
        0 => {
            let count = 1 + dice(&mut seed, 4096);
            for _ in 0..count {
                let at = dice(&mut seed, bytes.len());
                bytes[at] ^= 1 << dice(&mut seed, 8);
            }
            format!("{count} bits flipped")
        }
        1 => {
            let (at, length) = (dice(&mut seed, bytes.len()), 1 + dice(&mut seed, 8192));
            let end = (at + length).min(bytes.len());
            bytes[at..end].fill(0);
            format!("zeros from {at} to {end}")
        }
        2 => {
            let length = 1 + dice(&mut seed, bytes.len() - 1);
            bytes.truncate(length);
            format!("cut off at {length}")
        }
        _ => {
            let (from, to) = (dice(&mut seed, bytes.len() / 4096) * 4096, dice(&mut seed, bytes.len() / 4096) * 4096);
            let page = bytes[from..from + 4096].to_vec();
            bytes[to..to + 4096].copy_from_slice(&page);
            format!("the page at {from} over that at {to}")
        }
    };
    fs::write(&path, bytes).expect("written");
    format!("{n}: {} with {what}", path.file_name().expect("a name").display())
}

/// Whether `SQLite` itself calls the copy in `dir` whole.
async fn is_whole(dir: &Path) -> bool {
    let pool = SqlitePool::connect(&format!("sqlite://{}", dir.join("longshore.db").display())).await;
    let Ok(pool) = pool else { return false };
    let found = sqlx::query_scalar::<_, String>("PRAGMA quick_check(1)").fetch_one(&pool).await;
    pool.close().await;
    found.is_ok_and(|found| found == "ok")
}

#[tokio::test]
async fn a_damaged_database_is_refused_in_words_and_never_replaced_by_a_new_one() {
    let whole = tempfile::tempdir().expect("a folder");
    crashed(whole.path()).await;
    let (mut refused, mut read) = (0, 0);
    for n in 0..cases(40) as usize {
        let (dir, judged) = (tempfile::tempdir().expect("a folder"), tempfile::tempdir().expect("a folder"));
        for name in ["longshore.db", "longshore.db-wal"] {
            fs::copy(whole.path().join(name), dir.path().join(name)).expect("copied");
        }
        let what = damage(dir.path(), n);
        for name in ["longshore.db", "longshore.db-wal"] {
            fs::copy(dir.path().join(name), judged.path().join(name)).expect("copied");
        }
        let is_whole = is_whole(judged.path()).await;
        match Store::open(&dir.path().join("longshore.db")).await {
            Err(error) => {
                assert!(matches!(error, StoreError::Open { .. } | StoreError::Newer { .. }), "{what}: {error:?}");
                assert!(
                    error.to_string().contains("longshore.db") || error.to_string().contains("newer"),
                    "{what}: {error}"
                );
                refused += 1;
            }
            Ok(store) => {
                assert!(is_whole, "{what}: it is damaged, and was opened");
                let mut reader = store.acquire().await.expect("reader");
                // What no check finds, a changed letter, is an error where it is read.
                let page = runs::list(&mut reader, &RunQuery { limit: 1000, ..RunQuery::default() }).await;
                let _ = runs::unfinished(&mut reader).await;
                assert!(
                    users::any(&mut reader).await.unwrap_or(true),
                    "{what}: a console without people would be set up anew"
                );
                if let Ok(page) = page {
                    assert!(page.runs.len() >= 200, "{what}: only {} are left", page.runs.len());
                }
                drop(reader);
                store.close().await;
                read += 1;
            }
        }
    }
    assert!(refused > 10 && read > 0, "{refused} refused, {read} read");
}

#[tokio::test]
async fn of_a_large_database_what_decides_is_looked_at_table_by_table() {
    let dir = tempfile::tempdir().expect("a folder");
    crashed(dir.path()).await;
    let path = dir.path().join("longshore.db");
    let pool = SqlitePool::connect(&format!("sqlite://{}", path.display())).await.expect("opened");
    // Without a byte on the disk: pages that nothing uses.
    sqlx::raw_sql("PRAGMA wal_checkpoint(TRUNCATE); PRAGMA journal_mode = DELETE")
        .execute(&pool)
        .await
        .expect("folded");
    let root: i64 = sqlx::query_scalar("SELECT rootpage FROM sqlite_master WHERE name = 'users'")
        .fetch_one(&pool)
        .await
        .expect("a page");
    pool.close().await;
    let mut bytes = fs::read(&path).expect("read");
    let pages: u32 = (600 << 20) / 4096;
    bytes[28..32].copy_from_slice(&pages.to_be_bytes());
    let write = |bytes: &[u8]| {
        fs::write(&path, bytes).expect("written");
        fs::File::options()
            .write(true)
            .open(&path)
            .and_then(|file| file.set_len(u64::from(pages) * 4096))
            .expect("grown");
    };
    write(&bytes);
    Store::open(&path).await.expect("it is whole").close().await;
    let at = usize::try_from(root - 1).expect("small") * 4096;
    bytes[at + 3..at + 64].fill(0xff);
    write(&bytes);
    let error = Store::open(&path).await.expect_err("damaged").to_string();
    assert!(error.contains("it is damaged; restore a backup"), "{error}");
}

#[tokio::test]
async fn a_damaged_database_says_what_to_do() {
    let dir = tempfile::tempdir().expect("a folder");
    crashed(dir.path()).await;
    let path = dir.path().join("longshore.db");
    let mut bytes = fs::read(&path).expect("read");
    let end = bytes.len();
    bytes[8192..end].fill(0xff);
    fs::write(&path, &bytes).expect("written");
    fs::remove_file(dir.path().join("longshore.db-wal")).expect("removed");
    let error = Store::open(&path).await.expect_err("damaged").to_string();
    assert!(error.contains("it is damaged; restore a backup"), "{error}");
    let error = Store::inspect(&path).await.expect_err("damaged").to_string();
    assert!(error.contains("restore a backup"), "{error}");
    assert_eq!(fs::read(&path).expect("read").len(), bytes.len());
}
