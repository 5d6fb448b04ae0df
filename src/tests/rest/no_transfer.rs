//! A remote for which every rclone exits with 9 when it transferred no file: `global.error_on_no_transfer` in its
//! section of `rclone.conf`, which no form offers. A run that did what it was asked is no failure for that.

use std::fs;

use serde_json::{Value, json};

use crate::support::{Console, write};

fn console() -> Console {
    Console::start_in(|dir| {
        let root = dir.join("root").canonicalize().expect("a real path");
        let section = format!(
            "[quiet]\ntype = alias\nremote = {}/b\nglobal.error_on_no_transfer = true\n",
            root.to_str().expect("text")
        );
        write(&dir.join("data"), "rclone.conf", section.as_bytes());
        for name in ["x", "y", "z"] {
            write(&root, &format!("a/{name}"), name.as_bytes());
        }
    })
}

async fn ended(console: &Console, operation: &str, source: &str, destination: &str, options: Value) -> Value {
    let mut body = json!({ "operation": operation, "source": source, "options": options });
    if !destination.is_empty() {
        body["destination"] = json!(destination);
    }
    let run = console.post("/api/v1/runs", &body, reqwest::StatusCode::ACCEPTED).await;
    console.ended(run["id"].as_str().expect("an id")).await
}

#[tokio::test]
async fn what_transferred_no_file_is_judged_by_what_it_did() {
    let console = console();
    let (a, none) = (console.path("a"), json!({}));
    let gone = console.root().join("b/z");
    for (what, operation, destination, options, state, code) in [
        ("new files", "copy", "quiet:", &none, "succeeded", 0),
        ("nothing to do", "copy", "quiet:", &none, "no_change", 9),
        ("nothing to do, only looked", "copy", "quiet:", &json!({ "dry_run": true }), "no_change", 9),
        ("both the same", "check", "quiet:", &none, "succeeded", 9),
        ("only a file to delete", "sync", "quiet:", &none, "succeeded", 9),
        ("nothing to do after guards", "sync", "quiet:", &none, "no_change", 9),
        ("sides that differ", "check", "quiet:", &none, "failed", 1),
    ] {
        if what == "only a file to delete" {
            assert!(gone.exists());
            fs::remove_file(console.root().join("a/z")).expect("removed");
        } else if what == "sides that differ" {
            write(&console.root(), "a/new", b"new");
        }
        let run = ended(&console, operation, &a, destination, options.clone()).await;
        assert_eq!((&run["state"], &run["exit_code"]), (&json!(state), &json!(code)), "{what}: {run}");
    }
    assert!(!gone.exists(), "the sync deleted it");
}
