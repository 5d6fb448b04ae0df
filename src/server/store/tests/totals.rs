//! Totals: what ended is counted once, however it ended, and nobody reads the history for it.

use std::collections::BTreeMap;

use super::{super::runs::totals, *};

async fn counts(store: &Store) -> BTreeMap<(&'static str, &'static str), (u64, u64)> {
    let totals = totals(&mut store.acquire().await.expect("reader")).await.expect("totals");
    totals
        .into_iter()
        .map(|total| ((total.operation.as_str(), total.state.as_str()), (total.runs, total.bytes)))
        .collect()
}

#[tokio::test]
async fn each_run_is_counted_in_the_state_in_which_it_is() {
    let store = Store::in_memory().await.expect("store");
    assert!(counts(&store).await.is_empty());
    enqueue(&store, 5).await;
    assert_eq!(counts(&store).await, BTreeMap::from([(("copy", "queued"), (5, 0))]));
    finish_next(&store, RunState::Succeeded, Timestamp(NOW.0 + 10)).await;
    finish_next(&store, RunState::Succeeded, Timestamp(NOW.0 + 20)).await;
    finish_next(&store, RunState::Failed, Timestamp(NOW.0 + 30)).await;
    let mut tx = store.begin().await.expect("begin");
    runs::claim(&mut tx, Timestamp(NOW.0 + 40), MANY).await.expect("claim").expect("due");
    tx.commit().await.expect("commit");
    let expected = [
        (("copy", "failed"), (1, 1000)),
        (("copy", "queued"), (1, 0)),
        (("copy", "starting"), (1, 0)),
        (("copy", "succeeded"), (2, 2000)),
    ];
    assert_eq!(counts(&store).await, BTreeMap::from(expected));
}

#[tokio::test]
async fn every_way_to_end_is_counted_once() {
    let store = Store::in_memory().await.expect("store");
    let mut tx = store.begin().await.expect("begin");
    for (n, operation) in [Operation::Sync, Operation::Move, Operation::Delete].into_iter().enumerate() {
        let at = Timestamp(NOW.0 + i64::try_from(n).expect("small"));
        let run = with_task(runs::NewRow { deadline_at: Some(Timestamp(NOW.0 + 100)), ..new_run(at) }, |task| {
            task.operation = operation;
        });
        runs::insert(&mut tx, &run).await.expect("insert");
    }
    // Stopped after its claim, and then never started; stopped while it waited; waited for too long.
    let claimed = runs::claim(&mut tx, Timestamp(NOW.0 + 9), MANY).await.expect("claim").expect("due");
    runs::request_stop(&mut tx, &claimed.id, "ole", "", NOW).await.expect("stop");
    runs::requeue(&mut tx, &claimed.id, claimed.fence, NOW).await.expect("requeue");
    let next = runs::unfinished(&mut tx).await.expect("unfinished").remove(0).summary;
    runs::request_stop(&mut tx, &next.id, "ole", "", NOW).await.expect("stop");
    runs::request_stop(&mut tx, &next.id, "ole", "", NOW).await.expect("too late");
    assert_eq!(expire(&mut tx, Timestamp(NOW.0 + 100)).await.len(), 1);
    tx.commit().await.expect("commit");
    let expected =
        [(("sync", "cancelled"), (1, 0)), (("move", "cancelled"), (1, 0)), (("delete", "timed_out"), (1, 0))];
    assert_eq!(counts(&store).await, BTreeMap::from(expected));
}

#[tokio::test]
async fn a_dry_run_counts_and_its_bytes_do_not() {
    let store = Store::in_memory().await.expect("store");
    let mut tx = store.begin().await.expect("begin");
    let options = TransferOptions { dry_run: true, ..TransferOptions::default() };
    runs::insert(&mut tx, &with_task(new_run(NOW), |task| task.options = options)).await.expect("insert");
    tx.commit().await.expect("commit");
    finish_next(&store, RunState::Succeeded, NOW).await;
    assert_eq!(counts(&store).await, BTreeMap::from([(("copy", "succeeded"), (1, 0))]));
}

#[tokio::test]
async fn no_history_is_read_to_count_it() {
    let store = Store::in_memory().await.expect("store");
    let mut reader = store.acquire().await.expect("reader");
    let plan: Vec<(i64, i64, i64, String)> =
        sqlx::query_as(sqlx::AssertSqlSafe(format!("EXPLAIN QUERY PLAN {}", runs::TOTALS)))
            .fetch_all(&mut *reader)
            .await
            .expect("a plan");
    let of_runs: Vec<_> = plan.iter().map(|step| step.3.as_str()).filter(|step| step.contains(" runs")).collect();
    assert!(!of_runs.is_empty() && of_runs.iter().all(|step| step.starts_with("SEARCH runs USING")), "{plan:?}");
}
