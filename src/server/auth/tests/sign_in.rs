//! Who can sign in, and what a refused attempt reveals.

use super::*;
use crate::server::store::users;

#[tokio::test]
async fn a_name_and_its_password_sign_in() {
    let house = House::new().await;
    let mut browser = Browser::default();
    assert_eq!(browser.me(&house).await, None);
    assert_eq!(browser.sign_in(&house, " Marianne ", PASSWORD).await, (StatusCode::OK, json!({ "name": "marianne" })));
    assert_eq!(browser.get(&house, "/me").await.1, json!({ "name": "marianne", "role": "admin", "via": "session" }));
}

#[tokio::test]
async fn wrong_and_unknown_and_disabled_are_the_same_answer() {
    let house = House::new().await;
    let disabled = house.auth.create_user("eva", Role::Viewer, PASSWORD).await.expect("eva");
    let mut tx = house.store.begin().await.expect("begin");
    users::set_disabled(&mut tx, &disabled.id, true).await.expect("disable");
    tx.commit().await.expect("commit");
    let wrong = Browser::default().sign_in(&house, "marianne", "not the password").await;
    let unknown = Browser::default().sign_in(&house, "nobody", PASSWORD).await;
    let disabled = Browser::default().sign_in(&house, "eva", PASSWORD).await;
    assert_eq!(wrong.0, StatusCode::UNAUTHORIZED);
    assert_eq!(wrong, unknown);
    assert_eq!(wrong, disabled);
}

#[tokio::test]
async fn signing_in_makes_a_new_session_and_ends_the_old_one() {
    let house = House::new().await;
    let mut browser = Browser::signed_in(&house).await;
    let mut planted = browser.clone();
    browser.sign_in(&house, "marianne", PASSWORD).await;
    assert_ne!(browser.cookie, planted.cookie);
    assert_eq!(planted.me(&house).await, None);
    assert_eq!(browser.me(&house).await.as_deref(), Some("marianne"));
    assert_eq!(house.count("SELECT count(*) FROM sessions").await, 1);
}

#[tokio::test]
async fn a_session_id_that_somebody_made_up_is_never_taken() {
    let house = House::new().await;
    let planted = Some("longshore=AAAAAAAAAAAAAAAAAAAAAA".to_owned());
    let mut browser = Browser { cookie: planted.clone(), ..Browser::default() };
    assert_eq!(browser.sign_in(&house, "marianne", PASSWORD).await.0, StatusCode::OK);
    assert_ne!(browser.cookie, planted);
    assert_eq!(Browser { cookie: planted, ..Browser::default() }.me(&house).await, None);
}

#[tokio::test]
async fn the_database_holds_neither_id_nor_password() {
    let house = House::new().await;
    let browser = Browser::signed_in(&house).await;
    let cookie = browser.cookie.expect("cookie");
    let id = cookie.strip_prefix("longshore=").expect("name");
    let mut reader = house.store.acquire().await.expect("reader");
    let rows: Vec<(String, String)> = sqlx::query_as(
        "SELECT id_hash, data FROM sessions UNION ALL SELECT name, password_hash FROM users UNION ALL SELECT target, detail FROM audit",
    )
    .fetch_all(&mut *reader)
    .await
    .expect("rows");
    assert!(rows.len() >= 4);
    for text in rows.iter().flat_map(|(a, b)| [a, b]) {
        assert!(!text.contains(id) && !text.contains(PASSWORD), "{text}");
    }
}

#[tokio::test]
async fn nobody_gets_a_cookie_without_signing_in() {
    let house = House::new().await;
    let mut browser = Browser::default();
    browser.get(&house, "/me").await;
    browser.sign_in(&house, "marianne", "not the password").await;
    browser.post(&house, "/logout", Value::Null).await;
    assert_eq!(browser.cookie, None);
    assert_eq!(house.count("SELECT count(*) FROM sessions").await, 0);
}

#[tokio::test]
async fn tries_are_limited_and_the_owner_gets_in_from_elsewhere() {
    let house = House::new().await;
    let mut attacker = Browser { address: Some([192, 0, 2, 7].into()), ..Browser::default() };
    for _ in 0..5 {
        assert_eq!(attacker.sign_in(&house, "marianne", "not the password").await.0, StatusCode::UNAUTHORIZED);
    }
    let (status, error) = attacker.sign_in(&house, "marianne", PASSWORD).await;
    assert_eq!(
        (status, &error["code"], &error["retry_after"]),
        (StatusCode::TOO_MANY_REQUESTS, &json!("rate_limited"), &json!(20))
    );
    let mut owner = Browser { address: Some([198, 51, 100, 1].into()), ..Browser::default() };
    assert_eq!(owner.sign_in(&house, "marianne", PASSWORD).await.0, StatusCode::OK);
    house.clock.advance(20_000);
    assert_eq!(attacker.sign_in(&house, "marianne", PASSWORD).await.0, StatusCode::OK, "waited");
}

#[tokio::test]
async fn a_password_without_end_is_refused_before_it_is_hashed() {
    let house = House::new().await;
    let (status, error) = Browser::default().sign_in(&house, "marianne", &"x".repeat(1025)).await;
    assert_eq!((status, error["fields"]["password"].is_string()), (StatusCode::BAD_REQUEST, true));
}

#[tokio::test]
async fn each_try_is_in_the_audit_log_without_what_was_typed() {
    let house = House::new().await;
    let mut browser = Browser { address: Some([192, 0, 2, 7].into()), ..Browser::default() };
    browser.sign_in(&house, "marianne", "not the password").await;
    browser.sign_in(&house, "correct horse battery", "oops").await;
    browser.sign_in(&house, "marianne", PASSWORD).await;
    browser.post(&house, "/logout", Value::Null).await;
    let mut reader = house.store.acquire().await.expect("reader");
    let mut rows: Vec<(String, String, i64, Option<String>)> =
        sqlx::query_as("SELECT action, user_name, success, address FROM audit WHERE via = 'session'")
            .fetch_all(&mut *reader)
            .await
            .expect("rows");
    rows.sort();
    let address = Some("192.0.2.7".to_owned());
    let row = |action: &str, user: &str, success| (action.to_owned(), user.to_owned(), success, address.clone());
    assert_eq!(
        rows,
        [
            row("session.create", "", 0),
            row("session.create", "marianne", 0),
            row("session.create", "marianne", 1),
            row("session.delete", "marianne", 1)
        ]
    );
}

#[tokio::test]
async fn a_hash_of_older_parameters_is_made_anew() {
    let house = House::new().await;
    let user = house.auth.create_user("eva", Role::Viewer, PASSWORD).await.expect("eva");
    // argon2id of PASSWORD with the smallest cost there is.
    use argon2::{Argon2, Params, password_hash::PasswordHasher as _};
    let weak = Argon2::from(Params::new(8, 1, 1, None).expect("params"));
    let weak = weak.hash_password(PASSWORD.as_bytes()).expect("hash").to_string();
    let mut tx = house.store.begin().await.expect("begin");
    users::set_password(&mut tx, &user.id, &weak).await.expect("set");
    tx.commit().await.expect("commit");
    assert_eq!(Browser::default().sign_in(&house, "eva", PASSWORD).await.0, StatusCode::OK);
    assert_eq!(house.count("SELECT count(*) FROM users WHERE instr(password_hash, 'm=47104,t=1,p=1') > 0").await, 2);
    assert_eq!(Browser::default().sign_in(&house, "eva", PASSWORD).await.0, StatusCode::OK);
}

#[tokio::test]
async fn where_somebody_has_signed_in_is_known_after_a_start_whatever_strangers_do() {
    let house = House::new().await;
    let at = |text: &str| Browser { address: Some(text.parse().expect("an address")), ..Browser::default() };
    assert_eq!(at("198.51.100.1").sign_in(&house, " Marianne", PASSWORD).await.0, StatusCode::OK);
    let house = house.restarted().await;
    let mut refused = 0;
    for n in 0..12 {
        let tried = at(&format!("203.0.113.{n}")).sign_in(&house, "marianne", "wrong wrong wrong").await;
        refused += usize::from(tried.0 == StatusCode::TOO_MANY_REQUESTS);
    }
    assert_eq!(refused, 6, "the account has six tries for strangers");
    assert_eq!(at("198.51.100.2").sign_in(&house, "marianne", PASSWORD).await.0, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(at("198.51.100.1").sign_in(&house, "marianne", PASSWORD).await.0, StatusCode::OK);
}

#[tokio::test]
async fn a_right_password_alone_begins_no_session() {
    let house = House::new().await;
    let visitor = house.visitor();
    let verified = house.auth.verify(&visitor, "Marianne", PASSWORD).await.expect("verified");
    assert!(visitor.session.is_empty().await);
    assert!(matches!(house.auth.current(&visitor).await, Ok(None)));
    assert_eq!(house.count("SELECT count(*) FROM sessions").await, 0);
    assert_eq!(house.count("SELECT count(*) FROM audit WHERE action = 'session.create'").await, 0);
    assert_eq!(house.count("SELECT count(*) FROM users WHERE signed_in_at IS NOT NULL").await, 0);
    house.auth.admit(&visitor, verified).await.expect("admitted");
    visitor.session.save().await.expect("stored as the answer goes out");
    assert!(matches!(house.auth.current(&visitor).await, Ok(Some(_))));
    assert_eq!(house.count("SELECT count(*) FROM audit WHERE action = 'session.create' AND success").await, 1);
    assert_eq!(house.count("SELECT count(*) FROM users WHERE signed_in_at IS NOT NULL").await, 1);
}

#[tokio::test]
async fn what_changed_between_the_password_and_the_session_counts() {
    /// What an admin does between the two steps.
    #[derive(Clone, Copy, Debug)]
    enum Meanwhile {
        Nothing,
        NewPassword,
        SamePasswordAgain,
        Disabled,
        DisabledAndBack,
        NewRole,
    }
    use Meanwhile::{Disabled, DisabledAndBack, NewPassword, NewRole, Nothing, SamePasswordAgain};
    for (meanwhile, admitted) in [
        (Nothing, true),
        (NewPassword, false),
        // Stored anew, it is another hash: somebody wanted an end of what was there.
        (SamePasswordAgain, false),
        (Disabled, false),
        (DisabledAndBack, true),
        (NewRole, true),
    ] {
        let house = House::new().await;
        let eva = house.auth.create_user("eva", Role::Viewer, PASSWORD).await.expect("eva");
        let visitor = house.visitor();
        let verified = house.auth.verify(&visitor, "eva", PASSWORD).await.expect("verified");
        match meanwhile {
            Nothing => {}
            NewPassword => house.auth.reset_password("eva", "another good sentence").await.expect("reset"),
            SamePasswordAgain => house.auth.reset_password("eva", PASSWORD).await.expect("reset"),
            Disabled | DisabledAndBack | NewRole => {
                let mut tx = house.store.begin().await.expect("begin");
                if matches!(meanwhile, NewRole) {
                    users::set_role(&mut tx, &eva.id, Role::Operator).await.expect("role");
                } else {
                    users::set_disabled(&mut tx, &eva.id, true).await.expect("disable");
                }
                if matches!(meanwhile, DisabledAndBack) {
                    users::set_disabled(&mut tx, &eva.id, false).await.expect("enable");
                }
                tx.commit().await.expect("commit");
            }
        }
        let user = house.auth.admit(&visitor, verified).await;
        assert_eq!(user.is_ok(), admitted, "{meanwhile:?}");
        assert_eq!(visitor.session.is_empty().await, !admitted, "{meanwhile:?}");
        let refused = "SELECT count(*) FROM audit WHERE action = 'session.create' AND NOT success";
        assert_eq!(house.count(refused).await, i64::from(!admitted), "{meanwhile:?}");
        if let Err(error) = user {
            assert_eq!((error.status(), error.message.as_str()), (401, "The name or the password is wrong."));
        }
    }
}
