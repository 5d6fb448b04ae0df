//! Looking into the audit log.

use super::{
    super::{
        Connection,
        audit::{self, Entry},
    },
    *,
};
use crate::domain::audit::AuditQuery;

async fn append(c: &mut Connection, at: i64, user: &str, action: &str, target: &str, success: bool) {
    let entry = Entry::new(Timestamp(at), "session", action)
        .by(None, user)
        .from((at % 2 == 0).then(|| format!("192.0.2.{at}")))
        .to(target)
        .with(serde_json::json!({ "n": at }))
        .succeeded(success);
    audit::insert(c, &entry).await.expect("insert");
}

async fn found(c: &mut Connection, query: AuditQuery) -> Vec<i64> {
    audit::list(c, &query).await.expect("list").entries.iter().map(|entry| entry.at.0).collect()
}

#[tokio::test]
async fn each_filter_narrows_and_all_hold_together() {
    let store = Store::in_memory().await.expect("store");
    let mut tx = store.begin().await.expect("begin");
    append(&mut tx, 1, "ana", "run.start", "/a → b2:x", true).await;
    append(&mut tx, 2, "Örs", "run.end", "/a → b2:x", false).await;
    append(&mut tx, 3, "ana", "remote.create", "b2", true).await;
    append(&mut tx, 4, "ANA", "run%", "Ünter_x", true).await;
    let query = AuditQuery::default;
    for (query, expected) in [
        (query(), [4_i64, 3, 2, 1].as_slice()),
        (AuditQuery { user: "Ana".to_owned(), ..query() }, &[4, 3, 1]),
        (AuditQuery { user: "öRS".to_owned(), ..query() }, &[2]),
        (AuditQuery { user: "an".to_owned(), ..query() }, &[]),
        (AuditQuery { action: "run".to_owned(), ..query() }, &[4, 2, 1]),
        (AuditQuery { action: "run.".to_owned(), ..query() }, &[2, 1]),
        (AuditQuery { action: "run%".to_owned(), ..query() }, &[4]),
        (AuditQuery { target: "B2".to_owned(), ..query() }, &[3, 2, 1]),
        (AuditQuery { target: "üNTER_".to_owned(), ..query() }, &[4]),
        (AuditQuery { success: Some(false), ..query() }, &[2]),
        (AuditQuery { since: Some(Timestamp(2)), ..query() }, &[4, 3, 2]),
        (AuditQuery { until: Some(Timestamp(2)), ..query() }, &[1]),
        (AuditQuery { since: Some(Timestamp(2)), until: Some(Timestamp(4)), ..query() }, &[3, 2]),
        (AuditQuery { address: "192.0.2.".to_owned(), ..query() }, &[4, 2]),
        (AuditQuery { user: "ana".to_owned(), action: "run.".to_owned(), success: Some(true), ..query() }, &[1]),
    ] {
        assert_eq!(found(&mut tx, query.clone()).await, expected, "{query:?}");
    }
}

#[tokio::test]
async fn pages_follow_each_other_within_the_times() {
    let store = Store::in_memory().await.expect("store");
    let mut tx = store.begin().await.expect("begin");
    for at in 1..=9 {
        append(&mut tx, at, "ana", "run.start", "", true).await;
    }
    let mut query =
        AuditQuery { since: Some(Timestamp(2)), until: Some(Timestamp(8)), limit: 4, ..AuditQuery::default() };
    let first = audit::list(&mut tx, &query).await.expect("list");
    assert_eq!(first.entries.iter().map(|entry| entry.at.0).collect::<Vec<_>>(), [7, 6, 5, 4]);
    assert_eq!(first.entries[0].detail["n"], 7);
    query.cursor = first.cursor;
    let second = audit::list(&mut tx, &query).await.expect("list");
    assert_eq!((second.entries.iter().map(|entry| entry.at.0).collect::<Vec<_>>(), second.cursor), (vec![3, 2], None));
}

#[tokio::test]
async fn a_row_is_not_replaced_either() {
    let store = Store::in_memory().await.expect("store");
    let mut tx = store.begin().await.expect("begin");
    append(&mut tx, 1, "ana", "run.start", "", true).await;
    tx.commit().await.expect("commit");
    for replacing in [
        "INSERT OR REPLACE INTO audit SELECT id, at, user_id, 'eva', user_key, target_key, via, action, target, detail, success, address, run_id FROM audit",
        "REPLACE INTO audit SELECT id, at, user_id, 'eva', user_key, target_key, via, action, target, detail, success, address, run_id FROM audit",
        "INSERT OR REPLACE INTO audit (rowid, id, at, user_name, user_key, target_key, via, action, target, detail, success)
         SELECT rowid, 'another', at, 'eva', user_key, target_key, via, action, target, detail, success FROM audit",
        "UPDATE OR REPLACE audit SET user_name = 'eva'",
        "INSERT INTO audit SELECT * FROM audit WHERE true ON CONFLICT (id) DO UPDATE SET user_name = 'eva'",
        "DELETE FROM audit",
    ] {
        let mut tx = store.begin().await.expect("begin");
        let refused = sqlx::query(sqlx::AssertSqlSafe(replacing)).execute(&mut *tx).await.expect_err(replacing);
        assert!(refused.to_string().contains("append only"), "{replacing}: {refused}");
        drop(tx);
        let mut reader = store.acquire().await.expect("a reader");
        let rows = audit::list(&mut reader, &AuditQuery::default()).await.expect("list").entries;
        assert_eq!(rows.iter().map(|row| row.user.as_str()).collect::<Vec<_>>(), ["ana"], "{replacing}");
    }
}
