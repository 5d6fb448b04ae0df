//! `cargo xtask run`: from a clean clone to a console that answers.

use std::{os::unix::process::CommandExt, process::Command};

use anyhow::{Context, Result};

use crate::{front, repo::Repo, server, steps::Steps, tools};

/// Builds what changed, then becomes `longshore serve`.
pub fn run(repo: &Repo, steps: &mut Steps, args: &[String]) -> Result<()> {
    let rclone = tools::for_run(repo, steps)?;
    front::build(repo, steps, front::Profile::Debug)?;
    let binary = server::build(repo, steps, false)?;
    let mut serve = Command::new(&binary);
    serve.arg("serve").args(args);
    // A person's own choice, by flag or environment, comes first.
    if std::env::var_os("LONGSHORE_RCLONE").is_none() {
        serve.env("LONGSHORE_RCLONE", rclone);
    }
    // Only returns when it could not be started.
    Err(serve.exec()).with_context(|| format!("start {}", binary.display()))
}
