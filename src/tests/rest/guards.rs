//! Guards and approvals: nothing is destroyed by surprise, and what a person approved is done, once.

use std::fs;

use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::support::{Console, write};

/// `files` files on both sides.
fn twins(console: &Console, files: usize) {
    for n in 0..files {
        for side in ["src", "dst"] {
            write(&console.root(), &format!("{side}/f{n}"), b"same");
        }
    }
}

fn sync(console: &Console, more: &Value) -> Value {
    let mut body = json!({ "operation": "sync", "source": console.path("src"), "destination": console.path("dst") });
    body.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
    body
}

async fn perform(console: &Console, more: Value) -> Value {
    let run = console.post("/api/v1/runs", &sync(console, &more), StatusCode::ACCEPTED).await;
    console.ended(run["id"].as_str().expect("an id")).await
}

fn count(console: &Console, folder: &str) -> usize {
    fs::read_dir(console.root().join(folder)).expect("a folder").count()
}

#[tokio::test]
async fn a_source_that_is_empty_or_gone_or_not_the_one_that_is_meant_changes_nothing() {
    let console = Console::start();
    twins(&console, 30);
    let good = perform(&console, json!({})).await;
    assert_eq!((&good["state"], &good["guard_report"]["source_files"]), (&json!("no_change"), &json!(30)), "{good}");
    let blocked = async |reason: &str, more: Value| {
        let run = perform(&console, more).await;
        assert_eq!((&run["state"], &run["guard_report"]["reason"]), (&json!("blocked"), &json!(reason)), "{run}");
        assert!(run["error"].as_str().expect("words").contains("Nothing was changed"), "{run}");
        assert_eq!(count(&console, "dst"), 30, "{reason}");
    };
    blocked("sentinel_missing", json!({ "guards": { "sentinel": ".disk" } })).await;
    for n in 0..16 {
        fs::remove_file(console.root().join(format!("src/f{n}"))).expect("removed");
    }
    blocked("source_shrunk", json!({})).await;
    fs::remove_dir_all(console.root().join("src")).expect("removed");
    fs::create_dir(console.root().join("src")).expect("an empty folder, as a disk that is not mounted leaves it");
    blocked("source_empty", json!({})).await;
    fs::remove_dir(console.root().join("src")).expect("removed");
    blocked("source_missing", json!({})).await;
}

#[tokio::test]
async fn more_than_the_budget_is_not_deleted_and_less_is() {
    let console = Console::start();
    twins(&console, 40);
    for n in 0..11 {
        write(&console.root(), &format!("dst/old{n}"), b"old");
    }
    let run = perform(&console, json!({})).await;
    assert_eq!((&run["state"], &run["guard_report"]["reason"]), (&json!("blocked"), &json!("delete_budget")), "{run}");
    assert_eq!((&run["guard_report"]["deletes"], &run["guard_report"]["budget"]), (&json!(11), &json!(10)));
    assert_eq!(count(&console, "dst"), 51);
    fs::remove_file(console.root().join("dst/old0")).expect("removed");
    let run = perform(&console, json!({})).await;
    assert_eq!((&run["state"], &run["stats"]["deletes"]), (&json!("succeeded"), &json!(10)), "{run}");
    assert!(run["command"].as_str().expect("a command").contains("--max-delete=10"), "what really ran: {run}");
    assert_eq!(count(&console, "dst"), 40);
}

#[tokio::test]
async fn a_preview_of_the_very_same_and_the_typed_name_let_one_run_go() {
    let console = Console::start();
    twins(&console, 5);
    for n in 0..20 {
        write(&console.root(), &format!("dst/old{n}"), b"old");
    }
    assert_eq!(perform(&console, json!({})).await["state"], "blocked");
    let preview = perform(&console, json!({ "options": { "dry_run": true } })).await;
    assert_eq!(
        (&preview["state"], &preview["stats"]["deletes"], count(&console, "dst")),
        (&json!("succeeded"), &json!(20), 25),
        "{preview}"
    );
    let id = preview["id"].as_str().expect("an id");
    let listed = console.get(&format!("/api/v1/runs/{id}/files?outcome=deleted&limit=500"), StatusCode::OK).await;
    assert_eq!(listed["files"].as_array().expect("files").len(), 20);
    assert!(
        preview["approves"]["until"].as_str() > preview["ended_at"].as_str() && preview["approves"]["run"].is_null(),
        "{preview}"
    );
    let approval = json!({ "preview": id, "confirm": console.path("dst") });

    // Something else, somewhere else, another name, no preview at all: none of these is started.
    for (what, more) in [
        ("another option", json!({ "options": { "checksum": true }, "approval": approval })),
        ("a filter", json!({ "options": { "exclude": ["*.tmp"] }, "approval": approval })),
        ("another place", json!({ "destination": console.path("dst2"), "approval": approval })),
        ("another name", json!({ "approval": { "preview": id, "confirm": console.path("src") } })),
        ("no name", json!({ "approval": { "preview": id, "confirm": "" } })),
        (
            "no preview",
            json!({ "approval": { "preview": "01JD3Z6N9V4M2K8Q7W5X1T0R3S", "confirm": console.path("dst") } }),
        ),
    ] {
        let error = console.post("/api/v1/runs", &sync(&console, &more), StatusCode::CONFLICT).await;
        assert!(
            error["fields"].as_object().is_some_and(|fields| fields.keys().all(|field| field.starts_with("approval."))),
            "{what}: {error}"
        );
    }
    let done = perform(&console, json!({ "approval": approval })).await;
    assert_eq!(
        (&done["state"], &done["stats"]["deletes"], count(&console, "dst")),
        (&json!("succeeded"), &json!(20), 5),
        "{done}"
    );
    assert_eq!(done["guard_report"]["approved_by"], json!(id));
    assert!(done["approves"].is_null());
    let preview = console.get(&format!("/api/v1/runs/{id}"), StatusCode::OK).await;
    assert_eq!(preview["approves"]["run"], done["id"], "{preview}");
    let again =
        console.post("/api/v1/runs", &sync(&console, &json!({ "approval": approval })), StatusCode::CONFLICT).await;
    assert!(again["message"].as_str().expect("words").contains("approved a run already"), "{again}");
}

#[tokio::test]
async fn what_appears_after_the_preview_is_more_than_was_approved() {
    let console = Console::start();
    twins(&console, 5);
    for n in 0..20 {
        write(&console.root(), &format!("dst/old{n}"), b"old");
    }
    let preview = perform(&console, json!({ "options": { "dry_run": true } })).await;
    for n in 0..20 {
        write(&console.root(), &format!("dst/later{n}"), b"later");
    }
    let run =
        perform(&console, json!({ "approval": { "preview": preview["id"], "confirm": console.path("dst") } })).await;
    assert_eq!((&run["state"], &run["guard_report"]["reason"]), (&json!("blocked"), &json!("delete_budget")), "{run}");
    assert_eq!(
        (&run["guard_report"]["budget"], &run["guard_report"]["deletes"], count(&console, "dst")),
        (&json!(20), &json!(40), 45),
        "{run}"
    );
}

#[tokio::test]
async fn a_guard_that_can_not_be_meant_is_refused_by_its_name() {
    let console = Console::start();
    twins(&console, 1);
    for (more, field) in [
        (json!({ "guards": { "sentinel": "../x" } }), "guards.sentinel"),
        (json!({ "guards": { "max_delete_percent": 101 } }), "guards.max_delete_percent"),
        (json!({ "operation": "copy", "guards": { "allow_empty_source": true } }), "guards.allow_empty_source"),
        (json!({ "retry": { "attempts": 0, "backoff_secs": 1 } }), "retry.attempts"),
        (json!({ "operation": "move", "retry": { "attempts": 2, "backoff_secs": 1 } }), "retry.attempts"),
        (json!({ "priority": 101 }), "priority"),
        (
            json!({ "operation": "copy", "approval": { "preview": "01JD3Z6N9V4M2K8Q7W5X1T0R3S", "confirm": "x" } }),
            "approval",
        ),
    ] {
        let error = console.post("/api/v1/runs", &sync(&console, &more), StatusCode::BAD_REQUEST).await;
        assert!(error["fields"][field].is_string(), "{field}: {error}");
    }
}

#[tokio::test]
async fn a_source_that_shrank_as_it_was_approved_to_is_the_new_measure() {
    let console = Console::start();
    twins(&console, 40);
    assert_eq!(perform(&console, json!({})).await["state"], "no_change");
    for n in 0..30 {
        fs::remove_file(console.root().join(format!("src/f{n}"))).expect("removed");
    }
    assert_eq!(perform(&console, json!({})).await["guard_report"]["reason"], "source_shrunk");
    let preview = perform(&console, json!({ "options": { "dry_run": true } })).await;
    let done =
        perform(&console, json!({ "approval": { "preview": preview["id"], "confirm": console.path("dst") } })).await;
    assert_eq!((&done["state"], &done["stats"]["deletes"]), (&json!("succeeded"), &json!(30)), "{done}");
    fs::remove_file(console.root().join("src/f30")).expect("removed");
    assert_eq!(perform(&console, json!({})).await["state"], "succeeded", "ten were there, nine are");
}

#[tokio::test]
async fn an_approved_delete_deletes_what_was_seen_and_no_more() {
    let console = Console::start();
    for n in 0..5 {
        write(&console.root(), &format!("dst/f{n}"), b"x");
    }
    let delete = async |more: Value| {
        let mut body = json!({ "operation": "delete", "source": console.path("dst") });
        body.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
        let run = console.post("/api/v1/runs", &body, StatusCode::ACCEPTED).await;
        console.ended(run["id"].as_str().expect("an id")).await
    };
    let preview = delete(json!({ "options": { "dry_run": true } })).await;
    assert_eq!((&preview["state"], &preview["stats"]["deletes"]), (&json!("succeeded"), &json!(5)), "{preview}");
    for n in 0..3 {
        write(&console.root(), &format!("dst/later{n}"), b"x");
    }
    let run = delete(json!({ "approval": { "preview": preview["id"], "confirm": console.path("dst") } })).await;
    assert_eq!((&run["state"], &run["guard_report"]["reason"]), (&json!("blocked"), &json!("delete_budget")), "{run}");
    assert_eq!(
        (&run["guard_report"]["deletes"], &run["guard_report"]["budget"], count(&console, "dst")),
        (&json!(8), &json!(5), 8),
        "{run}"
    );
}
