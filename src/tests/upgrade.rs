//! A database of an older program: changed whole or not at all, wherever the program is killed; and one that is damaged
//! or lost.

use std::{fs, path::Path, process::Stdio};

use sqlx::{SqlitePool, migrate::Migrator};

use super::support::{Console, longshore, rclone_path, run_longshore, until};

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
    super::support::write(&console.root(), "photos/a", b"a");
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
