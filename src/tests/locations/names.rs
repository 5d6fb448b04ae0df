//! Hostile names on a disk: each operation acts on exactly the folder that was named, and on no neighbour.

use std::{
    ffi::OsStr,
    fs,
    os::unix::ffi::OsStrExt as _,
    path::{Path, PathBuf},
};

use longshore::domain::location::Location;
use reqwest::StatusCode;
use serde_json::{Value, json};

use super::value;
use crate::support::{Console, write};

/// Each with how a location writes it: as rclone shows it.
const NAMES: [(&str, &str); 30] = [
    ("d", "d"),
    ("d ", "d "),
    (" d", " d"),
    ("d\t", "d␉"),
    ("d␉", "d‛␉"),
    ("d\n", "d␊"),
    ("d␊", "d‛␊"),
    ("d\r", "d␍"),
    ("d\u{7f}", "d␡"),
    ("d.", "d."),
    ("d．", "d．"),
    ("．．", "．．"),
    ("d／e", "d／e"),
    ("d％41", "d％41"),
    ("d%41", "d%41"),
    ("d%2F", "d%2F"),
    ("dA", "dA"),
    ("caf\u{e9}", "caf\u{e9}"),
    ("cafe\u{301}", "cafe\u{301}"),
    ("-x", "-x"),
    (":x", ":x"),
    ("d\"'`", "d\"'`"),
    ("d\\", "d\\"),
    ("d+e&f=g#h?i", "d+e&f=g#h?i"),
    ("d\u{a0}", "d\u{a0}"),
    ("d\u{202e}", "d\u{202e}"),
    ("...", "..."),
    ("[x] {y}", "[x] {y}"),
    ("Icon\r", "Icon␍"),
    ("100% Live", "100% Live"),
];

fn long() -> String {
    "n".repeat(200)
}

fn all() -> Vec<(String, String)> {
    NAMES.iter().map(|(disk, written)| ((*disk).to_owned(), (*written).to_owned())).chain([(long(), long())]).collect()
}

/// A folder of each name with one file, which says where it lies.
fn fill(root: &Path) {
    for (disk, _) in all() {
        write(root, &format!("{disk}/file"), disk.as_bytes());
    }
}

fn there(root: &Path) -> Vec<String> {
    let mut names: Vec<_> =
        all().into_iter().map(|(disk, _)| disk).filter(|disk| root.join(disk).join("file").exists()).collect();
    names.sort();
    names
}

fn only(path: &Path) -> Vec<PathBuf> {
    fs::read_dir(path).expect("a folder").map(|entry| entry.expect("an entry").path()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_delete_empties_the_folder_that_was_named_and_no_other() {
    let console = Console::start();
    fill(&console.root().join("F"));
    let mut left = there(&console.root().join("F"));
    for (disk, written) in all() {
        let body = json!({ "remote_path": console.path(&format!("F/{written}")) });
        console.post("/api/v1/backups/rclone/delete", &body, StatusCode::OK).await;
        left.retain(|name| *name != disk);
        assert_eq!(there(&console.root().join("F")), left, "{disk:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn list_size_copy_and_move_take_the_folder_that_was_named() {
    let console = Console::start();
    fill(&console.root().join("F"));
    let listed =
        console.get(&format!("/api/v1/files?location={}&limit=500", value(&console.path("F"))), StatusCode::OK).await;
    let listed: Vec<_> = listed["entries"]
        .as_array()
        .expect("entries")
        .iter()
        .map(|entry| entry["name"].as_str().expect("a name"))
        .collect();
    for (n, (disk, written)) in all().into_iter().enumerate() {
        assert!(listed.contains(&written.as_str()), "{written:?} is not listed as it is written: {listed:?}");
        let location = Location::parse(&console.path("F")).expect("a location").join(&written).to_string();
        let page = console.get(&format!("/api/v1/files?location={}", value(&location)), StatusCode::OK).await;
        assert_eq!((&page["total"], &page["entries"][0]["size"]), (&json!(1), &json!(disk.len())), "{disk:?}: {page}");
        let tree =
            console.get(&format!("/api/v1/backups/rclone/list?remote_path={}", value(&location)), StatusCode::OK).await;
        assert_eq!(tree.as_array().map(Vec::len), Some(1), "{disk:?}: {tree}");
        let size =
            console.get(&format!("/api/v1/backups/rclone/size?remote_path={}", value(&location)), StatusCode::OK).await;
        assert_eq!(size["size_bytes"].as_u64(), Some(disk.len() as u64), "{disk:?}: {size}");
        // From the folder, and back into one of that name elsewhere.
        let to = console.path(&format!("copies/{n}"));
        let copied = console
            .post("/api/v1/backups/rclone/copy", &json!({ "source": location, "destination": to }), StatusCode::OK)
            .await;
        assert_eq!(fs::read(Path::new(&to).join("file")).ok().as_deref(), Some(disk.as_bytes()), "{disk:?}: {copied}");
        let target = console.path(&format!("out/{n}/{written}"));
        console
            .post("/api/v1/backups/rclone/move", &json!({ "source": to, "destination": target }), StatusCode::OK)
            .await;
        let out = console.root().join(format!("out/{n}"));
        assert_eq!(only(&out), [out.join(&disk)], "{disk:?}");
    }
    assert_eq!(there(&console.root().join("F")).len(), all().len(), "nothing was taken away");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sync_with_kept_files_and_a_job_act_on_the_folders_that_were_named() {
    let console = Console::start();
    for (n, (disk, written)) in all().into_iter().enumerate().filter(|(n, _)| n % 3 != 2) {
        let base = console.root().join(format!("{n}"));
        for file in ["a", "b", "c", "d"] {
            write(&base, &format!("src/{disk}/{file}"), b"new");
            write(&base, &format!("dst/{disk}/{file}"), b"new");
        }
        write(&base, &format!("dst/{disk}/old"), b"old");
        let at = |folder: &str| console.path(&format!("{n}/{folder}/{written}"));
        let job = json!({
            "name": format!("job {n}"), "operation": "sync", "source": at("src"), "destination": at("dst"),
            "options": { "backup_dir": at("kept") },
        });
        let job = console.post("/api/v1/jobs", &job, StatusCode::CREATED).await;
        let run = console
            .post(
                &format!("/api/v1/jobs/{}/runs", job["id"].as_str().expect("an id")),
                &json!({}),
                StatusCode::ACCEPTED,
            )
            .await;
        let run = console.ended(run["id"].as_str().expect("an id")).await;
        assert_eq!(run["state"], "succeeded", "{disk:?}: {run}");
        assert_eq!(only(&base.join("kept")), [base.join("kept").join(&disk)], "{disk:?}");
        assert!(
            base.join("kept").join(&disk).join("old").exists() && !base.join("dst").join(&disk).join("old").exists(),
            "{disk:?}"
        );
        assert_eq!((only(&base.join("src")).len(), only(&base.join("dst")).len()), (1, 1), "{disk:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_alias_and_a_local_remote_lead_to_the_folder_that_was_named() {
    let console = Console::start();
    fill(&console.root().join("F"));
    fs::create_dir(console.root().join("empty")).expect("made");
    let create = async |name: &str, provider: &str, config: Value| {
        let body = json!({ "name": name, "provider": provider, "config": config });
        console.post("/api/v1/remotes", &body, StatusCode::CREATED).await;
    };
    create("al", "alias", json!({ "remote": console.path("F") })).await;
    create("disk", "local", json!({})).await;
    create("un", "union", json!({ "upstreams": format!("\"{}\" \"{}\"", console.path("F"), console.path("empty")) }))
        .await;
    create("co", "combine", json!({ "upstreams": format!("\"in={}\"", console.path("F")) })).await;
    for (disk, written) in all() {
        for location in [
            format!("al:{written}"),
            format!("disk:{}", console.path(&format!("F/{written}"))),
            format!("un:{written}"),
            format!("co:in/{written}"),
        ] {
            let page = console.get(&format!("/api/v1/files?location={}", value(&location)), StatusCode::OK).await;
            assert_eq!(
                (&page["total"], &page["entries"][0]["size"]),
                (&json!(1), &json!(disk.len())),
                "{location:?}: {page}"
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn spellings_of_one_folder_are_one_for_locks_overlap_and_approval() {
    let console = Console::start();
    write(&console.root(), "x\ny/a", b"a");
    write(&console.root(), "big/file.bin", &vec![7; 8 << 20]);
    let slow = console.copy(&console.path("big"), &console.path("x\ny"), json!({ "bwlimit": "100k" })).await;
    console.run_until(&slow, "it works", |run| run["state"] == "running").await;
    // The picture is the same folder: it waits. What only looks like it is another: it does not.
    write(&console.root(), "small/a", b"a");
    let busy = json!({ "source": console.path("small"), "destination": console.path("x␊y"), "on_busy": "refuse" });
    let refused = console.post("/api/v1/runs", &busy, StatusCode::CONFLICT).await;
    assert_eq!(refused["run_id"], json!(slow), "{refused}");
    let free = json!({ "source": console.path("small"), "destination": console.path("x‛␊y"), "on_busy": "refuse" });
    let free = console.post("/api/v1/runs", &free, StatusCode::ACCEPTED).await;
    assert_eq!(console.ended(free["id"].as_str().expect("an id")).await["state"], "succeeded");
    assert!(console.root().join("x␊y/a").exists());
    console.post(&format!("/api/v1/runs/{slow}/stop"), &json!({}), StatusCode::ACCEPTED).await;

    for (source, destination) in [("x\ny", "x␊y"), ("x␊y", "x\ny/in"), ("x\ny/", "x␊y")] {
        let body =
            json!({ "operation": "move", "source": console.path(source), "destination": console.path(destination) });
        let error = console.post("/api/v1/runs", &body, StatusCode::BAD_REQUEST).await;
        assert!(error["fields"]["destination"].is_string(), "{source:?} {destination:?}: {error}");
    }
    // A name typed to approve may be written either way, and no other.
    write(&console.root(), "src/a", b"a");
    let dry = json!({ "operation": "sync", "source": console.path("src"), "destination": console.path("x␊y"), "options": { "dry_run": true } });
    let preview = console.post("/api/v1/runs", &dry, StatusCode::ACCEPTED).await;
    let preview = console.ended(preview["id"].as_str().expect("an id")).await;
    let run = |confirm: &str| {
        let approval = json!({ "preview": preview["id"], "confirm": console.path(confirm) });
        json!({ "operation": "sync", "source": console.path("src"), "destination": console.path("x␊y"), "approval": approval })
    };
    for wrong in ["x‛␊y", "x y", "x␊y ", "xy"] {
        console.post("/api/v1/runs", &run(wrong), StatusCode::CONFLICT).await;
    }
    console.post("/api/v1/runs", &run("x\ny"), StatusCode::ACCEPTED).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn bytes_that_are_not_utf8_are_shown_and_never_lead_elsewhere() {
    let console = Console::start();
    let strange = console.root().join("F").join(OsStr::from_bytes(b"d\xff"));
    fs::create_dir_all(&strange).expect("made");
    fs::write(strange.join("file"), b"strange").expect("written");
    write(&console.root(), "F/d\u{fffd}/file", b"a neighbour");
    let page = console.get(&format!("/api/v1/files?location={}", value(&console.path("F"))), StatusCode::OK).await;
    assert_eq!(page["total"], 2, "{page}");
    // Which of both a location means cannot be known: it opens neither.
    let body = json!({ "remote_path": console.path("F/d\u{fffd}") });
    console.post("/api/v1/backups/rclone/delete", &body, StatusCode::BAD_REQUEST).await;
    assert!(strange.join("file").exists() && console.root().join("F/d\u{fffd}/file").exists());
}
