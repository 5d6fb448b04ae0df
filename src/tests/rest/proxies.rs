//! Behind a proxy: whose address it is, for the throttle, the audit log and sessions alike.

use reqwest::{Method, StatusCode};
use serde_json::Value;

use crate::support::{ADMIN, Console, PASSWORD};

/// Signs somebody in as a proxy passes it on; the status.
async fn sign_in(console: &Console, forwarded_for: &str, name: &str, password: &str) -> StatusCode {
    let form = [("username", name), ("password", password)];
    let request = console.anonymous(Method::POST, "/api/fn/sessions/create").header("origin", console.origin());
    let request = request.header("accept", "application/json").header("x-forwarded-for", forwarded_for).form(&form);
    request.send().await.expect("an answer").status()
}

/// The addresses of the last sign-ins that were tried, newest first.
async fn addresses(console: &Console) -> Vec<Value> {
    let rows = console.get("/api/v1/audit?action=session.create", StatusCode::OK).await;
    rows["entries"].as_array().expect("rows").iter().map(|row| row["address"].clone()).collect()
}

#[tokio::test]
async fn behind_a_trusted_proxy_each_client_has_an_address_and_tries_of_their_own() {
    let console = Console::start_with_env(&[("LONGSHORE_TRUSTED_PROXY", "10.0.0.0/8, 127.0.0.1")]);
    let mut tried = Vec::new();
    for n in 0..7 {
        // What the attacker writes to the left of the proxy's own hop gives them nothing.
        tried.push(sign_in(&console, &format!("198.51.100.{n}, 203.0.113.5"), "nobody", "wrong wrong wrong").await);
    }
    assert_eq!(tried[..5], [StatusCode::UNAUTHORIZED; 5]);
    assert_eq!(tried[5..], [StatusCode::TOO_MANY_REQUESTS; 2], "five tries, however many addresses they claim");
    assert_eq!(
        sign_in(&console, "198.51.100.1", ADMIN, PASSWORD).await,
        StatusCode::OK,
        "the owner, through the same proxy"
    );
    assert_eq!(sign_in(&console, "2001:db8::7, 10.1.2.3", ADMIN, PASSWORD).await, StatusCode::OK, "through two");
    let mut expected = vec![Value::from("2001:db8::7"), Value::from("198.51.100.1")];
    expected.extend(vec![Value::from("203.0.113.5"); 5]);
    assert_eq!(addresses(&console).await, expected);
}

#[tokio::test]
async fn without_a_trusted_proxy_the_header_counts_for_nothing_and_the_log_says_so_once() {
    let console = Console::start_talkative();
    for n in 0..3 {
        assert_eq!(
            sign_in(&console, &format!("198.51.100.{n}"), ADMIN, "wrong wrong wrong").await,
            StatusCode::UNAUTHORIZED
        );
    }
    assert_eq!(addresses(&console).await, vec![Value::from("127.0.0.1"); 3]);
    let said = console.said();
    let lines: Vec<_> = said.lines().filter(|line| line.contains("--trusted-proxy 127.0.0.1")).collect();
    assert_eq!(lines.len(), 1, "{lines:?}");
    assert!(
        lines[0].contains("X-Forwarded-For") && lines[0].contains("WARN") && !lines[0].contains("198.51.100"),
        "{lines:?}"
    );
}
