//! Python packages, in environments of their own: pinned by a file with their hashes, kept under `target/tools`.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result};

use super::packages;
use crate::{process, repo::Repo, site};

/// schemathesis, installed from `xtask/fuzz/requirements.txt`.
pub fn schemathesis(repo: &Repo) -> Result<PathBuf> {
    Ok(environment(repo, "xtask/fuzz/requirements.txt", "schemathesis")?.join("bin/schemathesis"))
}

/// Servers for the integration tests (moto, `WsgiDAV`) and a generator of clients, installed from
/// `xtask/peers/requirements.txt`. The answer is the folder of their programs; it has a Python that can import what a
/// generated client needs.
pub fn peers(repo: &Repo) -> Result<PathBuf> {
    Ok(environment(repo, "xtask/peers/requirements.txt", "peers")?.join("bin"))
}

/// An environment with these requirements, unless what is there was installed from this very file.
fn environment(repo: &Repo, requirements: &str, name: &str) -> Result<PathBuf> {
    let requirements = repo.root.join(requirements);
    let environment = repo.made("tools").join(name);
    let python = environment.join("bin/python");
    let wanted = site::sha256(&fs::read(&requirements).with_context(|| format!("read {}", requirements.display()))?);
    let stamp = environment.join("installed-from");
    let is_there = fs::read_to_string(&stamp).is_ok_and(|last| last == wanted);
    // The Python that an environment was made with may be gone.
    if is_there && process::succeeds(Command::new(&python).args(["-c", "import pip"])) {
        return Ok(environment);
    }
    make(&environment)?;
    process::run(
        Command::new(&python)
            .args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input"])
            .args(["--require-hashes", "--only-binary=:all:", "--requirement"])
            .arg(&requirements),
    )?;
    fs::write(&stamp, wanted).with_context(|| format!("write {}", stamp.display()))?;
    Ok(environment)
}

/// An empty environment. Debian keeps what it takes apart from Python.
fn make(environment: &Path) -> Result<()> {
    site::remove(environment)?;
    if !process::succeeds(Command::new("python3").args(["-c", "import ensurepip, venv"])) {
        packages::venv()?;
    }
    process::run(Command::new("python3").args(["-m", "venv"]).arg(environment))
}
