//! Times and sizes: null is "nobody knows" and nothing else, and a real value is reported whatever it is.

use std::time::SystemTime;

use super::*;
use crate::support::{ExactS3, Peer};

const DAY: u64 = 86_400;

fn set(console: &Console, name: &str, time: SystemTime) {
    write(&console.root(), name, b"x");
    fs::File::options()
        .write(true)
        .open(console.root().join(name))
        .expect("open")
        .set_modified(time)
        .expect("its time");
}

#[tokio::test]
async fn real_times_are_told_whatever_they_are() {
    let (console, s3) = (Console::start(), S3::start());
    let epoch = SystemTime::UNIX_EPOCH;
    let times = [
        ("y2k", epoch + Duration::from_secs(946_684_800), "2000-01-01T00:00:00Z"),
        ("epoch", epoch, "1970-01-01T00:00:00Z"),
        ("before", epoch - Duration::from_millis(500), "1969-12-31T23:59:59.5Z"),
        ("war", epoch - Duration::from_secs(30 * 365 * DAY), "1940-01-09T00:00:00Z"),
        ("old", epoch - Duration::from_secs(2_000_000_000), "1906-08-16T20:26:40Z"),
        ("late", epoch + Duration::from_secs(4_000_000_000), "2096-10-02T07:06:40Z"),
    ];
    for (name, time, _) in times {
        set(&console, &format!("src/{name}"), time);
    }
    configure(&console, "here", "alias", json!({ "remote": console.path("src") })).await;
    configure(&console, "store", "s3", s3.config()).await;
    call(
        &console,
        "copy",
        json!({ "source": console.path("src"), "destination": "store:bucket/deep/src" }),
        StatusCode::OK,
    )
    .await;
    for place in [console.path("src").as_str(), "here:", "store:bucket/deep/src"] {
        for recursive in ["false", "true"] {
            let list = ask(&console, "list", &[("remote_path", place), ("recursive", recursive)], StatusCode::OK).await;
            for (name, _, told) in times {
                let entry =
                    list.as_array().expect("entries").iter().find(|entry| entry["name"] == name).expect("there");
                assert_eq!(entry["mod_time"], told, "{place} {name}");
            }
        }
        let page = console.get(&format!("/api/v1/files?location={place}&sort=mod_time"), StatusCode::OK).await;
        let names: Vec<_> = page["entries"]
            .as_array()
            .expect("entries")
            .iter()
            .map(|entry| entry["name"].as_str().expect("a name"))
            .collect();
        assert_eq!(names, ["old", "war", "before", "epoch", "y2k", "late"], "{place}");
    }
}

#[tokio::test]
async fn a_folder_without_a_time_has_none_however_it_is_listed() {
    let console = Console::start();
    let s3 = ExactS3::start(&["a/b/c/file", "top"]);
    configure(&console, "store", "s3", s3.config()).await;
    configure(&console, "short", "alias", json!({ "remote": "store:b" })).await;
    configure(&console, "both", "combine", json!({ "upstreams": "one=store:b two=short:" })).await;
    let body = json!({ "remote_name": "plain", "provider": "alias", "config": { "remote": "store:b" }, "encrypt": true, "encrypt_config": { "filename_encryption": "off" } });
    call(&console, "configure", body, StatusCode::OK).await;
    for place in ["store:b", "short:", "both:", "both:one", "store:"] {
        for depth in
            [&[("recursive", "false")][..], &[("recursive", "true")], &[("recursive", "true"), ("max_depth", "2")]]
        {
            let query: Vec<_> = [("remote_path", place)].into_iter().chain(depth.iter().copied()).collect();
            let list = ask(&console, "list", &query, StatusCode::OK).await;
            let folders: Vec<_> =
                list.as_array().expect("entries").iter().filter(|entry| entry["is_dir"] == true).collect();
            assert!(!folders.is_empty(), "{place}");
            // A bucket itself has the time at which it was made.
            for folder in folders.into_iter().filter(|folder| !(place == "store:" && folder["path"] == "b")) {
                assert!(folder["mod_time"].is_null(), "{place} {depth:?}: {folder}");
            }
        }
    }
    // Real folders keep their times.
    write(&console.root(), "real/sub/x", b"x");
    for recursive in ["false", "true"] {
        let list =
            ask(&console, "list", &[("remote_path", &console.path("real")), ("recursive", recursive)], StatusCode::OK)
                .await;
        assert!(list[0]["is_dir"] == true && list[0]["mod_time"].is_string(), "{list}");
    }
}

#[tokio::test]
async fn files_of_unknown_size_are_counted_and_said() {
    let (console, peer) = (Console::start(), Peer::start("http").await);
    let url = format!("http://{}:{}@127.0.0.1:{}", "peer", "p4ss%20canary%2F9c2e%26%25", peer.port);
    configure(&console, "web", "http", json!({ "url": url, "no_head": true })).await;
    for n in 0..3 {
        write(&peer.files(), &format!("f{n}"), b"12345");
    }
    let size = ask(&console, "size", &[("remote_path", "web:")], StatusCode::OK).await;
    assert_eq!((&size["objects"], &size["size_bytes"], &size["sizeless"]), (&json!(3), &json!(0), &json!(3)), "{size}");
    let list = ask(&console, "list", &[("remote_path", "web:")], StatusCode::OK).await;
    assert!(
        list.as_array().expect("entries").iter().all(|entry| entry["size"] == -1 && entry["mod_time"].is_null()),
        "{list}"
    );
    let page = console.get("/api/v1/files?location=web:", StatusCode::OK).await;
    assert_eq!(
        (&page["bytes"], &page["sizeless"], &page["entries"][0]["size"]),
        (&json!(0), &json!(3), &Value::Null),
        "{page}"
    );
    write(&console.root(), "known/empty", b"");
    let page = console.get(&format!("/api/v1/files?location={}", console.path("known")), StatusCode::OK).await;
    assert_eq!(
        (&page["bytes"], &page["sizeless"], &page["entries"][0]["size"]),
        (&json!(0), &json!(0), &json!(0)),
        "0 is a size"
    );
}
