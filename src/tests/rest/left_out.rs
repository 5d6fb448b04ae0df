//! A file that is still in the source is not deleted in silence because a filter judges each side apart.

use std::{fs, os::unix::fs::symlink};

use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::support::{Console, S3, tree, write};

/// Twelve files on both sides, five of them in `d`.
fn twins(console: &Console) {
    for n in 0..12 {
        for side in ["src", "dst"] {
            write(&console.root(), &format!("{side}/{}f{n}", if n < 5 { "d/" } else { "" }), b"the same");
        }
    }
}

async fn sync(console: &Console, more: Value) -> Value {
    let mut body = json!({ "operation": "sync", "source": console.path("src"), "destination": console.path("dst") });
    body.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
    let run = console.post("/api/v1/runs", &body, StatusCode::ACCEPTED).await;
    console.ended(run["id"].as_str().expect("an id")).await
}

/// One cause: what is changed in the source, the run's options, and how many files of the destination it would cost.
type Cause = (&'static str, fn(&Console), Value, u64);

fn old(console: &Console, side: &str, name: &str) {
    let file = fs::File::options().write(true).open(console.root().join(side).join(name)).expect("opened");
    file.set_modified(std::time::SystemTime::now() - std::time::Duration::from_secs(1_000_000)).expect("an older file");
}

fn causes() -> Vec<Cause> {
    let marker = json!({ "flags": { "exclude_if_present": [".nobackup"] } });
    vec![
        ("a marker in a folder", |console| write(&console.root(), "src/d/.nobackup", b""), marker.clone(), 5),
        ("a marker at the top", |console| write(&console.root(), "src/.nobackup", b""), marker.clone(), 12),
        (
            "a marker, and one file that is really gone",
            |console| {
                write(&console.root(), "src/d/.nobackup", b"");
                fs::remove_file(console.root().join("src/f6")).expect("removed");
            },
            marker,
            5,
        ),
        ("a file that grew", |console| write(&console.root(), "src/f7", &[7; 4096]), json!({ "max_size": "1Ki" }), 1),
        ("a file that became small", |console| write(&console.root(), "src/f7", b"x"), json!({ "min_size": "4b" }), 1),
        (
            "files that are older in the source",
            |console| ["f7", "f8"].iter().for_each(|name| old(console, "src", name)),
            json!({ "max_age": "2d" }),
            2,
        ),
        (
            "files that are newer in the source",
            |console| {
                for n in 0..12 {
                    old(console, "dst", &format!("{}f{n}", if n < 5 { "d/" } else { "" }));
                }
                for n in 5..10 {
                    old(console, "src", &format!("f{n}"));
                }
            },
            json!({ "min_age": "2d" }),
            7,
        ),
        (
            "names in another form of Unicode",
            |console| {
                write(&console.root(), "src/Cafe\u{301}", b"the same");
                write(&console.root(), "dst/Caf\u{e9}", b"the same");
            },
            json!({ "exclude": ["Cafe\u{301}"] }),
            1,
        ),
        (
            "names in another case",
            |console| {
                write(&console.root(), "src/READ.me", b"the same");
                write(&console.root(), "dst/Read.me", b"the same");
            },
            json!({ "exclude": ["READ.me"], "flags": { "ignore_case_sync": true } }),
            1,
        ),
        (
            "a folder that became a link",
            |console| {
                fs::rename(console.root().join("src/d"), console.root().join("elsewhere")).expect("moved");
                symlink(console.root().join("elsewhere"), console.root().join("src/d")).expect("linked");
            },
            json!({}),
            5,
        ),
        (
            "a file that became a link",
            |console| {
                fs::rename(console.root().join("src/f9"), console.root().join("f9")).expect("moved");
                symlink(console.root().join("f9"), console.root().join("src/f9")).expect("linked");
            },
            json!({}),
            1,
        ),
        (
            "files whose metadata are others",
            |console| {
                use std::os::unix::fs::PermissionsExt as _;
                let file = console.root().join("src/f7");
                fs::set_permissions(file, fs::Permissions::from_mode(0o600)).expect("changed");
            },
            json!({ "flags": { "metadata_exclude": ["mode=100600"] } }),
            1,
        ),
    ]
}

#[tokio::test]
async fn what_a_filter_leaves_out_of_the_source_is_not_deleted_in_silence() {
    for (what, change, options, files) in causes() {
        let console = Console::start();
        twins(&console);
        change(&console);
        let before = tree(&console.root().join("dst"));
        // Neither a small number nor an empty source is what stops it.
        let guards = json!({ "max_delete_percent": 100, "allow_empty_source": true, "allow_shrunk_source": true });
        let run = sync(&console, json!({ "options": options, "guards": guards })).await;
        let report = &run["guard_report"];
        assert_eq!(
            (&run["state"], &report["reason"], &report["left_out"]),
            (&json!("blocked"), &json!("left_out"), &json!(files)),
            "{what}: {run}"
        );
        assert_eq!(report["left_out_names"].as_array().expect("names").len() as u64, files, "{what}: {run}");
        assert!(run["error"].as_str().expect("words").contains("still in the source"), "{what}: {run}");
        assert_eq!(tree(&console.root().join("dst")), before, "{what}");

        // The preview tells them apart, and the run that it approves deletes them and no others.
        let mut dry = options.clone();
        dry["dry_run"] = json!(true);
        let preview = sync(&console, json!({ "options": dry, "guards": guards })).await;
        let seen = &preview["guard_report"];
        assert_eq!(
            (&preview["state"], &seen["reason"], &seen["left_out"], &seen["left_out_names"], &seen["deletes"]),
            (&json!("succeeded"), &json!("left_out"), &json!(files), &report["left_out_names"], &report["deletes"]),
            "{what}: {preview}"
        );
        let approval = json!({ "preview": preview["id"], "confirm": console.path("dst") });
        let done = sync(&console, json!({ "options": options, "guards": guards, "approval": approval })).await;
        assert_eq!(
            (&done["state"], &done["stats"]["deletes"]),
            (&json!("succeeded"), &report["deletes"]),
            "{what}: {done}"
        );
    }
}

#[tokio::test]
async fn a_job_can_say_once_that_what_is_left_out_is_to_be_deleted() {
    for (more, options) in [
        (json!({ "allow_left_out": true }), json!({ "flags": { "exclude_if_present": [".nobackup"] } })),
        (json!({}), json!({ "flags": { "exclude_if_present": [".nobackup"], "delete_excluded": true } })),
    ] {
        let console = Console::start();
        twins(&console);
        write(&console.root(), "src/d/.nobackup", b"");
        let run = sync(&console, json!({ "options": options, "guards": more })).await;
        assert_eq!((&run["state"], &run["stats"]["deletes"]), (&json!("succeeded"), &json!(5)), "{more}: {run}");
        assert!(!console.root().join("dst/d/f0").exists());
    }
    let console = Console::start();
    twins(&console);
    let body = json!({ "operation": "copy", "source": console.path("src"), "destination": console.path("dst"), "guards": { "allow_left_out": true } });
    let error = console.post("/api/v1/runs", &body, StatusCode::BAD_REQUEST).await;
    assert!(error["fields"]["guards.allow_left_out"].is_string(), "{error}");
}

#[tokio::test]
async fn what_is_gone_is_deleted_beside_filters_that_leave_nothing_of_it_out() {
    for options in [
        json!({ "exclude": ["*.tmp"] }),
        json!({ "include": ["[fF]*", "d/**"] }),
        json!({ "max_size": "1Gi", "flags": { "exclude_if_present": [".nobackup"] } }),
        json!({ "flags": { "filter": ["- *.bak"], "delete_before": true } }),
        json!({ "flags": { "max_depth": 3, "delete_during": true } }),
    ] {
        let console = Console::start();
        twins(&console);
        write(&console.root(), "src/x.tmp", b"left out on both sides");
        write(&console.root(), "dst/x.bak", b"left out on both sides");
        fs::remove_file(console.root().join("src/f6")).expect("removed");
        // Another name, and not left out: on a disk these are two files.
        fs::rename(console.root().join("src/f7"), console.root().join("src/F7")).expect("renamed");
        let run = sync(&console, json!({ "options": options })).await;
        assert_eq!(
            (&run["state"], &run["guard_report"]["left_out"]),
            (&json!("succeeded"), &json!(0)),
            "{options}: {run}"
        );
        assert!(!console.root().join("dst/f6").exists() && console.root().join("dst/F7").exists(), "{options}");
    }
}

#[tokio::test]
async fn a_folder_that_cannot_be_read_without_the_filter_may_hold_anything() {
    let console = Console::start();
    twins(&console);
    let run = sync(&console, json!({ "options": { "exclude": ["/lost/**"] } })).await;
    assert_eq!(run["state"], "no_change", "{run}");
    // Left out by name on both sides, so that nothing of it would be deleted.
    for side in ["src", "dst"] {
        write(&console.root(), &format!("{side}/lost/x"), b"x");
    }
    fs::remove_file(console.root().join("src/f6")).expect("removed");
    let run = sync(&console, json!({ "options": { "exclude": ["/lost/**"] } })).await;
    assert_eq!((&run["state"], &run["guard_report"]["left_out"]), (&json!("succeeded"), &json!(0)), "{run}");
    assert!(console.root().join("dst/lost/x").exists());
}

#[tokio::test]
async fn a_source_on_a_remote_is_asked_for_few_names_and_listed_for_many() {
    let options = json!({ "max_size": "1Ki", "checksum": true });
    for (grown, gone) in [(3, 2), (40, 5)] {
        let (console, s3) = (Console::start(), S3::start());
        for n in 0..60 {
            write(&console.root(), &format!("dst/{n}/f"), b"the same");
            let content: &[u8] = if n < grown { &[7; 4096] } else { b"the same" };
            if n < 60 - gone {
                write(&s3.dir.path().join("bucket/src"), &format!("{n}/f"), content);
            }
        }
        console.post("/api/v1/remotes", &s3.remote("s3"), StatusCode::CREATED).await;
        let guards = json!({ "max_delete_percent": 100, "allow_shrunk_source": true });
        let run = sync(&console, json!({ "source": "s3:bucket/src", "options": options, "guards": guards })).await;
        let report = &run["guard_report"];
        assert_eq!(
            (&run["state"], &report["reason"], &report["left_out"], &report["deletes"]),
            (&json!("blocked"), &json!("left_out"), &json!(grown), &json!(grown + gone)),
            "{run}"
        );
    }
}

#[tokio::test]
async fn the_contract_tells_a_preview_what_is_left_out() {
    let console = Console::start();
    twins(&console);
    write(&console.root(), "src/f7", &[7; 4096]);
    fs::remove_file(console.root().join("src/f8")).expect("removed");
    let body = json!({
        "source": console.path("src"), "destination": console.path("dst"), "dry_run": true, "max_size": "1Ki",
    });
    let answer = console.post("/api/v1/backups/rclone/sync", &body, StatusCode::OK).await;
    let would = &answer["would"];
    assert_eq!(
        (&would["delete"], &would["left_out"], &would["left_out_files"], &would["blocked_by"]),
        (&json!(2), &json!(1), &json!(["f7"]), &json!("left_out")),
        "{answer}"
    );
}

#[tokio::test]
async fn a_source_that_is_not_there_is_not_taken_for_one_without_files() {
    let (console, s3) = (Console::start(), S3::start());
    write(&s3.dir.path().join("bucket"), "photos/a.jpg", b"x");
    console.post("/api/v1/remotes", &s3.remote("s3"), StatusCode::CREATED).await;
    fs::create_dir(console.root().join("dst")).expect("made");
    fs::create_dir(console.root().join("src")).expect("made");
    let empty = sync(&console, json!({})).await;
    assert_eq!(empty["state"], "warning", "an empty folder of a disk is there, and is said to be empty: {empty}");
    let allowed = json!({ "allow_empty_source": true });
    let allowed = sync(&console, json!({ "source": "s3:bucket/phtos", "guards": allowed })).await;
    assert_eq!(allowed["state"], "warning", "{allowed}");
    let run = sync(&console, json!({ "source": "s3:bucket/photos", "options": { "include": ["*.png"] } })).await;
    assert_ne!(
        run["guard_report"]["reason"], "source_missing",
        "it is there, and a filter leaves all of it out: {run}"
    );
    let body = json!({ "operation": "sync", "source": "s3:bucket/phtos", "destination": console.path("dst") });
    let answer = console.request(reqwest::Method::POST, "/api/v1/runs").json(&body).send().await.expect("an answer");
    // Refused at once where that is known before, else blocked.
    if answer.status() == StatusCode::ACCEPTED {
        let run: Value = answer.json().await.expect("JSON");
        let run = console.ended(run["id"].as_str().expect("an id")).await;
        assert_eq!(
            (&run["state"], &run["guard_report"]["reason"]),
            (&json!("blocked"), &json!("source_missing")),
            "{run}"
        );
    } else {
        assert_eq!(answer.status(), StatusCode::NOT_FOUND);
    }
}
