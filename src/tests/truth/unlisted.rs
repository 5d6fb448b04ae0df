//! What rclone cannot list it leaves out without an error: such a run is no clean success, and says how many files it
//! did not see.

use serde_json::json;

use super::{remote, run, warnings};
use crate::support::{Console, ExactS3, Moto, tree, write};

/// The keys of a bucket by their folder, what is copied from there, and how many files are left out.
const KEYS: &[(&str, &[&str], u64)] = &[
    ("report", &["2026/1//1d8c", "2026/1//0284", "2026/1/plain", "top"], 2),
    ("nested", &["a/b//c/d.txt", "a/b//e.txt", "a/f.txt"], 2),
    ("two", &["a//x", "b//y", "c/z"], 2),
    ("triple", &["a///x", "a/y"], 1),
    ("same", &["a//2.txt", "a/2.txt"], 1),
    ("only", &["a//2.txt"], 1),
    ("lead", &["/x", "y"], 0),
    ("marked", &["a/", "a/x", "b/"], 0),
    ("plain", &["a/x", "b"], 0),
];

#[tokio::test]
async fn files_below_an_empty_name_are_left_out_and_counted_and_said() {
    let Some(moto) = Moto::start().await else { return };
    let console = Console::start();
    remote(&console, "m", "s3", moto.config()).await;
    for (folder, keys, _) in KEYS {
        for key in *keys {
            moto.put("bucket", &format!("{folder}/{key}"), if key.ends_with('/') { b"" } else { b"content" }).await;
        }
    }
    for (folder, keys, left_out) in KEYS {
        let files = keys.iter().filter(|key| !key.ends_with('/')).count() as u64;
        for (operation, destination) in [
            ("copy", console.path(&format!("out/{folder}"))),
            ("sync", format!("m:bucket/to/{folder}")),
            ("move", console.path(&format!("moved/{folder}"))),
        ] {
            let ended = run(&console, operation, &format!("m:bucket/{folder}"), &destination, json!({})).await;
            let what = format!("{operation} {folder}: {ended}");
            let (kinds, message) = warnings(&ended);
            if *left_out == 0 {
                assert_eq!((&ended["state"], kinds), (&json!("succeeded"), vec![]), "{what}");
            } else {
                assert_eq!(&ended["state"], "warning", "{what}");
                assert!(kinds.contains(&"names_left_out") && !kinds.contains(&"not_confirmed"), "{what}");
                let warning =
                    ended["warnings"].as_array().expect("warnings").iter().find(|w| w["kind"] == "names_left_out");
                assert_eq!(warning.expect("it")["files"], *left_out, "{what}");
                assert!(message.contains("of the source") && message.contains("whose name is empty"), "{what}");
            }
            assert_eq!(
                (&ended["stats"]["files"], &ended["stats"]["errors"]),
                (&json!(files - left_out), &json!(0)),
                "{what}"
            );
            let id = ended["id"].as_str().expect("an id");
            let list = |outcome: &str| format!("/api/v1/runs/{id}/files?outcome={outcome}");
            let skipped = console.get(&list("skipped"), reqwest::StatusCode::OK).await;
            let failed = console.get(&list("failed"), reqwest::StatusCode::OK).await;
            assert_eq!(
                skipped["files"].as_array().map(|files| !files.is_empty()),
                Some(*left_out > 0),
                "{what}: {skipped}"
            );
            assert_eq!(failed["files"].as_array().map(Vec::len), Some(0), "{what}: {failed}");
        }
        // A move leaves behind what it did not see.
        let left = moto
            .keys("bucket")
            .await
            .into_iter()
            .filter(|key| key.starts_with(&format!("{folder}/")) && !key.ends_with('/'));
        assert_eq!(left.count() as u64, *left_out, "{folder}");
    }
}

#[tokio::test]
async fn two_keys_that_are_one_name_on_a_disk_are_one_file_there_and_said() {
    let Some(moto) = Moto::start().await else { return };
    moto.bucket("keys").await;
    let console = Console::start();
    remote(&console, "m", "s3", moto.config()).await;
    for key in ["a//2.txt", "a/2.txt", "b///x", "b//x", "b/x", "c//alone", "plain", "/plain"] {
        moto.put("keys", key, b"content").await;
    }
    // From the bucket itself rclone lists them all.
    let ended = run(&console, "copy", "m:keys", &console.path("out"), json!({})).await;
    assert_eq!((&ended["state"], warnings(&ended).0), (&json!("warning"), vec!["duplicates_left_out"]), "{ended}");
    let there = tree(&console.root().join("out")).len();
    assert_eq!(
        (there, &ended["warnings"][0]["files"], &ended["stats"]["files"]),
        (4, &json!(4), &json!(there)),
        "{ended}"
    );
    // Another bucket tells them apart.
    moto.bucket("other").await;
    let ended = run(&console, "copy", "m:keys", "m:other", json!({})).await;
    assert_eq!((&ended["state"], &ended["stats"]["files"]), (&json!("succeeded"), &json!(8)), "{ended}");
    assert_eq!(moto.keys("other").await.len(), 8);
}

#[tokio::test]
async fn the_destination_is_said_to_be_unseen_as_well() {
    let Some(moto) = Moto::start().await else { return };
    let console = Console::start();
    remote(&console, "m", "s3", moto.config()).await;
    for key in ["dst/a//old", "dst/a/same"] {
        moto.put("bucket", key, b"content").await;
    }
    write(&console.root(), "src/a/same", b"content");
    let ended = run(&console, "sync", &console.path("src"), "m:bucket/dst", json!({})).await;
    let (kinds, message) = warnings(&ended);
    assert!(kinds.contains(&"names_left_out") && message.contains("1 file of the destination was left out"), "{ended}");
    assert!(moto.keys("bucket").await.contains(&"dst/a//old".to_owned()), "what was not seen is not deleted");
}

#[tokio::test]
async fn an_object_whose_name_is_the_folder_itself_is_left_out_and_said() {
    let console = Console::start();
    let key = |key: &str, content: &str| (key.to_owned(), content.to_owned());
    let s3 = ExactS3::start_with(vec![key("c/", "abc"), key("c/y", "y"), key("d/", ""), key("d/y", "y")]);
    remote(&console, "s3", "s3", s3.config()).await;
    for (folder, objects, state) in [("c", 2, "warning"), ("d", 1, "succeeded")] {
        let place = format!("s3:b/{folder}");
        let size =
            console.get(&format!("/api/v1/backups/rclone/size?remote_path={place}"), reqwest::StatusCode::OK).await;
        assert_eq!(size["objects"], objects, "{folder}: {size}");
        let listed =
            console.get(&format!("/api/v1/backups/rclone/list?remote_path={place}"), reqwest::StatusCode::OK).await;
        assert_eq!(listed.as_array().map(Vec::len), Some(objects), "what is counted is listed: {listed}");
        let ended = run(&console, "copy", &place, &console.path(folder), json!({})).await;
        assert_eq!((&ended["state"], &ended["stats"]["files"]), (&json!(state), &json!(1)), "{ended}");
        if objects == 2 {
            assert!(warnings(&ended).1.starts_with("1 file of the source was left out"), "{ended}");
        }
    }
}
