//! The program's own log: one event when a run starts, one when it ends, however it ends; and an error with the
//! request and the user that it belongs to.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use sqlx::{Connection as _, SqliteConnection};

use crate::support::{ADMIN, Console, kill, sign_in, until, write};

/// What a console logs by default.
const LEVEL: [(&str, &str); 1] = [("LONGSHORE_LOG", "info")];
/// What no line of the log may hold: the names of files and folders, and what people wrote.
const PRIVATE: [&str; 6] = ["holiday", "nowhere-to-be-found", "in-the-way", "My \"job\"", "because I say so", "\u{1b}"];

/// The lines that say `message` of this run.
fn events(console: &Console, message: &str, id: &str) -> Vec<String> {
    let run = format!(" run={id} ");
    console.said().lines().filter(|line| line.contains(message) && line.contains(&run)).map(str::to_owned).collect()
}

/// The value of a field; `None` when the line does not have it.
fn field<'a>(line: &'a str, name: &str) -> Option<&'a str> {
    let from = line.find(&format!(" {name}="))? + name.len() + 2;
    line[from..].split(' ').next()
}

/// Waits for a run to end, and checks its two events against what REST says of it.
async fn checked(console: &Console, id: &str, starts: usize, via: &str) -> Value {
    let run = console.ended(id).await;
    until("its end is logged", async || (!events(console, "run ended", id).is_empty()).then_some(())).await;
    let (started, ended) = (events(console, "run started", id), events(console, "run ended", id));
    assert_eq!((started.len(), ended.len()), (starts, 1), "{run}\n{started:?}\n{ended:?}");
    let text = |value: &Value| match value {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        other => Some(other.to_string()),
    };
    for line in started.iter().chain(&ended) {
        assert!(line.contains(" INFO "), "{line}");
        assert_eq!(field(line, "operation").map(str::to_owned), text(&run["operation"]), "{line}");
        assert_eq!(field(line, "job").map(str::to_owned), text(&run["job"]["id"]), "{line}");
    }
    if let Some(line) = started.first() {
        assert_eq!(field(line, "via"), Some(via), "{line}");
    }
    let line = &ended[0];
    for (name, value) in [("state", &run["state"]), ("exit_code", &run["exit_code"]), ("bytes", &run["stats"]["bytes"])]
    {
        assert_eq!(field(line, name).map(str::to_owned), text(value), "{name}: {line}\n{run}");
    }
    assert!(field(line, "duration_ms").is_some_and(|ms| ms.parse::<u64>().is_ok()), "{line}");
    run
}

async fn start(console: &Console, more: Value) -> String {
    let mut body = json!({ "source": console.path("holiday"), "destination": console.path("copy") });
    body.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
    let run = console.post("/api/v1/runs", &body, StatusCode::ACCEPTED).await;
    run["id"].as_str().expect("an id").to_owned()
}

async fn slow(console: &Console) -> String {
    let id = start(console, json!({ "destination": console.path("slow"), "options": { "bwlimit": "1M" } })).await;
    console.run_until(&id, "it runs", |run| run["state"] == "running").await;
    id
}

/// The end of every run so far is in the log once; also after another start of the console, which finds nothing to end.
async fn none_is_logged_twice(console: &mut Console, ids: &[String]) {
    console.terminate();
    console.restart_with_env(&LEVEL);
    let last = start(console, json!({ "destination": console.path("last") })).await;
    checked(console, &last, 1, "token").await;
    for id in ids {
        assert_eq!(events(console, "run ended", id).len(), 1, "{id}: {}", console.said());
    }
    for private in PRIVATE {
        assert!(!console.said().contains(private), "{private}: {}", console.said());
    }
}

#[tokio::test]
async fn a_run_has_one_event_when_it_starts_and_one_when_it_ends_however_it_ends() {
    let mut console = Console::start_logged();
    write(&console.root(), "holiday/photo", &vec![7; 8 << 20]);
    for n in 0..20 {
        write(&console.root(), &format!("many/f{n}"), b"x");
    }
    let mut ids = Vec::new();
    let mut expect = async |console: &Console, id: String, state: &str, starts: usize| {
        let run = checked(console, &id, starts, "token").await;
        assert_eq!(run["state"], state, "{run}");
        ids.push(id);
        run
    };
    let id = start(&console, json!({})).await;
    let run = expect(&console, id, "succeeded", 1).await;
    assert_eq!(run["stats"]["bytes"], 8 << 20, "{run}");

    // Fails, is tried again, and fails: one run. The folder where the file should be is in the way.
    write(&console.root(), "blocked/photo/in-the-way", b"x");
    let blocked = json!({ "destination": console.path("blocked"), "retry": { "attempts": 2, "backoff_secs": 1 } });
    let id = start(&console, blocked).await;
    expect(&console, id, "failed", 1).await;

    let id = start(&console, json!({ "source": console.path("nowhere-to-be-found") })).await;
    expect(&console, id, "blocked", 1).await;
    let body = json!({ "operation": "delete", "source": console.path("many") });
    let run = console.post("/api/v1/runs", &body, StatusCode::ACCEPTED).await;
    expect(&console, run["id"].as_str().expect("an id").to_owned(), "blocked", 1).await;

    let id = start(
        &console,
        json!({ "destination": console.path("late"), "options": { "bwlimit": "1M" }, "time_limit_secs": 1 }),
    )
    .await;
    expect(&console, id, "timed_out", 1).await;

    // Two that wait for the first: they end in the queue, and never started.
    let first = slow(&console).await;
    let (stopped, late) = (
        start(&console, json!({ "destination": console.path("slow") })).await,
        start(&console, json!({ "destination": console.path("slow"), "time_limit_secs": 1 })).await,
    );
    let reason = json!({ "reason": "because I say so" });
    console.post(&format!("/api/v1/runs/{stopped}/stop"), &reason, StatusCode::ACCEPTED).await;
    expect(&console, stopped, "cancelled", 0).await;
    expect(&console, late, "timed_out", 0).await;
    console.post(&format!("/api/v1/runs/{first}/stop"), &reason, StatusCode::ACCEPTED).await;
    let run = expect(&console, first.clone(), "cancelled", 1).await;
    let line = &events(&console, "run ended", &first)[0];
    assert!(field(line, "duration_ms").and_then(|ms| ms.parse::<u64>().ok()) > Some(0), "{line} {run}");

    // Found again after a restart; and gone with its processes.
    let adopted = slow(&console).await;
    console.kill();
    console.restart_with_env(&LEVEL);
    expect(&console, adopted, "succeeded", 1).await;
    let lost = start(&console, json!({ "destination": console.path("lost"), "options": { "bwlimit": "1M" } })).await;
    console.run_until(&lost, "it runs", |run| run["state"] == "running").await;
    console.kill();
    console.processes(&lost).iter().for_each(|(pid, _)| kill(*pid));
    until("both are gone", async || console.processes(&lost).is_empty().then_some(())).await;
    console.restart_with_env(&LEVEL);
    expect(&console, lost, "interrupted", 1).await;
    none_is_logged_twice(&mut console, &ids).await;
}

#[tokio::test]
async fn runs_of_a_job_and_of_the_job_that_follows_name_it_and_how_they_came() {
    let mut console = Console::start_logged();
    write(&console.root(), "holiday/photo", b"x");
    let job = async |more: Value| {
        let mut spec = json!({ "operation": "copy", "source": console.path("holiday") });
        spec.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
        let made = console.post("/api/v1/jobs", &spec, StatusCode::CREATED).await;
        made["id"].as_str().expect("an id").to_owned()
    };
    let next = job(json!({ "name": "next", "destination": console.path("two") })).await;
    let followers = json!([{ "job": next, "after": "success" }]);
    let first = job(json!({ "name": "My \"job\"", "destination": console.path("one"), "followers": followers })).await;
    let run = console.post(&format!("/api/v1/jobs/{first}/runs"), &json!({}), StatusCode::ACCEPTED).await;
    let id = run["id"].as_str().expect("an id").to_owned();
    checked(&console, &id, 1, "token").await;
    let follower = until("the second has ended", async || {
        let list = console.get("/api/v1/runs", StatusCode::OK).await;
        let found = list["runs"].as_array()?.iter().find(|run| run["job"]["name"] == "next")?;
        Some(found["id"].as_str()?.to_owned())
    })
    .await;
    checked(&console, &follower, 1, "chain").await;
    none_is_logged_twice(&mut console, &[id, follower]).await;
}

#[tokio::test]
async fn an_error_in_the_log_carries_the_request_that_the_answer_names_and_the_user() {
    let console = Console::start_logged();
    let session = sign_in(&console).await;
    let url = format!("sqlite://{}", console.data().join("longshore.db").display());
    let mut other = SqliteConnection::connect(&url).await.expect("opened");
    sqlx::query("BEGIN EXCLUSIVE").execute(&mut other).await.expect("locked");
    let job = json!({ "name": "My \"job\"", "operation": "copy", "source": console.path("holiday"), "destination": console.path("b") });
    let by_token = console.request(Method::POST, "/api/v1/jobs").json(&job);
    // A form's way, in the same words.
    let by_session = console
        .anonymous(Method::POST, "/api/fn/queue/update")
        .header("origin", console.origin())
        .header("cookie", session)
        .form(&[("paused", "true")]);
    for request in [by_token, by_session] {
        // A client's own id is not written down: anybody could write anything there.
        let answer = request.header("x-request-id", "mine").send().await.expect("an answer");
        let id = answer.headers()["x-request-id"].to_str().expect("text").to_owned();
        assert_eq!((answer.status(), id.len()), (StatusCode::SERVICE_UNAVAILABLE, 26), "{:?}", answer.text().await);
        let error: Value = answer.json().await.expect("JSON");
        let reference = error["reference"].as_str().expect("a reference").to_owned();
        let line = until("the error is logged", async || {
            console.said().lines().find(|line| line.contains(&reference)).map(str::to_owned)
        })
        .await;
        assert!(line.contains(" ERROR "), "{line}");
        for part in [format!("request_id={id}"), format!("user=\"{ADMIN}\""), "route=/api/".to_owned()] {
            assert!(line.contains(&part), "{part} is not in {line}");
        }
    }
    sqlx::query("ROLLBACK").execute(&mut other).await.expect("free");
    for private in PRIVATE.iter().chain(&["mine", console.token()]) {
        assert!(!console.said().contains(private), "{private}: {}", console.said());
    }
}
