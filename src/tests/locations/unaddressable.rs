//! Names that no location can open exactly: each is listed with the reason, no call takes it for a place, and nothing
//! that looks like it is opened.

use std::{collections::BTreeMap, ffi::OsStr, fs, os::unix::ffi::OsStrExt as _};

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::value;
use crate::support::{Console, Moto, sign_in, tree, write};

/// Names on a disk, and why they cannot be addressed; what can be has its neighbour beside it.
const ON_DISK: &[(&[u8], Option<&str>)] = &[
    (b"d\xff", Some("lost_bytes")),
    (b"caf\xe9.d", Some("lost_bytes")),
    (b"\xfe\xff", Some("lost_bytes")),
    ("e\u{fffd}".as_bytes(), Some("lost_bytes")),
    ("‛q".as_bytes(), Some("escape")),
    ("‛".as_bytes(), Some("escape")),
    ("‛‛".as_bytes(), Some("escape")),
    ("q‛␊".as_bytes(), Some("escape")),
    ("x‛FF".as_bytes(), Some("escape")),
    (b"plain", None),
    ("．".as_bytes(), None),
    ("x␊y".as_bytes(), None),
    (b"x\ny", None),
    (b"-x", None),
    (b" ", None),
];

/// Keys of a bucket, what the list of the folder `a` shows for each, and why that cannot be addressed.
const IN_BUCKET: &[(&str, &str, Option<&str>)] = &[
    ("a//2.txt", "", Some("empty_name")),
    ("a/x\u{fffd}y/f", "x\u{fffd}y", Some("lost_bytes")),
    ("a/‛q/f", "‛‛q", Some("escape")),
    ("a/./f", "．", Some("dots")),
    ("a/../f", "．．", Some("dots")),
    ("a/f\u{fffd}.txt", "f\u{fffd}.txt", Some("lost_bytes")),
    ("a/2.txt", "2.txt", None),
    ("a/sub/", "sub", None),
    ("a/．x/f", "．x", None),
];

/// Every call that takes a place is refused it, with words about the one field that holds it.
async fn refused_everywhere(console: &Console, place: &str) {
    const OLD: &str = "/api/v1/backups/rclone";
    let src = console.path("src");
    let dst = console.path("dst");
    let run = |operation: &str, source: &str, destination: &str| json!({ "operation": operation, "source": source, "destination": destination });
    let of_job = |mut run: Value| {
        run["name"] = json!("nightly");
        run
    };
    let mut kept = run("sync", &src, &dst);
    kept["options"] = json!({ "backup_dir": place });
    let place_value = value(place);
    for (method, path, body) in [
        (Method::GET, format!("/api/v1/files?location={place_value}"), Value::Null),
        (Method::GET, format!("{OLD}/list?remote_path={place_value}"), Value::Null),
        (Method::GET, format!("{OLD}/list?remote_path={place_value}&recursive=true"), Value::Null),
        (Method::GET, format!("{OLD}/size?remote_path={place_value}"), Value::Null),
        (Method::POST, format!("{OLD}/delete"), json!({ "remote_path": place })),
        (Method::POST, format!("{OLD}/copy"), json!({ "source": place, "destination": dst })),
        (Method::POST, format!("{OLD}/sync"), json!({ "source": src, "destination": place })),
        (Method::POST, format!("{OLD}/move"), json!({ "source": place, "destination": dst })),
        (Method::POST, format!("{OLD}/mount"), json!({ "remote_path": place, "mount_point": console.path("mnt") })),
        (Method::POST, "/api/v1/runs".into(), run("copy", &src, place)),
        (Method::POST, "/api/v1/runs".into(), run("check", place, &src)),
        (Method::POST, "/api/v1/runs".into(), run("bisync", &src, place)),
        (Method::POST, "/api/v1/runs".into(), kept.clone()),
        (Method::POST, "/api/v1/jobs".into(), of_job(run("copy", place, &dst))),
        (Method::POST, "/api/v1/jobs".into(), of_job(kept)),
        (Method::POST, "/api/v1/mounts".into(), json!({ "location": place, "mount_point": console.path("mnt") })),
    ] {
        let request = console.request(method.clone(), &path);
        let request = if body.is_null() { request } else { request.json(&body) };
        let answer = request.send().await.expect("an answer");
        let status = answer.status();
        let error: Value = answer.json().await.expect("JSON");
        assert_eq!(status, StatusCode::BAD_REQUEST, "{place:?} {method} {path} {body}: {error}");
        let fields = error["fields"].as_object().unwrap_or_else(|| panic!("{place:?} {path}: {error}"));
        let words = fields.values().next().and_then(Value::as_str).unwrap_or_default();
        assert!(fields.len() == 1 && words.contains("Choose the folder above"), "{place:?} {path} {body}: {error}");
    }
}

/// Each entry of a page by its name: why it cannot be addressed. Several of one name are alike.
fn whys(page: &Value, name: &str) -> BTreeMap<String, Option<String>> {
    let entries = page.as_array().expect("entries").iter();
    entries
        .map(|entry| {
            (entry[name].as_str().expect("a name").to_owned(), entry["unaddressable"].as_str().map(str::to_owned))
        })
        .collect()
}

/// Some of the names on a disk cannot be addressed. All others open the folder that was listed.
async fn on_disk(console: &Console, base: &str) {
    let marked = ON_DISK.iter().filter(|(_, why)| why.is_some()).count();
    let files = console.get(&format!("/api/v1/files?location={}", value(base)), StatusCode::OK).await;
    let old = console.get(&format!("/api/v1/backups/rclone/list?remote_path={}", value(base)), StatusCode::OK).await;
    assert_eq!(
        (files["total"].as_u64(), files["unaddressable"].as_u64()),
        (Some(ON_DISK.len() as u64), Some(marked as u64)),
        "{files}"
    );
    assert_eq!(whys(&files["entries"], "name"), whys(&old, "name"));
    for entry in old.as_array().expect("entries") {
        let (path, is_open) = (entry["path"].as_str().expect("a path"), entry["unaddressable"].is_null());
        if is_open {
            let inside = console.get(&format!("/api/v1/files?location={}", value(path)), StatusCode::OK).await;
            assert_eq!(
                (&inside["total"], &inside["entries"][0]["name"]),
                (&json!(1), &json!("f")),
                "{path:?}: {inside}"
            );
        } else {
            refused_everywhere(console, path).await;
        }
    }
}

/// Folders of all these names, a file in each.
fn sow(console: &Console) {
    write(&console.root(), "src/x", b"x");
    for (name, _) in ON_DISK {
        let dir = console.root().join("F").join(OsStr::from_bytes(name));
        fs::create_dir_all(&dir).expect("made");
        fs::write(dir.join("f"), name).expect("written");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn on_this_server_such_a_name_is_marked_and_refused_and_stays() {
    let console = Console::start();
    sow(&console);
    let before = tree(&console.root());
    on_disk(&console, &console.path("F")).await;
    assert_eq!(tree(&console.root()), before);
    // The page: a row without a link, that says why.
    let session = sign_in(&console).await;
    let page = console.anonymous(Method::GET, &format!("/browse/local{}", console.path("F"))).header("cookie", session);
    let page = page.send().await.expect("an answer").text().await.expect("a page");
    assert_eq!(page.matches("This name cannot be opened here: ").count() / 2, 9, "once to see, once as the title");
    for (link, there) in [("/plain\"", true), ("/-x\"", true), ("/%EF%BF%BD", false)] {
        assert_eq!(page.contains(link), there, "{link}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn in_a_bucket_such_a_key_is_marked_and_refused_and_stays() {
    let Some(moto) = Moto::start().await else { return };
    let console = Console::start();
    write(&console.root(), "src/x", b"x");
    let remote = json!({ "name": "m", "provider": "s3", "config": moto.config() });
    console.post("/api/v1/remotes", &remote, StatusCode::CREATED).await;
    for (key, ..) in IN_BUCKET {
        moto.put("bucket", key, if key.ends_with('/') { b"" } else { b"content" }).await;
    }
    let files = console.get("/api/v1/files?location=m:bucket/a", StatusCode::OK).await;
    let shown = whys(&files["entries"], "name");
    let wanted: BTreeMap<_, _> =
        IN_BUCKET.iter().map(|(_, name, why)| ((*name).to_owned(), why.map(str::to_owned))).collect();
    assert_eq!(shown, wanted, "{files}");
    let old = console.get("/api/v1/backups/rclone/list?remote_path=m:bucket/a", StatusCode::OK).await;
    assert_eq!(whys(&old, "name"), wanted);
    for entry in old.as_array().expect("entries").iter().filter(|entry| !entry["unaddressable"].is_null()) {
        refused_everywhere(&console, &format!("m:{}", entry["path"].as_str().expect("a path"))).await;
    }
    // Below all folders each key is one entry, and those with such a name on their way are marked as well.
    let deep = console.get("/api/v1/backups/rclone/list?remote_path=m:bucket&recursive=true", StatusCode::OK).await;
    let deep = whys(&deep, "path");
    for (path, why) in [
        ("bucket/a//2.txt", Some("empty_name")),
        ("bucket/a/．/f", Some("dots")),
        ("bucket/a/‛‛q/f", Some("escape")),
        ("bucket/a/2.txt", None),
        ("bucket/a/．x/f", None),
    ] {
        assert_eq!(deep.get(path).map(Option::as_deref), Some(why), "{path}: {deep:?}");
    }
    let size = console.get("/api/v1/backups/rclone/size?remote_path=m:bucket", StatusCode::OK).await;
    assert_eq!(size["objects"], 8, "all of them are there: {size}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_without_a_name_is_not_called_as_the_folder_above_it() {
    let Some(moto) = Moto::start().await else { return };
    let console = Console::start();
    console
        .post(
            "/api/v1/remotes",
            &json!({ "name": "m", "provider": "s3", "config": moto.config() }),
            StatusCode::CREATED,
        )
        .await;
    let alias = json!({ "name": "al", "provider": "alias", "config": { "remote": "m:bucket/alias" } });
    console.post("/api/v1/remotes", &alias, StatusCode::CREATED).await;
    for (key, content) in [
        ("one//", ""),
        ("two/", ""),
        ("three/", "something"),
        ("four///deep", "x"),
        ("five/six//", ""),
        ("alias//x", "x"),
        ("seven/eight/", ""),
        ("nine/", ""),
        ("nine/file", "x"),
    ] {
        moto.put("bucket", key, content.as_bytes()).await;
    }
    // What lies in each, one level deep: (name, is it a folder, why it cannot be addressed).
    let nameless = Some("empty_name");
    for (place, wanted) in [
        ("m:bucket/one", &[("", true, nameless)][..]),
        ("m:bucket/two", &[]),
        ("m:bucket/three", &[("", false, nameless)]),
        ("m:bucket/four", &[("", true, nameless)]),
        ("m:bucket/five/six", &[("", true, nameless)]),
        ("m:bucket/five", &[("six", true, None)]),
        ("al:", &[("", true, nameless)]),
        ("m:bucket/seven/eight", &[]),
        ("m:bucket/seven", &[("eight", true, None)]),
        ("m:bucket/nine", &[("file", false, None)]),
    ] {
        let page = console.get(&format!("/api/v1/files?location={}", value(place)), StatusCode::OK).await;
        let shown: Vec<_> = page["entries"].as_array().expect("entries").iter().collect();
        let shown: Vec<_> = shown
            .iter()
            .map(|e| (e["name"].as_str().expect("a name"), e["is_dir"] == true, e["unaddressable"].as_str()))
            .collect();
        assert_eq!(shown, wanted, "{place}");
        let deep = console
            .get(&format!("/api/v1/backups/rclone/list?remote_path={}&recursive=true", value(place)), StatusCode::OK)
            .await;
        let parent = place.rsplit(['/', ':']).next().expect("a name");
        let invented =
            deep.as_array().expect("entries").iter().find(|entry| entry["name"] == parent && !parent.is_empty());
        assert_eq!(invented, None, "{place}");
    }
}
