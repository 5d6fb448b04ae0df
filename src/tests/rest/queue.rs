//! The queue: who writes where waits or is refused, the rest goes on; it can rest, and be put in order.

use std::{fs, time::Duration};

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::support::{Console, S3, until, write};

/// A copy that takes long enough to be met by another.
async fn slow(console: &Console, from: &str, to: &str) -> String {
    write(&console.root(), &format!("{from}/big"), &vec![7; 4 << 20]);
    let id = console.copy(&console.path(from), &console.path(to), json!({ "bwlimit": "1M" })).await;
    console.run_until(&id, "it runs", |run| run["state"] == "running").await;
    id
}

async fn state(console: &Console, id: &Value) -> String {
    console.run(id.as_str().expect("an id")).await["state"].as_str().expect("a state").to_owned()
}

#[tokio::test]
async fn who_would_write_where_another_does_waits_or_is_refused_as_it_chose() {
    let (console, s3) = (Console::start(), S3::start());
    console.post("/api/v1/remotes", &s3.remote("s3"), StatusCode::CREATED).await;
    let alias = json!({ "name": "again", "provider": "alias", "config": { "remote": console.path("out") } });
    console.post("/api/v1/remotes", &alias, StatusCode::CREATED).await;
    write(&console.root(), "small/x", b"x");
    fs::create_dir_all(console.root().join("out")).expect("a folder");
    std::os::unix::fs::symlink(console.root().join("out"), console.root().join("link")).expect("a link");
    let first = slow(&console, "big", "out").await;
    for destination in [
        console.path("out"),
        console.path("out/deep"),
        console.path("out//./deep/"),
        "again:deep".to_owned(),
        console.path("link"),
        console.path("OUT"),
    ] {
        let body = json!({ "source": console.path("small"), "destination": destination, "on_busy": "refuse" });
        let error = console.post("/api/v1/runs", &body, StatusCode::CONFLICT).await;
        assert_eq!(
            (&error["code"], &error["run_id"]),
            (&json!("destination_busy"), &json!(first)),
            "{destination}: {error}"
        );
    }
    // Who reads what is written waits as well; who is elsewhere does not.
    let reads = console.copy(&console.path("out"), "s3:bucket/copy", json!({})).await;
    let elsewhere = console.copy(&console.path("small"), &console.path("elsewhere"), json!({})).await;
    assert_eq!(console.ended(&elsewhere).await["state"], "succeeded");
    let waiting = console.run(&reads).await;
    assert_eq!((&waiting["state"], &waiting["position"]), (&json!("queued"), &json!(1)), "{waiting}");
    assert_eq!(waiting["wait"], json!({ "kind": "busy", "run": first }), "{waiting}");
    assert_eq!(console.run(&first).await["state"], "running");
    let (first, reads) = (console.ended(&first).await, console.ended(&reads).await);
    assert_eq!((&first["state"], &reads["state"]), (&json!("succeeded"), &json!("succeeded")));
    assert!(first["ended_at"].as_str() <= reads["started_at"].as_str(), "{first} {reads}");
    assert_eq!(reads["stats"]["files"], 1, "it saw what the first had written");
}

#[tokio::test]
async fn a_queue_that_rests_starts_nothing_and_says_who_let_it_rest_and_why() {
    let console = Console::start();
    write(&console.root(), "a/x", b"x");
    let pause = json!({ "paused": true, "reason": "a call" });
    let queue = console.patch("/api/v1/queue", &pause, StatusCode::OK).await;
    assert_eq!((&queue["paused"]["by"], &queue["paused"]["reason"]), (&json!("marianne"), &json!("a call")), "{queue}");
    let ids = [
        console.copy(&console.path("a"), &console.path("b"), json!({})).await,
        console.copy(&console.path("a"), &console.path("c"), json!({})).await,
        console.copy(&console.path("a"), &console.path("d"), json!({})).await,
    ];
    let first = console.patch(&format!("/api/v1/runs/{}", ids[2]), &json!({ "position": 1 }), StatusCode::OK).await;
    assert_eq!(
        (&first["position"], &first["wait"]["kind"], &first["wait"]["reason"]),
        (&json!(1), &json!("paused"), &json!("a call")),
        "{first}"
    );
    console.patch(&format!("/api/v1/runs/{}", ids[1]), &json!({ "priority": 10 }), StatusCode::OK).await;
    let queue = console.get("/api/v1/queue", StatusCode::OK).await;
    let order: Vec<_> =
        queue["runs"].as_array().expect("runs").iter().map(|run| run["id"].as_str().expect("an id")).collect();
    assert_eq!(order, [&ids[1], &ids[2], &ids[0]]);
    assert_eq!((&queue["waiting"], &queue["running"]), (&json!(3), &json!(0)));
    console.patch(&format!("/api/v1/runs/{}", ids[0]), &json!({ "position": 0 }), StatusCode::BAD_REQUEST).await;
    console.patch("/api/v1/queue", &json!({ "paused": false }), StatusCode::OK).await;
    for id in &ids {
        assert_eq!(console.ended(id).await["state"], "succeeded");
    }
    console.patch(&format!("/api/v1/runs/{}", ids[0]), &json!({ "position": 1 }), StatusCode::CONFLICT).await;
    let moved = console.run(&ids[2]).await;
    let kinds: Vec<_> = moved["events"]
        .as_array()
        .expect("events")
        .iter()
        .map(|event| event["kind"].as_str().expect("a kind"))
        .collect();
    assert_eq!(kinds, ["queued", "moved", "started", "ended"], "{moved}");
}

#[tokio::test]
async fn a_pause_survives_the_console() {
    let mut console = Console::start();
    write(&console.root(), "a/x", b"x");
    console.patch("/api/v1/queue", &json!({ "paused": true }), StatusCode::OK).await;
    let id = json!(console.copy(&console.path("a"), &console.path("b"), json!({})).await);
    console.kill();
    console.restart();
    assert!(console.get("/api/v1/queue", StatusCode::OK).await["paused"].is_object());
    assert_eq!(state(&console, &id).await, "queued");
    console.patch("/api/v1/queue", &json!({ "paused": false }), StatusCode::OK).await;
    assert_eq!(console.ended(id.as_str().expect("an id")).await["state"], "succeeded");
}

#[tokio::test]
async fn bandwidth_is_changed_while_it_runs_and_the_history_says_by_whom() {
    let console = Console::start();
    write(&console.root(), "a/big", &vec![7; 24 << 20]);
    let id = console.copy(&console.path("a"), &console.path("b"), json!({ "bwlimit": "1M" })).await;
    console.run_until(&id, "bytes move", |run| run["stats"]["bytes"].as_u64() > Some(0)).await;
    let address = format!("/api/v1/runs/{id}/bandwidth");
    let error = console.post(&address, &json!({ "rate": "fast" }), StatusCode::BAD_REQUEST).await;
    assert!(error["fields"]["rate"].is_string(), "{error}");
    let run = console.post(&address, &json!({ "rate": "off" }), StatusCode::OK).await;
    assert_eq!(run["bandwidth"], "off");
    let run = console.ended(&id).await;
    assert_eq!(run["state"], "succeeded");
    // At 1 MiB/s it would have taken 24 s.
    assert!(run["stats"]["elapsed_ms"].as_u64().expect("a time") < 15_000, "{run}");
    let event =
        run["events"].as_array().expect("events").iter().find(|event| event["kind"] == "bandwidth").expect("told");
    assert_eq!((&event["user"], &event["detail"]), (&json!("marianne"), &json!("off")));
    console.post(&address, &json!({ "rate": "1M" }), StatusCode::CONFLICT).await;
}

#[tokio::test]
async fn a_limit_that_rclone_takes_late_is_written_down_when_it_does_though_nobody_waits() {
    let console = Console::start();
    write(&console.root(), "a/big", &vec![7; 256 << 10]);
    // The first 32 KiB wait for 16 s.
    let id = console.copy(&console.path("a"), &console.path("b"), json!({ "bwlimit": "2k", "transfers": 1 })).await;
    console.run_until(&id, "rclone answers", |run| run["state"] == "running").await;
    let copies = console.root().join("b");
    until("the first piece waits", async || fs::read_dir(&copies).is_ok_and(|dir| dir.count() > 0).then_some(())).await;
    let address = format!("/api/v1/runs/{id}/bandwidth");
    let gone = console.request(Method::POST, &address).json(&json!({ "rate": "off" }));
    assert!(gone.timeout(Duration::from_secs(1)).send().await.is_err(), "it took the limit at once");
    let error = console.post(&address, &json!({ "rate": "1M" }), StatusCode::CONFLICT).await;
    assert!(error["message"].as_str().expect("words").contains("not taken"), "{error}");
    assert_eq!(console.run(&id).await["bandwidth"], json!(null), "it does not hold yet");
    let run = console.ended(&id).await;
    assert_eq!((&run["state"], &run["bandwidth"]), (&json!("succeeded"), &json!("off")), "{run}");
    let limits: Vec<_> =
        run["events"].as_array().expect("events").iter().filter(|event| event["kind"] == "bandwidth").collect();
    assert_eq!(limits.len(), 1, "{limits:?}");
    assert_eq!((&limits[0]["user"], &limits[0]["detail"]), (&json!("marianne"), &json!("off")));
    let audit = console.get("/api/v1/audit?action=run.bandwidth", StatusCode::OK).await;
    assert_eq!(audit["entries"].as_array().expect("entries").len(), 1, "{audit}");
}

#[tokio::test]
async fn who_stops_a_run_can_say_why() {
    let console = Console::start();
    let id = slow(&console, "a", "b").await;
    let body = json!({ "reason": "wrong <folder>" });
    console.post(&format!("/api/v1/runs/{id}/stop"), &body, StatusCode::ACCEPTED).await;
    let run = console.ended(&id).await;
    assert_eq!(
        (&run["state"], &run["stopped_by"], &run["stop_reason"]),
        (&json!("cancelled"), &json!("marianne"), &json!("wrong <folder>"))
    );
    let long = json!({ "reason": "x".repeat(501) });
    console.post(&format!("/api/v1/runs/{id}/stop"), &long, StatusCode::BAD_REQUEST).await;
    let bare = console.request(Method::POST, &format!("/api/v1/runs/{id}/stop")).send().await.expect("an answer");
    assert_eq!(bare.status(), StatusCode::CONFLICT, "a body may be left out");
}

#[tokio::test]
async fn who_listens_hears_that_the_queue_rests() {
    let console = Console::start();
    console.patch("/api/v1/queue", &json!({ "paused": true, "reason": "a call" }), StatusCode::OK).await;
    let mut stream = console.request(Method::GET, "/api/v1/events").send().await.expect("a stream");
    let mut told = async || loop {
        let chunk = stream.chunk().await.expect("a piece").expect("goes on");
        if let Some(data) =
            std::str::from_utf8(&chunk).expect("text").lines().find_map(|line| line.strip_prefix("data: "))
        {
            return serde_json::from_str::<Value>(data).expect("JSON");
        }
    };
    let first = told().await;
    assert_eq!((&first["type"], &first["paused"]["reason"]), (&json!("snapshot"), &json!("a call")), "{first}");
    console.patch("/api/v1/queue", &json!({ "paused": false }), StatusCode::OK).await;
    assert_eq!(told().await, json!({ "type": "queue", "paused": null }));
}
