//! Sessions by REST: one's own, by names that open nothing, and gone at once.

use std::time::Duration;

use reqwest::{Method, StatusCode, header};
use serde_json::{Value, json};

use crate::support::{ADMIN, Console, expect, sign_in, sign_in_as, stream_end};

/// What a browser with this cookie sees of its owner's sessions.
async fn list(console: &Console, session: &str) -> Vec<Value> {
    let request = console.anonymous(Method::GET, "/api/v1/sessions").header(header::COOKIE, session);
    let list = expect(request.send().await.expect("an answer"), StatusCode::OK).await;
    list.as_array().expect("a list").clone()
}

/// Ends a session as a page of this console does.
async fn end(console: &Console, session: &str, id: &str, status: StatusCode) {
    let request = console.anonymous(Method::DELETE, &format!("/api/v1/sessions/{id}"));
    let request = request.header(header::COOKIE, session).header(header::ORIGIN, console.origin());
    expect(request.send().await.expect("an answer"), status).await;
}

fn id(session: &Value) -> &str {
    session["id"].as_str().expect("an id")
}

#[tokio::test]
async fn sessions_are_seen_and_ended_by_their_owner() {
    let console = Console::start();
    let (here, there) = (sign_in(&console).await, sign_in(&console).await);
    let sessions = list(&console, &here).await;
    assert_eq!(sessions.len(), 2);
    let (current, others): (Vec<_>, Vec<_>) = sessions.iter().partition(|session| session["current"] == true);
    assert_eq!((current.len(), others.len()), (1, 1), "{sessions:?}");
    assert!(others[0]["address"] == "127.0.0.1" && others[0]["created_at"].is_string(), "{others:?}");
    let cookie = here.split('=').nth(1).expect("a value");
    assert!(!json!(sessions).to_string().contains(cookie), "the id is not the cookie");

    end(&console, &here, id(others[0]), StatusCode::NO_CONTENT).await;
    assert_eq!((console.me(&there).await, console.me(&here).await.as_deref()), (None, Some(ADMIN)));
    end(&console, &here, id(others[0]), StatusCode::NOT_FOUND).await;
    end(&console, &here, id(current[0]), StatusCode::NO_CONTENT).await;
    assert_eq!(console.me(&here).await, None);
}

#[tokio::test]
async fn nobody_reaches_the_sessions_of_others() {
    let console = Console::start();
    console.person("eva", "admin").await;
    let (marianne, eva) = (sign_in(&console).await, sign_in_as(&console, "eva").await);
    let own = list(&console, &marianne).await;
    assert_eq!(own.len(), 1);
    end(&console, &eva, id(&own[0]), StatusCode::NOT_FOUND).await;
    assert_eq!(console.me(&marianne).await.as_deref(), Some(ADMIN));
}

#[tokio::test]
async fn a_token_sees_the_sessions_of_its_owner_and_is_none() {
    let console = Console::start();
    sign_in(&console).await;
    let sessions = console.get("/api/v1/sessions", StatusCode::OK).await;
    assert_eq!((sessions.as_array().map(Vec::len), &sessions[0]["current"]), (Some(1), &json!(false)), "{sessions}");
}

#[tokio::test]
async fn a_stream_ends_with_its_session() {
    let console = Console::start();
    let (here, there) = (sign_in(&console).await, sign_in(&console).await);
    let stream =
        console.anonymous(Method::GET, "/api/v1/events").header(header::COOKIE, &there).send().await.expect("a stream");
    assert_eq!(stream.status(), StatusCode::OK);
    let sessions = list(&console, &here).await;
    let other = sessions.iter().find(|session| session["current"] == false).expect("the other");
    end(&console, &here, id(other), StatusCode::NO_CONTENT).await;
    let took = stream_end(stream).await;
    assert!(took < Duration::from_secs(5), "{took:?}");
}

#[tokio::test]
async fn signing_out_is_told_once_and_is_done() {
    let console = Console::start();
    let (here, there) = (sign_in(&console).await, sign_in(&console).await);
    for (everywhere, action) in [(false, "session.delete"), (true, "session.delete_all")] {
        let session = if everywhere { &there } else { &here };
        let form: &[_] = if everywhere { &[("everywhere", "on")] } else { &[("x", "")] };
        let request = console.anonymous(Method::POST, "/api/fn/sessions/delete").header(header::COOKIE, session);
        let answer = request
            .header(header::ORIGIN, console.origin())
            .header(header::ACCEPT, "text/html")
            .form(form)
            .send()
            .await;
        assert_eq!(answer.expect("an answer").status(), StatusCode::FOUND);
        assert_eq!(console.me(session).await, None);
        let log = console.get("/api/v1/audit?action=session.delete", StatusCode::OK).await;
        let rows: Vec<_> =
            log["entries"].as_array().expect("rows").iter().filter(|row| row["action"] == action).collect();
        assert_eq!(rows.len(), 1, "{log}");
        assert_eq!(
            (&rows[0]["user"], &rows[0]["via"], &rows[0]["success"]),
            (&json!(ADMIN), &json!("session"), &json!(true))
        );
    }
}
