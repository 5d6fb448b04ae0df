//! A database that another process keeps for itself, and a machine that goes down with all that runs.

use std::time::{Duration, Instant};

use longshore::{
    domain::value::{Rate, Size},
    server::rclone::run::progress,
};
use reqwest::{Method, StatusCode};
use serde_json::json;
use sqlx::{Connection as _, SqliteConnection};

use super::{
    engine::slow_copy,
    support::{Console, kill, until, write},
};

#[tokio::test]
async fn a_locked_database_is_told_soon_and_what_ends_meanwhile_is_written_when_it_is_free() {
    let console = Console::start_talkative();
    let id = slow_copy(&console, "photos", "100k").await;
    write(&console.root(), "small/file", b"x");
    let url = format!("sqlite://{}", console.data().join("longshore.db").display());
    let mut other = SqliteConnection::connect(&url).await.expect("opened");
    sqlx::query("BEGIN EXCLUSIVE").execute(&mut other).await.expect("locked");

    let asked = Instant::now();
    let body = json!({ "source": console.path("small"), "destination": console.path("small-copy") });
    // Many who wait for one connection wait no longer than one does.
    let ask = async || {
        let answer = console.request(Method::POST, "/api/v1/runs").json(&body).send().await.expect("an answer");
        (answer.status(), answer.json::<serde_json::Value>().await.expect("JSON")["code"].clone())
    };
    let (a, b, c) = tokio::join!(ask(), ask(), ask());
    for (status, code) in [a, b, c] {
        assert_eq!((status, code), (StatusCode::SERVICE_UNAVAILABLE, json!("unavailable")));
    }
    // Six seconds are the goal; what waits twice would take ten, and three in a row fifteen.
    assert!(asked.elapsed() < Duration::from_secs(9), "{:?}", asked.elapsed());
    assert_eq!(console.run(&id).await["state"], "running");
    progress::set_bandwidth(
        &console.data().join("runs").join(format!("{id}.1")),
        Rate { up: Size::OFF, down: Size::OFF },
    )
    .await
    .expect("rclone heard it");
    until("its processes are gone", async || console.processes(&id).is_empty().then_some(())).await;
    assert!(console.run(&id).await["ended_at"].is_null(), "nothing is reported that is not written");

    sqlx::query("ROLLBACK").execute(&mut other).await.expect("free");
    let run = console.ended(&id).await;
    assert_eq!((&run["state"], &run["stats"]["files"]), (&json!("succeeded"), &json!(8)), "{run}");
    let next = console.copy(&console.path("small"), &console.path("small-copy"), json!({})).await;
    assert_eq!(console.ended(&next).await["state"], "succeeded");
    let list = console.get("/api/v1/runs", StatusCode::OK).await;
    assert_eq!(list["runs"].as_array().expect("runs").len(), 2, "what was refused was not done: {list}");
    assert!(!console.said().contains("panicked"));
}

/// What a power cut does: console, shim and rclone end at once, and all their files stay as they were.
async fn power_cut(console: &mut Console, id: &str) {
    console.kill();
    let (shims, rclones): (Vec<_>, Vec<_>) =
        console.processes(id).into_iter().partition(|(_, line)| line.contains(" shim "));
    assert_eq!((shims.len(), rclones.len()), (1, 1));
    for (pid, _) in shims.into_iter().chain(rclones) {
        kill(pid);
    }
    until("all are gone", async || console.processes(id).is_empty().then_some(())).await;
    let dir = console.data().join("runs").join(format!("{id}.1"));
    assert!(dir.join("rc.sock").exists() && dir.join("lock").exists() && !dir.join("exit.json").exists());
}

#[tokio::test]
async fn what_ran_when_the_machine_went_down_is_interrupted_and_says_what_to_do() {
    let mut console = Console::start();
    let id = slow_copy(&console, "photos", "500k").await;
    power_cut(&mut console, &id).await;
    console.restart();
    let run = console.ended(&id).await;
    assert_eq!((&run["state"], &run["exit_code"]), (&json!("interrupted"), &json!(null)), "{run}");
    assert!(run["error"].as_str().expect("words").contains("Run it again"), "{run}");
    let again = console.copy(&console.path("photos"), &console.path("photos-copy"), json!({})).await;
    assert_eq!(console.ended(&again).await["state"], "succeeded", "the sockets of before are in nobody's way");
}

#[tokio::test]
async fn what_may_be_tried_again_goes_on_after_the_machine_went_down() {
    let mut console = Console::start();
    for part in 0..8u8 {
        write(&console.root(), &format!("photos/part{part}"), &vec![part; 1 << 20]);
    }
    let body = json!({
        "source": console.path("photos"), "destination": console.path("photos-copy"),
        "options": { "bwlimit": "3M", "transfers": 1 }, "retry": { "attempts": 2, "backoff_secs": 1 },
    });
    let run = console.post("/api/v1/runs", &body, StatusCode::ACCEPTED).await;
    let id = run["id"].as_str().expect("an id");
    console
        .run_until(id, "bytes move", |run| run["state"] == "running" && run["stats"]["bytes"].as_u64() > Some(0))
        .await;
    power_cut(&mut console, id).await;
    console.restart();
    let run = console.ended(id).await;
    assert_eq!((&run["state"], &run["attempt"]), (&json!("succeeded"), &json!(2)), "{run}");
    let kinds: Vec<_> =
        run["events"].as_array().expect("events").iter().filter_map(|event| event["kind"].as_str()).collect();
    assert!(kinds.contains(&"found_again") && kinds.contains(&"retry"), "{kinds:?}");
}
