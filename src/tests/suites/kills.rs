//! Processes that are frozen, killed, or told to end: what hangs is ended, what was killed is healed by the next run,
//! and a console that is asked to stop leaves all that runs running.

use std::{
    fs,
    time::{Duration, Instant},
};

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::{Chance, begin, count, end, file, sync, tree};
use crate::support::{Console, Mute, freeze, kill, until};

/// The most that may pass until what hangs is gone.
const GONE: Duration = Duration::from_secs(25);

/// A copy of 4 MiB that takes long, once bytes move.
async fn slow(console: &Console, name: &str) -> String {
    file(console, &format!("{name}/big"), 4096);
    let run = json!({ "source": console.path(name), "destination": console.path(&format!("{name}-copy")), "options": { "bwlimit": "64k" } });
    let id = begin(console, &run).await;
    moves(console, &id).await;
    id
}

async fn moves(console: &Console, id: &str) {
    console
        .run_until(id, "bytes move", |run| run["state"] == "running" && run["stats"]["bytes"].as_u64() > Some(0))
        .await;
}

/// The shim of a run, and its rclone.
fn processes(console: &Console, id: &str) -> (i32, i32) {
    let all = console.processes(id);
    let of = |shim| all.iter().find(|(_, line)| line.contains(" shim ") == shim).expect("it lives").0;
    (of(true), of(false))
}

async fn nothing_is_left(console: &Console, id: &str) {
    until("nothing is left of it", async || console.processes(id).is_empty().then_some(())).await;
}

#[tokio::test]
async fn what_does_nothing_any_more_is_ended_within_25_seconds_though_it_hears_no_signal() {
    let (console, times) =
        (Console::start_with_env(&[("LONGSHORE_STALL_LIMIT", "4s")]), count("LONGSHORE_SUITE_FREEZES", 3));
    let mut slowest = Duration::ZERO;
    for batch in (0..times).collect::<Vec<_>>().chunks(5) {
        let mut frozen = Vec::new();
        for number in batch {
            let id = slow(&console, &format!("hangs{number}")).await;
            let (shim, rclone) = processes(&console, &id);
            freeze(rclone);
            // Each third with its shim, which would have killed it.
            if number % 3 == 2 {
                freeze(shim);
            }
            frozen.push((id, Instant::now()));
        }
        for (id, since) in frozen {
            let run = end(&console, &id).await;
            let took = since.elapsed();
            slowest = slowest.max(took);
            assert_eq!(run["state"], "stalled", "{run}");
            assert!(run["events"].as_array().expect("events").iter().any(|event| event["kind"] == "stalled"), "{run}");
            nothing_is_left(&console, &id).await;
            assert!(took <= GONE, "it took {took:?}");
        }
    }
    eprintln!("{times} frozen, at most {slowest:?} until they were gone");
}

#[tokio::test]
async fn who_is_stopped_is_gone_within_25_seconds_though_neither_its_shim_nor_its_rclone_hears_it() {
    let console = Console::start();
    let id = slow(&console, "deaf").await;
    let (shim, rclone) = processes(&console, &id);
    freeze(rclone);
    freeze(shim);
    let began = Instant::now();
    console.post(&format!("/api/v1/runs/{id}/stop"), &json!({}), StatusCode::ACCEPTED).await;
    let run = end(&console, &id).await;
    assert!(began.elapsed() <= GONE, "{:?}: {run}", began.elapsed());
    assert!(matches!(run["state"].as_str(), Some("interrupted" | "cancelled")), "{run}");
    nothing_is_left(&console, &id).await;
}

#[tokio::test]
async fn a_run_whose_shim_died_before_it_wrote_down_who_rclone_is_can_be_stopped() {
    let console = Console::start();
    fs::write(console.data().join("runs/die-at.shim_before_pids"), "").expect("written");
    file(&console, "a/big", 4096);
    let run = json!({ "source": console.path("a"), "destination": console.path("b"), "options": { "bwlimit": "64k" } });
    let id = begin(&console, &run).await;
    moves(&console, &id).await;
    assert!(!console.data().join(format!("runs/{id}.1/pids.json")).exists(), "nobody wrote it down");
    console.post(&format!("/api/v1/runs/{id}/stop"), &json!({}), StatusCode::ACCEPTED).await;
    let run = end(&console, &id).await;
    assert_eq!(
        (&run["state"], &run["exit_code"]),
        (&json!("interrupted"), &Value::Null),
        "nobody saw how it ended: {run}"
    );
    nothing_is_left(&console, &id).await;
}

#[tokio::test]
async fn a_stop_that_the_console_did_not_live_to_write_down_is_an_end_like_any_other_in_the_next_one() {
    let (mut console, mute) = (Console::start(), Mute::start());
    file(&console, "a/x", 1);
    let remote = json!({ "remote_name": "mute", "provider": "webdav", "config": { "url": mute.url() } });
    console.post("/api/v1/backups/rclone/configure", &remote, StatusCode::OK).await;
    let after = json!({ "name": "after", "source": console.path("a"), "destination": console.path("c") });
    let after = console.post("/api/v1/jobs", &after, StatusCode::CREATED).await;
    // Its guards look at what never answers: rclone is not started.
    let first = json!({
        "name": "first", "operation": "sync", "source": "mute:dir", "destination": console.path("b"),
        "followers": [{ "job": after["id"], "after": "always" }],
    });
    let first = console.post("/api/v1/jobs", &first, StatusCode::CREATED).await;
    let address = format!("/api/v1/jobs/{}/runs", first["id"].as_str().expect("an id"));
    let run = console.post(&address, &json!({}), StatusCode::ACCEPTED).await;
    let id = run["id"].as_str().expect("an id").to_owned();
    console.run_until(&id, "its guards look", |run| run["state"] == "guarded").await;
    let armed = console.data().join("runs/die-at.before_end");
    fs::write(&armed, "").expect("written");
    // Whether it answers before it dies is chance.
    let answer = console.request(Method::POST, &format!("/api/v1/runs/{id}/stop")).json(&json!({})).send().await;
    until("the console dies", async || (!armed.exists()).then_some(())).await;
    drop(answer);
    console.kill();
    console.restart();
    assert_eq!(end(&console, &id).await["state"], "cancelled");
    let audit = console.get("/api/v1/audit?limit=50", StatusCode::OK).await;
    let ends = audit["entries"]
        .as_array()
        .expect("entries")
        .iter()
        .filter(|row| row["action"] == "rclone.sync" && row["run_id"] == json!(id));
    assert_eq!(ends.count(), 1, "{audit}");
    let followed = until("it is followed", async || {
        let job = console.get(&format!("/api/v1/jobs/{}", after["id"].as_str().expect("an id")), StatusCode::OK).await;
        Some(job["last_run"].clone()).filter(|run| run["ended_at"].is_string())
    })
    .await;
    assert_eq!(followed["state"], "succeeded", "{followed}");
}

#[tokio::test]
async fn what_a_killed_rclone_left_the_next_run_heals() {
    let (console, times) = (Console::start(), count("LONGSHORE_SUITE_KILLS", 3));
    let (mut slowest, mut partials) = (Duration::ZERO, 0);
    for number in 0..times {
        let (dir, mut chance) = (format!("heals{number}"), Chance::of(number));
        for part in 0..chance.between(3, 8) {
            file(&console, &format!("{dir}/src/{}", chance.name(part)), chance.between(16, 256));
        }
        let (source, destination) = (console.root().join(&dir).join("src"), console.root().join(&dir).join("dst"));
        let run = json!({ "operation": "sync", "source": source, "destination": destination, "options": { "bwlimit": "128k" } });
        let id = begin(&console, &run).await;
        moves(&console, &id).await;
        let bytes = chance.below(128) as u64 * 1024;
        console
            .run_until(&id, "so many bytes", |run| {
                run["stats"]["bytes"].as_u64() >= Some(bytes) || !run["ended_at"].is_null()
            })
            .await;
        let Some((rclone, _)) = console.processes(&id).into_iter().find(|(_, line)| !line.contains(" shim ")) else {
            continue;
        };
        kill(rclone);
        let killed = Instant::now();
        let run = console.ended(&id).await;
        slowest = slowest.max(killed.elapsed());
        assert_eq!((&run["state"], &run["signal"]), (&json!("failed"), &json!("SIGKILL")), "{run}");
        partials += tree(&destination).keys().filter(|name| name.to_string_lossy().ends_with(".partial")).count();
        let again = sync(&console, &dir, json!({})).await;
        assert!(matches!(again["state"].as_str(), Some("succeeded" | "no_change")), "{again}");
        assert_eq!(tree(&destination), tree(&source), "{dir}");
    }
    eprintln!("{times} killed, seen after at most {slowest:?}; {partials} partial files, none is left");
    assert!(slowest < Duration::from_secs(2), "{slowest:?}");
}

#[tokio::test]
async fn a_console_that_is_told_to_end_under_load_ends_well_and_all_that_runs_goes_on() {
    let (mut console, times) = (Console::start(), count("LONGSHORE_SUITE_STOPS", 2));
    let mut slowest = Duration::ZERO;
    for part in 0..3 {
        file(&console, &format!("src/part{part}"), 96);
    }
    for number in 0..times {
        let mut ids = Vec::new();
        // Eight work, four wait.
        for run in 0..12 {
            let run = json!({
                "operation": if run % 2 == 0 { "copy" } else { "sync" }, "source": console.path("src"),
                "destination": console.path(&format!("dst{number}/{run}")), "options": { "bwlimit": "96k" },
            });
            ids.push(begin(&console, &run).await);
        }
        moves(&console, &ids[0]).await;
        let stream = console.request(Method::GET, "/api/v1/events").send().await.expect("an answer");
        let busy: Vec<_> =
            (0..20).map(|_| tokio::spawn(console.request(Method::GET, "/api/v1/runs?limit=100").send())).collect();
        let works = |console: &Console| ids.iter().filter(|id| !console.processes(id).is_empty()).count();
        let before = works(&console);
        let (status, took) = console.terminate();
        assert!(status.success() && took < Duration::from_secs(10), "{status}, {took:?}");
        slowest = slowest.max(took);
        let after = works(&console);
        assert!(before > 0 && after > 0, "what runs goes on: {before} {after}");
        for answer in busy {
            // Answered or refused, but not left waiting.
            drop(answer.await.expect("no panic"));
        }
        crate::support::stream_end(stream).await;
        console.restart();
        for id in &ids {
            let run = end(&console, id).await;
            assert!(matches!(run["state"].as_str(), Some("succeeded" | "no_change")), "{run}");
            assert_eq!(run["attempt"], 1, "{run}");
        }
        for run in 0..12 {
            assert_eq!(tree(&console.root().join(format!("dst{number}/{run}"))), tree(&console.root().join("src")));
        }
    }
    eprintln!("{times} stops under load, at most {slowest:?}");
}
