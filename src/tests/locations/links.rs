//! Links that lead out of the allowed folders: whatever the spelling, the wrapper or the moment, nothing outside is
//! read or written.

use std::{fs, os::unix::fs::symlink, path::Path};

use reqwest::StatusCode;
use serde_json::{Value, json};

use super::value;
use crate::support::{Console, write};

/// Something outside that nobody may see or change.
struct Outside(tempfile::TempDir);

impl Outside {
    fn new() -> Self {
        let outside = tempfile::tempdir().expect("a folder");
        write(outside.path(), "secret", b"a secret");
        write(outside.path(), "sub/deep", b"another");
        Self(outside)
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn is_untouched(&self) -> bool {
        fs::read(self.path().join("secret")).ok().as_deref() == Some(b"a secret")
            && fs::read_dir(self.path()).expect("a folder").count() == 2
    }
}

/// Spellings of places of the allowed folder that lead out of it.
const WAYS: [&str; 11] = [
    "link",
    "link/sub",
    "link/new",
    "x\ny",
    "x␊y",
    "x␊y/sub",
    "a␡/new/deep",
    "q‛␊",
    "in/middle/sub",
    "dangling",
    "dangling/new",
];

fn make(console: &Console, outside: &Outside) {
    fs::create_dir_all(console.root().join("in")).expect("made");
    write(&console.root(), "src/a", b"a");
    for link in ["link", "x\ny", "a\u{7f}", "q␊", "in/middle"] {
        symlink(outside.path(), console.root().join(link)).expect("linked");
    }
    symlink(outside.path().join("nowhere"), console.root().join("dangling")).expect("linked");
}

#[tokio::test(flavor = "multi_thread")]
async fn no_spelling_of_a_link_reaches_outside() {
    let (console, outside) = (Console::start(), Outside::new());
    make(&console, &outside);
    console.person("vic", "viewer").await;
    let viewer = console.token_of("vic", "viewer");
    for way in WAYS {
        let place = console.path(way);
        let refused = |answer: &Value| {
            assert!(!answer.to_string().contains("secret") || answer["code"] == "forbidden", "{way:?}: {answer}");
        };
        let list = format!("/api/v1/backups/rclone/list?remote_path={}", value(&place));
        refused(&console.ask(&viewer, reqwest::Method::GET, &list, &json!({}), StatusCode::FORBIDDEN).await);
        let files = format!("/api/v1/files?location={}", value(&place));
        refused(&console.ask(&viewer, reqwest::Method::GET, &files, &json!({}), StatusCode::FORBIDDEN).await);
        refused(
            &console
                .get(&format!("/api/v1/backups/rclone/size?remote_path={}", value(&place)), StatusCode::FORBIDDEN)
                .await,
        );
        let (src, dst) = (console.path("src"), console.path("dst"));
        for body in [
            json!({ "operation": "copy", "source": place, "destination": dst }),
            json!({ "operation": "copy", "source": src, "destination": place }),
            json!({ "operation": "sync", "source": src, "destination": place }),
            json!({ "operation": "move", "source": place, "destination": dst }),
            json!({ "operation": "check", "source": src, "destination": place }),
            json!({ "operation": "delete", "source": place }),
            json!({ "operation": "sync", "source": src, "destination": dst, "options": { "backup_dir": place } }),
        ] {
            let answer = console.post("/api/v1/runs", &body, StatusCode::FORBIDDEN).await;
            assert_eq!(answer["code"], "forbidden", "{body}: {answer}");
        }
        let mount = json!({ "location": place, "mount_point": console.path("mnt") });
        console.post("/api/v1/mounts", &mount, StatusCode::FORBIDDEN).await;
        for (provider, config) in [
            ("alias", json!({ "remote": place })),
            ("union", json!({ "upstreams": format!("\"{place}\"") })),
            ("combine", json!({ "upstreams": format!("\"in={place}\"") })),
            ("crypt", json!({ "remote": place, "password": "hunter22" })),
        ] {
            let body = json!({ "name": "w", "provider": provider, "config": config });
            let answer = console.post("/api/v1/remotes", &body, StatusCode::BAD_REQUEST).await;
            assert!(!answer["fields"].as_object().expect("fields").is_empty(), "{way:?} {provider}: {answer}");
        }
    }
    assert!(outside.is_untouched());
    assert!(!outside.path().join("nowhere").exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn no_wrapper_and_no_encoding_reaches_outside() {
    let (console, outside) = (Console::start(), Outside::new());
    make(&console, &outside);
    let create = async |name: &str, provider: &str, config: Value| {
        let body = json!({ "name": name, "provider": provider, "config": config });
        console.post("/api/v1/remotes", &body, StatusCode::CREATED).await;
    };
    create("al", "alias", json!({ "remote": console.path("") })).await;
    create("un", "union", json!({ "upstreams": format!("\"{}\" \"{}\"", console.path(""), console.path("in")) })).await;
    create("co", "combine", json!({ "upstreams": format!("\"r={}\"", console.path("")) })).await;
    create(
        "plain",
        "crypt",
        json!({ "remote": console.path(""), "password": "hunter22", "filename_encryption": "off" }),
    )
    .await;
    for way in WAYS {
        for location in [
            format!("al:{way}"),
            format!("al:/{way}"),
            format!("un:{way}"),
            format!("co:r/{way}"),
            format!("plain:{way}"),
        ] {
            let answer =
                console.get(&format!("/api/v1/files?location={}", value(&location)), StatusCode::FORBIDDEN).await;
            assert_eq!(answer["code"], "forbidden", "{location:?}: {answer}");
        }
    }
    assert!(outside.is_untouched());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_under_an_encrypted_name_does_not_reach_outside() {
    let (console, outside) = (Console::start(), Outside::new());
    let config = json!({ "remote": console.path("enc"), "password": "hunter22" });
    console
        .post(
            "/api/v1/remotes",
            &json!({ "name": "vault", "provider": "crypt", "config": config }),
            StatusCode::CREATED,
        )
        .await;
    write(&console.root(), "src/a", b"a");
    let run = console.ended(&console.copy(&console.path("src"), "vault:sub/in", json!({})).await).await;
    assert_eq!(run["state"], "succeeded", "{run}");
    // What rclone calls `sub` on the disk becomes a link to the outside.
    let hidden = fs::read_dir(console.root().join("enc")).expect("a folder").next().expect("one").expect("one").path();
    fs::remove_dir_all(&hidden).expect("removed");
    symlink(outside.path(), &hidden).expect("linked");
    for place in ["vault:sub", "vault:sub/in", "vault:sub/new"] {
        console.get(&format!("/api/v1/files?location={}", value(place)), StatusCode::FORBIDDEN).await;
        let body = json!({ "source": console.path("src"), "destination": place });
        console.post("/api/v1/runs", &body, StatusCode::FORBIDDEN).await;
    }
    assert!(outside.is_untouched());
    // The lock of an encrypted folder is that of what it is on the disk.
    fs::remove_file(&hidden).expect("removed");
    write(&console.root(), "big/file.bin", &vec![7; 8 << 20]);
    let slow = console.copy(&console.path("big"), "vault:sub", json!({ "bwlimit": "100k" })).await;
    console.run_until(&slow, "it works", |run| run["state"] == "running").await;
    for destination in [hidden.to_str().expect("text"), &console.path("enc")] {
        let body = json!({ "source": console.path("src"), "destination": destination, "on_busy": "refuse" });
        assert_eq!(
            console.post("/api/v1/runs", &body, StatusCode::CONFLICT).await["run_id"],
            json!(slow),
            "{destination}"
        );
    }
    let other = json!({ "source": console.path("src"), "destination": "vault:other", "on_busy": "refuse" });
    console.post("/api/v1/runs", &other, StatusCode::ACCEPTED).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_that_was_put_there_while_the_run_waited_is_refused() {
    let (console, outside) = (Console::start(), Outside::new());
    for folder in ["src", "dst", "kept", "elsewhere"] {
        write(&console.root(), &format!("{folder}/a"), b"a");
    }
    write(&console.root(), "good/a", b"a");
    console.patch("/api/v1/queue", &json!({ "paused": true }), StatusCode::OK).await;
    let swaps = [
        ("src", outside.path().to_owned()),
        ("dst", outside.path().to_owned()),
        ("kept", outside.path().to_owned()),
        ("dst", console.root().join("elsewhere")),
    ];
    for (swapped, target) in swaps {
        let mut runs = Vec::new();
        for operation in ["copy", "sync"] {
            let options = json!({ "backup_dir": console.path("kept") });
            let body = json!({ "operation": operation, "source": console.path("src"), "destination": console.path("dst"), "options": options });
            let run = console.post("/api/v1/runs", &body, StatusCode::ACCEPTED).await;
            runs.push(run["id"].as_str().expect("an id").to_owned());
        }
        let place = console.root().join(swapped);
        fs::rename(&place, console.root().join("aside")).expect("moved aside");
        symlink(&target, &place).expect("linked");
        console.patch("/api/v1/queue", &json!({ "paused": false }), StatusCode::OK).await;
        for id in runs {
            let run = console.ended(&id).await;
            assert_eq!(
                (&run["state"], &run["guard_report"]["reason"]),
                (&json!("blocked"), &json!("not_allowed")),
                "{swapped}: {run}"
            );
            assert!(run["error"].as_str().expect("words").contains("nothing was changed"), "{swapped}: {run}");
        }
        console.patch("/api/v1/queue", &json!({ "paused": true }), StatusCode::OK).await;
        fs::remove_file(&place).expect("removed");
        fs::rename(console.root().join("aside"), &place).expect("moved back");
    }
    assert!(outside.is_untouched());
    assert_eq!(fs::read_dir(console.root().join("elsewhere")).expect("a folder").count(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_destination_that_a_link_leads_into_the_source_is_seen() {
    let console = Console::start();
    write(&console.root(), "src/deep/a", b"a");
    symlink(console.root().join("src/deep"), console.root().join("link")).expect("linked");
    let (src, link) = (console.path("src"), console.path("link"));
    for body in [
        json!({ "operation": "copy", "source": src, "destination": link }),
        json!({ "operation": "sync", "source": link, "destination": src }),
        json!({ "operation": "move", "source": src, "destination": format!("{link}/new") }),
        json!({ "operation": "sync", "source": src, "destination": console.path("dst"), "options": { "backup_dir": link } }),
    ] {
        let error = console.post("/api/v1/runs", &body, StatusCode::BAD_REQUEST).await;
        assert!(error["fields"].as_object().is_some_and(|fields| fields.len() == 1), "{body}: {error}");
    }
}
