//! What a fresh machine lacks: found, or fetched, or named.

pub mod node;
pub mod packages;
pub mod python;
pub mod rclone;

use std::{
    env,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Result, bail};

use crate::{process, repo::Repo, steps::Steps};

/// What every build needs: the target that the browser's code is compiled for.
pub fn for_build(steps: &mut Steps) -> Result<()> {
    steps.take("wasm target", || {
        let target = "wasm32-unknown-unknown";
        let sysroot = process::output(Command::new("rustc").args(["--print", "sysroot"]))?;
        // rustup takes a second to say that there is nothing to do; and a toolchain of a distribution has no rustup.
        if Path::new(sysroot.trim()).join("lib/rustlib").join(target).exists() {
            return Ok(());
        }
        process::run(Command::new("rustup").args(["target", "add", target]))
    })
}

/// What running the console needs. The answer is rclone's path.
pub fn for_run(repo: &Repo, steps: &mut Steps) -> Result<PathBuf> {
    for_build(steps)?;
    steps.take("rclone", || rclone::find_or_fetch(repo))
}

/// What the end-to-end tests need. `None` when it cannot be had here, and that may be passed over.
pub fn for_browser(repo: &Repo, steps: &mut Steps) -> Result<Option<PathBuf>> {
    let Some(browser) = steps.take("chromium", || or_skip("the end-to-end tests", packages::chromium()))? else {
        return Ok(None);
    };
    fuse(steps)?;
    steps.take("npm packages", || node::install(&repo.end2end()))?;
    Ok(Some(browser))
}

/// What asks the API. `None` when it cannot be had here, and that may be passed over.
pub fn for_fuzzing(repo: &Repo, steps: &mut Steps) -> Result<Option<PathBuf>> {
    steps.take("schemathesis", || or_skip("the fuzzing of the API", python::schemathesis(repo)))
}

/// What the integration tests need beside rclone: servers to talk to, and programs whose files are transferred.
/// The answer is the folder with those that come from `PyPI`, if they can be had here.
pub fn peers(repo: &Repo, steps: &mut Steps) -> Result<Option<PathBuf>> {
    steps.take("peers (Debian)", || {
        packages::TOOLS.iter().try_for_each(|tool| or_skip(tool.skipped, packages::tool(tool)).map(drop))
    })?;
    steps.take("peers (PyPI)", || or_skip("the tests with moto, WsgiDAV and a generated client", python::peers(repo)))
}

fn fuse(steps: &mut Steps) -> Result<()> {
    steps.take("fuse3", || or_skip("the tests of mounts", packages::fuse())).map(drop)
}

/// In CI nothing is passed over. On a laptop it is, aloud.
fn or_skip(what: &str, found: Result<PathBuf>) -> Result<Option<PathBuf>> {
    match found {
        Ok(path) => Ok(Some(path)),
        Err(error) if ci() => Err(error),
        Err(error) => {
            eprintln!("xtask: SKIPPED: {what}: {error:#}");
            Ok(None)
        }
    }
}

/// Whether this is a CI run.
pub fn ci() -> bool {
    env::var("CI").is_ok_and(|value| !matches!(value.as_str(), "" | "0" | "false"))
}

/// Puts a program's folder first on `PATH`, for programs that look for it there.
pub fn first_on_path(command: &mut Command, program: &Path) -> Result<()> {
    let Some(folder) = program.parent() else { bail!("{} lies in no folder", program.display()) };
    let path = env::var_os("PATH").unwrap_or_default();
    let all = std::iter::once(folder.to_path_buf()).chain(env::split_paths(&path));
    command.env("PATH", env::join_paths(all)?);
    Ok(())
}
