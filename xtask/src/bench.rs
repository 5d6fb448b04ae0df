//! `cargo xtask bench`: measures the release. What is measured, and how: `bench/README.md`.

use anyhow::Result;

use crate::{browser, front, process, repo::Repo, steps::Steps};

/// Prints the table and writes `bench/results.md`. `args` go to the runner.
pub fn run(repo: &Repo, steps: &mut Steps, args: &[String]) -> Result<()> {
    let Some(parts) = browser::prepare(repo, steps, front::Profile::Release)? else { return Ok(()) };
    // Its figures are taken into the table by what follows.
    steps.take("a million runs", || {
        process::run(process::cargo().args(["bench", "--package", "longshore", "--bench", "history"]))
    })?;
    browser::run(repo, steps, &parts, "bench", args)
}
