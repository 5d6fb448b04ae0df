//! The queue and the life of runs against a small model: whatever is done in whatever order, both tell the same.

use std::collections::BTreeMap;

use proptest::{prelude::*, test_runner::Config};

use super::*;
use runs::{Limits, PathLock, StopOutcome};

use crate::domain::run::{event::RunEventKind, query::RunQuery, wait::Pause};

const LIMITS: Limits = Limits { global: 3, per_remote: 2 };
/// The places that runs use: two of them meet, two are on one remote.
const KEYS: [(&str, &str); 5] = [("/a/", ""), ("/a/b/", ""), ("/c/", ""), ("b2:x/", "b2"), ("b2:y/", "b2")];
const ENDS: [RunState; 5] =
    [RunState::Succeeded, RunState::NoChange, RunState::Warning, RunState::Failed, RunState::Interrupted];
const BACKOFF_SECS: u32 = 10;

/// What is done. The first number of most says to which run, the flag whether with an old fence.
#[derive(Clone, Debug)]
enum Op {
    Insert { sync: bool, key: usize, writes: bool, priority: i32, attempts: u32, limit_secs: Option<i64> },
    Claim,
    Starting(usize, bool),
    Running(usize, bool),
    Finish(usize, bool, usize),
    TryAgain(usize, bool),
    Requeue(usize, bool),
    Stop(usize),
    Expire,
    Position(usize, u64),
    Priority(usize, i32),
    Pause(bool),
    Pass(i64),
    ClockMoved(i64),
}

fn op() -> impl Strategy<Value = Op> {
    let run = 0..64_usize;
    // Now and then somebody comes too late.
    let old = prop::bool::weighted(0.1);
    prop_oneof![
        6 => (any::<bool>(), 0..KEYS.len(), any::<bool>(), -1..2_i32, 1..4_u32, prop::option::weighted(0.3, 1..60_i64))
            .prop_map(|(sync, key, writes, priority, attempts, limit_secs)| Op::Insert { sync, key, writes, priority, attempts, limit_secs }),
        8 => Just(Op::Claim),
        3 => (run.clone(), old).prop_map(|(run, old)| Op::Starting(run, old)),
        4 => (run.clone(), old).prop_map(|(run, old)| Op::Running(run, old)),
        4 => (run.clone(), old, 0..ENDS.len()).prop_map(|(run, old, state)| Op::Finish(run, old, state)),
        3 => (run.clone(), old).prop_map(|(run, old)| Op::TryAgain(run, old)),
        2 => (run.clone(), old).prop_map(|(run, old)| Op::Requeue(run, old)),
        2 => run.clone().prop_map(Op::Stop),
        1 => Just(Op::Expire),
        2 => (run.clone(), 0..9_u64).prop_map(|(run, position)| Op::Position(run, position)),
        1 => (run, -1..2_i32).prop_map(|(run, priority)| Op::Priority(run, priority)),
        1 => any::<bool>().prop_map(Op::Pause),
        4 => (0..20_i64).prop_map(Op::Pass),
        1 => prop_oneof![Just(-3_600_000), Just(3_600_000)].prop_map(Op::ClockMoved),
    ]
}

#[derive(Debug)]
struct Modelled {
    id: RunId,
    sync: bool,
    place: PathLock,
    state: RunState,
    fence: i64,
    priority: i32,
    rank: i64,
    created_at: i64,
    not_before: i64,
    deadline: Option<i64>,
    attempt: u32,
    attempts: u32,
    stop: Option<i64>,
    ended_at: Option<i64>,
    events: Vec<RunEventKind>,
}

impl Modelled {
    const fn works(&self) -> bool {
        matches!(self.state, RunState::Guarded | RunState::Starting | RunState::Running)
    }

    fn meets(&self, other: &Self) -> bool {
        let (a, b) = (&self.place, &other.place);
        (a.writes || b.writes) && (a.key.starts_with(&b.key) || b.key.starts_with(&a.key))
    }

    fn end(&mut self, state: RunState, at: i64) {
        (self.state, self.ended_at) = (state, Some(at));
        self.events.push(RunEventKind::Ended);
    }
}

#[derive(Debug, Default)]
struct Model {
    runs: Vec<Modelled>,
    paused: bool,
    now: i64,
}

impl Model {
    /// Those that wait, in the order in which they are next.
    fn line(&self) -> Vec<usize> {
        let mut line: Vec<_> = (0..self.runs.len()).filter(|n| self.runs[*n].state == RunState::Queued).collect();
        line.sort_by_key(|n| (-self.runs[*n].priority, self.runs[*n].rank, self.runs[*n].id));
        line
    }

    fn next(&self) -> Option<usize> {
        let working: Vec<_> = self.runs.iter().filter(|run| run.works()).collect();
        if self.paused || working.len() >= LIMITS.global as usize {
            return None;
        }
        let free = |run: &Modelled| {
            let on_remote = working
                .iter()
                .filter(|other| !run.place.remote.is_empty() && other.place.remote == run.place.remote)
                .count();
            run.not_before <= self.now
                && on_remote < LIMITS.per_remote as usize
                && !working.iter().any(|other| run.meets(other))
        };
        self.line().into_iter().find(|n| free(&self.runs[*n]))
    }
}

fn insert_row(op: &Op, now: i64, nth: usize) -> runs::NewRow {
    let Op::Insert { sync, key, writes, priority, attempts, limit_secs } = op else { panic!("no insert") };
    // Ids in the order of their making, whatever the clock says: what is compared is the rank.
    let at = Timestamp(now);
    let place = PathLock { key: KEYS[*key].0.to_owned(), writes: *writes, remote: KEYS[*key].1.to_owned() };
    let operation = if *sync { Operation::Sync } else { Operation::Copy };
    let row = runs::NewRow {
        id: format!("01JD3Z6N9V4M2K8Q7W5X1{nth:05}").parse().expect("an id"),
        places: vec![place],
        priority: *priority,
        retry: Retry { attempts: *attempts, backoff_secs: BACKOFF_SECS },
        deadline_at: limit_secs.map(|limit| Timestamp(now + limit * 1000)),
        ..new_run(at)
    };
    with_task(row, |task| task.operation = operation)
}

/// Does the same in both, and compares what they answer.
async fn both(store: &Store, model: &mut Model, op: &Op) {
    let mut tx = store.begin().await.expect("begin");
    let (now, count) = (model.now, model.runs.len());
    let pick = |n: &usize| (count > 0).then(|| n % count);
    let fence = |model: &Model, n: usize, old: bool| model.runs[n].fence - i64::from(old);
    match op {
        Op::Insert { sync, priority, attempts, limit_secs, .. } => {
            let row = insert_row(op, now, count);
            runs::insert(&mut tx, &row).await.expect("insert");
            model.runs.push(Modelled {
                id: row.id,
                sync: *sync,
                place: row.places[0].clone(),
                state: RunState::Queued,
                fence: 0,
                priority: *priority,
                rank: now,
                created_at: now,
                not_before: now,
                deadline: limit_secs.map(|limit| now + limit * 1000),
                attempt: 1,
                attempts: *attempts,
                stop: None,
                ended_at: None,
                events: vec![RunEventKind::Queued],
            });
        }
        Op::Claim => {
            let claimed = runs::claim(&mut tx, Timestamp(now), LIMITS).await.expect("claim");
            let expected = model.next();
            assert_eq!(claimed.as_ref().map(|run| &run.id), expected.map(|n| &model.runs[n].id));
            if let (Some(claimed), Some(n)) = (claimed, expected) {
                let run = &mut model.runs[n];
                run.fence += 1;
                run.state = if run.sync { RunState::Guarded } else { RunState::Starting };
                if run.sync {
                    run.events.push(RunEventKind::Guarded);
                }
                assert_eq!((claimed.fence, claimed.guarded), (run.fence, run.sync));
            }
        }
        Op::Starting(n, old) => {
            let Some(n) = pick(n) else { return };
            let (id, fence) = (model.runs[n].id, fence(model, n, *old));
            let mine = !old && model.runs[n].state == RunState::Guarded;
            assert_eq!(runs::set_starting(&mut tx, &id, fence, None, None).await.expect("starting"), mine);
            if mine {
                model.runs[n].state = RunState::Starting;
            }
        }
        Op::Running(n, old) => {
            let Some(n) = pick(n) else { return };
            let (id, fence) = (model.runs[n].id, fence(model, n, *old));
            let mine = !old && matches!(model.runs[n].state, RunState::Starting | RunState::Running);
            assert_eq!(runs::set_running(&mut tx, &id, fence, Timestamp(now)).await.expect("running"), mine);
            if mine {
                model.runs[n].state = RunState::Running;
                model.runs[n].events.push(RunEventKind::Started);
            }
        }
        Op::Finish(n, old, state) => {
            let Some(n) = pick(n) else { return };
            let (id, fence) = (model.runs[n].id, fence(model, n, *old));
            let mine = !old && model.runs[n].works();
            let end = end(ENDS[*state], Timestamp(now));
            assert_eq!(runs::finish(&mut tx, &id, fence, &end).await.expect("finish").is_some(), mine);
            if mine {
                model.runs[n].end(ENDS[*state], now);
            }
        }
        Op::TryAgain(n, old) => {
            let Some(n) = pick(n) else { return };
            let (id, fence) = (model.runs[n].id, fence(model, n, *old));
            let run = &mut model.runs[n];
            let mine = !old && run.works() && run.attempt < run.attempts && run.stop.is_none();
            let at = now + i64::from(BACKOFF_SECS) * 1000 * (1 << (run.attempt - 1));
            let again =
                runs::try_again(&mut tx, &id, fence, &end(RunState::Failed, Timestamp(now))).await.expect("again");
            assert_eq!(again, mine.then_some(Timestamp(at)));
            if mine {
                (run.state, run.not_before) = (RunState::Queued, at);
                run.attempt += 1;
                run.events.push(RunEventKind::Retry);
            }
        }
        Op::Requeue(n, old) => {
            let Some(n) = pick(n) else { return };
            let (id, fence) = (model.runs[n].id, fence(model, n, *old));
            let run = &mut model.runs[n];
            let mine = !old && run.works();
            assert_eq!(runs::requeue(&mut tx, &id, fence, Timestamp(now)).await.expect("requeue").is_some(), mine);
            match run.stop {
                _ if !mine => {}
                Some(at) => run.end(RunState::Cancelled, at),
                None => {
                    run.state = RunState::Queued;
                    run.events.push(RunEventKind::Requeued);
                }
            }
        }
        Op::Stop(n) => {
            let Some(n) = pick(n) else { return };
            let run = &mut model.runs[n];
            let outcome = runs::request_stop(&mut tx, &run.id, "ole", "", Timestamp(now)).await.expect("stop");
            let expected = match run.state {
                RunState::Queued => StopOutcome::Cancelled(Ended::new(run.id)),
                _ if run.works() => StopOutcome::Requested,
                _ => StopOutcome::AlreadyFinal,
            };
            assert_eq!(outcome, expected);
            if expected != StopOutcome::AlreadyFinal {
                run.stop.get_or_insert(now);
                run.events.push(RunEventKind::StopRequested);
            }
            if matches!(expected, StopOutcome::Cancelled(_)) {
                run.end(RunState::Cancelled, now);
            }
        }
        Op::Expire => {
            let ended = expire(&mut tx, Timestamp(now)).await;
            let late = |run: &&mut Modelled| run.state == RunState::Queued && run.deadline.is_some_and(|at| at <= now);
            let mut count = 0;
            for run in model.runs.iter_mut().filter(late) {
                run.end(RunState::TimedOut, now);
                count += 1;
            }
            assert_eq!(ended.len(), count);
        }
        Op::Position(n, position) => {
            let Some(n) = pick(n) else { return };
            let mut line = model.line();
            let from = line.iter().position(|waiting| *waiting == n);
            let id = &model.runs[n].id;
            assert_eq!(
                runs::set_position(&mut tx, id, *position, "ole", Timestamp(now)).await.expect("position"),
                from.is_some()
            );
            if let Some(from) = from {
                let to = usize::try_from(position.saturating_sub(1)).expect("small").min(line.len() - 1);
                let (priority, first) =
                    (model.runs[line[to]].priority, line.iter().map(|n| model.runs[*n].rank).min().expect("some"));
                line.remove(from);
                line.insert(to, n);
                model.runs[n].priority = priority;
                model.runs[n].events.push(RunEventKind::Moved);
                for (place, n) in (0_i64..).zip(&line) {
                    model.runs[*n].rank = first - i64::try_from(line.len()).expect("small") + place;
                }
                assert_eq!(model.line(), line, "the line is as it was asked for");
            }
        }
        Op::Priority(n, priority) => {
            let Some(n) = pick(n) else { return };
            let run = &mut model.runs[n];
            let waits = run.state == RunState::Queued;
            assert_eq!(
                runs::set_priority(&mut tx, &run.id, *priority, "ole", Timestamp(now)).await.expect("priority"),
                waits
            );
            if waits {
                run.priority = *priority;
                run.events.push(RunEventKind::Moved);
            }
        }
        Op::Pause(paused) => {
            let pause = paused.then(|| Pause { at: Timestamp(now), by: "ole".to_owned(), reason: String::new() });
            runs::set_pause(&mut tx, pause.as_ref()).await.expect("pause");
            model.paused = *paused;
        }
        Op::Pass(secs) => model.now += secs * 1000,
        Op::ClockMoved(ms) => {
            model.now += ms;
            runs::clock_moved(&mut tx, Timestamp(model.now), Timestamp(model.now), *ms).await.expect("moved");
            let now = model.now;
            for run in model.runs.iter_mut().filter(|run| run.state == RunState::Queued) {
                // What was queued at this very moment was so by the new clock.
                let ms = if run.created_at == now { 0 } else { *ms };
                let longest =
                    if run.attempt == 1 { 0 } else { i64::from(BACKOFF_SECS) * 1000 * (1 << (run.attempt - 2)) };
                let at = (run.not_before + ms).min(now + longest);
                if ms == 0 && at == run.not_before {
                    continue;
                }
                run.not_before = at;
                run.rank += ms;
                run.deadline = run.deadline.map(|at| at + ms);
                run.events.push(RunEventKind::ClockMoved);
            }
        }
    }
    tx.commit().await.expect("commit");
}

/// All that can be seen from outside.
async fn compare(store: &Store, model: &Model) {
    let mut reader = store.acquire().await.expect("reader");
    let page = runs::list(&mut reader, &RunQuery { limit: 1000, ..RunQuery::default() }).await.expect("list");
    let line = model.line();
    let mut expected = BTreeMap::<(&str, &str), u64>::new();
    assert_eq!(page.runs.len(), model.runs.len());
    for (told, (n, run)) in page.runs.iter().rev().zip(model.runs.iter().enumerate()) {
        let position = line.iter().position(|waiting| *waiting == n).map(|at| at as u64 + 1);
        let ended = told.ended_at.map(|at| at.0);
        assert_eq!(
            (&told.id, told.state, told.attempt, ended, told.position),
            (&run.id, run.state, run.attempt, run.ended_at, position)
        );
        *expected.entry((if run.sync { "sync" } else { "copy" }, run.state.as_str())).or_default() += 1;
    }
    let totals = runs::totals(&mut reader).await.expect("totals");
    assert_eq!(
        totals
            .iter()
            .map(|total| ((total.operation.as_str(), total.state.as_str()), total.runs))
            .collect::<BTreeMap<_, _>>(),
        expected
    );
    let ended = model.runs.iter().filter(|run| run.ended_at.is_some()).count() as u64;
    assert_eq!(runs::week(&mut reader, Timestamp(0)).await.expect("week").runs, ended);
    let held: Vec<String> = sqlx::query_scalar("SELECT run_id FROM run_paths ORDER BY run_id")
        .fetch_all(&mut *reader)
        .await
        .expect("paths");
    let expected: Vec<_> = model.runs.iter().filter(|run| run.ended_at.is_none()).map(|run| run.id.as_str()).collect();
    assert_eq!(held, expected);
    assert_eq!(runs::pause(&mut reader).await.expect("pause").is_some(), model.paused);
}

async fn compare_in_the_end(store: &Store, model: &Model) {
    let mut reader = store.acquire().await.expect("reader");
    for run in &model.runs {
        let events = runs::events(&mut reader, &run.id).await.expect("events");
        assert_eq!(events.into_iter().map(|event| event.kind).collect::<Vec<_>>(), run.events, "{}", run.id);
        let stored = runs::get(&mut reader, &run.id).await.expect("get").expect("there");
        assert_eq!((stored.fence, stored.deadline_at.map(|at| at.0)), (run.fence, run.deadline));
    }
}

proptest! {
    #![proptest_config(Config { cases: cases(40), failure_persistence: None, ..Config::default() })]

    #[test]
    fn whatever_is_done_to_runs_the_database_and_a_model_of_it_tell_the_same(ops in prop::collection::vec(op(), 1..80)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(async {
            let store = Store::in_memory().await.expect("store");
            let mut model = Model { now: NOW.0, ..Model::default() };
            for op in &ops {
                both(&store, &mut model, op).await;
                compare(&store, &model).await;
            }
            compare_in_the_end(&store, &model).await;
        });
    }
}
