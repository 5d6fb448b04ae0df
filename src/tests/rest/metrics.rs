//! Figures for monitoring: in the format that Prometheus reads, true, and only for people who may read them.

use std::{collections::BTreeMap, fs, path::Path};

use longshore::domain::run::state::RunState;
use reqwest::{Method, StatusCode, header};
use serde_json::{Value, json};

use crate::support::{Console, expect, sign_in, write};

/// What a scrape says: each series with its value.
type Samples = BTreeMap<String, f64>;

/// Asks as Prometheus does, and reads as strictly: each family is described before its series, and no series comes
/// twice.
async fn scrape(console: &Console) -> Samples {
    let answer = console.request(Method::GET, "/metrics").send().await.expect("an answer");
    assert_eq!(answer.status(), StatusCode::OK);
    assert_eq!(answer.headers()[header::CONTENT_TYPE], "text/plain; version=0.0.4; charset=utf-8");
    let text = answer.text().await.expect("text");
    assert!(text.ends_with('\n'), "{text}");
    let (mut samples, mut helped, mut typed) = (Samples::new(), String::new(), String::new());
    for line in text.lines() {
        if let Some(help) = line.strip_prefix("# HELP ") {
            helped = help.split(' ').next().expect("a name").to_owned();
            assert!(help.len() > helped.len() + 1, "{line}");
        } else if let Some(family) = line.strip_prefix("# TYPE ") {
            let (name, kind) = family.split_once(' ').expect("a name and a kind");
            assert_eq!((name, kind == "counter"), (helped.as_str(), name.ends_with("_total")), "{line}");
            assert!(["counter", "gauge"].contains(&kind), "{line}");
            name.clone_into(&mut typed);
        } else {
            let (series, value) = line.rsplit_once(' ').expect("a series and a value");
            assert_eq!(series.split('{').next(), Some(typed.as_str()), "{line}");
            assert!(samples.insert(series.to_owned(), value.parse().expect("a number")).is_none(), "twice: {line}");
        }
    }
    samples
}

fn runs(state: &str) -> String {
    format!("longshore_runs{{state=\"{state}\"}}")
}

fn ended(operation: &str, state: &str) -> String {
    format!("longshore_runs_ended_total{{operation=\"{operation}\",state=\"{state}\"}}")
}

#[tokio::test]
async fn figures_agree_with_what_happened_and_outlive_the_console() {
    let mut console = Console::start();
    let before = scrape(&console).await;
    for state in RunState::ALL.map(RunState::as_str) {
        assert_eq!(before[&runs(state)], 0.0, "{state}");
    }
    assert_eq!((before[&ended("delete", "timed_out")], before["longshore_bytes_transferred_total"]), (0.0, 0.0));
    assert_eq!((before["longshore_rclone_up"], before["longshore_queue_length"]), (1.0, 0.0));
    assert!(
        before.keys().any(|series| series.starts_with("longshore_info{") && series.contains("rclone=\"1.")),
        "{before:?}"
    );

    write(&console.root(), "a/x", &[7; 12_345]);
    let perform = async |operation: &str, body: Value| {
        console
            .request(Method::POST, &format!("/api/v1/backups/rclone/{operation}"))
            .json(&body)
            .send()
            .await
            .expect("an answer")
            .status()
    };
    let (a, b) = (console.path("a"), console.path("b"));
    assert_eq!(perform("sync", json!({ "source": a, "destination": b, "dry_run": true })).await, StatusCode::OK);
    assert_eq!(perform("sync", json!({ "source": a, "destination": b })).await, StatusCode::OK);
    write(&console.root(), "b/old", b"old");
    // A budget that is used up is final: rclone does not try again.
    let over_budget = json!({ "remote_path": b, "max_delete": 0 });
    assert_eq!(perform("delete", over_budget).await, StatusCode::INTERNAL_SERVER_ERROR);
    let slow = console.copy(&a, &console.path("c"), json!({ "bwlimit": "1k" })).await;
    console.run_until(&slow, "it runs", |run| run["state"] == "running").await;
    let during = scrape(&console).await;
    assert_eq!((during[&runs("running")], during[&runs("succeeded")], during[&runs("failed")]), (1.0, 2.0, 1.0));
    console.post(&format!("/api/v1/runs/{slow}/stop"), &json!({}), StatusCode::ACCEPTED).await;
    let transferred = console.ended(&slow).await["stats"]["bytes"].as_u64().expect("bytes");

    let after = scrape(&console).await;
    assert_eq!(
        (after[&ended("sync", "succeeded")], after[&ended("delete", "failed")], after[&ended("copy", "cancelled")]),
        (2.0, 1.0, 1.0)
    );
    // Of the dry run nothing, of the one that was stopped what it had done.
    let bytes = u32::try_from(12_345 + transferred).expect("a small number");
    assert_eq!(after["longshore_bytes_transferred_total"], f64::from(bytes));
    assert_eq!((after[&runs("running")], after[&runs("cancelled")]), (0.0, 1.0));
    assert_eq!(after["process_start_time_seconds"], before["process_start_time_seconds"]);

    console.kill();
    console.restart_with_rclone(Path::new("/nowhere/rclone"));
    let again = scrape(&console).await;
    assert_eq!(again["longshore_bytes_transferred_total"], f64::from(bytes));
    assert_eq!(again[&ended("sync", "succeeded")], 2.0);
    assert_eq!(again["longshore_rclone_up"], 0.0);
    assert!(
        again.keys().any(|series| series.starts_with("longshore_info{") && series.contains("rclone=\"\"")),
        "{again:?}"
    );
    assert!(again["process_start_time_seconds"] > before["process_start_time_seconds"]);
}

#[tokio::test]
async fn a_mount_whose_process_is_gone_is_told() {
    if longshore::server::rclone::mount::missing().is_some() {
        return; // Said aloud by the tests of mounts.
    }
    let console = Console::start();
    fs::create_dir(console.root().join("source")).expect("a folder");
    let place = console.path("mnt");
    let body = json!({ "location": console.path("source"), "mount_point": place });
    let mount = console.post("/api/v1/mounts", &body, StatusCode::CREATED).await;
    let id = mount["id"].as_str().expect("an id");
    let mounts =
        |samples: &Samples| ["mounted", "gone"].map(|state| samples[&format!("longshore_mounts{{state=\"{state}\"}}")]);
    assert_eq!(mounts(&scrape(&console).await), [1.0, 0.0]);
    for (pid, _) in console.processes(id) {
        crate::support::kill(pid);
    }
    crate::support::until("it is reported", async || (mounts(&scrape(&console).await) == [0.0, 1.0]).then_some(()))
        .await;
    let gone =
        console.request(Method::DELETE, &format!("/api/v1/mounts/{id}?force=true")).send().await.expect("an answer");
    assert_eq!(gone.status(), StatusCode::NO_CONTENT);
    assert_eq!(mounts(&scrape(&console).await), [0.0, 0.0]);
}

#[tokio::test]
async fn a_program_without_a_token_is_told_so_and_not_sent_to_a_page() {
    let console = Console::start();
    let error =
        expect(console.anonymous(Method::GET, "/metrics").send().await.expect("an answer"), StatusCode::UNAUTHORIZED)
            .await;
    assert_eq!(error["code"], "unauthenticated");
    let (_, scraper) =
        console.issue(&json!({ "label": "prometheus", "role": "viewer", "scopes": ["metrics.read"] })).await;
    console.ask(&scraper, Method::GET, "/metrics", &json!({}), StatusCode::OK).await;
    console.ask(&scraper, Method::GET, "/api/v1/runs", &json!({}), StatusCode::FORBIDDEN).await;
    let session = sign_in(&console).await;
    let answer =
        console.anonymous(Method::GET, "/metrics").header(header::COOKIE, session).send().await.expect("an answer");
    assert_eq!(answer.status(), StatusCode::OK);
}
