//! What a copy never makes on this server, and what it never changes: rights of another, owners, devices, the
//! configuration that all rclones share.

use std::{
    fs,
    os::unix::fs::{MetadataExt as _, PermissionsExt as _, symlink},
};

use reqwest::StatusCode;
use serde_json::{Value, json};

use super::{kept, run};
use crate::{
    rest::mounts::can_mount,
    support::{Console, write},
};

#[tokio::test]
async fn a_copy_gives_no_file_the_rights_of_its_owner_and_no_owner() {
    if !kept() {
        return;
    }
    let console = Console::start_in(|dir| {
        write(&dir.join("data"), "rclone.conf", b"[special]\ntype = local\nmetadata_restore_special_bits = true\n");
    });
    write(&console.root(), "src/f", b"x");
    fs::set_permissions(console.root().join("src/f"), fs::Permissions::from_mode(0o6755)).expect("set");
    let own = fs::metadata(console.root()).expect("there");
    let (own, group) = (own.uid(), own.gid());
    let set = |words: Value| json!({ "flags": { "metadata": true, "metadata_set": words, "retries": 1 } });
    for (n, (options, fails)) in [
        (json!({ "flags": { "metadata": true, "retries": 1 } }), false),
        (set(json!(["mode=4755"])), false),
        // The bits as Go has them: rclone gives them to the kernel.
        (set(json!(["mode=40000755"])), true),
        (set(json!(["mode=20000755"])), true),
        (set(json!(["mode=60000777"])), true),
        (set(json!(["uid=12345"])), true),
        (set(json!(["uid=12345", "gid=12345"])), true),
        (set(json!([format!("uid={own}"), format!("gid={group}")])), false),
        (set(json!(["rdev=105", "mode=20644"])), false),
    ]
    .into_iter()
    .enumerate()
    {
        let destination = format!("special:{}", console.path(&format!("dst{n}")));
        let body = json!({ "source": console.path("src"), "destination": destination, "options": options });
        let queued = console.post("/api/v1/runs", &body, StatusCode::ACCEPTED).await;
        let run = console.ended(queued["id"].as_str().expect("an id")).await;
        assert_eq!(run["state"] == "failed", fails, "{options}: {run}");
        for entry in fs::read_dir(console.root().join(format!("dst{n}"))).into_iter().flatten().flatten() {
            let meta = entry.metadata().expect("there");
            assert!(meta.is_file() && meta.mode() & 0o6000 == 0 && meta.uid() == own, "{options}: {meta:?}");
        }
    }
}

#[tokio::test]
async fn a_link_leads_no_run_into_the_configuration_of_all() {
    if !kept() {
        return;
    }
    let console = Console::start_in(|dir| write(&dir.join("data"), "rclone.conf", b"[disk]\ntype = local\n"));
    let shared = console.data().join("run");
    let before = fs::read(shared.join("rclone.conf")).expect("there");
    write(
        &console.root(),
        "src/evil/rclone.conf",
        b"[disk]\ntype = webdav\nurl = http://127.0.0.1:1\nbearer_token_command = /bin/true\n",
    );
    write(&console.root(), "src/evil/planted", b"planted");
    fs::create_dir(console.root().join("dst")).expect("made");
    symlink(&shared, console.root().join("dst/evil")).expect("linked");
    for operation in ["copy", "sync"] {
        let run = run(&console, operation, "src", "dst", json!({})).await;
        assert_eq!(run["state"], "failed", "{run}");
    }
    let body = json!({ "source": console.path("src"), "destination": format!("disk:{}", console.path("dst")), "options": { "flags": { "retries": 1 } } });
    let queued = console.post("/api/v1/runs", &body, StatusCode::ACCEPTED).await;
    assert_eq!(console.ended(queued["id"].as_str().expect("an id")).await["state"], "failed");
    assert_eq!(fs::read(shared.join("rclone.conf")).expect("there"), before);
    assert!(!shared.join("planted").exists());
}

#[tokio::test]
async fn what_runs_a_program_is_not_mounted() {
    if !can_mount() {
        return;
    }
    let console = Console::start_in(|dir| {
        let touch = format!("/usr/bin/touch {}", dir.join("ran").display());
        let conf = format!(
            "[token]\ntype = webdav\nurl = http://127.0.0.1:1\nbearer_token_command = {touch}\n[ssh]\ntype = sftp\nhost = x\nssh = {touch}\n\
             [global]\ntype = http\nurl = http://127.0.0.1:1\nglobal.metadata_mapper = {touch}\n[over]\ntype = alias\nremote = token:x\n"
        );
        write(&dir.join("data"), "rclone.conf", conf.as_bytes());
    });
    for remote in ["token", "ssh", "global", "over"] {
        let body = json!({ "location": format!("{remote}:"), "mount_point": console.path("mnt") });
        let refused = console.post("/api/v1/mounts", &body, StatusCode::SERVICE_UNAVAILABLE).await;
        assert!(refused["message"].as_str().expect("words").contains("runs a program"), "{remote}: {refused}");
    }
    assert!(!console.root().parent().expect("a folder").join("ran").exists());
}
