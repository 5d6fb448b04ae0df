//! Files that are kept, and what the guards count: figures are files that lie there, whatever rclone counts on the way.

use std::fs;

use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::support::{Console, Kind, Provider, write};

async fn run(console: &Console, body: &Value) -> Value {
    let run = console.post("/api/v1/runs", body, StatusCode::ACCEPTED).await;
    console.ended(run["id"].as_str().expect("an id")).await
}

/// What is changed in the source between two syncs.
#[derive(Clone, Copy, Debug, Default)]
struct Change {
    changed: usize,
    deleted: usize,
    renamed: usize,
    new: usize,
}

/// Files in the source before the change.
const FILES: usize = 24;

fn change(source: &std::path::Path, change: Change, round: usize) {
    let name = |n: usize| format!("{}/f{n}", n % 3);
    for n in 0..change.changed {
        write(source, &name(n), format!("changed in round {round}: {n} {}", "!".repeat(round)).as_bytes());
    }
    for n in change.changed..change.changed + change.deleted {
        fs::remove_file(source.join(name(n))).expect("removed");
    }
    let renamed = change.changed + change.deleted;
    for n in renamed..renamed + change.renamed {
        fs::rename(source.join(name(n)), source.join(format!("renamed{round}-{n}"))).expect("renamed");
    }
    for n in 0..change.new {
        write(source, &format!("new{round}-{n}"), b"new");
    }
}

fn fill(source: &std::path::Path) {
    for n in 0..FILES {
        write(source, &format!("{}/f{n}", n % 3), format!("file {n}").as_bytes());
    }
}

/// How many files lie at the destination.
async fn files(console: &Console, provider: &Provider) -> usize {
    let size =
        console.get(&format!("/api/v1/backups/rclone/size?remote_path={}", provider.at("dst")), StatusCode::OK).await;
    usize::try_from(size["objects"].as_u64().expect("a number")).expect("small")
}

#[tokio::test]
async fn the_guards_figures_are_the_files_that_lie_there() {
    let console = Console::start();
    let mixed = Change { changed: 9, deleted: 3, renamed: 2, new: 4 };
    let rounds = [
        (false, mixed),
        (true, Change { changed: 12, ..Change::default() }),
        (true, Change { deleted: 2, renamed: 3, ..Change::default() }),
        (true, Change { new: 5, ..Change::default() }),
        (true, mixed),
    ];
    for kind in [Kind::Local, Kind::Alias, Kind::Union, Kind::Moto, Kind::Crypt, Kind::Sftp] {
        let Some(provider) = Provider::start(kind, &console).await else { continue };
        // What leads to a folder of this machine needs not all of them.
        let few = if matches!(kind, Kind::Alias | Kind::Union) { 1 } else { rounds.len() };
        for (round, (keeps, with)) in rounds.into_iter().enumerate().rev().take(few) {
            let source = console.root().join(format!("sources/{}-{round}", kind.name()));
            fill(&source);
            let options = if keeps { json!({ "backup_dir": provider.at("kept") }) } else { json!({}) };
            let body = |options: &Value, guards: Value| json!({ "operation": "sync", "source": source, "destination": provider.at("dst"), "options": options, "guards": guards });
            // What an earlier round left is of no interest here.
            run(&console, &body(&json!({}), json!({ "max_delete_percent": 100 }))).await;
            change(&source, with, round);
            let done = run(&console, &body(&options, json!({}))).await;
            let report = &done["guard_report"];
            let gone = with.deleted + with.renamed;
            let after = FILES - gone + with.renamed + with.new;
            let figures = ["destination_files", "source_files", "changed_files", "new_files", "deletes"]
                .map(|name| report[name].as_u64());
            let expected = [FILES, after, with.changed, with.new + with.renamed, gone].map(|n| Some(n as u64));
            assert_eq!(figures, expected, "{kind:?}, kept: {keeps}, {with:?}: {done}");
            assert_eq!(
                (&done["state"], files(&console, &provider).await),
                (&json!("succeeded"), after),
                "{kind:?}, kept: {keeps}, {with:?}: {done}"
            );
        }
    }
}

#[tokio::test]
async fn a_file_that_is_replaced_and_kept_is_not_one_that_is_deleted() {
    let console = Console::start();
    for kind in Kind::ALL {
        let Some(provider) = Provider::start(kind, &console).await else { continue };
        let source = console.root().join("sources").join(kind.name());
        fill(&source);
        let body = |more: Value| {
            let mut options = json!({ "backup_dir": provider.at("kept") });
            options.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
            json!({ "operation": "sync", "source": source, "destination": provider.at("dst"), "options": options })
        };
        run(&console, &body(json!({}))).await;
        // Twice: the second time an older one of each is kept already.
        for round in 0..2 {
            change(&source, Change { changed: 20, ..Change::default() }, round);
            let done = run(&console, &body(json!({ "max_delete": 0 }))).await;
            // These keep no times: what is left as equal was compared by size only.
            let timeless = ["ftp", "ftps", "moddav", "wsgidav"].contains(&kind.name());
            assert_eq!(done["state"], if timeless { "warning" } else { "succeeded" }, "{kind:?}, {round}: {done}");
            assert_eq!(
                (&done["guard_report"]["deletes"], &done["guard_report"]["budget"]),
                (&json!(0), &json!(0)),
                "{kind:?}, {round}: {done}"
            );
        }
        // Lost and rewritten: the lost ones are what counts.
        change(&source, Change { changed: 9, deleted: 15, ..Change::default() }, 3);
        let stopped = run(&console, &body(json!({ "max_delete": 100 }))).await;
        assert_eq!(
            (&stopped["state"], &stopped["guard_report"]["reason"], &stopped["guard_report"]["source_files"]),
            (&json!("blocked"), &json!("source_shrunk"), &json!(9)),
            "{kind:?}: {stopped}"
        );
        assert_eq!(files(&console, &provider).await, FILES, "{kind:?}");
    }
}

#[tokio::test]
async fn a_source_that_loses_a_part_of_it_each_night_is_stopped_at_half() {
    let console = Console::start();
    for n in 0..100 {
        for side in ["src", "dst"] {
            write(&console.root(), &format!("{side}/f{n}"), b"the same");
        }
    }
    let sync = async |more: Value| {
        let mut body = json!({ "operation": "sync", "source": console.path("src"), "destination": console.path("dst"), "options": { "max_delete": 100 } });
        body.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
        run(&console, &body).await
    };
    let leave = |files: usize| {
        for n in files..100 {
            let _ = fs::remove_file(console.root().join(format!("src/f{n}")));
        }
    };
    assert_eq!(sync(json!({})).await["state"], "no_change");
    // A preview, a run that is stopped and another place to write to are no measure, nor the loss of one.
    leave(60);
    assert_eq!(sync(json!({ "options": { "dry_run": true } })).await["state"], "succeeded");
    assert_eq!(sync(json!({})).await["state"], "succeeded");
    leave(36);
    for (what, more) in [
        ("as ever", json!({})),
        ("kept", json!({ "options": { "backup_dir": console.path("kept"), "max_delete": 100 } })),
        ("by checksum", json!({ "options": { "checksum": true, "max_delete": 100 } })),
        ("other filters", json!({ "options": { "exclude": ["*.tmp"], "max_delete": 100 } })),
        ("again", json!({})),
    ] {
        let stopped = sync(more).await;
        let report = &stopped["guard_report"];
        assert_eq!(
            (&stopped["state"], &report["reason"], &report["last_source_files"], &report["most_source_files"]),
            (&json!("blocked"), &json!("source_shrunk"), &json!(60), &json!(100)),
            "{what}: {stopped}"
        );
    }
}

#[tokio::test]
async fn files_that_are_renamed_are_not_deleted_where_renames_are_tracked() {
    let console = Console::start();
    // Those by whose checksums a file can be known again; moto and rclone's S3 cannot move one.
    for kind in [Kind::Local, Kind::Alias, Kind::Moto, Kind::RcloneS3] {
        let Some(provider) = Provider::start(kind, &console).await else { continue };
        let source = console.root().join("sources").join(kind.name());
        fill(&source);
        let options = json!({ "flags": { "track_renames": true }, "max_delete": 1 });
        let body =
            json!({ "operation": "sync", "source": source, "destination": provider.at("dst"), "options": options });
        run(&console, &body).await;
        change(&source, Change { renamed: 20, deleted: 1, ..Change::default() }, 0);
        let done = run(&console, &body).await;
        let report = &done["guard_report"];
        assert_eq!(
            (&done["state"], &report["deletes"], &report["renamed_files"], &report["source_files"]),
            (&json!("succeeded"), &json!(1), &json!(20), &json!(FILES - 1)),
            "{kind:?}: {done}"
        );
        assert_eq!(files(&console, &provider).await, FILES - 1, "{kind:?}");
    }
}

#[tokio::test]
async fn when_the_look_fails_nothing_may_be_deleted_and_what_can_be_copied_is() {
    let console = Console::start();
    for n in 0..30 {
        for side in ["src", "dst"] {
            write(&console.root(), &format!("{side}/f{n}"), b"the same");
        }
    }
    // A file that must not change has changed: rclone says so, in a dry run as well.
    write(&console.root(), "src/f5", b"another");
    write(&console.root(), "src/new", b"new");
    fs::remove_file(console.root().join("src/f3")).expect("removed");
    for (careful, flags) in [
        (true, json!({ "immutable": true })),
        (false, json!({ "immutable": true, "delete_during": true })),
        (false, json!({ "immutable": true, "ignore_errors": true })),
    ] {
        let body = json!({
            "operation": "sync", "source": console.path("src"), "destination": console.path("dst"), "options": { "flags": flags, "max_delete": 100 },
        });
        let done = run(&console, &body).await;
        let report = &done["guard_report"];
        assert_eq!((&done["state"], report["budget"] == 0), (&json!("failed"), careful), "{flags}: {done}");
        assert!(console.root().join("dst/new").exists(), "{flags}: {done}");
        assert!(!careful || console.root().join("dst/f3").exists(), "{flags}: {done}");
    }
}
