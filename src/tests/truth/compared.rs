//! A comparison that compared less than was asked for, or than is needed to see a change, does not end as a clean
//! success.

use reqwest::StatusCode;
use serde_json::json;

use super::{peer, remote, run, warnings};
use crate::support::{Console, Moto, Peer, S3, tree, write};

/// Makes the remote `there` of this kind, which has no checksums, with a same-size, different file in `x`; and the
/// source. Its server, where it has one.
async fn blind(console: &Console, kind: &str) -> Option<Peer> {
    write(&console.root(), "src/same.txt", b"same");
    write(&console.root(), "src/nonce", b"new!");
    if kind == "crypt" {
        let config = json!({ "remote": console.path("enc"), "password": "correct horse" });
        remote(console, "there", "crypt", config).await;
        let seed = console.path("seed");
        write(&console.root(), "seed/same.txt", b"same");
        write(&console.root(), "seed/nonce", b"old!");
        let seeded = run(console, "copy", &seed, "there:x", json!({})).await;
        assert_eq!(seeded["state"], "succeeded", "nothing was there to be compared: {seeded}");
        return None;
    }
    let peer = peer(console, "there", kind).await;
    write(&peer.files(), "x/same.txt", b"same");
    write(&peer.files(), "x/nonce", b"old!");
    Some(peer)
}

#[tokio::test]
async fn a_check_that_could_not_compare_content_says_so_and_with_download_it_does() {
    for kind in ["webdav", "ftp", "crypt"] {
        let console = Console::start();
        let _blind = blind(&console, kind).await;
        let src = console.path("src");
        let check = run(&console, "check", &src, "there:x", json!({})).await;
        let (kinds, message) = warnings(&check);
        assert_eq!((&check["state"], kinds), (&json!("warning"), vec!["compared_by_size"]), "{kind}: {check}");
        assert_eq!(check["warnings"][0]["files"], 2, "{kind}: {check}");
        assert!(
            message.starts_with("2 files were compared by size only: there has no checksums."),
            "{kind}: {message}"
        );
        assert!(message.contains("download"), "{kind}: {message}");

        let download = run(&console, "check", &src, "there:x", json!({ "flags": { "download": true } })).await;
        assert_eq!(download["state"], "failed", "{kind}: {download}");
        assert!(
            download["error"].as_str().expect("words").starts_with("1 difference found: 1 differ"),
            "{kind}: {download}"
        );
        assert_eq!(
            (&download["stats"]["files"], &download["stats"]["bytes"]),
            (&json!(0), &json!(0)),
            "it moved nothing: {download}"
        );

        let sizes = run(&console, "check", &src, "there:x", json!({ "flags": { "size_only": true } })).await;
        assert_eq!(
            (&sizes["state"], warnings(&sizes).0),
            (&json!("succeeded"), vec![]),
            "{kind}: as it was asked for: {sizes}"
        );

        // A difference beside it hides nothing.
        write(&console.root(), "src/only-here", b"1");
        let check = run(&console, "check", &src, "there:x", json!({})).await;
        assert_eq!(
            (&check["state"], warnings(&check).0),
            (&json!("failed"), vec!["compared_by_size"]),
            "{kind}: {check}"
        );
    }
}

#[tokio::test]
async fn a_transfer_by_checksum_where_there_is_none_is_no_clean_success() {
    for kind in ["webdav", "ftp", "crypt"] {
        for operation in ["copy", "sync", "move"] {
            let console = Console::start();
            let _blind = blind(&console, kind).await;
            let ended = run(&console, operation, &console.path("src"), "there:x", json!({ "checksum": true })).await;
            let what = format!("{kind} {operation}: {ended}");
            assert_eq!((&ended["state"], warnings(&ended).0), (&json!("warning"), vec!["compared_by_size"]), "{what}");
            assert_eq!(ended["warnings"][0]["files"], 2, "{what}");
            assert_eq!(ended["stats"]["files"], 0, "{what}");

            // New files are not compared with anything.
            write(&console.root(), "new/one", b"1");
            let fresh = run(&console, operation, &console.path("new"), "there:new", json!({ "checksum": true })).await;
            assert_eq!(fresh["state"], "succeeded", "{kind} {operation}: {fresh}");
        }
    }
}

#[tokio::test]
async fn a_transfer_that_can_only_see_sizes_says_so_unless_that_is_what_was_asked_for() {
    let console = Console::start();
    let _dav = blind(&console, "webdav").await;
    let src = console.path("src");
    for operation in ["copy", "sync"] {
        let ended = run(&console, operation, &src, "there:x", json!({})).await;
        let (kinds, message) = warnings(&ended);
        assert_eq!((&ended["state"], kinds), (&json!("warning"), vec!["compared_by_size"]), "{operation}: {ended}");
        assert!(message.starts_with("2 files were compared by size only: there keeps no times of files."), "{message}");
        let asked = run(&console, operation, &src, "there:x", json!({ "flags": { "size_only": true } })).await;
        assert_eq!(asked["state"], "no_change", "{operation}: {asked}");
    }
    let all = run(&console, "copy", &src, "there:x", json!({ "flags": { "ignore_times": true } })).await;
    assert_eq!((&all["state"], &all["stats"]["files"]), (&json!("succeeded"), &json!(2)), "{all}");
    // The other way: the disk has all of it, the source has nothing.
    let back = run(&console, "copy", "there:x", &src, json!({})).await;
    assert_eq!((&back["state"], warnings(&back).0), (&json!("warning"), vec!["compared_by_size"]), "{back}");
}

#[tokio::test]
async fn where_both_sides_have_what_is_compared_it_is_a_clean_success() {
    let console = Console::start();
    let s3 = S3::start();
    remote(&console, "s3", "s3", s3.config()).await;
    write(&console.root(), "src/a", b"same");
    write(&console.root(), "src/b", b"b");
    let src = console.path("src");
    assert_eq!(run(&console, "copy", &src, "s3:bucket/x", json!({})).await["state"], "succeeded");
    for (operation, options, expected) in [
        ("check", json!({}), "succeeded"),
        ("copy", json!({ "checksum": true }), "no_change"),
        ("sync", json!({}), "no_change"),
        ("copy", json!({ "flags": { "ignore_existing": true } }), "no_change"),
    ] {
        let ended = run(&console, operation, &src, "s3:bucket/x", options).await;
        assert_eq!((&ended["state"], warnings(&ended).0), (&json!(expected), vec![]), "{operation}: {ended}");
    }
    write(&console.root(), "src/a", b"diff");
    let copied = run(&console, "copy", &src, "s3:bucket/x", json!({ "checksum": true })).await;
    assert_eq!((&copied["state"], &copied["stats"]["files"]), (&json!("succeeded"), &json!(1)), "{copied}");
    assert_eq!(tree(&s3.dir.path().join("bucket/x"))[std::path::Path::new("a")], b"diff");
}

#[tokio::test]
async fn objects_without_a_checksum_are_counted_where_others_have_one() {
    let Some(moto) = Moto::start().await else { return };
    for (operation, flags) in [("copy", json!({})), ("sync", json!({})), ("move", json!({})), ("check", json!({}))] {
        let console = Console::start();
        remote(&console, "m", "s3", moto.config()).await;
        let dst = format!("m:bucket/{operation}");
        for (name, content) in
            [("parts-same", "same"), ("parts-changed", "old!"), ("sub/parts-larger", "larger than it is")]
        {
            moto.put_in_parts("bucket", &format!("{operation}/{name}"), content.as_bytes()).await;
        }
        // Neither is compared with anything: one is only there, one is left out by a filter.
        moto.put_in_parts("bucket", &format!("{operation}/only-there.txt"), b"x").await;
        moto.put_in_parts("bucket", &format!("{operation}/left-out.tmp"), b"x").await;
        moto.put("bucket", &format!("{operation}/whole"), b"whole").await;
        for (name, content) in
            [("parts-same", "same"), ("parts-changed", "new!"), ("whole", "whole"), ("new", "n"), ("left-out.tmp", "x")]
        {
            write(&console.root(), &format!("src/{name}"), content.as_bytes());
        }
        if operation != "check" {
            write(&console.root(), "src/sub/parts-larger", b"smaller");
        }
        let mut options = json!({ "exclude": ["*.tmp"], "flags": flags });
        if operation != "check" {
            options["checksum"] = json!(true);
        }
        if operation == "sync" {
            options["max_delete"] = json!(5);
        }
        let ended = run(&console, operation, &console.path("src"), &dst, options).await;
        let what = format!("{operation}: {ended}");
        let (kinds, message) = warnings(&ended);
        assert_eq!(kinds, ["compared_by_size"], "{what}");
        assert_eq!(ended["state"], if operation == "check" { "failed" } else { "warning" }, "{what}");
        assert_eq!(ended["warnings"][0]["files"], 2, "{what}");
        assert!(
            message.starts_with("2 of 3 files were compared by size only: the provider has no checksum of them."),
            "{what}"
        );
        if operation == "copy" {
            // Back again, the objects are the source.
            let back =
                run(&console, "copy", &dst, &console.path("src"), json!({ "checksum": true, "exclude": ["*.tmp"] }))
                    .await;
            assert_eq!(
                (warnings(&back).0, &back["warnings"][0]["files"]),
                (vec!["compared_by_size"], &json!(2)),
                "{back}"
            );
        }
    }
    // What has a checksum on both sides is clean, and so is what is new.
    let console = Console::start();
    remote(&console, "m", "s3", moto.config()).await;
    moto.put_in_parts("bucket", "clean/only-there", b"x").await;
    moto.put("bucket", "clean/a", b"a").await;
    for name in ["a", "b"] {
        write(&console.root(), &format!("clean/{name}"), name.as_bytes());
    }
    let clean = run(&console, "copy", &console.path("clean"), "m:bucket/clean", json!({ "checksum": true })).await;
    assert_eq!((&clean["state"], warnings(&clean).0), (&json!("succeeded"), vec![]), "{clean}");
}

#[tokio::test]
async fn a_synchronous_call_answers_200_with_the_warning_and_monitoring_and_audit_know_it() {
    let console = Console::start();
    let _dav = blind(&console, "webdav").await;
    let body = json!({ "source": console.path("src"), "destination": "there:x", "checksum": true });
    let answer = console.post("/api/v1/backups/rclone/copy", &body, StatusCode::OK).await;
    assert_eq!(
        (&answer["status"], &answer["warnings"][0]["kind"]),
        (&json!("warning"), &json!("compared_by_size")),
        "{answer}"
    );
    let listed = console.get("/api/v1/runs?state=warning", StatusCode::OK).await;
    assert_eq!(listed["runs"].as_array().map(Vec::len), Some(1), "{listed}");
    let metrics = console.get("/metrics", StatusCode::OK).await;
    assert!(
        metrics.as_str().expect("text").contains("longshore_runs_ended_total{operation=\"copy\",state=\"warning\"} 1")
    );
    let audit = console.get("/api/v1/audit?action=rclone.copy", StatusCode::OK).await;
    let row = &audit["entries"][0];
    assert_eq!((&row["detail"]["state"], &row["success"]), (&json!("warning"), &json!(true)), "{audit}");
    assert_eq!(row["detail"]["warnings"], answer["warnings"], "{audit}");
}

#[tokio::test]
async fn names_that_cannot_be_decrypted_are_counted_and_said() {
    let console = Console::start();
    for (name, password) in [("right", "correct horse"), ("wrong", "another horse")] {
        remote(&console, name, "crypt", json!({ "remote": console.path("enc"), "password": password })).await;
    }
    for name in ["src/a", "src/b", "src/sub/c"] {
        write(&console.root(), name, b"1");
    }
    assert_eq!(run(&console, "copy", &console.path("src"), "right:", json!({})).await["state"], "succeeded");
    for (operation, source, destination) in
        [("copy", "wrong:", console.path("to")), ("sync", "wrong:", console.path("to"))]
    {
        let ended = run(&console, operation, source, &destination, json!({})).await;
        let (kinds, message) = warnings(&ended);
        assert_eq!(ended["state"], "warning", "{operation}: {ended}");
        assert_eq!(kinds[0], "names_not_decrypted", "{operation}: {ended}");
        assert!(message.starts_with("3 names could not be decrypted"), "two files and a folder: {message}");
        assert_eq!(ended["stats"]["skipped"], 3, "{operation}: {ended}");
    }
}
