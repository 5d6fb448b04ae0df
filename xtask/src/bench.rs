//! `cargo xtask bench`: measures the release. What is measured, and how: `bench/README.md`.

use anyhow::Result;

use crate::{browser, front, repo::Repo, steps::Steps};

/// Prints the table and writes `bench/results.md`. `args` go to the runner.
pub fn run(repo: &Repo, steps: &mut Steps, args: &[String]) -> Result<()> {
    let Some(parts) = browser::prepare(repo, steps, front::Profile::Release)? else { return Ok(()) };
    browser::run(repo, steps, &parts, "bench", args)
}
