//! Where things lie in the repository.

use std::{env, fs, path::PathBuf};

use anyhow::{Context, Result};

use crate::process;

/// The paths that the commands share.
pub struct Repo {
    /// The repository.
    pub root: PathBuf,
    /// cargo's target directory: `target`, or what `CARGO_TARGET_DIR` says.
    pub cargo_target: PathBuf,
}

impl Repo {
    /// Finds the repository that this program was built in, and goes there.
    pub fn find() -> Result<Self> {
        let root =
            PathBuf::from(env!("CARGO_MANIFEST_DIR")).parent().context("xtask lies in a repository")?.to_path_buf();
        env::set_current_dir(&root).with_context(|| format!("go to {}", root.display()))?;
        let metadata = process::output(process::cargo().args(["metadata", "--no-deps", "--format-version", "1"]))?;
        let metadata: serde_json::Value = serde_json::from_str(&metadata).context("read what cargo metadata says")?;
        let cargo_target =
            metadata["target_directory"].as_str().context("cargo metadata names the target directory")?.into();
        let repo = Self { root, cargo_target };
        // The server embeds this folder when it is compiled: it has to be there even when only the server is built.
        fs::create_dir_all(repo.site())?;
        Ok(repo)
    }

    /// A folder for what these commands make. Always below the repository: the server looks for `target/site` there.
    pub fn made(&self, name: &str) -> PathBuf {
        self.root.join("target").join(name)
    }

    /// What the browser is given.
    pub fn site(&self) -> PathBuf {
        self.made("site")
    }

    /// The end-to-end tests.
    pub fn end2end(&self) -> PathBuf {
        self.root.join("end2end")
    }
}
