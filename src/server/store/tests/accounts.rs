//! Users, and how the last tests of remotes ended.

use super::{
    super::{StoreError, remotes, users},
    *,
};
use crate::domain::{
    id::UserId,
    remote::{RemoteTest, RemoteTested},
    remote_name::RemoteName,
    user::{Role, Theme, UserQuery},
};

pub(super) fn user(name: &str) -> users::NewUser {
    users::NewUser {
        id: new_id(NOW),
        name: name.to_owned(),
        role: Role::Operator,
        password_hash: "$argon2id$secret".to_owned(),
        must_change: false,
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
    assert_eq!((found.id, found.name.as_str(), found.role), (marianne.id, "Märianne", Role::Operator));
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

#[tokio::test]
async fn people_are_paged_by_name_whatever_its_case() {
    let store = Store::in_memory().await.expect("store");
    let mut tx = store.begin().await.expect("begin");
    for name in ["b", "Ä", "C", "a"] {
        users::insert(&mut tx, &user(name)).await.expect("insert");
    }
    let (mut names, mut query) = (Vec::new(), UserQuery { cursor: None, limit: 3 });
    loop {
        let page = users::list(&mut tx, &query).await.expect("list");
        names.extend(page.users.into_iter().map(|user| user.name));
        query.cursor = page.cursor;
        if query.cursor.is_none() {
            break;
        }
    }
    assert_eq!(names, ["a", "b", "C", "Ä"]);
}

#[tokio::test]
async fn an_admin_counts_only_while_they_can_sign_in() {
    let store = Store::in_memory().await.expect("store");
    let mut tx = store.begin().await.expect("begin");
    let (first, second) = (user("first"), user("second"));
    for one in [&first, &second] {
        users::insert(&mut tx, one).await.expect("insert");
    }
    assert!(!users::other_admin(&mut tx, &first.id).await.expect("operators only"));
    users::set_role(&mut tx, &second.id, Role::Admin).await.expect("role");
    assert!(users::other_admin(&mut tx, &first.id).await.expect("the second"));
    assert!(!users::other_admin(&mut tx, &second.id).await.expect("not oneself"));
    users::set_disabled(&mut tx, &second.id, true).await.expect("disable");
    assert!(!users::other_admin(&mut tx, &first.id).await.expect("none that can sign in"));
}

#[tokio::test]
async fn a_sign_in_is_remembered() {
    let store = Store::in_memory().await.expect("store");
    let mut tx = store.begin().await.expect("begin");
    let marianne = user("marianne");
    users::insert(&mut tx, &marianne).await.expect("insert");
    assert_eq!(users::summary(&mut tx, &marianne.id).await.expect("get").expect("there").signed_in_at, None);
    users::set_signed_in(&mut tx, &marianne.id, Timestamp(7)).await.expect("note");
    assert_eq!(
        users::summary(&mut tx, &marianne.id).await.expect("get").expect("there").signed_in_at,
        Some(Timestamp(7))
    );
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
        let result = RemoteTest {
            connected,
            message: "12 folders".to_owned(),
            elapsed_ms: 40,
            undecryptable: 0,
            identity: None,
        };
        remotes::set_test(&mut tx, &name, &RemoteTested { at: Timestamp(at), result }).await.expect("set");
    }
    let tests = remotes::tests(&mut tx).await.expect("tests");
    assert_eq!(tests.len(), 1);
    assert!(tests[&name].result.connected && tests[&name].at == Timestamp(2));
    remotes::delete_test(&mut tx, &name).await.expect("delete");
    assert!(remotes::tests(&mut tx).await.expect("tests").is_empty());
}
