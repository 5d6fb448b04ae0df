//! Starts Playwright on one of the projects of `end2end/playwright.config.ts`.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::Result;

use crate::{front, process, repo::Repo, server, steps::Steps, tools};

/// What the runner is given.
pub struct Parts {
    binary: PathBuf,
    rclone: PathBuf,
    chromium: PathBuf,
}

/// Gets ready: tools, site, server. `None` when there is no browser here, and that may be passed over.
pub fn prepare(repo: &Repo, steps: &mut Steps, profile: front::Profile) -> Result<Option<Parts>> {
    let rclone = tools::for_run(repo, steps)?;
    let Some(chromium) = tools::for_browser(repo, steps)? else { return Ok(None) };
    front::build(repo, steps, profile)?;
    let binary = server::build(repo, steps, profile == front::Profile::Release)?;
    Ok(Some(Parts { binary, rclone, chromium }))
}

/// Runs one project. `args` go to the runner: a file, `--grep`, `--headed`.
pub fn run(repo: &Repo, steps: &mut Steps, parts: &Parts, project: &str, args: &[String]) -> Result<()> {
    steps.take(&format!("browser: {project}"), || process::run(&mut command(repo, parts, project, args)))
}

fn command(repo: &Repo, parts: &Parts, project: &str, args: &[String]) -> Command {
    let path = |path: &Path| path.as_os_str().to_owned();
    let mut command = Command::new(repo.end2end().join("node_modules/.bin/playwright"));
    command
        .current_dir(repo.end2end())
        .arg("test")
        .arg(format!("--project={project}"))
        .args(args)
        .env("LONGSHORE_BIN", path(&parts.binary))
        .env("LONGSHORE_RCLONE", path(&parts.rclone))
        .env("CHROMIUM", path(&parts.chromium))
        .env("LONGSHORE_SHOTS", path(&repo.made("shots")));
    command
}
