//! A run that saw nothing says so, and why; it is not told as one that had nothing to do.

use reqwest::StatusCode;
use serde_json::json;

use super::{remote, run, warnings};
use crate::support::{Console, S3, write};

#[tokio::test]
async fn filters_that_leave_no_file_and_a_source_that_holds_none_are_warnings() {
    let console = Console::start();
    let s3 = S3::start();
    remote(&console, "s3", "s3", s3.config()).await;
    for n in 0..20 {
        write(&console.root(), &format!("photos/{n}.jpg"), b"jpeg");
        write(&s3.dir.path().join("bucket"), &format!("photos/{n}.jpg"), b"jpeg");
    }
    std::fs::create_dir(console.root().join("empty")).expect("made");
    let photos = console.path("photos");
    let filtered = "0 of 20 files matched your filters.";
    let gone = "The source is empty or not there.";
    for (source, options, kind, words) in [
        (photos.as_str(), json!({ "include": ["*.jpgg"] }), "nothing_matched", filtered),
        ("s3:bucket/photos", json!({ "include": ["*.jpgg"] }), "nothing_matched", filtered),
        (&photos, json!({ "exclude": ["*"] }), "nothing_matched", filtered),
        (&photos, json!({ "min_size": "10M" }), "nothing_matched", filtered),
        (&photos, json!({ "include": ["/Photos/**"] }), "nothing_matched", filtered),
        ("s3:bucket/fotos", json!({}), "source_empty", gone),
        ("s3:bucket/photos/0", json!({}), "source_empty", gone),
        ("s3:bucket/fotos", json!({ "include": ["*.jpg"] }), "source_empty", gone),
        (&console.path("empty"), json!({}), "source_empty", "The source is empty."),
    ] {
        for operation in ["copy", "check"] {
            let ended = run(&console, operation, source, &console.path("to"), options.clone()).await;
            let (kinds, message) = warnings(&ended);
            let what = format!("{operation} {source} {options}: {ended}");
            if words == gone {
                // The look before a run stops it: nobody can tell an empty folder of a bucket from none.
                assert_eq!(ended["state"], "blocked", "{what}");
                continue;
            }
            assert_eq!((&ended["state"], kinds), (&json!("warning"), vec![kind]), "{what}");
            assert!(message.starts_with(words), "{what}");
            std::fs::create_dir_all(console.root().join("to")).expect("made");
        }
    }
}

#[tokio::test]
async fn what_finds_nothing_to_do_as_it_should_is_no_warning() {
    let console = Console::start();
    write(&console.root(), "inbox/new.pdf", b"1");
    std::fs::create_dir(console.root().join("empty")).expect("made");
    let (inbox, to) = (console.path("inbox"), console.path("to"));
    for (operation, source, options) in [
        // Nothing is that old today.
        ("copy", &inbox, json!({ "min_age": "30d" })),
        ("move", &inbox, json!({ "min_age": "30d", "include": ["*.pdf"] })),
        ("delete", &inbox, json!({ "min_age": "30d" })),
        // An inbox that was emptied.
        ("move", &console.path("empty"), json!({})),
        ("delete", &console.path("empty"), json!({})),
    ] {
        let ended = run(&console, operation, source, &to, options.clone()).await;
        assert_eq!(
            (&ended["state"], warnings(&ended).0),
            (&json!("no_change"), vec![]),
            "{operation} {options}: {ended}"
        );
    }
    assert_eq!(run(&console, "copy", &inbox, &to, json!({})).await["state"], "succeeded");
    let again = run(&console, "copy", &inbox, &to, json!({ "include": ["*.pdf"] })).await;
    assert_eq!((&again["state"], warnings(&again).0), (&json!("no_change"), vec![]), "all is there: {again}");
}

#[tokio::test]
async fn an_option_that_would_have_no_effect_is_refused_by_its_name() {
    let console = Console::start();
    let s3 = S3::start();
    remote(&console, "s3", "s3", s3.config()).await;
    write(&console.root(), "src/one.txt", b"1");
    write(&s3.dir.path().join("bucket"), "one.txt", b"1");
    let (one, src) = (console.path("src/one.txt"), console.path("src"));
    for (operation, source, options, fields) in [
        ("copy", one.as_str(), json!({ "include": ["*.jpg"] }), &["include"][..]),
        ("copy", "s3:bucket/one.txt", json!({ "exclude": ["*"], "min_age": "30d" }), &["exclude", "min_age"]),
        (
            "move",
            &one,
            json!({ "max_size": "1k", "delete_empty_src_dirs": true }),
            &["delete_empty_src_dirs", "max_size"],
        ),
        ("sync", &one, json!({ "flags": { "filter": ["- *"], "max_depth": 1 } }), &["flags.filter", "flags.max_depth"]),
        ("copy", &src, json!({ "checksum": true, "flags": { "size_only": true } }), &["checksum"]),
        ("check", &src, json!({ "flags": { "size_only": true, "download": true } }), &["flags.download"]),
        ("copy", &src, json!({ "flags": { "ignore_existing": true, "update": true } }), &["flags.update"]),
        ("copy", &src, json!({ "flags": { "size_only": true, "ignore_size": true } }), &["flags.ignore_size"]),
    ] {
        let body =
            json!({ "operation": operation, "source": source, "destination": console.path("to"), "options": options });
        let refused = console.post("/api/v1/runs", &body, StatusCode::BAD_REQUEST).await;
        let found: Vec<_> = refused["fields"].as_object().expect("fields").keys().map(String::as_str).collect();
        assert_eq!(found, fields, "{operation} {source} {options}: {refused}");
    }
    // A folder, and a file with options that it heeds.
    assert_eq!(
        run(&console, "copy", &src, &console.path("to"), json!({ "include": ["*.txt"] })).await["state"],
        "succeeded"
    );
    assert_eq!(
        run(&console, "copy", &one, &console.path("to2"), json!({ "checksum": true })).await["state"],
        "succeeded"
    );
}

#[tokio::test]
async fn how_files_would_be_compared_is_told_before_a_run_starts() {
    let console = Console::start();
    let _dav = super::peer(&console, "dav", "webdav").await;
    write(&console.root(), "src/one.txt", b"1");
    for (operation, options, by, less) in [
        ("check", json!({}), "size", true),
        ("check", json!({ "flags": { "download": true } }), "content", false),
        ("copy", json!({}), "size", true),
        ("copy", json!({ "checksum": true }), "size", true),
        ("copy", json!({ "flags": { "size_only": true } }), "size", false),
        ("copy", json!({ "flags": { "ignore_existing": true } }), "name", false),
    ] {
        let body = json!({ "operation": operation, "source": console.path("src"), "destination": "dav:x", "options": options });
        let told = console.post("/api/v1/runs/comparison", &body, StatusCode::OK).await;
        let compares_by = &told["compares_by"];
        assert_eq!(
            (&compares_by["by"], &compares_by["is_less"]),
            (&json!(by), &json!(less)),
            "{operation} {options}: {told}"
        );
    }
    let body = json!({ "source": console.path("src"), "destination": console.path("to") });
    let told = console.post("/api/v1/runs/comparison", &body, StatusCode::OK).await;
    assert_eq!(told["compares_by"]["by"], "size_and_time", "{told}");
}
