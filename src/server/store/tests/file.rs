//! The file: made private, kept over restarts, refused when it cannot be trusted.

use std::{fs, os::unix::fs::PermissionsExt as _, path::Path};

use super::{
    super::{Store, StoreError, audit, runs},
    *,
};

fn mode(path: &Path) -> u32 {
    fs::metadata(path).expect("metadata").permissions().mode() & 0o777
}

#[tokio::test]
async fn only_its_owner_can_read_it_and_it_survives() {
    let dir = tempfile::tempdir().expect("dir");
    let path = dir.path().join("longshore.db");
    let store = Store::open(&path).await.expect("open");
    let ids = enqueue(&store, 1).await;
    for file in ["longshore.db", "longshore.db-wal", "longshore.db-shm"] {
        assert_eq!(mode(&dir.path().join(file)), 0o600, "{file}");
    }
    store.close().await;

    fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).expect("chmod");
    let store = Store::open(&path).await.expect("open again");
    assert_eq!(mode(&path), 0o600);
    let mut reader = store.acquire().await.expect("reader");
    assert!(runs::get(&mut reader, &ids[0]).await.expect("get").is_some());
}

#[tokio::test]
async fn it_is_as_safe_as_asked_for() {
    let dir = tempfile::tempdir().expect("dir");
    let store = Store::open(&dir.path().join("longshore.db")).await.expect("open");
    let mut tx = store.begin().await.expect("begin");
    let journal: String = sqlx::query_scalar("PRAGMA journal_mode").fetch_one(&mut *tx).await.expect("journal");
    let synchronous: i64 = sqlx::query_scalar("PRAGMA synchronous").fetch_one(&mut *tx).await.expect("synchronous");
    let keys: i64 = sqlx::query_scalar("PRAGMA foreign_keys").fetch_one(&mut *tx).await.expect("keys");
    let patience: i64 = sqlx::query_scalar("PRAGMA busy_timeout").fetch_one(&mut *tx).await.expect("timeout");
    assert_eq!((journal.as_str(), synchronous, keys, patience), ("wal", 2, 1, 5000));
}

#[tokio::test]
async fn one_of_a_newer_program_is_left_as_it_is() {
    let dir = tempfile::tempdir().expect("dir");
    let path = dir.path().join("longshore.db");
    let store = Store::open(&path).await.expect("open");
    let mut tx = store.begin().await.expect("begin");
    sqlx::query(
        "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) VALUES (9000, 'later', 1, x'00', 0)",
    )
    .execute(&mut *tx)
    .await
    .expect("a later migration");
    tx.commit().await.expect("commit");
    store.close().await;

    let before = fs::read(&path).expect("read");
    let error = Store::open(&path).await.expect_err("newer");
    assert!(matches!(error, StoreError::Newer { found: 9000, known: 2.. }), "{error:?}");
    assert!(error.to_string().contains("newer Longshore"));
    assert_eq!(fs::read(&path).expect("read"), before);
}

#[tokio::test]
async fn what_can_not_be_used_is_told_in_words() {
    let dir = tempfile::tempdir().expect("dir");
    let junk = dir.path().join("junk.db");
    fs::write(&junk, "this is no database, whatever its name says. ".repeat(100)).expect("write");
    let folder = dir.path().join("folder.db");
    fs::create_dir(&folder).expect("mkdir");
    for (path, problem) in [
        (dir.path().join("missing/longshore.db"), "its directory does not exist"),
        (junk, "not a database"),
        (folder, "may not write it"),
    ] {
        let error = Store::open(&path).await.expect_err("cannot be used");
        assert!(matches!(error, StoreError::Open { .. }), "{error:?}");
        assert!(error.to_string().contains(problem), "{error}");
        assert!(error.to_string().contains(&path.display().to_string()), "{error}");
    }
}

#[tokio::test]
async fn the_audit_log_only_grows() {
    let store = Store::in_memory().await.expect("store");
    let mut tx = store.begin().await.expect("begin");
    let entry = audit::Entry::new(NOW, "session", "remote.delete")
        .by(None, "marianne")
        .to("b2")
        .with(serde_json::json!({ "type": "s3" }));
    audit::insert(&mut tx, &entry).await.expect("insert");
    audit::insert(&mut tx, &entry).await.expect("insert");
    for tampering in ["UPDATE audit SET user_name = 'ole'", "DELETE FROM audit"] {
        assert!(sqlx::query(tampering).execute(&mut *tx).await.is_err(), "{tampering}");
    }
    let rows: i64 = sqlx::query_scalar("SELECT count(*) FROM audit WHERE user_name = 'marianne'")
        .fetch_one(&mut *tx)
        .await
        .expect("count");
    assert_eq!(rows, 2);
}
