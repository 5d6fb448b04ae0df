//! The first start: one code, one admin.

use std::os::unix::fs::PermissionsExt as _;

use super::*;

async fn set_up(browser: &mut Browser, house: &House, code: &str) -> (StatusCode, Value) {
    browser.post(house, "/setup", json!([code, "marianne", PASSWORD, PASSWORD])).await
}

#[tokio::test]
async fn the_code_makes_one_admin_and_signs_them_in() {
    let house = House::empty(false).await;
    assert!(house.auth.setup_needed());
    let code = house.auth.setup_code().expect("a code");
    let file = house.dir.path().join("setup-code");
    assert_eq!(std::fs::read_to_string(&file).expect("the file").trim(), code.reveal());
    assert_eq!(std::fs::metadata(&file).expect("the file").permissions().mode() & 0o777, 0o600);
    assert_eq!(house.auth.setup_code().expect("the same").reveal(), code.reveal());

    let mut browser = Browser::default();
    let told = set_up(&mut browser, &house, &code.reveal().to_lowercase()).await;
    assert_eq!(told, (StatusCode::OK, json!({ "name": "marianne", "role": "admin" })));
    assert_eq!(browser.me(&house).await.as_deref(), Some("marianne"));
    assert!(!house.auth.setup_needed() && house.auth.setup_code().is_none() && !file.exists());
    assert_eq!(set_up(&mut Browser::default(), &house, &code.reveal()).await.0, StatusCode::CONFLICT, "used");
    assert_eq!(house.count("SELECT count(*) FROM audit WHERE via = 'setup' AND action = 'user.create'").await, 1);
}

#[tokio::test]
async fn of_many_at_once_one_wins() {
    let house = House::empty(false).await;
    let code = house.auth.setup_code().expect("a code").reveal();
    let tries = (0..50u8).map(|n| {
        let (house, code) = (&house, &code);
        async move {
            let mut browser = Browser { address: Some([192, 0, 2, n].into()), ..Browser::default() };
            browser.post(house, "/setup", json!([code, format!("admin{n}"), PASSWORD, PASSWORD])).await.0
        }
    });
    let answers = futures::future::join_all(tries).await;
    assert_eq!(answers.iter().filter(|status| status.is_success()).count(), 1, "{answers:?}");
    assert_eq!(house.count("SELECT count(*) FROM users").await, 1);
    assert_eq!(house.count("SELECT count(*) FROM sessions").await, 1);
}

#[tokio::test]
async fn a_code_lives_for_half_an_hour_and_the_next_is_in_the_file() {
    let house = House::empty(false).await;
    let code = house.auth.setup_code().expect("a code").reveal();
    house.clock.advance(30 * MINUTE);
    let mut browser = Browser::default();
    let (status, error) = set_up(&mut browser, &house, &code).await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    assert!(error["fields"]["code"].as_str().expect("a reason").contains("expired"));
    // A request renews nothing: only a start does.
    assert_eq!(std::fs::read_to_string(house.dir.path().join("setup-code")).expect("the file").trim(), code);
    assert!(set_up(&mut browser, &house, &code).await.1["fields"]["code"].is_string());
    let next = house.auth.setup_code().expect("a code").reveal();
    assert_ne!(next, code);
    assert_eq!(set_up(&mut browser, &house, &next).await.0, StatusCode::OK);
}

#[tokio::test]
async fn guessing_the_code_is_limited() {
    let house = House::empty(false).await;
    let code = house.auth.setup_code().expect("a code").reveal();
    let mut browser = Browser::default();
    for _ in 0..5 {
        let (status, error) = set_up(&mut browser, &house, "AAAA-AAAA-AAAA-AAAA").await;
        assert_eq!((status, error["fields"]["code"].is_string()), (StatusCode::BAD_REQUEST, true));
    }
    let (status, error) = set_up(&mut browser, &house, &code).await;
    assert_eq!((status, &error["retry_after"]), (StatusCode::TOO_MANY_REQUESTS, &json!(20)));
    house.clock.advance(20_000);
    assert_eq!(set_up(&mut browser, &house, &code).await.0, StatusCode::OK);
}

#[tokio::test]
async fn all_that_is_wrong_is_told_at_once_and_does_not_use_up_the_code() {
    let house = House::empty(false).await;
    let code = house.auth.setup_code().expect("a code").reveal();
    let mut browser = Browser::default();
    let (status, error) = browser.post(&house, "/setup", json!(["", "a name", "short", "shorter"])).await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    let fields: Vec<_> = error["fields"].as_object().expect("fields").keys().map(String::as_str).collect();
    assert_eq!(fields, ["code", "password", "password_again", "username"]);
    assert_eq!(house.count("SELECT count(*) FROM users").await, 0);
    assert_eq!(set_up(&mut browser, &house, &code).await.0, StatusCode::OK);
}

#[tokio::test]
async fn an_admin_from_the_command_line_ends_the_setup() {
    let house = House::empty(false).await;
    let code = house.auth.setup_code().expect("a code").reveal();
    // The command line is another process: it shares the database and nothing else.
    let cli = Auth::open(house.store.clone(), house.clock.clone(), house.dir.path()).await.expect("cli");
    cli.create_user("eva", Role::Admin, PASSWORD).await.expect("eva");
    assert_eq!(cli.create_user("EVA", Role::Admin, PASSWORD).await.expect_err("taken").status(), 409);
    assert_eq!(set_up(&mut Browser::default(), &house, &code).await.0, StatusCode::CONFLICT);
    assert!(!house.auth.setup_needed());
    assert!(!house.dir.path().join("setup-code").exists());
    let restarted = Auth::open(house.store.clone(), house.clock.clone(), house.dir.path()).await.expect("again");
    assert!(!restarted.setup_needed());
}

#[tokio::test]
async fn a_link_in_place_of_the_file_is_not_followed() {
    let house = House::empty(false).await;
    let elsewhere = house.dir.path().join("elsewhere");
    std::fs::write(&elsewhere, "precious").expect("write");
    std::os::unix::fs::symlink(&elsewhere, house.dir.path().join("setup-code")).expect("link");
    house.auth.setup_code().expect("a code");
    assert_eq!(std::fs::read_to_string(&elsewhere).expect("read"), "precious");
}
