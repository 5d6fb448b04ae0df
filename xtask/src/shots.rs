//! `cargo xtask shots`: pictures of every page, both themes, both sizes, to be opened and judged.

use std::{fs, io};

use anyhow::{Context as _, Result};

use crate::{browser, front, repo::Repo, steps::Steps};

/// Makes them anew under `target/shots`. `args` go to the runner.
pub fn run(repo: &Repo, steps: &mut Steps, args: &[String]) -> Result<()> {
    let Some(parts) = browser::prepare(repo, steps, front::Profile::Debug)? else { return Ok(()) };
    remove_old(repo)?;
    browser::run(repo, steps, &parts, "shots", args)?;
    eprintln!("xtask: pictures are in {}", repo.made("shots").display());
    Ok(())
}

/// Pictures of pages that are no longer there would be judged as well.
fn remove_old(repo: &Repo) -> Result<()> {
    match fs::remove_dir_all(repo.made("shots")) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error).context("remove the old pictures"),
        _ => Ok(()),
    }
}
