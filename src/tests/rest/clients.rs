//! Clients that others wrote: those of the predecessor, those behind a proxy, and those that a generator makes from our
//! description.

use reqwest::{Method, StatusCode, header};
use serde_json::{Value, json};

use crate::support::{Console, sign_in, write};

const BASE: &str = "/api/v1/backups/rclone";

#[tokio::test]
async fn a_client_of_the_predecessor_is_understood() {
    let console = Console::start();
    write(&console.root(), "a/x/y", b"12");
    let (a, b) = (console.path("a"), console.path("b"));
    for query in
        ["recursive=True", "recursive=1", "recursive=yes&max_depth=", "recursive=on", "recursive=true&max_depth=2"]
    {
        let list = console.get(&format!("{BASE}/list?remote_path={a}&{query}"), StatusCode::OK).await;
        assert!(list.to_string().contains("\"y\""), "{query}: {list}");
    }
    for query in ["recursive=False", "recursive=0", "recursive=", "recursive=off"] {
        let list = console.get(&format!("{BASE}/list/?remote_path={a}&{query}"), StatusCode::OK).await;
        assert!(!list.to_string().contains("\"y\""), "{query}: {list}");
    }
    for extra in [
        json!({ "dry_run": null, "bwlimit": null, "exclude": null, "checksum": "true" }),
        json!({ "checksum": 1, "dry_run": "False" }),
        json!({ "transfers": "4", "checkers": 8.0, "include": null }),
    ] {
        let mut body = json!({ "source": a, "destination": b });
        body.as_object_mut().expect("an object").extend(extra.as_object().expect("an object").clone());
        console.post(&format!("{BASE}/copy/"), &body, StatusCode::OK).await;
    }
    for (n, extra) in [
        json!({ "encrypt_config": null, "encrypt": null }),
        json!({ "encrypt": "false" }),
        json!({ "config": { "remote": a, "description": null }, "encrypt": 0 }),
    ]
    .iter()
    .enumerate()
    {
        let mut body = json!({ "remote_name": format!("r{n}"), "provider": "alias", "config": { "remote": a } });
        body.as_object_mut().expect("an object").extend(extra.as_object().expect("an object").clone());
        console.post(&format!("{BASE}/configure"), &body, StatusCode::OK).await;
    }
    for (path, body, name) in [
        ("copy", json!({ "source": a, "destination": b, "bandwith": "1M" }), "bandwith"),
        ("sync", json!({ "source": a, "destination": b, "chksum": null }), "chksum"),
        ("delete", json!({ "remote_path": b, "dryrun": true }), "dryrun"),
    ] {
        let error = console.post(&format!("{BASE}/{path}"), &body, StatusCode::BAD_REQUEST).await;
        assert!(error["message"].as_str().is_some_and(|text| text.contains(name)), "{error}");
    }
}

#[tokio::test]
async fn what_a_proxy_adds_neither_signs_in_nor_out() {
    let console = Console::start();
    let signed_in = |cookie: String| {
        let console = &console;
        async move {
            let http = reqwest::Client::new();
            let mut statuses = Vec::new();
            for authorization in
                ["Bearer eyJhbGciOiJIUzI1NiJ9.e30.x", "Bearer x", "Basic dTpw", "Negotiate YII=", "Bearer", ""]
            {
                let cookie = header::HeaderValue::from_bytes(cookie.as_bytes()).expect("a header");
                let request = http.get(format!("{}/api/v1/runs", console.origin())).header(header::COOKIE, cookie);
                let request = request
                    .header(header::AUTHORIZATION, authorization)
                    .header("x-api-key", "1")
                    .header(header::ACCEPT, "text/html");
                statuses.push(request.send().await.expect("an answer").status());
            }
            statuses
        }
    };
    let cookie = sign_in(&console).await;
    assert!(signed_in(cookie.clone()).await.iter().all(|status| *status == StatusCode::OK));
    let foreign = format!("grafana_session={}; a=\u{e9}; {cookie}; b", "x".repeat(6000));
    assert!(signed_in(foreign).await.iter().all(|status| *status == StatusCode::OK));
    for _ in 0..8 {
        let statuses = signed_in("other=x".to_owned()).await;
        assert!(
            statuses.iter().all(|status| *status == StatusCode::UNAUTHORIZED),
            "not ours, so not throttled: {statuses:?}"
        );
    }
}

#[tokio::test]
async fn health_answers_by_any_name() {
    let console = Console::start();
    let http = reqwest::Client::new();
    for (host, path, expected) in [
        ("longshore:8084", "/healthz", 200),
        ("longshore:8084", "/readyz", 200),
        ("10.0.0.9", "/healthz", 200),
        ("[fd00::1]:8084", "/readyz", 200),
        ("longshore.default.svc.cluster.local.", "/healthz", 200),
        ("longshore:8084", "/api/v1/runs", 403),
        ("longshore:8084", "/metrics", 403),
        ("longshore:8084", "/", 403),
    ] {
        let request = http.request(Method::GET, format!("{}{path}", console.origin())).header(header::HOST, host);
        assert_eq!(request.send().await.expect("an answer").status().as_u16(), expected, "{host} {path}");
    }
}

/// Every schema within a schema, with the way there.
fn walk(path: &str, value: &Value, found: &mut Vec<(String, Value)>) {
    found.push((path.to_owned(), value.clone()));
    match value {
        Value::Object(fields) => fields.iter().for_each(|(name, value)| walk(&format!("{path}/{name}"), value, found)),
        Value::Array(values) => {
            values.iter().enumerate().for_each(|(n, value)| walk(&format!("{path}/{n}"), value, found));
        }
        _ => {}
    }
}

#[test]
fn a_generator_finds_a_type_and_words_for_everything() {
    let description = serde_json::to_value(longshore::server::http::openapi::description()).expect("JSON");
    let mut all = Vec::new();
    walk("", &description, &mut all);
    for (path, value) in &all {
        let Some(variants) = value["oneOf"].as_array() else { continue };
        for variant in variants {
            assert!(variant["allOf"].is_null(), "a variant of {path} is a struct within a tag: write its fields out");
        }
        let kinds: Vec<_> = variants.iter().filter_map(|variant| variant["type"].as_str()).collect();
        assert!(!(kinds.contains(&"integer") && kinds.contains(&"number")), "every integer is a number: {path}");
    }
    assert!(description["info"]["contact"]["name"].is_string());
    let mut ids = std::collections::BTreeSet::new();
    for (path, calls) in description["paths"].as_object().expect("paths") {
        for (method, call) in calls.as_object().expect("calls") {
            let words = |name: &str| call[name].as_str().is_some_and(|text| !text.trim().is_empty());
            assert!(words("summary") && words("description"), "{method} {path}");
            assert!(call["operationId"].as_str().is_some_and(|id| ids.insert(id.to_owned())), "{method} {path}");
            assert!(call["tags"].as_array().is_some_and(|tags| tags.len() == 1), "{method} {path}");
        }
    }
}
