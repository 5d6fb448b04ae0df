//! The audit log by REST: all that was done is there, and is found.

use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::support::{ADMIN, Console, sign_in, write};

fn column<'a>(log: &'a Value, name: &str) -> Vec<&'a str> {
    log["entries"].as_array().expect("rows").iter().map(|row| row[name].as_str().expect("text")).collect()
}

#[tokio::test]
async fn what_was_done_is_told_newest_first() {
    let console = Console::start();
    let id = console.person("eva", "operator").await;
    console.patch(&format!("/api/v1/users/{id}"), &json!({ "role": "viewer", "disabled": true }), StatusCode::OK).await;
    let log = console.get("/api/v1/audit?action=user.", StatusCode::OK).await;
    assert_eq!(column(&log, "action")[2..], ["user.create", "user.create"]);
    let mut changes = column(&log, "action")[..2].to_vec();
    changes.sort_unstable();
    assert_eq!(changes, ["user.disable", "user.role"]);
    assert_eq!(column(&log, "via"), ["token", "token", "token", "cli"]);
    let role =
        log["entries"].as_array().expect("rows").iter().find(|row| row["action"] == "user.role").expect("the change");
    assert_eq!(
        (&role["user"], &role["target"], &role["success"]),
        (&json!(ADMIN), &json!("eva"), &json!(true)),
        "{role}"
    );
    assert_eq!((&role["detail"]["from"], &role["detail"]["to"]), (&json!("operator"), &json!("viewer")));
    assert_eq!(role["address"], "127.0.0.1");
}

#[tokio::test]
async fn each_filter_finds_what_it_says() {
    let console = Console::start();
    console.person("Örs", "operator").await;
    sign_in(&console).await;
    write(&console.root(), "a/x", b"x");
    let run = console.copy(&console.path("a"), &console.path("B"), json!({})).await;
    console.ended(&run).await;
    let broken = console.copy(&console.path("nosuch"), &console.path("c"), json!({})).await;
    console.ended(&broken).await;
    let find = async |query: &str| {
        let log = console.get(&format!("/api/v1/audit?{query}"), StatusCode::OK).await;
        let mut found = column(&log, "action").iter().map(|action| (*action).to_owned()).collect::<Vec<_>>();
        found.sort();
        found
    };
    assert_eq!(find("action=rclone.&success=false").await, ["rclone.copy"]);
    assert_eq!(find("action=r&success=true").await, ["rclone.copy", "run.start", "run.start"]);
    assert_eq!(find(&format!("user={}&action=session", ADMIN.to_uppercase())).await, ["session.create"]);
    assert_eq!(find("user=marian").await, Vec::<String>::new(), "a name is the whole name");
    assert_eq!(find("target=%C3%B6RS").await, ["user.create"]);
    assert_eq!(find("target=/b&action=run.start").await, ["run.start"]);
    assert_eq!(find("action=%25").await, Vec::<String>::new(), "a sign is a sign");
    assert_eq!(find("address=127.&action=session").await, ["session.create"]);
    assert_eq!(find("address=10.").await, Vec::<String>::new());
    assert_eq!(find("until=2020-01-01T00:00:00Z").await, Vec::<String>::new());
    assert_eq!(find("since=2999-01-01T00:00:00Z").await, Vec::<String>::new());
    let all = console.get("/api/v1/audit?action=r", StatusCode::OK).await;
    let started = all["entries"].as_array().expect("rows").last().expect("a row");
    let at = started["at"].as_str().expect("a time");
    assert_eq!(find(&format!("action=r&since={at}")).await.len(), 4, "from this time on");
    assert_eq!(find(&format!("action=r&until={at}")).await, Vec::<String>::new(), "before this time");
    assert_eq!(started["run_id"], run.as_str(), "{started}");
}

#[tokio::test]
async fn the_log_is_paged() {
    let console = Console::start();
    for n in 0..7 {
        console.person(&format!("p{n}"), "viewer").await;
    }
    let (mut targets, mut cursor, mut pages) = (Vec::new(), String::new(), 0);
    loop {
        let page = console.get(&format!("/api/v1/audit?action=user.create&limit=3{cursor}"), StatusCode::OK).await;
        targets.extend(column(&page, "target").iter().map(|target| (*target).to_owned()));
        pages += 1;
        let Some(next) = page["cursor"].as_str() else { break };
        cursor = format!("&cursor={next}");
    }
    assert_eq!(targets, ["p6", "p5", "p4", "p3", "p2", "p1", "p0", ADMIN]);
    assert_eq!(pages, 3);
}

#[tokio::test]
async fn what_can_not_be_meant_is_refused_by_field() {
    let console = Console::start();
    for (query, field) in [("limit=1001", "limit"), ("since=2026-01-02T00:00:00Z&until=2026-01-01T00:00:00Z", "until")]
    {
        let error = console.get(&format!("/api/v1/audit?{query}"), StatusCode::BAD_REQUEST).await;
        assert!(error["fields"][field].is_string(), "{error}");
    }
    for (query, field) in [("since=yesterday", "since"), ("success=maybe", "success"), ("cursor=x", "cursor")] {
        let error = console.get(&format!("/api/v1/audit?{query}"), StatusCode::BAD_REQUEST).await;
        assert!(error["message"].as_str().expect("words").contains(field), "{error}");
    }
}
