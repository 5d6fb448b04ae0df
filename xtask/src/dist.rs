//! `cargo xtask dist`: one binary with the site in it, packed with what a person wants to read.

use std::{fs, process::Command};

use anyhow::{Context, Result};

use crate::{front, process, repo::Repo, server, site, steps::Steps, tools};

/// Builds the release and packs it as `target/dist/longshore-VERSION-TARGET.tar.gz`.
pub fn run(repo: &Repo, steps: &mut Steps) -> Result<()> {
    tools::for_build(steps)?;
    front::build(repo, steps, front::Profile::Release)?;
    let binary = server::build(repo, steps, true)?;
    steps.take("pack", || {
        let name = format!("longshore-{}-{}", env!("CARGO_PKG_VERSION"), host()?);
        let dist = repo.made("dist");
        let folder = dist.join(&name);
        site::remove(&folder)?;
        fs::create_dir_all(&folder)?;
        fs::copy(&binary, folder.join("longshore")).with_context(|| format!("copy {}", binary.display()))?;
        for file in ["LICENSE", "README.md"] {
            fs::copy(repo.root.join(file), folder.join(file)).with_context(|| format!("copy {file}"))?;
        }
        site::copy(&repo.root.join("docs"), &folder.join("docs"))?;
        let archive = format!("{name}.tar.gz");
        process::run(Command::new("tar").arg("-C").arg(&dist).args(["-czf", &archive]).arg(&name).current_dir(&dist))?;
        let sum = site::sha256(&fs::read(dist.join(&archive))?);
        fs::write(dist.join(format!("{archive}.sha256")), format!("{sum}  {archive}\n"))?;
        eprintln!("xtask: {}", dist.join(&archive).display());
        Ok(())
    })
}

/// The target that this machine builds for: `x86_64-unknown-linux-gnu`.
fn host() -> Result<String> {
    let version = process::output(Command::new("rustc").arg("-vV"))?;
    version.lines().find_map(|line| line.strip_prefix("host: ")).map(str::to_owned).context("rustc names its host")
}
