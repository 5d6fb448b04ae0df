//! The look ahead of a run that can delete: a dry run of the same, by an rclone of its own that ends with the console.
//! It changes nothing, so it may be killed at any time.

use std::{
    fs, io,
    os::unix::fs::DirBuilderExt as _,
    path::{Path, PathBuf},
    process::Stdio,
};

use serde_json::json;
use tokio::process::Child;

use crate::{
    domain::{location::Location, run::stats::Stats, transfer::TransferOptions},
    server::rclone::{
        error::{During as _, RcloneError},
        log,
        manager::Rclone,
        program::{args, run_dir, sandbox::Reach, spawn::Process},
        rc::client::SLOW,
        shim, wire,
    },
};

use super::{
    command,
    comparison::{self, Comparison},
    filters,
    transfer::Transfer,
};

/// A look ahead that goes on. Dropped, it ends.
#[derive(Debug)]
pub struct Preflight {
    child: Child,
    dir: PathBuf,
    /// Whether it looks at the destination twice.
    twice: bool,
}

/// What it found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// rclone's exit code.
    pub exit_code: Option<i32>,
    /// Its final statistics, when it came to write them.
    pub stats: Option<Stats>,
    /// How many files are on which side.
    pub comparison: Comparison,
    /// Why it failed, as rclone says, without secrets.
    pub headline: Option<String>,
}

impl Rclone {
    /// Begins to look ahead, in the new folder `dir`.
    pub async fn preflight(&self, dir: &Path, transfer: &Transfer) -> Result<Preflight, RcloneError> {
        let binary = self.0.binary()?;
        self.prepare(transfer.places()).await?;
        let options = TransferOptions { dry_run: true, max_delete: None, ..transfer.options.clone() };
        let transfer = Transfer { options, ..transfer.clone() };
        let make = |dir: &Path| fs::DirBuilder::new().mode(0o700).create(dir);
        make(dir).during("could not make a folder for a guard")?;
        let args = command::preflight(&transfer, self.0.store.working(), dir);
        let reach = Reach::Sandbox(self.sandbox(dir, &transfer, false).await?);
        let process = Process { umask: Some(0o077), ..Process::new(binary.path, args, args::environment(), reach) };
        let errors = fs::File::create_new(dir.join(run_dir::STDERR)).during("could not make a file for a guard")?;
        let streams = move |command: &mut tokio::process::Command| {
            command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(errors);
        };
        let child = self.0.spawner.spawn(process, streams).await.during("could not start rclone")?;
        Ok(Preflight { child, dir: dir.to_owned(), twice: filters::looks_twice(&transfer.options) })
    }

    /// Whether a file is there.
    ///
    /// # Errors
    /// When nobody can tell.
    pub async fn exists(&self, location: &Location) -> Result<bool, RcloneError> {
        let (Some(folder), Some(name)) = (location.parent(), location.segments().pop()) else { return Ok(true) };
        self.prepare([location]).await?;
        let asked = json!({ "fs": args::target(&folder), "remote": name });
        match self.0.daemon.call::<wire::Stat>("operations/stat", &asked, SLOW).await {
            Ok(answer) => Ok(answer.item.is_some()),
            Err(RcloneError::NotFound) => Ok(false),
            Err(error) => Err(error),
        }
    }
}

impl Preflight {
    /// Its folder: its log is there.
    #[must_use]
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// Bytes that it has read from anywhere until now. `None` when it has ended.
    #[must_use]
    pub fn bytes_read(&self) -> Option<u64> {
        shim::bytes_read_by(self.child.id()?)
    }

    /// Waits until it has ended, and tells what it found.
    pub async fn wait(&mut self) -> io::Result<Plan> {
        let status = self.child.wait().await?;
        let (dir, twice) = (self.dir.clone(), self.twice);
        let read = move || {
            let finish = log::finish(&dir);
            let comparison = Comparison::read(&dir.join(comparison::FILE), twice)?;
            Ok(Plan { exit_code: status.code(), stats: finish.stats, comparison, headline: finish.headline })
        };
        tokio::task::spawn_blocking(read).await.map_err(io::Error::other)?
    }
}

impl Drop for Preflight {
    fn drop(&mut self) {
        let _ = self.child.start_kill();
        let _ = fs::remove_dir_all(&self.dir);
    }
}
