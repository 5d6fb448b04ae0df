//! Python packages, in an environment of their own: pinned by a file with their hashes, kept under `target/tools`.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result};

use super::packages;
use crate::{process, repo::Repo, site};

/// schemathesis, installed from `xtask/fuzz/requirements.txt`, unless what is there was installed from this very file.
pub fn schemathesis(repo: &Repo) -> Result<PathBuf> {
    let requirements = repo.root.join("xtask/fuzz/requirements.txt");
    let environment = repo.made("tools").join("schemathesis");
    let program = environment.join("bin/schemathesis");
    let wanted = site::sha256(&fs::read(&requirements).with_context(|| format!("read {}", requirements.display()))?);
    let stamp = environment.join("installed-from");
    let is_there = fs::read_to_string(&stamp).is_ok_and(|last| last == wanted);
    // The Python that an environment was made with may be gone.
    if is_there && process::succeeds(Command::new(&program).arg("--version")) {
        return Ok(program);
    }
    make(&environment)?;
    process::run(
        Command::new(environment.join("bin/python"))
            .args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input"])
            .args(["--require-hashes", "--only-binary=:all:", "--requirement"])
            .arg(&requirements),
    )?;
    fs::write(&stamp, wanted).with_context(|| format!("write {}", stamp.display()))?;
    Ok(program)
}

/// An empty environment. Debian keeps what it takes apart from Python.
fn make(environment: &Path) -> Result<()> {
    site::remove(environment)?;
    if !process::succeeds(Command::new("python3").args(["-c", "import ensurepip, venv"])) {
        packages::venv()?;
    }
    process::run(Command::new("python3").args(["-m", "venv"]).arg(environment))
}
