//! Slashes that mean something: a path from the root of an SFTP server, through everything that wraps it; and empty
//! names in an object store, which rclone would take for others.

use std::{fs, path::PathBuf};

use reqwest::StatusCode;
use serde_json::{Value, json};

use super::value;
use crate::support::{Console, S3, Sshd, write};

/// A console with an SFTP server, what wraps it, and folders of its account that go away.
struct Nas {
    console: Console,
    _sshd: Sshd,
    home: PathBuf,
}

impl Nas {
    async fn start() -> Option<Self> {
        let sshd = Sshd::start().await?;
        let home = sshd.dir().or_else(std::env::home_dir)?;
        let console = Console::start();
        let at = |path: &str| format!("nas:{}/{path}", home.display());
        for (name, provider, config) in [
            ("nas", "sftp", sshd.config()),
            ("al", "alias", json!({ "remote": "nas:" })),
            ("abs", "alias", json!({ "remote": at("root-part") })),
            ("vault", "crypt", json!({ "remote": at("root-part/enc"), "password": "hunter22" })),
        ] {
            console
                .post(
                    "/api/v1/remotes",
                    &json!({ "name": name, "provider": provider, "config": config }),
                    StatusCode::CREATED,
                )
                .await;
        }
        Some(Self { console, _sshd: sshd, home })
    }

    /// A path of the account from the server's root.
    fn root(&self, path: &str) -> String {
        self.home.join("root-part").join(path).to_str().expect("text").to_owned()
    }

    /// Puts a file there, by way of the account.
    async fn put(&self, folder: &str, name: &str) {
        write(&self.console.root(), &format!("from/{name}/{name}"), name.as_bytes());
        let run = self.console.copy(&self.console.path(&format!("from/{name}")), folder, json!({})).await;
        let run = self.console.ended(&run).await;
        assert!(run["state"] == "succeeded" || run["state"] == "warning", "{run}");
    }
}

impl Drop for Nas {
    fn drop(&mut self) {
        for part in ["root-part", "home-part"] {
            let _ = fs::remove_dir_all(self.home.join(part));
        }
    }
}

async fn names(console: &Console, location: &str) -> Vec<String> {
    let page = console.get(&format!("/api/v1/files?location={}", value(location)), StatusCode::OK).await;
    page["entries"]
        .as_array()
        .expect("entries")
        .iter()
        .map(|entry| entry["name"].as_str().expect("a name").to_owned())
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_path_from_the_root_is_not_one_from_the_home_folder() {
    let Some(nas) = Nas::start().await else { return };
    let console = &nas.console;
    for folder in ["one", "two"] {
        nas.put(&format!("nas:{}", nas.root(folder)), "root.txt").await;
    }
    nas.put("nas:home-part/one", "home.txt").await;
    assert!(nas.home.join("root-part/one/root.txt").exists() && nas.home.join("home-part/one/home.txt").exists());
    for remote in ["nas", "al"] {
        assert_eq!(names(console, &format!("{remote}:home-part/one")).await, ["home.txt"], "{remote}");
        assert_eq!(names(console, &format!("{remote}:{}", nas.root("one"))).await, ["root.txt"], "{remote}");
        let other = format!("{remote}:{}", nas.root("one").trim_start_matches('/'));
        console.get(&format!("/api/v1/files?location={}", value(&other)), StatusCode::NOT_FOUND).await;
        console.get(&format!("/api/v1/files?location={remote}:/home-part/one"), StatusCode::NOT_FOUND).await;
        assert!(names(console, &format!("{remote}:/")).await.contains(&"usr".to_owned()), "{remote}");
    }
    assert_eq!(names(console, "abs:one").await, ["root.txt"]);
    assert_eq!(names(console, "abs:/one").await, ["root.txt"]);
    // A job with kept files, all of them from the root.
    nas.put(&format!("nas:{}", nas.root("two")), "old.txt").await;
    let at = |folder: &str| format!("nas:{}", nas.root(folder));
    let job = json!({ "name": "nightly", "operation": "sync", "source": at("one"), "destination": at("two"), "options": { "backup_dir": at("kept") } });
    let job = console.post("/api/v1/jobs", &job, StatusCode::CREATED).await;
    assert_eq!((&job["source"], &job["destination"]), (&json!(at("one")), &json!(at("two"))), "{job}");
    let run = console
        .post(&format!("/api/v1/jobs/{}/runs", job["id"].as_str().expect("an id")), &json!({}), StatusCode::ACCEPTED)
        .await;
    let run = console.ended(run["id"].as_str().expect("an id")).await;
    assert!(run["state"] == "succeeded" || run["state"] == "warning", "{run}");
    assert!(nas.home.join("root-part/kept/old.txt").exists() && !nas.home.join("root-part/two/old.txt").exists());
    // A delete from the root leaves the home folder alone, and the other way round.
    console
        .post(
            "/api/v1/backups/rclone/delete",
            &json!({ "remote_path": format!("al:{}", nas.root("one")) }),
            StatusCode::OK,
        )
        .await;
    assert!(!nas.home.join("root-part/one/root.txt").exists() && nas.home.join("home-part/one/home.txt").exists());
    console.post("/api/v1/backups/rclone/delete", &json!({ "remote_path": "nas:home-part/one" }), StatusCode::OK).await;
    assert!(!nas.home.join("home-part/one/home.txt").exists() && nas.home.join("root-part/two/root.txt").exists());
    // What encrypts lies below the root as well.
    nas.put("vault:sub", "a.txt").await;
    assert_eq!(names(console, "vault:/sub").await, ["a.txt"]);
    assert_eq!(fs::read_dir(nas.home.join("root-part/enc")).expect("a folder").count(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn paths_from_the_root_and_from_home_are_not_mixed_and_wait_for_each_other() {
    let Some(nas) = Nas::start().await else { return };
    let console = &nas.console;
    write(&console.root(), "src/big.bin", &vec![7; 8 << 20]);
    write(&console.root(), "small/a.txt", b"a");
    let mixed = json!({ "source": "nas:home-part/one", "destination": format!("nas:{}", nas.root("dst")) });
    let error = console.post("/api/v1/runs", &mixed, StatusCode::BAD_REQUEST).await;
    assert!(error["fields"]["destination"].as_str().expect("words").contains("slash"), "{error}");
    let slow = console.copy(&console.path("src"), "nas:home-part/one", json!({ "bwlimit": "100k" })).await;
    console.run_until(&slow, "it works", |run| run["state"] == "running").await;
    let refused =
        |destination: &str| json!({ "source": console.path("small"), "destination": destination, "on_busy": "refuse" });
    for destination in [
        format!("nas:{}/home-part/one", nas.home.display()),
        "nas:/somewhere".to_owned(),
        "al:/x".to_owned(),
        "abs:x".to_owned(),
    ] {
        let error = console.post("/api/v1/runs", &refused(&destination), StatusCode::CONFLICT).await;
        assert_eq!(error["run_id"], json!(slow), "{destination}: {error}");
    }
    let other = console.post("/api/v1/runs", &refused("nas:home-part/other"), StatusCode::ACCEPTED).await;
    console.ended(other["id"].as_str().expect("an id")).await;
    console.post(&format!("/api/v1/runs/{slow}/stop"), &json!({}), StatusCode::ACCEPTED).await;
    console.ended(&slow).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_empty_name_in_an_object_store_never_opens_another_object() {
    let (console, s3) = (Console::start(), S3::start());
    console.post("/api/v1/remotes", &s3.remote("store"), StatusCode::CREATED).await;
    let alias = json!({ "name": "al", "provider": "alias", "config": { "remote": "store:bucket" } });
    console.post("/api/v1/remotes", &alias, StatusCode::CREATED).await;
    write(s3.dir.path(), "bucket/a/2.txt", b"another");
    write(&console.root(), "src/x", b"x");
    for place in
        ["store:bucket/a//2.txt", "store:bucket//a", "store:/bucket//a", "store:bucket/a//", "al:a//2.txt", "al:a//"]
    {
        let refused = |error: &Value| {
            assert!(error["fields"].as_object().is_some_and(|fields| fields.len() == 1), "{place}: {error}");
        };
        refused(&console.get(&format!("/api/v1/files?location={}", value(place)), StatusCode::BAD_REQUEST).await);
        let delete = json!({ "remote_path": place });
        refused(&console.post("/api/v1/backups/rclone/delete", &delete, StatusCode::BAD_REQUEST).await);
        let copy = json!({ "source": console.path("src"), "destination": place });
        refused(&console.post("/api/v1/runs", &copy, StatusCode::BAD_REQUEST).await);
    }
    assert!(s3.dir.path().join("bucket/a/2.txt").exists());
    // A slash at the beginning or at the end means nothing to it.
    for place in ["store:/bucket/a", "store:bucket/a/", "al:/a"] {
        assert_eq!(names(&console, place).await, ["2.txt"], "{place}");
    }
}
