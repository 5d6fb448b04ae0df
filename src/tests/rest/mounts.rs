//! Mounts by REST: real ones, with FUSE, which outlive the console and are cleaned up when they are dead.

use std::{fs, path::Path};

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::support::{Console, Peer, S3, expect, kill, sign_in, until, write};

/// Whether this machine can mount; said aloud when not, and in CI that is a failure.
pub fn can_mount() -> bool {
    let missing = longshore::server::rclone::mount::missing();
    if let Some(missing) = &missing {
        assert!(std::env::var_os("CI").is_none(), "{missing}");
        eprintln!("SKIPPED: {missing}");
    }
    missing.is_none()
}

/// Whether something is mounted here, dead or alive.
pub fn is_mounted(place: &str) -> bool {
    longshore::server::rclone::mount::is_mounted(Path::new(place))
}

async fn unmount(console: &Console, id: &Value, query: &str) -> StatusCode {
    let path = format!("/api/v1/mounts/{}{query}", id.as_str().expect("an id"));
    console.request(Method::DELETE, &path).send().await.expect("an answer").status()
}

#[tokio::test]
async fn a_bucket_is_a_folder_until_it_is_unmounted() {
    if !can_mount() {
        return;
    }
    let (console, s3) = (Console::start(), S3::start());
    console.post("/api/v1/remotes", &s3.remote("store"), StatusCode::CREATED).await;
    write(s3.dir.path(), "bucket/photo.txt", b"from the bucket");
    let place = console.path("mnt/photos");
    let body = json!({ "remote_path": "store:bucket", "mount_point": place });
    let mount = console.post("/api/v1/backups/rclone/mount", &body, StatusCode::OK).await;
    assert_eq!(
        (&mount["mounted"], &mount["mount_point"], &mount["remote_path"]),
        (&json!(true), &json!(place), &json!("store:bucket"))
    );
    assert_eq!(fs::read(format!("{place}/photo.txt")).expect("read through the mount"), b"from the bucket");

    fs::write(format!("{place}/new.txt"), b"by way of the mount").expect("written through the mount");
    let pending = console.get("/api/v1/mounts", StatusCode::OK).await[0]["pending"].clone();
    if pending.as_u64() > Some(0) {
        assert_eq!(unmount(&console, &mount["id"], "").await, StatusCode::CONFLICT, "it would be lost");
    }
    until("the file reaches the bucket", async || {
        fs::read(s3.dir.path().join("bucket/new.txt")).ok().filter(|there| !there.is_empty())
    })
    .await;
    console
        .post("/api/v1/mounts", &json!({ "location": "store:bucket", "mount_point": place }), StatusCode::CONFLICT)
        .await;

    let free = until("nothing waits any more", async || {
        Some(unmount(&console, &mount["id"], "").await).filter(|status| *status != StatusCode::CONFLICT)
    })
    .await;
    assert_eq!(free, StatusCode::NO_CONTENT);
    assert!(!is_mounted(&place));
    assert_eq!(console.get("/api/v1/mounts", StatusCode::OK).await, json!([]));
    assert_eq!(unmount(&console, &mount["id"], "").await, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_mount_that_is_read_only_takes_no_file() {
    if !can_mount() {
        return;
    }
    let console = Console::start();
    write(&console.root(), "source/a.txt", b"a");
    let place = console.path("mnt");
    let body = json!({ "location": console.path("source"), "mount_point": place, "read_only": true });
    let mount = console.post("/api/v1/mounts", &body, StatusCode::CREATED).await;
    assert_eq!(
        (&mount["state"], &mount["read_only"], &mount["pending"]),
        (&json!("mounted"), &json!(true), &Value::Null),
        "{mount}"
    );
    assert_eq!(fs::read(format!("{place}/a.txt")).expect("read"), b"a");
    assert!(fs::write(format!("{place}/b.txt"), b"b").is_err());
    assert_eq!(unmount(&console, &mount["id"], "?force=true").await, StatusCode::NO_CONTENT);
}

#[tokio::test]
async fn a_mount_outlives_the_console_and_a_dead_one_is_cleaned_up() {
    if !can_mount() {
        return;
    }
    let mut console = Console::start();
    write(&console.root(), "source/a.txt", b"a");
    let place = console.path("mnt");
    let body = json!({ "location": console.path("source"), "mount_point": place });
    let mount = console.post("/api/v1/mounts", &body, StatusCode::CREATED).await;
    let id = mount["id"].as_str().expect("an id").to_owned();
    console.kill();
    assert_eq!(fs::read(format!("{place}/a.txt")).expect("read without a console"), b"a");
    console.restart();
    assert_eq!(console.get("/api/v1/mounts", StatusCode::OK).await[0]["state"], "mounted");

    console.kill();
    for (pid, _) in console.processes(&id) {
        kill(pid);
    }
    until("its processes are gone", async || console.processes(&id).is_empty().then_some(())).await;
    assert!(is_mounted(&place), "a killed rclone leaves a dead mount behind");
    console.restart();
    assert!(!is_mounted(&place), "cleaned up at the start");
    assert_eq!(console.get("/api/v1/mounts", StatusCode::OK).await[0]["state"], "gone");
    fs::read_dir(&place).expect("an empty folder again");
    assert_eq!(unmount(&console, &mount["id"], "").await, StatusCode::NO_CONTENT);
    console.post("/api/v1/mounts", &body, StatusCode::CREATED).await;
    let again = console.get("/api/v1/mounts", StatusCode::OK).await;
    assert_eq!(unmount(&console, &again[0]["id"], "").await, StatusCode::NO_CONTENT);
}

#[tokio::test]
async fn a_mount_is_refused_where_it_would_do_harm() {
    let console = Console::start();
    write(&console.root(), "source/a.txt", b"a");
    write(&console.root(), "full/b.txt", b"b");
    std::os::unix::fs::symlink("/etc", console.root().join("link")).expect("a link");
    let source = console.path("source");
    for place in [
        "relative",
        "",
        "/",
        "/etc",
        "/usr/share",
        "/proc/1",
        "/home",
        "/tmp/../etc",
        "remote:path",
        "-o",
        &console.path(""),
        &console.path("link"),
        &console.path("link/x"),
        &source,
        &console.path("source/below"),
        &console.path("full/b.txt"),
        "/nosuch/place",
    ] {
        let body = json!({ "location": source, "mount_point": place });
        let error = console.post("/api/v1/mounts", &body, StatusCode::BAD_REQUEST).await;
        assert!(error["fields"]["mount_point"].is_string(), "{place}: {error}");
    }
    console
        .post(
            "/api/v1/mounts",
            &json!({ "location": source, "mount_point": console.path("full") }),
            StatusCode::CONFLICT,
        )
        .await;
    console
        .post("/api/v1/mounts", &json!({ "location": "/etc", "mount_point": console.path("m") }), StatusCode::FORBIDDEN)
        .await;
    console
        .post(
            "/api/v1/mounts",
            &json!({ "location": "nosuch:", "mount_point": console.path("m") }),
            StatusCode::NOT_FOUND,
        )
        .await;
    let named = json!({ "remote_path": ":local:/etc", "mount_point": console.path("m") });
    let error = console.post("/api/v1/backups/rclone/mount", &named, StatusCode::BAD_REQUEST).await;
    assert!(error["fields"]["remote_path"].is_string(), "{error}");
    assert_eq!(
        expect(console.request(Method::GET, "/api/v1/mounts").send().await.expect("an answer"), StatusCode::OK).await,
        json!([])
    );
    assert_eq!(fs::read(console.root().join("full/b.txt")).expect("untouched"), b"b");
}

#[tokio::test]
async fn what_cannot_be_read_is_not_called_mounted_and_nothing_stays() {
    if !can_mount() {
        return;
    }
    let (console, peer) = (Console::start(), Peer::start("webdav").await);
    let mut wrong = peer.config("webdav");
    wrong["pass"] = json!("not the password");
    let dead = json!({ "url": "http://127.0.0.1:1" });
    for (name, provider, config) in [
        ("good", "webdav", peer.config("webdav")),
        ("refused", "webdav", wrong),
        ("dead", "webdav", dead),
        ("alias", "alias", json!({ "remote": "refused:" })),
        ("crypt", "crypt", json!({ "remote": "dead:x", "password": "secret" })),
    ] {
        let body = json!({ "remote_name": name, "provider": provider, "config": config });
        console.post("/api/v1/backups/rclone/configure", &body, StatusCode::OK).await;
    }
    write(&peer.files(), "file.txt", b"x");
    write(&console.root(), "local.txt", b"x");
    let place = console.path("mnt");
    for location in [
        "refused:",
        "dead:",
        "alias:",
        "crypt:",
        "refused:below",
        "good:nosuch",
        "good:file.txt",
        &console.path("nosuch"),
        &console.path("local.txt"),
    ] {
        let body = json!({ "remote_path": location, "mount_point": place });
        let answer =
            console.request(Method::POST, "/api/v1/backups/rclone/mount").json(&body).send().await.expect("an answer");
        let (status, said) = (answer.status(), answer.text().await.expect("text"));
        assert!(!status.is_success() && said.contains("\"message\""), "{location}: {status} {said}");
        assert!(!said.contains("input/output error") && !said.contains("exit status"), "{location}: {said}");
        assert!(!is_mounted(&place), "{location}");
        assert_eq!(console.get("/api/v1/mounts", StatusCode::OK).await, json!([]), "{location}");
    }
}

#[tokio::test]
async fn a_mount_whose_remote_does_not_answer_any_more_says_so() {
    if !can_mount() {
        return;
    }
    let (console, mut peer) = (Console::start(), Peer::start("webdav").await);
    write(&peer.files(), "file.txt", b"x");
    let body = json!({ "remote_name": "dav", "provider": "webdav", "config": peer.config("webdav") });
    console.post("/api/v1/backups/rclone/configure", &body, StatusCode::OK).await;
    let body = json!({ "location": "dav:", "mount_point": console.path("mnt"), "read_only": true });
    let mount = console.post("/api/v1/mounts", &body, StatusCode::CREATED).await;
    assert!(mount.get("problem").is_none(), "{mount}");
    peer.stop();
    let problem =
        async || console.get("/api/v1/mounts", StatusCode::OK).await[0]["problem"].as_str().map(str::to_owned);
    let said = until("it says so", problem).await;
    assert_eq!(said, "The server refused the connection: check host and port.");
    let session = sign_in(&console).await;
    let page = console
        .anonymous(Method::GET, "/mounts")
        .header("cookie", session)
        .send()
        .await
        .expect("a page")
        .text()
        .await
        .expect("text");
    assert!(page.contains("Not answering") && page.contains("refused the connection"), "{page}");
    assert_eq!(unmount(&console, &mount["id"], "?force=true").await, StatusCode::NO_CONTENT);
}
