//! A run's figures are those of the files that lie there: before and after are compared, whatever rclone's own counters
//! say.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use axum::{Router, body::Body, http::Response};
use reqwest::StatusCode;
use serde_json::{Value, json};

use super::{files, peer, remote, run, warnings};
use crate::support::{Console, tree, write};

type Tree = BTreeMap<PathBuf, Vec<u8>>;

/// What really happened between two looks.
#[derive(Debug, PartialEq, Eq)]
struct Real {
    written: u64,
    bytes: u64,
    removed: u64,
}

fn real(operation: &str, source: [&Tree; 2], destination: [&Tree; 2]) -> Real {
    let [before, after] = destination;
    let written: Vec<_> = after.iter().filter(|(name, content)| before.get(*name) != Some(content)).collect();
    let lost = |[before, after]: [&Tree; 2]| before.keys().filter(|name| !after.contains_key(*name)).count() as u64;
    let removed = if matches!(operation, "move" | "delete") { lost(source) } else { lost(destination) };
    Real {
        written: written.len() as u64,
        bytes: written.iter().map(|(_, content)| content.len() as u64).sum(),
        removed,
    }
}

fn said(run: &Value) -> Real {
    let stats = &run["stats"];
    assert_eq!(stats["at_least"], false, "{run}");
    let figure = |name: &str| stats[name].as_u64().expect("a figure");
    Real { written: figure("files"), bytes: figure("bytes"), removed: figure("deletes") }
}

/// Source and destination: of 30 files some are the same, some changed, some new, some gone.
fn seed(source: &Path, destination: &Path) {
    for n in 0..30_u8 {
        let (name, size) = (format!("{}/f{n}.bin", ["", "a", "a/b"][n as usize % 3]), 100 + usize::from(n) * 37);
        let name = name.trim_start_matches('/');
        if n % 5 != 4 {
            write(source, name, &vec![n; size]);
        }
        match n % 5 {
            // The same, with the same time.
            0 | 1 => {
                write(destination, name, &vec![n; size]);
                let time = fs::metadata(source.join(name)).and_then(|file| file.modified()).expect("a time");
                fs::File::options()
                    .append(true)
                    .open(destination.join(name))
                    .and_then(|file| file.set_modified(time))
                    .expect("set");
            }
            2 => write(destination, name, &vec![n; size + 1]),
            3 => {}
            _ => write(destination, name, &vec![n; size]),
        }
    }
}

#[tokio::test]
async fn the_figures_of_every_operation_are_those_of_the_files_that_lie_there() {
    for kind in ["local", "webdav", "ftp", "sftp", "crypt"] {
        for (operation, options) in [
            ("copy", json!({})),
            ("sync", json!({ "max_delete": 100 })),
            ("sync", json!({ "max_delete": 100, "backup_dir": "there:old" })),
            ("move", json!({})),
            ("move", json!({ "flags": { "ignore_existing": true } })),
            ("delete", json!({})),
        ] {
            let console = Console::start();
            let (source, mut options) = (console.root().join("src"), options);
            let mut _peer = None;
            let (place, there) = match kind {
                "local" => (Some(console.root().join("dst")), console.path("dst")),
                "crypt" => {
                    remote(
                        &console,
                        "there",
                        "crypt",
                        json!({ "remote": console.path("enc"), "password": "correct horse" }),
                    )
                    .await;
                    (None, "there:x".to_owned())
                }
                kind => {
                    let peer = _peer.insert(peer(&console, "there", kind).await);
                    (Some(peer.files().join("x")), "there:x".to_owned())
                }
            };
            if kind == "local" && options["backup_dir"].is_string() {
                options["backup_dir"] = json!(console.path("old"));
            }
            let seeded = place.clone().unwrap_or_else(|| console.root().join("seed"));
            seed(&source, &seeded);
            if place.is_none() {
                let copied = run(&console, "copy", &console.path("seed"), &there, json!({})).await;
                assert_eq!(copied["state"], "succeeded", "{copied}");
            }
            let look = async |console: &Console| -> Tree {
                match &place {
                    Some(place) if place.exists() => tree(place),
                    Some(_) => Tree::new(),
                    // What is encrypted is read through rclone.
                    None => {
                        let _ = fs::remove_dir_all(console.root().join("look"));
                        run(console, "copy", &there, &console.path("look"), json!({})).await;
                        let look = console.root().join("look");
                        if look.exists() { tree(&look) } else { Tree::new() }
                    }
                }
            };
            let before = (tree(&source), look(&console).await);
            // A look ahead says what will be.
            let mut dry = options.clone();
            dry["dry_run"] = json!(true);
            let preview = run(&console, operation, &console.path("src"), &there, dry).await;
            let ended = run(&console, operation, &console.path("src"), &there, options.clone()).await;
            let what = format!("{kind} {operation} {options}: {ended}");
            assert!(matches!(ended["state"].as_str(), Some("succeeded" | "warning")), "{what}");
            let after = (tree(&source), look(&console).await);
            let real = real(operation, [&before.0, &after.0], [&before.1, &after.1]);
            assert_eq!(said(&ended), real, "{what}");
            assert_eq!(said(&preview), real, "the preview of {what}\n{preview}");
            let written = [
                files(&console, &ended, "copied").await,
                files(&console, &ended, "updated").await,
                files(&console, &ended, "moved").await,
            ];
            assert_eq!(written.concat().len() as u64, real.written, "{what}");
            if options["flags"]["ignore_existing"] == true {
                assert_eq!(ended["stats"]["skipped"], 18, "{what}");
            }
        }
    }
}

#[tokio::test]
async fn files_without_a_length_are_counted_once_and_no_line_of_the_log_is_missing() {
    let console = Console::start();
    let body = |n: usize| {
        Body::from_stream(futures::stream::iter((0..n).map(|_| Ok::<_, std::io::Error>(vec![b'x'; 1 << 16]))))
    };
    let index = r#"<a href="doc1">doc1</a> <a href="doc2">doc2</a> <a href="doc3">doc3</a> <a href="known">known</a>"#;
    let mut router = Router::new()
        .route("/", axum::routing::get(move || async move { axum::response::Html(index) }))
        .route("/known", axum::routing::get(|| async { vec![b'k'; 1000] }));
    for n in 1..4_usize {
        router =
            router.route(&format!("/doc{n}"), axum::routing::get(move || async move { Response::new(body(n * 4)) }));
    }
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    tokio::spawn(async move { axum::serve(listener, router).await });
    remote(&console, "web", "http", json!({ "url": url })).await;
    let body = json!({ "source": "web:", "destination": console.path("to") });
    let answer = console.post("/api/v1/backups/rclone/copy", &body, StatusCode::OK).await;
    let lies: usize = tree(&console.root().join("to")).values().map(Vec::len).sum();
    assert_eq!((&answer["files_transferred"], &answer["bytes_transferred"]), (&json!(4), &json!(lies)), "{answer}");
    let run = json!({ "id": answer["run_id"] });
    assert_eq!(files(&console, &run, "copied").await.len(), 4);
    let overview = console.get("/metrics", StatusCode::OK).await;
    assert!(
        overview.as_str().expect("text").contains(&format!("longshore_bytes_transferred_total {lies}")),
        "{overview}"
    );
}

#[tokio::test]
async fn twins_that_differ_in_unicode_form_are_counted_and_said() {
    for operation in ["copy", "sync", "move", "check"] {
        let console = Console::start();
        write(&console.root(), "src/caf\u{e9}.txt", b"composed");
        write(&console.root(), "src/cafe\u{301}.txt", b"decomposed");
        write(&console.root(), "src/other.txt", b"1");
        fs::create_dir(console.root().join("to")).expect("made");
        let ended = run(&console, operation, &console.path("src"), &console.path("to"), json!({})).await;
        let what = format!("{operation}: {ended}");
        let (kinds, message) = warnings(&ended);
        assert_eq!(kinds, ["duplicates_left_out"], "{what}");
        assert!(message.starts_with("1 file of the source was left out"), "{what}");
        assert_eq!(ended["stats"]["skipped"], 1, "{what}");
        if operation != "check" {
            assert_eq!((&ended["state"], &ended["stats"]["files"]), (&json!("warning"), &json!(2)), "{what}");
            assert_eq!(tree(&console.root().join("to")).len(), 2, "{what}");
        }
    }
}
