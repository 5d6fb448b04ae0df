//! Starts runs: each an rclone of its own, which needs neither us nor the warm one.

use std::path::{Path, PathBuf};

use super::{bisync, command, transfer::Transfer};
use crate::{
    domain::{location::Location, operation::Operation, transfer::TransferOptions},
    server::rclone::{
        error::RcloneError,
        manager::{Rclone, resolve::Opened},
        program::{
            args, run_dir,
            sandbox::{Reach, Sandbox},
            spec::{GRACE_SECS, RunSpec, UMASK},
            tasks::blocking,
        },
        shim,
    },
};

/// How many seconds a bisync may clean up: it finishes what it is at and notes it. Up to 31 s were seen.
const BISYNC_GRACE_SECS: u64 = 45;

impl Rclone {
    /// Starts a run in the new folder `dir`; of `only` these files, when they are named. Returns when rclone runs; from
    /// then on it does not need us.
    pub async fn start_run(&self, dir: &Path, transfer: &Transfer, only: Option<&[String]>) -> Result<(), RcloneError> {
        let binary = self.0.binary()?;
        let names = self.names().await?;
        for location in transfer.places() {
            if !location.is_local() && !names.contains(location.remote()) {
                return Err(RcloneError::UnknownRemote);
            }
        }
        // Once more: it may have waited while rclone or Longshore became another.
        let options = &transfer.options;
        let flags = self.check_flags(transfer.operation, &options.flags).await?;
        let transfer = &Transfer { options: TransferOptions { flags, ..options.clone() }, ..transfer.clone() };
        self.prepare(transfer.places()).await?;
        let list = only
            .map(|names| names.iter().flat_map(|name| [name.as_bytes(), b"\0"]).flatten().copied().collect::<Vec<_>>());
        let only = only.map(|_| dir.join(run_dir::ONLY));
        let workdir = bisync::workdir(&self.0.bisync, transfer);
        let grace_secs = if transfer.operation == Operation::Bisync {
            let workdir = workdir.clone();
            blocking(move || bisync::prepare(&workdir)).await?;
            BISYNC_GRACE_SECS
        } else {
            GRACE_SECS
        };
        let options = &transfer.options;
        let args = command::transfer(transfer, self.0.store.working(), dir, &workdir, only.as_deref());
        let spec = RunSpec {
            program: binary.path,
            args: args.into_iter().map(Into::into).collect(),
            env: args::environment().into_iter().map(|(name, value)| (name.into(), value.into())).collect(),
            umask: UMASK,
            grace_secs,
            reach: Reach::Sandbox(self.sandbox(dir, transfer, !options.dry_run).await?.writing(&workdir)),
            operation: Some(transfer.operation),
            backup: options.backup_dir.is_some(),
            workdir: (transfer.operation == Operation::Bisync).then(|| workdir.into_os_string().into()),
        };
        shim::start(dir, &spec, list.as_deref(), &self.0.shim).await?;
        self.hold(dir, transfer.places()).await;
        Ok(())
    }

    /// The sandbox of an rclone that does `transfer` in the folder `dir`: it reads what the run reads, and changes what
    /// the run changes when it `writes` at all.
    pub(in crate::server::rclone) async fn sandbox(
        &self,
        dir: &Path,
        transfer: &Transfer,
        writes: bool,
    ) -> Result<Sandbox, RcloneError> {
        let operation = transfer.operation;
        let backup = transfer.options.backup_dir.as_deref().and_then(|text| Location::parse(text).ok());
        let used = [
            (Some(&transfer.source), operation.writes_source()),
            (transfer.destination.as_ref(), operation.writes_destination()),
            (backup.as_ref(), true),
        ];
        let (mut reads, mut changes) = (Vec::new(), Vec::new());
        for (location, changed) in used {
            let Some(location) = location else { continue };
            let opened = match self.resolve(location).await {
                Ok(resolved) => resolved.opened,
                // It leads nowhere, so nothing of this server is needed; rclone says what is wrong with it.
                Err(RcloneError::UnknownRemote | RcloneError::Invalid { .. }) => Vec::new(),
                Err(error) => return Err(error),
            };
            let paths = opened.iter().filter_map(|opened| match opened {
                Opened::Disk(path) => Some(real_path(path)),
                Opened::Remote(_) => None,
            });
            if writes && changed { changes.extend(paths) } else { reads.extend(paths) }
        }
        let saves = self.saves(used.iter().filter_map(|(location, _)| *location)).await?;
        self.0.sandboxes.run(dir, &reads, &changes, saves).await
    }
}

/// With every link on its way followed, as far as it is there.
fn real_path(path: &Path) -> PathBuf {
    let there = path.ancestors().find_map(|ancestor| Some((ancestor, ancestor.canonicalize().ok()?)));
    there.map_or_else(
        || path.to_owned(),
        |(ancestor, real)| path.strip_prefix(ancestor).map_or(real.clone(), |rest| real.join(rest)),
    )
}
