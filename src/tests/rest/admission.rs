//! Who may still start a run when it is its turn, and how many may wait: for a start, a queued run and a follower
//! alike.

use longshore::{
    domain::{
        audit::Via, guard::Guards, id::UserId, location::Location, operation::Operation, retry::Retry, time::Timestamp,
        transfer::TransferOptions,
    },
    server::store::{Store, new_id, runs},
};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::support::{Console, write};

async fn pause(console: &Console, paused: bool) {
    console.patch("/api/v1/queue", &json!({ "paused": paused }), StatusCode::OK).await;
}

fn body(console: &Console, from: &str, to: &str) -> Value {
    json!({ "source": console.path(from), "destination": console.path(to) })
}

async fn start(console: &Console, token: &str, body: &Value) -> String {
    let run = console.ask(token, Method::POST, "/api/v1/runs", body, StatusCode::ACCEPTED).await;
    run["id"].as_str().expect("an id").to_owned()
}

/// Saves a job in the name of who has this token; its id.
async fn save(console: &Console, token: &str, name: &str, to: &str, followers: &Value) -> String {
    let mut job = body(console, "a", to);
    job["name"] = json!(name);
    job["operation"] = json!("copy");
    job["followers"] = followers.clone();
    let job = console.ask(token, Method::POST, "/api/v1/jobs", &job, StatusCode::CREATED).await;
    job["id"].as_str().expect("an id").to_owned()
}

/// The notes on a run that a follower of it could not be started.
fn refusals(run: &Value) -> Vec<&str> {
    let notes = run["events"].as_array().expect("events").iter().filter_map(|event| event["detail"].as_str());
    notes.filter(|note| note.contains("could not be started after it")).collect()
}

#[tokio::test]
async fn a_queued_run_whose_owner_may_not_start_runs_any_more_is_not_started() {
    for (change, why) in [
        (json!({ "disabled": true }), "the account is disabled"),
        (json!({ "role": "viewer" }), "that needs the role operator, and theirs is viewer now"),
        (json!({ "role": "viewer", "disabled": true }), "the account is disabled"),
    ] {
        for extra in [
            json!({}),
            json!({ "retry": { "attempts": 3, "backoff_secs": 1 } }),
            json!({ "options": { "dry_run": true } }),
        ] {
            let console = Console::start();
            write(&console.root(), "a/x", b"x");
            let eva = console.person("eva", "operator").await;
            let token = console.token_of("eva", "operator");
            pause(&console, true).await;
            let mut asked = body(&console, "a", "b");
            asked.as_object_mut().expect("an object").extend(extra.as_object().expect("an object").clone());
            let id = start(&console, &token, &asked).await;
            let mine = console.copy(&console.path("a"), &console.path("c"), json!({})).await;
            console.patch(&format!("/api/v1/users/{eva}"), &change, StatusCode::OK).await;
            pause(&console, false).await;
            let run = console.ended(&id).await;
            assert_eq!((&run["state"], &run["attempt"]), (&json!("blocked"), &json!(1)), "{change} {extra}: {run}");
            assert_eq!(run["guard_report"]["reason"], "not_allowed", "{run}");
            let words = format!("It was not started, and nothing was changed. “eva” may no longer start runs: {why}.");
            assert_eq!(run["error"], words, "{change} {extra}");
            assert!(run["started_at"].is_null() && !console.root().join("b").exists(), "{run}");
            assert_eq!(console.ended(&mine).await["state"], "succeeded", "another person's run goes on");
            let audit = console.get("/api/v1/audit?action=rclone.copy&user=eva", StatusCode::OK).await;
            let ends = audit["entries"].as_array().expect("entries");
            assert_eq!(ends.len(), 1, "{audit}");
            assert_eq!((&ends[0]["success"], &ends[0]["detail"]["error"]), (&json!(false), &json!(words)), "{audit}");
        }
    }
}

#[tokio::test]
async fn an_owner_who_is_let_in_again_or_raised_before_its_turn_has_the_run_started() {
    let console = Console::start();
    write(&console.root(), "a/x", b"x");
    let eva = console.person("eva", "operator").await;
    let token = console.token_of("eva", "operator");
    pause(&console, true).await;
    let id = start(&console, &token, &body(&console, "a", "b")).await;
    for change in [json!({ "disabled": true }), json!({ "disabled": false }), json!({ "role": "admin" })] {
        console.patch(&format!("/api/v1/users/{eva}"), &change, StatusCode::OK).await;
    }
    pause(&console, false).await;
    assert_eq!(console.ended(&id).await["state"], "succeeded");
}

#[tokio::test]
async fn a_console_that_starts_again_asks_for_the_owner_as_well() {
    let mut console = Console::start();
    write(&console.root(), "a/x", b"x");
    let eva = console.person("eva", "operator").await;
    let token = console.token_of("eva", "operator");
    pause(&console, true).await;
    let id = start(&console, &token, &body(&console, "a", "b")).await;
    console.patch(&format!("/api/v1/users/{eva}"), &json!({ "disabled": true }), StatusCode::OK).await;
    console.kill();
    console.restart();
    pause(&console, false).await;
    assert_eq!(console.ended(&id).await["state"], "blocked");
    assert!(!console.root().join("b").exists());
}

#[tokio::test]
async fn a_follower_whose_owner_may_not_start_runs_any_more_is_blocked_and_others_are_not() {
    for (change, why) in [
        (json!({ "disabled": true }), "the account is disabled"),
        (json!({ "role": "viewer" }), "that needs the role operator, and theirs is viewer now"),
    ] {
        let console = Console::start();
        write(&console.root(), "a/x", b"x");
        let eva = console.person("eva", "operator").await;
        let token = console.token_of("eva", "operator");
        let hers = save(&console, &token, "hers", "b", &json!([])).await;
        let mine = save(&console, console.token(), "mine", "c", &json!([])).await;
        let followers = json!([{ "job": hers, "after": "always" }, { "job": mine, "after": "always" }]);
        let first = save(&console, console.token(), "first", "d", &followers).await;
        console.patch(&format!("/api/v1/users/{eva}"), &change, StatusCode::OK).await;
        let run = console.post(&format!("/api/v1/jobs/{first}/runs"), &json!({}), StatusCode::ACCEPTED).await;
        let run = console.ended(run["id"].as_str().expect("an id")).await;
        assert_eq!(run["state"], "succeeded", "{run}");
        let follower = console.get(&format!("/api/v1/runs?job={hers}"), StatusCode::OK).await["runs"][0].clone();
        let follower = console.ended(follower["id"].as_str().expect("queued")).await;
        let expected = format!("It was not started, and nothing was changed. “eva” may no longer start runs: {why}.");
        assert_eq!((&follower["state"], &follower["error"]), (&json!("blocked"), &json!(expected)), "{follower}");
        assert!(!console.root().join("b").exists());
        let audit = console.get("/api/v1/audit?action=rclone.copy&user=eva&success=false", StatusCode::OK).await;
        assert_eq!(audit["entries"][0]["detail"]["state"], "blocked", "{audit}");
        let other = console.get(&format!("/api/v1/runs?job={mine}"), StatusCode::OK).await;
        assert_eq!(other["runs"].as_array().expect("runs").len(), 1, "the other follower is started: {other}");
        console.ended(other["runs"][0]["id"].as_str().expect("an id")).await;
    }
}

/// Fills the queue of a console that is down with runs of this person.
async fn fill(console: &Console, count: i64, user: UserId) {
    let store = Store::open(&console.data().join("longshore.db")).await.expect("the database");
    let mut tx = store.begin().await.expect("begin");
    let location = |name: &str| Location::parse(&console.path(name)).expect("a location");
    let now = 1_763_906_531_250;
    for n in 0..count {
        let task = runs::Task {
            operation: Operation::Copy,
            source: location("a"),
            destination: Some(location("full")),
            options: TransferOptions::default(),
            guards: Guards::default(),
            retry_of: None,
        };
        let row = runs::NewRow {
            id: new_id(Timestamp(now + n)),
            task,
            places: Vec::new(),
            spec: String::new(),
            approved_by: None,
            job: None,
            parent: None,
            retry: Retry::default(),
            priority: 0,
            user_id: user,
            user: "gone".to_owned(),
            via: Via::Token,
            token: None,
            confirmed: false,
            address: None,
            created_at: Timestamp(now + n),
            deadline_at: None,
            idempotency_key: None,
        };
        runs::insert(&mut tx, &row).await.expect("insert");
    }
    tx.commit().await.expect("commit");
}

#[tokio::test]
async fn a_full_queue_takes_neither_a_run_nor_a_follower_and_says_so() {
    let mut console = Console::start();
    write(&console.root(), "a/x", b"x");
    let next = save(&console, console.token(), "next", "c", &json!([])).await;
    let first = save(&console, console.token(), "first", "b", &json!([{ "job": next, "after": "always" }])).await;
    pause(&console, true).await;
    let run = console.post(&format!("/api/v1/jobs/{first}/runs"), &json!({}), StatusCode::ACCEPTED).await;
    let id = run["id"].as_str().expect("an id").to_owned();
    console.patch(&format!("/api/v1/runs/{id}"), &json!({ "priority": 100 }), StatusCode::OK).await;
    console.kill();
    fill(&console, 1100, new_id(Timestamp(1))).await;
    console.restart();
    for (path, asked) in
        [("/api/v1/runs".to_owned(), body(&console, "a", "e")), (format!("/api/v1/jobs/{next}/runs"), json!({}))]
    {
        let error = console.post(&path, &asked, StatusCode::CONFLICT).await;
        assert!(
            error["message"].as_str().expect("words").starts_with("1,000 runs are already waiting."),
            "{path}: {error}"
        );
    }
    pause(&console, false).await;
    let run = console.ended(&id).await;
    pause(&console, true).await;
    assert_eq!(run["state"], "succeeded", "{run}");
    let expected = "“next” could not be started after it: 1,000 runs are already waiting. Stop some of them, or wait.";
    assert_eq!(refusals(&run), [expected], "{run}");
    assert!(console.get(&format!("/api/v1/jobs/{next}"), StatusCode::OK).await["last_run"].is_null());
    // The owner of the others does not exist: what was claimed meanwhile was not started.
    let others = console.get("/api/v1/runs?state=blocked", StatusCode::OK).await;
    for other in others["runs"].as_array().expect("runs") {
        assert!(
            other["error"]
                .as_str()
                .expect("words")
                .contains("“gone” may no longer start runs: the account no longer exists"),
            "{other}"
        );
    }
    assert!(!console.root().join("full").exists());
}

#[tokio::test]
async fn one_person_with_all_that_they_may_have_in_the_queue_keeps_nobody_else_out() {
    let mut console = Console::start();
    write(&console.root(), "a/x", b"x");
    let eva = console.person("eva", "operator").await;
    let token = console.token_of("eva", "operator");
    let hers = save(&console, &token, "hers", "c", &json!([])).await;
    let mine = save(&console, console.token(), "mine", "b", &json!([{ "job": hers, "after": "always" }])).await;
    pause(&console, true).await;
    console.kill();
    fill(&console, 250, eva.parse().expect("an id")).await;
    console.restart();
    let words = "“eva” already has 250 runs waiting or running. Stop some of them, or wait until some have ended.";
    for (path, asked) in [
        ("/api/v1/runs".to_owned(), body(&console, "a", "e")),
        (format!("/api/v1/jobs/{hers}/runs"), json!({})),
        ("/api/v1/backups/rclone/copy".to_owned(), body(&console, "a", "f")),
    ] {
        let error = console.ask(&token, Method::POST, &path, &asked, StatusCode::CONFLICT).await;
        assert_eq!(error["message"], words, "{path}");
    }
    let run = console.post(&format!("/api/v1/jobs/{mine}/runs"), &json!({}), StatusCode::ACCEPTED).await;
    let id = run["id"].as_str().expect("an id").to_owned();
    console.patch(&format!("/api/v1/runs/{id}"), &json!({ "priority": 100 }), StatusCode::OK).await;
    pause(&console, false).await;
    let run = console.ended(&id).await;
    pause(&console, true).await;
    assert_eq!(run["state"], "succeeded", "{run}");
    let waiting = console.get("/api/v1/runs?state=queued", StatusCode::OK).await;
    assert!(!waiting["runs"].as_array().expect("runs").is_empty());
}
