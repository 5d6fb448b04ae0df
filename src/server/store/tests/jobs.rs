//! Jobs, what follows them, attempts, and what happened to a run.

use super::{
    super::{
        StoreError,
        jobs::{self, Owner},
    },
    *,
};
use crate::domain::{
    follower::{After, Follower},
    guard::report::GuardReport,
    id::JobId,
    job::{JobQuery, NewJob},
    run::{event::RunEventKind, query::RunQuery, summary::JobName, wait::OnBusy},
};

fn job(name: &str) -> NewJob {
    NewJob {
        name: name.to_owned(),
        operation: Operation::Sync,
        source: "/srv/photos".to_owned(),
        destination: Some("b2:photos".to_owned()),
        options: TransferOptions { checksum: true, ..TransferOptions::default() },
        guards: Guards { sentinel: Some(".disk".to_owned()), ..Guards::default() },
        retry: Retry { attempts: 3, backoff_secs: 10 },
        on_busy: OnBusy::Refuse,
        priority: 7,
        time_limit_secs: Some(60),
        followers: Vec::new(),
    }
}

fn owner(name: &str) -> Owner {
    Owner { id: new_id(NOW), name: name.to_owned() }
}

async fn save(store: &Store, job: &NewJob) -> JobId {
    let id = new_id(NOW);
    let mut tx = store.begin().await.expect("begin");
    jobs::insert(&mut tx, &id, job, &owner("ole"), NOW).await.expect("insert");
    tx.commit().await.expect("commit");
    id
}

#[tokio::test]
async fn a_job_reads_as_it_was_saved_and_only_the_version_that_was_seen_is_changed() {
    let store = Store::in_memory().await.expect("store");
    let id = save(&store, &job("Photos")).await;
    let mut tx = store.begin().await.expect("begin");
    let stored = jobs::get(&mut tx, &id).await.expect("get").expect("there");
    assert_eq!((&stored.job.spec, stored.job.version, stored.owner.name.as_str()), (&job("Photos"), 1, "ole"));
    let changed = NewJob { on_busy: OnBusy::Queue, ..job("Photos 2") };
    assert!(jobs::update(&mut tx, &id, 1, &changed, &owner("eva"), NOW).await.expect("update"));
    assert!(!jobs::update(&mut tx, &id, 1, &job("Lost"), &owner("ole"), NOW).await.expect("too late"));
    let stored = jobs::get(&mut tx, &id).await.expect("get").expect("there");
    assert_eq!((stored.job.spec, stored.job.version, stored.job.user.as_str()), (changed, 2, "eva"));
    let taken = jobs::insert(&mut tx, &new_id(NOW), &job("PHOTOS 2"), &owner("ole"), NOW).await;
    assert!(matches!(taken, Err(StoreError::Taken)), "whatever the case of its letters");
    assert_eq!(jobs::using(&mut tx, "b2").await.expect("using"), ["Photos 2"]);
    assert!(jobs::using(&mut tx, "b").await.expect("using").is_empty());
    assert!(jobs::delete(&mut tx, &id).await.expect("delete") && !jobs::delete(&mut tx, &id).await.expect("again"));
}

#[tokio::test]
async fn jobs_are_paged_by_name_and_found_by_what_they_say() {
    let store = Store::in_memory().await.expect("store");
    for name in ["delta", "Alpha", "charlie", "Bravo", "Übung"] {
        save(&store, &job(name)).await;
    }
    let mut reader = store.acquire().await.expect("reader");
    let (mut query, mut names) = (JobQuery { limit: 2, ..JobQuery::default() }, Vec::new());
    loop {
        let page = jobs::list(&mut reader, &query).await.expect("list");
        names.extend(page.jobs.into_iter().map(|job| job.spec.name));
        match page.cursor {
            Some(cursor) => query.cursor = Some(cursor),
            None => break,
        }
    }
    assert_eq!(names, ["Alpha", "Bravo", "charlie", "delta", "Übung"]);
    for (search, count) in [("ALPHA", 1), ("übung", 1), ("b2:photos", 5), ("%", 0), ("' OR 1", 0)] {
        let query = JobQuery { search: search.to_owned(), ..JobQuery::default() };
        assert_eq!(jobs::list(&mut reader, &query).await.expect("list").jobs.len(), count, "{search}");
    }
}

#[tokio::test]
async fn a_chain_is_followed_by_its_ends_and_can_be_seen_to_come_back() {
    let store = Store::in_memory().await.expect("store");
    let (c, b) = (save(&store, &job("c")).await, save(&store, &job("b")).await);
    let follower = |job: &JobId, after| Follower { job: *job, after };
    let a = save(
        &store,
        &NewJob { followers: vec![follower(&b, After::Success), follower(&c, After::Failure)], ..job("a") },
    )
    .await;
    let mut tx = store.begin().await.expect("begin");
    let next = async |tx: &mut Connection, state| {
        jobs::following(tx, &a, state)
            .await
            .expect("following")
            .into_iter()
            .map(|stored| stored.job.id)
            .collect::<Vec<_>>()
    };
    assert_eq!(next(&mut tx, RunState::NoChange).await, std::slice::from_ref(&b));
    assert_eq!(next(&mut tx, RunState::Blocked).await, std::slice::from_ref(&c));
    assert!(next(&mut tx, RunState::Cancelled).await.is_empty());
    let back = NewJob { followers: vec![follower(&a, After::Always)], ..job("b") };
    assert!(!jobs::leads_to(&mut tx, &b, &a).await.expect("reached"));
    assert!(jobs::update(&mut tx, &b, 1, &back, &owner("ole"), NOW).await.expect("update"));
    assert!(
        jobs::leads_to(&mut tx, &b, &c).await.expect("reached")
            && jobs::leads_to(&mut tx, &a, &a).await.expect("reached")
    );
    assert!(jobs::delete(&mut tx, &c).await.expect("delete"));
    assert!(next(&mut tx, RunState::Failed).await.is_empty(), "a deleted job follows nothing");
}

#[tokio::test]
async fn a_run_starts_each_follower_once_and_a_preview_approves_one_run() {
    let store = Store::in_memory().await.expect("store");
    let ids = enqueue(&store, 2).await;
    let name = JobName { id: new_id(NOW), name: "a".to_owned() };
    let mut tx = store.begin().await.expect("begin");
    let follower = || runs::NewRow { job: Some(name.clone()), parent: Some(ids[0]), ..new_run(NOW) };
    runs::insert(&mut tx, &follower()).await.expect("once");
    assert!(matches!(runs::insert(&mut tx, &follower()).await, Err(StoreError::Taken)));
    let approved = || runs::NewRow { approved_by: Some(ids[1]), ..new_run(NOW) };
    runs::insert(&mut tx, &approved()).await.expect("once");
    assert!(matches!(runs::insert(&mut tx, &approved()).await, Err(StoreError::Taken)));
    let of_job = RunQuery { job: Some(name.id), ..RunQuery::default() };
    assert_eq!(runs::list(&mut tx, &of_job).await.expect("list").runs[0].job, Some(name));
}

#[tokio::test]
async fn an_attempt_that_failed_waits_longer_each_time_and_the_last_one_is_the_last() {
    let store = Store::in_memory().await.expect("store");
    let mut tx = store.begin().await.expect("begin");
    let run = runs::NewRow { retry: Retry { attempts: 3, backoff_secs: 10 }, ..new_run(NOW) };
    runs::insert(&mut tx, &run).await.expect("insert");
    let mut at = NOW;
    for (attempt, wait) in [(1, 10), (2, 20)] {
        let claimed = runs::claim(&mut tx, at, MANY).await.expect("claim").expect("due");
        let failed = end(RunState::Failed, at);
        let next =
            runs::try_again(&mut tx, &run.id, claimed.fence, &failed).await.expect("again").expect("there is one");
        assert_eq!(next.0 - at.0, wait * 1000);
        assert_eq!(runs::try_again(&mut tx, &run.id, claimed.fence, &failed).await.expect("again"), None, "once");
        assert!(runs::claim(&mut tx, Timestamp(next.0 - 1), MANY).await.expect("claim").is_none(), "not yet due");
        assert_eq!(runs::next_due(&mut tx, at).await.expect("due"), Some(next));
        let summary = runs::get(&mut tx, &run.id).await.expect("get").expect("there").run.summary;
        assert_eq!((summary.state, summary.attempt, summary.retry_at), (RunState::Queued, attempt + 1, Some(next)));
        assert_eq!(summary.error.as_deref(), Some("directory not found"));
        at = next;
    }
    let last = runs::claim(&mut tx, at, MANY).await.expect("claim").expect("due");
    assert_eq!(runs::try_again(&mut tx, &run.id, last.fence, &end(RunState::Failed, at)).await.expect("again"), None);
    assert!(runs::finish(&mut tx, &run.id, last.fence, &end(RunState::Failed, at)).await.expect("finish").is_some());
    let kinds: Vec<_> =
        runs::events(&mut tx, &run.id).await.expect("events").into_iter().map(|event| event.kind).collect();
    assert_eq!(kinds, [RunEventKind::Queued, RunEventKind::Retry, RunEventKind::Retry, RunEventKind::Ended]);
}

#[tokio::test]
async fn a_run_that_was_asked_to_stop_is_not_tried_again() {
    let store = Store::in_memory().await.expect("store");
    let mut tx = store.begin().await.expect("begin");
    let run = runs::NewRow { retry: Retry { attempts: 3, backoff_secs: 10 }, ..new_run(NOW) };
    runs::insert(&mut tx, &run).await.expect("insert");
    let claimed = runs::claim(&mut tx, NOW, MANY).await.expect("claim").expect("due");
    runs::request_stop(&mut tx, &run.id, "ole", "enough", NOW).await.expect("stop");
    assert_eq!(
        runs::try_again(&mut tx, &run.id, claimed.fence, &end(RunState::Failed, NOW)).await.expect("again"),
        None
    );
    assert!(
        runs::finish(&mut tx, &run.id, claimed.fence, &end(RunState::Cancelled, NOW)).await.expect("finish").is_some()
    );
    let stored = runs::get(&mut tx, &run.id).await.expect("get").expect("there").run;
    assert_eq!((stored.stopped_by.as_deref(), stored.stop_reason.as_deref()), (Some("ole"), Some("enough")));
}

/// A sync of one source through filters, to a place.
struct Synced {
    files: u64,
    state: RunState,
    filters: &'static str,
    destination: &'static str,
    days: i64,
    approved: bool,
}

const SYNCED: Synced = Synced {
    files: 0,
    state: RunState::Succeeded,
    filters: "none",
    destination: "b2:photos",
    days: 0,
    approved: false,
};

/// Writes down that these were done, and what the next one is compared with.
async fn after(synced: &[Synced], filters: &str, destination: &str) -> runs::Baseline {
    let store = Store::in_memory().await.expect("store");
    let mut tx = store.begin().await.expect("begin");
    let now = Timestamp(NOW.0 + 100 * 86_400_000);
    for (n, one) in synced.iter().enumerate() {
        let at = Timestamp(now.0 - one.days * 86_400_000 + i64::try_from(n).expect("small"));
        let mut run = with_task(new_run(at), |task| {
            task.operation = Operation::Sync;
            task.destination = Some(Location::parse(one.destination).expect("a location"));
        });
        run.approved_by = one.approved.then_some(run.id);
        runs::insert(&mut tx, &run).await.expect("insert");
        let claimed = runs::claim(&mut tx, at, MANY).await.expect("claim").expect("due");
        assert!(claimed.guarded, "a sync is looked at first");
        assert!(
            !runs::set_running(&mut tx, &run.id, claimed.fence, at).await.expect("not yet"),
            "its guards have not let it go"
        );
        let report = GuardReport { source_files: Some(one.files), budget: Some(10), ..GuardReport::default() };
        let key = runs::SourceKey { place: "disk".to_owned(), filters: one.filters.to_owned() };
        let key = (one.filters != "old").then_some(key);
        assert!(runs::set_starting(&mut tx, &run.id, claimed.fence, Some(&report), key.as_ref()).await.expect("go"));
        assert!(runs::finish(&mut tx, &run.id, claimed.fence, &end(one.state, at)).await.expect("finish").is_some());
        assert_eq!(runs::get(&mut tx, &run.id).await.expect("get").expect("there").run.guard_report, Some(report));
    }
    let source = runs::SourceKey { place: "disk".to_owned(), filters: filters.to_owned() };
    let counted = runs::Counted { source: &source, job: None, destination, spec: "spec" };
    runs::baseline(&mut tx, counted, Timestamp(now.0 - 28 * 86_400_000)).await.expect("told")
}

#[tokio::test]
async fn a_source_is_compared_with_what_it_held_in_good_runs_whatever_else_these_did() {
    let of = |files| Synced { files, ..SYNCED };
    let is = |last, most| runs::Baseline { last, most };
    let table: [(&str, Vec<Synced>, &str, &str, runs::Baseline); 12] = [
        ("the first time", vec![], "none", "b2:photos", is(None, None)),
        (
            "a failed run does not count",
            vec![of(100), Synced { state: RunState::Failed, ..of(40) }],
            "none",
            "b2:photos",
            is(Some(100), Some(100)),
        ),
        (
            "nor a stopped one",
            vec![of(100), Synced { state: RunState::Cancelled, ..of(4) }],
            "none",
            "b2:photos",
            is(Some(100), Some(100)),
        ),
        (
            "one without changes does",
            vec![of(100), Synced { state: RunState::NoChange, ..of(90) }],
            "none",
            "b2:photos",
            is(Some(90), Some(100)),
        ),
        (
            "one with warnings does",
            vec![of(100), Synced { state: RunState::Warning, ..of(80) }],
            "none",
            "b2:photos",
            is(Some(80), Some(100)),
        ),
        ("little by little", vec![of(100), of(60), of(36)], "none", "b2:photos", is(Some(36), Some(100))),
        (
            "the most is of 28 days",
            vec![Synced { days: 40, ..of(100) }, of(60)],
            "none",
            "b2:photos",
            is(Some(60), Some(60)),
        ),
        ("the last may be older", vec![Synced { days: 40, ..of(100) }], "none", "b2:photos", is(Some(100), None)),
        (
            "what was approved is the new measure",
            vec![of(100), Synced { approved: true, ..of(10) }, of(12)],
            "none",
            "b2:photos",
            is(Some(12), Some(12)),
        ),
        ("another destination", vec![of(100)], "none", "b2:elsewhere", is(Some(100), Some(100))),
        ("other filters, the same destination", vec![of(100), of(90)], "jpg", "b2:photos", is(Some(90), Some(100))),
        ("other filters, another destination: another thing", vec![of(100)], "jpg", "b2:elsewhere", is(None, None)),
    ];
    for (what, synced, filters, destination, baseline) in table {
        assert_eq!(after(&synced, filters, destination).await, baseline, "{what}");
    }
    assert_eq!(
        after(&[Synced { filters: "old", ..of(70) }], "none", "b2:x").await,
        is(Some(70), None),
        "a run of an older program, by its spec"
    );
}
