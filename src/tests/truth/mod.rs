//! A run says what it did, all of it, and nothing more: what it compared, what failed and was not seen to succeed, how
//! many files and bytes lie there now, and that it saw nothing.

mod compared;
mod counted;
mod field;
mod figures;
mod nothing;
mod proxy;
mod retries;
mod unlisted;

use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::support::{Console, Peer};

/// Makes a remote of a peer.
async fn remote(console: &Console, name: &str, kind: &str, config: Value) {
    let body = json!({ "name": name, "provider": kind, "config": config });
    console.post("/api/v1/remotes", &body, StatusCode::CREATED).await;
}

/// Makes a remote of one of rclone's own servers.
async fn peer(console: &Console, name: &str, kind: &str) -> Peer {
    let peer = Peer::start(kind).await;
    let mut config = peer.config(kind);
    if kind == "webdav" {
        config["vendor"] = json!("other");
    }
    remote(console, name, kind, config).await;
    peer
}

/// Runs it to its end.
async fn run(console: &Console, operation: &str, source: &str, destination: &str, options: Value) -> Value {
    let mut body = json!({ "operation": operation, "source": source, "options": options });
    if operation != "delete" {
        body["destination"] = json!(destination);
    }
    if matches!(operation, "delete" | "move") {
        body["confirm"] = body.get("destination").unwrap_or(&body["source"]).clone();
    }
    let started = console.post("/api/v1/runs", &body, StatusCode::ACCEPTED).await;
    console.ended(started["id"].as_str().expect("an id")).await
}

/// The files of this outcome, by name.
async fn files(console: &Console, run: &Value, outcome: &str) -> Vec<String> {
    let id = run["id"].as_str().expect("an id");
    let page = console.get(&format!("/api/v1/runs/{id}/files?outcome={outcome}&limit=500"), StatusCode::OK).await;
    assert_eq!(page["log_truncated"], false, "no line of its log is lost: {page}");
    let mut names: Vec<_> = page["files"]
        .as_array()
        .expect("files")
        .iter()
        .map(|file| file["name"].as_str().unwrap_or("").to_owned())
        .collect();
    names.sort_unstable();
    names
}

/// The kinds of the warnings of a run, and the first in words.
fn warnings(run: &Value) -> (Vec<&str>, &str) {
    let all = run["warnings"].as_array().map(Vec::as_slice).unwrap_or_default();
    let kinds = all.iter().map(|warning| warning["kind"].as_str().expect("a kind")).collect();
    (kinds, all.first().map_or("", |warning| warning["message"].as_str().expect("words")))
}
