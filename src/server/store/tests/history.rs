//! Looking back: pages, searches, figures.

use super::*;
use crate::domain::run::query::RunQuery;

const DAY: i64 = 86_400_000;

async fn all_pages(store: &Store, query: RunQuery) -> Vec<RunId> {
    let mut reader = store.acquire().await.expect("reader");
    let (mut query, mut ids) = (query, Vec::new());
    loop {
        let page = runs::list(&mut reader, &query).await.expect("list");
        assert!(!page.runs.is_empty() || page.cursor.is_none());
        ids.extend(page.runs.into_iter().map(|run| run.id));
        match page.cursor {
            Some(cursor) => query.cursor = Some(cursor),
            None => return ids,
        }
    }
}

#[tokio::test]
async fn pages_hold_every_run_once_newest_first() {
    let store = Store::in_memory().await.expect("store");
    let mut ids = enqueue(&store, 25).await;
    ids.reverse();
    for limit in [1, 7, 25, 26] {
        assert_eq!(all_pages(&store, RunQuery { limit, ..RunQuery::default() }).await, ids, "{limit}");
    }
    let mut reader = store.acquire().await.expect("reader");
    let page = runs::list(&mut reader, &RunQuery { limit: u32::MAX, ..RunQuery::default() }).await.expect("list");
    assert_eq!((page.runs.len(), page.cursor), (25, None));
}

#[tokio::test]
async fn pages_of_one_state_hold_that_state_only() {
    let store = Store::in_memory().await.expect("store");
    enqueue(&store, 10).await;
    for n in 0..4 {
        finish_next(&store, if n % 2 == 0 { RunState::Failed } else { RunState::Succeeded }, Timestamp(NOW.0 + 50))
            .await;
    }
    for (state, count) in
        [(RunState::Failed, 2), (RunState::Succeeded, 2), (RunState::Queued, 6), (RunState::Running, 0)]
    {
        let query = RunQuery { state: Some(state), limit: 3, ..RunQuery::default() };
        assert_eq!(all_pages(&store, query).await.len(), count, "{state:?}");
    }
}

#[tokio::test]
async fn a_search_takes_every_character_as_it_is() {
    let store = Store::in_memory().await.expect("store");
    let mut tx = store.begin().await.expect("begin");
    for (n, source) in
        ["/srv/100% done", "/srv/a_b", "/srv/ab", "/srv/o'neill", "/srv/ÜBUNG", "/srv/a\\b"].iter().enumerate()
    {
        let at = Timestamp(NOW.0 + i64::try_from(n).expect("small"));
        let run = with_task(new_run(at), |task| task.source = location(source));
        runs::insert(&mut tx, &run).await.expect("insert");
    }
    tx.commit().await.expect("commit");
    for (search, count) in [
        ("%", 1),
        ("_", 1),
        ("'", 1),
        ("\\", 1),
        ("a_b", 1),
        ("übung", 1),
        ("O'Neill", 1),
        ("  SRV ", 0),
        (" DONE", 1),
        ("ubung", 1),
        ("U\u{308}bung", 1),
        ("b2:PHOTOS", 6),
        ("'; DROP TABLE runs; --", 0),
        ("\n", 6),
        ("done\nb2", 1),
    ] {
        let query = RunQuery { search: search.to_owned(), ..RunQuery::default() };
        assert_eq!(all_pages(&store, query).await.len(), count, "{search:?}");
    }
}

#[tokio::test]
async fn a_search_that_many_runs_match_finds_the_first_and_the_last_of_them() {
    let store = Store::in_memory().await.expect("store");
    let mut tx = store.begin().await.expect("begin");
    // Older and newer ones than all that match, and asked for while the clock was set back.
    for n in (5_000..10_200).chain(0..5_000) {
        let run = with_task(new_run(Timestamp(NOW.0 + n)), |task| {
            task.source = location(if (50..10_150).contains(&n) { "/srv/pictures" } else { "/srv/other" });
        });
        runs::insert(&mut tx, &run).await.expect("insert");
    }
    tx.commit().await.expect("commit");
    for (search, count) in [("pictures", 10_100), ("other", 100), ("srv", 10_200)] {
        let query = RunQuery { search: search.to_owned(), limit: 1_000, ..RunQuery::default() };
        assert_eq!(all_pages(&store, query).await.len(), count, "{search:?}");
    }
}

#[tokio::test]
async fn those_that_wait_know_their_place() {
    let store = Store::in_memory().await.expect("store");
    let ids = enqueue(&store, 3).await;
    finish_next(&store, RunState::Succeeded, Timestamp(NOW.0 + 9)).await;
    let mut reader = store.acquire().await.expect("reader");
    let page = runs::list(&mut reader, &RunQuery::default()).await.expect("list");
    let positions: Vec<_> = page.runs.iter().map(|run| run.position).collect();
    assert_eq!(positions, [Some(2), Some(1), None]);
    assert_eq!(runs::get(&mut reader, &ids[2]).await.expect("get").expect("there").run.summary.position, Some(2));
    let unfinished = runs::unfinished(&mut reader).await.expect("unfinished");
    let waiting: Vec<_> = unfinished.iter().map(|run| run.summary.id).collect();
    assert_eq!(waiting, ids[1..], "oldest first");
}

#[tokio::test]
async fn recent_ones_are_by_their_end() {
    let store = Store::in_memory().await.expect("store");
    enqueue(&store, 4).await;
    let mut ended = Vec::new();
    for at in [300, 100, 200] {
        ended.push((at, finish_next(&store, RunState::Succeeded, Timestamp(NOW.0 + at)).await));
    }
    ended.sort_by_key(|(at, _)| -at);
    let mut reader = store.acquire().await.expect("reader");
    let recent: Vec<_> = runs::recent(&mut reader, 2).await.expect("recent").into_iter().map(|run| run.id).collect();
    assert_eq!(recent, ended.into_iter().map(|(_, id)| id).take(2).collect::<Vec<_>>());
}

#[tokio::test]
async fn figures_count_what_ended_by_day() {
    let store = Store::in_memory().await.expect("store");
    let mut reader = store.acquire().await.expect("reader");
    assert_eq!(runs::week(&mut reader, NOW).await.expect("week"), runs::Week::default());
    assert!(runs::days(&mut reader, NOW).await.expect("days").is_empty());
    drop(reader);

    enqueue(&store, 7).await;
    for (state, days) in [
        (RunState::Succeeded, 1),
        (RunState::Warning, 2),
        (RunState::Failed, 1),
        (RunState::Cancelled, 2),
        (RunState::Interrupted, 3),
        (RunState::Succeeded, 3),
    ] {
        finish_next(&store, state, Timestamp(NOW.0 + days * DAY)).await;
    }
    let mut reader = store.acquire().await.expect("reader");
    let week = runs::week(&mut reader, Timestamp(NOW.0 + 2 * DAY)).await.expect("week");
    assert_eq!(week, runs::Week { runs: 4, failed: 1, warnings: 1, bytes: 4000, files: 12 });
    let days = runs::days(&mut reader, NOW).await.expect("days");
    let told: Vec<_> =
        days.iter().map(|day| (day.date.as_str(), day.bytes, day.ok, day.warnings, day.failed)).collect();
    assert_eq!(told, [("2025-11-24", 2000, 1, 0, 1), ("2025-11-25", 2000, 1, 1, 0), ("2025-11-26", 2000, 1, 0, 1)]);
    let from_noon = runs::days(&mut reader, Timestamp(NOW.0 + 3 * DAY + 1)).await.expect("days");
    assert_eq!(from_noon.len(), 1, "a day is whole");
}

#[tokio::test]
async fn a_run_is_compared_with_the_last_that_did_the_same_and_ended_well() {
    let store = Store::in_memory().await.expect("store");
    let mut tx = store.begin().await.expect("begin");
    let mut ids = Vec::new();
    // Ended well, failed, another spec, looked at only, and the one that is compared.
    for (n, (spec, dry_run)) in
        [("a", false), ("a", false), ("b", false), ("a", true), ("a", false)].into_iter().enumerate()
    {
        let at = Timestamp(NOW.0 + i64::try_from(n).expect("small"));
        let run = with_task(new_run(at), |task| task.options.dry_run = dry_run);
        let run = runs::NewRow { spec: spec.to_owned(), ..run };
        runs::insert(&mut tx, &run).await.expect("insert");
        ids.push(run.id);
    }
    tx.commit().await.expect("commit");
    for state in [RunState::Succeeded, RunState::Failed, RunState::Succeeded, RunState::Succeeded] {
        finish_next(&store, state, Timestamp(NOW.0 + 50)).await;
    }
    let mut reader = store.acquire().await.expect("reader");
    let last = runs::get(&mut reader, &ids[4]).await.expect("get").expect("there");
    assert_eq!(runs::before(&mut reader, &last).await.expect("before"), None, "it has not ended");
    drop(reader);
    finish_next(&store, RunState::Succeeded, Timestamp(NOW.0 + 90)).await;
    let mut reader = store.acquire().await.expect("reader");
    let mut before = Vec::new();
    for id in &ids {
        let run = runs::get(&mut reader, id).await.expect("get").expect("there");
        before.push(runs::before(&mut reader, &run).await.expect("before").map(|before| before.id));
    }
    let first = Some(ids[0]);
    assert_eq!(before, [None, first, None, None, first]);
}

#[tokio::test]
async fn routes_of_an_older_version_are_searched_as_people_see_them_and_none_of_their_runs_is_lost() {
    let dir = tempfile::tempdir().expect("a folder");
    let path = dir.path().join("longshore.db");
    let store = Store::open(&path).await.expect("opened");
    let mut tx = store.begin().await.expect("begun");
    for (n, source) in (0..).zip(["/srv/Café", "/srv/cafe", "/srv/Cafe\u{301}", "/srv/other"]) {
        let run = with_task(new_run(Timestamp(NOW.0 + n)), |task| task.source = location(source));
        runs::insert(&mut tx, &run).await.expect("inserted");
    }
    // As an older version left them: a route for each, in lower case only.
    for sql in [
        "INSERT INTO routes (id, search_text, runs, first_id, last_id)
         SELECT 'X' || id, lower(source) || char(10) || lower(destination), 1, id, id FROM runs WHERE octet_length(source) > length(source)",
        "UPDATE runs SET route_id = 'X' || id WHERE octet_length(source) > length(source)",
        "UPDATE routes SET runs = 1, first_id = (SELECT id FROM runs WHERE source = '/srv/cafe') WHERE runs = 3",
        "UPDATE routes SET last_id = first_id",
    ] {
        sqlx::query(sql).execute(&mut *tx).await.expect("changed");
    }
    tx.commit().await.expect("committed");
    store.close().await;
    let store = Store::open(&path).await.expect("opened again");
    for search in ["cafe", "CAFÉ", "cafe\u{301}"] {
        assert_eq!(
            all_pages(&store, RunQuery { search: search.into(), ..RunQuery::default() }).await.len(),
            3,
            "{search}"
        );
    }
    let mut reader = store.acquire().await.expect("reader");
    let counted: (i64, i64) = sqlx::query_as("SELECT count(*), CAST(sum(runs) AS BIGINT) FROM routes")
        .fetch_one(&mut *reader)
        .await
        .expect("counted");
    assert_eq!(counted, (2, 4));
}
