//! Cases from public reports, and real servers that have no checksums or change names.

use serde_json::json;

use super::{files, remote, run, warnings};
use crate::support::{Console, Kind, Provider, tree, write};

#[tokio::test]
async fn real_servers_without_checksums_are_told_from_one_that_has_them() {
    for (kind, blind) in
        [(Kind::Ftp, true), (Kind::Smb, true), (Kind::ModDav, true), (Kind::WsgiDav, true), (Kind::Sftp, false)]
    {
        let console = Console::start();
        let Some(provider) = Provider::start(kind, &console).await else { continue };
        write(&console.root(), "old/nonce", b"old!");
        write(&console.root(), "old/same", b"same");
        let there = provider.at("there");
        let first = run(&console, "copy", &console.path("old"), &there, json!({})).await;
        assert_eq!(first["state"], "succeeded", "{kind:?}: {first}");
        write(&console.root(), "new/nonce", b"new!");
        write(&console.root(), "new/same", b"same");
        let new = console.path("new");
        let check = run(&console, "check", &new, &there, json!({})).await;
        let copy = run(&console, "copy", &new, &there, json!({ "checksum": true })).await;
        if blind {
            assert_eq!(
                (&check["state"], warnings(&check).0),
                (&json!("warning"), vec!["compared_by_size"]),
                "{kind:?}: {check}"
            );
            assert_eq!(
                (&copy["state"], warnings(&copy).0),
                (&json!("warning"), vec!["compared_by_size"]),
                "{kind:?}: {copy}"
            );
            assert_eq!(copy["warnings"][0]["files"], 2, "{kind:?}: {copy}");
        } else {
            assert_eq!((&check["state"], warnings(&check).0), (&json!("failed"), vec![]), "{kind:?}: {check}");
            assert_eq!((&copy["state"], &copy["stats"]["files"]), (&json!("succeeded"), &json!(1)), "{kind:?}: {copy}");
        }
    }
}

#[tokio::test]
async fn what_wsgidav_stores_under_another_name_is_not_told_as_moved() {
    let console = Console::start();
    let Some(provider) = Provider::start(Kind::WsgiDav, &console).await else { return };
    for (name, place) in
        [("q?mark.txt", "one"), ("semi;colon.txt", "two"), ("plain.txt", "three"), ("two words.txt", "four")]
    {
        write(&console.root(), &format!("{place}/{name}"), b"content");
        let (from, to) = (provider.at(&format!("{place}/from")), provider.at(&format!("{place}/to")));
        let there = run(&console, "copy", &console.path(place), &from, json!({})).await;
        assert_eq!(there["state"], "succeeded", "{name}: {there}");
        let moved = run(&console, "move", &from, &to, json!({ "flags": { "retries_sleep": "0s" } })).await;
        // As it lies there, through rclone.
        let back = run(&console, "copy", &to, &console.path(&format!("back-{place}")), json!({})).await;
        let arrived = back["state"] != "failed" && console.root().join(format!("back-{place}/{name}")).exists();
        let told = moved["state"] == "succeeded";
        assert_eq!(told, arrived, "{name}: {moved}\n{back}");
        if !arrived {
            assert_eq!(moved["state"], "failed", "{name}: {moved}");
            assert_eq!(files(&console, &moved, "failed").await, [name], "{moved}");
        }
    }
}

#[tokio::test]
async fn crypt_over_a_server_without_times_sees_no_change_of_the_same_size_and_says_so() {
    let console = Console::start();
    let peer = super::peer(&console, "dav", "webdav").await;
    remote(&console, "secret", "crypt", json!({ "remote": "dav:enc", "password": "correct horse" })).await;
    write(&console.root(), "src/notes.txt", b"abc");
    let src = console.path("src");
    assert_eq!(run(&console, "sync", &src, "secret:x", json!({})).await["state"], "succeeded");
    write(&console.root(), "src/notes.txt", b"123");
    let again = run(&console, "sync", &src, "secret:x", json!({})).await;
    assert_eq!((&again["state"], warnings(&again).0), (&json!("warning"), vec!["compared_by_size"]), "{again}");
    // A transfer of many small files to crypt counts what they hold, not what is written of them.
    write(&console.root(), "new/a", b"1234");
    let new = run(&console, "copy", &console.path("new"), "secret:new", json!({})).await;
    assert_eq!((&new["stats"]["bytes"], &new["stats"]["files"]), (&json!(4), &json!(1)), "{new}");
    assert!(tree(&peer.files()).values().any(|content| content.len() > 4));
}

#[tokio::test]
async fn a_job_that_ended_with_a_warning_starts_what_always_follows_and_nothing_else() {
    use reqwest::StatusCode;
    let console = Console::start();
    std::fs::create_dir(console.root().join("empty")).expect("made");
    write(&console.root(), "next/a", b"1");
    let mut followers = Vec::new();
    for after in ["success", "failure", "always"] {
        let job = json!({ "name": after, "operation": "copy", "source": console.path("next"), "destination": console.path(after) });
        let made = console.post("/api/v1/jobs", &job, StatusCode::CREATED).await;
        followers.push(json!({ "job": made["id"], "after": after }));
    }
    let job = json!({
        "name": "first", "operation": "copy", "source": console.path("empty"), "destination": console.path("to"), "followers": followers,
    });
    let made = console.post("/api/v1/jobs", &job, StatusCode::CREATED).await;
    let id = made["id"].as_str().expect("an id");
    let started = console.post(&format!("/api/v1/jobs/{id}/runs"), &json!({}), StatusCode::ACCEPTED).await;
    let ended = console.ended(started["id"].as_str().expect("an id")).await;
    assert_eq!((&ended["state"], warnings(&ended).0), (&json!("warning"), vec!["source_empty"]), "{ended}");
    let runs = console.get("/api/v1/runs", StatusCode::OK).await;
    let mut jobs: Vec<_> =
        runs["runs"].as_array().expect("runs").iter().map(|run| run["job"]["name"].as_str().expect("a job")).collect();
    jobs.sort_unstable();
    assert_eq!(jobs, ["always", "first"], "{runs}");
}
