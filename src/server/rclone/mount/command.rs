//! The command line of a mount.

use std::{ffi::OsString, path::Path};

use crate::server::rclone::program::{
    args::{os_args, target},
    run_dir,
};

use super::MountOptions;

/// A mount: in the foreground, its log in `dir`, its remote control on the socket that it is given.
#[must_use]
pub fn mount(plan: &MountOptions, conf: &Path, dir: &Path) -> Vec<OsString> {
    let mut args = os_args(&["mount", "--config"]);
    args.push(conf.into());
    args.extend(os_args(&[
        "--ask-password=false",
        "--color=NEVER",
        "--use-json-log",
        "--log-level=NOTICE",
        "--log-file",
    ]));
    args.push(dir.join(run_dir::LOG).into());
    args.extend(os_args(&[
        "--log-file-max-size=4M",
        "--log-file-max-backups=1",
        "--rc",
        "--rc-no-auth",
        "--rc-job-expire-duration=2s",
        "--rc-job-expire-interval=1s",
        "--contimeout=15s",
        "--timeout=1m",
        // Programs write files in any order; without a cache most remotes take them only from front to back.
        "--vfs-cache-mode=writes",
        "--cache-dir",
    ]));
    args.push(dir.join("cache").into());
    let switches = [("--read-only", plan.read_only), ("--allow-other", plan.allow_other)];
    args.extend(switches.iter().filter(|(_, on)| *on).map(|(flag, _)| flag.into()));
    args.push("--".into());
    args.push(target(&plan.location).into());
    args.push(plan.mount_point.clone().into());
    args
}
