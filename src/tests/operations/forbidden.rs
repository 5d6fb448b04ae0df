//! Options that run programs, read files, open ports or undo what the console relies on: refused by name at every door,
//! in any spelling, and nothing happens.

use std::{collections::BTreeMap, fs, path::Path, time::Duration};

use longshore::{
    domain::{flag::FlagValue, location::Location, operation::Operation, transfer::TransferOptions},
    server::rclone::{
        error::RcloneError,
        flags::withheld,
        manager::{Rclone, RcloneConfig},
        run::transfer::Transfer,
    },
};
use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::support::{Console, rclone_path, tree, write};

/// Names that are no option of a run, however they are written.
const NAMES: [&str; 40] = [
    "metadata-mapper",
    "--metadata-mapper",
    "METADATA_MAPPER",
    "Metadata_Mapper",
    "MetadataMapper",
    "metadata_mapper ",
    " metadata_mapper",
    "metadata_mapper=touch",
    "metadata_mapper\n",
    "update\n--metadata-mapper=touch",
    "update\0",
    "metad\u{430}ta_mapper",
    "metadata\u{2011}mapper",
    "metadata\u{ff3f}mapper",
    "update=true --metadata-mapper",
    "update --metadata-mapper",
    "global.metadata_mapper",
    "override.metadata_mapper",
    "global.name_transform",
    "override.password_command",
    "-M",
    "--",
    "-",
    "",
    "=",
    "config=",
    "--config",
    "RCLONE_CONFIG",
    "rc-addr",
    "sftp_ssh",
    "sftp-ssh",
    "webdav_bearer_token_command",
    "http_headers",
    "local_links",
    "copy_links",
    "skip_links",
    "vfs_cache_mode",
    "auth_proxy",
    "flags",
    "track-renames",
];

/// Values that no option takes, by the option.
fn values() -> Vec<(&'static str, Value)> {
    vec![
        ("update", json!("true --metadata-mapper=x")),
        ("update", json!(1)),
        ("update", json!(null)),
        ("update", json!({ "metadata_mapper": "x" })),
        ("update", json!(["true", "--rc"])),
        ("retries", json!("3 --rc-addr=:5572")),
        ("retries", json!("3\n--rc")),
        ("retries", json!(-7)),
        ("order_by", json!("size\0")),
        ("order_by", json!("--config=/x")),
        ("suffix", json!("/../../x")),
        ("partial_suffix", json!("/../../x")),
        ("exclude_if_present", json!(["../../../etc/passwd"])),
        ("filter", json!(["include /etc/passwd"])),
        ("filter", json!(["- a\n+ /**"])),
        ("header_upload", json!(["Authorization: Bearer x"])),
        ("header_upload", json!(["X: y\r\nAuthorization: Bearer x"])),
        ("bwlimit_file", json!("`touch x`")),
        ("cutoff_mode", json!("$(touch x)")),
        ("user_agent", json!("a\u{7}b")),
        ("bind", json!("0.0.0.0:5572")),
    ]
}

struct Trap {
    console: Console,
    canary: std::path::PathBuf,
}

impl Trap {
    fn set() -> Self {
        let console = Console::start();
        write(&console.root(), "from/a", b"a");
        let canary = console.root().parent().expect("a parent").join("canary");
        Self { console, canary }
    }

    /// Has every door refuse the flag by its name.
    async fn refused(&self, name: &str, value: &Value) {
        let (source, destination) = (self.console.path("from"), self.console.path("to"));
        let flags = json!({ name: value });
        let shown: String = name.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect();
        let field = format!("flags.{shown}");
        for (path, body) in [
            ("/api/v1/runs", json!({ "source": source, "destination": destination, "options": { "flags": flags } })),
            ("/api/v1/backups/rclone/copy", json!({ "source": source, "destination": destination, "flags": flags })),
            ("/api/v1/backups/rclone/delete", json!({ "remote_path": source, "flags": flags })),
        ] {
            let refused = self.console.post(path, &body, StatusCode::BAD_REQUEST).await;
            assert_eq!(refused["code"], "invalid", "{path} {name:?}: {refused}");
            assert!(
                refused["fields"][&field].as_str().is_some_and(|words| words.len() > 10),
                "{path} {name:?}: {refused}"
            );
        }
    }

    /// Nothing was run, written or started.
    async fn untouched(&self) {
        assert!(!self.canary.exists(), "something was executed");
        let runs = self.console.get("/api/v1/runs", StatusCode::OK).await;
        assert_eq!(runs["runs"], json!([]));
        assert_eq!(tree(&self.console.root()).into_keys().collect::<Vec<_>>(), [Path::new("from/a")]);
    }
}

#[tokio::test]
async fn no_forbidden_option_gets_in_by_any_name_or_value() {
    let trap = Trap::set();
    let program = trap.canary.with_extension("sh");
    write(
        program.parent().expect("a parent"),
        "canary.sh",
        format!("#!/bin/sh\ntouch '{}'\n", trap.canary.display()).as_bytes(),
    );
    fs::set_permissions(&program, std::os::unix::fs::PermissionsExt::from_mode(0o755)).expect("made executable");
    let value = json!(program);
    let mut vectors = 0;
    for name in withheld().chain(NAMES) {
        trap.refused(name, &value).await;
        vectors += 1;
    }
    for (name, value) in values() {
        trap.refused(name, &value).await;
        vectors += 1;
    }
    trap.untouched().await;
    eprintln!(
        "{vectors} vectors refused by name at three doors, of them {} options that may never be set",
        withheld().count()
    );
    assert!(vectors >= 150, "{vectors}");
}

/// What waits in the queue may be from another Longshore, or for another rclone.
#[tokio::test(flavor = "multi_thread")]
async fn what_got_into_the_queue_all_the_same_is_refused_when_it_is_started() {
    let dir = tempfile::tempdir().expect("a folder");
    let config = RcloneConfig {
        binary: Some(rclone_path()),
        master: dir.path().join("rclone.conf"),
        roots: vec![dir.path().canonicalize().expect("a folder")],
        data_dir: dir.path().to_owned(),
        shim: env!("CARGO_BIN_EXE_longshore").into(),
        limit: Duration::from_secs(30),
        outbound: longshore::server::outbound::Outbound::default(),
    };
    let rclone = Rclone::open(config).await.expect("opened");
    let at = |name: &str| Location::parse(dir.path().join(name).to_str().expect("UTF-8")).expect("a location");
    let flags = BTreeMap::from([
        ("metadata_mapper".to_owned(), FlagValue::Text("touch x".into())),
        ("update".to_owned(), FlagValue::Switch(true)),
    ]);
    let options = TransferOptions { flags, ..TransferOptions::default() };
    let transfer = Transfer { operation: Operation::Copy, source: at("a"), destination: Some(at("b")), options };
    let refused = rclone.start_run(&dir.path().join("run 1"), &transfer, None).await.expect_err("refused");
    let RcloneError::Invalid { fields, .. } = refused else { panic!("{refused}") };
    assert_eq!(fields.into_keys().collect::<Vec<_>>(), ["flags.metadata_mapper"]);
    assert!(!dir.path().join("run 1").exists(), "nothing was begun");
    rclone.shutdown().await;
}

#[tokio::test]
async fn a_flag_is_refused_with_its_remedy_and_all_wrong_ones_at_once() {
    let trap = Trap::set();
    let flags = json!({ "retries": "many", "max_transfer": "10kb", "cutoff_mode": "x", "password_command": "x", "track_renames": true,
        "no-traverse": true, "bwlimit_file": "1M", "metadata": true });
    let body = json!({ "source": trap.console.path("from"), "destination": trap.console.path("to"), "options": { "flags": flags } });
    let refused = trap.console.post("/api/v1/runs", &body, StatusCode::BAD_REQUEST).await;
    let expected = json!({
        "flags.cutoff_mode": "Choose one of: HARD, SOFT, CAUTIOUS.",
        "flags.max_transfer": "Write a size as 10M (MiB), 512k, 1.5G, 100B or off. A number alone is KiB. rclone does not read MB or KB.",
        "flags.no-traverse": "Write it as no_traverse.",
        "flags.password_command": "It cannot be set: it runs a program of this server.",
        "flags.retries": "Write a whole number, without leading zeros.",
        "flags.track_renames": "A copy does not have it. These do: sync, bisync.",
    });
    assert_eq!(refused["fields"], expected);
    let body = json!({ "source": trap.console.path("from"), "destination": trap.console.path("to"),
        "options": { "flags": { "bwlimit": "1M", "dry_run": true } } });
    let refused = trap.console.post("/api/v1/runs", &body, StatusCode::BAD_REQUEST).await;
    assert_eq!(refused["fields"]["flags.dry_run"], "Set dry_run instead: it is an option of its own.");
    trap.untouched().await;
}
