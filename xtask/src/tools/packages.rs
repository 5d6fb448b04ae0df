//! Programs of the distribution. Installed on Debian and its kin where that needs no question; elsewhere only named.

use std::{
    env,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result, bail};

use crate::process;

/// A Chromium for the end-to-end tests: `CHROMIUM`, an installed one, or the package.
pub fn chromium() -> Result<PathBuf> {
    if let Some(chosen) = env::var_os("CHROMIUM") {
        return Ok(chosen.into());
    }
    let mac = Path::new("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome");
    if mac.is_file() {
        return Ok(mac.to_path_buf());
    }
    find_or_install(&["chromium", "chromium-browser", "google-chrome-stable", "google-chrome"], "chromium")
}

/// An SSH server that tests start for themselves, with their own keys and port.
pub fn sshd() -> Result<PathBuf> {
    find_or_install(&["sshd"], "openssh-server")
}

/// What mounts a file system without being root.
pub fn fuse() -> Result<PathBuf> {
    find_or_install(&["fusermount3"], "fuse3")
}

/// Borg, whose repositories people sync.
pub fn borg() -> Result<PathBuf> {
    find_or_install(&["borg"], "borgbackup")
}

/// restic, for the same.
pub fn restic() -> Result<PathBuf> {
    find_or_install(&["restic"], "restic")
}

/// pip, which Debian keeps apart from Python.
pub fn pip() -> Result<()> {
    if !process::succeeds(Command::new("python3").args(["-m", "pip", "--version"])) {
        install("python3-pip")?;
    }
    Ok(())
}

/// What Python makes its environments with, which Debian keeps apart as well.
pub fn venv() -> Result<()> {
    install("python3-venv")
}

fn find_or_install(programs: &[&str], package: &str) -> Result<PathBuf> {
    let find = || programs.iter().find_map(|program| process::find(program));
    if let Some(found) = find() {
        return Ok(found);
    }
    install(package)?;
    find().with_context(|| format!("the package {package} is installed, but has no {}", programs.join(", ")))
}

fn install(package: &str) -> Result<()> {
    if process::find("apt-get").is_none() {
        bail!("install the package {package} (that is its name on Debian)");
    }
    let root = process::output(Command::new("id").arg("-u"))?.trim() == "0";
    if !root && !process::succeeds(Command::new("sudo").args(["-n", "true"])) {
        bail!("install it with: sudo apt-get install {package}");
    }
    let apt = |args: &[&str]| {
        let mut command = if root { Command::new("apt-get") } else { Command::new("sudo") };
        if !root {
            command.args(["-n", "env", "DEBIAN_FRONTEND=noninteractive", "apt-get"]);
        }
        command.env("DEBIAN_FRONTEND", "noninteractive").arg("-qq").args(args);
        command
    };
    eprintln!("xtask: installing the package {package}");
    let install = ["install", "-y", "--no-install-recommends", package];
    // A fresh machine has no lists, or stale ones: fetch them only when they are needed.
    if process::succeeds(&mut apt(&install)) {
        return Ok(());
    }
    process::run(&mut apt(&["update"]))?;
    process::run(&mut apt(&install))
}
