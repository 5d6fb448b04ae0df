//! Jobs: saved, changed, run, previewed, chained; and runs that are tried again.

use std::fs;

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::support::{Console, Peer, until, write};

fn job(console: &Console, name: &str, from: &str, to: &str) -> Value {
    json!({ "name": name, "operation": "copy", "source": console.path(from), "destination": console.path(to) })
}

async fn save(console: &Console, job: &Value) -> String {
    console.post("/api/v1/jobs", job, StatusCode::CREATED).await["id"].as_str().expect("an id").to_owned()
}

async fn run(console: &Console, job: &str) -> Value {
    let run = console.post(&format!("/api/v1/jobs/{job}/runs"), &json!({}), StatusCode::ACCEPTED).await;
    console.ended(run["id"].as_str().expect("an id")).await
}

/// The last run of a job, once it has ended.
async fn last(console: &Console, job: &str) -> Value {
    until("the job has a run that has ended", async || {
        let job = console.get(&format!("/api/v1/jobs/{job}"), StatusCode::OK).await;
        Some(job["last_run"].clone()).filter(|run| run["ended_at"].is_string())
    })
    .await
}

#[tokio::test]
async fn a_job_is_made_seen_changed_run_previewed_copied_and_deleted() {
    let console = Console::start();
    write(&console.root(), "a/x", b"x");
    let mut photos = job(&console, " Photos ", "a", "b");
    photos["options"] = json!({ "exclude": ["*.tmp"], "transfers": 2 });
    let id = save(&console, &photos).await;
    let saved = console.get(&format!("/api/v1/jobs/{id}"), StatusCode::OK).await;
    assert_eq!(
        (&saved["name"], &saved["version"], &saved["user"]),
        (&json!("Photos"), &json!(1), &json!("marianne")),
        "{saved}"
    );
    assert!(saved["command"].as_str().expect("a line").contains("--transfers=2 --exclude='*.tmp'"), "{saved}");

    let preview = console.post(&format!("/api/v1/jobs/{id}/preview"), &json!({}), StatusCode::ACCEPTED).await;
    let preview = console.ended(preview["id"].as_str().expect("an id")).await;
    assert_eq!(
        (&preview["dry_run"], &preview["stats"]["files"], &preview["job"]["name"]),
        (&json!(true), &json!(1), &json!("Photos"))
    );
    assert!(!console.root().join("b").exists(), "a preview changes nothing");
    let done = run(&console, &id).await;
    assert_eq!((&done["state"], &done["job"]["id"]), (&json!("succeeded"), &json!(id)));
    assert_eq!(last(&console, &id).await["id"], done["id"], "a preview is not its last run");
    let of_job = console.get(&format!("/api/v1/runs?job={id}"), StatusCode::OK).await;
    assert_eq!(of_job["runs"].as_array().expect("runs").len(), 2);

    let mut changed = job(&console, "Pictures", "a", "c");
    let update = json!({ "version": 1, "job": changed });
    assert_eq!(console.patch(&format!("/api/v1/jobs/{id}"), &update, StatusCode::OK).await["version"], 2);
    let error = console.patch(&format!("/api/v1/jobs/{id}"), &update, StatusCode::CONFLICT).await;
    assert!(error["message"].as_str().expect("words").contains("marianne changed this job"), "{error}");
    let copy = console.post(&format!("/api/v1/jobs/{id}/duplicate"), &json!({}), StatusCode::CREATED).await;
    assert_eq!((&copy["name"], &copy["destination"]), (&json!("Pictures (copy)"), &json!(console.path("c"))));
    changed["name"] = json!("PICTURES");
    let taken = console.post("/api/v1/jobs", &changed, StatusCode::CONFLICT).await;
    assert!(taken["fields"]["name"].is_string(), "{taken}");
    let found = console.get("/api/v1/jobs?search=picTURES", StatusCode::OK).await;
    assert_eq!(found["jobs"].as_array().expect("jobs").len(), 2);

    let gone = console.request(Method::DELETE, &format!("/api/v1/jobs/{id}")).send().await.expect("an answer");
    assert_eq!(gone.status(), StatusCode::NO_CONTENT);
    console.get(&format!("/api/v1/jobs/{id}"), StatusCode::NOT_FOUND).await;
    assert_eq!(
        console.run(done["id"].as_str().expect("an id")).await["job"]["name"],
        "Photos",
        "the history keeps its name"
    );
}

#[tokio::test]
async fn what_a_run_would_be_refused_for_a_job_is_refused_for() {
    let console = Console::start();
    write(&console.root(), "a/x", b"x");
    for (change, field) in [
        (json!({ "name": " " }), "name"),
        (json!({ "name": "x".repeat(101) }), "name"),
        (json!({ "destination": console.path("a/deep") }), "destination"),
        (json!({ "options": { "bwlimit": "10X" } }), "bwlimit"),
        (json!({ "guards": { "sentinel": "/etc/passwd" } }), "guards.sentinel"),
        (json!({ "followers": [{ "job": "01JD3Z6N9V4M2K8Q7W5X1T0R3S" }] }), "followers"),
        (json!({ "time_limit_secs": 0 }), "time_limit_secs"),
    ] {
        let mut body = job(&console, "a job", "a", "b");
        body.as_object_mut().expect("an object").extend(change.as_object().expect("an object").clone());
        let error = console.post("/api/v1/jobs", &body, StatusCode::BAD_REQUEST).await;
        assert!(error["fields"][field].is_string(), "{field}: {error}");
    }
    let mut outside = job(&console, "out", "a", "b");
    outside["source"] = json!("/etc");
    console.post("/api/v1/jobs", &outside, StatusCode::FORBIDDEN).await;
    assert_eq!(console.get("/api/v1/jobs", StatusCode::OK).await["jobs"], json!([]), "nothing half-done");
}

#[tokio::test]
async fn a_chain_goes_on_as_its_ends_say_and_never_comes_back() {
    let console = Console::start();
    write(&console.root(), "a/x", b"x");
    let (good, bad) = (
        save(&console, &job(&console, "good", "b", "c")).await,
        save(&console, &job(&console, "bad", "a", "bad")).await,
    );
    let always = save(&console, &job(&console, "always", "a", "always")).await;
    let mut first = job(&console, "first", "a", "b");
    first["followers"] = json!([{ "job": good, "after": "success" }, { "job": bad, "after": "failure" }, { "job": always, "after": "always" }]);
    let id = save(&console, &first).await;
    let done = run(&console, &id).await;
    let (followed, also) = (last(&console, &good).await, last(&console, &always).await);
    assert_eq!((&followed["state"], &also["state"]), (&json!("succeeded"), &json!("succeeded")), "{followed}");
    assert_eq!(console.run(followed["id"].as_str().expect("an id")).await["parent"], done["id"]);
    let started = console.get("/api/v1/audit?action=run.start", StatusCode::OK).await;
    let of_chain =
        started["entries"].as_array().expect("entries").iter().filter(|entry| entry["via"] == "chain").count();
    assert_eq!(of_chain, 2, "each start is reported: {started}");
    assert!(console.root().join("c/x").exists(), "what the first had copied was there for the second");
    assert!(console.get(&format!("/api/v1/jobs/{bad}"), StatusCode::OK).await["last_run"].is_null());

    let mut back = job(&console, "good", "b", "c");
    back["followers"] = json!([{ "job": id }]);
    let error = console
        .patch(&format!("/api/v1/jobs/{good}"), &json!({ "version": 1, "job": back }), StatusCode::BAD_REQUEST)
        .await;
    assert!(error["fields"]["followers"].as_str().expect("words").contains("leads back to the job itself"), "{error}");
}

#[tokio::test]
async fn a_run_whose_time_is_over_while_it_waits_is_followed_as_a_failure_is() {
    let console = Console::start();
    write(&console.root(), "a/x", b"x");
    let alarm = save(&console, &job(&console, "alarm", "a", "c")).await;
    let mut first = job(&console, "first", "a", "b");
    first["followers"] = json!([{ "job": alarm, "after": "failure" }]);
    first["time_limit_secs"] = json!(1);
    let first = save(&console, &first).await;
    console.patch("/api/v1/queue", &json!({ "paused": true }), StatusCode::OK).await;
    assert_eq!(run(&console, &first).await["state"], "timed_out");
    console.patch("/api/v1/queue", &json!({ "paused": false }), StatusCode::OK).await;
    assert_eq!(last(&console, &alarm).await["state"], "succeeded");
}

#[tokio::test]
async fn a_remote_that_a_job_needs_stays() {
    let console = Console::start();
    write(&console.root(), "a/x", b"x");
    let alias = json!({ "name": "out", "provider": "alias", "config": { "remote": console.path("b") } });
    console.post("/api/v1/remotes", &alias, StatusCode::CREATED).await;
    let mut needs = job(&console, "needs it", "a", "b");
    needs["destination"] = json!("out:deep");
    let id = save(&console, &needs).await;
    let error = console.delete("/api/v1/remotes/out", StatusCode::CONFLICT).await;
    assert!(error["message"].as_str().expect("words").contains("“needs it”"), "{error}");
    console.request(Method::DELETE, &format!("/api/v1/jobs/{id}")).send().await.expect("an answer");
    let gone = console.request(Method::DELETE, "/api/v1/remotes/out").send().await.expect("an answer");
    assert_eq!(gone.status(), StatusCode::NO_CONTENT);
}

#[tokio::test]
async fn a_remote_that_does_not_answer_is_tried_again_and_the_next_attempt_heals() {
    let console = Console::start();
    write(&console.root(), "a/x", b"x");
    let mut peer = Peer::start("webdav").await;
    console
        .post(
            "/api/v1/remotes",
            &json!({ "name": "dav", "provider": "webdav", "config": peer.config("webdav") }),
            StatusCode::CREATED,
        )
        .await;
    let body = json!({
        "source": console.path("a"), "destination": "dav:a", "retry": { "attempts": 5, "backoff_secs": 1 },
    });
    peer.stop();
    let run = console.post("/api/v1/runs", &body, StatusCode::ACCEPTED).await;
    let id = run["id"].as_str().expect("an id");
    let waiting = console.run_until(id, "it waits for its second attempt", |run| run["attempt"] == 2).await;
    assert!(waiting["error"].as_str().expect("why").contains("refused"), "{waiting}");
    peer.start_again("webdav").await;
    let done = console.ended(id).await;
    assert_eq!((&done["state"], &done["error"]), (&json!("succeeded"), &Value::Null), "{done}");
    assert!(done["events"].as_array().expect("events").iter().any(|event| event["kind"] == "retry"));
}

#[tokio::test]
async fn only_the_files_that_failed_are_taken_up_again() {
    let console = Console::start();
    for n in 0..5 {
        write(&console.root(), &format!("a/good{n}"), b"good");
    }
    // A folder stands where a file has to go: this one file fails, and nothing else does.
    write(&console.root(), "a/b a[d]*\n.txt", b"bad");
    fs::create_dir_all(console.root().join("b/b a[d]*\n.txt/inside")).expect("a folder in the way");
    let id = console.copy(&console.path("a"), &console.path("b"), json!({})).await;
    let run = console.ended(&id).await;
    assert_eq!(run["state"], "failed", "{run}");
    fs::remove_dir_all(console.root().join("b/b a[d]*\n.txt")).expect("removed");
    for n in 0..5 {
        fs::remove_file(console.root().join(format!("b/good{n}"))).expect("removed");
    }
    let again =
        console.post(&format!("/api/v1/runs/{id}/retry"), &json!({ "failed_only": true }), StatusCode::ACCEPTED).await;
    let again = console.ended(again["id"].as_str().expect("an id")).await;
    assert_eq!(
        (&again["state"], &again["stats"]["files"], &again["retry_of"]),
        (&json!("succeeded"), &json!(1), &json!(id)),
        "{again}"
    );
    assert!(console.root().join("b/b a[d]*\n.txt").is_file() && !console.root().join("b/good0").exists());
    let whole = console.post(&format!("/api/v1/runs/{id}/retry"), &json!({}), StatusCode::ACCEPTED).await;
    assert_eq!(console.ended(whole["id"].as_str().expect("an id")).await["stats"]["files"], 5);
    console
        .post(
            &format!("/api/v1/runs/{}/retry", again["id"].as_str().expect("an id")),
            &json!({ "failed_only": true }),
            StatusCode::CONFLICT,
        )
        .await;
}
