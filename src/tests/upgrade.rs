//! A data directory of an older program: its database is changed whole or not at all, wherever the program is killed,
//! and its running transfers are found again. And a database that is damaged or lost.

use std::{fs, path::Path, process::Stdio};

use reqwest::StatusCode;
use serde_json::{Value, json};
use sqlx::{SqlitePool, migrate::Migrator};

use super::support::{Console, longshore, rclone_path, run_longshore, until, write};

const RUNS: i64 = 20_000;

/// How often it is killed: so often, or as often as `LONGSHORE_CASES` says.
fn cases(usual: u32) -> u32 {
    std::env::var("LONGSHORE_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(usual)
}

async fn open(path: &Path) -> SqlitePool {
    SqlitePool::connect(&format!("sqlite://{}", path.display())).await.expect("opened")
}

/// How the copy that is made before the schema is changed ends: with the newest schema's number.
fn before_ends() -> String {
    let migrations = fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations")).expect("the migrations");
    format!(".before-{}", migrations.count())
}

/// Makes a database of the first schema with many runs.
async fn first_schema(path: &Path) {
    let folder = tempfile::tempdir().expect("a folder");
    let first = Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations/0001_init.sql");
    fs::copy(&first, folder.path().join("0001_init.sql")).expect("copied");
    fs::write(path, b"").expect("made");
    let pool = open(path).await;
    Migrator::new(folder.path()).await.expect("a migration").run(&pool).await.expect("migrated");
    let insert = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < $1)
         INSERT INTO runs (id, operation, source, destination, search_text, options, state, not_before, user_id, user_name, via, created_at, ended_at)
         SELECT printf('01JD3Z6N9V4M2K8Q7W5X%06d', i), 'copy', '/srv/' || (i % 100), 'b2:photos', '/srv/' || (i % 100) || char(10) || 'b2:photos', '{}',
                'failed', 1, '01JD3Z6N9V4M2K8Q7W5X1T0R3S', 'ole', 'session', 1, 2 FROM n";
    sqlx::query(insert).bind(RUNS).execute(&pool).await.expect("filled");
    pool.close().await;
}

/// The schema, after it was made sure that all of it is of that schema and that nothing is lost.
async fn whole(path: &Path) -> i64 {
    let pool = open(path).await;
    let text = async |sql: &'static str| sqlx::query_scalar::<_, String>(sql).fetch_one(&pool).await.expect("text");
    let number = async |sql: &'static str| sqlx::query_scalar::<_, i64>(sql).fetch_one(&pool).await.expect("a number");
    assert_eq!(text("PRAGMA integrity_check").await, "ok");
    let version = number("SELECT max(version) FROM _sqlx_migrations").await;
    let events = number("SELECT count(*) FROM sqlite_master WHERE name = 'run_events'").await;
    assert_eq!(
        number("SELECT count(*) FROM sqlite_master WHERE name IN ('old_runs', 'old_run_paths', 'old_run_events')")
            .await,
        0,
        "half of a change"
    );
    assert_eq!((version >= 2, number("SELECT count(*) FROM runs").await), (events == 1, RUNS));
    pool.close().await;
    version
}

#[tokio::test]
async fn a_program_that_is_killed_while_it_changes_the_schema_leaves_the_old_one_or_the_new_one() {
    let made = tempfile::tempdir().expect("a folder");
    let old = made.path().join("old.db");
    first_schema(&old).await;
    let size = fs::metadata(&old).expect("made").len();
    let (before, mut old_ones, mut new_ones) = (before_ends(), 0, 0);
    for n in 0..u64::from(cases(6)) {
        let dir = tempfile::tempdir().expect("a folder");
        let path = dir.path().join("longshore.db");
        fs::copy(&old, &path).expect("copied");
        let mut command = longshore(dir.path(), &["serve", "--listen", "127.0.0.1:0"]);
        command.arg("--rclone").arg(rclone_path());
        let mut child =
            command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("starts");
        // From the first byte of the copy to the last of what is changed: further each time.
        let at = n * size * 4 / u64::from(cases(6));
        let written =
            |end: &str| fs::metadata(dir.path().join(format!("longshore.db{end}"))).map_or(0, |file| file.len());
        until("so much is written", async || {
            let so_much = written(".copy").max(written(&before)) + written("-wal") >= at;
            // A console without people writes its setup code when all is done.
            (so_much || dir.path().join("setup-code").exists()).then_some(())
        })
        .await;
        assert!(child.try_wait().expect("asked").is_none(), "it ended by itself");
        child.kill().expect("killed");
        child.wait().expect("gone");
        let found = whole(&path).await;
        if found == 1 {
            old_ones += 1;
        } else {
            new_ones += 1;
        }
        // The next start does the rest, and what it copied before is whole.
        let made = run_longshore(dir.path(), &["admin", "create", "ole"], "correct horse battery\n");
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        assert!(whole(&path).await >= 2);
        // Killed between two changes, it is of the schema between them.
        let copied = whole(&dir.path().join(format!("longshore.db{before}"))).await;
        assert!([1, found].contains(&copied), "{copied}: {found} was found");
        assert!(!dir.path().join("longshore.db.copy").exists());
    }
    assert!(old_ones > 0 && new_ones > 0, "{old_ones} times the old one, {new_ones} times the new one");
}

fn refused(console: &Console) -> String {
    let output = run_longshore(&console.data(), &["serve", "--listen", "127.0.0.1:0"], "");
    let text = String::from_utf8(output.stderr).expect("text");
    assert!(!output.status.success() && !text.contains("panicked"), "{text}");
    text
}

#[tokio::test]
async fn a_damaged_database_keeps_the_console_from_starting_and_says_what_to_do() {
    let mut console = Console::start();
    console.kill();
    let path = console.data().join("longshore.db");
    let pool = open(&path).await;
    sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)").execute(&pool).await.expect("folded");
    pool.close().await;
    let mut bytes = fs::read(&path).expect("read");
    bytes[8192..].fill(0xff);
    fs::write(&path, &bytes).expect("written");
    let text = refused(&console);
    assert!(text.contains("longshore.db") && text.contains("damaged") && text.contains("restore a backup"), "{text}");
    assert!(!text.contains("Setup code"), "{text}");
    assert_eq!(fs::read(&path).expect("read"), bytes, "it is left as it is");
}

#[tokio::test]
async fn a_database_that_was_lost_is_not_replaced_by_an_empty_one() {
    let mut console = Console::start();
    write(&console.root(), "photos/a", b"a");
    let id = console.copy(&console.path("photos"), &console.path("copy"), serde_json::json!({})).await;
    console.ended(&id).await;
    console.kill();
    for end in ["-wal", "-shm"] {
        let _ = fs::remove_file(console.data().join(format!("longshore.db{end}")));
    }
    fs::write(console.data().join("longshore.db"), b"").expect("emptied");
    for _ in 0..2 {
        let text = refused(&console);
        assert!(text.contains("longshore.db") && text.contains("restore a backup"), "{text}");
        // The same when the file itself is gone.
        let _ = fs::remove_file(console.data().join("longshore.db"));
    }
    let made = run_longshore(&console.data(), &["admin", "create", "eva"], "correct horse battery\n");
    assert!(
        !made.status.success() && !console.data().join("longshore.db").exists(),
        "the command line makes none either"
    );
}

/// Writes the `run.json` of a run as programs wrote it that put what the run does into its arguments alone.
fn write_older_spec(console: &Console, id: &str) {
    let path = console.data().join("runs").join(format!("{id}.1/run.json"));
    let mut spec: Value = serde_json::from_slice(&fs::read(&path).expect("read")).expect("JSON");
    let fields = spec.as_object_mut().expect("an object");
    for added in ["operation", "backup", "workdir"] {
        assert!(fields.remove(added).is_some(), "{added}");
    }
    fs::write(&path, serde_json::to_vec(&spec).expect("JSON")).expect("written");
}

#[tokio::test]
async fn a_transfer_that_an_older_program_started_is_found_again_and_read_to_its_end() {
    let mut console = Console::start();
    let root = console.root();
    let names: Vec<_> = (0..6).map(|n| format!("file{n}")).collect();
    let cases = [
        ("copy", json!({})),
        ("sync", json!({ "backup_dir": console.path("sync-kept") })),
        ("bisync", json!({ "flags": { "resync": true } })),
    ];
    let mut ids = Vec::new();
    for (operation, options) in &cases {
        for name in &names {
            write(&root, &format!("{operation}/{name}"), &vec![b'x'; 256 << 10]);
        }
        fs::create_dir_all(root.join(format!("{operation}-to"))).expect("a folder");
        if *operation == "sync" {
            write(&root, "sync-to/old", b"goes to the backup folder");
        }
        let mut options = options.clone();
        options["bwlimit"] = json!("128k");
        options["transfers"] = json!(1);
        let body = json!({
            "operation": operation, "options": options,
            "source": console.path(operation), "destination": console.path(&format!("{operation}-to")),
        });
        let run = console.post("/api/v1/runs", &body, StatusCode::ACCEPTED).await;
        ids.push(run["id"].as_str().expect("an id").to_owned());
    }
    for id in &ids {
        console
            .run_until(id, "bytes move", |run| run["state"] == "running" && run["stats"]["bytes"].as_u64() > Some(0))
            .await;
    }
    console.kill();
    let before: Vec<_> = ids.iter().map(|id| console.processes(id)).collect();
    assert!(before.iter().all(|processes| processes.len() == 2), "a shim and an rclone each: {before:?}");
    ids.iter().for_each(|id| write_older_spec(&console, id));
    console.restart();
    for (id, before) in ids.iter().zip(before) {
        assert_eq!(console.processes(id), before, "the same processes work on");
        let address = format!("/api/v1/runs/{id}/bandwidth");
        console.post(&address, &json!({ "rate": "off" }), StatusCode::OK).await;
    }
    for (id, (operation, _)) in ids.iter().zip(&cases) {
        let run = console.ended(id).await;
        assert_eq!((&run["state"], &run["attempt"]), (&json!("succeeded"), &json!(1)), "{operation}: {run}");
        let events = run["events"].as_array().expect("events");
        assert!(events.iter().any(|event| event["kind"] == "found_again"), "{operation}: {events:?}");
        let files = console.get(&format!("/api/v1/runs/{id}/files?outcome=copied"), StatusCode::OK).await;
        let mut told: Vec<_> = files["files"].as_array().expect("files").iter().map(|file| &file["name"]).collect();
        told.sort_by_key(|name| name.as_str());
        assert_eq!(told, names.iter().collect::<Vec<_>>(), "{operation}: {files}");
        for name in &names {
            let copy = fs::read(root.join(format!("{operation}-to/{name}"))).expect("copied");
            assert_eq!(copy.len(), 256 << 10, "{operation}/{name}");
        }
    }
    assert_eq!(fs::read(root.join("sync-kept/old")).expect("kept"), b"goes to the backup folder");
    let kept = console.get(&format!("/api/v1/runs/{}/files?outcome=deleted", ids[1]), StatusCode::OK).await;
    assert_eq!(kept["files"][0]["name"], "old", "{kept}");
}
