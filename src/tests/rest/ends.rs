//! The end of a run that never worked, or works no more: whatever ends it, its end is in the audit log once, and its
//! followers are queued.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::support::{Console, free_port, until, write};

/// How a run comes to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    /// It is cancelled while it waits for its turn.
    CancelledInTheQueue,
    /// It is cancelled while it waits for its next attempt.
    CancelledBetweenAttempts,
    /// It is cancelled while rclone works.
    CancelledAtWork,
    /// It is asked to stop, and the console dies before rclone was started.
    CancelledByACrash,
    /// Its time is over while it waits for its turn.
    TooLateInTheQueue,
    /// Its time is over while it waits for its next attempt.
    TooLateBetweenAttempts,
    /// The person who asked for it may not start runs any more.
    NotAllowed,
    /// A guard stops it.
    Guarded,
}

impl Way {
    const ALL: [Self; 8] = [
        Self::CancelledInTheQueue,
        Self::CancelledBetweenAttempts,
        Self::CancelledAtWork,
        Self::CancelledByACrash,
        Self::TooLateInTheQueue,
        Self::TooLateBetweenAttempts,
        Self::NotAllowed,
        Self::Guarded,
    ];

    const fn state(self) -> &'static str {
        match self {
            Self::CancelledInTheQueue
            | Self::CancelledBetweenAttempts
            | Self::CancelledAtWork
            | Self::CancelledByACrash => "cancelled",
            Self::TooLateInTheQueue | Self::TooLateBetweenAttempts => "timed_out",
            Self::NotAllowed | Self::Guarded => "blocked",
        }
    }

    /// What is particular about the job.
    fn job(self, console: &Console) -> Value {
        match self {
            Self::CancelledBetweenAttempts => {
                json!({ "destination": "dead:b", "retry": { "attempts": 3, "backoff_secs": 3600 } })
            }
            Self::TooLateBetweenAttempts => {
                json!({ "destination": "dead:b", "retry": { "attempts": 3, "backoff_secs": 3600 }, "time_limit_secs": 8 })
            }
            Self::CancelledAtWork => json!({ "options": { "bwlimit": "100k" } }),
            Self::TooLateInTheQueue => json!({ "time_limit_secs": 1 }),
            Self::Guarded => json!({ "guards": { "sentinel": "not-there" } }),
            Self::CancelledInTheQueue | Self::CancelledByACrash | Self::NotAllowed => {
                json!({ "destination": console.path("b") })
            }
        }
    }

    /// Whether it has to be kept in the queue.
    const fn waits(self) -> bool {
        matches!(self, Self::CancelledInTheQueue | Self::CancelledByACrash | Self::TooLateInTheQueue | Self::NotAllowed)
    }
}

async fn pause(console: &Console, paused: bool) {
    console.patch("/api/v1/queue", &json!({ "paused": paused }), StatusCode::OK).await;
}

async fn stop(console: &Console, id: &str) {
    console.post(&format!("/api/v1/runs/{id}/stop"), &json!({ "reason": "enough" }), StatusCode::ACCEPTED).await;
}

async fn save(console: &Console, name: &str, more: &Value) -> String {
    let mut job = json!({
        "name": name, "operation": "copy", "source": console.path("a"), "destination": console.path(name),
    });
    job.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
    console.post("/api/v1/jobs", &job, StatusCode::CREATED).await["id"].as_str().expect("an id").to_owned()
}

/// What the audit log has about the end of this run.
async fn ends(console: &Console, id: &str) -> Vec<Value> {
    let audit = console.get("/api/v1/audit?action=rclone.&limit=1000", StatusCode::OK).await;
    let entries = audit["entries"].as_array().expect("entries");
    entries.iter().filter(|entry| entry["run_id"] == id).cloned().collect()
}

/// The runs of a job that were started after the run `parent`.
async fn started_after(console: &Console, job: &str, parent: &str) -> Vec<Value> {
    let runs = console.get(&format!("/api/v1/runs?job={job}"), StatusCode::OK).await;
    let mut found = Vec::new();
    for run in runs["runs"].as_array().expect("runs") {
        let run = console.run(run["id"].as_str().expect("an id")).await;
        found.extend((run["parent"] == parent).then_some(run));
    }
    found
}

/// How often its history says that it ended.
fn times_ended(run: &Value) -> usize {
    run["events"].as_array().expect("events").iter().filter(|event| event["kind"] == "ended").count()
}

/// Lets a run of the job `first`, started by `token`, end in this way; its id.
async fn end(console: &mut Console, way: Way, first: &str, token: &str, eva: &str) -> String {
    pause(console, way.waits()).await;
    let started =
        console.ask(token, Method::POST, &format!("/api/v1/jobs/{first}/runs"), &json!({}), StatusCode::ACCEPTED).await;
    let id = started["id"].as_str().expect("an id").to_owned();
    match way {
        Way::CancelledInTheQueue => stop(console, &id).await,
        Way::CancelledBetweenAttempts => {
            console.run_until(&id, "its second attempt waits", |run| run["attempt"] == 2).await;
            stop(console, &id).await;
        }
        Way::CancelledAtWork => {
            console.run_until(&id, "it works", |run| run["state"] == "running").await;
            stop(console, &id).await;
        }
        Way::CancelledByACrash => {
            console.die_at("after_claim");
            let resume = console.request(Method::PATCH, "/api/v1/queue").json(&json!({ "paused": false }));
            let _ = resume.send().await;
            console.died();
            let file = format!("sqlite://{}", console.data().join("longshore.db").display());
            let pool = sqlx::SqlitePool::connect(&file).await.expect("opened");
            let asked =
                "UPDATE runs SET stop_requested_by = 'marianne', stop_requested_at = created_at + 1 WHERE id = $1";
            sqlx::query(asked).bind(&id).execute(&pool).await.expect("written");
            pool.close().await;
            console.restart();
        }
        Way::NotAllowed => {
            console.patch(&format!("/api/v1/users/{eva}"), &json!({ "disabled": true }), StatusCode::OK).await;
            pause(console, false).await;
        }
        Way::TooLateInTheQueue | Way::TooLateBetweenAttempts | Way::Guarded => {}
    }
    id
}

#[tokio::test]
async fn every_end_is_in_the_audit_log_once_and_has_its_followers() {
    for way in Way::ALL {
        let mut console = Console::start();
        write(&console.root(), "a/x", &vec![7; 1 << 20]);
        let dead = json!({ "url": format!("http://127.0.0.1:{}", free_port()), "vendor": "other" });
        let remote = json!({ "name": "dead", "provider": "webdav", "config": dead });
        console.post("/api/v1/remotes", &remote, StatusCode::CREATED).await;
        let eva = console.person("eva", "operator").await;
        let token = console.token_of("eva", "operator");
        let last = save(&console, "last", &json!({})).await;
        let mut jobs = Vec::new();
        for after in ["success", "failure", "always"] {
            jobs.push((
                after,
                save(&console, after, &json!({ "followers": [{ "job": last, "after": "always" }] })).await,
            ));
        }
        let followers: Vec<_> = jobs.iter().map(|(after, job)| json!({ "job": job, "after": after })).collect();
        let mut first = way.job(&console);
        first["followers"] = json!(followers);
        let first = save(&console, "first", &first).await;

        let id = end(&mut console, way, &first, &token, &eva).await;
        let run = console.ended(&id).await;
        assert_eq!(run["state"], way.state(), "{way:?}: {run}");
        assert_eq!(times_ended(&run), 1, "{way:?}: {run}");
        let audit = ends(&console, &id).await;
        assert_eq!(audit.len(), 1, "{way:?}: {audit:?}");
        assert_eq!(
            (&audit[0]["action"], &audit[0]["user"], &audit[0]["success"], &audit[0]["detail"]["state"]),
            (&json!("rclone.copy"), &json!("eva"), &json!(false), &json!(way.state())),
            "{way:?}"
        );
        // Followers are queued in the transaction of the end: there is nothing to wait for.
        for (after, job) in &jobs {
            let expected = *after == "always" || *after == "failure" && way.state() != "cancelled";
            let started = started_after(&console, job, &id).await;
            assert_eq!(started.len(), usize::from(expected), "{way:?}, {after}: {started:?}");
            assert!(started.iter().all(|run| run["user"] == "marianne"), "in the name of who saved it: {started:?}");
        }
    }
}

#[tokio::test]
async fn a_follower_that_is_cancelled_while_it_waits_is_followed_as_well() {
    let console = Console::start();
    write(&console.root(), "a/x", b"x");
    let third = save(&console, "third", &json!({})).await;
    let second = save(&console, "second", &json!({ "followers": [{ "job": third, "after": "always" }] })).await;
    let first = save(&console, "first", &json!({ "followers": [{ "job": second, "after": "always" }] })).await;
    pause(&console, true).await;
    let run = console.post(&format!("/api/v1/jobs/{first}/runs"), &json!({}), StatusCode::ACCEPTED).await;
    let mut id = run["id"].as_str().expect("an id").to_owned();
    for follower in [&second, &third] {
        stop(&console, &id).await;
        let next = started_after(&console, follower, &id).await;
        assert_eq!((next.len(), &next[0]["state"]), (1, &json!("queued")), "{next:?}");
        assert_eq!(ends(&console, &id).await.len(), 1);
        next[0]["id"].as_str().expect("an id").clone_into(&mut id);
    }
    pause(&console, false).await;
    assert_eq!(console.ended(&id).await["state"], "succeeded");
}

#[tokio::test]
async fn a_preview_and_a_run_of_no_job_that_are_cancelled_while_they_wait_have_no_followers() {
    let console = Console::start();
    write(&console.root(), "a/x", b"x");
    let next = save(&console, "next", &json!({})).await;
    let first = save(&console, "first", &json!({ "followers": [{ "job": next, "after": "always" }] })).await;
    pause(&console, true).await;
    let preview = console.post(&format!("/api/v1/jobs/{first}/preview"), &json!({}), StatusCode::ACCEPTED).await;
    let alone = console.copy(&console.path("a"), &console.path("alone"), json!({})).await;
    for id in [preview["id"].as_str().expect("an id"), &alone] {
        stop(&console, id).await;
        let audit = ends(&console, id).await;
        assert_eq!((audit.len(), &audit[0]["detail"]["state"]), (1, &json!("cancelled")), "{audit:?}");
        // A second request changes nothing and writes nothing.
        console.post(&format!("/api/v1/runs/{id}/stop"), &json!({}), StatusCode::CONFLICT).await;
        assert_eq!(ends(&console, id).await.len(), 1);
    }
    assert_eq!(console.get(&format!("/api/v1/runs?job={next}"), StatusCode::OK).await["runs"], json!([]));
}

#[tokio::test]
async fn a_follower_for_which_the_queue_has_no_room_is_noted_on_the_run_that_was_cancelled() {
    let console = Console::start();
    write(&console.root(), "a/x", b"x");
    let next = save(&console, "next", &json!({})).await;
    let first = save(&console, "first", &json!({ "followers": [{ "job": next, "after": "always" }] })).await;
    let alias = json!({ "name": "out", "provider": "alias", "config": { "remote": console.path("b") } });
    console.post("/api/v1/remotes", &alias, StatusCode::CREATED).await;
    pause(&console, true).await;
    let run = console.post(&format!("/api/v1/jobs/{first}/runs"), &json!({}), StatusCode::ACCEPTED).await;
    let id = run["id"].as_str().expect("an id");
    // Its own remote is gone from the file: what cannot be resolved is not queued.
    let file = format!("sqlite://{}", console.data().join("longshore.db").display());
    let pool = sqlx::SqlitePool::connect(&file).await.expect("opened");
    let moved = "UPDATE jobs SET source = 'gone:a' WHERE id = $1";
    sqlx::query(moved).bind(&next).execute(&pool).await.expect("written");
    pool.close().await;
    stop(&console, id).await;
    let run =
        until("it has ended", async || Some(console.run(id).await).filter(|run| run["state"] == "cancelled")).await;
    let notes = run["events"].as_array().expect("events").iter().filter_map(|event| event["detail"].as_str());
    assert_eq!(notes.filter(|note| note.contains("“next” could not be started after it")).count(), 1, "{run}");
    assert_eq!(ends(&console, id).await.len(), 1);
}
