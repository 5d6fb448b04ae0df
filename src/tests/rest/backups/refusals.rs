//! How they refuse: the status, the code, and words that say what to do. Who may call them at all is in `policy`, and
//! bodies that cannot be read are in `door`.

use std::path::Path;

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::{BASE, ask, begin, call, configure};
use crate::support::{ADMIN, Console, Peer, expect, write};

#[tokio::test]
async fn a_place_that_takes_no_file_is_a_failed_run_that_names_it() {
    let console = Console::start();
    let nas = Peer::start_with("sftp", &["--read-only"]).await;
    configure(&console, "nas", "sftp", nas.config("sftp")).await;
    write(&console.root(), "a/forbidden.txt", b"content");
    let body = json!({ "source": console.path("a"), "destination": "nas:" });
    let error = call(&console, "copy", body, StatusCode::INTERNAL_SERVER_ERROR).await;
    assert_eq!(error["code"], "rclone_failed", "{error}");
    let refused = |words: &Value| words.as_str().expect("words").to_lowercase().contains("read only file system");
    assert!(refused(&error["message"]), "{error}");
    let id = error["run_id"].as_str().expect("an id");
    let run = console.run(id).await;
    assert_eq!((&run["state"], &run["stats"]["files"]), (&json!("failed"), &json!(0)), "{run}");
    assert!(run["exit_code"].as_i64() > Some(0) && refused(&run["error"]), "{run}");
    let files = console.get(&format!("/api/v1/runs/{id}/files?outcome=failed"), StatusCode::OK).await;
    assert!(files["files"][0]["name"] == "forbidden.txt" && refused(&files["files"][0]["error"]), "{files}");
}

#[tokio::test]
async fn a_remote_that_nobody_configured_is_not_found() {
    let console = Console::start();
    for (operation, body) in [
        ("sync", json!({ "source": "nosuch:a", "destination": console.path("b") })),
        ("copy", json!({ "source": console.path("a"), "destination": "nosuch:b" })),
        ("move", json!({ "source": "nosuch:a", "destination": console.path("b") })),
        ("delete", json!({ "remote_path": "nosuch:a" })),
        ("mount", json!({ "remote_path": "nosuch:a", "mount_point": console.path("m") })),
        ("check?remote_name=nosuch", json!({})),
    ] {
        let error = call(&console, operation, body, StatusCode::NOT_FOUND).await;
        assert_eq!(error["code"], "not_found", "{operation}: {error}");
        assert!(error["message"].as_str().expect("words").contains("remote"), "{operation}: {error}");
    }
    for operation in ["list", "size"] {
        let error = ask(&console, operation, &[("remote_path", "nosuch:a")], StatusCode::NOT_FOUND).await;
        assert!(error["message"].as_str().expect("words").contains("nosuch"), "{operation}: {error}");
    }
    assert_eq!(console.get("/api/v1/runs", StatusCode::OK).await["runs"], json!([]), "nothing was queued");
}

#[tokio::test]
async fn who_waits_for_a_run_that_somebody_stops_is_told_by_whom() {
    let console = Console::start();
    write(&console.root(), "a/large", &vec![7; 4 << 20]);
    let body = json!({ "source": console.path("a"), "destination": console.path("b"), "bwlimit": "100k" });
    let key = "stopped";
    let waiting = async {
        let request = console.request(Method::POST, &format!("{BASE}/copy")).header("idempotency-key", key).json(&body);
        expect(request.send().await.expect("an answer"), StatusCode::CONFLICT).await
    };
    let stop = async {
        let runs = crate::support::until("it runs", async || {
            let list = console.get("/api/v1/runs?state=running", StatusCode::OK).await;
            Some(list["runs"][0]["id"].clone()).filter(Value::is_string)
        });
        let id = runs.await.as_str().expect("an id").to_owned();
        console.post(&format!("/api/v1/runs/{id}/stop"), &json!({}), StatusCode::ACCEPTED).await;
        id
    };
    let (error, id) = tokio::join!(waiting, stop);
    assert_eq!((&error["code"], &error["run_id"]), (&json!("conflict"), &json!(id)), "{error}");
    assert!(error["message"].as_str().expect("words").contains(ADMIN), "{error}");
}

#[tokio::test]
async fn a_limit_that_runs_out_while_a_run_waits_ends_it_as_well() {
    let console = Console::start();
    write(&console.root(), "a/large", &vec![7; 1 << 20]);
    let slow = |n: usize| json!({ "source": console.path("a"), "destination": console.path(&format!("b{n}")), "bwlimit": "10k" });
    let mut ids = Vec::new();
    for n in 0..8 {
        ids.push(begin(&console, "copy", slow(n)).await);
    }
    let mut body = slow(9);
    body["timeout_secs"] = json!(1);
    let error = call(&console, "copy", body, StatusCode::GATEWAY_TIMEOUT).await;
    assert_eq!(error["code"], "timeout", "{error}");
    let run = console.run(error["run_id"].as_str().expect("an id")).await;
    assert_eq!((&run["state"], &run["started_at"]), (&json!("timed_out"), &Value::Null), "{run}");
}

#[tokio::test]
async fn a_body_that_is_too_large_is_told_the_limit() {
    let console = Console::start();
    let body = json!({ "source": "x".repeat(1 << 20), "destination": console.path("b") });
    for operation in ["configure", "sync", "copy", "move", "delete", "mount", "check?remote_name=x"] {
        let error = call(&console, operation, body.clone(), StatusCode::PAYLOAD_TOO_LARGE).await;
        assert_eq!(error["code"], "too_large", "{operation}: {error}");
        assert!(error["message"].as_str().expect("words").contains("1 MiB"), "{operation}: {error}");
    }
}

#[tokio::test]
async fn without_rclone_each_says_how_to_get_it() {
    let mut console = Console::start();
    configure(&console, "here", "alias", json!({ "remote": console.path("") })).await;
    write(&console.root(), "a/x", b"x");
    console.kill();
    console.restart_with_rclone(Path::new("/nowhere/rclone"));
    let (a, b) = (console.path("a"), console.path("b"));
    let transfer = json!({ "source": a, "destination": b });
    for (operation, body) in [
        ("configure", json!({ "remote_name": "other", "provider": "alias", "config": { "remote": a } })),
        ("sync", transfer.clone()),
        ("copy", transfer.clone()),
        ("move", transfer),
        ("delete", json!({ "remote_path": a })),
        ("mount", json!({ "remote_path": a, "mount_point": console.path("m") })),
        ("check?remote_name=here", json!({})),
    ] {
        let error = call(&console, operation, body, StatusCode::SERVICE_UNAVAILABLE).await;
        says_how(operation, &error);
    }
    for operation in ["list", "size"] {
        for location in [a.as_str(), "here:a"] {
            says_how(
                operation,
                &ask(&console, operation, &[("remote_path", location)], StatusCode::SERVICE_UNAVAILABLE).await,
            );
        }
    }
    says_how("providers", &ask(&console, "providers", &[], StatusCode::SERVICE_UNAVAILABLE).await);
    // What needs no rclone goes on.
    let remotes = ask(&console, "remotes", &[], StatusCode::OK).await;
    assert_eq!(remotes[0]["name"], "here", "{remotes}");
    assert!(console.root().join("a/x").exists());
}

fn says_how(operation: &str, error: &Value) {
    let message = error["message"].as_str().expect("words");
    assert!(error["code"] == "rclone_missing" && message.contains("rclone.org/install"), "{operation}: {error}");
}
