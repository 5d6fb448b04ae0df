//! Hostile name × operation × provider: one table. The files on the disks are the judge: a file is there under the same
//! name, byte for byte, or the run names it as failed; nothing is lost in silence, renamed, or touched instead of
//! another. `docs/reliability.md` tells how to run all.

mod faults;
mod inside;
mod names;
mod places;

use std::{
    collections::{BTreeMap, BTreeSet},
    ffi::OsString,
    fs,
    os::unix::ffi::{OsStrExt as _, OsStringExt as _},
    path::Path,
    process::{Command, Stdio},
};

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::support::{Console, Kind, Provider, rclone_path};

/// Files by their names.
type Files = BTreeMap<OsString, Vec<u8>>;

/// Whether the whole table is tried.
fn whole() -> bool {
    std::env::var_os("LONGSHORE_SUITE_NAMES").is_some()
}

/// The files that lie in a folder of this machine.
fn lying(dir: &Path) -> Files {
    let entries = fs::read_dir(dir).into_iter().flatten().map(|entry| entry.expect("an entry"));
    let files = entries.filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_file()));
    files.map(|entry| (entry.file_name(), fs::read(entry.path()).expect("a file"))).collect()
}

/// A name as people read it in a failure.
fn seen(name: &OsString) -> String {
    name.as_bytes().escape_ascii().to_string()
}

/// The plain rclone, without the console, on the console's remotes: the other judge.
fn plain(console: &Console, args: &[&str]) -> std::process::Output {
    let mut command = Command::new(rclone_path());
    command.arg("--config").arg(console.data().join("rclone.conf")).args([
        "--retries",
        "1",
        "--low-level-retries",
        "2",
    ]);
    command.args(args).stdin(Stdio::null()).output().expect("rclone")
}

/// The files of a place as the plain rclone brings them home; what it cannot bring is not there.
fn fetched(console: &Console, location: &str) -> Files {
    let dir = tempfile::tempdir().expect("a folder");
    plain(console, &["copy", "--max-depth", "1", location, dir.path().to_str().expect("text")]);
    lying(dir.path())
}

/// How rclone spells each name of a local folder, found by its size.
fn spelled(console: &Console, dir: &Path) -> BTreeMap<OsString, String> {
    let output = plain(console, &["lsjson", "--files-only", "--", dir.to_str().expect("text")]);
    let entries: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let by_size: BTreeMap<u64, &str> = entries.as_array().expect("entries").iter().map(entry).collect();
    lying(dir).into_iter().map(|(name, content)| (name, by_size[&(content.len() as u64)].to_owned())).collect()
}

fn entry(entry: &Value) -> (u64, &str) {
    (entry["Size"].as_u64().expect("a size"), entry["Name"].as_str().expect("a name"))
}

/// Starts a run, and waits until it has ended.
async fn run(console: &Console, operation: &str, source: &str, destination: &str) -> Value {
    // What fails once fails again here; a check is not tried again at all.
    let options =
        if operation == "check" { json!({}) } else { json!({ "flags": { "retries": 1, "low_level_retries": 2 } }) };
    let mut body = json!({ "operation": operation, "source": source, "destination": destination, "options": options });
    if operation == "move" {
        body["confirm"] = json!(destination);
    }
    let run = console.post("/api/v1/runs", &body, StatusCode::ACCEPTED).await;
    console.ended(run["id"].as_str().expect("an id")).await
}

/// The files that a run names as not done.
async fn named(console: &Console, run: &Value) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for outcome in ["failed", "skipped"] {
        let path = format!("/api/v1/runs/{}/files?outcome={outcome}&limit=500", run["id"].as_str().expect("an id"));
        let files = console.get(&path, StatusCode::OK).await;
        names.extend(
            files["files"].as_array().expect("files").iter().filter_map(|file| Some(file["name"].as_str()?.to_owned())),
        );
    }
    names
}

/// What one call of the contract answers.
async fn ask(console: &Console, call: &str, query: &[(&str, &str)]) -> (StatusCode, Value) {
    let request = console.request(Method::GET, &format!("/api/v1/backups/rclone/{call}")).query(query);
    let answer = request.send().await.expect("an answer");
    (answer.status(), answer.json().await.expect("JSON"))
}
