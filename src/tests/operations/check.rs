//! A check compares, names what differs, and changes nothing.

use std::fs;

use reqwest::StatusCode;
use serde_json::json;

use crate::support::{Console, tree, write};

#[tokio::test]
async fn a_check_finds_what_changed_and_what_is_missing_on_either_side() {
    let console = Console::start();
    for (name, content) in [
        ("a/same", "same"),
        ("b/same", "same"),
        ("a/changed", "one"),
        ("b/changed", "two"),
        ("a/left", "1"),
        ("b/right", "2"),
    ] {
        write(&console.root(), name, content.as_bytes());
    }
    let before = tree(&console.root());
    let run = console.operated("check", "a", "b", json!({})).await;
    assert_eq!((&run["state"], &run["exit_code"]), (&json!("failed"), &json!(1)), "{run}");
    let words = "3 differences found: 1 differ on both sides, 1 only in the source, 1 only in the destination.";
    assert_eq!(run["error"], words, "{run}");
    let id = run["id"].as_str().expect("an id");
    for (outcome, name) in [
        ("differs", "changed"),
        ("missing_on_destination", "left"),
        ("missing_on_source", "right"),
        ("matched", "same"),
    ] {
        let files = console.get(&format!("/api/v1/runs/{id}/files?outcome={outcome}"), StatusCode::OK).await;
        assert_eq!((&files["matched"], &files["files"][0]["name"]), (&json!(1), &json!(name)), "{files}");
    }

    let one_way = console.operated("check", "a", "b", json!({ "flags": { "one_way": true, "download": true } })).await;
    assert_eq!(one_way["error"], "2 differences found: 1 differ on both sides, 1 only in the source.", "{one_way}");
    let sizes = console.operated("check", "a", "b", json!({ "flags": { "one_way": true, "size_only": true } })).await;
    assert_eq!(sizes["error"], "1 difference found: 1 only in the source.", "{sizes}");
    assert_eq!(tree(&console.root()), before, "a check changes nothing");

    for name in ["same", "changed", "left"] {
        fs::create_dir_all(console.root().join("a/copy")).expect("made");
        fs::copy(console.root().join("a").join(name), console.root().join("a/copy").join(name)).expect("copied");
    }
    let good = console.operated("check", "a", "a/copy", json!({ "exclude": ["/copy/**"] })).await;
    assert_eq!(
        (&good["state"], &good["error"]),
        (&json!("succeeded"), &json!(null)),
        "what is only read may overlap: {good}"
    );
    assert_eq!(good["stats"]["checks"], 3, "{good}");
}

#[tokio::test]
async fn a_check_is_given_no_option_of_what_it_does_not_do() {
    let console = Console::start();
    let options =
        json!({ "dry_run": true, "max_delete": 1, "backup_dir": console.path("x"), "delete_empty_src_dirs": true });
    let body = json!({ "operation": "check", "source": console.path("a"), "destination": console.path("b"), "options": options });
    let refused = console.post("/api/v1/runs", &body, StatusCode::BAD_REQUEST).await;
    let fields: Vec<_> = refused["fields"].as_object().expect("fields").keys().collect();
    assert_eq!(fields, ["backup_dir", "delete_empty_src_dirs", "dry_run", "max_delete"], "{refused}");
}
