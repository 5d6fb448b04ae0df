//! Tokens by REST: told once, never more than their maker, and gone at once.

use std::time::Duration;

use longshore::domain::time::Timestamp;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::support::{ADMIN, Console, stream_end};

/// A token's fields.
fn token(role: &str) -> Value {
    json!({ "label": "nightly", "role": role })
}

#[tokio::test]
async fn a_token_is_told_once_works_and_is_revoked() {
    let console = Console::start();
    let made = console.post("/api/v1/tokens", &token("viewer"), StatusCode::CREATED).await;
    let (id, secret) = (made["id"].as_str().expect("an id"), made["token"].as_str().expect("a token"));
    assert!(secret.starts_with("lsh_"), "{made}");
    let at = |field: &str| Timestamp::parse(made[field].as_str().expect("a time")).expect("RFC 3339");
    assert_eq!(at("expires_at").millis_since(at("created_at")), 90 * 86_400_000, "{made}");
    console.ask(secret, Method::GET, "/api/v1/runs", &json!({}), StatusCode::OK).await;
    let list = console.get("/api/v1/tokens", StatusCode::OK).await;
    let listed = list["tokens"].as_array().expect("tokens").iter().find(|token| token["id"] == id).expect("listed");
    assert!(listed["last_used_at"].is_string() && listed["state"] == "usable", "{listed}");
    assert!(!list.to_string().contains("lsh_"), "never again: {list}");
    let log = console.get("/api/v1/audit?action=token.", StatusCode::OK).await;
    assert!(!log.to_string().contains(&secret[4..]), "nor in the log");
    console.delete(&format!("/api/v1/tokens/{id}"), StatusCode::NO_CONTENT).await;
    console.ask(secret, Method::GET, "/api/v1/runs", &json!({}), StatusCode::UNAUTHORIZED).await;
    console.delete(&format!("/api/v1/tokens/{id}"), StatusCode::NOT_FOUND).await;
}

#[tokio::test]
async fn what_no_token_can_be_is_refused_by_field() {
    let console = Console::start();
    console.person("eva", "operator").await;
    let operator = console.token_of("eva", "operator");
    for (wrong, field) in [
        (json!({ "label": " ", "role": "viewer" }), "label"),
        (json!({ "label": "x".repeat(101), "role": "viewer" }), "label"),
        (json!({ "label": "x", "role": "viewer", "expires_in_days": 0 }), "expires_in_days"),
        (json!({ "label": "x", "role": "viewer", "expires_in_days": 3651 }), "expires_in_days"),
        (json!({ "label": "x", "role": "viewer", "scopes": [] }), "scopes"),
        (json!({ "label": "x", "role": "viewer", "scopes": ["runs.write"] }), "scopes"),
        (json!({ "label": "x", "role": "admin" }), "role"),
    ] {
        let error = console.ask(&operator, Method::POST, "/api/v1/tokens", &wrong, StatusCode::BAD_REQUEST).await;
        assert!(error["fields"][field].is_string(), "{field}: {error}");
    }
    for wrong in [
        json!({ "label": "x", "role": "viewer", "scopes": ["everything"] }),
        json!({ "label": "x", "role": "viewer", "user": "ana" }),
    ] {
        let error = console.ask(&operator, Method::POST, "/api/v1/tokens", &wrong, StatusCode::BAD_REQUEST).await;
        let message = error["message"].as_str().expect("words");
        assert!(message.contains("scopes") || message.contains("user"), "{error}");
    }
    let longest = json!({ "label": "x", "role": "operator", "expires_in_days": 3650 });
    console.ask(&operator, Method::POST, "/api/v1/tokens", &longest, StatusCode::CREATED).await;
}

#[tokio::test]
async fn a_token_with_scopes_does_those_and_no_more() {
    let console = Console::start();
    let (_, reader) = console.issue(&json!({ "label": "reader", "role": "admin", "scopes": ["runs.read"] })).await;
    console.ask(&reader, Method::GET, "/api/v1/runs", &json!({}), StatusCode::OK).await;
    for path in ["/api/v1/remotes", "/api/v1/users", "/api/v1/tokens", "/api/v1/sessions", "/api/v1/audit"] {
        let error = console.ask(&reader, Method::GET, path, &json!({}), StatusCode::FORBIDDEN).await;
        assert_eq!(error["code"], "forbidden", "{path}");
    }
    console.ask(&reader, Method::POST, "/api/v1/tokens", &token("viewer"), StatusCode::FORBIDDEN).await;
}

#[tokio::test]
async fn a_token_makes_no_greater_one() {
    let console = Console::start();
    let (_, maker) =
        console.issue(&json!({ "label": "maker", "role": "operator", "scopes": ["tokens.write", "runs.read"] })).await;
    for (greater, field) in [
        (token("viewer"), "scopes"),
        (json!({ "label": "x", "role": "viewer", "scopes": ["remotes.read"] }), "scopes"),
        (json!({ "label": "x", "role": "admin", "scopes": ["runs.read"] }), "role"),
    ] {
        let error = console.ask(&maker, Method::POST, "/api/v1/tokens", &greater, StatusCode::BAD_REQUEST).await;
        assert!(error["fields"][field].is_string(), "{field}: {error}");
    }
    let lesser = json!({ "label": "x", "role": "viewer", "scopes": ["runs.read"] });
    let made = console.ask(&maker, Method::POST, "/api/v1/tokens", &lesser, StatusCode::CREATED).await;
    assert_eq!((&made["user"], &made["scopes"]), (&json!(ADMIN), &json!(["runs.read"])), "{made}");
}

#[tokio::test]
async fn only_who_looks_after_people_reaches_the_tokens_of_others() {
    let console = Console::start();
    console.person("eva", "operator").await;
    let eva = console.token_of("eva", "operator");
    let (id, _) = console.issue(&token("viewer")).await;
    let own = console.ask(&eva, Method::GET, "/api/v1/tokens", &json!({}), StatusCode::OK).await;
    assert_eq!(own["tokens"].as_array().map(Vec::len), Some(1), "{own}");
    console.ask(&eva, Method::GET, "/api/v1/tokens?user=EVA", &json!({}), StatusCode::OK).await;
    for user in [ADMIN, "*", "nobody"] {
        console.ask(&eva, Method::GET, &format!("/api/v1/tokens?user={user}"), &json!({}), StatusCode::FORBIDDEN).await;
    }
    // As if there were none.
    console.ask(&eva, Method::DELETE, &format!("/api/v1/tokens/{id}"), &json!({}), StatusCode::NOT_FOUND).await;

    let all = console.get("/api/v1/tokens?user=*", StatusCode::OK).await;
    let users: Vec<_> =
        all["tokens"].as_array().expect("tokens").iter().map(|token| token["user"].as_str().expect("a name")).collect();
    assert_eq!(users, [ADMIN, "eva", ADMIN], "newest first");
    console.get("/api/v1/tokens?user=nobody", StatusCode::NOT_FOUND).await;
    let evas = own["tokens"][0]["id"].as_str().expect("an id");
    console.delete(&format!("/api/v1/tokens/{evas}"), StatusCode::NO_CONTENT).await;
    console.ask(&eva, Method::GET, "/api/v1/runs", &json!({}), StatusCode::UNAUTHORIZED).await;
}

#[tokio::test]
async fn a_stream_ends_with_its_token() {
    let console = Console::start();
    let (id, secret) = console.issue(&token("viewer")).await;
    let stream = console.anonymous(Method::GET, "/api/v1/events").bearer_auth(&secret).send().await.expect("a stream");
    assert_eq!(stream.status(), StatusCode::OK);
    console.delete(&format!("/api/v1/tokens/{id}"), StatusCode::NO_CONTENT).await;
    let took = stream_end(stream).await;
    assert!(took < Duration::from_secs(5), "{took:?}");
}

#[tokio::test]
async fn nobody_piles_up_tokens_without_end() {
    let console = Console::start();
    console.person("eva", "viewer").await;
    let eva = console.token_of("eva", "viewer");
    let mut last = Value::Null;
    for _ in 1..100 {
        last = console.ask(&eva, Method::POST, "/api/v1/tokens", &token("viewer"), StatusCode::CREATED).await;
    }
    console.ask(&eva, Method::POST, "/api/v1/tokens", &token("viewer"), StatusCode::CONFLICT).await;
    let first = console.ask(&eva, Method::GET, "/api/v1/tokens?limit=60", &json!({}), StatusCode::OK).await;
    let cursor = first["cursor"].as_str().expect("more");
    let second = console
        .ask(&eva, Method::GET, &format!("/api/v1/tokens?limit=60&cursor={cursor}"), &json!({}), StatusCode::OK)
        .await;
    let count = |page: &Value| page["tokens"].as_array().map(Vec::len);
    assert_eq!((count(&first), count(&second), &second["cursor"]), (Some(60), Some(40), &Value::Null));
    let id = last["id"].as_str().expect("an id");
    console.ask(&eva, Method::DELETE, &format!("/api/v1/tokens/{id}"), &json!({}), StatusCode::NO_CONTENT).await;
    console.ask(&eva, Method::POST, "/api/v1/tokens", &token("viewer"), StatusCode::CREATED).await;
}
