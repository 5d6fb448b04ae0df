//! What callers of other programs were reported to send, or to meet: each is a public report of another tool, tried
//! here.

use std::{
    io::{Read as _, Write as _},
    net::TcpStream,
};

use reqwest::{Method, StatusCode, header};
use serde_json::{Value, json};

use crate::support::{Console, expect, sign_in, until, write};

/// Every path of the description that can be read, with what it needs.
const READ: [&str; 14] = [
    "runs",
    "jobs",
    "remotes",
    "users",
    "audit",
    "tokens",
    "sessions",
    "queue",
    "mounts",
    "overview",
    "providers",
    "backups/rclone/remotes",
    "operations/copy/options",
    "events",
];

#[tokio::test]
async fn a_parameter_that_a_call_does_not_have_is_refused_by_name() {
    let console = Console::start();
    write(&console.root(), "a/x", b"1");
    let mut tried = 0;
    for path in READ {
        let answer = console.request(Method::GET, &format!("/api/v1/{path}?fliter=x")).send().await.expect("an answer");
        if [StatusCode::NOT_FOUND, StatusCode::METHOD_NOT_ALLOWED].contains(&answer.status()) {
            continue;
        }
        tried += 1;
        let error = expect(answer, StatusCode::BAD_REQUEST).await;
        assert_eq!(error["message"], "The query is not valid at fliter: there is no such parameter.", "{path}");
    }
    assert!(tried >= 10, "{tried}");
    let (a, b) = (console.path("a"), console.path("b"));
    for (query, name) in [
        ("runs?state=failed&operaton=copy".to_owned(), "operaton"),
        ("runs?State=failed".to_owned(), "State"),
        ("runs?limit=1&%66oo=1".to_owned(), "foo"),
        ("runs?filter%5Bstate%5D=failed".to_owned(), "filter[state]"),
        (format!("files?location={a}&recursive=true"), "recursive"),
        (format!("backups/rclone/list?remote_path={a}&recursiv=true"), "recursiv"),
        (format!("backups/rclone/list/?remote_path={a}&recursiv=true"), "recursiv"),
        (format!("backups/rclone/size?remote_path={a}&_=1795858434"), "_"),
    ] {
        let error = console.get(&format!("/api/v1/{query}"), StatusCode::BAD_REQUEST).await;
        assert!(
            error["message"].as_str().is_some_and(|text| text.contains(&format!("at {name}:"))),
            "{query}: {error}"
        );
    }
    // What is no name is not repeated, and an unknown caller gets 401 first.
    let error = console.get("/api/v1/runs?hunter2%20secret=1", StatusCode::BAD_REQUEST).await;
    assert!(!error.to_string().contains("hunter2"), "{error}");
    let nobody = console.anonymous(Method::GET, "/api/v1/runs?foo=1").send().await.expect("an answer");
    assert_eq!(nobody.status(), StatusCode::UNAUTHORIZED);
    let error =
        console.post("/api/v1/backups/rclone/check?remote_name=x&timeout=1", &json!({}), StatusCode::BAD_REQUEST).await;
    assert!(error["message"].as_str().is_some_and(|text| text.contains("at timeout:")), "{error}");
    // The worst of it: a switch that is looked for in the body.
    for (call, body) in [("copy", json!({ "source": a, "destination": b })), ("delete", json!({ "remote_path": a }))] {
        let error =
            console.post(&format!("/api/v1/backups/rclone/{call}?dry_run=true"), &body, StatusCode::BAD_REQUEST).await;
        assert!(error["message"].as_str().is_some_and(|text| text.contains("dry_run")), "{error}");
    }
    assert!(console.root().join("a/x").exists() && !console.root().join("b").exists());
    // Health is asked in many ways, and answers.
    assert_eq!(console.get("/healthz?t=1", StatusCode::OK).await["status"], "ok");
}

#[tokio::test]
async fn a_blank_at_the_end_of_a_pattern_counts() {
    let console = Console::start();
    let blank = "\u{a0}";
    for (n, (pattern, gone)) in [
        ("old ", "old "),
        ("o?d ", "old "),
        ("old\\ ", "old "),
        ("/old ", "old "),
        ("old  ", "old  "),
        ("new\u{a0}", "new\u{a0}"),
        ("old", "old"),
        (" old", " old"),
    ]
    .into_iter()
    .enumerate()
    {
        let names = ["old", "old ", "old  ", " old", "new", "new\u{a0}", "keep"];
        for name in names {
            write(&console.root(), &format!("{n}/{name}"), b"1");
        }
        let body = json!({ "remote_path": console.path(&n.to_string()), "include": [pattern] });
        console.post("/api/v1/backups/rclone/delete", &body, StatusCode::OK).await;
        let left = |name: &str| console.root().join(n.to_string()).join(name).exists();
        assert_eq!(names.into_iter().filter(|name| !left(name)).collect::<Vec<_>>(), [gone], "{pattern:?}");

        let flags = json!({ "flags": { "filter": [format!("- {pattern}")] } });
        for (to, options) in [("excluded", json!({ "exclude": [pattern] })), ("filtered", flags)] {
            for name in names {
                write(&console.root(), &format!("{n}/{name}"), b"1");
            }
            let to = format!("{n}-{to}");
            let run = console.copy(&console.path(&n.to_string()), &console.path(&to), options).await;
            console.ended(&run).await;
            let missing = |name: &str| !console.root().join(&to).join(name).exists();
            assert_eq!(names.into_iter().filter(|name| missing(name)).collect::<Vec<_>>(), [gone], "{pattern:?}");
        }
    }
    // What rclone has no pattern for is refused: it would leave out, or set, something else.
    for (name, value) in [
        ("exclude_if_present", "marker ".to_owned()),
        ("metadata_set", "key=value ".to_owned()),
        ("header_upload", format!("X-A: b{blank}")),
    ] {
        let body = json!({ "operation": "copy", "source": console.path("0"), "destination": console.path("d"),
            "options": { "flags": { name: [value] } } });
        let error = console.post("/api/v1/runs", &body, StatusCode::BAD_REQUEST).await;
        assert!(
            error["fields"][format!("flags.{name}")].as_str().is_some_and(|text| text.contains("blank")),
            "{error}"
        );
    }
}

#[tokio::test]
async fn a_stale_cookie_beside_a_good_one_signs_nobody_out() {
    let console = Console::start();
    let good = sign_in(&console).await;
    let (name, value) = good.split_once('=').expect("a cookie");
    let turned: String = value.chars().rev().collect();
    let other = sign_in(&console).await;
    for cookies in [
        good.clone(),
        format!("{name}=stale; {good}"),
        format!("{good}; {name}=stale"),
        format!("{good}; {name}="),
        format!("{name}={turned}; {good}; {name}={turned}"),
        format!("__Host-{name}={value}; {good}"),
        format!("{good}; __Host-{name}=stale"),
        format!("{good}; {other}"),
    ] {
        let request = console.anonymous(Method::GET, "/api/v1/runs").header(header::COOKIE, &cookies);
        assert_eq!(
            request.send().await.expect("an answer").status(),
            StatusCode::OK,
            "{}",
            cookies.replace(value, "GOOD")
        );
    }
    // In a header of its own each, as HTTP/2 proxies send them.
    let request = console
        .anonymous(Method::GET, "/api/v1/runs")
        .header(header::COOKIE, &good)
        .header(header::COOKIE, format!("{name}=x"));
    assert_eq!(request.send().await.expect("an answer").status(), StatusCode::OK);
    for cookies in [format!("{name}=stale; {name}={turned}"), format!("{name}=")] {
        let request = console.anonymous(Method::GET, "/api/v1/runs").header(header::COOKIE, &cookies);
        assert_eq!(request.send().await.expect("an answer").status(), StatusCode::UNAUTHORIZED, "{cookies}");
    }
    // The one that counted is the one that is ended.
    let twins = format!("{name}=stale; {good}");
    let request = console.anonymous(Method::POST, "/api/fn/sessions/delete").header("origin", console.origin());
    request
        .header("accept", "text/html")
        .header(header::COOKIE, &twins)
        .form(&[("x", "")])
        .send()
        .await
        .expect("an answer");
    assert_eq!(console.me(&twins).await, None);
}

#[tokio::test]
async fn a_body_is_read_as_windows_sends_it_and_refused_in_words_else() {
    let console = Console::start();
    write(&console.root(), "a/x", b"1");
    let body = json!({ "source": console.path("a"), "destination": console.path("b"), "dry_run": true }).to_string();
    let marked = |text: &str| [b"\xef\xbb\xbf", text.as_bytes()].concat();
    let utf16 =
        |text: &str| std::iter::once(0xfeff).chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect::<Vec<_>>();
    let send = |bytes: Vec<u8>, encoding: Option<&'static str>| {
        let request =
            console.request(Method::POST, "/api/v1/backups/rclone/copy").header("content-type", "application/json");
        encoding.iter().fold(request, |request, encoding| request.header("content-encoding", *encoding)).body(bytes)
    };
    for (bytes, encoding) in [
        (marked(&body), None),
        (marked(&format!("\r\n{body}\r\n")), None),
        (body.clone().into_bytes(), Some("identity")),
    ] {
        expect(send(bytes, encoding).send().await.expect("an answer"), StatusCode::OK).await;
    }
    for (bytes, encoding, said) in [
        (utf16(&body), None, "UTF-16"),
        (b"\x1f\x8b\x08\0".to_vec(), Some("gzip"), "compressed"),
        (body.clone().into_bytes(), Some("br"), "compressed"),
        (marked(""), None, "not a JSON object"),
        (marked(&marked_twice(&body)), None, "not a JSON object"),
    ] {
        let error = expect(send(bytes, encoding).send().await.expect("an answer"), StatusCode::BAD_REQUEST).await;
        assert!(error["message"].as_str().is_some_and(|text| text.contains(said)), "{said}: {error}");
    }
}

fn marked_twice(text: &str) -> String {
    format!("\u{feff}{text}")
}

#[tokio::test]
async fn a_time_with_a_zone_is_read_from_a_query_and_what_is_no_number_says_so() {
    let console = Console::start();
    for good in [
        "2026-05-01T10:00:00+02:00",
        "2026-05-01T10:00:00%2B02:00",
        "2026-05-01T10:00:00-02:00",
        "2026-05-01%2010:00:00Z",
        "2026-05-01+10:00:00Z",
        "2026-05-01T10:00:00.5+00:00",
        "",
    ] {
        let page =
            console.get(&format!("/api/v1/audit?since={good}&until=2099-01-01T00:00:00+02:00"), StatusCode::OK).await;
        assert!(page["entries"].as_array().is_some_and(|entries| !entries.is_empty()), "{good}: {page}");
    }
    for bad in [
        "2026-05-01",
        "1777622400",
        "2026-05-01T10:00:00",
        "yesterday",
        "2026-13-01T10:00:00+02:00",
        "2026-05-01T10:00:00++02:00",
    ] {
        let error = console.get(&format!("/api/v1/audit?since={bad}"), StatusCode::BAD_REQUEST).await;
        let said = "The query is not valid at since: expected one in RFC 3339, as 2026-05-01T10:00:00Z.";
        assert_eq!(error["message"], said, "{bad}");
    }
    for bad in ["-1", "1e2", "50.0", "99999999999999999999", "%2050", "0x10", "%D9%A5"] {
        let error = console.get(&format!("/api/v1/runs?limit={bad}"), StatusCode::BAD_REQUEST).await;
        assert_eq!(
            error["message"], "The query is not valid at limit: expected a whole number that is not too large.",
            "{bad}"
        );
    }
}

/// What a server answers to these bytes until it ends the connection.
fn raw(console: &Console, bytes: &str) -> String {
    let mut stream = TcpStream::connect(console.origin().trim_start_matches("http://")).expect("connected");
    stream.write_all(bytes.as_bytes()).expect("sent");
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).expect("an end");
    String::from_utf8_lossy(&answer).into_owned()
}

#[tokio::test]
async fn a_body_whose_length_is_told_twice_hides_no_second_request() {
    let console = Console::start();
    let host = console.origin().trim_start_matches("http://").to_owned();
    let hidden = format!("GET /healthz HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
    for lengths in [
        "Content-Length: 5\r\nTransfer-Encoding: chunked",
        "Transfer-Encoding: chunked\r\nContent-Length: 5",
        "Content-Length: 5\r\nContent-Length: 6",
        "Content-Length: 5, 6",
        "Transfer-Encoding: chunked, gzip\r\nContent-Length: 5",
        "Transfer-Encoding: xchunked\r\nContent-Length: 5",
    ] {
        let first = format!("POST /api/v1/runs HTTP/1.1\r\nHost: {host}\r\n{lengths}\r\n\r\n0\r\n\r\n");
        let answer = raw(&console, &format!("{first}{hidden}"));
        assert_eq!(answer.matches("HTTP/1.1 ").count(), 1, "{lengths}: {answer}");
        assert!(!answer.contains("\"status\""), "{lengths}: {answer}");
    }
}

#[tokio::test]
async fn a_monitor_that_knows_little_of_http_is_answered() {
    let console = Console::start();
    for request in
        ["GET /healthz HTTP/1.0\r\n\r\n", "HEAD /readyz HTTP/1.0\r\n\r\n", "GET /healthz HTTP/1.0\r\nHost: \r\n\r\n"]
    {
        let answer = raw(&console, request);
        assert!(answer.starts_with("HTTP/1.0 200"), "{request}: {answer}");
    }
    let request =
        console.anonymous(Method::GET, "/healthz").header("x-forwarded-host", "evil").header("forwarded", "host=evil");
    assert_eq!(request.send().await.expect("an answer").status(), StatusCode::OK);
}

#[tokio::test]
async fn one_key_is_one_run_however_often_and_at_once_it_is_sent() {
    let console = Console::start();
    write(&console.root(), "a/x", b"1");
    let body = json!({ "operation": "copy", "source": console.path("a"), "destination": console.path("b") });
    let send = |body: Value| {
        console.request(Method::POST, "/api/v1/runs").header("idempotency-key", "nightly 1").json(&body).send()
    };
    let answers = futures::future::join_all((0..12).map(|_| send(body.clone()))).await;
    let mut ids = std::collections::BTreeSet::new();
    for answer in answers {
        ids.insert(expect(answer.expect("an answer"), StatusCode::ACCEPTED).await["id"].to_string());
    }
    assert_eq!(ids.len(), 1, "{ids:?}");
    let mut other = body.clone();
    other["destination"] = json!(console.path("c"));
    expect(send(other).await.expect("an answer"), StatusCode::CONFLICT).await;
    let id = ids.into_iter().next().expect("one").trim_matches('"').to_owned();
    console.ended(&id).await;
    let again = expect(send(body).await.expect("an answer"), StatusCode::ACCEPTED).await;
    assert_eq!(again["id"], id.as_str(), "after its end too");
    until("one run alone", async || {
        let page = console.get("/api/v1/runs", StatusCode::OK).await;
        page["runs"].as_array().filter(|runs| runs.len() == 1).map(|_| ())
    })
    .await;
}
