//! A run's life and its deaths: what the row says is what happened.

use std::time::Instant;

use reqwest::StatusCode;
use serde_json::json;

use super::support::{Console, kill, until, write};

/// A copy that takes long enough to be interfered with, and short enough to be waited for: 8 MiB at 1 MiB/s, or at
/// `rate`.
pub(super) async fn slow_copy(console: &Console, name: &str, rate: &str) -> String {
    for part in 0..8u8 {
        write(&console.root(), &format!("{name}/part{part}"), &vec![part; 1 << 20]);
    }
    let options = json!({ "bwlimit": rate, "transfers": 1 });
    let id = console.copy(&console.path(name), &console.path(&format!("{name}-copy")), options).await;
    console
        .run_until(&id, "bytes move", |run| run["state"] == "running" && run["stats"]["bytes"].as_u64() > Some(0))
        .await;
    id
}

#[tokio::test]
async fn a_console_that_is_killed_finds_its_run_again() {
    let mut console = Console::start();
    let id = slow_copy(&console, "photos", "2M").await;
    console.kill();
    assert_eq!(console.processes(&id).len(), 2, "shim and rclone go on");
    console.restart();
    let run = console.run(&id).await;
    assert_eq!(run["state"], "running", "{run}");
    console.run_until(&id, "live progress", |run| !run["in_flight"].as_array().expect("files").is_empty()).await;
    let run = console.ended(&id).await;
    assert_eq!(
        (&run["state"], &run["exit_code"], &run["stats"]["files"]),
        (&json!("succeeded"), &json!(0), &json!(8)),
        "{run}"
    );
    assert_eq!(run["stats"]["bytes"], 8 << 20);
    assert!(console.processes(&id).is_empty());
}

#[tokio::test]
async fn a_run_that_ends_while_the_console_is_away_has_its_true_result() {
    let mut console = Console::start();
    let id = slow_copy(&console, "photos", "3M").await;
    console.kill();
    until("rclone has ended", async || console.processes(&id).is_empty().then_some(())).await;
    console.restart();
    let run = console.ended(&id).await;
    assert_eq!((&run["state"], &run["stats"]["files"]), (&json!("succeeded"), &json!(8)), "{run}");
}

#[tokio::test]
async fn rclone_killed_is_a_failure_that_names_the_signal_within_two_seconds() {
    let console = Console::start();
    let id = slow_copy(&console, "photos", "1M").await;
    let rclone = console.processes(&id).into_iter().find(|(_, line)| !line.contains(" shim ")).expect("rclone");
    kill(rclone.0);
    let killed = Instant::now();
    let run = console.ended(&id).await;
    let took = killed.elapsed().as_millis();
    assert_eq!((&run["state"], &run["signal"]), (&json!("failed"), &json!("SIGKILL")), "{run}");
    assert!(run["error"].as_str().expect("a reason").contains("SIGKILL"));
    assert!(took < 2000, "it took {took} ms");
}

#[tokio::test]
async fn shim_and_rclone_killed_is_interrupted() {
    let console = Console::start();
    let id = slow_copy(&console, "photos", "1M").await;
    // The shim first: it must not live to see how rclone ends.
    let (shims, rclones): (Vec<_>, Vec<_>) =
        console.processes(&id).into_iter().partition(|(_, line)| line.contains(" shim "));
    for (pid, _) in shims.into_iter().chain(rclones) {
        kill(pid);
    }
    let run = console.ended(&id).await;
    assert_eq!((&run["state"], &run["exit_code"]), (&json!("interrupted"), &json!(null)), "{run}");
    assert!(run["stats"]["bytes"].as_u64() > Some(0), "what was seen is kept: {run}");
}

#[tokio::test]
async fn a_run_that_is_stopped_is_cancelled_and_says_by_whom() {
    let console = Console::start();
    let id = slow_copy(&console, "photos", "1M").await;
    let stopping = console.post(&format!("/api/v1/runs/{id}/stop"), &json!({}), StatusCode::ACCEPTED).await;
    assert!(stopping["stopping"] == true || !stopping["ended_at"].is_null(), "{stopping}");
    let run = console.ended(&id).await;
    assert_eq!((&run["state"], &run["stopped_by"]), (&json!("cancelled"), &json!("marianne")), "{run}");
    assert!(run["stats"]["bytes"].as_u64() > Some(0), "{run}");
    let again = console.post(&format!("/api/v1/runs/{id}/stop"), &json!({}), StatusCode::CONFLICT).await;
    assert_eq!(again["code"], "conflict");
    let parts = super::support::tree(&console.root().join("photos-copy"));
    assert!(parts.iter().all(|(_, content)| content.len() == 1 << 20), "no half of a file is left under its name");
}

#[tokio::test]
async fn a_stop_survives_the_console() {
    let mut console = Console::start();
    let id = slow_copy(&console, "photos", "1M").await;
    console.post(&format!("/api/v1/runs/{id}/stop"), &json!({}), StatusCode::ACCEPTED).await;
    console.kill();
    console.restart();
    assert_eq!(console.ended(&id).await["state"], "cancelled");
}

#[tokio::test]
async fn what_has_no_place_waits_in_line_and_can_leave_it() {
    let console = Console::start();
    let mut ids = Vec::new();
    for n in 0..8 {
        ids.push(slow_copy(&console, &format!("set{n}"), "200k").await);
    }
    write(&console.root(), "small/file", b"x");
    let waiting = console.copy(&console.path("small"), &console.path("small-copy"), json!({})).await;
    let run = console.run(&waiting).await;
    assert_eq!((&run["state"], &run["position"]), (&json!("queued"), &json!(1)), "{run}");
    let second = console.copy(&console.path("small"), &console.path("small-copy2"), json!({})).await;
    assert_eq!(console.run(&second).await["position"], 2);
    console.post(&format!("/api/v1/runs/{waiting}/stop"), &json!({}), StatusCode::ACCEPTED).await;
    assert_eq!(console.run(&waiting).await["state"], "cancelled");
    console.post(&format!("/api/v1/runs/{}/stop", ids[0]), &json!({}), StatusCode::ACCEPTED).await;
    assert_eq!(console.ended(&second).await["state"], "succeeded", "a place became free");
}
