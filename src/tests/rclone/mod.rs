//! The real rclone: against a server of its own, in folders of its own. `LONGSHORE_TEST_RCLONE` says which; else the
//! one on `PATH`.

mod conf;
mod options;
mod parts;
mod remotes;
mod renewed;
mod runs;
mod tokens;
mod warm;

use std::{
    collections::BTreeMap,
    fs,
    io::{BufRead as _, BufReader, Write as _},
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::atomic::{AtomicBool, Ordering},
    time::{Duration, Instant},
};

use longshore::{
    domain::{
        location::Location, operation::Operation, provider::OptionKind, remote_name::RemoteName,
        run::files::FileOutcome, transfer::TransferOptions,
    },
    server::rclone::{
        error::RcloneError,
        log,
        manager::{Rclone, RcloneConfig, RcloneStatus, resolve::Opened},
        run::{progress, transfer::Transfer},
        shim::{self, Life, signal_name},
    },
};
use tempfile::TempDir;

use super::support::{kill, rclone_path, write};

/// Whose drafts and tests they are.
const OWNER: &str = "anna";

const SECRET: &str = "correct-horse-battery-staple";

/// A console's part that talks to rclone, with a data folder and a folder of files.
struct House {
    dir: TempDir,
    rclone: Rclone,
}

impl House {
    async fn new() -> Self {
        Self::with("").await
    }

    async fn with(conf: &str) -> Self {
        Self::with_bytes(conf.as_bytes()).await
    }

    async fn with_bytes(conf: &[u8]) -> Self {
        let dir = tempfile::tempdir().expect("a folder");
        fs::write(dir.path().join("rclone.conf"), conf).expect("written");
        let rclone = open(dir.path(), rclone_path()).await;
        Self { dir, rclone }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn text(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap_or_default()
    }

    fn local(&self, name: &str) -> Location {
        at(self.path(name).to_str().expect("UTF-8"))
    }

    fn copy(&self, source: &str, destination: &str, options: TransferOptions) -> Transfer {
        Transfer {
            operation: Operation::Copy,
            source: self.local(source),
            destination: Some(self.local(destination)),
            options,
        }
    }

    /// A run of a large file that would take minutes, under way.
    async fn slow_run(&self) -> PathBuf {
        write(self.dir.path(), "big/file.bin", &vec![7; 40 << 20]);
        let options = TransferOptions { bwlimit: Some("500k".into()), ..TransferOptions::default() };
        let dir = self.path("slow");
        self.rclone.start_run(&dir, &self.copy("big", "out", options), None).await.expect("started");
        assert_eq!(shim::inspect(&dir), Life::Alive);
        until("bytes to flow", async || {
            progress::stats(&dir).await.is_ok_and(|(stats, files)| stats.bytes > 0 && files.len() == 1)
        })
        .await;
        dir
    }
}

async fn open(data: &Path, binary: PathBuf) -> Rclone {
    Rclone::open(RcloneConfig { binary: Some(binary), ..config(data) }).await.expect("opened")
}

fn config(data: &Path) -> RcloneConfig {
    RcloneConfig {
        binary: Some(rclone_path()),
        master: data.join("rclone.conf"),
        // What may be used of this server is for others to test.
        roots: vec!["/".into()],
        data_dir: data.to_owned(),
        shim: env!("CARGO_BIN_EXE_longshore").into(),
        limit: Duration::from_secs(300),
        outbound: longshore::server::outbound::Outbound::default(),
    }
}

/// Makes a remote and saves it.
async fn create(
    rclone: &Rclone,
    name: &RemoteName,
    provider: &str,
    config: &BTreeMap<String, String>,
) -> Result<(), RcloneError> {
    rclone.save(rclone.draft(OWNER, name, provider, config, None).await?).await?.commit();
    rclone.forget().await;
    Ok(())
}

fn at(text: &str) -> Location {
    Location::parse(text).expect("a location")
}

fn name(text: &str) -> RemoteName {
    text.parse().expect("a name")
}

fn options(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
}

/// Waits for a condition.
async fn until(what: &str, mut condition: impl AsyncFnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(30);
    let mut ticks = tokio::time::interval(Duration::from_millis(20));
    while !condition().await {
        assert!(Instant::now() < deadline, "waited in vain for {what}");
        ticks.tick().await;
    }
}

async fn ended(dir: &Path) -> Life {
    until("the run to end", async || shim::inspect(dir) != Life::Alive).await;
    shim::inspect(dir)
}

/// The process ids of a run.
fn pids(dir: &Path) -> (i32, i32) {
    let json: serde_json::Value =
        serde_json::from_slice(&fs::read(dir.join("pids.json")).expect("read")).expect("json");
    ["shim", "rclone"]
        .map(|who| i32::try_from(json[who]["pid"].as_i64().expect("a number")).expect("a process id"))
        .into()
}

/// The command lines of all processes.
fn command_lines() -> Vec<(i32, String)> {
    let entries = fs::read_dir("/proc").expect("/proc").flatten();
    entries
        .filter_map(|entry| {
            let pid = entry.file_name().to_str()?.parse().ok()?;
            Some((pid, String::from_utf8_lossy(&fs::read(entry.path().join("cmdline")).ok()?).into_owned()))
        })
        .collect()
}

/// The warm rclone of the console with this data folder.
fn warm(data: &Path) -> Option<i32> {
    let data = data.to_str().expect("UTF-8");
    command_lines().into_iter().find(|(_, line)| line.contains("\0rcd\0") && line.contains(data)).map(|(pid, _)| pid)
}

/// Whether a process listens on a port.
fn listens_on_tcp(pid: i32) -> bool {
    let sockets: Vec<_> = fs::read_dir(format!("/proc/{pid}/fd"))
        .expect("its descriptors")
        .flatten()
        .filter_map(|fd| {
            fs::read_link(fd.path()).ok()?.to_str()?.strip_prefix("socket:[")?.strip_suffix(']').map(str::to_owned)
        })
        .collect();
    assert!(!sockets.is_empty(), "it has its own socket");
    ["tcp", "tcp6"].iter().any(|table| {
        let table = fs::read_to_string(format!("/proc/{pid}/net/{table}")).unwrap_or_default();
        table.lines().map(|line| line.split_whitespace().collect::<Vec<_>>()).any(|row| {
            // 0A is LISTEN.
            row.get(3) == Some(&"0A") && row.get(9).is_some_and(|inode| sockets.iter().any(|socket| socket == inode))
        })
    })
}
