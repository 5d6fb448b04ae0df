//! 500: rclone ended with an error, in its words and without a secret; or what the console itself needs is broken.

use std::{convert::Infallible, fs, time::Duration};

use reqwest::StatusCode;
use serde_json::{Value, json};
use tokio::time::interval;

use super::{anonymous, call, reach, transfer, warm};
use crate::{
    rest::mounts::{can_mount, is_mounted},
    support::{Console, Peer, S3, kill, until},
};

const WRONG: &str = "wr0ng-canary-77c1";

/// A remote that signs in by OAuth, at a server that is none: rclone asks it for a token, since the one that it has is
/// old.
pub fn signs_in_at(url: &str) -> Value {
    let token = r#"{"access_token":"a","token_type":"bearer","refresh_token":"b","expiry":"2020-01-01T00:00:00Z"}"#;
    let config =
        json!({ "token": token, "client_id": "x", "client_secret": WRONG, "token_url": format!("{url}/token") });
    json!({ "remote_name": "late", "provider": "onedrive", "config": config })
}

/// Kills the warm rclone whenever it comes up, for as long as this is polled.
async fn keep_down(console: &Console) -> Infallible {
    let mut tick = interval(Duration::from_millis(25));
    loop {
        tick.tick().await;
        if let Some(pid) = warm(console) {
            kill(pid);
        }
    }
}

#[tokio::test]
async fn what_rclone_or_the_console_can_not_do_is_said_in_words() {
    if !can_mount() {
        return;
    }
    let (console, down, broken, s3) = (Console::start(), Console::start(), Console::start(), S3::start());
    let (sftp, webdav) = tokio::join!(Peer::start("sftp"), Peer::start("webdav"));
    let mut config = s3.config();
    config["secret_access_key"] = json!(WRONG);
    super::super::configure(&console, "store", "s3", config).await;
    let mut config = sftp.config("sftp");
    config["pass"] = json!(WRONG);
    super::super::configure(&console, "nas", "sftp", config).await;
    let place = console.path("mnt");
    let endpoint = format!("http://127.0.0.1:{}", webdav.port);
    // The warm rclone of this one is killed until several seconds are left between two starts.
    let mut killed = 0;
    let gone_for_seconds = until("the warm rclone does not come up at once any more", async || {
        if let Some(pid) = warm(&down) {
            kill(pid);
            killed += 1;
        }
        (killed >= 5 && warm(&down).is_none()).then_some(())
    });
    gone_for_seconds.await;
    // Broken: a folder where the configuration has to be.
    fs::create_dir(broken.data().join("rclone.conf")).expect("a folder");
    let calls = vec![
        ("configure", call(&console, "configure", &signs_in_at(&endpoint))),
        ("remotes", call(&broken, "remotes", &json!({}))),
        ("sync", call(&console, "sync", &transfer("store:bucket", &console.path("b")))),
        ("copy", call(&console, "copy", &transfer("store:bucket", &console.path("c")))),
        ("move", call(&console, "move", &transfer("nas:", &console.path("d")))),
        ("delete", call(&console, "delete", &json!({ "remote_path": "store:bucket" }))),
        ("list", call(&console, "list", &json!({ "remote_path": "store:bucket" }))),
        ("size", call(&console, "size", &json!({ "remote_path": "nas:" }))),
        ("providers", anonymous(&down, "providers", &json!({}))),
        ("mount", call(&console, "mount", &json!({ "remote_path": "nas:", "mount_point": place }))),
        ("check", call(&broken, "check", &json!({ "remote_name": "any" }))),
    ];
    let answers = tokio::select! {
        answers = reach(StatusCode::INTERNAL_SERVER_ERROR, calls) => answers,
        never = keep_down(&down) => match never {},
    };
    for (endpoint, error) in answers {
        let message = error["message"].as_str().expect("words");
        let internal = ["remotes", "check"].contains(&endpoint);
        assert_eq!(error["code"], if internal { "internal" } else { "rclone_failed" }, "{endpoint}: {error}");
        assert_eq!(error["reference"].is_string(), internal, "{endpoint}: {error}");
        assert!(message.contains(' ') && !error.to_string().contains(WRONG), "{endpoint}: {error}");
        assert_eq!(
            error["run_id"].is_string(),
            ["sync", "copy", "move", "delete"].contains(&endpoint),
            "{endpoint}: {error}"
        );
    }
    // What failed left nothing behind.
    assert!(!is_mounted(&place) && console.processes("/mounts/").iter().all(|(_, line)| !line.contains(&place)));
    assert_eq!(console.get("/api/v1/mounts", StatusCode::OK).await, json!([]));
    let remotes = super::super::ask(&console, "remotes", &[], StatusCode::OK).await;
    assert_eq!(remotes.as_array().map(Vec::len), Some(2), "{remotes}");
}
