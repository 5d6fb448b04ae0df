//! A person's own password, the one that somebody else chose for them, and names that look like another's.

use reqwest::{Method, Response, StatusCode, header};
use serde_json::{Value, json};

use crate::support::{ADMIN, Console, PASSWORD, expect, sign_in, sign_in_as};

const NEW: &str = "pebble lantern quay 9034";

/// Asks as this session, from our own page.
async fn as_session(console: &Console, session: &str, method: Method, path: &str, body: Option<Value>) -> Response {
    let request =
        console.anonymous(method, path).header(header::COOKIE, session).header(header::ORIGIN, console.origin());
    let request = body.iter().fold(request, |request, body| request.json(body));
    request.send().await.expect("an answer")
}

/// Signs in with this password; the session, and where it leads.
async fn enter(console: &Console, name: &str, password: &str) -> (String, String) {
    let request = console.anonymous(Method::POST, "/api/fn/sessions/create").header(header::ORIGIN, console.origin());
    let form = [("username", name), ("password", password), ("next", "/runs")];
    let answer = request.header(header::ACCEPT, "text/html").form(&form).send().await.expect("an answer");
    let session =
        answer.headers().get(header::SET_COOKIE).map(|cookie| cookie.to_str().expect("text").split(';').next());
    (
        session.flatten().unwrap_or_default().to_owned(),
        answer.headers()[header::LOCATION].to_str().expect("text").to_owned(),
    )
}

#[tokio::test]
async fn a_password_is_changed_with_the_one_before_and_other_sessions_end() {
    let console = Console::start();
    let (here, there) = (sign_in(&console).await, sign_in(&console).await);
    let change = |current: &str, new: &str| json!({ "current_password": current, "password": new });
    for (body, field) in [
        (change("wrong", NEW), "current_password"),
        (change("", NEW), "current_password"),
        (change(PASSWORD, PASSWORD), "password"),
        (change(PASSWORD, "qwerty123456"), "password"),
        (change(PASSWORD, "short"), "password"),
        (json!({ "current_password": PASSWORD, "password": NEW, "password_again": "other" }), "password_again"),
    ] {
        let answer = as_session(&console, &here, Method::POST, "/api/v1/users/me/password", Some(body)).await;
        let error = expect(answer, StatusCode::BAD_REQUEST).await;
        assert!(error["fields"][field].is_string(), "{field}: {error}");
    }
    assert_eq!(console.me(&there).await.as_deref(), Some(ADMIN), "what failed ended nothing");
    let answer =
        as_session(&console, &here, Method::POST, "/api/v1/users/me/password", Some(change(PASSWORD, NEW))).await;
    assert_eq!(answer.status(), StatusCode::NO_CONTENT);
    let next =
        answer.headers()[header::SET_COOKIE].to_str().expect("text").split(';').next().expect("a cookie").to_owned();
    assert_eq!(console.me(&next).await.as_deref(), Some(ADMIN));
    assert_eq!((console.me(&here).await, console.me(&there).await), (None, None));
    console.get("/api/v1/runs", StatusCode::OK).await;
    assert_eq!(enter(&console, ADMIN, PASSWORD).await.0, "");
    assert_eq!(enter(&console, ADMIN, NEW).await.1, "/runs");
    let rows = console.get("/api/v1/audit?action=user.password", StatusCode::OK).await;
    let told: Vec<_> = rows["entries"].as_array().expect("rows").iter().map(|row| row["success"] == true).collect();
    assert_eq!(told, [true, false, false], "{rows}");
    assert!(!rows.to_string().contains(NEW) && !rows.to_string().contains("wrong"));
}

#[tokio::test]
async fn guessing_the_current_password_is_slowed_down_as_the_sign_in_is() {
    let console = Console::start();
    console.person("eva", "viewer").await;
    let token = console.token_of("eva", "viewer");
    let mut statuses = Vec::new();
    for n in 0..8 {
        let body = json!({ "current_password": format!("guess {n}"), "password": NEW });
        let request = console.anonymous(Method::POST, "/api/v1/users/me/password").bearer_auth(&token).json(&body);
        statuses.push(request.send().await.expect("an answer").status());
    }
    assert_eq!((statuses[0], statuses[7]), (StatusCode::BAD_REQUEST, StatusCode::TOO_MANY_REQUESTS), "{statuses:?}");
}

#[tokio::test]
async fn who_was_given_a_password_chooses_one_before_anything_else() {
    let console = Console::start();
    let eva = json!({ "name": "eva", "role": "operator", "password": PASSWORD });
    let made = console.post("/api/v1/users", &eva, StatusCode::CREATED).await;
    let (session, to) = enter(&console, "eva", PASSWORD).await;
    assert_eq!(to, "/password");
    let refused = |session: String| {
        let console = &console;
        async move {
            for (method, path) in [
                (Method::GET, "/api/v1/runs"),
                (Method::GET, "/api/v1/events"),
                (Method::GET, "/metrics"),
                (Method::POST, "/api/v1/runs"),
                (Method::GET, "/api/fn/overview/get"),
                (Method::POST, "/api/fn/tokens/create"),
            ] {
                let answer = as_session(console, &session, method, path, None).await;
                let error = expect(answer, StatusCode::FORBIDDEN).await;
                assert!(
                    error["message"].as_str().is_some_and(|text| text.contains("password of your own")),
                    "{path}: {error}"
                );
            }
            for path in ["/", "/runs", "/settings/tokens", "/browse", "/nosuch"] {
                let answer = as_session(console, &session, Method::GET, path, None).await;
                assert_eq!(
                    (answer.status(), &answer.headers()[header::LOCATION]),
                    (StatusCode::SEE_OTHER, &"/password".parse().expect("text")),
                    "{path}"
                );
            }
        }
    };
    refused(session.clone()).await;
    // The one that an admin knows is no choice.
    let same = json!({ "current_password": PASSWORD, "password": PASSWORD });
    let answer = as_session(&console, &session, Method::POST, "/api/v1/users/me/password", Some(same)).await;
    assert!(expect(answer, StatusCode::BAD_REQUEST).await["fields"]["password"].is_string());
    refused(session.clone()).await;
    let page = as_session(&console, &session, Method::GET, "/password", None).await;
    assert_eq!(page.status(), StatusCode::OK);
    assert!(page.text().await.expect("text").contains("name=\"current_password\""));
    // Without JavaScript: the form of that page.
    let form = console.anonymous(Method::POST, "/api/fn/users/password").header(header::COOKIE, &session);
    let form = form.header(header::ORIGIN, console.origin()).header(header::ACCEPT, "text/html");
    let form = form.form(&[("current_password", PASSWORD), ("password", NEW), ("password_again", NEW)]);
    let answer = form.send().await.expect("an answer");
    assert_eq!(answer.headers()[header::LOCATION], "/");
    let next =
        answer.headers()[header::SET_COOKIE].to_str().expect("text").split(';').next().expect("a cookie").to_owned();
    assert_eq!(as_session(&console, &next, Method::GET, "/api/v1/runs", None).await.status(), StatusCode::OK);
    assert_eq!(enter(&console, "eva", NEW).await.1, "/runs", "once");
    // A password that an admin gives later is one that two know again; one's own is not.
    let id = made["id"].as_str().expect("an id");
    console.patch(&format!("/api/v1/users/{id}"), &json!({ "password": PASSWORD }), StatusCode::OK).await;
    let (session, to) = enter(&console, "eva", PASSWORD).await;
    assert_eq!(to, "/password");
    refused(session).await;
    let all = console.get("/api/v1/users", StatusCode::OK).await;
    let own = all["users"].as_array().expect("users").iter().find(|user| user["name"] == ADMIN).expect("there");
    let own = format!("/api/v1/users/{}", own["id"].as_str().expect("an id"));
    let refused = console.patch(&own, &json!({ "password": NEW }), StatusCode::BAD_REQUEST).await;
    assert!(refused["fields"]["password"].as_str().is_some_and(|text| text.contains("your current one")), "{refused}");
    assert_eq!(enter(&console, ADMIN, PASSWORD).await.1, "/runs");
}

#[tokio::test]
async fn an_admin_ends_all_sessions_of_a_person_and_signing_out_clears_what_the_browser_keeps() {
    let console = Console::start();
    let id = console.person("eva", "admin").await;
    let (one, two, mine) =
        (sign_in_as(&console, "eva").await, sign_in_as(&console, "eva").await, sign_in(&console).await);
    let token = console.token_of("eva", "admin");
    console.delete(&format!("/api/v1/users/{id}/sessions"), StatusCode::NO_CONTENT).await;
    assert_eq!((console.me(&one).await, console.me(&two).await), (None, None));
    assert_eq!(console.me(&mine).await.as_deref(), Some(ADMIN));
    console.ask(&token, Method::GET, "/api/v1/runs", &json!({}), StatusCode::OK).await;
    console.delete("/api/v1/users/01JD3Z6N9V4M2K8Q7W5X1T0R3S/sessions", StatusCode::NOT_FOUND).await;
    let rows = console.get("/api/v1/audit?action=session.delete_all", StatusCode::OK).await;
    assert_eq!(
        (&rows["entries"][0]["target"], &rows["entries"][0]["detail"]["sessions"]),
        (&json!("eva"), &json!(2)),
        "{rows}"
    );
    let out = console.anonymous(Method::POST, "/api/fn/sessions/delete").header(header::COOKIE, &mine);
    let out = out.header(header::ORIGIN, console.origin()).form(&[("x", "")]).send().await.expect("an answer");
    assert_eq!(out.headers()["clear-site-data"], "\"storage\"");
}

#[tokio::test]
async fn a_name_that_looks_like_another_is_refused() {
    let console = Console::start();
    console.person("vic", "viewer").await;
    console.person("Öl", "viewer").await;
    for name in [
        "v\u{456}\u{441}",
        "\u{ff56}ic",
        "VIC",
        "v\u{131}c",
        "m\u{430}rianne",
        "MARIANN\u{395}",
        "rnarianne",
        "O\u{308}l",
        "\u{d6}l",
    ] {
        let body = json!({ "name": name, "role": "viewer", "password": PASSWORD });
        let answer = console.request(Method::POST, "/api/v1/users").json(&body).send().await.expect("an answer");
        assert!(
            [StatusCode::CONFLICT, StatusCode::BAD_REQUEST].contains(&answer.status()),
            "{name}: {}",
            answer.status()
        );
    }
    for name in ["vica", "маша", "Ol", "vik"] {
        console.person(name, "viewer").await;
    }
}

/// Tries to sign in; whether that gives a session.
async fn enters(console: &Console, name: &str, password: &str) -> bool {
    !enter(console, name, password).await.0.is_empty()
}

// What people reported of other consoles: blanks that somebody trims in one place and not in another, and passwords of
// which an end does not count.
#[tokio::test]
async fn names_and_passwords_are_taken_as_they_are_everywhere() {
    let console = Console::start();
    let made = console
        .post(
            "/api/v1/users",
            &json!({ "name": "callview ", "role": "viewer", "password": PASSWORD, "must_change_password": false }),
            StatusCode::CREATED,
        )
        .await;
    assert_eq!(made["name"], "callview", "no blank that nobody sees");
    assert!(enters(&console, "callview", PASSWORD).await && enters(&console, " callview ", PASSWORD).await);
    for name in ["call\u{200b}view", "callview\u{a0}", "call\nview", "callview\u{202e}"] {
        let body = json!({ "name": name, "role": "viewer", "password": PASSWORD });
        let answer = console.request(Method::POST, "/api/v1/users").json(&body).send().await.expect("an answer");
        assert!(
            [StatusCode::CONFLICT, StatusCode::BAD_REQUEST].contains(&answer.status()),
            "{name:?}: {}",
            answer.status()
        );
    }
    let long = format!("{}-end of a long one", "pebble lantern quay 9034 ".repeat(4));
    for (name, password, others) in [
        ("front", "  salt marsh pier 2207", vec!["salt marsh pier 2207", "  salt marsh pier 2207 "]),
        ("back", "salt marsh pier 2207  ", vec!["salt marsh pier 2207"]),
        // Of bcrypt, 72 bytes count.
        ("long", long.as_str(), vec![&long[..72], &long[..long.len() - 1]]),
        ("case", "Salt Marsh Pier 2207", vec!["salt marsh pier 2207"]),
    ] {
        let body = json!({ "name": name, "role": "viewer", "password": password, "must_change_password": false });
        console.post("/api/v1/users", &body, StatusCode::CREATED).await;
        for other in others {
            assert!(!enters(&console, name, other).await, "{name}: {other:?}");
        }
        let (session, _) = enter(&console, name, password).await;
        let change = json!({ "current_password": password, "password": format!("{NEW} ") });
        let answer = as_session(&console, &session, Method::POST, "/api/v1/users/me/password", Some(change)).await;
        assert_eq!(answer.status(), StatusCode::NO_CONTENT, "{name}");
        assert!(!enters(&console, name, NEW).await && enters(&console, name, &format!("{NEW} ")).await, "{name}");
    }
    for blank in [
        "            ",
        "\t\t\t\t\t\t\t\t\t\t\t\t\t",
        "\u{3000}\u{3000}\u{3000}\u{3000}\u{3000}\u{3000}\u{3000}\u{3000}\u{3000}\u{3000}\u{3000}\u{3000}",
    ] {
        console
            .post(
                "/api/v1/users",
                &json!({ "name": "blank", "role": "viewer", "password": blank }),
                StatusCode::BAD_REQUEST,
            )
            .await;
    }
}

#[tokio::test]
async fn what_somebody_makes_up_as_a_name_is_one_row_of_the_log_and_stays_in_it() {
    let console = Console::start();
    let names = [
        "admin\r\nLOGIN_SUCCESS user=admin",
        "<script>alert(1)</script>",
        "a\u{1b}[2Jb",
        "x\"}{\"user\":\"marianne",
        &"n".repeat(10_000),
    ];
    for name in names {
        assert!(!enters(&console, name, "wrong").await);
    }
    let rows = console.get("/api/v1/audit?action=session.create", StatusCode::OK).await;
    let rows = rows["entries"].as_array().expect("rows");
    assert!(
        rows.len() <= names.len() && rows.iter().all(|row| row["success"] == false && row["user"] != ADMIN),
        "{rows:?}"
    );
    for row in rows {
        let text = format!("{}{}", row["user"].as_str().expect("text"), row["target"].as_str().expect("text"));
        assert!(text.chars().count() <= 300 && !text.chars().any(char::is_control), "{text:?}");
    }
}
