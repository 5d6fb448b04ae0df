//! The contract of the store, kept in memory and in a file.

mod accounts;
mod audit;
mod claims;
mod damage;
mod file;
mod history;
mod jobs;
mod keys;
mod life;
mod locks;
mod model;
mod month;
mod totals;
mod upgrade;

use super::{
    Connection, Store, new_id,
    runs::{self, Ended},
};
use crate::domain::{
    audit::Via,
    guard::Guards,
    id::RunId,
    location::Location,
    operation::Operation,
    retry::Retry,
    run::{state::RunState, stats::Stats, warning::RunWarning},
    time::Timestamp,
    transfer::TransferOptions,
};

/// 2025-11-23T14:02:11.25Z.
pub(super) const NOW: Timestamp = Timestamp(1_763_906_531_250);

pub(super) fn location(text: &str) -> Location {
    Location::parse(text).expect(text)
}

/// How many cases a test tries: so many, or as many as `LONGSHORE_CASES` says.
pub(super) fn cases(usual: u32) -> u32 {
    std::env::var("LONGSHORE_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(usual)
}

/// Ends what waits although its time limit ran out, as the engine's queue does.
pub(super) async fn expire(c: &mut Connection, now: Timestamp) -> Vec<Ended> {
    let mut ended = Vec::new();
    for run in runs::overdue(c, now).await.expect("overdue") {
        ended.extend(runs::expire(c, &run.id, now, "late").await.expect("expire"));
    }
    ended
}

/// A run that was asked for at `at`.
pub(super) fn new_run(at: Timestamp) -> runs::NewRow {
    runs::NewRow {
        id: new_id(at),
        task: runs::Task {
            operation: Operation::Copy,
            source: location("/srv/photos"),
            destination: Some(location("b2:photos")),
            options: TransferOptions {
                checksum: true,
                exclude: vec!["*.tmp".to_owned()],
                ..TransferOptions::default()
            },
            guards: Guards::default(),
            retry_of: None,
        },
        places: Vec::new(),
        spec: "spec".to_owned(),
        approved_by: None,
        job: None,
        parent: None,
        retry: Retry::default(),
        priority: 0,
        user_id: new_id(at),
        user: "marianne".to_owned(),
        via: Via::Session,
        token: None,
        confirmed: false,
        address: None,
        created_at: at,
        deadline_at: None,
        idempotency_key: None,
    }
}

/// Puts runs into the queue, a millisecond apart, and tells their ids.
pub(super) async fn enqueue(store: &Store, count: i64) -> Vec<RunId> {
    let mut tx = store.begin().await.expect("begin");
    let mut ids = Vec::new();
    for n in 0..count {
        let run = new_run(Timestamp(NOW.0 + n));
        runs::insert(&mut tx, &run).await.expect("insert");
        ids.push(run.id);
    }
    tx.commit().await.expect("commit");
    ids
}

pub(super) fn end(state: RunState, at: Timestamp) -> runs::End {
    runs::End {
        state,
        ended_at: at,
        stats: Stats { bytes: 1000, total_bytes: 1000, files: 3, total_files: 3, elapsed_ms: 250, ..Stats::default() },
        warnings: if state == RunState::Warning { vec![RunWarning::source_empty(true)] } else { Vec::new() },
        error: state.is_bad().then(|| "directory not found".to_owned()),
        exit_code: Some(if state.is_bad() { 3 } else { 0 }),
        signal: None,
        report: None,
    }
}

/// As many at once as anybody wants.
pub(super) const MANY: runs::Limits = runs::Limits { global: 100, per_remote: 100 };

/// What changes nothing but what it does.
pub(super) fn with_task(run: runs::NewRow, change: impl FnOnce(&mut runs::Task)) -> runs::NewRow {
    let mut run = run;
    change(&mut run.task);
    run
}

/// Claims the next run and ends it.
pub(super) async fn finish_next(store: &Store, state: RunState, at: Timestamp) -> RunId {
    let mut tx = store.begin().await.expect("begin");
    let claimed = runs::claim(&mut tx, at, MANY).await.expect("claim").expect("a run that waits");
    assert!(!claimed.guarded && runs::set_running(&mut tx, &claimed.id, claimed.fence, at).await.expect("running"));
    assert!(runs::finish(&mut tx, &claimed.id, claimed.fence, &end(state, at)).await.expect("finish").is_some());
    tx.commit().await.expect("commit");
    claimed.id
}
