//! What people reported of syncs that deleted what was not to be deleted, each tried here: the guards stop it, or
//! nothing of it is lost.

use std::{
    fs,
    time::{Duration, SystemTime},
};

use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::support::{Console, Peer, S3, tree, write};

async fn sync(console: &Console, more: Value) -> Value {
    let mut body = json!({ "operation": "sync", "source": console.path("src"), "destination": console.path("dst") });
    body.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
    let run = console.post("/api/v1/runs", &body, StatusCode::ACCEPTED).await;
    console.ended(run["id"].as_str().expect("an id")).await
}

/// These files on one side.
fn fill(console: &Console, side: &str, names: impl IntoIterator<Item = String>) {
    names
        .into_iter()
        .for_each(|name| write(&console.root(), &format!("{side}/{name}"), format!("content of {name}").as_bytes()));
}

fn numbered(from: usize, to: usize) -> impl Iterator<Item = String> {
    (from..to).map(|n| format!("f{n}"))
}

fn blocked(run: &Value, reason: &str) {
    assert_eq!((&run["state"], &run["guard_report"]["reason"]), (&json!("blocked"), &json!(reason)), "{run}");
}

/// A camera that keeps its last 20 pictures (pi-timolo #83), and a player that renames all of its files without
/// `track_renames`.
#[tokio::test]
async fn a_source_that_holds_as_many_files_as_ever_and_none_of_the_old_ones() {
    let console = Console::start();
    fill(&console, "dst", numbered(0, 20));
    fill(&console, "src", numbered(20, 40));
    blocked(&sync(&console, json!({})).await, "delete_budget");
    assert_eq!(tree(&console.root().join("dst")).len(), 20);
}

/// A provider that lost all of a bucket (rclone #1186, #4298).
#[tokio::test]
async fn a_bucket_that_lost_all_of_its_files() {
    let (console, s3) = (Console::start(), S3::start());
    console.post("/api/v1/remotes", &s3.remote("s3"), StatusCode::CREATED).await;
    fill(&console, "dst", numbered(0, 5));
    blocked(&sync(&console, json!({ "source": "s3:bucket" })).await, "source_empty");
    assert_eq!(tree(&console.root().join("dst")).len(), 5);
}

/// Ages where the destination has no times of its own (rclone #978): its files are as old as their upload, the source's
/// are older.
#[tokio::test]
async fn an_age_where_the_destination_has_times_of_its_own() {
    let (console, dav) = (Console::start(), Peer::start("webdav").await);
    let remote = json!({ "name": "dav", "provider": "webdav", "config": dav.config("webdav") });
    console.post("/api/v1/remotes", &remote, StatusCode::CREATED).await;
    fill(&console, "src", numbered(0, 4));
    let run = sync(&console, json!({ "destination": "dav:dst" })).await;
    assert_eq!((&run["state"], tree(&dav.files().join("dst")).len()), (&json!("succeeded"), 4), "{run}");
    for name in numbered(0, 4) {
        let file = fs::File::options().write(true).open(console.root().join("src").join(name)).expect("opened");
        file.set_modified(SystemTime::now() - Duration::from_secs(10 * 86_400)).expect("an older file");
    }
    blocked(&sync(&console, json!({ "destination": "dav:dst", "options": { "max_age": "2d" } })).await, "left_out");
    assert_eq!(tree(&dav.files().join("dst")).len(), 4);
}

/// `--max-delete 0` with `--ignore-errors` (rclone #7355): it is said once, with the figures, and before anything is
/// done.
#[tokio::test]
async fn no_delete_at_all_is_allowed_and_some_are_due() {
    let console = Console::start();
    fill(&console, "dst", numbered(0, 6));
    fill(&console, "src", numbered(2, 8));
    let run = sync(&console, json!({ "options": { "max_delete": 0, "flags": { "ignore_errors": true } } })).await;
    blocked(&run, "delete_budget");
    assert!(
        run["error"]
            .as_str()
            .expect("words")
            .starts_with("The sync would delete 2 files of 6 at the destination; the limit is 0."),
        "{run}"
    );
    assert!(!console.root().join("dst/f7").exists(), "nothing was copied either");
}

/// A file that was renamed to the name of another (rclone #5022), which rclone does not take for a rename: two files of
/// figures, one of them lost.
#[tokio::test]
async fn a_file_that_was_renamed_to_the_name_of_another() {
    let console = Console::start();
    for side in ["src", "dst"] {
        fill(&console, side, numbered(0, 4));
    }
    fs::rename(console.root().join("src/f1"), console.root().join("src/f2")).expect("renamed");
    let run = sync(&console, json!({ "options": { "flags": { "track_renames": true } } })).await;
    let report = &run["guard_report"];
    assert_eq!(
        (
            &run["state"],
            &report["source_files"],
            &report["destination_files"],
            &report["changed_files"],
            &report["deletes"]
        ),
        (&json!("succeeded"), &json!(3), &json!(4), &json!(1), &json!(1)),
        "{run}"
    );
    assert_eq!(tree(&console.root().join("src")), tree(&console.root().join("dst")));
}

/// A newer file at the destination with `--update` (rclone #2088), and what is only there.
#[tokio::test]
async fn a_newer_file_at_the_destination_is_the_same_file_for_the_figures() {
    let console = Console::start();
    fill(&console, "src", numbered(0, 4));
    fill(&console, "dst", numbered(0, 5));
    let newer = fs::File::options().write(true).open(console.root().join("dst/f1")).expect("opened");
    newer.set_len(3).expect("shorter");
    newer.set_modified(SystemTime::now() + Duration::from_secs(3600)).expect("a newer file");
    let run = sync(&console, json!({ "options": { "flags": { "update": true } } })).await;
    let report = &run["guard_report"];
    assert_eq!(
        (&report["source_files"], &report["changed_files"], &report["deletes"]),
        (&json!(4), &json!(0), &json!(1)),
        "{run}"
    );
    assert_eq!(fs::read(console.root().join("dst/f1")).expect("read").len(), 3);
}

/// A folder left out by name while it is pulled (rclone #205, #209, #8405): it holds on both sides.
#[tokio::test]
async fn what_is_left_out_by_name_stays_on_both_sides() {
    let console = Console::start();
    fill(&console, "src", numbered(0, 3));
    fill(&console, "dst", numbered(0, 4).chain((0..30).map(|n| format!("node_modules/x{n}"))));
    let run = sync(&console, json!({ "options": { "exclude": ["node_modules/**"] } })).await;
    assert_eq!(
        (&run["state"], &run["guard_report"]["left_out"], &run["stats"]["deletes"]),
        (&json!("succeeded"), &json!(0), &json!(1)),
        "{run}"
    );
    assert_eq!(tree(&console.root().join("dst/node_modules")).len(), 30);
}

/// An old limit with room for everything (rclone #1032, borg and others: a limit nobody looks at): the source is what
/// is compared.
#[tokio::test]
async fn a_limit_that_is_far_too_high_does_not_hide_that_most_of_the_source_is_gone() {
    let console = Console::start();
    for side in ["src", "dst"] {
        fill(&console, side, numbered(0, 50));
    }
    let high = || json!({ "options": { "max_delete": 1_000_000 } });
    assert_eq!(sync(&console, high()).await["state"], "no_change");
    for name in numbered(0, 30) {
        fs::remove_file(console.root().join("src").join(name)).expect("removed");
    }
    blocked(&sync(&console, high()).await, "source_shrunk");
    // Nor does another destination, to which nothing was synced before.
    let run =
        sync(&console, json!({ "destination": console.path("other"), "options": { "max_delete": 1_000_000 } })).await;
    assert_eq!(run["state"], "succeeded", "there is nothing to lose: {run}");
    blocked(&sync(&console, high()).await, "source_shrunk");
}
