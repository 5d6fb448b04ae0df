//! Runs by REST: real data moved, and history that agrees with it.

use std::fs;

use longshore::domain::time::Timestamp;
use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::support::{Console, S3, tree, write};

#[tokio::test]
async fn what_goes_to_s3_and_back_is_the_same_and_history_says_so() {
    let (mut console, s3) = (Console::start(), S3::start());
    console.post("/api/v1/remotes", &s3.remote("store"), StatusCode::CREATED).await;
    let mut bytes = 0;
    for n in 0..200usize {
        let content: Vec<u8> = (0..n * 97).map(|i| (i * 31 + n) as u8).collect();
        bytes += content.len();
        write(&console.root(), &format!("out/dir{}/file {n} é.bin", n % 7), &content);
    }
    let there = console.copy(&console.path("out"), "store:bucket/out", json!({ "transfers": 8 })).await;
    let run = console.ended(&there).await;
    assert_eq!(run["state"], "succeeded", "{run}");
    let back = console.copy("store:bucket/out", &console.path("back"), json!({ "checksum": true })).await;
    assert_eq!(console.ended(&back).await["state"], "succeeded");
    assert!(tree(&console.root().join("out")) == tree(&console.root().join("back")), "the trees differ");

    for stats in [&run["stats"], &console.run(&back).await["stats"]] {
        assert_eq!((&stats["files"], &stats["errors"]), (&json!(200), &json!(0)), "{stats}");
        // A part that rclone had to send twice counts twice.
        assert!(stats["bytes"].as_u64() >= Some(bytes as u64), "{stats}");
    }
    let files =
        console.get(&format!("/api/v1/runs/{there}/files?outcome=copied&search=dir3&limit=5"), StatusCode::OK).await;
    assert_eq!(
        (&files["counts"]["copied"], &files["counts"]["updated"], &files["counts"]["failed"]),
        (&json!(200), &json!(0), &json!(0))
    );
    assert_eq!((&files["matched"], files["files"].as_array().map(Vec::len)), (&json!(29), Some(5)), "{files}");
    let log = console.get(&format!("/api/v1/runs/{there}/log"), StatusCode::OK).await;
    assert!(
        log["lines"]
            .as_array()
            .expect("lines")
            .iter()
            .any(|line| line["message"].as_str().is_some_and(|m| m.starts_with("Copied")))
    );

    console.kill();
    console.restart();
    let list = console.get("/api/v1/runs", StatusCode::OK).await;
    let ids: Vec<_> =
        list["runs"].as_array().expect("runs").iter().map(|run| run["id"].as_str().expect("an id")).collect();
    assert_eq!(ids, [back.as_str(), there.as_str()], "newest first, and there after a restart");
    let again = console.run(&there).await;
    assert_eq!((&again["stats"], &again["ended_at"]), (&run["stats"], &run["ended_at"]));
}

#[tokio::test]
async fn a_second_copy_updates_what_changed_and_no_more() {
    let console = Console::start();
    write(&console.root(), "a/same", b"same");
    write(&console.root(), "a/changed", b"before");
    let first = console.copy(&console.path("a"), &console.path("b"), json!({})).await;
    assert_eq!(console.ended(&first).await["stats"]["files"], 2);
    write(&console.root(), "a/changed", b"after, and longer");
    write(&console.root(), "a/skipped.tmp", b"x");
    let second = console.copy(&console.path("a"), &console.path("b"), json!({ "exclude": ["*.tmp"] })).await;
    let run = console.ended(&second).await;
    assert_eq!((&run["state"], &run["stats"]["files"]), (&json!("succeeded"), &json!(1)), "{run}");
    let files = console.get(&format!("/api/v1/runs/{second}/files?outcome=updated"), StatusCode::OK).await;
    assert_eq!(files["files"][0]["name"], "changed");
    assert!(!console.root().join("b/skipped.tmp").exists());
}

#[tokio::test]
async fn a_file_that_can_not_be_written_makes_the_run_fail_and_is_named() {
    let console = Console::start();
    write(&console.root(), "a/blocked", b"content");
    write(&console.root(), "a/fine", b"content");
    fs::create_dir_all(console.root().join("b/blocked/child")).expect("a folder in the way");
    let id = console.copy(&console.path("a"), &console.path("b"), json!({})).await;
    let run = console.ended(&id).await;
    assert_eq!(run["state"], "failed", "{run}");
    assert!(run["stats"]["errors"].as_u64() > Some(0), "{run}");
    assert!(!run["error"].as_str().expect("a reason").is_empty());
    // Of three attempts by rclone, and of no second rclone.
    let at = |field: &str| Timestamp::parse(run[field].as_str().expect("a time")).expect("RFC 3339");
    let (took, worked) =
        (at("ended_at").millis_since(at("started_at")), run["stats"]["elapsed_ms"].as_u64().expect("a time"));
    assert!(took < worked + 10_000, "rclone worked {worked} ms of {took}: {run}");
    let files = console.get(&format!("/api/v1/runs/{id}/files?outcome=failed"), StatusCode::OK).await;
    let named = files["files"]
        .as_array()
        .expect("files")
        .iter()
        .any(|file| file["name"].as_str().is_some_and(|n| n.contains("blocked")));
    assert!(named, "{files}");
    assert!(console.root().join("b/fine").exists());
}

#[tokio::test]
async fn what_is_asked_for_badly_is_refused_by_field() {
    let console = Console::start();
    fs::create_dir_all(console.root().join("a/b")).expect("folders");
    let (a, b) = (console.path("a"), console.path("b"));
    for (source, destination, options, field) in [
        ("", b.as_str(), json!({}), "source"),
        (a.as_str(), "", json!({}), "destination"),
        (":local:/etc", &b, json!({}), "source"),
        ("--config=/etc/passwd", &b, json!({}), "source"),
        (&a, &format!("{a}/b"), json!({}), "destination"),
        (&a, &a, json!({}), "destination"),
        (&a, &b, json!({ "bwlimit": "10X" }), "bwlimit"),
        (&a, &b, json!({ "bwlimit": "--config" }), "bwlimit"),
        (&a, &b, json!({ "transfers": 0 }), "transfers"),
        (&a, &b, json!({ "checkers": 100_000 }), "checkers"),
        (&a, &b, json!({ "exclude": [""] }), "exclude"),
    ] {
        let body = json!({ "source": source, "destination": destination, "options": options });
        let error = console.post("/api/v1/runs", &body, StatusCode::BAD_REQUEST).await;
        assert!(error["fields"][field].is_string(), "{field}: {error}");
    }
    let unknown = json!({ "source": a, "destination": b, "options": { "password_command": "id" } });
    console.post("/api/v1/runs", &unknown, StatusCode::BAD_REQUEST).await;
    let outside = json!({ "source": "/etc", "destination": b });
    console.post("/api/v1/runs", &outside, StatusCode::FORBIDDEN).await;
    let nowhere = json!({ "source": "nosuch:x", "destination": b });
    console.post("/api/v1/runs", &nowhere, StatusCode::NOT_FOUND).await;
    assert_eq!(console.get("/api/v1/runs", StatusCode::OK).await["runs"], json!([]), "nothing was queued");
}

#[tokio::test]
async fn a_source_that_does_not_exist_blocks_a_run_in_words() {
    let console = Console::start();
    let id = console.copy(&console.path("nosuch"), &console.path("b"), json!({})).await;
    let run = console.ended(&id).await;
    assert_eq!((&run["state"], &run["exit_code"]), (&json!("blocked"), &json!(null)), "{run}");
    assert!(run["error"].as_str().expect("a reason").contains("does not exist"), "{run}");
    assert!(!console.root().join("b").exists(), "nothing was made");
}

#[tokio::test]
async fn history_is_paged_searched_and_filtered() {
    let console = Console::start();
    write(&console.root(), "a/x", b"x");
    let mut ids = Vec::new();
    for name in ["one", "two", "t%o", "three"] {
        let id = console.copy(&console.path("a"), &console.path(name), json!({})).await;
        console.ended(&id).await;
        ids.push(id);
    }
    let found = |list: &Value| -> Vec<String> {
        list["runs"].as_array().expect("runs").iter().map(|run| run["id"].as_str().expect("an id").to_owned()).collect()
    };
    let first = console.get("/api/v1/runs?limit=3", StatusCode::OK).await;
    assert_eq!(found(&first), [ids[3].clone(), ids[2].clone(), ids[1].clone()]);
    let cursor = first["cursor"].as_str().expect("more");
    let second = console.get(&format!("/api/v1/runs?limit=3&cursor={cursor}"), StatusCode::OK).await;
    assert_eq!((found(&second), &second["cursor"]), (vec![ids[0].clone()], &Value::Null));
    assert_eq!(found(&console.get("/api/v1/runs?search=T%25O", StatusCode::OK).await), [ids[2].clone()]);
    assert_eq!(found(&console.get("/api/v1/runs?state=failed", StatusCode::OK).await), Vec::<String>::new());
    assert_eq!(found(&console.get("/api/v1/runs?state=succeeded", StatusCode::OK).await).len(), 4);
}

#[tokio::test]
async fn events_begin_with_a_snapshot_and_tell_a_run_to_its_end() {
    let console = Console::start();
    let mut stream = console.request(reqwest::Method::GET, "/api/v1/events").send().await.expect("a stream");
    assert_eq!(stream.headers()["content-type"], "text/event-stream");
    write(&console.root(), "a/x", b"x");
    let id = console.copy(&console.path("a"), &console.path("b"), json!({})).await;
    let (mut buffer, mut states, mut first) = (String::new(), Vec::new(), None);
    while states.last().is_none_or(|state| state != "succeeded") {
        let chunk = stream.chunk().await.expect("a piece").expect("goes on");
        buffer.push_str(std::str::from_utf8(&chunk).expect("text"));
        while let Some((message, rest)) = buffer.split_once("\n\n") {
            if let Some(data) = message.lines().find_map(|line| line.strip_prefix("data: ")) {
                let event: Value = serde_json::from_str(data).expect("JSON");
                first.get_or_insert_with(|| event["type"].clone());
                assert_ne!(event["type"], "in_flight", "only who asks for a run hears of its files");
                if event["run"]["id"] == id.as_str() {
                    states.push(event["run"]["state"].as_str().expect("a state").to_owned());
                }
            }
            buffer = rest.to_owned();
        }
    }
    assert_eq!(first, Some(json!("snapshot")));
    assert_eq!(states.first().map(String::as_str), Some("queued"), "{states:?}");
}

#[tokio::test]
async fn who_may_only_start_runs_is_told_of_their_own() {
    let console = Console::start();
    write(&console.root(), "a/x", &[7; 100_000]);
    let (_, starter) = console.issue(&json!({ "label": "backup", "role": "operator", "scopes": ["runs.write"] })).await;
    let ask =
        async |path: &str, body: Value, status| console.ask(&starter, reqwest::Method::POST, path, &body, status).await;
    let run = |to: &str, options: Value| json!({ "source": console.path("a"), "destination": console.path(to), "options": options });
    let started = ask("/api/v1/runs", run("b", json!({ "bwlimit": "10k" })), StatusCode::ACCEPTED).await;
    let id = started["id"].as_str().expect("an id");
    let stopping = ask(&format!("/api/v1/runs/{id}/stop"), json!({}), StatusCode::ACCEPTED).await;
    assert_eq!(stopping["id"], id, "{stopping}");
    console.ended(id).await;

    let transfer = |dry: bool| json!({ "source": console.path("a"), "destination": console.path("c"), "dry_run": dry });
    let said = ask("/api/v1/backups/rclone/copy", transfer(true), StatusCode::OK).await;
    assert_eq!((&said["would"]["copy"], &said["would"]["files"][0]["path"]), (&json!(1), &json!("x")), "{said}");
    let stats = ask("/api/v1/backups/rclone/copy", transfer(false), StatusCode::OK).await;
    assert_eq!(stats["files_transferred"], 1, "{stats}");
    console.ask(&starter, reqwest::Method::GET, &format!("/api/v1/runs/{id}"), &json!({}), StatusCode::FORBIDDEN).await;
}

#[tokio::test]
async fn what_the_environment_or_a_header_tells_rclone_is_not_heard() {
    let mut console = Console::start();
    let canary = console.path("canary");
    let program = format!("touch {canary}");
    console.kill();
    // Each of these is one that rclone obeys; with `RCLONE_DRY_RUN` nothing would be copied.
    console.restart_with_env(&[
        ("RCLONE_METADATA", "true"),
        ("RCLONE_METADATA_MAPPER", &program),
        ("RCLONE_PASSWORD_COMMAND", &program),
        ("RCLONE_SFTP_SSH", &program),
        ("RCLONE_DRY_RUN", "true"),
        ("RCLONE_CONFIG", "/nowhere/rclone.conf"),
    ]);
    write(&console.root(), "a/x", b"x");
    let body = json!({ "source": console.path("a"), "destination": console.path("b") });
    let mut request = console.request(reqwest::Method::POST, "/api/v1/backups/rclone/copy").json(&body);
    for header in ["rclone-metadata-mapper", "x-rclone-metadata-mapper", "rclone-password-command", "x-rclone-config"] {
        request = request.header(header, &program);
    }
    assert_eq!(request.send().await.expect("an answer").status(), StatusCode::OK);
    assert_eq!(fs::read(console.root().join("b/x")).expect("really copied"), b"x");
    let size = format!("/api/v1/backups/rclone/size?remote_path={}", console.path("b"));
    assert_eq!(console.get(&size, StatusCode::OK).await["objects"], 1);
    console.get(&format!("/api/v1/files?location={}", console.path("b")), StatusCode::OK).await;
    assert!(!fs::exists(&canary).expect("the folder is there"), "a program was run");
}
