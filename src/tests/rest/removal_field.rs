//! What people reported elsewhere about deletions that went too far and rights that were taken back, tried on the real
//! program.

use std::fs;

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::support::{Console, S3, tree, write};

async fn perform(console: &Console, body: &Value) -> Value {
    let run = console.post("/api/v1/runs", body, StatusCode::ACCEPTED).await;
    console.ended(run["id"].as_str().expect("an id")).await
}

fn fill(console: &Console, folder: &str, files: usize) {
    for n in 0..files {
        write(&console.root(), &format!("{folder}/f{n:02}"), b"x");
    }
}

fn count(console: &Console, folder: &str) -> usize {
    tree(&console.root().join(folder)).len()
}

fn blocked(run: &Value, files: usize) {
    assert_eq!((&run["state"], &run["guard_report"]["reason"]), (&json!("blocked"), &json!("delete_budget")), "{run}");
    assert_eq!(run["guard_report"]["deletes"], files, "{run}");
}

/// rclone#3774: the first rule takes all, the second is never reached, and everything was deleted.
#[tokio::test]
async fn filters_that_let_through_more_than_was_meant_are_counted_first() {
    let console = Console::start();
    for n in 0..6 {
        write(&console.root(), &format!("x/centos-6-{n}.old"), b"x");
        write(&console.root(), &format!("x/centos-6-201911292026.{n}"), b"new");
    }
    let filter = json!(["+ centos-6*", "- centos-6-201911292026*"]);
    let run = perform(
        &console,
        &json!({ "operation": "delete", "source": console.path("x"), "options": { "flags": { "filter": filter } } }),
    )
    .await;
    blocked(&run, 12);
    assert_eq!(count(&console, "x"), 12);
    // In the right order it takes what was meant. rclone#8491: filters are not ignored.
    let filter = json!(["- centos-6-201911292026*", "+ centos-6*", "- *"]);
    let run = perform(
        &console,
        &json!({ "operation": "delete", "source": console.path("x"), "options": { "flags": { "filter": filter } } }),
    )
    .await;
    assert_eq!(
        (&run["state"], &run["guard_report"]["deletes"], count(&console, "x")),
        (&json!("succeeded"), &json!(6), 6),
        "{run}"
    );
}

/// rclone#5463: a move with `ignore_existing` copies nothing and deletes the source all the same.
#[tokio::test]
async fn a_move_that_copies_nothing_and_deletes_its_source_is_counted_as_one_that_does() {
    let console = Console::start();
    fill(&console, "x", 12);
    fill(&console, "y", 12);
    let body = json!({ "operation": "move", "source": console.path("x"), "destination": console.path("y"), "options": { "flags": { "ignore_existing": true } } });
    blocked(&perform(&console, &body).await, 12);
    assert_eq!((count(&console, "x"), count(&console, "y")), (12, 12));
}

/// rclone#5067: a purge through crypt deleted files that crypt had not written.
#[tokio::test]
async fn a_delete_through_crypt_counts_and_deletes_what_crypt_has_written() {
    let console = Console::start();
    let crypt = json!({
        "name": "vault", "provider": "crypt", "config": { "remote": console.path("store"), "password": "one two three", "password2": "four five six" },
    });
    console.post("/api/v1/remotes", &crypt, StatusCode::CREATED).await;
    fill(&console, "plain", 12);
    let copied =
        perform(&console, &json!({ "operation": "copy", "source": console.path("plain"), "destination": "vault:" }))
            .await;
    assert_eq!(copied["state"], "succeeded", "{copied}");
    fill(&console, "store/foreign", 20);
    let body = json!({ "operation": "delete", "source": "vault:" });
    blocked(&perform(&console, &body).await, 12);
    let confirmed = json!({ "operation": "delete", "source": "vault:", "confirm": "vault:" });
    let run = perform(&console, &confirmed).await;
    assert_eq!(run["stats"]["deletes"], 12, "{run}");
    assert_eq!(count(&console, "store/foreign"), 20);
}

/// Atheos#168: deleting a folder took everything that begins with its name. Buckets have nothing but names.
#[tokio::test]
async fn a_folder_is_not_what_begins_with_its_name() {
    let console = Console::start();
    let s3 = S3::start();
    console.post("/api/v1/remotes", &s3.remote("store"), StatusCode::CREATED).await;
    for folder in ["wp", "wp-content", "wp2"] {
        for n in 0..8 {
            write(s3.dir.path(), &format!("bucket/{folder}/f{n}"), b"x");
        }
    }
    let run = perform(&console, &json!({ "operation": "delete", "source": "store:bucket/wp" })).await;
    assert_eq!((&run["state"], &run["guard_report"]["deletes"]), (&json!("succeeded"), &json!(8)), "{run}");
    assert_eq!(tree(&s3.dir.path().join("bucket")).len(), 16);
    // rclone#4262: the name of the remote without the folder.
    blocked(&perform(&console, &json!({ "operation": "delete", "source": "store:bucket" })).await, 16);
    assert_eq!(tree(&s3.dir.path().join("bucket")).len(), 16);
}

/// onedrive#458, rclone#1574: source and destination the wrong way round. nextcloud/server#38628: the root instead of
/// one folder.
#[tokio::test]
async fn the_wrong_way_round_and_the_root_are_stopped() {
    let console = Console::start();
    fill(&console, "archive", 60);
    fill(&console, "inbox", 2);
    let body = json!({ "operation": "move", "source": console.path("archive"), "destination": console.path("inbox") });
    blocked(&perform(&console, &body).await, 60);
    let root = console.root().display().to_string();
    blocked(&perform(&console, &json!({ "operation": "delete", "source": root })).await, 62);
    assert_eq!((count(&console, "archive"), count(&console, "inbox")), (60, 2));
}

/// unifi-protect-backup#132: a filter on a single file. rclone#8817: folders that hold what a filter leaves out.
#[tokio::test]
async fn single_files_and_folders_with_filters_are_deleted_as_they_are_meant() {
    let console = Console::start();
    fill(&console, "x/sub", 2);
    let one = console.path("x/sub/f00");
    let error = console
        .post(
            "/api/v1/runs",
            &json!({ "operation": "delete", "source": one, "options": { "min_age": "30d" } }),
            StatusCode::BAD_REQUEST,
        )
        .await;
    assert!(error["fields"]["min_age"].is_string(), "{error}");
    let run = perform(&console, &json!({ "operation": "delete", "source": one })).await;
    assert_eq!((&run["state"], &run["guard_report"]["deletes"]), (&json!("succeeded"), &json!(1)), "{run}");
    let options = json!({ "include": ["*.none"], "flags": { "rmdirs": true } });
    let run =
        perform(&console, &json!({ "operation": "delete", "source": console.path("x"), "options": options })).await;
    assert_eq!((&run["guard_report"]["deletes"], count(&console, "x")), (&json!(0), 1), "{run}");
}

/// odc#1424, molgenis#7169: jobs of people who were shut out go on. lightdash#26685: a run has the rights of its
/// caller, not of who saved the job.
#[tokio::test]
async fn a_job_runs_with_the_rights_of_who_starts_it() {
    let console = Console::start();
    fill(&console, "a", 1);
    let eva = console.person("eva", "operator").await;
    let token = console.token_of("eva", "operator");
    let job = json!({ "name": "nightly", "operation": "copy", "source": console.path("a"), "destination": console.path("b") });
    let job = console.post("/api/v1/jobs", &job, StatusCode::CREATED).await;
    let path = format!("/api/v1/jobs/{}/runs", job["id"].as_str().expect("an id"));
    console.patch("/api/v1/queue", &json!({ "paused": true }), StatusCode::OK).await;
    let hers = console.ask(&token, Method::POST, &path, &json!({}), StatusCode::ACCEPTED).await;
    let mine = console.post(&path, &json!({}), StatusCode::ACCEPTED).await;
    console.patch(&format!("/api/v1/users/{eva}"), &json!({ "role": "viewer" }), StatusCode::OK).await;
    console.patch("/api/v1/queue", &json!({ "paused": false }), StatusCode::OK).await;
    let ended = async |run: &Value| console.ended(run["id"].as_str().expect("an id")).await;
    let hers = ended(&hers).await;
    assert_eq!((&hers["state"], &hers["guard_report"]["reason"]), (&json!("blocked"), &json!("not_allowed")), "{hers}");
    assert_eq!(ended(&mine).await["state"], "succeeded");
    assert!(fs::exists(console.root().join("b/f00")).expect("told"));
}
