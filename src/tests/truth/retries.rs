//! A file that failed is taken back by its own success, and by nothing else.

use std::fs;

use serde_json::json;

use super::{files, proxy, proxy::Act, remote, run, warnings};
use crate::support::{Console, Peer, tree, write};

/// A server behind a proxy that fails by a rule.
async fn dav(console: &Console, rule: impl FnMut(&str, &str) -> Act + Send + 'static) -> Peer {
    let peer = Peer::start("webdav").await;
    let port = proxy::start(peer.port, rule).await;
    let mut config = peer.config("webdav");
    (config["url"], config["vendor"]) = (json!(format!("http://127.0.0.1:{port}")), json!("other"));
    remote(console, "dav", "webdav", config).await;
    peer
}

/// Fails the first `times` requests of this method for paths that end so.
fn first(
    method: &'static str,
    end: &'static str,
    times: u32,
    mut act: impl FnMut() -> Act + Send + 'static,
) -> impl FnMut(&str, &str) -> Act + Send {
    let mut seen = 0;
    move |found, path| {
        if found != method || !path.ends_with(end) || seen == times {
            return Act::Pass;
        }
        seen += 1;
        act()
    }
}

/// Quick: one try of each file in an attempt, and no pause between attempts.
fn quick() -> serde_json::Value {
    json!({ "flags": { "low_level_retries": 1, "retries_sleep": "0s" } })
}

#[tokio::test]
async fn a_move_that_loses_a_file_under_another_name_has_failed_and_names_it() {
    for (name, cut) in [
        ("q?mark.txt", "%3F"),
        ("semi;colon.txt", "%3B"),
        ("deep/a&b?c", "%3F"),
        ("hash#tag", "%23"),
        ("per%cent", "%25"),
    ] {
        let console = Console::start();
        // As wsgidav does with a question mark: what follows it is cut off, and the file lies there under another name.
        let peer =
            dav(&console, move |method, _| if method == "MOVE" { Act::CutDestination(cut) } else { Act::Pass }).await;
        write(&peer.files(), "from/a.txt", b"a");
        write(&peer.files(), &format!("from/{name}"), b"lost");
        let moved = run(&console, "move", "dav:from", "dav:to", quick()).await;
        assert_eq!(moved["state"], "failed", "{name}: {moved}");
        assert!(moved["error"].as_str().expect("words").contains(name), "{name}: {moved}");
        assert_eq!(files(&console, &moved, "failed").await, [name], "{name}");
        assert_eq!(files(&console, &moved, "moved").await, ["a.txt"], "{name}");
        assert_eq!(moved["stats"]["files"], 1, "{name}: {moved}");
    }
}

#[tokio::test]
async fn what_succeeds_in_a_later_attempt_is_a_clean_success() {
    let console = Console::start();
    let peer = dav(&console, first("PUT", "/b.bin", 1, || Act::Refuse(503))).await;
    for n in 0..3 {
        write(&console.root(), &format!("src/{}.bin", ["a", "b", "c"][n]), &vec![7; 100_000]);
    }
    let copied = run(&console, "copy", &console.path("src"), "dav:x", quick()).await;
    assert_eq!((&copied["state"], warnings(&copied).0), (&json!("succeeded"), vec![]), "{copied}");
    assert!(files(&console, &copied, "failed").await.is_empty());
    let stats = &copied["stats"];
    assert_eq!(
        (&stats["files"], &stats["bytes"], &stats["errors"]),
        (&json!(3), &json!(300_000), &json!(0)),
        "no byte twice: {copied}"
    );
    assert_eq!(tree(&peer.files()).len(), 3);

    // The same in one attempt: rclone sends the file again by itself.
    let console = Console::start();
    let _peer = dav(&console, first("PUT", "/b.bin", 1, || Act::Refuse(503))).await;
    write(&console.root(), "src/b.bin", &vec![7; 3_000_000]);
    let copied = run(&console, "copy", &console.path("src"), "dav:x", json!({})).await;
    assert_eq!((&copied["state"], &copied["stats"]["bytes"]), (&json!("succeeded"), &json!(3_000_000)), "{copied}");
}

#[tokio::test]
async fn what_is_there_after_all_has_not_failed_and_what_is_not_is_not_called_done() {
    for (case, operation, expected, kinds, left) in [
        ("equal", "copy", "succeeded", vec![], 0),
        ("equal", "sync", "succeeded", vec![], 0),
        ("gone", "copy", "warning", vec!["not_confirmed"], 1),
        ("gone", "sync", "succeeded", vec![], 0),
        ("gone", "move", "failed", vec![], 1),
    ] {
        let console = Console::start();
        let source = console.root().join("src");
        let peer = Peer::start("webdav").await;
        let own = source.clone();
        let mut refused = false;
        let rule = move |method: &str, path: &str| {
            // What was taken and denied stays: rclone cannot clean it up.
            if case == "equal" && method == "DELETE" && path.ends_with("/b.txt") {
                return Act::Refuse(404);
            }
            if refused || method != "PUT" || !path.ends_with("/b.txt") {
                return Act::Pass;
            }
            refused = true;
            if case == "gone" {
                fs::remove_file(own.join("b.txt")).expect("removed");
            } else {
                return Act::Deny(500);
            }
            Act::Refuse(500)
        };
        let port = proxy::start(peer.port, rule).await;
        let mut config = peer.config("webdav");
        (config["url"], config["vendor"]) = (json!(format!("http://127.0.0.1:{port}")), json!("other"));
        remote(&console, "dav", "webdav", config).await;
        write(&console.root(), "src/a.txt", b"a");
        write(&console.root(), "src/b.txt", b"bb");
        let mut options = quick();
        // What is equal is so by size here, which is what is asked for.
        options["flags"]["size_only"] = json!(true);
        let ended = run(&console, operation, &console.path("src"), "dav:x", options).await;
        let what = format!("{case} {operation}: {ended}");
        assert_eq!((&ended["state"], warnings(&ended).0), (&json!(expected), kinds), "{what}");
        assert_eq!(files(&console, &ended, "failed").await.len(), left, "{what}");
        assert_eq!(ended["stats"]["files"], 1, "{what}");
    }
}

#[tokio::test]
async fn a_delete_that_succeeds_the_second_time_and_a_folder_that_is_listed_the_second_time_are_fine() {
    let console = Console::start();
    let peer = dav(&console, first("DELETE", "/b.txt", 1, || Act::Refuse(500))).await;
    for name in ["x/a.txt", "x/b.txt"] {
        write(&peer.files(), name, b"1");
    }
    let deleted = run(&console, "delete", "dav:x", "", quick()).await;
    assert_eq!((&deleted["state"], &deleted["stats"]["deletes"]), (&json!("succeeded"), &json!(2)), "{deleted}");
    assert!(files(&console, &deleted, "failed").await.is_empty());

    let console = Console::start();
    let peer = dav(&console, first("PROPFIND", "/x/sub/", 1, || Act::Refuse(500))).await;
    for name in ["x/a.txt", "x/sub/b.txt"] {
        write(&peer.files(), name, b"1");
    }
    let copied = run(&console, "copy", "dav:x", &console.path("to"), quick()).await;
    assert_eq!((&copied["state"], &copied["stats"]["files"]), (&json!("succeeded"), &json!(2)), "{copied}");
    assert!(files(&console, &copied, "failed").await.is_empty(), "{copied}");
}
