//! The command line of the rclone that answers over its remote control.

use std::{ffi::OsString, path::Path};

use crate::server::rclone::program::args::{environment, os_args};

/// The warm rclone that browses, and the one that makes a draft. User and password are in the environment, not here.
#[must_use]
pub fn rcd(conf: &Path, log: &Path) -> Vec<OsString> {
    let mut args = os_args(&["rcd", "--config"]);
    args.push(conf.into());
    args.extend(os_args(&[
        "--ask-password=false",
        // Each answer is kept as a job; 60 s of listings would fill the memory.
        "--rc-job-expire-duration=2s",
        "--rc-job-expire-interval=1s",
        // A screen waits: limits per call are not honoured everywhere, these are.
        "--contimeout=5s",
        "--timeout=10s",
        "--low-level-retries=1",
        "--use-json-log",
        "--log-level=NOTICE",
        "--log-file-max-size=1M",
        "--log-file-max-backups=1",
        "--log-file",
    ]));
    args.push(log.into());
    args
}

/// What [`rcd`] needs in its environment.
#[must_use]
pub fn rcd_environment(user: &str, password: &str) -> Vec<(OsString, OsString)> {
    let own = [("RCLONE_RC_USER", user), ("RCLONE_RC_PASS", password), ("GOMEMLIMIT", "256MiB")];
    environment().into_iter().chain(own.map(|(name, value)| (name.into(), value.into()))).collect()
}
