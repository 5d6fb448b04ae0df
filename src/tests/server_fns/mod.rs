//! The browser's door: forms without JavaScript, sessions, and the same refusals as REST.

use reqwest::{Method, StatusCode, header};
use serde_json::Value;

use crate::support::{ADMIN, Console, PASSWORD, expect, sign_in};

#[tokio::test]
async fn a_form_without_javascript_signs_in_and_out() {
    let console = Console::start();
    let session = sign_in(&console).await;
    let page = console.anonymous(Method::GET, "/runs").header(header::COOKIE, &session).send().await.expect("a page");
    assert_eq!(page.status(), StatusCode::OK);
    assert!(page.text().await.expect("text").contains("data-page=\"runs\""));
    let out = console.anonymous(Method::POST, "/api/fn/sessions/delete").header(header::COOKIE, &session);
    let out = out
        .header(header::ORIGIN, console.origin())
        .header(header::ACCEPT, "text/html")
        .form(&[("x", "")])
        .send()
        .await
        .expect("ok");
    assert_eq!((out.status(), &out.headers()[header::LOCATION]), (StatusCode::FOUND, &"/login".parse().expect("text")));
    let page =
        console.anonymous(Method::GET, "/runs").header(header::COOKIE, &session).send().await.expect("an answer");
    assert_eq!(page.status(), StatusCode::SEE_OTHER, "the old session is nothing any more");
}

#[tokio::test]
async fn a_wrong_password_and_an_unknown_name_are_answered_alike() {
    let console = Console::start();
    let mut answers = Vec::new();
    for (username, password) in [(ADMIN, "wrong password 1"), ("nobody", PASSWORD)] {
        let request =
            console.anonymous(Method::POST, "/api/fn/sessions/create").header(header::ORIGIN, console.origin());
        let form = [("username", username), ("password", password)];
        let answer = request.header(header::ACCEPT, "application/json").form(&form).send().await.expect("an answer");
        assert!(!answer.headers().contains_key(header::SET_COOKIE));
        answers.push(expect(answer, StatusCode::UNAUTHORIZED).await);
    }
    assert_eq!(answers[0], answers[1]);
}

#[tokio::test]
async fn guessing_is_slowed_down_and_the_seconds_are_told() {
    let console = Console::start();
    let mut last = None;
    for n in 0..40 {
        let request =
            console.anonymous(Method::POST, "/api/fn/sessions/create").header(header::ORIGIN, console.origin());
        let password = format!("wrong password {n}");
        let form = [("username", ADMIN), ("password", &password)];
        let answer = request.header(header::ACCEPT, "application/json").form(&form).send().await.expect("an answer");
        if answer.status() == StatusCode::TOO_MANY_REQUESTS {
            assert!(answer.headers().contains_key(header::RETRY_AFTER));
            last = Some(answer.json::<Value>().await.expect("JSON"));
            break;
        }
    }
    let error = last.expect("it is slowed down");
    assert_eq!(error["code"], "rate_limited");
    assert!(error["retry_after"].as_u64() > Some(0), "{error}");
}

#[tokio::test]
async fn sign_in_goes_nowhere_but_to_this_console() {
    let console = Console::start();
    for (next, to) in [
        ("/runs?state=failed", "/runs?state=failed"),
        ("//evil.example", "/"),
        ("https://evil.example", "/"),
        ("/\\evil", "/"),
        ("/runs?search=a%26b%20c&next=//evil.example", "/runs?search=a%26b%20c&next=//evil.example"),
        ("javascript:alert(1)", "/"),
        ("\t//evil.example", "/"),
        ("/\t/evil.example", "/"),
        ("/runs\r\nx: y", "/"),
        ("", "/"),
    ] {
        let request =
            console.anonymous(Method::POST, "/api/fn/sessions/create").header(header::ORIGIN, console.origin());
        let form = [("username", ADMIN), ("password", PASSWORD), ("next", next)];
        let answer = request.header(header::ACCEPT, "text/html").form(&form).send().await.expect("an answer");
        assert_eq!(answer.headers()[header::LOCATION], to, "{next}");
    }
}
