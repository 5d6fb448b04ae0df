//! What is refused leaves a trace: who, what, from where; once, however often.

use reqwest::{Method, StatusCode, header};
use serde_json::{Value, json};

use crate::support::{Console, sign_in_as, write};

/// The rows of denials, oldest first: who, of which kind, and what was asked for.
async fn denials(console: &Console) -> Vec<(String, String, String)> {
    let page = console.get("/api/v1/audit?action=access.deny&limit=1000", StatusCode::OK).await;
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let mut rows: Vec<_> = page["entries"]
        .as_array()
        .expect("rows")
        .iter()
        .inspect(|row| {
            assert_eq!((&row["success"], &row["address"]), (&json!(false), &json!("127.0.0.1")), "{row}");
            assert!(row["detail"]["error"].as_str().is_some_and(|why| !why.is_empty()), "{row}");
        })
        .map(|row| (text(&row["user"]), text(&row["detail"]["kind"]), text(&row["target"])))
        .collect();
    rows.reverse();
    rows
}

#[tokio::test]
async fn each_kind_of_denial_is_recorded_once() {
    let console = Console::start();
    write(&console.root(), "a/x", b"1");
    console.person("vic", "viewer").await;
    console.person("olga", "operator").await;
    let (viewer, operator) = (console.token_of("vic", "viewer"), console.token_of("olga", "operator"));
    let (_, narrow) = console.issue(&json!({ "label": "narrow", "role": "admin", "scopes": ["runs.read"] })).await;
    let (foreign, _) = console.issue(&json!({ "label": "mine", "role": "viewer" })).await;
    let run = json!({ "operation": "copy", "source": console.path("a"), "destination": console.path("b") });
    let outside = json!({ "operation": "copy", "source": "/etc", "destination": console.path("b") });
    let remote = json!({ "name": "x", "provider": "alias", "config": { "remote": "/" } });
    for _ in 0..5 {
        for (token, method, path, body) in [
            (&viewer, Method::GET, "/api/v1/users", &json!({})),
            (&viewer, Method::POST, "/api/v1/runs", &run),
            (&viewer, Method::GET, "/api/v1/files?location=/etc", &json!({})),
            (&operator, Method::POST, "/api/v1/remotes", &remote),
            (&operator, Method::POST, "/api/v1/jobs/01JD3Z6N9V4M2K8Q7W5X1T0R3S/../../runs", &outside),
            (&narrow, Method::GET, "/api/v1/audit", &json!({})),
        ] {
            let path = path.replace("/jobs/01JD3Z6N9V4M2K8Q7W5X1T0R3S/../../runs", "/runs");
            console.ask(token, method, &path, body, StatusCode::FORBIDDEN).await;
        }
        let unknown = format!("lsh_{}", "x".repeat(43));
        console.ask(&unknown, Method::GET, "/api/v1/runs", &json!({}), StatusCode::UNAUTHORIZED).await;
        let other = console.request(Method::GET, "/api/v1/runs").header(header::HOST, "evil.example");
        assert_eq!(other.send().await.expect("an answer").status(), StatusCode::FORBIDDEN);
    }
    let session = sign_in_as(&console, "vic").await;
    let forged = console.anonymous(Method::POST, "/api/fn/users/theme").header(header::COOKIE, &session);
    let forged = forged.header(header::ORIGIN, "http://evil.example").form(&[("theme", "dark")]);
    assert_eq!(forged.send().await.expect("an answer").status(), StatusCode::FORBIDDEN);
    // By the browser's door, and as a page.
    for accept in ["application/json", "text/html"] {
        let form = console
            .anonymous(Method::POST, "/api/fn/users/create")
            .header(header::COOKIE, &session)
            .header(header::ACCEPT, accept);
        let form =
            form.header(header::ORIGIN, console.origin()).form(&[("name", "x"), ("role", "admin"), ("password", "y")]);
        form.send().await.expect("an answer");
    }
    console.anonymous(Method::GET, "/settings/people").header(header::COOKIE, &session).send().await.expect("a page");
    for _ in 0..3 {
        console
            .ask(&operator, Method::DELETE, &format!("/api/v1/tokens/{foreign}"), &json!({}), StatusCode::NOT_FOUND)
            .await;
        console
            .ask(
                &operator,
                Method::DELETE,
                "/api/v1/tokens/01JD3Z6N9V4M2K8Q7W5X1T0R3S",
                &json!({}),
                StatusCode::NOT_FOUND,
            )
            .await;
        for (flag, value) in [
            ("metadata_mapper", json!("/bin/sh")),
            ("--Metadata-Mapper", json!("/bin/sh")),
            ("nosuch", json!(1)),
            ("transfers", json!("many")),
        ] {
            let body = json!({ "operation": "copy", "source": console.path("a"), "destination": console.path("b"), "options": { "flags": { flag: value } } });
            console.ask(&operator, Method::POST, "/api/v1/runs", &body, StatusCode::BAD_REQUEST).await;
        }
        let remote = json!({ "name": "x", "provider": "sftp", "config": { "host": "h", "ssh": "sh -c id" } });
        console.post("/api/v1/remotes", &remote, StatusCode::BAD_REQUEST).await;
    }

    let found = denials(&console).await;
    let row = |user: &str, kind: &str, route: &str| (user.to_owned(), kind.to_owned(), route.to_owned());
    for wanted in [
        row("vic", "forbidden", "GET /api/v1/users"),
        row("vic", "forbidden", "POST /api/v1/runs"),
        row("vic", "forbidden", "GET /api/v1/files"),
        row("olga", "forbidden", "POST /api/v1/remotes"),
        row("olga", "forbidden", "POST /api/v1/runs"),
        row("olga", "option", "POST /api/v1/runs"),
        row("olga", "foreign", "DELETE /api/v1/tokens/{id}"),
        row("marianne", "option", "POST /api/v1/remotes"),
        row("marianne", "forbidden", "GET /api/v1/audit"),
        row("", "unknown_token", "GET /api/v1/runs"),
        row("", "host", "GET /api/v1/runs"),
        row("", "origin", "POST /api/fn/users"),
        row("vic", "forbidden", "POST /api/fn/users/create"),
        row("vic", "forbidden", "GET /settings/people"),
    ] {
        assert_eq!(found.iter().filter(|row| **row == wanted).count(), 1, "{wanted:?}: {found:#?}");
    }
    assert_eq!(found.len(), 14, "{found:#?}");
}

#[tokio::test]
async fn a_flood_of_denials_is_a_few_rows_and_says_when_tries_ran_out() {
    let console = Console::start();
    console.person("vic", "viewer").await;
    let viewer = console.token_of("vic", "viewer");
    for n in 0..400 {
        console.ask(&viewer, Method::GET, "/api/v1/users", &json!({}), StatusCode::FORBIDDEN).await;
        let path = format!("/made-up-{n}");
        let other = console.anonymous(Method::GET, &path).header(header::HOST, "evil.example");
        assert_eq!(other.send().await.expect("an answer").status(), StatusCode::FORBIDDEN);
    }
    let mut limited = 0;
    for _ in 0..60 {
        let unknown = format!("lsh_{}", "y".repeat(43));
        let answer =
            console.anonymous(Method::GET, "/api/v1/runs").bearer_auth(unknown).send().await.expect("an answer");
        limited += usize::from(answer.status() == StatusCode::TOO_MANY_REQUESTS);
    }
    assert!(limited > 0);
    let found = denials(&console).await;
    assert!(found.len() <= 2 * 110, "{}", found.len());
    for kind in ["rate_limited", "unknown_token", "host", "forbidden"] {
        assert!(found.iter().any(|row| row.1 == kind), "{kind}");
    }
}
