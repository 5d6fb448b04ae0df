//! Locks, limits and order: two runs that would meet never work at the same time, and the queue is worked off as it
//! stands.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

use runs::{Limits, PathLock};

use super::*;
use crate::domain::run::wait::Pause;

fn place(key: &str, writes: bool, remote: &str) -> PathLock {
    PathLock { key: key.to_owned(), writes, remote: remote.to_owned() }
}

async fn queue(store: &Store, at: i64, places: Vec<PathLock>) -> RunId {
    let mut tx = store.begin().await.expect("begin");
    let run = runs::NewRow { places, ..new_run(Timestamp(NOW.0 + at)) };
    runs::insert(&mut tx, &run).await.expect("insert");
    tx.commit().await.expect("commit");
    run.id
}

async fn claim(store: &Store, limits: Limits) -> Option<runs::Claimed> {
    let mut tx = store.begin().await.expect("begin");
    let claimed = runs::claim(&mut tx, Timestamp(NOW.0 + 10_000), limits).await.expect("claim");
    tx.commit().await.expect("commit");
    claimed
}

async fn finish(store: &Store, claimed: &runs::Claimed) {
    let mut tx = store.begin().await.expect("begin");
    assert!(
        runs::finish(&mut tx, &claimed.id, claimed.fence, &end(RunState::Succeeded, NOW))
            .await
            .expect("finish")
            .is_some()
    );
    tx.commit().await.expect("commit");
}

#[tokio::test]
async fn what_would_meet_waits_and_what_only_reads_does_not() {
    for (first, second, meet) in [
        (place("/a/", true, ""), place("/a/", true, ""), true),
        (place("/a/", true, ""), place("/a/b/", true, ""), true),
        (place("/a/b/", true, ""), place("/a/", false, ""), true),
        (place("/a/", false, ""), place("/a/", false, ""), false),
        (place("/a/", true, ""), place("/ab/", true, ""), false),
        (place("b2:", true, "b2"), place("b2:x/y/", false, "b2"), true),
        (place("b2:x/", true, "b2"), place("b3:x/", true, "b3"), false),
        (place("/", false, ""), place("/a/", true, ""), true),
    ] {
        let store = Store::in_memory().await.expect("store");
        let (one, two) = (queue(&store, 0, vec![first.clone()]).await, queue(&store, 1, vec![second.clone()]).await);
        let busy =
            runs::busy(&mut store.acquire().await.expect("reader"), std::slice::from_ref(&second)).await.expect("busy");
        assert_eq!(busy.is_some_and(|id| id == one), meet, "{first:?} {second:?}");
        let claimed = claim(&store, MANY).await.expect("the first");
        assert_eq!(claimed.id, one);
        let next = claim(&store, MANY).await;
        assert_eq!(next.is_none(), meet, "{first:?} {second:?}");
        finish(&store, &claimed).await;
        if meet {
            assert_eq!(claim(&store, MANY).await.expect("free now").id, two);
        }
    }
}

#[tokio::test]
async fn one_that_has_to_wait_holds_up_nobody_else() {
    let store = Store::in_memory().await.expect("store");
    let writes = |key| vec![place(key, true, "")];
    queue(&store, 0, writes("/a/")).await;
    queue(&store, 1, writes("/a/b/")).await;
    let third = queue(&store, 2, writes("/c/")).await;
    claim(&store, MANY).await.expect("the first");
    assert_eq!(claim(&store, MANY).await.expect("the third").id, third);
    assert!(claim(&store, MANY).await.is_none());
}

#[tokio::test]
async fn a_remote_has_its_own_limit_and_this_server_none() {
    let store = Store::in_memory().await.expect("store");
    for n in 0..4 {
        queue(&store, n, vec![place(&format!("b2:{n}/"), true, "b2"), place(&format!("/s/{n}/"), false, "")]).await;
    }
    let other = queue(&store, 9, vec![place("b3:x/", true, "b3")]).await;
    let limits = Limits { global: 100, per_remote: 2 };
    let first = claim(&store, limits).await.expect("one");
    claim(&store, limits).await.expect("two");
    assert_eq!(claim(&store, limits).await.expect("of another remote").id, other);
    assert!(claim(&store, limits).await.is_none());
    finish(&store, &first).await;
    assert!(claim(&store, limits).await.is_some());
}

#[tokio::test]
async fn a_queue_that_rests_gives_nothing_until_it_goes_on() {
    let store = Store::in_memory().await.expect("store");
    enqueue(&store, 1).await;
    let set = async |pause: Option<&Pause>| {
        let mut tx = store.begin().await.expect("begin");
        runs::set_pause(&mut tx, pause).await.expect("set");
        tx.commit().await.expect("commit");
    };
    let pause = Pause { at: NOW, by: "ole".to_owned(), reason: "a call".to_owned() };
    set(Some(&pause)).await;
    assert_eq!(runs::pause(&mut store.acquire().await.expect("reader")).await.expect("told"), Some(pause));
    assert!(claim(&store, MANY).await.is_none());
    set(None).await;
    assert!(claim(&store, MANY).await.is_some());
}

#[tokio::test]
async fn priority_comes_first_and_a_run_can_be_moved_to_any_place() {
    let store = Store::in_memory().await.expect("store");
    let ids = enqueue(&store, 5).await;
    let order = async || {
        let mut reader = store.acquire().await.expect("reader");
        let mut waiting: Vec<_> =
            runs::unfinished(&mut reader).await.expect("told").into_iter().map(|run| run.summary).collect();
        waiting.sort_by_key(|run| run.position);
        waiting.iter().map(|run| ids.iter().position(|id| *id == run.id).expect("known")).collect::<Vec<_>>()
    };
    let mut tx = store.begin().await.expect("begin");
    assert!(runs::set_position(&mut tx, &ids[4], 1, "ole", NOW).await.expect("moved"));
    tx.commit().await.expect("commit");
    assert_eq!(order().await, [4, 0, 1, 2, 3]);
    let mut tx = store.begin().await.expect("begin");
    assert!(runs::set_priority(&mut tx, &ids[3], 5, "ole", NOW).await.expect("moved"));
    assert!(runs::set_position(&mut tx, &ids[0], u64::MAX, "ole", NOW).await.expect("moved"));
    tx.commit().await.expect("commit");
    assert_eq!(order().await, [3, 4, 1, 2, 0]);
    let mut tx = store.begin().await.expect("begin");
    // Who is moved before one of a higher priority takes that.
    assert!(runs::set_position(&mut tx, &ids[0], 1, "ole", NOW).await.expect("moved"));
    tx.commit().await.expect("commit");
    assert_eq!(order().await, [0, 3, 4, 1, 2]);
    let later = queue(&store, 50, Vec::new()).await;
    assert_eq!(claim(&store, MANY).await.expect("the first").id, ids[0]);
    let mut tx = store.begin().await.expect("begin");
    assert!(!runs::set_position(&mut tx, &ids[0], 1, "ole", NOW).await.expect("it works already"));
    assert_eq!(runs::get(&mut tx, &later).await.expect("get").expect("there").run.summary.position, Some(5));
}

/// Claims and ends runs until all have ended; while it has one, nobody else has one that would meet it.
async fn work(
    store: Store,
    held: Arc<Mutex<BTreeMap<RunId, Vec<PathLock>>>>,
    places: Arc<BTreeMap<RunId, Vec<PathLock>>>,
    most: usize,
) {
    let meets =
        |a: &PathLock, b: &PathLock| (a.writes || b.writes) && (a.key.starts_with(&b.key) || b.key.starts_with(&a.key));
    loop {
        let mut tx = store.begin().await.expect("begin");
        let claimed =
            runs::claim(&mut tx, Timestamp(NOW.0 + 10_000), Limits { global: 6, per_remote: 2 }).await.expect("claim");
        if let Some(claimed) = &claimed {
            let mine = &places[&claimed.id];
            let mut held = held.lock().expect("lock");
            for (other, theirs) in held.iter() {
                assert!(!mine.iter().any(|a| theirs.iter().any(|b| meets(a, b))), "{} and {other} meet", claimed.id);
            }
            let of_remote =
                held.values().filter(|theirs| theirs.iter().any(|place| place.remote == mine[0].remote)).count();
            assert!(of_remote < 2 && held.len() < 6);
            held.insert(claimed.id, mine.clone());
        }
        tx.commit().await.expect("commit");
        let Some(claimed) = claimed else {
            let mut reader = store.acquire().await.expect("reader");
            let left = runs::unfinished(&mut reader).await.expect("told").len();
            assert!(left <= most);
            if left == 0 {
                return;
            }
            drop(reader);
            tokio::task::yield_now().await;
            continue;
        };
        tokio::task::yield_now().await;
        let mut tx = store.begin().await.expect("begin");
        assert!(
            runs::finish(&mut tx, &claimed.id, claimed.fence, &end(RunState::Succeeded, NOW))
                .await
                .expect("finish")
                .is_some()
        );
        held.lock().expect("lock").remove(&claimed.id);
        tx.commit().await.expect("commit");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn eight_claimers_never_let_two_runs_meet() {
    let store = Store::in_memory().await.expect("store");
    let mut places = BTreeMap::new();
    for n in 0..200_i64 {
        let remote = ["r", "s", "t"][usize::try_from(n % 3).expect("small")];
        let key = ["a/", "a/b/", "a/b/c/", "d/", ""][usize::try_from(n / 3 % 5).expect("small")];
        let used = vec![place(&format!("{remote}:{key}"), n % 4 != 0, remote)];
        places.insert(queue(&store, n, used.clone()).await, used);
    }
    let (held, places) = (Arc::default(), Arc::new(places));
    let workers: Vec<_> =
        (0..8).map(|_| tokio::spawn(work(store.clone(), Arc::clone(&held), Arc::clone(&places), 200))).collect();
    for worker in workers {
        worker.await.expect("a claimer");
    }
    assert!(held.lock().expect("lock").is_empty());
}
