//! Sessions and tokens: which are listed, to whom, and which no longer are.

use super::{
    super::{
        Connection,
        sessions::{self, Limits, NewSession},
        tokens::{self, NewToken},
        users,
    },
    accounts::user,
    *,
};
use crate::domain::{
    id::{TokenId, UserId},
    policy::Permission,
    token::TokenState,
    user::Role,
};

const ALL: Limits = Limits { created_after: Timestamp(0), seen_after: Timestamp(0) };

async fn person(c: &mut Connection, name: &str) -> UserId {
    let user = user(name);
    users::insert(c, &user).await.expect("insert");
    user.id
}

async fn session(c: &mut Connection, user: &UserId, hash: &str, at: i64) {
    let session = NewSession {
        id_hash: hash,
        user_id: user,
        epoch: 0,
        data: "{}",
        address: Some("192.0.2.7"),
        agent: Some("Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0"),
        at: Timestamp(at),
    };
    sessions::insert(c, &session).await.expect("insert");
}

async fn token(
    c: &mut Connection,
    user: &UserId,
    role: Role,
    scopes: Option<&[Permission]>,
    expires_at: i64,
) -> TokenId {
    let id = new_id(NOW);
    let hash: RunId = new_id(NOW);
    let token = NewToken {
        id: &id,
        user_id: user,
        hash: hash.as_str(),
        label: "nightly",
        role,
        scopes,
        may_delete: 0,
        created_at: NOW,
        expires_at: Timestamp(expires_at),
    };
    tokens::insert(c, &token).await.expect("insert");
    id
}

#[tokio::test]
async fn only_the_sessions_of_a_user_that_are_alive_are_told() {
    let store = Store::in_memory().await.expect("store");
    let mut tx = store.begin().await.expect("begin");
    let (ana, ole) = (person(&mut tx, "ana").await, person(&mut tx, "ole").await);
    for (user, hash, at) in [(&ana, "old", 10), (&ana, "one", 20), (&ana, "two", 30), (&ole, "other", 40)] {
        session(&mut tx, user, hash, at).await;
    }
    sessions::touch(&mut tx, "one", Timestamp(50)).await.expect("touch");
    let limits = Limits { created_after: Timestamp(15), ..ALL };
    let list = sessions::list(&mut tx, &ana, limits, Some("two")).await.expect("list");
    let told: Vec<_> = list.iter().map(|session| (session.current, session.last_seen_at.0)).collect();
    assert_eq!(told, [(false, 50), (true, 30)], "last used first");
    assert_eq!((list[0].browser.as_str(), list[0].address.as_deref()), ("Firefox on Linux", Some("192.0.2.7")));
    assert!(!sessions::delete_by_id(&mut tx, &ole, &list[0].id).await.expect("of somebody else"));
    assert!(sessions::delete_by_id(&mut tx, &ana, &list[0].id).await.expect("of one's own"));
    assert!(!sessions::delete_by_id(&mut tx, &ana, &list[0].id).await.expect("again"));
    sessions::delete_of_user(&mut tx, &ana).await.expect("all");
    session(&mut tx, &ana, "late", 60).await;
    assert!(
        sessions::list(&mut tx, &ana, ALL, None).await.expect("list").is_empty(),
        "one that was begun before all were ended"
    );
}

#[tokio::test]
async fn a_token_is_told_as_it_works_now() {
    let store = Store::in_memory().await.expect("store");
    let mut tx = store.begin().await.expect("begin");
    let (ana, ole) = (person(&mut tx, "ana").await, person(&mut tx, "ole").await);
    let scopes: &[_] = &[Permission::RunsRead];
    let good = token(&mut tx, &ana, Role::Admin, Some(scopes), NOW.0 + 10).await;
    let expired = token(&mut tx, &ana, Role::Viewer, None, NOW.0).await;
    let stopped = token(&mut tx, &ole, Role::Viewer, None, NOW.0 + 10).await;
    users::set_disabled(&mut tx, &ole, true).await.expect("disable");
    let found = tokens::get(&mut tx, &good, NOW).await.expect("get").expect("there");
    assert_eq!(
        (found.role, found.state, found.scopes.as_deref()),
        (Role::Operator, TokenState::Usable, Some(scopes)),
        "as its owner"
    );
    assert_eq!(tokens::get(&mut tx, &expired, NOW).await.expect("get").expect("there").state, TokenState::Expired);
    assert_eq!(tokens::get(&mut tx, &stopped, NOW).await.expect("get").expect("there").state, TokenState::Stopped);
    assert_eq!(tokens::count(&mut tx, &ana, NOW).await.expect("count"), 1, "an expired one does not count");
    assert_eq!(tokens::list(&mut tx, None, None, 0, NOW).await.expect("list").tokens.len(), 3);
    assert!(tokens::revoke(&mut tx, &good).await.expect("revoke"));
    assert_eq!(tokens::get(&mut tx, &good, NOW).await.expect("get"), None);
    let own = tokens::list(&mut tx, Some(&ana), None, 0, NOW).await.expect("list");
    assert_eq!(own.tokens.iter().map(|token| &token.id).collect::<Vec<_>>(), [&expired]);
}
