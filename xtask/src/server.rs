//! Builds the binary.

use std::path::PathBuf;

use anyhow::Result;

use crate::{process, repo::Repo, steps::Steps};

/// The step that builds the tests, and the binary that they start.
pub const TESTS: &str = "build tests";

/// Builds `longshore` and says where it lies. The release holds the site, so build that first.
pub fn build(repo: &Repo, steps: &mut Steps, release: bool) -> Result<PathBuf> {
    let binary = repo.cargo_target.join(if release { "release" } else { "debug" }).join("longshore");
    // The tests' build made it already, with the features of the tests: another build would make every dependency anew.
    if !release && steps.took(TESTS) {
        return Ok(binary);
    }
    let mut cargo = process::cargo();
    cargo.args(["build", "--package", "longshore", "--bin", "longshore"]);
    if release {
        cargo.arg("--release");
    }
    steps.take(if release { "server (release)" } else { "server" }, || process::run(&mut cargo))?;
    Ok(binary)
}
