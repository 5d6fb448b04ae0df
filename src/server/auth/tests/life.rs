//! How long a session lives, and what ends it.

use super::*;
use crate::server::store::users;

#[tokio::test]
async fn a_session_ends_after_thirty_minutes_of_rest() {
    let house = House::new().await;
    let mut browser = Browser::signed_in(&house).await;
    house.clock.advance(29 * MINUTE);
    assert!(browser.me(&house).await.is_some());
    house.clock.advance(29 * MINUTE);
    assert!(browser.me(&house).await.is_some(), "use counts");
    house.clock.advance(31 * MINUTE);
    assert!(browser.me(&house).await.is_none());
}

#[tokio::test]
async fn a_session_ends_after_twelve_hours_of_use() {
    let house = House::new().await;
    let mut browser = Browser::signed_in(&house).await;
    for _ in 0..719 {
        house.clock.advance(MINUTE);
        assert!(browser.me(&house).await.is_some());
    }
    house.clock.advance(2 * MINUTE);
    assert!(browser.me(&house).await.is_none(), "12:01");
}

#[tokio::test]
async fn a_page_that_is_only_left_open_is_not_used() {
    let house = House::new().await;
    let mut browser = Browser::signed_in(&house).await;
    for _ in 0..29 {
        house.clock.advance(MINUTE);
        assert_eq!(browser.get(&house, "/api/v1/events").await.0, StatusCode::OK);
        assert_eq!(house.count("SELECT last_seen_at - created_at FROM sessions").await, 0);
    }
    house.clock.advance(2 * MINUTE);
    assert_eq!(browser.get(&house, "/api/v1/events").await.0, StatusCode::UNAUTHORIZED);
    assert!(browser.me(&house).await.is_none());
}

#[tokio::test]
async fn the_last_use_is_written_once_a_minute() {
    let house = House::new().await;
    let mut browser = Browser::signed_in(&house).await;
    for (wait, seen) in [(59_999, 0), (1, 60_000), (30_000, 60_000), (30_000, 120_000)] {
        house.clock.advance(wait);
        browser.me(&house).await;
        assert_eq!(house.count("SELECT last_seen_at - created_at FROM sessions").await, seen);
    }
}

#[tokio::test]
async fn signing_out_ends_the_session_for_good() {
    let house = House::new().await;
    let mut browser = Browser::signed_in(&house).await;
    let mut copy = browser.clone();
    assert_eq!(browser.post(&house, "/logout", Value::Null).await.0, StatusCode::OK);
    assert_eq!(browser.cookie, None);
    assert!(copy.me(&house).await.is_none(), "the cookie is worth nothing any more");
}

#[tokio::test]
async fn signing_out_everywhere_ends_all_of_that_user_only() {
    let house = House::new().await;
    house.auth.create_user("eva", Role::Viewer, PASSWORD).await.expect("eva");
    let mut eva = Browser::default();
    eva.sign_in(&house, "eva", PASSWORD).await;
    let (mut here, mut there) = (Browser::signed_in(&house).await, Browser::signed_in(&house).await);
    assert_eq!(here.post(&house, "/everywhere", Value::Null).await.0, StatusCode::OK);
    assert!(here.me(&house).await.is_none() && there.me(&house).await.is_none());
    assert_eq!(eva.me(&house).await.as_deref(), Some("eva"));
}

#[tokio::test]
async fn a_disabled_user_is_out_at_once() {
    let house = House::new().await;
    let user = house.auth.create_user("eva", Role::Viewer, PASSWORD).await.expect("eva");
    let mut browser = Browser::default();
    browser.sign_in(&house, "eva", PASSWORD).await;
    assert_eq!(browser.get(&house, "/valid").await.1, json!([true, true]));
    let mut tx = house.store.begin().await.expect("begin");
    users::set_disabled(&mut tx, &user.id, true).await.expect("disable");
    tx.commit().await.expect("commit");
    assert!(browser.me(&house).await.is_none());
}

#[tokio::test]
async fn a_new_password_ends_the_sessions_of_the_old() {
    let house = House::new().await;
    let mut browser = Browser::signed_in(&house).await;
    house.auth.reset_password("Marianne", "another good sentence").await.expect("reset");
    assert!(browser.me(&house).await.is_none());
    assert_eq!(browser.sign_in(&house, "marianne", PASSWORD).await.0, StatusCode::UNAUTHORIZED);
    assert_eq!(browser.sign_in(&house, "marianne", "another good sentence").await.0, StatusCode::OK);
    assert_eq!(house.auth.reset_password("nobody", "another good sentence").await.expect_err("unknown").status(), 404);
}

#[tokio::test]
async fn ten_browsers_are_enough_for_one_user() {
    let house = House::new().await;
    let mut browsers = Vec::new();
    for _ in 0..11 {
        browsers.push(Browser::signed_in(&house).await);
        house.clock.advance(1000);
    }
    assert!(browsers[0].me(&house).await.is_none(), "the oldest goes");
    for browser in &mut browsers[1..] {
        assert!(browser.me(&house).await.is_some());
    }
}

#[tokio::test]
async fn what_has_ended_is_swept_away() {
    let house = House::new().await;
    Browser::signed_in(&house).await;
    house.clock.advance(20 * MINUTE);
    let mut browser = Browser::signed_in(&house).await;
    house.clock.advance(11 * MINUTE);
    house.auth.sweep().await.expect("sweep");
    assert_eq!(house.count("SELECT count(*) FROM sessions").await, 1);
    assert!(browser.me(&house).await.is_some());
}

#[tokio::test]
async fn over_https_the_cookie_is_bound_to_the_host_and_can_be_removed() {
    let house = House::empty(true).await;
    house.auth.create_user("marianne", Role::Admin, PASSWORD).await.expect("marianne");
    let login = Request::post("/login").header(header::CONTENT_TYPE, "application/json");
    let login = login.body(Body::from(json!(["marianne", PASSWORD]).to_string())).expect("request");
    let response = house.send(login).await;
    let cookie = response.headers()[header::SET_COOKIE].to_str().expect("text").to_owned();
    assert!(cookie.starts_with("__Host-longshore="), "{cookie}");
    for attribute in ["; HttpOnly", "; Secure", "; SameSite=Lax", "; Path=/"] {
        assert!(cookie.contains(attribute), "{cookie}");
    }
    assert!(!cookie.contains("Domain"), "{cookie}");

    let pair = cookie.split(';').next().expect("pair");
    let logout = Request::post("/logout").header(header::COOKIE, pair).body(Body::empty()).expect("request");
    let response = house.send(logout).await;
    // Browsers refuse to set a `__Host-` cookie that is not secure, and so to remove one that way.
    let first =
        response.headers().get_all(header::SET_COOKIE).iter().next().expect("a removal").to_str().expect("text");
    assert!(
        first.starts_with("__Host-longshore=;") && first.contains("Max-Age=0") && first.contains("Secure"),
        "{first}"
    );
}

#[tokio::test]
async fn over_http_the_cookie_has_another_name() {
    let house = House::new().await;
    let browser = Browser::signed_in(&house).await;
    assert!(browser.cookie.expect("cookie").starts_with("longshore="));
}

#[tokio::test]
async fn nobody_sees_a_session_in_a_log() {
    let house = House::new().await;
    let browser = Browser::signed_in(&house).await;
    let id = browser.cookie.expect("cookie").split('=').nth(1).expect("id").parse().expect("an id");
    let session = Session::new(Some(id), Arc::new(house.auth.sessions()), None);
    let shown = format!("{:?}", Visitor::new(session, None, None));
    assert!(!shown.contains(&id.0.to_string()) && !shown.contains(&id.to_string()), "{shown}");
}

#[tokio::test]
async fn a_session_that_is_stored_after_all_were_ended_is_not_alive() {
    let house = House::new().await;
    let visitor = house.visitor();
    house.auth.sign_in(&visitor, "marianne", PASSWORD).await.expect("let in");
    house.auth.reset_password("marianne", "another good sentence").await.expect("reset");
    visitor.session.save().await.expect("stored as the answer goes out");
    assert_eq!(house.count("SELECT count(*) FROM sessions").await, 0, "the answer's cookie writes no row");
    assert!(matches!(house.auth.current(&visitor).await, Ok(None)));
}
