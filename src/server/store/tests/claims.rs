//! The queue gives each run to one claimer, and never more at once than allowed.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};

use super::*;

const RUNS: usize = 200;
const CLAIMERS: usize = 8;
const LIMIT: usize = 6;

/// What claimers saw: how often each run was claimed, and how many were at work at most.
#[derive(Default)]
struct Seen {
    claims: Mutex<BTreeMap<RunId, Vec<i64>>>,
    working: AtomicUsize,
    most: AtomicUsize,
    done: AtomicUsize,
}

/// A transaction, when it is this one's turn: `SQLite` is not fair, and eight that write at once on a busy machine wait
/// for longer than a request may.
async fn begin(store: &Store) -> crate::server::store::Tx {
    loop {
        match store.begin().await {
            Err(crate::server::store::StoreError::Busy(_)) => {}
            begun => return begun.expect("begin"),
        }
    }
}

/// Claims and ends runs until all have ended.
async fn work(store: Store, seen: Arc<Seen>) {
    let limits = runs::Limits { global: u32::try_from(LIMIT).expect("small"), ..MANY };
    while seen.done.load(Ordering::SeqCst) < RUNS {
        let mut tx = begin(&store).await;
        let claimed = runs::claim(&mut tx, Timestamp(NOW.0 + 1000), limits).await.expect("claim");
        if claimed.is_some() {
            // Before the commit lets others claim: what is counted is never less than what is at work.
            let working = seen.working.fetch_add(1, Ordering::SeqCst) + 1;
            seen.most.fetch_max(working, Ordering::SeqCst);
        }
        tx.commit().await.expect("commit");
        let Some(claimed) = claimed else {
            tokio::task::yield_now().await;
            continue;
        };
        seen.claims.lock().expect("lock").entry(claimed.id).or_default().push(claimed.fence);
        tokio::task::yield_now().await;
        let mut tx = begin(&store).await;
        assert!(
            runs::finish(&mut tx, &claimed.id, claimed.fence, &end(RunState::Succeeded, NOW))
                .await
                .expect("finish")
                .is_some()
        );
        seen.working.fetch_sub(1, Ordering::SeqCst);
        tx.commit().await.expect("commit");
        seen.done.fetch_add(1, Ordering::SeqCst);
    }
}

async fn each_run_once(stores: Vec<Store>) {
    let ids = enqueue(&stores[0], i64::try_from(RUNS).expect("small")).await;
    let seen = Arc::new(Seen::default());
    let claimers: Vec<_> = stores.into_iter().map(|store| tokio::spawn(work(store, Arc::clone(&seen)))).collect();
    for claimer in claimers {
        claimer.await.expect("claimer");
    }
    let claims = seen.claims.lock().expect("lock");
    assert_eq!(claims.len(), RUNS);
    assert!(ids.iter().all(|id| claims.get(id).is_some_and(|fences| fences == &[1])));
    assert!(seen.most.load(Ordering::SeqCst) <= LIMIT);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn claimers_of_one_program_get_each_run_once() {
    let store = Store::in_memory().await.expect("store");
    each_run_once(vec![store; CLAIMERS]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn claimers_of_several_programs_get_each_run_once() {
    let dir = tempfile::tempdir().expect("dir");
    let mut stores = Vec::new();
    for _ in 0..CLAIMERS {
        stores.push(Store::open(&dir.path().join("longshore.db")).await.expect("store"));
    }
    each_run_once(stores).await;
}

#[tokio::test]
async fn the_oldest_is_next_and_only_when_it_is_due() {
    let store = Store::in_memory().await.expect("store");
    let ids = enqueue(&store, 3).await;
    let mut tx = store.begin().await.expect("begin");
    assert!(runs::claim(&mut tx, Timestamp(NOW.0 - 1), MANY).await.expect("claim").is_none(), "none is due yet");
    let first = runs::claim(&mut tx, Timestamp(NOW.0 + 9), MANY).await.expect("claim").expect("due");
    assert_eq!((&first.id, first.fence), (&ids[0], 1));
    assert_eq!((first.task.source, first.task.destination), (location("/srv/photos"), Some(location("b2:photos"))));
    assert!(first.task.options.checksum && first.task.options.exclude == ["*.tmp"]);
    assert!(
        runs::claim(&mut tx, Timestamp(NOW.0 + 9), runs::Limits { global: 1, ..MANY }).await.expect("claim").is_none(),
        "one works already"
    );
}
