//! The kernel's sandbox: what an rclone of ours may reach, whatever a link, a race or an option says.

mod outbound;
mod program;
mod races;
mod rights;
mod without;

use std::{
    fs,
    os::unix::fs::symlink,
    path::{Path, PathBuf},
};

use longshore::server::rclone::program::sandbox::Kernel;
use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::support::{Console, Mute, tree, until, write};

/// Whether the kernel of this machine keeps sandboxes; where it does not, that is said, and in CI it is a failure.
fn kept() -> bool {
    let kernel = Kernel::here();
    if !kernel.keeps() {
        assert!(std::env::var_os("CI").is_none(), "{kernel}");
        eprintln!("SKIPPED: {kernel}");
    }
    kernel.keeps()
}

/// A folder beside the allowed one, with a secret in it.
fn outside(console: &Console) -> PathBuf {
    let outside = console.root().parent().expect("a folder").join("outside");
    write(&outside, "secret", b"nobody's business");
    write(&outside, "sub/deep", b"deeper");
    outside
}

/// Asks for a run and waits until it has ended.
async fn run(console: &Console, operation: &str, source: &str, destination: &str, options: Value) -> Value {
    let mut body = json!({ "operation": operation, "source": console.path(source), "options": options });
    if operation != "bisync" {
        // What the kernel refuses, it refuses again.
        body["options"]["flags"]["retries"] = json!(1);
    }
    if operation != "delete" {
        body["destination"] = json!(console.path(destination));
    }
    let run = console.post("/api/v1/runs", &body, StatusCode::ACCEPTED).await;
    console.ended(run["id"].as_str().expect("an id")).await
}

#[tokio::test]
async fn no_link_in_a_destination_leads_a_run_outside() {
    if !kept() {
        return;
    }
    for (operation, link, options) in [
        ("copy", "evil", json!({})),
        ("sync", "evil", json!({})),
        ("move", "evil", json!({})),
        ("copy", "a/b/evil", json!({})),
        ("copy", "with space ", json!({})),
        ("copy", "line\nbreak", json!({})),
        ("copy", "evil", json!({ "flags": { "ignore_times": true } })),
        ("bisync", "evil", json!({ "flags": { "resync": true } })),
    ] {
        let console = Console::start();
        let outside = outside(&console);
        let before = tree(&outside);
        write(&console.root(), "src/kept", b"kept");
        write(&console.root(), &format!("src/{link}/secret"), b"overwritten");
        write(&console.root(), &format!("src/{link}/new"), b"new");
        let link = console.root().join("dst").join(link);
        fs::create_dir_all(link.parent().expect("a folder")).expect("made");
        symlink(&outside, &link).expect("linked");
        let run = run(&console, operation, "src", "dst", options).await;
        assert!(tree(&outside) == before, "{operation} {} changed what lies outside: {run}", link.display());
        assert_ne!(run["state"], "succeeded", "{operation}: {run}");
        if operation != "bisync" {
            assert!(console.root().join("dst/kept").is_file(), "what lies inside is done all the same: {run}");
        }
    }
}

#[tokio::test]
async fn a_source_that_became_a_link_while_it_waited_is_not_followed() {
    if !kept() {
        return;
    }
    let console = Console::start();
    let outside = outside(&console);
    write(&console.root(), "src/innocent", b"innocent");
    fs::create_dir(console.root().join("into")).expect("made");
    for (operation, swapped, source, destination) in [
        ("copy", "src", "src", "loot"),
        ("move", "src", "src", "loot"),
        ("delete", "src", "src", ""),
        ("copy", "into", "src2", "into"),
        ("sync", "into", "src2", "into"),
    ] {
        write(&console.root(), "src2/secret", b"overwritten");
        let before = tree(&outside);
        console.patch("/api/v1/queue", &json!({ "paused": true, "reason": "a test" }), StatusCode::OK).await;
        let mut body =
            json!({ "operation": operation, "source": console.path(source), "options": { "flags": { "retries": 1 } } });
        if operation != "delete" {
            body["destination"] = json!(console.path(destination));
        }
        let queued = console.post("/api/v1/runs", &body, StatusCode::ACCEPTED).await;
        let (folder, aside) = (console.root().join(swapped), console.root().join("aside"));
        fs::rename(&folder, &aside).expect("moved aside");
        symlink(&outside, &folder).expect("linked");
        console.patch("/api/v1/queue", &json!({ "paused": false }), StatusCode::OK).await;
        let run = console.ended(queued["id"].as_str().expect("an id")).await;
        assert!(!["succeeded", "no_change"].contains(&run["state"].as_str().expect("a state")), "{operation}: {run}");
        assert!(tree(&outside) == before, "{operation} changed what lies outside");
        assert!(!console.root().join("loot/secret").exists(), "{operation} took the secret");
        fs::remove_file(&folder).expect("removed");
        fs::rename(&aside, &folder).expect("moved back");
    }
}

#[tokio::test]
async fn a_listing_that_is_raced_never_shows_what_lies_outside() {
    if !kept() {
        return;
    }
    let console = Console::start();
    let outside = outside(&console);
    write(&console.root(), "real/file", b"x");
    let (link, next) = (console.root().join("raced"), console.root().join("next"));
    let stop = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(false));
    let racer = std::thread::spawn({
        let (stop, real) = (stop.clone(), console.root().join("real"));
        let swap = move |to: &Path| {
            let _ = fs::remove_file(&next);
            symlink(to, &next).and_then(|()| fs::rename(&next, &link)).expect("swapped");
        };
        move || {
            while !stop.load(std::sync::atomic::Ordering::Relaxed) {
                swap(&real);
                swap(&outside);
            }
        }
    });
    let (mut answered, mut leaked) = (0, 0);
    for _ in 0..200 {
        let request = console
            .request(reqwest::Method::GET, "/api/v1/files")
            .query(&[("location", console.path("raced").as_str()), ("refresh", "true")]);
        let answer = request.send().await.expect("an answer");
        answered += i32::from(answer.status() == StatusCode::OK);
        leaked += i32::from(answer.text().await.expect("a body").contains("secret"));
    }
    stop.store(true, std::sync::atomic::Ordering::Relaxed);
    racer.join().expect("the racer");
    assert_eq!(leaked, 0, "of {answered} answers");
}

#[tokio::test]
async fn no_option_of_a_configuration_starts_a_program() {
    if !kept() {
        return;
    }
    let mute = Mute::start();
    let console = Console::start_in(|dir| {
        let touch = |name: &str| format!("/usr/bin/touch {}", dir.join(name).display());
        let conf = format!(
            "[token]\ntype = webdav\nurl = {0}\nbearer_token_command = {1}\n\n[ssh]\ntype = sftp\nhost = 127.0.0.1\nssh = {2}\n\n\
             [proxy]\ntype = http\nurl = {0}\noverride.password_command = {3}\n",
            mute.url(),
            touch("ran-token"),
            touch("ran-ssh"),
            touch("ran-proxy"),
        );
        write(&dir.join("data"), "rclone.conf", conf.as_bytes());
    });
    write(&console.root(), "src/f", b"x");
    let dir = console.root().parent().expect("a folder").to_owned();
    for remote in ["token", "ssh", "proxy"] {
        let test = console.post(&format!("/api/v1/remotes/{remote}/test"), &json!({}), StatusCode::OK).await;
        assert_eq!(test["connected"], false, "{test}");
        let id = console
            .copy(
                &console.path("src"),
                &format!("{remote}:x"),
                json!({ "flags": { "retries": 1, "low_level_retries": 1, "contimeout": "1s", "timeout": "1s" } }),
            )
            .await;
        let run = console.ended(&id).await;
        assert_ne!(run["state"], "succeeded", "{run}");
        assert!(!dir.join(format!("ran-{remote}")).exists(), "{remote} ran a program");
    }
}

#[tokio::test]
async fn a_run_reaches_neither_the_other_root_nor_the_database() {
    if !kept() {
        return;
    }
    let console = Console::start();
    write(&console.root(), "src/f", b"x");
    write(&console.root(), "src/longshore.db", b"gone");
    symlink(console.data(), console.root().join("dst")).expect("linked");
    let refused = console
        .post(
            "/api/v1/runs",
            &json!({ "source": console.path("src"), "destination": console.path("dst") }),
            StatusCode::FORBIDDEN,
        )
        .await;
    assert_eq!(refused["code"], "forbidden", "{refused}");
    fs::remove_file(console.root().join("dst")).expect("removed");
    fs::create_dir(console.root().join("dst")).expect("made");
    symlink(console.data(), console.root().join("dst/data")).expect("linked");
    write(&console.root(), "src2/data/longshore.db", b"gone");
    write(&console.root(), "src2/data/runs/x", b"gone");
    let run = run(&console, "copy", "src2", "dst", json!({})).await;
    assert_eq!(run["state"], "failed", "{run}");
    until("the console answers", async || {
        console
            .request(reqwest::Method::GET, "/api/v1/runs")
            .send()
            .await
            .ok()
            .filter(|answer| answer.status() == StatusCode::OK)
    })
    .await;
    assert!(!console.data().join("runs/x").exists());
}
