//! Users, and how the last tests of remotes ended.

use super::{
    super::{StoreError, remotes, users},
    *,
};
use crate::domain::{
    id::UserId,
    remote::{RemoteName, RemoteTest, RemoteTested},
    user::{Role, Theme},
};

fn user(name: &str) -> users::NewUser {
    users::NewUser {
        id: new_id(NOW),
        name: name.to_owned(),
        role: Role::Operator,
        password_hash: "$argon2id$secret".to_owned(),
        created_at: NOW,
    }
}

#[tokio::test]
async fn a_name_is_one_user_whatever_its_case() {
    let store = Store::in_memory().await.expect("store");
    let mut tx = store.begin().await.expect("begin");
    assert!(!users::any(&mut tx).await.expect("any"));
    let marianne = user("Märianne");
    users::insert(&mut tx, &marianne).await.expect("insert");
    assert!(users::any(&mut tx).await.expect("any"));
    assert!(matches!(users::insert(&mut tx, &user("mÄRIANNE")).await, Err(StoreError::Taken)));
    let found = users::get_by_name(&mut tx, "MÄRIANNE").await.expect("get").expect("there");
    assert_eq!((found.id, found.name.as_str(), found.role), (marianne.id.clone(), "Märianne", Role::Operator));
    assert_eq!(users::get_by_name(&mut tx, "m_rianne").await.expect("get"), None);
}

#[tokio::test]
async fn what_is_set_is_there() {
    let store = Store::in_memory().await.expect("store");
    let mut tx = store.begin().await.expect("begin");
    let marianne = user("marianne");
    users::insert(&mut tx, &marianne).await.expect("insert");
    assert!(users::set_theme(&mut tx, &marianne.id, Theme::Dark).await.expect("theme"));
    assert!(users::set_password(&mut tx, &marianne.id, "$argon2id$other").await.expect("password"));
    assert!(users::set_disabled(&mut tx, &marianne.id, true).await.expect("disabled"));
    let found = users::get(&mut tx, &marianne.id).await.expect("get").expect("there");
    assert_eq!((found.theme, found.disabled), (Theme::Dark, true));
    assert_eq!(users::password_hash(&mut tx, &marianne.id).await.expect("hash").as_deref(), Some("$argon2id$other"));
    let nobody: UserId = new_id(NOW);
    assert!(!users::set_theme(&mut tx, &nobody, Theme::Dark).await.expect("theme"));
}

#[test]
fn a_new_user_does_not_show_the_hash() {
    assert!(!format!("{:?}", user("marianne")).contains("secret"));
}

#[tokio::test]
async fn the_last_test_of_a_remote_is_kept() {
    let store = Store::in_memory().await.expect("store");
    let mut tx = store.begin().await.expect("begin");
    let name: RemoteName = "b2".parse().expect("name");
    for (at, connected) in [(1, false), (2, true)] {
        let result = RemoteTest { connected, message: "12 folders".to_owned(), elapsed_ms: 40 };
        remotes::set_test(&mut tx, &name, &RemoteTested { at: Timestamp(at), result }).await.expect("set");
    }
    let tests = remotes::tests(&mut tx).await.expect("tests");
    assert_eq!(tests.len(), 1);
    assert!(tests[&name].result.connected && tests[&name].at == Timestamp(2));
    remotes::delete_test(&mut tx, &name).await.expect("delete");
    assert!(remotes::tests(&mut tx).await.expect("tests").is_empty());
}
