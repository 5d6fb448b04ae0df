//! Logs and speed of runs by REST: pages, what is written since, a file to take away.

use longshore::domain::id::RunId;
use reqwest::{Method, StatusCode, header};
use serde_json::{Value, json};

use crate::support::{Console, until, write};

fn lines(log: &Value) -> Vec<&str> {
    log["lines"].as_array().expect("lines").iter().map(|line| line["message"].as_str().expect("text")).collect()
}

/// A copy of 40 files, one of them in the way of a folder, that has ended.
async fn ended(console: &Console) -> String {
    for n in 0..40 {
        write(&console.root(), &format!("a/file {n} <img onerror=x>"), &[7; 2000]);
    }
    write(&console.root(), "b/file 3 <img onerror=x>/child", b"in the way");
    let id = console.copy(&console.path("a"), &console.path("b"), json!({})).await;
    assert_eq!(console.ended(&id).await["state"], "failed");
    id
}

#[tokio::test]
async fn a_log_is_searched_paged_and_taken_away() {
    let console = Console::start();
    let id = ended(&console).await;
    let read = async |query: &str| console.get(&format!("/api/v1/runs/{id}/log?{query}"), StatusCode::OK).await;
    let all = read("").await;
    assert!(lines(&all).len() > 40 && all["truncated"] == false && all["older"].is_null(), "{all}");
    assert_eq!(lines(&read("search=FILE+12+").await), ["Copied (new)"]);
    let errors = read("level=error").await;
    assert!(
        !lines(&errors).is_empty()
            && errors["lines"].as_array().expect("lines").iter().all(|line| line["level"] == "error"),
        "{errors}"
    );
    let (mut found, mut before) = (Vec::new(), String::new());
    loop {
        let page = read(&format!("limit=7&before={before}")).await;
        assert!(lines(&page).len() <= 7);
        found.splice(0..0, page["lines"].as_array().expect("lines").clone());
        let Some(older) = page["older"].as_str() else { break };
        older.clone_into(&mut before);
    }
    assert_eq!(&Value::Array(found), &all["lines"]);
    assert_eq!(lines(&read(&format!("after={}", all["cursor"].as_str().expect("a cursor"))).await), Vec::<&str>::new());

    for (query, field) in [("limit=501", "limit"), ("after=x", "after"), ("before=1-2-3", "before")] {
        let error = console.get(&format!("/api/v1/runs/{id}/log?{query}"), StatusCode::BAD_REQUEST).await;
        assert!(error["fields"][field].is_string(), "{query}: {error}");
    }
    let long = "x".repeat(257);
    console.get(&format!("/api/v1/runs/{id}/log?search={long}"), StatusCode::BAD_REQUEST).await;

    let answer = console.request(Method::GET, &format!("/api/v1/runs/{id}/log/raw")).send().await.expect("an answer");
    assert_eq!(answer.status(), StatusCode::OK);
    let named = |name: header::HeaderName| answer.headers()[name].to_str().expect("text").to_owned();
    assert_eq!(named(header::CONTENT_TYPE), "application/x-ndjson");
    assert_eq!(named(header::CONTENT_DISPOSITION), format!("attachment; filename=\"longshore-run-{id}.jsonl\""));
    assert_eq!(named(header::X_CONTENT_TYPE_OPTIONS), "nosniff");
    let text = answer.text().await.expect("text");
    assert!(
        text.lines().count() > 40
            && text.lines().all(|line| serde_json::from_str::<Value>(line).is_ok_and(|line| line.is_object()))
    );
    let unknown: RunId = "01JD3Z6N9V4M2K8Q7W5X1T0R3S".parse().expect("an id");
    for what in ["log", "log/raw", "series", "files?outcome=copied"] {
        console.get(&format!("/api/v1/runs/{unknown}/{what}"), StatusCode::NOT_FOUND).await;
    }
}

#[tokio::test]
async fn what_a_run_did_is_kept_small_and_its_counts_are_those_of_rclone() {
    let mut console = Console::start();
    let id = ended(&console).await;
    let all = async |console: &Console, outcome: &str| {
        console.get(&format!("/api/v1/runs/{id}/files?outcome={outcome}&limit=500"), StatusCode::OK).await
    };
    let copied = all(&console, "copied").await;
    assert_eq!(
        (&copied["counts"]["copied"], &copied["counts"]["failed"], &copied["log_truncated"]),
        (&json!(39), &json!(1), &json!(false))
    );
    assert_eq!(copied["files"].as_array().map(Vec::len), Some(39));
    let run = console.run(&id).await;
    assert_eq!((&run["stats"]["files"], &run["stats"]["errors"]), (&json!(39), &json!(1)), "{run}");
    let failed = all(&console, "failed").await;
    assert_eq!(failed["files"][0]["name"], "file 3 <img onerror=x>");
    assert!(failed["files"][0]["error"].as_str().is_some_and(|error| !error.is_empty()));
    let kept: Vec<_> = std::fs::read_dir(console.data().join("runs")).expect("runs").flatten().collect();
    assert_eq!(kept.len(), 1);
    assert!(kept[0].path().join("report/report.json").exists() && !kept[0].path().join("log.jsonl").exists());
    console.kill();
    console.restart();
    assert_eq!(all(&console, "copied").await, copied, "and there after a restart");
}

#[tokio::test]
async fn a_run_is_followed_while_it_goes_on_and_its_speed_is_kept() {
    let console = Console::start();
    for n in 0..6 {
        write(&console.root(), &format!("a/f{n}"), &vec![7; 700_000]);
    }
    let id = console.copy(&console.path("a"), &console.path("b"), json!({ "bwlimit": "1M", "transfers": 1 })).await;
    console.run_until(&id, "bytes move", |run| run["stats"]["bytes"].as_u64() > Some(0)).await;
    let first = console.get(&format!("/api/v1/runs/{id}/log"), StatusCode::OK).await;
    let (mut told, mut cursor) =
        (first["lines"].as_array().expect("lines").clone(), first["cursor"].as_str().expect("a cursor").to_owned());
    until("each file was reported", async || {
        let since = console.get(&format!("/api/v1/runs/{id}/log?after={cursor}"), StatusCode::OK).await;
        since["cursor"].as_str().expect("a cursor").clone_into(&mut cursor);
        if since["reset"] == true {
            // It has ended: this is the log that is kept.
            told.clear();
        }
        told.extend(since["lines"].as_array().expect("lines").iter().cloned());
        let mut names: Vec<_> = told
            .iter()
            .filter(|line| line["message"] == "Copied (new)")
            .filter_map(|line| line["object"].as_str())
            .collect();
        names.sort_unstable();
        (names == ["f0", "f1", "f2", "f3", "f4", "f5"]).then_some(())
    })
    .await;
    let run = console.ended(&id).await;
    let series = console.get(&format!("/api/v1/runs/{id}/series"), StatusCode::OK).await;
    let points = series["points"].as_array().expect("points");
    let last = points.last().expect("some");
    assert!(points.len() >= 3, "{series}");
    assert_eq!(
        (&last["bytes"], &last["elapsed_ms"], &last["files"]),
        (&run["stats"]["bytes"], &run["stats"]["elapsed_ms"], &json!(6))
    );
}
