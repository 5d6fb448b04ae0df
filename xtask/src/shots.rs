//! `cargo xtask shots`: pictures of every page, both themes, both sizes, to be opened and judged.

use anyhow::Result;

use crate::{browser, front, repo::Repo, steps::Steps};

/// Makes them anew under `target/shots`. `args` go to the runner.
pub fn run(repo: &Repo, steps: &mut Steps, args: &[String]) -> Result<()> {
    let Some(parts) = browser::prepare(repo, steps, front::Profile::Debug)? else { return Ok(()) };
    browser::run(repo, steps, &parts, "shots", args)?;
    eprintln!("xtask: pictures are in {}", repo.made("shots").display());
    Ok(())
}
