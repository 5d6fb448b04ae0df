//! On a kernel without Landlock the console works, says so everywhere, and checks what it can.

use std::{fs, os::unix::fs::symlink};

use reqwest::{Method, StatusCode};
use serde_json::json;

use super::{outside, run};
use crate::support::{Console, sign_in, tree, without_landlock, write};

#[tokio::test]
async fn a_kernel_without_landlock_is_said_and_the_last_check_still_holds() {
    let console = Console::start_without_landlock();
    let session = sign_in(&console).await;
    let page = console.anonymous(Method::GET, "/settings").header("cookie", &session).send().await.expect("a page");
    let page = page.text().await.expect("text");
    assert!(page.contains("rclone is not confined") && page.contains("5.13"), "{page}");
    let doctor = without_landlock(&console.data(), &["doctor"]).output().expect("runs");
    let text = String::from_utf8_lossy(&doctor.stdout).into_owned();
    assert!(text.contains("NOTE  kernel: The kernel does not confine rclone"), "{text}");

    write(&console.root(), "src/f", b"x");
    assert_eq!(run(&console, "copy", "src", "dst", json!({})).await["state"], "succeeded");

    let outside = outside(&console);
    let before = tree(&outside);
    console.patch("/api/v1/queue", &json!({ "paused": true, "reason": "a test" }), StatusCode::OK).await;
    let body = json!({ "source": console.path("src"), "destination": console.path("late") });
    let queued = console.post("/api/v1/runs", &body, StatusCode::ACCEPTED).await;
    symlink(&outside, console.root().join("late")).expect("linked");
    console.patch("/api/v1/queue", &json!({ "paused": false }), StatusCode::OK).await;
    let run = console.ended(queued["id"].as_str().expect("an id")).await;
    assert_ne!(run["state"], "succeeded", "{run}");
    assert!(tree(&outside) == before, "{run}");
    fs::remove_file(console.root().join("late")).expect("removed");
}

#[tokio::test]
async fn a_kernel_with_landlock_has_nothing_to_say() {
    if !super::kept() {
        return;
    }
    let console = Console::start();
    let session = sign_in(&console).await;
    let page = console.anonymous(Method::GET, "/settings").header("cookie", &session).send().await.expect("a page");
    assert!(!page.text().await.expect("text").contains("not confined"));
}
