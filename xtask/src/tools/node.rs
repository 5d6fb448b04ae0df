//! npm packages: those of the end-to-end tests, and those that show the API's description.

use std::{fs, path::Path, process::Command};

use anyhow::{Context, Result, ensure};

use crate::{process, site};

/// `npm ci`, unless what is installed was installed from this very lock file.
pub fn install(folder: &Path) -> Result<()> {
    let lock = folder.join("package-lock.json");
    let wanted = site::sha256(&fs::read(&lock).with_context(|| format!("read {}", lock.display()))?);
    let stamp = folder.join("node_modules/.installed-from");
    if fs::read_to_string(&stamp).is_ok_and(|last| last == wanted) {
        return Ok(());
    }
    ensure!(
        process::find("npm").is_some(),
        "install node 20 or newer with npm: a part of the site comes from there, and the end-to-end tests are made of it"
    );
    // The browser comes from the distribution: Playwright is not to download its own.
    process::run(
        Command::new("npm")
            .args(["ci", "--no-audit", "--no-fund"])
            .env("PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD", "1")
            .current_dir(folder),
    )?;
    fs::write(&stamp, wanted).with_context(|| format!("write {}", stamp.display()))
}
