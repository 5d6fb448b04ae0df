//! People by REST: made, changed, kept out; and what nobody can do to themselves or to the last admin.

use std::time::Duration;

use reqwest::{Method, StatusCode, header};
use serde_json::{Value, json};

use crate::support::{ADMIN, Console, PASSWORD, sign_in, sign_in_as, stream_end};

/// The id of the console's own admin.
async fn admin(console: &Console) -> String {
    let page = console.get("/api/v1/users", StatusCode::OK).await;
    let users = page["users"].as_array().expect("users");
    let user = users.iter().find(|user| user["name"] == ADMIN).expect("the admin");
    user["id"].as_str().expect("an id").to_owned()
}

#[tokio::test]
async fn a_person_is_made_and_signs_in() {
    let console = Console::start();
    let id = console.person("Eva", "operator").await;
    let user = console.get(&format!("/api/v1/users/{id}"), StatusCode::OK).await;
    assert_eq!((&user["name"], &user["role"], &user["disabled"]), (&json!("Eva"), &json!("operator"), &json!(false)));
    assert_eq!(user["signed_in_at"], Value::Null);
    let session = sign_in_as(&console, "eva").await;
    assert_eq!(console.me(&session).await.as_deref(), Some("Eva"));
    let user = console.get(&format!("/api/v1/users/{id}"), StatusCode::OK).await;
    assert!(user["signed_in_at"].is_string(), "{user}");
    for secret in ["password", "argon2", "$", "hash"] {
        assert!(!user.to_string().contains(secret), "{user}");
    }
    console.get("/api/v1/users/01JD3Z6N9V4M2K8Q7W5X1T0R3S", StatusCode::NOT_FOUND).await;
}

#[tokio::test]
async fn what_is_asked_for_badly_is_refused_by_field() {
    let console = Console::start();
    let user = |name: &str, role: &str, password: &str| json!({ "name": name, "role": role, "password": password });
    for (body, field) in [
        (user("", "viewer", PASSWORD), "name"),
        (user("a b", "viewer", PASSWORD), "name"),
        (user(&"x".repeat(65), "viewer", PASSWORD), "name"),
        (user("eva", "viewer", "short"), "password"),
        (user("evaevaeva", "viewer", "evaevaeva123"), "password"),
        (user("eva", "viewer", &"x1y2".repeat(300)), "password"),
    ] {
        let error = console.post("/api/v1/users", &body, StatusCode::BAD_REQUEST).await;
        assert!(error["fields"][field].is_string(), "{field}: {error}");
    }
    let error = console.post("/api/v1/users", &user("eva", "owner", PASSWORD), StatusCode::BAD_REQUEST).await;
    assert!(error["message"].as_str().expect("words").contains("role"), "{error}");
    let id = console.person("eva", "viewer").await;
    assert_eq!(
        console.post("/api/v1/users", &user("EVA", "viewer", PASSWORD), StatusCode::CONFLICT).await["code"],
        "conflict"
    );
    let path = format!("/api/v1/users/{id}");
    for (body, field) in [(json!({}), "role"), (json!({ "password": "short" }), "password")] {
        let error = console.patch(&path, &body, StatusCode::BAD_REQUEST).await;
        assert!(error["fields"][field].is_string(), "{field}: {error}");
    }
    console.patch(&path, &json!({ "name": "other" }), StatusCode::BAD_REQUEST).await;
    console.get("/api/v1/users?limit=1001", StatusCode::BAD_REQUEST).await;
}

#[tokio::test]
async fn a_role_or_a_password_that_changes_ends_all_sessions_and_a_password_the_tokens() {
    let console = Console::start();
    let id = console.person("eva", "operator").await;
    let path = format!("/api/v1/users/{id}");
    for change in [json!({ "role": "viewer" }), json!({ "password": PASSWORD })] {
        let (here, there) = (sign_in_as(&console, "eva").await, sign_in_as(&console, "eva").await);
        let token = console.token_of("eva", "viewer");
        console.patch(&path, &change, StatusCode::OK).await;
        assert_eq!((console.me(&here).await, console.me(&there).await), (None, None), "{change}");
        let program = if change["password"].is_null() { StatusCode::OK } else { StatusCode::UNAUTHORIZED };
        console.ask(&token, Method::GET, "/api/v1/runs", &json!({}), program).await;
    }
    let session = sign_in_as(&console, "eva").await;
    console.patch(&path, &json!({ "role": "viewer" }), StatusCode::OK).await;
    assert_eq!(console.me(&session).await.as_deref(), Some("eva"), "what stays as it was ends nothing");
}

#[tokio::test]
async fn a_disabled_person_is_out_at_once_and_so_are_their_tokens() {
    let console = Console::start();
    let id = console.person("eva", "operator").await;
    let path = format!("/api/v1/users/{id}");
    let (session, token) = (sign_in_as(&console, "eva").await, console.token_of("eva", "operator"));
    console.ask(&token, Method::GET, "/api/v1/runs", &json!({}), StatusCode::OK).await;
    console.patch(&path, &json!({ "disabled": true }), StatusCode::OK).await;
    assert_eq!(console.me(&session).await, None);
    console.ask(&token, Method::GET, "/api/v1/runs", &json!({}), StatusCode::UNAUTHORIZED).await;
    let tokens = console.get("/api/v1/tokens?user=eva", StatusCode::OK).await;
    assert_eq!(tokens["tokens"][0]["state"], "stopped", "{tokens}");
    console.patch(&path, &json!({ "disabled": false }), StatusCode::OK).await;
    assert_eq!(console.me(&session).await, None, "the old session stays ended");
    console.ask(&token, Method::GET, "/api/v1/runs", &json!({}), StatusCode::OK).await;
}

#[tokio::test]
async fn the_streams_of_a_person_end_when_they_are_disabled_or_demoted() {
    let console = Console::start();
    for (name, change) in [("eva", json!({ "role": "viewer" })), ("ole", json!({ "disabled": true }))] {
        let id = console.person(name, "operator").await;
        let (session, token) = (sign_in_as(&console, name).await, console.token_of(name, "operator"));
        let listen = || console.anonymous(Method::GET, "/api/v1/events");
        let by_session = listen().header(header::COOKIE, &session).send().await.expect("a stream");
        let by_token = listen().bearer_auth(&token).send().await.expect("a stream");
        assert_eq!((by_session.status(), by_token.status()), (StatusCode::OK, StatusCode::OK));
        console.patch(&format!("/api/v1/users/{id}"), &change, StatusCode::OK).await;
        let (here, there) = tokio::join!(stream_end(by_session), stream_end(by_token));
        assert!(here < Duration::from_secs(5) && there < Duration::from_secs(5), "{change}: {here:?} {there:?}");
    }
}

#[tokio::test]
async fn the_tokens_of_a_demoted_person_shrink_with_them() {
    let console = Console::start();
    let id = console.person("eva", "admin").await;
    let token = console.token_of("eva", "admin");
    console.ask(&token, Method::GET, "/api/v1/users", &json!({}), StatusCode::OK).await;
    console.patch(&format!("/api/v1/users/{id}"), &json!({ "role": "viewer" }), StatusCode::OK).await;
    console.ask(&token, Method::GET, "/api/v1/users", &json!({}), StatusCode::FORBIDDEN).await;
    let own = console.ask(&token, Method::GET, "/api/v1/tokens", &json!({}), StatusCode::OK).await;
    assert_eq!(own["tokens"][0]["role"], "viewer", "{own}");
}

#[tokio::test]
async fn nobody_disables_or_demotes_themselves() {
    let console = Console::start();
    console.person("eva", "admin").await;
    let path = format!("/api/v1/users/{}", admin(&console).await);
    let session = sign_in(&console).await;
    for change in [json!({ "disabled": true }), json!({ "role": "operator" }), json!({ "role": "viewer" })] {
        assert_eq!(console.patch(&path, &change, StatusCode::CONFLICT).await["code"], "conflict", "{change}");
    }
    assert_eq!(console.me(&session).await.as_deref(), Some(ADMIN), "what was refused changed nothing");
}

#[tokio::test]
async fn of_two_admins_who_disable_each_other_one_stays() {
    let console = Console::start();
    let first = format!("/api/v1/users/{}", admin(&console).await);
    let second = format!("/api/v1/users/{}", console.person("eva", "admin").await);
    let (marianne, eva) = (console.token_of(ADMIN, "admin"), console.token_of("eva", "admin"));
    for change in [json!({ "disabled": true }), json!({ "role": "viewer" })] {
        let send =
            |token: &str, path: &str| console.anonymous(Method::PATCH, path).bearer_auth(token).json(&change).send();
        let (one, other) = tokio::join!(send(&marianne, &second), send(&eva, &first));
        let (one, other) = (one.expect("an answer").status(), other.expect("an answer").status());
        assert!((one == StatusCode::OK) != (other == StatusCode::OK), "{one} {other}");
        // Who is left puts the other back.
        let (left, gone) = if one == StatusCode::OK { (&marianne, &second) } else { (&eva, &first) };
        console.ask(left, Method::PATCH, gone, &json!({ "disabled": false, "role": "admin" }), StatusCode::OK).await;
    }
}

#[tokio::test]
async fn people_are_paged_by_name() {
    let console = Console::start();
    for name in ["Zoë", "ana", "Örs", "bob"] {
        console.person(name, "viewer").await;
    }
    let (mut names, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = console.get(&format!("/api/v1/users?limit=2{cursor}"), StatusCode::OK).await;
        names.extend(
            page["users"]
                .as_array()
                .expect("users")
                .iter()
                .map(|user| user["name"].as_str().expect("a name").to_owned()),
        );
        let Some(next) = page["cursor"].as_str() else { break };
        cursor = format!("&cursor={next}");
    }
    assert_eq!(names, ["ana", "bob", ADMIN, "Zoë", "Örs"]);
}
