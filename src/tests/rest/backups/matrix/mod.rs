//! Which of the eleven endpoints answers with which status. This table, the description of the API, and what really
//! comes back are one and the same: each column is reached by real calls, in a file of its own, and a call that is
//! missing there fails the test.
//!
//! What the way in answers to everybody (408, 413) is in `door` and `refusals`.

mod absences;
mod ends;
mod failures;
mod limits;
mod refusals;

use std::collections::{BTreeMap, BTreeSet};

use futures::future::join_all;
use reqwest::{Method, RequestBuilder, StatusCode};
use serde_json::{Value, json};

use super::BASE;
use crate::support::{Console, expect};

/// Each endpoint and how it may end.
#[rustfmt::skip]
const TABLE: [(&str, &[u16]); 11] = [
    ("configure", &[200,      400, 401, 403,      409, 429, 500, 503, 504]),
    // Reads what the console itself has: nothing is asked that could be late.
    ("remotes",   &[200,           401, 403,           429, 500, 503     ]),
    ("sync",      &[200, 202, 400, 401, 403, 404, 409, 429, 500, 503, 504]),
    ("copy",      &[200, 202, 400, 401, 403, 404, 409, 429, 500, 503, 504]),
    ("move",      &[200, 202, 400, 401, 403, 404, 409, 429, 500, 503, 504]),
    ("delete",    &[200, 202, 400, 401, 403, 404, 409, 429, 500, 503, 504]),
    // 409: a page of a listing that is gone.
    ("list",      &[200,      400, 401, 403, 404, 409, 429, 500, 503, 504]),
    ("size",      &[200,      400, 401, 403, 404,      429, 500, 503, 504]),
    // Open to all: who shows no token needs none. One that is shown is looked at, and guessed ones are counted.
    ("providers", &[200,                               429, 500, 503, 504]),
    ("mount",     &[200,      400, 401, 403, 404, 409, 429, 500, 503, 504]),
    // A remote that is late is an answer: not connected, and why.
    ("check",     &[200,      400, 401, 403, 404,      429, 500, 503     ]),
];

/// What the way in answers, whatever is behind it.
const WAY_IN: [u16; 2] = [408, 413];

/// The endpoints that may end so.
fn column(status: StatusCode) -> BTreeSet<&'static str> {
    TABLE.iter().filter(|(_, row)| row.contains(&status.as_u16())).map(|(endpoint, _)| *endpoint).collect()
}

/// A call of nobody: `arguments` are the query or the body, wherever this endpoint wants them.
fn anonymous(console: &Console, endpoint: &str, arguments: &Value) -> RequestBuilder {
    let path = format!("{BASE}/{endpoint}");
    match endpoint {
        "remotes" | "list" | "size" | "providers" => console.anonymous(Method::GET, &path).query(arguments),
        "check" => console.anonymous(Method::POST, &path).query(arguments),
        _ => console.anonymous(Method::POST, &path).json(arguments),
    }
}

/// The same of the admin.
fn call(console: &Console, endpoint: &str, arguments: &Value) -> RequestBuilder {
    anonymous(console, endpoint, arguments).bearer_auth(console.token())
}

/// Makes calls, at the same time, and makes sure that each ends so, and that they are all that the table has for it.
/// What each answered.
async fn reach(status: StatusCode, calls: Vec<(&'static str, RequestBuilder)>) -> BTreeMap<&'static str, Value> {
    let asked: BTreeSet<_> = calls.iter().map(|(endpoint, _)| *endpoint).collect();
    assert_eq!(asked, column(status), "{status}: other calls than the table has");
    let answers = calls.into_iter().map(async |(endpoint, request)| {
        let answer = request.send().await.unwrap_or_else(|error| panic!("{endpoint}: {error}"));
        let found = answer.status();
        assert_eq!(found, status, "{endpoint}: {}", answer.text().await.expect("text"));
        (endpoint, expect(answer, status).await)
    });
    join_all(answers).await.into_iter().collect()
}

/// Makes sure that all of these are errors of this code.
fn are(answers: &BTreeMap<&str, Value>, code: &str) {
    for (endpoint, error) in answers {
        assert_eq!(error["code"], code, "{endpoint}: {error}");
        assert!(error["message"].as_str().is_some_and(|words| words.contains(' ')), "{endpoint}: {error}");
    }
}

#[tokio::test]
async fn the_table_is_what_the_description_of_the_api_says() {
    let console = Console::start();
    let api = console.get("/api/v1/openapi.json", StatusCode::OK).await;
    for (endpoint, row) in TABLE {
        let path = api["paths"][format!("{BASE}/{endpoint}")].as_object().expect("described");
        let operation = path.values().next().expect("a method");
        let described: BTreeSet<u16> = operation["responses"]
            .as_object()
            .expect("responses")
            .keys()
            .map(|status| status.parse().expect("a number"))
            .collect();
        let described: Vec<_> = described.into_iter().filter(|status| !WAY_IN.contains(status)).collect();
        assert_eq!(described, row, "{endpoint}");
    }
    let columns: BTreeSet<u16> = TABLE.iter().flat_map(|(_, row)| row.iter().copied()).collect();
    // Each has its test in one of the files beside this one.
    assert_eq!(columns.into_iter().collect::<Vec<_>>(), [200, 202, 400, 401, 403, 404, 409, 429, 500, 503, 504]);
}

/// The warm rclone of this console.
fn warm(console: &Console) -> Option<i32> {
    let all = console.processes(console.data().to_str().expect("text"));
    all.into_iter().find(|(_, line)| line.contains(" rcd ") && line.contains("/run/rcd.log")).map(|(pid, _)| pid)
}

/// What the transfers take.
fn transfer(source: &str, destination: &str) -> Value {
    json!({ "source": source, "destination": destination })
}
