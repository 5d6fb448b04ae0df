//! The rclone program: where it is, and whether it is new enough.

use std::{
    collections::BTreeSet,
    env, fmt,
    os::unix::fs::{MetadataExt as _, PermissionsExt as _},
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use tokio::{process::Command, time::timeout};

use super::{
    pinned::Pinned,
    sandbox::{Reach, Sandbox},
    spawn::Process,
    tasks::blocking,
};
use crate::server::rclone::{
    error::{During as _, RcloneError},
    wire,
};

/// The oldest version that is taken. Older ones have holes in their remote control that were closed up to 1.75.2.
pub const OLDEST: Version = Version(1, 75, 2);

/// How long `rclone version` may take.
const LIMIT: Duration = Duration::from_secs(10);

/// A version of rclone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version(u32, u32, u32);

impl Version {
    /// Reads what `rclone version` prints first: `rclone v1.75.2`, or `rclone v1.76.0-beta.1`.
    fn parse(output: &str) -> Option<Self> {
        let word = output.lines().next()?.strip_prefix("rclone v")?;
        let number = word.split(|c: char| !(c.is_ascii_digit() || c == '.')).next()?;
        let mut parts = number.split('.').map(|part| part.parse().ok());
        Some(Self(parts.next()??, parts.next()??, parts.next().flatten().unwrap_or(0)))
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.0, self.1, self.2)
    }
}

/// An rclone that can be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Binary {
    /// Where it is, absolute.
    pub path: PathBuf,
    /// Which it is.
    pub version: Version,
    /// What is in it.
    file: Pinned,
}

impl Binary {
    /// The one at `named`, else the first on `PATH`. [`RcloneError::Missing`] says what to do when there is none that
    /// will do.
    pub async fn find(named: Option<&Path>) -> Result<Self, RcloneError> {
        let advice = format!("Install rclone {OLDEST} or newer (https://rclone.org/install/)");
        let path = match named {
            Some(path) => std::path::absolute(path).ok().filter(|path| is_program(path)).ok_or_else(|| {
                missing(format!("There is no program at {}. {advice}, or name another with --rclone.", path.display()))
            })?,
            None => env::split_paths(&env::var_os("PATH").unwrap_or_default())
                .map(|folder| folder.join("rclone"))
                .find(|path| path.is_absolute() && is_program(path))
                .ok_or_else(|| {
                    missing(format!("rclone was not found on PATH. {advice}, or say where it is with --rclone."))
                })?,
        };
        let read = path.clone();
        let file = blocking(move || Pinned::of(&read).during("could not read rclone")).await?;
        let Some(version) = ask_version(&path).await else {
            let script = "A script that starts rclone cannot be used: name the program itself with --rclone";
            return Err(missing(format!(
                "{} does not report its version as rclone does. {advice}. {script}.",
                path.display()
            )));
        };
        if version < OLDEST {
            return Err(missing(format!(
                "{} is rclone {version}, which is too old. {advice}; `rclone selfupdate` may do.",
                path.display()
            )));
        }
        let binary = Self { path, version, file };
        binary.unchanged()?;
        Ok(binary)
    }

    /// Makes sure that it is still the program that was found.
    ///
    /// # Errors
    /// [`RcloneError::Missing`] says what to do.
    pub fn unchanged(&self) -> Result<(), RcloneError> {
        let path = self.path.display();
        match self.file.is_still(&self.path) {
            Ok(true) => Ok(()),
            Ok(false) => Err(missing(format!(
                "The rclone at {path} is not the one that Longshore started with: it was upgraded or replaced. Restart Longshore to use it."
            ))),
            Err(error) => Err(missing(format!(
                "The rclone at {path} can no longer be read: {error}. Put it back, or install rclone and restart Longshore."
            ))),
        }
    }

    /// The folder or file by which somebody else than its owner or root can put another program in its place.
    #[must_use]
    pub fn replaceable_at(&self) -> Option<PathBuf> {
        let real = self.path.canonicalize().unwrap_or_else(|_| self.path.clone());
        let own = rustix::process::geteuid().as_raw();
        let open = |path: &&Path| {
            path.metadata().is_ok_and(|meta| {
                let (mode, owner) = (meta.mode(), meta.uid());
                // In a sticky folder (/tmp) nobody can replace what is another's.
                let shared = mode & 0o022 != 0 && !(meta.is_dir() && mode & 0o1000 != 0);
                shared || (owner != 0 && owner != own)
            })
        };
        self.path.ancestors().chain(real.ancestors()).find(open).map(Path::to_owned)
    }
}

impl Binary {
    /// All that it takes as a remote's type; `None` when it does not say.
    pub async fn types(&self) -> Option<BTreeSet<String>> {
        let answer = ask(&self.path, &["config", "providers"]).await?;
        Some(wire::types(&serde_json::from_slice::<Vec<wire::RawProvider>>(&answer).ok()?))
    }
}

fn missing(message: String) -> RcloneError {
    RcloneError::Missing { message }
}

fn is_program(path: &Path) -> bool {
    path.metadata().is_ok_and(|meta| meta.is_file() && meta.permissions().mode() & 0o111 != 0)
}

async fn ask_version(path: &Path) -> Option<Version> {
    Version::parse(&String::from_utf8_lossy(&ask(path, &["version"]).await?))
}

/// What it prints, with an empty configuration: no file is read, none can be asked for.
async fn ask(path: &Path, args: &[&str]) -> Option<Vec<u8>> {
    let args = args.iter().chain(&["--config", ""]).map(Into::into).collect();
    let mut command = Command::from(
        Process::new(path.to_owned(), args, Vec::new(), Reach::Sandbox(Sandbox::closed())).command().ok()?,
    );
    command.stdin(Stdio::null()).kill_on_drop(true);
    Some(timeout(LIMIT, command.output()).await.ok()?.ok()?.stdout)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_read_and_compare() {
        assert_eq!(Version::parse("rclone v1.75.2\n- os/version: x"), Some(OLDEST));
        for (text, good) in [
            ("v1.75.1", false),
            ("v1.60.1-DEV", false),
            ("v1.76.0-beta.8888.abc", true),
            ("v1.76", true),
            ("v2.0.0", true),
        ] {
            assert_eq!(Version::parse(&format!("rclone {text}")).expect(text) >= OLDEST, good, "{text}");
        }
        for bad in ["", "rclone", "rclone vX.1.2", "restic 1.75.2"] {
            assert_eq!(Version::parse(bad), None, "{bad:?}");
        }
    }

    #[tokio::test]
    async fn a_missing_rclone_is_told_with_the_way_to_get_it() {
        let error = Binary::find(Some(Path::new("/nowhere/rclone"))).await.expect_err("not there").to_string();
        assert!(
            error.contains("/nowhere/rclone") && error.contains("rclone.org/install") && error.contains("--rclone"),
            "{error}"
        );
    }
}
