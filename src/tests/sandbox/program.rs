//! The rclone that is started is the one that was found.

use std::{fs, io::Write as _, time::SystemTime};

use reqwest::StatusCode;
use serde_json::json;

use crate::support::{Console, rclone_path, write};

#[tokio::test]
async fn another_rclone_in_its_place_is_not_started_until_the_console_is() {
    let dir = tempfile::tempdir().expect("a folder");
    let rclone = dir.path().join("rclone");
    fs::copy(rclone_path(), &rclone).expect("copied");
    let mut console = Console::start_with_rclone(&rclone);
    write(&console.root(), "src/f", b"x");
    let body = |to: &str| json!({ "source": console.path("src"), "destination": console.path(to) });
    let (a, b, c) = (body("a"), body("b"), body("c"));

    fs::File::open(&rclone).and_then(|file| file.set_modified(SystemTime::UNIX_EPOCH)).expect("touched");
    let run = console.post("/api/v1/runs", &a, StatusCode::ACCEPTED).await;
    assert_eq!(console.ended(run["id"].as_str().expect("an id")).await["state"], "succeeded", "the same, only touched");

    console.patch("/api/v1/queue", &json!({ "paused": true, "reason": "a test" }), StatusCode::OK).await;
    let waiting = console.post("/api/v1/runs", &b, StatusCode::ACCEPTED).await;
    let other = dir.path().join("other");
    fs::copy(&rclone, &other).expect("copied");
    fs::File::options().append(true).open(&other).and_then(|mut file| file.write_all(b"x")).expect("another");
    fs::rename(&other, &rclone).expect("replaced");
    let refused = console.post("/api/v1/runs", &c, StatusCode::SERVICE_UNAVAILABLE).await;
    let message = refused["message"].as_str().expect("words");
    assert!(refused["code"] == "rclone_missing" && message.contains("Restart Longshore"), "{refused}");
    let files = format!("/api/v1/backups/rclone/size?remote_path={}", console.path("src"));
    console.get(&files, StatusCode::SERVICE_UNAVAILABLE).await;
    console.patch("/api/v1/queue", &json!({ "paused": false }), StatusCode::OK).await;
    let run = console.ended(waiting["id"].as_str().expect("an id")).await;
    assert!(run["state"] != "succeeded" && run.to_string().contains("Restart Longshore"), "{run}");

    console.kill();
    console.restart();
    let run = console.post("/api/v1/runs", &c, StatusCode::ACCEPTED).await;
    assert_eq!(console.ended(run["id"].as_str().expect("an id")).await["state"], "succeeded");
}
