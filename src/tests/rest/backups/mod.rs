//! The eleven rclone endpoints, by real HTTP, with the names, fields and units that existing clients use.

mod checks;
mod clouds;
mod duplicates;
mod matrix;
mod presence;
mod refusals;
mod repositories;
mod times;
mod volume;

use std::{
    fs,
    time::{Duration, Instant},
};

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::support::{Console, S3, expect, tree, write};

const BASE: &str = "/api/v1/backups/rclone";

/// Calls one of them.
async fn call(console: &Console, operation: &str, body: Value, status: StatusCode) -> Value {
    console.post(&format!("{BASE}/{operation}"), &body, status).await
}

async fn ask(console: &Console, operation: &str, query: &[(&str, &str)], status: StatusCode) -> Value {
    let request = console.request(Method::GET, &format!("{BASE}/{operation}")).query(query);
    expect(request.send().await.expect("an answer"), status).await
}

/// Configures a remote of theirs.
async fn configure(console: &Console, name: &str, provider: &str, config: Value) {
    let body = json!({ "remote_name": name, "provider": provider, "config": config });
    call(console, "configure", body, StatusCode::OK).await;
}

/// Starts a transfer without waiting for it; the run's id.
async fn begin(console: &Console, operation: &str, body: Value) -> String {
    let request =
        console.request(Method::POST, &format!("{BASE}/{operation}")).header("prefer", "respond-async").json(&body);
    let run = expect(request.send().await.expect("an answer"), StatusCode::ACCEPTED).await;
    run["id"].as_str().expect("an id").to_owned()
}

/// The names below a folder.
fn names(console: &Console, folder: &str) -> Vec<String> {
    let names = tree(&console.root().join(folder)).into_keys();
    names.map(|path| path.to_str().expect("text").to_owned()).collect()
}

#[tokio::test]
async fn a_remote_is_configured_listed_and_checked_and_never_tells_its_secret() {
    let (console, s3) = (Console::start(), S3::start());
    let body = json!({ "remote_name": "store", "provider": "s3", "config": {
        "provider": "Rclone", "endpoint": s3.endpoint, "access_key_id": S3::KEY, "secret_access_key": S3::SECRET, "force_path_style": true,
    }});
    let made = call(&console, "configure", body.clone(), StatusCode::OK).await;
    assert_eq!(made, json!({ "name": "store", "type": "s3", "configured": true, "encrypted": false }));
    let list = ask(&console, "remotes", &[], StatusCode::OK).await;
    assert_eq!(list, json!([{ "name": "store", "type": "s3", "configured": true, "encrypted": false }]));
    call(&console, "configure", body, StatusCode::CONFLICT).await;

    let check = call(&console, "check?remote_name=store", json!({}), StatusCode::OK).await;
    assert_eq!((&check["connected"], &check["remote"]), (&json!(true), &json!("store")), "{check}");
    let wrong = json!({ "remote_name": "wrong", "provider": "s3", "config": {
        "provider": "Rclone", "endpoint": s3.endpoint, "access_key_id": S3::KEY, "secret_access_key": "another-secret", "force_path_style": true,
    }});
    call(&console, "configure", wrong, StatusCode::OK).await;
    let check = call(&console, "check?remote_name=wrong:", json!({}), StatusCode::OK).await;
    assert_eq!(check["connected"], false, "{check}");
    assert!(!check["message"].as_str().expect("words").contains("another-secret"), "{check}");
    call(&console, "check?remote_name=nosuch", json!({}), StatusCode::NOT_FOUND).await;
    call(&console, "check", json!({}), StatusCode::BAD_REQUEST).await;
}

#[tokio::test]
async fn what_can_not_be_configured_is_refused_by_field() {
    let console = Console::start();
    for (name, provider, config, field) in [
        ("bad:name", "s3", json!({}), "remote_name"),
        ("", "s3", json!({}), "remote_name"),
        ("a", "nosuch", json!({}), "provider"),
        ("a", "s3", json!({ "nosuch_option": "x" }), "nosuch_option"),
        ("a", "sftp", json!({}), "host"),
        ("a", "sftp", json!({ "host": "h", "ssh": "touch /tmp/x" }), "ssh"),
        ("a", "s3", json!({ "provider": "AWS", "chunk_size": "many" }), "chunk_size"),
    ] {
        let body = json!({ "remote_name": name, "provider": provider, "config": config });
        let error = call(&console, "configure", body, StatusCode::BAD_REQUEST).await;
        assert!(error["fields"][field].is_string(), "{field}: {error}");
    }
    let stray = json!({ "remote_name": "a", "provider": "s3", "config": {}, "encrypt_config": { "password": "x" } });
    assert!(call(&console, "configure", stray, StatusCode::BAD_REQUEST).await["fields"]["encrypt_config"].is_string());
    call(&console, "configure", json!({ "provider": "s3" }), StatusCode::BAD_REQUEST).await;
    call(&console, "configure", json!({ "remote_name": "a", "provider": "s3", "confg": {} }), StatusCode::BAD_REQUEST)
        .await;
    assert_eq!(ask(&console, "remotes", &[], StatusCode::OK).await, json!([]), "nothing was saved");
}

#[tokio::test]
async fn an_encrypted_remote_really_encrypts_and_tells_its_secrets_once() {
    let console = Console::start();
    fs::create_dir(console.root().join("under")).expect("a folder");
    let body = json!({ "remote_name": "safe", "provider": "alias", "config": { "remote": console.path("under") }, "encrypt": true });
    let made = call(&console, "configure", body, StatusCode::OK).await;
    assert_eq!(
        (&made["encrypted"], &made["crypt"]["name"], &made["crypt"]["remote"]),
        (&json!(true), &json!("safe-crypt"), &json!("safe:"))
    );
    let password = made["crypt"]["password"].as_str().expect("a password").to_owned();
    assert!(password.len() >= 40 && made["crypt"]["password2"] != made["crypt"]["password"]);

    write(&console.root(), "plain/holiday photo.txt", b"the content of the holiday photo");
    let copy = json!({ "source": console.path("plain"), "destination": "safe-crypt:2026" });
    call(&console, "copy", copy, StatusCode::OK).await;
    let under = tree(&console.root().join("under"));
    assert_eq!(under.len(), 1);
    for (path, content) in &under {
        assert!(!path.to_str().expect("text").contains("holiday") && !path.starts_with("2026"), "{}", path.display());
        assert!(!content.windows(7).any(|window| window == b"holiday"), "the content is plain");
    }
    let list = ask(&console, "list", &[("remote_path", "safe-crypt:2026")], StatusCode::OK).await;
    assert_eq!((&list[0]["name"], &list[0]["size"]), (&json!("holiday photo.txt"), &json!(32)), "{list}");

    let remotes = ask(&console, "remotes", &[], StatusCode::OK).await;
    assert!(!remotes.to_string().contains(&password));
    let encrypted: Vec<_> = remotes.as_array().expect("remotes").iter().map(|remote| &remote["encrypted"]).collect();
    assert_eq!(encrypted, [&json!(false), &json!(true)]);
    let given = json!({ "remote_name": "two", "provider": "alias", "config": { "remote": console.path("under") }, "encrypt": true,
        "encrypt_config": { "password": "given-password", "password2": "given-salt", "filename_encryption": "off", "remote": "deeper" } });
    let made = call(&console, "configure", given, StatusCode::OK).await;
    assert_eq!(
        (&made["crypt"]["password"], &made["crypt"]["remote"]),
        (&json!("given-password"), &json!("two:deeper"))
    );
    let climbs = json!({ "remote_name": "three", "provider": "alias", "config": { "remote": console.path("under") }, "encrypt": true,
        "encrypt_config": { "remote": "../../etc" } });
    assert!(
        call(&console, "configure", climbs, StatusCode::BAD_REQUEST).await["fields"]["encrypt_config.remote"]
            .is_string()
    );
}

#[tokio::test]
async fn a_sync_makes_the_destination_identical_and_its_figures_are_exact() {
    let console = Console::start();
    for (name, content) in
        [("src/new", &b"12345"[..]), ("src/changed", b"after, longer"), ("src/same", b"s"), ("dst/changed", b"before")]
    {
        write(&console.root(), name, content);
    }
    fs::copy(console.root().join("src/same"), console.root().join("dst/same")).expect("a copy");
    let time = fs::metadata(console.root().join("src/same")).expect("there").modified().expect("a time");
    fs::File::options()
        .write(true)
        .open(console.root().join("dst/same"))
        .expect("open")
        .set_modified(time)
        .expect("the same time");
    for n in 0..3 {
        write(&console.root(), &format!("dst/old{n}"), b"x");
    }
    let body = json!({ "source": console.path("src"), "destination": console.path("dst") });

    let mut dry = body.clone();
    dry["dry_run"] = json!(true);
    let before = tree(&console.root().join("dst"));
    let said = call(&console, "sync", dry, StatusCode::OK).await;
    assert_eq!(tree(&console.root().join("dst")), before, "a dry run changed something");
    assert_eq!(
        (&said["dry_run"], &said["would"]["copy"], &said["would"]["delete"]),
        (&json!(true), &json!(2), &json!(3)),
        "{said}"
    );
    let named: Vec<_> = said["would"]["files"]
        .as_array()
        .expect("files")
        .iter()
        .map(|file| file["path"].as_str().expect("a path"))
        .collect();
    assert!(named.contains(&"new") && named.contains(&"old2") && !named.contains(&"same"), "{said}");

    let stats = call(&console, "sync", body, StatusCode::OK).await;
    assert_eq!(tree(&console.root().join("src")), tree(&console.root().join("dst")));
    for (field, value) in [
        ("bytes_transferred", json!(18)),
        ("files_transferred", json!(2)),
        ("files_checked", json!(2 + 3)),
        ("files_deleted", json!(3)),
        ("errors", json!(0)),
        ("status", json!("succeeded")),
        ("dry_run", json!(false)),
    ] {
        assert_eq!(stats[field], value, "{field}: {stats}");
    }
    assert!(
        stats["elapsed_time"].as_f64().is_some_and(|seconds| seconds > 0.0) && stats["transfer_rate_mbps"].is_number(),
        "{stats}"
    );
    let run = console.run(stats["run_id"].as_str().expect("an id")).await;
    assert_eq!(
        (&run["state"], &run["operation"], &run["stats"]["deletes"]),
        (&json!("succeeded"), &json!("sync"), &json!(3))
    );
    let files = console
        .get(&format!("/api/v1/runs/{}/files?outcome=deleted", run["id"].as_str().expect("an id")), StatusCode::OK)
        .await;
    assert_eq!(
        (&files["counts"]["deleted"], &files["counts"]["copied"], &files["counts"]["updated"]),
        (&json!(3), &json!(1), &json!(1)),
        "{files}"
    );
}

#[tokio::test]
async fn a_copy_deletes_nothing_and_a_move_empties_the_source() {
    let console = Console::start();
    write(&console.root(), "a/sub/one", b"1");
    write(&console.root(), "b/kept", b"kept");
    let copied = call(
        &console,
        "copy",
        json!({ "source": console.path("a"), "destination": console.path("b") }),
        StatusCode::OK,
    )
    .await;
    assert_eq!(copied["files_deleted"], 0);
    assert_eq!(names(&console, "b"), ["kept", "sub/one"]);

    let into = |name: &str, empty: bool| json!({ "source": console.path("a"), "destination": console.path(name), "delete_empty_src_dirs": empty });
    call(&console, "move", into("c", false), StatusCode::OK).await;
    assert_eq!((names(&console, "a"), names(&console, "c")), (vec![], vec!["sub/one".to_owned()]));
    assert!(console.root().join("a/sub").is_dir(), "its empty folders stay");
    write(&console.root(), "a/sub/two", b"2");
    call(&console, "move", into("d", true), StatusCode::OK).await;
    assert!(!console.root().join("a/sub").exists(), "its empty folders are gone");
    assert_eq!(names(&console, "d"), ["sub/two"]);
    let only = json!({ "source": console.path("d"), "destination": console.path("e"), "delete_empty_src_dirs": true });
    assert!(call(&console, "copy", only, StatusCode::BAD_REQUEST).await["fields"]["delete_empty_src_dirs"].is_string());
}

#[tokio::test]
async fn a_delete_is_said_first_and_takes_only_what_it_is_told_to() {
    let console = Console::start();
    for name in ["x/a.txt", "x/b.txt", "x/keep.jpg", "x/sub/c.txt"] {
        write(&console.root(), name, b"content");
    }
    let body = |dry: bool| json!({ "remote_path": console.path("x"), "dry_run": dry, "exclude": ["*.jpg"] });
    let said = call(&console, "delete", body(true), StatusCode::OK).await;
    assert_eq!((&said["would"]["delete"], &said["dry_run"]), (&json!(3), &json!(true)), "{said}");
    assert_eq!(names(&console, "x").len(), 4, "nothing was deleted");
    let done = call(&console, "delete", body(false), StatusCode::OK).await;
    assert_eq!((&done["files_deleted"], &done["errors"]), (&json!(3), &json!(0)), "{done}");
    assert_eq!(names(&console, "x"), ["keep.jpg"]);
    let outside = call(&console, "delete", json!({ "remote_path": "/etc" }), StatusCode::FORBIDDEN).await;
    assert_eq!(outside["code"], "forbidden");
    let unsure = json!({ "remote_path": console.path("x"), "confirm": console.path("y") });
    assert!(call(&console, "delete", unsure, StatusCode::BAD_REQUEST).await["fields"]["confirm"].is_string());
    assert!(
        call(&console, "delete", json!({ "remote_path": ":local:/etc" }), StatusCode::BAD_REQUEST).await["fields"]["remote_path"]
            .is_string()
    );
}

#[tokio::test]
async fn a_budget_of_deletions_holds() {
    let console = Console::start();
    write(&console.root(), "src/one", b"1");
    for n in 0..6 {
        write(&console.root(), &format!("dst/old{n}"), b"x");
    }
    let body = json!({ "source": console.path("src"), "destination": console.path("dst"), "max_delete": 2 });
    let error = call(&console, "sync", body, StatusCode::CONFLICT).await;
    assert_eq!(error["code"], "blocked_guard", "{error}");
    assert!(
        error["message"].as_str().expect("words").contains("the limit is 2") && error["run_id"].is_string(),
        "{error}"
    );
    assert_eq!(names(&console, "dst").len(), 6, "something was done");
    let body = json!({ "remote_path": console.path("dst"), "max_delete": 2 });
    let error = call(&console, "delete", body, StatusCode::INTERNAL_SERVER_ERROR).await;
    assert_eq!(error["code"], "rclone_failed", "{error}");
    assert!(error["message"].as_str().expect("words").contains('7') && error["run_id"].is_string(), "{error}");
    assert!(names(&console, "dst").len() >= 4, "more than the budget was deleted");
}

#[tokio::test]
async fn a_listing_goes_as_deep_as_it_is_told_to_and_comes_in_pages() {
    let console = Console::start();
    for name in ["t/a.txt", "t/b/c.jpg", "t/b/d/e.bin", "t/ü x.txt"] {
        write(&console.root(), name, b"1234");
    }
    let root = console.path("t");
    // Paths of this server are absolute: each can be asked for as it is.
    let below = |path: &str| path.strip_prefix(&format!("{root}/")).expect("a path below the folder").to_owned();
    let paths = |list: &Value| -> Vec<String> {
        list.as_array().expect("a list").iter().map(|file| below(file["path"].as_str().expect("a path"))).collect()
    };
    let list = async |query: &[(&str, &str)]| {
        let query: Vec<_> = [("remote_path", root.as_str())].into_iter().chain(query.iter().copied()).collect();
        ask(&console, "list", &query, StatusCode::OK).await
    };
    let flat = list(&[]).await;
    assert_eq!(paths(&flat), ["a.txt", "b", "ü x.txt"]);
    let (file, folder) = (&flat[0], &flat[1]);
    assert_eq!(
        (&file["name"], &file["size"], &file["mime_type"], &file["is_dir"]),
        (&json!("a.txt"), &json!(4), &json!("text/plain"), &json!(false))
    );
    assert!(file["mod_time"].as_str().expect("a time").ends_with('Z'));
    assert_eq!(
        (&folder["size"], &folder["mime_type"], &folder["is_dir"]),
        (&json!(-1), &json!("inode/directory"), &json!(true))
    );
    let deep = list(&[("recursive", "true")]).await;
    assert_eq!(paths(&deep), ["a.txt", "b", "b/c.jpg", "b/d", "b/d/e.bin", "ü x.txt"]);
    assert_eq!(deep[4]["name"], "e.bin");
    assert_eq!(
        paths(&list(&[("recursive", "true"), ("max_depth", "2")]).await),
        ["a.txt", "b", "b/c.jpg", "b/d", "ü x.txt"]
    );

    let (mut seen, mut cursor) = (Vec::new(), None::<String>);
    loop {
        let mut query =
            vec![("remote_path", root.clone()), ("recursive", "true".to_owned()), ("limit", "4".to_owned())];
        query.extend(cursor.take().map(|cursor| ("cursor", cursor)));
        let answer =
            console.request(Method::GET, &format!("{BASE}/list")).query(&query).send().await.expect("an answer");
        cursor = answer.headers().get("x-next-cursor").map(|cursor| cursor.to_str().expect("text").to_owned());
        seen.extend(paths(&expect(answer, StatusCode::OK).await));
        if cursor.is_none() {
            break;
        }
    }
    assert_eq!(seen, paths(&deep));
    for (query, field) in [(("limit", "0"), "limit"), (("max_depth", "0"), "max_depth"), (("cursor", "%"), "cursor")] {
        let error =
            ask(&console, "list", &[("remote_path", &root), ("recursive", "true"), query], StatusCode::BAD_REQUEST)
                .await;
        assert!(error["fields"][field].is_string(), "{field}: {error}");
    }
    ask(&console, "list", &[("remote_path", &console.path("nosuch"))], StatusCode::NOT_FOUND).await;
    ask(&console, "list", &[("remote_path", "nosuch:")], StatusCode::NOT_FOUND).await;
}

#[tokio::test]
async fn a_size_is_exact_and_in_the_units_of_the_contract() {
    let console = Console::start();
    write(&console.root(), "s/a", &vec![0; 3 << 20]);
    write(&console.root(), "s/b/c", &vec![0; 1 << 19]);
    let size = ask(&console, "size", &[("remote_path", &console.path("s"))], StatusCode::OK).await;
    assert_eq!(
        size,
        json!({
            "remote_path": console.path("s"), "size_bytes": 3_670_016, "size_mb": 3.5, "size_gb": 3.5 / 1024.0, "objects": 2, "sizeless": 0,
        })
    );
    ask(&console, "size", &[("remote_path", &console.path("nosuch"))], StatusCode::NOT_FOUND).await;
    ask(&console, "size", &[("remote_path", "/etc")], StatusCode::FORBIDDEN).await;
}

#[tokio::test]
async fn providers_are_told_to_everybody_and_nothing_else_is() {
    let console = Console::start();
    let answer = console.anonymous(Method::GET, &format!("{BASE}/providers")).send().await.expect("an answer");
    let list = expect(answer, StatusCode::OK).await;
    let named = |name: &str| {
        list.as_array()
            .expect("a list")
            .iter()
            .any(|provider| provider["name"] == name && provider["prefix"].is_string())
    };
    assert!(named("s3") && named("sftp"), "{list}");
    for (method, operation) in [
        (Method::POST, "configure"),
        (Method::GET, "remotes"),
        (Method::POST, "sync"),
        (Method::POST, "copy"),
        (Method::POST, "move"),
        (Method::POST, "delete"),
        (Method::GET, "list"),
        (Method::GET, "size"),
        (Method::POST, "check"),
    ] {
        let answer = console.anonymous(method, &format!("{BASE}/{operation}")).send().await.expect("an answer");
        assert_eq!(answer.status(), StatusCode::UNAUTHORIZED, "{operation}");
    }
}

#[tokio::test]
async fn a_client_that_does_not_wait_is_told_where_the_run_is() {
    let console = Console::start();
    write(&console.root(), "a/x", b"x");
    let body = json!({ "source": console.path("a"), "destination": console.path("b") });
    let started = async |key: &str, body: &Value| {
        let request = console.request(Method::POST, &format!("{BASE}/copy")).header("prefer", "respond-async");
        request.header("idempotency-key", key).json(body).send().await.expect("an answer")
    };
    let answer = started("one", &body).await;
    let location = answer.headers()["location"].to_str().expect("text").to_owned();
    let run = expect(answer, StatusCode::ACCEPTED).await;
    assert_eq!(location, format!("/api/v1/runs/{}", run["id"].as_str().expect("an id")));
    assert_eq!(console.ended(run["id"].as_str().expect("an id")).await["state"], "succeeded");

    let again = expect(started("one", &body).await, StatusCode::ACCEPTED).await;
    assert_eq!(again["id"], run["id"], "the same key starts one run");
    let other = json!({ "source": console.path("a"), "destination": console.path("c") });
    expect(started("one", &other).await, StatusCode::CONFLICT).await;
    assert_ne!(expect(started("two", &body).await, StatusCode::ACCEPTED).await["id"], run["id"]);
}

#[tokio::test]
async fn a_limit_that_runs_out_stops_the_run_and_a_client_that_hangs_up_stops_nothing() {
    let console = Console::start();
    write(&console.root(), "a/large", &vec![7; 8 << 20]);
    let slow = |to: &str, limit: u32| json!({ "source": console.path("a"), "destination": console.path(to), "bwlimit": "512k", "timeout_secs": limit });
    let error = call(&console, "copy", slow("b", 2), StatusCode::GATEWAY_TIMEOUT).await;
    assert_eq!(error["code"], "timeout", "{error}");
    let run = console.run(error["run_id"].as_str().expect("an id")).await;
    assert_eq!(run["state"], "timed_out", "{run}");

    let request = console.request(Method::POST, &format!("{BASE}/copy")).json(&slow("c", 3600));
    assert!(request.timeout(Duration::from_millis(500)).send().await.is_err(), "the client hung up");
    let list = console.get("/api/v1/runs?state=running", StatusCode::OK).await;
    assert_eq!(list["runs"].as_array().map(Vec::len), Some(1), "{list}");
    let id = list["runs"][0]["id"].as_str().expect("an id").to_owned();
    console.post(&format!("/api/v1/runs/{id}/stop"), &json!({}), StatusCode::ACCEPTED).await;
    assert_eq!(console.ended(&id).await["state"], "cancelled");
    assert!(call(&console, "copy", slow("d", 0), StatusCode::BAD_REQUEST).await["fields"]["timeout_secs"].is_string());
}

#[tokio::test]
async fn a_bandwidth_limit_is_kept() {
    let console = Console::start();
    write(&console.root(), "a/large", &vec![7; 12 << 20]);
    let began = Instant::now();
    let body = json!({ "source": console.path("a"), "destination": console.path("b"), "bwlimit": "2M" });
    let stats = call(&console, "copy", body, StatusCode::OK).await;
    let (took, rate) = (began.elapsed().as_secs_f64(), stats["transfer_rate_mbps"].as_f64().expect("a rate"));
    assert!(took > 5.0, "12 MiB at 2 MiB/s came in {took} s");
    assert!((1.7..=2.3).contains(&rate), "{stats}");
}

#[tokio::test]
async fn a_checksum_finds_what_size_and_time_hide_and_patterns_leave_out() {
    let console = Console::start();
    for name in ["a/file", "a/skip.tmp", "a/take.txt"] {
        write(&console.root(), name, b"before");
    }
    let body = |extra: Value| {
        let mut body = json!({ "source": console.path("a"), "destination": console.path("b") });
        body.as_object_mut().expect("an object").extend(extra.as_object().expect("an object").clone());
        body
    };
    call(&console, "copy", body(json!({ "exclude": ["*.tmp"] })), StatusCode::OK).await;
    assert_eq!(names(&console, "b"), ["file", "take.txt"]);
    let time = fs::metadata(console.root().join("a/file")).expect("there").modified().expect("a time");
    write(&console.root(), "a/file", b"after!");
    fs::File::options()
        .write(true)
        .open(console.root().join("a/file"))
        .expect("open")
        .set_modified(time)
        .expect("the old time");
    assert_eq!(
        call(&console, "copy", body(json!({ "include": ["file"] })), StatusCode::OK).await["files_transferred"],
        0
    );
    let found = call(&console, "copy", body(json!({ "include": ["file"], "checksum": true })), StatusCode::OK).await;
    assert_eq!(found["files_transferred"], 1, "{found}");
    assert_eq!(fs::read(console.root().join("b/file")).expect("there"), b"after!");
    let large = call(&console, "copy", body(json!({ "min_size": "1G" })), StatusCode::OK).await;
    assert_eq!(large["files_transferred"], 0);
    let kept = json!({ "backup_dir": console.path("kept") });
    write(&console.root(), "a/file", b"once more, longer");
    call(&console, "copy", body(kept), StatusCode::OK).await;
    assert_eq!(fs::read(console.root().join("kept/file")).expect("what was replaced"), b"after!");
    for (extra, field) in [
        (json!({ "backup_dir": console.path("b/inside") }), "backup_dir"),
        (json!({ "bwlimit": "10X" }), "bwlimit"),
        (json!({ "max_delete": 1 }), "max_delete"),
        (json!({ "min_age": "soon" }), "min_age"),
        (json!({ "confirm": "another place" }), "confirm"),
    ] {
        assert!(
            call(&console, "copy", body(extra), StatusCode::BAD_REQUEST).await["fields"][field].is_string(),
            "{field}"
        );
    }
}

#[tokio::test]
async fn who_did_what_is_in_the_audit_log() {
    let mut console = Console::start();
    write(&console.root(), "a/x", b"x");
    let body = json!({ "source": console.path("a"), "destination": console.path("b") });
    call(&console, "sync", body.clone(), StatusCode::OK).await;
    let mut nowhere = body;
    nowhere["source"] = json!(console.path("nosuch"));
    let error = call(&console, "copy", nowhere, StatusCode::NOT_FOUND).await;
    assert!(error["message"].as_str().expect("words").contains("does not exist"), "{error}");
    ask(&console, "list", &[("remote_path", &console.path("b"))], StatusCode::OK).await;
    ask(&console, "size", &[("remote_path", &console.path("b"))], StatusCode::OK).await;
    console.kill();
    let pool = sqlx::SqlitePool::connect(&format!("sqlite://{}", console.data().join("longshore.db").display()))
        .await
        .expect("the database");
    let rows: Vec<(String, String, String, i64, Option<String>)> = sqlx::query_as(
        "SELECT action, user_name, detail, success, address FROM audit WHERE action LIKE 'rclone.%' ORDER BY id",
    )
    .fetch_all(&pool)
    .await
    .expect("rows");
    pool.close().await;
    let told: Vec<_> = rows
        .iter()
        .map(|(action, user, _, success, address)| (action.as_str(), user.as_str(), *success, address.as_deref()))
        .collect();
    let by = |action, success| (action, crate::support::ADMIN, success, Some("127.0.0.1"));
    assert_eq!(told, [by("rclone.sync", 1), by("rclone.copy", 0), by("rclone.list", 1), by("rclone.size", 1)]);
    let detail: Value = serde_json::from_str(&rows[0].2).expect("JSON");
    assert_eq!((&detail["source"], &detail["stats"]["files"]), (&json!(console.path("a")), &json!(1)), "{detail}");
}
