//! Authority is asked when something is done: of a run that waited, of another attempt, of a follower, and by a console
//! that starts again.

use std::fs;

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::support::{Console, write};

/// A console on which somebody else's copy waits: hers, started with a token of her own.
struct Waiting {
    console: Console,
    eva: String,
    /// The id of her token, and the token.
    token: (String, String),
    run: String,
}

impl Waiting {
    async fn start(more: Value) -> Self {
        let console = Console::start();
        write(&console.root(), "a/x", b"x");
        let eva = console.person("eva", "operator").await;
        let cli = console.token_of("eva", "operator");
        let fields = json!({ "label": "nightly", "role": "operator" });
        let made = console.ask(&cli, Method::POST, "/api/v1/tokens", &fields, StatusCode::CREATED).await;
        let token = (text(&made["id"]), text(&made["token"]));
        console.patch("/api/v1/queue", &json!({ "paused": true }), StatusCode::OK).await;
        let mut body = json!({ "source": console.path("a"), "destination": console.path("b") });
        body.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
        let run = console.ask(&token.1, Method::POST, "/api/v1/runs", &body, StatusCode::ACCEPTED).await;
        Self { run: text(&run["id"]), console, eva, token }
    }

    /// Lets the queue go on; the run, when it has ended.
    async fn go(&self) -> Value {
        self.console.patch("/api/v1/queue", &json!({ "paused": false }), StatusCode::OK).await;
        self.console.ended(&self.run).await
    }

    /// Makes sure that it was blocked with this reason, changed nothing, and left a row in the audit log.
    async fn is_blocked(&self, run: &Value, why: &str) {
        assert_eq!(
            (&run["state"], &run["guard_report"]["reason"]),
            (&json!("blocked"), &json!("not_allowed")),
            "{run}"
        );
        let words = format!("It was not started, and nothing was changed. {why}");
        assert_eq!(run["error"], words, "{run}");
        assert!(run["started_at"].is_null() && !self.console.root().join("b").exists(), "{run}");
        let audit = self.console.get("/api/v1/audit?action=rclone.copy&user=eva&success=false", StatusCode::OK).await;
        assert_eq!(
            (&audit["entries"][0]["detail"]["state"], &audit["entries"][0]["run_id"]),
            (&json!("blocked"), &run["id"]),
            "{audit}"
        );
    }
}

fn text(value: &Value) -> String {
    value.as_str().expect("text").to_owned()
}

#[tokio::test]
async fn a_run_whose_token_was_revoked_or_has_expired_is_not_started() {
    let waiting = Waiting::start(json!({})).await;
    waiting.console.delete(&format!("/api/v1/tokens/{}", waiting.token.0), StatusCode::NO_CONTENT).await;
    waiting.is_blocked(&waiting.go().await, "The token “nightly”, which requested it, was revoked.").await;

    let mut waiting = Waiting::start(json!({})).await;
    waiting.console.kill();
    change(&waiting.console, "UPDATE tokens SET expires_at = 1 WHERE label = 'nightly'").await;
    waiting.console.restart();
    waiting.is_blocked(&waiting.go().await, "The token “nightly”, which requested it, has expired.").await;

    // A new password ends her tokens: who knew the old one may have made some.
    let waiting = Waiting::start(json!({})).await;
    let password = json!({ "password": "another horse battery" });
    waiting.console.patch(&format!("/api/v1/users/{}", waiting.eva), &password, StatusCode::OK).await;
    waiting.is_blocked(&waiting.go().await, "The token “nightly”, which requested it, was revoked.").await;

    // One that is still good is started.
    let waiting = Waiting::start(json!({})).await;
    assert_eq!(waiting.go().await["state"], "succeeded");
}

#[tokio::test]
async fn a_run_whose_owner_was_deleted_is_not_started() {
    let mut waiting = Waiting::start(json!({})).await;
    waiting.console.kill();
    for table in ["sessions", "tokens"] {
        change(&waiting.console, &format!("DELETE FROM {table} WHERE user_id = '{}'", waiting.eva)).await;
    }
    change(&waiting.console, &format!("DELETE FROM users WHERE id = '{}'", waiting.eva)).await;
    waiting.console.restart();
    waiting.is_blocked(&waiting.go().await, "“eva” may no longer start runs: the account no longer exists.").await;
}

#[tokio::test]
async fn a_run_of_a_folder_that_is_not_allowed_any_more_is_not_started() {
    let mut waiting = Waiting::start(json!({})).await;
    let other = waiting.console.root().join("other");
    fs::create_dir(&other).expect("made");
    waiting.console.kill();
    waiting.console.restart_with_root(&other);
    let run = waiting.go().await;
    let allowed = other.canonicalize().expect("there").display().to_string();
    waiting.is_blocked(&run, &format!("This folder is outside the allowed folders: {allowed}.")).await;
}

#[tokio::test]
async fn a_run_with_an_option_that_is_not_taken_any_more_is_not_started() {
    for (options, field) in [
        (r#"{"flags":{"metadata_mapper":["touch","/tmp/x"]}}"#, "flags.metadata_mapper"),
        (r#"{"flags":{"log_file":"/tmp/x"}}"#, "flags.log_file"),
        (r#"{"flags":{"no_such_option":true}}"#, "flags.no_such_option"),
        (r#"{"transfers":100000}"#, "transfers"),
    ] {
        let mut waiting = Waiting::start(json!({})).await;
        waiting.console.kill();
        change(&waiting.console, &format!("UPDATE runs SET options = '{options}'")).await;
        waiting.console.restart();
        let run = waiting.go().await;
        assert_eq!(
            (&run["state"], &run["guard_report"]["reason"]),
            (&json!("blocked"), &json!("not_allowed")),
            "{run}"
        );
        let words =
            format!("It was not started, and nothing was changed. Its option “{field}” is no longer accepted: ");
        assert!(run["error"].as_str().expect("words").starts_with(&words), "{run}");
        assert!(!waiting.console.root().join("b").exists());
    }
}

#[tokio::test]
async fn the_next_attempt_of_a_run_asks_again() {
    // The source is not there: the first attempt fails at its places, and the second one is asked for after the owner
    // was disabled.
    let retry = json!({ "source": "nas:a", "retry": { "attempts": 5, "backoff_secs": 1 } });
    let console = Console::start();
    let eva = console.person("eva", "operator").await;
    let token = console.token_of("eva", "operator");
    let remote =
        json!({ "name": "nas", "provider": "webdav", "config": { "url": "http://127.0.0.1:9/", "vendor": "other" } });
    console.post("/api/v1/remotes", &remote, StatusCode::CREATED).await;
    let mut body =
        json!({ "destination": console.path("b"), "options": { "flags": { "retries": 1, "low_level_retries": 1 } } });
    body.as_object_mut().expect("an object").extend(retry.as_object().expect("an object").clone());
    let run = console.ask(&token, Method::POST, "/api/v1/runs", &body, StatusCode::ACCEPTED).await;
    let id = text(&run["id"]);
    console.run_until(&id, "its second attempt", |run| run["attempt"].as_u64() >= Some(2)).await;
    console.patch(&format!("/api/v1/users/{eva}"), &json!({ "role": "viewer" }), StatusCode::OK).await;
    let run = console.ended(&id).await;
    assert_eq!((&run["state"], &run["guard_report"]["reason"]), (&json!("blocked"), &json!("not_allowed")), "{run}");
    let attempt = run["attempt"].as_u64().expect("a number");
    let words = format!(
        "Its attempt {attempt} was not started. “eva” may no longer start runs: that needs the role operator, and theirs is viewer now."
    );
    assert_eq!(run["error"], words, "{run}");
}

#[tokio::test]
async fn a_run_that_was_claimed_and_not_started_when_its_console_died_asks_again() {
    let mut waiting = Waiting::start(json!({})).await;
    waiting.console.die_at("after_claim");
    let _ = waiting.console.request(Method::PATCH, "/api/v1/queue").json(&json!({ "paused": false })).send().await;
    waiting.console.died();
    change(&waiting.console, "UPDATE users SET disabled = 1 WHERE name = 'eva'").await;
    waiting.console.restart();
    let run = waiting.console.ended(&waiting.run).await;
    waiting.is_blocked(&run, "“eva” may no longer start runs: the account is disabled.").await;
}

#[tokio::test]
async fn a_follower_of_a_folder_that_is_not_allowed_any_more_is_blocked() {
    let mut console = Console::start();
    write(&console.root(), "in/a/x", b"x");
    write(&console.root(), "private/x", b"secret");
    let save = async |name: &str, from: &str, to: &str, followers: Value| {
        let job = json!({ "name": name, "operation": "copy", "source": console.path(from), "destination": console.path(to), "followers": followers });
        text(&console.post("/api/v1/jobs", &job, StatusCode::CREATED).await["id"])
    };
    let next = save("next", "private", "in/loot", json!([])).await;
    let first = save("first", "in/a", "in/b", json!([{ "job": next, "after": "always" }])).await;
    let inside = console.root().join("in");
    console.kill();
    console.restart_with_root(&inside);
    let run = console.post(&format!("/api/v1/jobs/{first}/runs"), &json!({}), StatusCode::ACCEPTED).await;
    assert_eq!(console.ended(run["id"].as_str().expect("an id")).await["state"], "succeeded");
    let follower = console.get(&format!("/api/v1/runs?job={next}"), StatusCode::OK).await["runs"][0].clone();
    let follower = console.ended(follower["id"].as_str().expect("queued")).await;
    assert_eq!(
        (&follower["state"], &follower["guard_report"]["reason"]),
        (&json!("blocked"), &json!("not_allowed")),
        "{follower}"
    );
    assert!(!console.root().join("in/loot").exists());
    let overview = console.get("/api/v1/runs?state=blocked", StatusCode::OK).await;
    assert_eq!(overview["runs"].as_array().expect("runs").len(), 1, "{overview}");
}

/// Changes the database of a console that is down.
async fn change(console: &Console, sql: &str) {
    let url = format!("sqlite://{}", console.data().join("longshore.db").display());
    let pool = sqlx::SqlitePool::connect(&url).await.expect("opened");
    sqlx::query(sqlx::AssertSqlSafe(sql.to_owned())).execute(&pool).await.expect("changed");
    pool.close().await;
}
