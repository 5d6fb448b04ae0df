//! 400 to 429: asked for badly, by somebody who may not, of what is not there or is taken, and too often.

use reqwest::{StatusCode, header};
use serde_json::{Value, json};

use super::{anonymous, are, call, column, reach, transfer};
use crate::support::{Console, expect, write};

/// Arguments that every endpoint could do something with, if they came from somebody who may.
fn plausible(console: &Console, endpoint: &str) -> Value {
    match endpoint {
        "configure" => json!({ "remote_name": "new", "provider": "alias", "config": { "remote": console.path("a") } }),
        "sync" | "copy" | "move" => transfer(&console.path("a"), &console.path("b")),
        "delete" | "list" | "size" => json!({ "remote_path": console.path("a") }),
        "mount" => json!({ "remote_path": console.path("a"), "mount_point": console.path("m") }),
        "check" => json!({ "remote_name": "here" }),
        _ => json!({}),
    }
}

/// A console with a remote and a file. With `unchanged` afterwards, nothing that was refused happened after all.
async fn furnished() -> Console {
    let console = Console::start();
    super::super::configure(&console, "here", "alias", json!({ "remote": console.path("a") })).await;
    write(&console.root(), "a/file", b"content");
    console
}

async fn unchanged(console: &Console) {
    let remotes = super::super::ask(console, "remotes", &[], StatusCode::OK).await;
    assert_eq!(remotes.as_array().map(Vec::len), Some(1), "{remotes}");
    assert_eq!(console.get("/api/v1/runs", StatusCode::OK).await["runs"], json!([]));
    assert_eq!(console.get("/api/v1/mounts", StatusCode::OK).await, json!([]));
    assert!(console.root().join("a/file").exists());
}

#[tokio::test]
async fn what_is_asked_for_badly_is_refused_with_the_field() {
    let console = furnished().await;
    let outside = ":local:/etc";
    let bad = |endpoint: &str| match endpoint {
        "configure" => (json!({ "remote_name": "a:b", "provider": "s3" }), "remote_name"),
        "sync" | "copy" | "move" => (transfer(outside, &console.path("b")), "source"),
        "delete" | "list" | "size" => (json!({ "remote_path": outside }), "remote_path"),
        "mount" => (json!({ "remote_path": console.path("a"), "mount_point": "/etc" }), "mount_point"),
        _ => (json!({ "remote_name": "a b:c" }), "remote_name"),
    };
    let status = StatusCode::BAD_REQUEST;
    let calls = column(status).into_iter().map(|endpoint| (endpoint, call(&console, endpoint, &bad(endpoint).0)));
    let answers = reach(status, calls.collect()).await;
    are(&answers, "invalid");
    for (endpoint, error) in answers {
        let field = bad(endpoint).1;
        assert!(error["fields"][field].is_string(), "{endpoint}, {field}: {error}");
    }
    unchanged(&console).await;
}

#[tokio::test]
async fn nobody_gets_in_without_a_token() {
    let console = furnished().await;
    let status = StatusCode::UNAUTHORIZED;
    let calls = column(status)
        .into_iter()
        .map(|endpoint| (endpoint, anonymous(&console, endpoint, &plausible(&console, endpoint))));
    are(&reach(status, calls.collect()).await, "unauthenticated");
    unchanged(&console).await;
}

#[tokio::test]
async fn a_token_for_something_else_does_none_of_it() {
    let console = furnished().await;
    let (_, token) = console.issue(&json!({ "label": "auditor", "role": "admin", "scopes": ["audit.read"] })).await;
    let status = StatusCode::FORBIDDEN;
    let with = |endpoint: &'static str| {
        (endpoint, anonymous(&console, endpoint, &plausible(&console, endpoint)).bearer_auth(&token))
    };
    are(&reach(status, column(status).into_iter().map(with).collect()).await, "forbidden");
    unchanged(&console).await;
}

#[tokio::test]
async fn what_is_not_there_is_not_found() {
    let console = furnished().await;
    let absent = |endpoint: &str| match endpoint {
        "sync" | "copy" | "move" => transfer("nosuch:", &console.path("b")),
        "mount" => json!({ "remote_path": "nosuch:", "mount_point": console.path("m") }),
        "check" => json!({ "remote_name": "nosuch" }),
        _ => json!({ "remote_path": "nosuch:" }),
    };
    let status = StatusCode::NOT_FOUND;
    let calls = column(status).into_iter().map(|endpoint| (endpoint, call(&console, endpoint, &absent(endpoint))));
    are(&reach(status, calls.collect()).await, "not_found");
    unchanged(&console).await;
}

#[tokio::test]
async fn what_is_taken_is_a_conflict() {
    let console = furnished().await;
    write(&console.root(), "full/file", b"content");
    // A key is for one run, and this one was used.
    let dry = json!({ "remote_path": console.path("full"), "dry_run": true });
    let first = call(&console, "delete", &dry).header("idempotency-key", "used");
    expect(first.send().await.expect("an answer"), StatusCode::OK).await;
    let root = json!({ "remote_path": console.path(""), "limit": 1 });
    let page = call(&console, "list", &root).send().await.expect("an answer");
    let cursor = page.headers()["x-next-cursor"].to_str().expect("text").to_owned();
    let mut parts: Vec<_> = cursor.split('-').collect();
    let other = "0".repeat(32);
    parts[1] = &other;
    let gone = parts.join("-");
    let taken = |endpoint: &str| match endpoint {
        "configure" => json!({ "remote_name": "here", "provider": "alias", "config": { "remote": console.path("b") } }),
        "mount" => json!({ "remote_path": "here:", "mount_point": console.path("full") }),
        "list" => json!({ "remote_path": console.path(""), "limit": 1, "cursor": gone }),
        _ => plausible(&console, endpoint),
    };
    let status = StatusCode::CONFLICT;
    let with = |endpoint| (endpoint, call(&console, endpoint, &taken(endpoint)).header("idempotency-key", "used"));
    are(&reach(status, column(status).into_iter().map(with).collect()).await, "conflict");
    assert!(console.root().join("a/file").exists() && console.root().join("full/file").exists());
}

#[tokio::test]
async fn who_guesses_tokens_is_slowed_down_at_every_endpoint() {
    let console = furnished().await;
    let status = StatusCode::TOO_MANY_REQUESTS;
    let endpoints = column(status);
    assert_eq!(endpoints.len(), 11);
    let mut tries = Vec::new();
    for endpoint in endpoints {
        // The first needs all the tries of this address. With time one more is given back: then one guess is answered
        // 401 again.
        let mut slowed = None;
        for n in 0..60 {
            let guess =
                anonymous(&console, endpoint, &plausible(&console, endpoint)).bearer_auth(format!("lsh_guess{n}"));
            let answer = guess.send().await.expect("an answer");
            if answer.status() == status {
                slowed = Some(answer);
                tries.push(n);
                break;
            }
            let open = endpoint == "providers";
            assert_eq!(answer.status(), if open { StatusCode::OK } else { StatusCode::UNAUTHORIZED }, "{endpoint}");
        }
        let answer = slowed.unwrap_or_else(|| panic!("{endpoint}: 60 guesses in a row"));
        let seconds: u64 = answer.headers()[header::RETRY_AFTER].to_str().expect("text").parse().expect("seconds");
        let error = expect(answer, status).await;
        assert!((1..=60).contains(&seconds) && error["code"] == "rate_limited", "{endpoint}: {seconds} {error}");
        assert_eq!(error["retry_after"], json!(seconds), "{endpoint}: {error}");
    }
    assert!(tries[0] >= 10, "a mistyped token or two is no attack: {tries:?}");
    // Who guesses nothing is not slowed down: without a token where none is needed, or with one that is right.
    let open = anonymous(&console, "providers", &json!({})).send().await.expect("an answer");
    assert_eq!(open.status(), StatusCode::OK);
    unchanged(&console).await;
}
