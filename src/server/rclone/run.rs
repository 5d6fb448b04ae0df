//! Starts runs: each an rclone of its own, which needs neither us nor the warm one.

use std::path::Path;

use super::{GRACE_SECS, Rclone, RcloneError, Transfer, UMASK, bisync, blocking, command, shim};
use crate::domain::{run::Operation, transfer::TransferOptions};

/// How many seconds a bisync may clean up: it finishes what it is at and notes it. Up to 31 s were seen.
const BISYNC_GRACE_SECS: u64 = 45;

impl Rclone {
    /// Starts a run in the new folder `dir`; of `only` these files, when they are named. Returns when rclone runs; from then on it does not need
    /// us.
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
        let list = only.map(|names| names.iter().flat_map(|name| [name.as_bytes(), b"\0"]).flatten().copied().collect::<Vec<_>>());
        let only = only.map(|_| dir.join(shim::ONLY));
        let workdir = bisync::workdir(&self.0.bisync, transfer);
        let grace_secs = if transfer.operation == Operation::Bisync {
            let workdir = workdir.clone();
            blocking(move || bisync::prepare(&workdir)).await?;
            BISYNC_GRACE_SECS
        } else {
            GRACE_SECS
        };
        let args = command::transfer(transfer, self.0.vault.working(), dir, &workdir, only.as_deref());
        let plan = shim::Plan {
            program: binary.path,
            args: args.into_iter().map(Into::into).collect(),
            env: command::environment().into_iter().map(|(name, value)| (name.into(), value.into())).collect(),
            umask: UMASK,
            grace_secs,
        };
        shim::start(dir, &plan, list.as_deref(), &self.0.shim).await?;
        self.hold(dir, transfer.places()).await;
        Ok(())
    }
}
