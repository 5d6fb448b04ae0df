//! The life of one run: stop, requeue, end, and those who come too late.

use super::*;
use runs::{Ended, StopOutcome};

#[tokio::test]
async fn a_stale_fence_changes_nothing() {
    let store = Store::in_memory().await.expect("store");
    enqueue(&store, 1).await;
    let mut tx = store.begin().await.expect("begin");
    let first = runs::claim(&mut tx, Timestamp(NOW.0 + 9), MANY).await.expect("claim").expect("due");
    assert!(runs::requeue(&mut tx, &first.id, first.fence, NOW).await.expect("requeue").is_some());
    let second = runs::claim(&mut tx, Timestamp(NOW.0 + 9), MANY).await.expect("claim").expect("due again");
    assert_eq!((&second.id, second.fence), (&first.id, 2));
    let before = runs::get(&mut tx, &first.id).await.expect("get").expect("there").run;

    let stats = Stats { bytes: 7, ..Stats::default() };
    assert!(!runs::set_running(&mut tx, &first.id, first.fence, NOW).await.expect("running"));
    assert!(!runs::update_stats(&mut tx, &first.id, first.fence, &stats).await.expect("stats"));
    assert!(
        runs::finish(&mut tx, &first.id, first.fence, &end(RunState::Failed, NOW)).await.expect("finish").is_none()
    );
    assert!(runs::requeue(&mut tx, &first.id, first.fence, NOW).await.expect("requeue").is_none());
    assert_eq!(runs::get(&mut tx, &first.id).await.expect("get").expect("there").run, before);

    assert!(
        runs::finish(&mut tx, &second.id, second.fence, &end(RunState::Succeeded, NOW))
            .await
            .expect("finish")
            .is_some()
    );
    assert!(
        runs::finish(&mut tx, &second.id, second.fence, &end(RunState::Failed, NOW)).await.expect("again").is_none(),
        "an end is final"
    );
}

#[tokio::test]
async fn a_run_tells_what_it_was_told() {
    let store = Store::in_memory().await.expect("store");
    let ids = enqueue(&store, 1).await;
    let mut tx = store.begin().await.expect("begin");
    let claimed = runs::claim(&mut tx, Timestamp(NOW.0 + 9), MANY).await.expect("claim").expect("due");
    assert!(runs::set_running(&mut tx, &claimed.id, claimed.fence, Timestamp(NOW.0 + 10)).await.expect("running"));
    assert!(
        runs::set_running(&mut tx, &claimed.id, claimed.fence, Timestamp(NOW.0 + 99)).await.expect("attached again")
    );
    let stats = Stats { bytes: u64::MAX, speed: 5, eta: Some(60), ..Stats::default() };
    assert!(runs::update_stats(&mut tx, &claimed.id, claimed.fence, &stats).await.expect("stats"));
    let run = runs::get(&mut tx, &ids[0]).await.expect("get").expect("there").run;
    assert_eq!((run.summary.state, run.summary.started_at), (RunState::Running, Some(Timestamp(NOW.0 + 10))));
    assert_eq!((run.summary.stats.bytes, run.summary.stats.eta), ((1 << 53) - 1, Some(60)), "no claim is too large");

    let last = runs::End {
        signal: Some("SIGKILL".to_owned()),
        exit_code: None,
        ..end(RunState::Failed, Timestamp(NOW.0 + 20))
    };
    assert!(runs::finish(&mut tx, &claimed.id, claimed.fence, &last).await.expect("finish").is_some());
    let run = runs::get(&mut tx, &ids[0]).await.expect("get").expect("there").run;
    assert_eq!((run.summary.state, run.summary.ended_at), (RunState::Failed, Some(Timestamp(NOW.0 + 20))));
    assert_eq!((run.exit_code, run.signal.as_deref()), (None, Some("SIGKILL")));
    assert_eq!(run.summary.error.as_deref(), Some("directory not found"));
    assert_eq!(run.summary.stats, last.stats);
    assert_eq!(run.summary.position, None);
    assert!(run.options.checksum);
}

#[tokio::test]
async fn a_run_can_not_end_in_a_state_that_is_none() {
    let store = Store::in_memory().await.expect("store");
    enqueue(&store, 1).await;
    let mut tx = store.begin().await.expect("begin");
    let claimed = runs::claim(&mut tx, Timestamp(NOW.0 + 9), MANY).await.expect("claim").expect("due");
    assert!(runs::finish(&mut tx, &claimed.id, claimed.fence, &end(RunState::Running, NOW)).await.is_err());
}

#[tokio::test]
async fn stopping_cancels_what_waits_and_is_a_wish_for_what_works() {
    let store = Store::in_memory().await.expect("store");
    let ids = enqueue(&store, 2).await;
    let mut tx = store.begin().await.expect("begin");
    let claimed = runs::claim(&mut tx, Timestamp(NOW.0 + 9), MANY).await.expect("claim").expect("due");
    assert_eq!(claimed.id, ids[0]);

    assert_eq!(
        runs::request_stop(&mut tx, &ids[1], "ole", "", Timestamp(5)).await.expect("stop"),
        StopOutcome::Cancelled(Ended::new(ids[1]))
    );
    assert_eq!(
        runs::request_stop(&mut tx, &ids[1], "eva", "", Timestamp(6)).await.expect("stop"),
        StopOutcome::AlreadyFinal
    );
    let cancelled = runs::get(&mut tx, &ids[1]).await.expect("get").expect("there").run;
    assert_eq!((cancelled.summary.state, cancelled.summary.ended_at), (RunState::Cancelled, Some(Timestamp(5))));
    assert_eq!((cancelled.stopped_by.as_deref(), cancelled.summary.stopping), (Some("ole"), false));

    assert_eq!(
        runs::request_stop(&mut tx, &ids[0], "ole", "", Timestamp(5)).await.expect("stop"),
        StopOutcome::Requested
    );
    assert_eq!(
        runs::request_stop(&mut tx, &ids[0], "eva", "", Timestamp(6)).await.expect("stop"),
        StopOutcome::Requested
    );
    let working = runs::get(&mut tx, &ids[0]).await.expect("get").expect("there").run;
    assert_eq!((working.stopped_by.as_deref(), working.summary.stopping), (Some("ole"), true));
    assert!(runs::unfinished(&mut tx).await.expect("unfinished").iter().all(|run| run.stop_requested));

    let unknown = new_id(NOW);
    assert_eq!(runs::request_stop(&mut tx, &unknown, "ole", "", NOW).await.expect("stop"), StopOutcome::NotFound);
}

#[tokio::test]
async fn a_claimed_run_that_was_stopped_does_not_wait_again() {
    let store = Store::in_memory().await.expect("store");
    let ids = enqueue(&store, 1).await;
    let mut tx = store.begin().await.expect("begin");
    let claimed = runs::claim(&mut tx, Timestamp(NOW.0 + 9), MANY).await.expect("claim").expect("due");
    runs::request_stop(&mut tx, &ids[0], "ole", "", Timestamp(5)).await.expect("stop");
    assert!(runs::requeue(&mut tx, &ids[0], claimed.fence, NOW).await.expect("requeue").is_some());
    let run = runs::get(&mut tx, &ids[0]).await.expect("get").expect("there").run;
    assert_eq!((run.summary.state, run.summary.ended_at), (RunState::Cancelled, Some(Timestamp(5))));
}

#[tokio::test]
async fn what_is_not_committed_did_not_happen() {
    let store = Store::in_memory().await.expect("store");
    let run = new_run(NOW);
    let mut tx = store.begin().await.expect("begin");
    runs::insert(&mut tx, &run).await.expect("insert");
    drop(tx);
    let mut reader = store.acquire().await.expect("reader");
    assert!(runs::get(&mut reader, &run.id).await.expect("get").is_none());
    assert!(runs::insert(&mut reader, &run).await.is_err(), "a reader cannot write");
}
