//! A database of an older schema: copied before it is changed, and all that it held is there afterwards.

use std::{fs, os::unix::fs::PermissionsExt as _, path::Path};

use sqlx::{SqlitePool, migrate::Migrator};

use super::{
    super::{Store, pool::newest, tokens},
    *,
};

/// Makes a database of the first schema, with `runs` runs that ended and one that waits.
async fn first_schema(path: &Path, runs: i64) {
    let folder = tempfile::tempdir().expect("a folder");
    let first = Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations/0001_init.sql");
    fs::copy(&first, folder.path().join("0001_init.sql")).expect("copied");
    fs::write(path, b"").expect("made");
    let pool = SqlitePool::connect(&format!("sqlite://{}", path.display())).await.expect("opened");
    Migrator::new(folder.path()).await.expect("a migration").run(&pool).await.expect("migrated");
    let insert = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i <= $1)
         INSERT INTO runs (id, operation, source, destination, search_text, options, state, not_before, user_id, user_name, via, created_at, ended_at)
         SELECT printf('01JD3Z6N9V4M2K8Q7W5X%06d', i), 'copy', '/srv/photos', 'b2:photos', '/srv/photos' || char(10) || 'b2:photos', '{}',
                CASE WHEN i > $1 THEN 'queued' ELSE 'failed' END, 1, '01JD3Z6N9V4M2K8Q7W5X1T0R3S', 'ole', 'session', 1,
                CASE WHEN i > $1 THEN NULL ELSE 2 END FROM n";
    sqlx::query(insert).bind(runs).execute(&pool).await.expect("filled");
    pool.close().await;
}

#[tokio::test]
async fn a_copy_is_made_before_the_schema_is_changed_and_only_the_last_is_kept() {
    let dir = tempfile::tempdir().expect("a folder");
    let path = dir.path().join("longshore.db");
    first_schema(&path, 100).await;
    for stale in ["longshore.db.before-1", "longshore.db.copy", "other.db.before-1"] {
        fs::write(dir.path().join(stale), b"stale").expect("written");
    }
    let store = Store::open(&path).await.expect("opened");
    let mut reader = store.acquire().await.expect("reader");
    assert_eq!(runs::unfinished(&mut reader).await.expect("unfinished").len(), 1);
    assert_eq!(runs::week(&mut reader, Timestamp(0)).await.expect("week").failed, 100);
    drop(reader);
    store.close().await;

    let copy = dir.path().join(format!("longshore.db.before-{}", newest()));
    assert_eq!(fs::metadata(&copy).expect("the copy").permissions().mode() & 0o777, 0o600);
    assert_eq!(Store::inspect(&copy).await.expect("read"), 1, "it is what was there before");
    let pool = SqlitePool::connect(&format!("sqlite://{}", copy.display())).await.expect("opened");
    assert_eq!(sqlx::query_scalar::<_, i64>("SELECT count(*) FROM runs").fetch_one(&pool).await.expect("count"), 101);
    pool.close().await;
    let there = |name| dir.path().join(name).exists();
    assert!(!there("longshore.db.before-1") && !there("longshore.db.copy") && there("other.db.before-1"));

    fs::remove_file(&copy).expect("removed");
    Store::open(&path).await.expect("opened again").close().await;
    assert!(!copy.exists(), "nothing is changed, so nothing is copied");
}

#[tokio::test]
async fn a_schema_is_not_changed_when_no_copy_can_be_made() {
    let dir = tempfile::tempdir().expect("a folder");
    let path = dir.path().join("longshore.db");
    first_schema(&path, 1).await;
    fs::create_dir(dir.path().join("longshore.db.copy")).expect("in the way");
    let error = Store::open(&path).await.expect_err("no copy").to_string();
    assert!(error.contains("the copy that is made before that failed"), "{error}");
    assert_eq!(Store::inspect(&path).await.expect("read"), 1);
}

#[tokio::test]
async fn what_the_second_schema_held_is_there_in_the_third_and_can_go_on() {
    let dir = tempfile::tempdir().expect("a folder");
    let path = dir.path().join("longshore.db");
    let folder = tempfile::tempdir().expect("a folder");
    for name in ["0001_init.sql", "0002_jobs_and_guards.sql"] {
        let migration = Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations").join(name);
        fs::copy(&migration, folder.path().join(name)).expect("copied");
    }
    fs::write(&path, b"").expect("made");
    let pool = SqlitePool::connect(&format!("sqlite://{}", path.display())).await.expect("opened");
    Migrator::new(folder.path()).await.expect("migrations").run(&pool).await.expect("migrated");
    for sql in [
        "INSERT INTO routes (id, search_text, runs, first_id, last_id) VALUES ('r', '/a', 2, '01JD3Z6N9V4M2K8Q7W5X000001', '01JD3Z6N9V4M2K8Q7W5X000002')",
        "INSERT INTO runs (id, operation, source, destination, route_id, options, dry_run, state, rank, not_before, user_id, user_name, via,
                           created_at, started_at, ended_at, guard_report, source_files, spec, approved_by, bandwidth, bytes, renames, error)
         VALUES ('01JD3Z6N9V4M2K8Q7W5X000001', 'sync', '/a', 'b:a', 'r', '{}', 0, 'running', 1, 1, '01JD3Z6N9V4M2K8Q7W5X1T0R3S', 'ole', 'token',
                 1, 2, NULL, '{}', 7, 'spec', 'x', '10M', 100, 3, 'before')",
        "INSERT INTO run_events (run_id, seq, at, kind, user_name, detail) VALUES ('01JD3Z6N9V4M2K8Q7W5X000001', 1, 1, 'queued', 'ole', '')",
        "INSERT INTO run_paths (run_id, key, mode, remote) VALUES ('01JD3Z6N9V4M2K8Q7W5X000001', '/a/', 'read', '')",
        "INSERT INTO run_paths (run_id, key, mode, remote) VALUES ('01JD3Z6N9V4M2K8Q7W5X000001', 'b:a/', 'write', 'b')",
    ] {
        sqlx::query(sql).execute(&pool).await.expect(sql);
    }
    pool.close().await;

    let store = Store::open(&path).await.expect("opened");
    let id: RunId = "01JD3Z6N9V4M2K8Q7W5X000001".parse().expect("an id");
    let mut tx = store.begin().await.expect("begin");
    let stored = runs::get(&mut tx, &id).await.expect("get").expect("there");
    let run = &stored.run.summary;
    assert_eq!(
        (run.state, run.stats.bytes, run.stats.renames, run.error.as_deref()),
        (RunState::Running, 100, 3, Some("before"))
    );
    assert_eq!((run.warnings.len(), run.stats.skipped, run.stats.at_least), (0, 0, false));
    assert_eq!((stored.run.bandwidth.as_deref(), stored.run.guard_report.is_some()), (Some("10M"), true));
    assert_eq!(runs::events(&mut tx, &id).await.expect("events").len(), 1);
    let warned = end(RunState::Warning, Timestamp(5));
    assert!(runs::finish(&mut tx, &id, stored.fence, &warned).await.expect("finish").is_some());
    let run = runs::get(&mut tx, &id).await.expect("get").expect("there").run.summary;
    assert_eq!((run.state, run.warnings), (RunState::Warning, warned.warnings));
    let week = runs::week(&mut tx, Timestamp(0)).await.expect("week");
    assert_eq!((week.runs, week.failed, week.warnings), (1, 0, 1), "the trigger counts it");
    let paths: i64 = sqlx::query_scalar("SELECT count(*) FROM run_paths").fetch_one(&mut *tx).await.expect("count");
    assert_eq!(paths, 0, "its locks were kept, and are gone with its end");
    tx.commit().await.expect("commit");
    store.close().await;
}

#[tokio::test]
async fn a_run_and_a_token_of_the_fourth_schema_have_no_permission_that_nobody_gave() {
    let dir = tempfile::tempdir().expect("a folder");
    let path = dir.path().join("longshore.db");
    let folder = tempfile::tempdir().expect("a folder");
    for name in ["0001_init.sql", "0002_jobs_and_guards.sql", "0003_warnings.sql", "0004_guard_baselines.sql"] {
        let migration = Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations").join(name);
        fs::copy(&migration, folder.path().join(name)).expect("copied");
    }
    fs::write(&path, b"").expect("made");
    let pool = SqlitePool::connect(&format!("sqlite://{}", path.display())).await.expect("opened");
    Migrator::new(folder.path()).await.expect("migrations").run(&pool).await.expect("migrated");
    for sql in [
        "INSERT INTO users (id, name, name_key, role, password_hash, created_at)
         VALUES ('01JD3Z6N9V4M2K8Q7W5X1T0R3S', 'ole', 'ole', 'operator', 'x', 1)",
        "INSERT INTO tokens (id, user_id, hash, label, role, created_at, expires_at)
         VALUES ('01JD3Z6N9V4M2K8Q7W5X00000T', '01JD3Z6N9V4M2K8Q7W5X1T0R3S', 'h', 'nightly', 'operator', 1, 99)",
        "INSERT INTO routes (id, search_text, runs, first_id, last_id) VALUES ('r', '/a', 1, '01JD3Z6N9V4M2K8Q7W5X000001', '01JD3Z6N9V4M2K8Q7W5X000001')",
        "INSERT INTO runs (id, operation, source, route_id, options, dry_run, state, rank, not_before, user_id, user_name, via, created_at)
         VALUES ('01JD3Z6N9V4M2K8Q7W5X000001', 'delete', '/a', 'r', '{}', 0, 'queued', 1, 1, '01JD3Z6N9V4M2K8Q7W5X1T0R3S', 'ole', 'token', 1)",
    ] {
        sqlx::query(sql).execute(&pool).await.expect(sql);
    }
    pool.close().await;

    let store = Store::open(&path).await.expect("opened");
    let mut tx = store.begin().await.expect("begin");
    let token = "01JD3Z6N9V4M2K8Q7W5X00000T".parse().expect("an id");
    let token = tokens::standing(&mut tx, &token).await.expect("read").expect("there");
    assert_eq!((token.label.as_str(), token.revoked, token.may_delete), ("nightly", false, 0));
    let limits = runs::Limits { global: 4, per_remote: 4 };
    let claimed = runs::claim(&mut tx, Timestamp(2), limits).await.expect("claim").expect("it waits");
    assert_eq!((claimed.guarded, claimed.confirmed), (true, false), "it is counted first");
    let origin = runs::origin(&mut tx, &claimed.id).await.expect("read").expect("there");
    assert_eq!(origin.token_id, None, "nobody noted with which it was asked for");
    tx.commit().await.expect("commit");
    store.close().await;
}
