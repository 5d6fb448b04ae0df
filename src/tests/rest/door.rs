//! Who is let in, what is refused, and in what words: for every route there is, from the API's own description.

use reqwest::{Method, StatusCode, header};
use serde_json::{Value, json};

use crate::support::{Console, expect, run_longshore};

/// Every call of the API's own description, with an id and a name that fit.
async fn calls(console: &Console) -> Vec<(Method, String)> {
    let api = console.get("/api/v1/openapi.json", StatusCode::OK).await;
    let mut calls = Vec::new();
    for (path, methods) in api["paths"].as_object().expect("paths") {
        let path = path.replace("{id}", "01JD3Z6N9V4M2K8Q7W5X1T0R3S").replace("{name}", "nosuch");
        for method in methods.as_object().expect("methods").keys() {
            calls.push((method.to_uppercase().parse().expect("a method"), path.clone()));
        }
    }
    assert!(calls.len() >= 11, "{calls:?}");
    calls
}

#[tokio::test]
async fn nobody_gets_in_without_a_credential() {
    let console = Console::start();
    // That no call at all answers without one is looked at in `policy`; guessing tokens is slowed down.
    let open = "/api/v1/backups/rclone/providers";
    for (method, path) in calls(&console).await.into_iter().filter(|(_, path)| path != open).take(10) {
        let answer = console.anonymous(method.clone(), &path).json(&json!({})).send().await.expect("an answer");
        assert_eq!(
            answer.headers().get(header::WWW_AUTHENTICATE).map(|value| value.as_bytes()),
            Some(b"Bearer".as_slice()),
            "{method} {path}"
        );
        let error = expect(answer, StatusCode::UNAUTHORIZED).await;
        assert_eq!(error["code"], "unauthenticated", "a body is not even read for somebody unknown: {method} {path}");
        let answer = console
            .anonymous(method.clone(), &path)
            .bearer_auth("lsh_wrong")
            .json(&json!({}))
            .send()
            .await
            .expect("an answer");
        let error = expect(answer, StatusCode::UNAUTHORIZED).await;
        assert_eq!(error["code"], "unauthenticated", "{method} {path}");
    }
    for page in [
        "/",
        "/runs",
        "/runs/01JD3Z6N9V4M2K8Q7W5X1T0R3S",
        "/remotes",
        "/remotes/new",
        "/browse",
        "/browse/local/",
        "/jobs",
        "/jobs/new",
        "/jobs/01JD3Z6N9V4M2K8Q7W5X1T0R3S",
        "/audit",
        "/settings/people",
    ] {
        let answer = console.anonymous(Method::GET, page).send().await.expect("an answer");
        assert_eq!(answer.status(), StatusCode::SEE_OTHER, "{page}");
        let to = answer.headers()[header::LOCATION].to_str().expect("text");
        assert!(to.starts_with("/login"), "{page} {to}");
    }
}

#[tokio::test]
async fn a_token_in_the_address_is_no_credential() {
    let console = Console::start();
    let token =
        run_longshore(&console.data(), &["token", "create", "--user", crate::support::ADMIN, "--name", "second"], "");
    let token = String::from_utf8(token.stdout).expect("text");
    for query in ["token", "access_token", "bearer"] {
        let path = format!("/api/v1/runs?{query}={}", token.trim());
        expect(console.anonymous(Method::GET, &path).send().await.expect("an answer"), StatusCode::UNAUTHORIZED).await;
    }
}

#[tokio::test]
async fn a_bad_body_is_a_sentence_and_never_a_failure() {
    let console = Console::start();
    for (method, path) in calls(&console).await.into_iter().filter(|(method, _)| *method == Method::POST) {
        for body in ["", "{", "[]", "null", "\"x\"", "{\"source\":1}", "{\"name\":{}}", &"[".repeat(100_000)] {
            let request = console.request(method.clone(), &path).header(header::CONTENT_TYPE, "application/json");
            let answer = request.body(body.to_owned()).send().await.expect("an answer");
            let status = answer.status();
            assert!(status.is_client_error(), "{path} {}: {status}", &body[..body.len().min(20)]);
            let error: Value = answer.json().await.expect("JSON");
            assert!(error["message"].as_str().is_some_and(|message| !message.is_empty()), "{path}: {error}");
        }
        let large = format!("{{\"source\":\"{}\"}}", "x".repeat(3 << 20));
        let request = console.request(method.clone(), &path).header(header::CONTENT_TYPE, "application/json");
        if !path.contains("nosuch") && !path.contains("01JD") {
            expect(request.body(large).send().await.expect("an answer"), StatusCode::PAYLOAD_TOO_LARGE).await;
        }
    }
    let unknown = console.get("/api/v1/nosuch", StatusCode::NOT_FOUND).await;
    assert_eq!(unknown["code"], "not_found");
    let unknown = console.get("/api/v1/runs/nosuch", StatusCode::NOT_FOUND).await;
    assert_eq!(unknown["code"], "not_found");
    console.get("/api/v1/runs?limit=100000", StatusCode::BAD_REQUEST).await;
    console.get("/api/v1/runs?state=nosuch", StatusCode::BAD_REQUEST).await;
    console.get("/api/v1/files", StatusCode::BAD_REQUEST).await;
}

#[tokio::test]
async fn every_answer_has_the_security_headers() {
    let console = Console::start();
    let pages = ["/login", "/nosuch", "/docs", "/redoc"];
    let others = ["/api/v1/nosuch", "/api/v1/runs", "/healthz", "/readyz", "/icons.svg", "/api/v1/openapi.json"];
    for path in pages.into_iter().chain(others) {
        let answer = console.request(Method::GET, path).send().await.expect("an answer");
        let headers = answer.headers();
        for name in [
            "content-security-policy",
            "x-content-type-options",
            "referrer-policy",
            "x-frame-options",
            "permissions-policy",
        ] {
            assert!(headers.contains_key(name), "{path} has no {name}");
        }
        let policy = headers["content-security-policy"].to_str().expect("text");
        assert!(policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"), "{path}: {policy}");
        assert!(!policy.contains("unsafe-inline") && !policy.contains("'unsafe-eval'"), "{path}: {policy}");
    }
    let login = console.anonymous(Method::GET, "/login").send().await.expect("an answer");
    let policy = login.headers()["content-security-policy"].to_str().expect("text").to_owned();
    let page = login.text().await.expect("a page");
    let nonce = policy.split("'nonce-").nth(1).and_then(|rest| rest.split('\'').next()).expect("a nonce");
    assert!(page.contains(nonce), "the page's scripts carry the nonce of its policy");
    assert!(!page.contains(" style=\""), "a style attribute would be refused by the policy");
}

#[tokio::test]
async fn the_documents_are_open_and_their_pages_run_what_carries_their_nonce_only() {
    let console = Console::start();
    let mut nonces = std::collections::BTreeSet::new();
    for path in ["/docs", "/redoc", "/docs", "/redoc"] {
        let answer = console.anonymous(Method::GET, path).send().await.expect("an answer");
        assert_eq!(answer.status(), StatusCode::OK, "{path}");
        let policy = answer.headers()["content-security-policy"].to_str().expect("text").to_owned();
        let page = answer.text().await.expect("a page");
        let nonce = policy
            .split("script-src 'nonce-")
            .nth(1)
            .and_then(|rest| rest.split('\'').next())
            .expect("a nonce")
            .to_owned();
        assert!(policy.contains(&format!("script-src 'nonce-{nonce}'; ")), "nothing else runs: {policy}");
        assert_eq!(
            page.matches("<script").count(),
            page.matches(&format!("<script nonce=\"{nonce}\" src=\"/pkg/")).count(),
            "{page}"
        );
        assert!(
            page.contains("/api/v1/openapi.json") && !page.contains("http://") && !page.contains("https://"),
            "{page}"
        );
        nonces.insert(nonce);
    }
    assert_eq!(nonces.len(), 4, "a nonce is used once");
    expect(console.anonymous(Method::GET, "/api/v1/openapi.json").send().await.expect("an answer"), StatusCode::OK)
        .await;
}

#[tokio::test]
async fn another_site_can_not_make_the_browser_act() {
    let console = Console::start();
    let session = crate::support::sign_in(&console).await;
    for (origin, site, status) in [
        (Some("http://evil.example"), None, 403),
        (Some("null"), None, 403),
        (None, Some("cross-site"), 403),
        (None, Some("same-site"), 403),
        (None, None, 403),
        (Some(console.origin()), Some("same-origin"), 200),
    ] {
        let mut request = console.anonymous(Method::POST, "/api/fn/users/theme").header(header::COOKIE, &session);
        request = request.header(header::ACCEPT, "application/json").form(&[("theme", "dark")]);
        if let Some(origin) = origin {
            request = request.header(header::ORIGIN, origin);
        }
        if let Some(site) = site {
            request = request.header("sec-fetch-site", site);
        }
        let answer = request.send().await.expect("an answer");
        assert_eq!(answer.status().as_u16(), status, "{origin:?} {site:?}: {}", answer.text().await.expect("text"));
    }
    for host in ["evil.example", "127.0.0.1.evil.example", "", "localhost:1"] {
        let answer = console.anonymous(Method::GET, "/login").header(header::HOST, host).send().await;
        if let Ok(answer) = answer {
            assert!(answer.status().is_client_error(), "{host:?}: {}", answer.status());
        }
    }
}
