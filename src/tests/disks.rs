//! Disks that are full: that of the database, that of a run's log, that of the destination. What is reported is true,
//! and what comes after heals.

use std::{
    fs::{self, File},
    io::Write as _,
    path::{Path, PathBuf},
    process::Command,
};

use longshore::{
    domain::value::{Rate, Size},
    server::rclone::run::progress,
};
use reqwest::StatusCode;
use serde_json::json;

use super::{
    engine::slow_copy,
    support::{ADMIN, Console, PASSWORD, sign_in, tree, until, write},
};

/// A disk of a fixed size, in memory.
struct Disk {
    at: PathBuf,
}

impl Disk {
    /// Whether this process may mount one; said aloud when it may not.
    fn can_be_had() -> bool {
        let dir = tempfile::tempdir().expect("a folder");
        let there = Self::try_mount(dir.path(), "1m").is_some();
        if !there {
            assert!(
                std::env::var_os("CI").is_none(),
                "a disk of a fixed size cannot be mounted: run the tests as root"
            );
            eprintln!("SKIPPED: a disk of a fixed size cannot be mounted: run the tests as root");
        }
        there
    }

    fn try_mount(at: &Path, size: &str) -> Option<Self> {
        fs::create_dir_all(at).expect("made");
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", &format!("size={size},mode=0700"), "tmpfs"])
            .arg(at)
            .output();
        mounted.is_ok_and(|output| output.status.success()).then(|| Self { at: at.to_owned() })
    }

    fn mount(at: &Path, size: &str) -> Self {
        Self::try_mount(at, size).expect("mounted")
    }

    /// Takes all the room that is left.
    fn fill(&self) {
        let mut ballast = File::options().create(true).append(true).open(self.at.join("ballast")).expect("a file");
        for size in [1 << 20, 4096, 1] {
            while ballast.write_all(&vec![0; size]).is_ok() {}
        }
    }

    /// Takes all the room but this many bytes.
    fn fill_but(&self, bytes: u64) {
        self.fill();
        let ballast = File::options().write(true).open(self.at.join("ballast")).expect("the ballast");
        let taken = ballast.metadata().expect("a size").len();
        ballast.set_len(taken.saturating_sub(bytes)).expect("shortened");
    }

    /// Gives it back.
    fn free(&self) {
        fs::remove_file(self.at.join("ballast")).expect("removed");
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(&self.at).status();
    }
}

/// A console, with a disk of this size at this place of its folder.
fn console_with_disk(at: &str, size: &str) -> Option<(Console, Disk)> {
    if !Disk::can_be_had() {
        return None;
    }
    let mut disk = None;
    let console = Console::start_in(|dir| disk = Some(Disk::mount(&dir.join(at), size)));
    disk.map(|disk| (console, disk))
}

/// So slow that it does not end by itself.
const SLOW: &str = "100k";

/// Lets a slow run go on at full speed, without the console.
async fn unleash(console: &Console, id: &str) {
    let dir = console.data().join("runs").join(format!("{id}.1"));
    progress::set_bandwidth(&dir, Rate { up: Size::OFF, down: Size::OFF }).await.expect("rclone heard it");
}

fn copy_of(console: &Console, name: &str) -> serde_json::Value {
    json!({ "source": console.path(name), "destination": console.path(&format!("{name}-copy")) })
}

#[tokio::test]
async fn a_full_disk_of_the_database_refuses_new_runs_shows_the_old_ones_and_heals() {
    let Some((mut console, disk)) = console_with_disk("data", "32m") else { return };
    let (short, long) = (slow_copy(&console, "short", SLOW).await, slow_copy(&console, "long", SLOW).await);
    disk.fill();
    let refused = until("a new run is refused", async || {
        let answer = console
            .request(reqwest::Method::POST, "/api/v1/runs")
            .json(&copy_of(&console, "more"))
            .send()
            .await
            .expect("an answer");
        (answer.status() != StatusCode::ACCEPTED).then_some(answer)
    })
    .await;
    assert_eq!(refused.status(), StatusCode::INSUFFICIENT_STORAGE);
    let error: serde_json::Value = refused.json().await.expect("JSON");
    assert_eq!(error["code"], "storage_full", "{error}");
    console.get("/api/v1/runs", StatusCode::OK).await;

    // One ends while nothing can be written: no success is reported that is not written.
    unleash(&console, &short).await;
    until("its processes are gone", async || console.processes(&short).is_empty().then_some(())).await;
    let run = console.run(&short).await;
    assert!(run["ended_at"].is_null(), "{run}");

    disk.free();
    let run = console.ended(&short).await;
    assert_eq!(
        (&run["state"], &run["exit_code"]),
        (&json!("failed"), &json!(0)),
        "its log could not say that it was a success: {run}"
    );
    assert!(run["error"].as_str().expect("words").contains("disk that holds its log was full"), "{run}");
    unleash(&console, &long).await;
    assert_eq!(console.ended(&long).await["state"], "succeeded", "it went on, and its log says so");
    let again = console.copy(&console.path("short"), &console.path("short-copy"), json!({})).await;
    assert_eq!(console.ended(&again).await["state"], "no_change", "all of it was there");
    assert_eq!(tree(&console.root().join("short")), tree(&console.root().join("short-copy")));

    console.kill();
    assert!(!console.said().contains("panicked"), "{}", console.said());
    let pool = sqlx::SqlitePool::connect(&format!("sqlite://{}", console.data().join("longshore.db").display()))
        .await
        .expect("opened");
    assert_eq!(
        sqlx::query_scalar::<_, String>("PRAGMA integrity_check").fetch_one(&pool).await.expect("checked"),
        "ok"
    );
    pool.close().await;
}

/// Signing in writes the account, the audit log and the session: however much room there is, all of it is written or
/// nothing, and the answer says so.
#[tokio::test]
async fn a_sign_in_for_which_the_disk_has_too_little_room_begins_no_session_and_says_why() {
    let Some((console, disk)) = console_with_disk("data", "32m") else { return };
    sign_in(&console).await;
    let mut refused = 0;
    for pages in 0..32u64 {
        disk.fill_but(pages * 4096);
        let request = console.anonymous(reqwest::Method::POST, "/api/fn/sessions/create");
        let form = [("username", ADMIN), ("password", PASSWORD)];
        let request = request.header("origin", console.origin()).header("accept", "application/json").form(&form);
        let answer = request.send().await.expect("an answer");
        let (status, cookie) = (answer.status(), answer.headers().contains_key("set-cookie"));
        let words = answer.text().await.expect("text");
        if status == StatusCode::INSUFFICIENT_STORAGE {
            refused += 1;
            assert!(!cookie && words.contains("Make room, and try again"), "{pages} pages: {words}");
        } else {
            assert!(status.is_success() && cookie, "{pages} pages: {status} {words}");
        }
        disk.free();
        // Also gives the tries at the password back.
        sign_in(&console).await;
    }
    assert!((1..32).contains(&refused), "some had room and some had not: {refused}");
}

#[tokio::test]
async fn a_run_whose_log_has_no_room_tells_how_far_it_is_and_is_no_success_without_proof() {
    let Some((mut console, disk)) = console_with_disk("data/runs", "4m") else { return };
    let id = slow_copy(&console, "photos", SLOW).await;
    disk.fill();
    let silent = console.run(&id).await["stats"]["bytes"].as_u64().expect("bytes");
    // Its log says nothing more: this is rclone itself.
    let more = |run: &serde_json::Value| run["stats"]["bytes"].as_u64() > Some(silent + 400_000);
    console.run_until(&id, "figures that are not in the log", more).await;

    let refused = console.copy(&console.path("photos"), &console.path("other"), json!({})).await;
    let refused = console.ended(&refused).await;
    assert_eq!(refused["state"], "failed", "{refused}");
    assert!(
        refused["error"].as_str().expect("words").contains("disk is full")
            || refused["error"].as_str().expect("words").contains("space"),
        "{refused}"
    );

    unleash(&console, &id).await;
    let run = console.ended(&id).await;
    assert_eq!((&run["state"], &run["exit_code"]), (&json!("failed"), &json!(0)), "{run}");
    assert!(run["error"].as_str().expect("words").contains("disk that holds its log was full"), "{run}");
    assert!(run["stats"]["bytes"].as_u64() > Some(silent), "the newest figures are kept: {run}");

    disk.free();
    let again = console.copy(&console.path("photos"), &console.path("photos-copy"), json!({})).await;
    assert_eq!(console.ended(&again).await["state"], "no_change");
    assert_eq!(tree(&console.root().join("photos")), tree(&console.root().join("photos-copy")));

    let dir = console.data().join("runs").join(format!("{id}.1"));
    assert!(dir.join("log.jsonl").exists(), "there was no room to conclude it");
    console.terminate();
    console.restart();
    until("the log is concluded", async || (!dir.join("log.jsonl").exists()).then_some(())).await;
    assert!(dir.join("report/report.json").exists());
    assert!(!console.said().contains("panicked"));
}

#[tokio::test]
async fn a_log_that_has_room_again_proves_a_success() {
    let Some((console, disk)) = console_with_disk("data/runs", "4m") else { return };
    let id = slow_copy(&console, "photos", SLOW).await;
    disk.fill();
    let silent = console.run(&id).await["stats"]["bytes"].as_u64().expect("bytes");
    console.run_until(&id, "figures", |run| run["stats"]["bytes"].as_u64() > Some(silent + 300_000)).await;
    disk.free();
    let log = console.data().join("runs").join(format!("{id}.1/log.jsonl"));
    let length = fs::metadata(&log).expect("a log").len();
    until("the log goes on", async || (fs::metadata(&log).expect("a log").len() > length + 1000).then_some(())).await;
    unleash(&console, &id).await;
    let run = console.ended(&id).await;
    assert_eq!(
        (&run["state"], &run["stats"]["files"], &run["stats"]["bytes"]),
        (&json!("succeeded"), &json!(8), &json!(8 << 20)),
        "{run}"
    );
}

#[tokio::test]
async fn a_full_destination_is_a_failure_in_rclones_words_and_the_next_run_heals_it() {
    let Some((console, disk)) = console_with_disk("root/disk", "16m") else { return };
    for part in 0..8u8 {
        write(&console.root(), &format!("photos/part{part}"), &vec![part; 1 << 20]);
    }
    disk.fill();
    let copy = async || {
        console.ended(&console.copy(&console.path("photos"), &console.path("disk/photos"), json!({})).await).await
    };
    let run = copy().await;
    assert_eq!(run["state"], "failed", "{run}");
    assert!(run["error"].as_str().expect("words").contains("The disk is full"), "{run}");
    assert!(
        tree(&console.root().join("disk/photos")).values().all(|content| content.len() == 1 << 20),
        "no half of a file under its name"
    );
    disk.free();
    let run = copy().await;
    assert_eq!(run["state"], "succeeded", "{run}");
    assert_eq!(tree(&console.root().join("photos")), tree(&console.root().join("disk/photos")));
}
