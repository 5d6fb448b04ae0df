//! 504: the server listens, and never says a word. The limit ends the call and everything that was begun for it.

use std::{
    fs,
    time::{Duration, Instant},
};

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::{anonymous, are, call, failures::signs_in_at, reach, transfer, warm};
use crate::{
    rest::mounts::{can_mount, is_mounted},
    support::{Console, Mute, S3, freeze, until, write},
};

/// The processes of this console that work at something: without itself and its warm rclone.
fn workers(console: &Console) -> Vec<String> {
    let all = console.processes(console.data().to_str().expect("text"));
    all.into_iter()
        .map(|(_, line)| line)
        .filter(|line| !line.contains(" serve ") && !line.contains("/run/rcd.log"))
        .collect()
}

#[tokio::test]
async fn a_remote_that_never_answers_is_told_when_the_limit_runs_out_and_nothing_is_left_behind() {
    if !can_mount() {
        return;
    }
    let limit = Duration::from_secs(3);
    let (console, frozen, mute) =
        (Console::start_with_env(&[("LONGSHORE_RCLONE_TIMEOUT", "3s")]), Console::start(), Mute::start());
    let s3 = json!({ "provider": "Rclone", "endpoint": mute.url(), "access_key_id": S3::KEY, "secret_access_key": S3::SECRET, "force_path_style": true });
    super::super::configure(&console, "store", "s3", s3).await;
    super::super::configure(&console, "dav", "webdav", json!({ "url": mute.url() })).await;
    let sftp = json!({ "host": "127.0.0.1", "port": mute.port(), "user": "u", "pass": "p" });
    super::super::configure(&console, "nas", "sftp", sftp).await;
    write(&console.root(), "a/file", b"content");
    let place = console.path("mnt");
    // What rclone itself knows is not asked of any remote: only an rclone that does nothing any more is late with it.
    freeze(until("the warm rclone", async || warm(&frozen)).await);
    let late = |mut arguments: Value| {
        arguments["timeout_secs"] = json!(limit.as_secs());
        arguments
    };
    // All at once: those that wait keep nobody else from writing into the database.
    let calls = vec![
        ("configure", call(&console, "configure", &signs_in_at(&mute.url()))),
        ("sync", call(&console, "sync", &late(transfer("store:bucket/dir", &console.path("b"))))),
        ("copy", call(&console, "copy", &late(transfer(&console.path("a"), "dav:dir")))),
        ("move", call(&console, "move", &late(transfer("nas:dir", &console.path("c"))))),
        ("delete", call(&console, "delete", &late(json!({ "remote_path": "store:bucket/dir" })))),
        ("list", call(&console, "list", &json!({ "remote_path": "store:bucket" }))),
        ("size", call(&console, "size", &json!({ "remote_path": "nas:" }))),
        ("providers", anonymous(&frozen, "providers", &json!({}))),
        ("mount", call(&console, "mount", &json!({ "remote_path": "dav:dir", "mount_point": place }))),
    ];
    let began = Instant::now();
    let answers = reach(StatusCode::GATEWAY_TIMEOUT, calls).await;
    let took = began.elapsed();
    are(&answers, "timeout");
    // rclone itself would have waited for minutes.
    assert!(took >= limit && took < Duration::from_secs(30), "{took:?}");
    until("everything that was begun has ended", async || workers(&console).is_empty().then_some(())).await;
    assert!(!is_mounted(&place));
    assert_eq!(console.get("/api/v1/mounts", StatusCode::OK).await, json!([]));
    assert_eq!(
        fs::read_dir(console.data().join("mounts")).expect("a folder").count(),
        0,
        "the folder of the mount is gone"
    );
    let drafts = fs::read_dir(console.data().join("run")).expect("a folder").flatten();
    assert_eq!(
        drafts.filter(|entry| entry.file_name().to_string_lossy().starts_with("draft-")).count(),
        0,
        "and so is that of the remote"
    );
    let remotes = super::super::ask(&console, "remotes", &[], StatusCode::OK).await;
    assert_eq!(remotes.as_array().map(Vec::len), Some(3), "{remotes}");
    let log = console.get("/api/v1/audit?action=rclone.", StatusCode::OK).await;
    let failed = |action: &str| {
        log["entries"].as_array().expect("rows").iter().any(|row| row["action"] == action && row["success"] == false)
    };
    for action in ["rclone.configure", "rclone.list", "rclone.size", "rclone.mount"] {
        assert!(failed(action), "{action}: {log}");
    }
}

#[tokio::test]
async fn an_rclone_that_gives_up_before_the_limit_is_as_late() {
    let (console, mute) = (Console::start(), Mute::start());
    super::super::configure(&console, "dav", "webdav", json!({ "url": mute.url() })).await;
    let error = super::super::ask(&console, "list", &[("remote_path", "dav:")], StatusCode::GATEWAY_TIMEOUT).await;
    assert_eq!(error["code"], "timeout", "{error}");
    // The same remote is an answer where that is what was asked.
    let check = super::super::call(&console, "check?remote_name=dav", json!({}), StatusCode::OK).await;
    assert_eq!(check["connected"], false, "{check}");
}

#[tokio::test]
async fn a_warm_rclone_that_hangs_keeps_nobody_from_writing_while_a_remote_is_deleted() {
    let console = Console::start();
    super::super::configure(&console, "here", "alias", json!({ "remote": console.path("") })).await;
    freeze(until("the warm rclone", async || warm(&console)).await);
    let deletion = tokio::spawn(console.request(Method::DELETE, "/api/v1/remotes/here").send());
    // From here on it only waits to tell the warm rclone.
    until("the remote is gone", async || {
        let conf = fs::read_to_string(console.data().join("rclone.conf")).expect("the configuration");
        (!conf.contains("[here]")).then_some(())
    })
    .await;
    console.person("eva", "viewer").await;
    assert!(!deletion.is_finished(), "a person was made only when the deletion was done");
    assert_eq!(deletion.await.expect("no panic").expect("an answer").status(), StatusCode::NO_CONTENT);
}
