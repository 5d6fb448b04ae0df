//! A month in a moment: hundreds of runs with attempts, priorities, limits and followers, while somebody moves the
//! machine's clock about.

use std::collections::{BTreeMap, BTreeSet};

use super::*;
use crate::domain::{
    id::JobId,
    run::{event::RunEventKind, query::RunQuery, summary::JobName},
};

const MINUTE: i64 = 60_000;
const HOUR: i64 = 60 * MINUTE;
const DAYS: i64 = 30;
const LIMITS: runs::Limits = runs::Limits { global: 4, per_remote: 4 };

/// Numbers that look like chance and are the same each time.
struct Dice(u64);

impl Dice {
    fn below(&mut self, n: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % n
    }
}

struct Month {
    store: Store,
    /// The time of day.
    now: Timestamp,
    /// Milliseconds that have passed.
    passed: i64,
    dice: Dice,
    queued: usize,
    /// What works, and when it ends, in time that passes.
    working: BTreeMap<RunId, (i64, i64)>,
    ended: BTreeSet<RunId>,
}

impl Month {
    async fn insert(&mut self, parent: Option<RunId>, job: JobId) {
        let (now, dice) = (self.now, &mut self.dice);
        let limit =
            (dice.below(4) == 0).then(|| Timestamp(now.0 + HOUR * i64::try_from(1 + dice.below(6)).expect("small")));
        let row = runs::NewRow {
            priority: i32::try_from(dice.below(3)).expect("small"),
            retry: Retry { attempts: u32::try_from(1 + dice.below(4)).expect("small"), backoff_secs: 600 },
            deadline_at: limit,
            job: Some(JobName { id: job, name: "a".to_owned() }),
            parent,
            ..new_run(now)
        };
        let mut tx = self.store.begin().await.expect("begin");
        runs::insert(&mut tx, &row).await.expect("insert");
        tx.commit().await.expect("commit");
        self.queued += 1;
    }

    /// What the engine's queue does: ends what waited too long, and starts what may start. The first of those that are
    /// due is next.
    async fn work_off(&mut self) {
        let now = self.now;
        loop {
            let mut tx = self.store.begin().await.expect("begin");
            for ended in expire(&mut tx, now).await {
                assert!(self.ended.insert(*ended.id()), "it ended before");
            }
            let waiting =
                runs::list(&mut tx, &RunQuery { state: Some(RunState::Queued), limit: 1000, ..RunQuery::default() })
                    .await;
            let waiting = waiting.expect("list").runs;
            let first =
                waiting.iter().filter(|run| run.retry_at.is_none_or(|at| at <= now)).min_by_key(|run| run.position);
            let claimed = runs::claim(&mut tx, now, LIMITS).await.expect("claim");
            let expected = first.filter(|_| self.working.len() < LIMITS.global as usize).map(|run| &run.id);
            assert_eq!(
                claimed.as_ref().map(|run| &run.id),
                expected,
                "the first of those that are due, and nobody waits for nothing"
            );
            for run in &waiting {
                let longest = 600 * MINUTE.saturating_mul(1 << run.attempt.saturating_sub(2)) / 60;
                assert!(run.retry_at.is_none_or(|at| at.0 <= now.0 + longest), "{run:?} at {now}");
            }
            tx.commit().await.expect("commit");
            let Some(claimed) = claimed else { return };
            let lasts = i64::try_from(self.dice.below(120)).expect("small") * MINUTE;
            self.working.insert(claimed.id, (claimed.fence, self.passed + lasts));
        }
    }

    /// Ends what has worked for long enough: most succeed, some are tried again; each has a follower now and then.
    async fn end_what_is_done(&mut self) {
        let (now, passed) = (self.now, self.passed);
        let done: Vec<_> =
            self.working.iter().filter(|(_, (_, at))| *at <= passed).map(|(id, (fence, _))| (*id, *fence)).collect();
        for (id, fence) in done {
            self.working.remove(&id);
            let state = if self.dice.below(3) == 0 { RunState::Interrupted } else { RunState::Succeeded };
            let mut tx = self.store.begin().await.expect("begin");
            let again = state != RunState::Succeeded
                && runs::try_again(&mut tx, &id, fence, &end(state, now)).await.expect("again").is_some();
            if !again {
                assert!(runs::finish(&mut tx, &id, fence, &end(state, now)).await.expect("finish").is_some());
                assert!(self.ended.insert(id), "it ended before");
            }
            tx.commit().await.expect("commit");
            if !again && self.dice.below(4) == 0 {
                self.insert(Some(id), new_id(now)).await;
            }
        }
    }

    fn pass(&mut self, ms: i64) {
        self.now.0 += ms;
        self.passed += ms;
    }

    async fn clock_is_set(&mut self, ms: i64) {
        self.now.0 += ms;
        let mut tx = self.store.begin().await.expect("begin");
        runs::clock_moved(&mut tx, self.now, self.now, ms).await.expect("moved");
        tx.commit().await.expect("commit");
    }
}

#[tokio::test]
async fn in_a_month_each_run_ends_once_in_its_order_and_none_is_stuck_whatever_the_clock_does() {
    let store = Store::in_memory().await.expect("store");
    let mut month = Month {
        store,
        now: NOW,
        passed: 0,
        dice: Dice(7),
        queued: 0,
        working: BTreeMap::new(),
        ended: BTreeSet::new(),
    };
    for step in 0..DAYS * 48 {
        if month.dice.below(3) == 0 {
            month.insert(None, new_id(month.now)).await;
        }
        // Every third day somebody sets the clock: an hour forward, then an hour back.
        match step % (6 * 48) {
            7 => month.clock_is_set(HOUR).await,
            151 => month.clock_is_set(-HOUR).await,
            _ => {}
        }
        month.end_what_is_done().await;
        month.work_off().await;
        month.pass(HOUR / 2);
    }
    // Four attempts, each of two hours at most, and an hour between them.
    for _ in 0..48 {
        month.end_what_is_done().await;
        month.work_off().await;
        month.pass(HOUR / 2);
    }
    assert!(month.queued > 400, "{}", month.queued);
    assert_eq!(month.ended.len(), month.queued, "all ended");
    let mut reader = month.store.acquire().await.expect("reader");
    assert_eq!(
        runs::week(&mut reader, Timestamp(0)).await.expect("week").runs,
        month.queued as u64,
        "and each was counted once"
    );
    for id in &month.ended {
        let events = runs::events(&mut reader, id).await.expect("events");
        assert_eq!(events.iter().filter(|event| event.kind == RunEventKind::Ended).count(), 1, "{id}");
    }
}

#[tokio::test]
async fn a_clock_that_was_set_back_keeps_nobody_waiting_and_one_set_forward_ends_nobody() {
    let store = Store::in_memory().await.expect("store");
    let limit = Some(Timestamp(NOW.0 + 10 * MINUTE));
    for (ms, since) in [(-HOUR, 0), (HOUR, 0), (0, -HOUR)] {
        let run = runs::NewRow { deadline_at: limit, retry: Retry { attempts: 2, backoff_secs: 60 }, ..new_run(NOW) };
        let mut tx = store.begin().await.expect("begin");
        runs::insert(&mut tx, &run).await.expect("insert");
        let now = Timestamp(NOW.0 + ms + since + MINUTE);
        runs::clock_moved(&mut tx, now, now, ms).await.expect("moved");
        assert!(expire(&mut tx, now).await.is_empty(), "{ms}: a minute passed, not an hour");
        let claimed = runs::claim(&mut tx, now, MANY).await.expect("claim").expect("it is due");
        // What it waits for is a minute, whatever the machine's clock said when it failed.
        let at = runs::try_again(&mut tx, &run.id, claimed.fence, &end(RunState::Interrupted, Timestamp(now.0 + HOUR)))
            .await
            .expect("again");
        assert_eq!(at, Some(Timestamp(now.0 + HOUR + MINUTE)));
        runs::clock_moved(&mut tx, now, now, 0).await.expect("moved");
        assert!(runs::claim(&mut tx, Timestamp(now.0 + MINUTE - 1), MANY).await.expect("claim").is_none());
        let claimed = runs::claim(&mut tx, Timestamp(now.0 + MINUTE), MANY).await.expect("claim").expect("it is due");
        assert!(
            runs::finish(&mut tx, &run.id, claimed.fence, &end(RunState::Succeeded, now))
                .await
                .expect("finish")
                .is_some()
        );
        tx.commit().await.expect("commit");
    }
}

#[tokio::test]
async fn what_is_queued_just_after_the_clock_was_moved_is_left_as_it_is() {
    let store = Store::in_memory().await.expect("store");
    let now = Timestamp(NOW.0 + HOUR);
    let limit = Some(Timestamp(now.0 + MINUTE));
    let (before, after) = (new_run(NOW), runs::NewRow { deadline_at: limit, ..new_run(Timestamp(now.0 - 1000)) });
    let mut tx = store.begin().await.expect("begin");
    for run in [&after, &before] {
        runs::insert(&mut tx, run).await.expect("insert");
    }
    runs::clock_moved(&mut tx, now, Timestamp(now.0 - 5000), HOUR).await.expect("moved");
    assert_eq!(runs::get(&mut tx, &after.id).await.expect("get").expect("there").deadline_at, limit);
    for _ in 0..2 {
        runs::claim(&mut tx, now, MANY).await.expect("claim").expect("both are due");
    }
}
