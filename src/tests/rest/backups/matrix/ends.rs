//! 200 and 202: done, or begun.

use reqwest::StatusCode;
use serde_json::{Value, json};

use super::{anonymous, call, reach, transfer};
use crate::{
    rest::mounts::can_mount,
    support::{Console, Peer, write},
};

/// What the four that start a run take. Each has places of its own: they run at the same time.
fn runs(console: &Console) -> Vec<(&'static str, Value)> {
    let mut all = Vec::new();
    for endpoint in ["sync", "copy", "move", "delete"] {
        let source = format!("{endpoint}-source");
        write(&console.root(), &format!("{source}/file"), b"content");
        let source = console.path(&source);
        let arguments = match endpoint {
            "delete" => json!({ "remote_path": source }),
            _ => transfer(&source, &console.path(&format!("{endpoint}-destination"))),
        };
        all.push((endpoint, arguments));
    }
    all
}

#[tokio::test]
async fn each_of_the_eleven_is_done() {
    if !can_mount() {
        return;
    }
    let (console, nas) = (Console::start(), Peer::start("webdav").await);
    super::super::configure(&console, "nas", "webdav", nas.config("webdav")).await;
    write(&nas.files(), "there/file", b"content");
    let configure = json!({ "remote_name": "other", "provider": "webdav", "config": nas.config("webdav") });
    let mount = json!({ "remote_path": "nas:there", "mount_point": console.path("mnt") });
    let mut calls = vec![
        ("configure", call(&console, "configure", &configure)),
        ("remotes", call(&console, "remotes", &json!({}))),
        ("list", call(&console, "list", &json!({ "remote_path": "nas:there" }))),
        ("size", call(&console, "size", &json!({ "remote_path": "nas:there" }))),
        ("providers", anonymous(&console, "providers", &json!({}))),
        ("mount", call(&console, "mount", &mount)),
        ("check", call(&console, "check", &json!({ "remote_name": "nas" }))),
    ];
    calls.extend(
        runs(&console).into_iter().map(|(endpoint, arguments)| (endpoint, call(&console, endpoint, &arguments))),
    );
    let answers = reach(StatusCode::OK, calls).await;
    assert_eq!(
        (&answers["mount"]["mounted"], &answers["check"]["connected"]),
        (&json!(true), &json!(true)),
        "{answers:?}"
    );
    assert_eq!((&answers["size"]["objects"], &answers["list"][0]["name"]), (&json!(1), &json!("file")), "{answers:?}");
    for endpoint in ["sync", "copy", "move", "delete"] {
        assert_eq!(answers[endpoint]["status"], "succeeded", "{answers:?}");
    }
    let id = answers["mount"]["id"].as_str().expect("an id");
    console.delete(&format!("/api/v1/mounts/{id}?force=true"), StatusCode::NO_CONTENT).await;
}

#[tokio::test]
async fn what_takes_long_is_begun_for_who_does_not_wait() {
    let console = Console::start();
    let begin = |(endpoint, arguments): (&'static str, Value)| {
        (endpoint, call(&console, endpoint, &arguments).header("prefer", "respond-async"))
    };
    let answers = reach(StatusCode::ACCEPTED, runs(&console).into_iter().map(begin).collect()).await;
    for (endpoint, run) in answers {
        let ended = console.ended(run["id"].as_str().expect("an id")).await;
        assert_eq!((&ended["state"], &ended["operation"]), (&json!("succeeded"), &json!(endpoint)), "{ended}");
    }
}
