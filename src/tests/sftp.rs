//! SFTP, as most people have it: an OpenSSH server, a key, and rclone's `sftp` over it.

use std::path::Path;

use reqwest::StatusCode;
use serde_json::json;

use super::support::{Console, Peer, Sshd, tree, write};

#[tokio::test]
async fn files_go_to_an_openssh_server_and_a_wrong_key_is_told() {
    let Some(sshd) = Sshd::start().await else { return };
    let console = Console::start();
    let remote =
        |name: &str, key: &str| json!({ "name": name, "provider": "sftp", "config": sshd.config_with_key(key) });
    console.post("/api/v1/remotes", &remote("nas", "user"), StatusCode::CREATED).await;
    let test = console.post("/api/v1/remotes/nas/test", &json!({}), StatusCode::OK).await;
    assert_eq!(test["connected"], true, "{test}");

    for n in 0..40u8 {
        write(&console.root(), &format!("out/dir{}/file {n}", n % 3), &vec![n; usize::from(n) * 1000]);
    }
    let home = sshd.dir().or_else(std::env::home_dir).expect("a home");
    let target = home.join("longshore-in").to_str().expect("text").to_owned();
    let id = console.copy(&console.path("out"), &format!("nas:{target}"), json!({})).await;
    let run = console.ended(&id).await;
    assert_eq!(run["state"], "succeeded", "{run}");
    // A path that begins with a slash begins at the server's root, and not in the person's home.
    assert!(tree(&console.root().join("out")) == tree(Path::new(&target)), "it went elsewhere");
    let page = console.get(&format!("/api/v1/files?location=nas:{target}"), StatusCode::OK).await;
    assert_eq!(page["total"], 3, "{page}");
    let back = console.copy(&format!("nas:{target}"), &console.path("back"), json!({})).await;
    assert_eq!(console.ended(&back).await["state"], "succeeded");
    assert!(tree(&console.root().join("out")) == tree(&console.root().join("back")), "the trees differ");
    assert!(!home.join(target.trim_start_matches('/')).exists());
    let page = console.get("/api/v1/files?location=nas:longshore-in", StatusCode::OK).await;
    assert_eq!(page["total"], 3, "the same folder, from the home folder: {page}");
    let _ = std::fs::remove_dir_all(&target);

    console.post("/api/v1/remotes", &remote("wrong", "other"), StatusCode::CREATED).await;
    let test = console.post("/api/v1/remotes/wrong/test", &json!({}), StatusCode::OK).await;
    assert_eq!(test["connected"], false, "{test}");
    assert!(!test["message"].as_str().expect("words").contains("PRIVATE"), "{test}");
}

#[tokio::test]
async fn a_server_that_goes_away_in_the_middle_of_a_copy_is_named_while_the_run_still_waits() {
    let console = Console::start();
    for n in 0..20u8 {
        write(&console.root(), &format!("out/file {n}"), &[n; 200_000]);
    }
    let mut runs = Vec::new();
    for kind in ["sftp", "webdav"] {
        let mut peer = Peer::start(kind).await;
        let remote = json!({ "name": kind, "provider": kind, "config": peer.config(kind) });
        console.post("/api/v1/remotes", &remote, StatusCode::CREATED).await;
        let id = console.copy(&console.path("out"), &format!("{kind}:in"), json!({ "bwlimit": "200k" })).await;
        console.run_until(&id, "it copies", |run| run["stats"]["bytes"].as_u64() > Some(100_000)).await;
        peer.stop();
        runs.push((id, kind));
    }
    for (id, kind) in runs {
        let named = |run: &serde_json::Value| {
            run["error"].as_str().is_some_and(|words| words.contains("refused the connection"))
        };
        let run = console.run_until(&id, &format!("{kind} is named"), named).await;
        assert!(run["error"].as_str().is_some_and(|words| words.contains(kind)) || run["state"] == "failed", "{run}");
        let _ = console.request(reqwest::Method::POST, &format!("/api/v1/runs/{id}/stop")).send().await;
    }
}
