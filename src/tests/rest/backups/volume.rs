//! Many files, a large one, and many runs at once: nothing is lost, and the figures are exact.

use std::{
    fs,
    os::unix::fs::FileExt as _,
    path::Path,
    process::{Command, Stdio},
};

use futures::future::join_all;
use longshore::domain::time::Timestamp;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::{BASE, begin, call};
use crate::support::{Console, expect, tree, write};

/// Figures of an answer or of a run, by their names.
fn figures<const N: usize>(stats: &Value, names: [&str; N]) -> [u64; N] {
    names.map(|name| stats[name].as_u64().unwrap_or_else(|| panic!("{name}: {stats}")))
}

#[tokio::test]
async fn more_than_a_thousand_files_are_counted_one_by_one() {
    let console = Console::start();
    let mut bytes = 0;
    for n in 0..1200usize {
        bytes += n as u64 % 512;
        write(&console.root(), &format!("many/{:02}/{n}", n % 40), &vec![b'x'; n % 512]);
    }
    let sync = async |status: &str| {
        let body = json!({ "source": console.path("many"), "destination": console.path("copy") });
        let stats = call(&console, "sync", body, StatusCode::OK).await;
        assert_eq!((&stats["errors"], &stats["status"]), (&json!(0), &json!(status)), "{stats}");
        figures(&stats, ["files_transferred", "bytes_transferred", "files_checked", "files_deleted"])
    };
    assert_eq!(sync("succeeded").await, [1200, bytes, 0, 0], "all are new");
    assert_eq!(sync("no_change").await, [0, 0, 1200, 0], "all are there");
    for n in 0..100 {
        fs::remove_file(console.root().join(format!("many/{:02}/{n}", n % 40))).expect("removed");
    }
    for n in 100..150 {
        write(&console.root(), &format!("many/{:02}/{n}", n % 40), &[b'y'; 1000]);
    }
    // What is deleted is looked at once more.
    assert_eq!(sync("succeeded").await, [50, 50_000, 1100 + 100, 100], "some are gone, some are others");
    assert!(tree(&console.root().join("many")) == tree(&console.root().join("copy")), "the trees differ");
}

/// The BLAKE2 hash of each file, all at once, by the system's own program.
fn hashes(files: &[&Path]) -> Vec<String> {
    let start = |file: &&Path| Command::new("b2sum").arg("--").arg(file).stdout(Stdio::piped()).spawn().expect("b2sum");
    let started: Vec<_> = files.iter().map(start).collect();
    started
        .into_iter()
        .map(|child| String::from_utf8(child.wait_with_output().expect("ends").stdout).expect("text")[..128].to_owned())
        .collect()
}

#[tokio::test]
async fn a_file_of_more_than_a_gibibyte_arrives_as_it_was() {
    const SIZE: u64 = (1 << 30) + 4097;
    let console = Console::start();
    // Mostly holes, so that it is made at once; what is written lies at its ends, in its middle, and beyond 1 GiB.
    fs::create_dir(console.root().join("large")).expect("a folder");
    let file = fs::File::create(console.root().join("large/image")).expect("a file");
    file.set_len(SIZE).expect("its size");
    for at in [0, SIZE / 3, SIZE / 2, (1 << 30) - 1, SIZE - 5] {
        file.write_all_at(at.to_string().get(..5).unwrap_or("start").as_bytes(), at).expect("written");
    }
    drop(file);
    let body = json!({ "source": console.path("large"), "destination": console.path("copy") });
    let stats = call(&console, "copy", body, StatusCode::OK).await;
    assert_eq!(figures(&stats, ["files_transferred", "bytes_transferred", "errors"]), [1, SIZE, 0], "{stats}");
    let size = console.request(Method::GET, &format!("{BASE}/size")).query(&[("remote_path", console.path("copy"))]);
    assert_eq!(expect(size.send().await.expect("an answer"), StatusCode::OK).await["size_bytes"], SIZE);
    let (source, copy) = (console.root().join("large/image"), console.root().join("copy/image"));
    let hashes = hashes(&[&source, &copy]);
    assert_eq!(hashes[0], hashes[1]);
}

#[tokio::test]
async fn four_syncs_at_once_do_not_get_in_each_others_way() {
    let console = Console::start();
    for set in 1..=4usize {
        for n in 0..set * 4 {
            write(&console.root(), &format!("set{set}/{n}"), &vec![set as u8; (1 << 20) / set]);
        }
        write(&console.root(), &format!("copy{set}/old"), b"old");
    }
    let one = |set: usize| json!({ "source": console.path(&format!("set{set}")), "destination": console.path(&format!("copy{set}")), "bwlimit": "1M" });
    let ids = join_all((1..=4).map(|set| begin(&console, "sync", one(set)))).await;
    let runs = join_all(ids.iter().map(|id| console.ended(id))).await;
    for (set, run) in (1..).zip(&runs) {
        assert_eq!(run["state"], "succeeded", "{run}");
        let files = set as u64 * 4;
        let expected = [files, files * ((1 << 20) / set as u64), 1, 1, 0];
        assert_eq!(figures(&run["stats"], ["files", "bytes", "checks", "deletes", "errors"]), expected, "{run}");
        let (source, copy) =
            (tree(&console.root().join(format!("set{set}"))), tree(&console.root().join(format!("copy{set}"))));
        assert!(source == copy, "set {set} differs");
    }
    let times = |field: &'static str| {
        runs.iter().map(move |run| Timestamp::parse(run[field].as_str().expect("a time")).expect("RFC 3339"))
    };
    assert!(times("started_at").max() < times("ended_at").min(), "they did not run at the same time: {runs:?}");
}

#[tokio::test]
async fn a_request_that_is_sent_many_times_at_once_starts_one_run() {
    let console = Console::start();
    write(&console.root(), "a/x", b"x");
    let send = |_| {
        let body = json!({ "source": console.path("a"), "destination": console.path("b") });
        let request = console.request(Method::POST, &format!("{BASE}/copy")).header("idempotency-key", "the same");
        request.header("prefer", "respond-async").json(&body).send()
    };
    let answers = join_all((0..20).map(send)).await;
    let mut ids = Vec::new();
    for answer in answers {
        ids.push(expect(answer.expect("an answer"), StatusCode::ACCEPTED).await["id"].clone());
    }
    ids.dedup();
    assert_eq!(ids.len(), 1, "{ids:?}");
    let all = console.get("/api/v1/runs", StatusCode::OK).await;
    assert_eq!(all["runs"].as_array().map(Vec::len), Some(1), "{all}");
}
