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
    find_or_install(&["chromium", "chromium-browser", "google-chrome-stable", "google-chrome"], "chromium", &[])
}

/// A program that the integration tests need, and the package that has it.
pub struct Tool {
    /// The program.
    pub program: &'static str,
    /// Debian's package.
    pub package: &'static str,
    /// The services that the package would start, now and with each start of the machine. It starts none: tests start
    /// the program themselves, with their own folder and port.
    services: &'static [&'static str],
    /// What is skipped without it.
    pub skipped: &'static str,
}

/// What the integration tests need beside rclone.
pub const TOOLS: [Tool; 9] = [
    Tool { program: "sshd", package: "openssh-server", services: &["ssh"], skipped: "the tests over SFTP" },
    Tool { program: "vsftpd", package: "vsftpd", services: &["vsftpd"], skipped: "the tests over FTP" },
    Tool {
        program: "smbd",
        package: "samba",
        services: &["smbd", "nmbd", "samba-ad-dc"],
        skipped: "the tests over SMB",
    },
    Tool { program: "apache2", package: "apache2-bin", services: &[], skipped: "the tests with mod_dav" },
    Tool { program: "nginx", package: "nginx", services: &["nginx"], skipped: "the tests over HTTP" },
    Tool {
        program: "openssl",
        package: "openssl",
        services: &[],
        skipped: "the tests with peers that have accounts or certificates",
    },
    Tool { program: "borg", package: "borgbackup", services: &[], skipped: "the test with a Borg repository" },
    Tool { program: "restic", package: "restic", services: &[], skipped: "the test with a restic repository" },
    Tool { program: "fusermount3", package: "fuse3", services: &[], skipped: "the tests of mounts" },
];

/// What mounts a file system without being root.
pub fn fuse() -> Result<PathBuf> {
    find_or_install(&["fusermount3"], "fuse3", &[])
}

/// One of [`TOOLS`].
pub fn tool(tool: &Tool) -> Result<PathBuf> {
    find_or_install(&[tool.program], tool.package, tool.services)
}

/// pip, which Debian keeps apart from Python.
pub fn pip() -> Result<()> {
    if !process::succeeds(Command::new("python3").args(["-m", "pip", "--version"])) {
        install("python3-pip", &[])?;
    }
    Ok(())
}

/// What Python makes its environments with, which Debian keeps apart as well.
pub fn venv() -> Result<()> {
    install("python3-venv", &[])
}

fn find_or_install(programs: &[&str], package: &str, services: &[&str]) -> Result<PathBuf> {
    let find = || programs.iter().find_map(|program| process::find(program));
    if let Some(found) = find() {
        return Ok(found);
    }
    install(package, services)?;
    find().with_context(|| format!("the package {package} is installed, but has no {}", programs.join(", ")))
}

/// Installs `$1` without starting a service, and keeps the services that follow from being started with the machine.
/// A fresh machine has no lists, or stale ones: they are fetched only when they are needed.
const INSTALL: &str = r#"
set -e
policy=/usr/sbin/policy-rc.d
if [ ! -e $policy ]; then
    trap 'rm -f /usr/sbin/policy-rc.d' EXIT
    trap 'exit 1' HUP INT TERM
    printf '#!/bin/sh\nexit 101\n' > $policy
    chmod 755 $policy
fi
export DEBIAN_FRONTEND=noninteractive
package=$1
shift
install() { apt-get -qq install -y --no-install-recommends "$package"; }
install > /dev/null 2>&1 || { apt-get -qq update; install; }
for service; do
    if [ -e "/etc/init.d/$service" ]; then update-rc.d "$service" disable > /dev/null; fi
done
"#;

fn install(package: &str, services: &[&str]) -> Result<()> {
    if process::find("apt-get").is_none() {
        bail!("install the package {package} (that is its name on Debian)");
    }
    let root = process::output(Command::new("id").arg("-u"))?.trim() == "0";
    if !root && !process::succeeds(Command::new("sudo").args(["-n", "true"])) {
        bail!("install it with: sudo apt-get install {package}");
    }
    let mut command = if root { Command::new("sh") } else { Command::new("sudo") };
    if !root {
        command.args(["-n", "sh"]);
    }
    eprintln!("xtask: installing the package {package}");
    process::run(command.args(["-c", INSTALL, "install", package]).args(services))
}
