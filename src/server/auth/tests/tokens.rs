//! Programs: a token in the header, and nowhere else.

use std::time::Duration;

use super::*;
use crate::{domain::error::ErrorCode, server::store::tokens};

const DAY: Duration = Duration::from_secs(24 * 3600);

async fn with(house: &House, path: &str, authorization: &str, cookie: Option<&str>) -> (StatusCode, Value) {
    let request = Request::get(path).header(header::AUTHORIZATION, authorization).body(Body::empty()).expect("request");
    Browser { cookie: cookie.map(str::to_owned), ..Browser::default() }.send(house, request).await
}

#[tokio::test]
async fn a_token_is_its_user_with_its_role() {
    let house = House::new().await;
    let token = house.auth.create_token("marianne", "nightly", Role::Operator, DAY).await.expect("token");
    assert!(token.starts_with("lsh_") && token.len() == 47);
    for scheme in ["Bearer", "bearer", "BEARER"] {
        let told = with(&house, "/me", &format!("{scheme} {token}"), None).await;
        assert_eq!(told, (StatusCode::OK, json!({ "name": "marianne", "role": "operator", "via": "token" })));
    }
    assert_eq!(with(&house, "/valid", &format!("Bearer {token}"), None).await.1, json!([true, true]));
    assert_eq!(house.count("SELECT count(*) FROM tokens WHERE last_used_at IS NOT NULL").await, 1);
}

#[tokio::test]
async fn a_token_counts_in_the_header_only() {
    let house = House::new().await;
    let token = house.auth.create_token("marianne", "nightly", Role::Admin, DAY).await.expect("token");
    let mut browser = Browser::default();
    assert_eq!(
        browser.get(&house, &format!("/me?access_token={token}&token={token}")).await.0,
        StatusCode::UNAUTHORIZED
    );
    let mut browser = Browser { cookie: Some(format!("longshore={token}")), ..Browser::default() };
    assert_eq!(browser.me(&house).await, None);
    assert_eq!(with(&house, "/me", &format!("Basic {token}"), None).await.0, StatusCode::UNAUTHORIZED);
    assert_eq!(with(&house, "/me", &token, None).await.0, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_request_with_a_token_does_not_borrow_the_session() {
    let house = House::new().await;
    let browser = Browser::signed_in(&house).await;
    let cookie = browser.cookie.as_deref();
    assert_eq!(with(&house, "/me", "Bearer lsh_wrong", cookie).await.0, StatusCode::UNAUTHORIZED);
    assert_eq!(
        with(&house, "/me", "Basic cHJveHk6cHJveHk=", cookie).await.0,
        StatusCode::OK,
        "a proxy's own header is not ours"
    );
}

#[tokio::test]
async fn a_token_ends_with_its_time_and_when_it_is_revoked() {
    let house = House::new().await;
    let token = house.auth.create_token("marianne", "nightly", Role::Viewer, DAY).await.expect("token");
    let other = house.auth.create_token("marianne", "weekly", Role::Viewer, 7 * DAY).await.expect("token");
    house.clock.advance(24 * 60 * MINUTE - 1);
    assert_eq!(with(&house, "/me", &format!("Bearer {token}"), None).await.0, StatusCode::OK);
    house.clock.advance(1);
    assert_eq!(with(&house, "/me", &format!("Bearer {token}"), None).await.0, StatusCode::UNAUTHORIZED);

    let mut tx = house.store.begin().await.expect("begin");
    let hash = super::super::secret::hash(&other);
    let live = tokens::live(&mut tx, &hash, house.clock.now()).await.expect("live").expect("there");
    assert!(tokens::revoke(&mut tx, &live.id).await.expect("revoke"));
    tx.commit().await.expect("commit");
    assert_eq!(with(&house, "/me", &format!("Bearer {other}"), None).await.0, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_token_is_never_more_than_its_owner() {
    let house = House::new().await;
    house.auth.create_user("eva", Role::Operator, PASSWORD).await.expect("eva");
    assert!(house.auth.create_token("eva", "x", Role::Admin, DAY).await.expect_err("more").field("role").is_some());
    let token = house.auth.create_token("eva", "x", Role::Operator, DAY).await.expect("token");
    let mut tx = house.store.begin().await.expect("begin");
    sqlx::query("UPDATE users SET role = 'viewer' WHERE name = 'eva'").execute(&mut *tx).await.expect("demote");
    tx.commit().await.expect("commit");
    assert_eq!(with(&house, "/me", &format!("Bearer {token}"), None).await.1["role"], "viewer");
}

#[tokio::test]
async fn a_full_disk_is_called_one_and_nothing_was_done() {
    let house = House::new().await;
    let mut tx = house.store.begin().await.expect("begin");
    sqlx::query("PRAGMA max_page_count = 1").execute(&mut *tx).await.expect("no more pages than there are");
    tx.commit().await.expect("commit");
    for n in 0..90 {
        if let Err(error) = house.auth.create_token("marianne", "x", Role::Viewer, DAY).await {
            assert_eq!((error.code, error.status()), (ErrorCode::StorageFull, 507), "{error}");
            assert!(error.reference.is_some() && error.message.contains("disk"), "{error:?}");
            assert_eq!(house.count("SELECT count(*) FROM tokens").await, n);
            return;
        }
    }
    panic!("the database has room for 90 tokens without another page");
}

#[tokio::test]
async fn only_the_hash_of_a_token_is_stored() {
    let house = House::new().await;
    let token = house.auth.create_token("marianne", "nightly", Role::Viewer, DAY).await.expect("token");
    let mut reader = house.store.acquire().await.expect("reader");
    let rows: Vec<(String, String)> =
        sqlx::query_as("SELECT hash, label FROM tokens UNION ALL SELECT target, detail FROM audit")
            .fetch_all(&mut *reader)
            .await
            .expect("rows");
    assert!(rows.iter().flat_map(|(a, b)| [a, b]).all(|text| !text.contains(&token[4..])));
}

#[tokio::test]
async fn guessing_tokens_is_limited() {
    let house = House::new().await;
    let mut last = StatusCode::OK;
    for _ in 0..31 {
        last = with(&house, "/me", "Bearer lsh_guess", None).await.0;
    }
    assert_eq!(last, StatusCode::TOO_MANY_REQUESTS);
}

#[tokio::test]
async fn a_token_has_a_label_and_an_end() {
    let house = House::new().await;
    for (label, life) in [("", DAY), ("nightly", Duration::ZERO), ("nightly", 4000 * DAY)] {
        assert_eq!(
            house.auth.create_token("marianne", label, Role::Viewer, life).await.expect_err("refused").status(),
            400
        );
    }
    assert_eq!(house.auth.create_token("nobody", "x", Role::Viewer, DAY).await.expect_err("refused").status(), 404);
}
