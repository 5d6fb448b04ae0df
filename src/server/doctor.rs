//! `longshore doctor`: checks the installation and says what to fix, without starting anything.

use std::{
    collections::BTreeSet,
    fs,
    io::{self, Write},
    os::unix::fs::PermissionsExt as _,
    path::Path,
};

use super::{
    config::paths::Paths,
    rclone::{
        config::unusable::inspect,
        error::RcloneError,
        mount,
        program::{binary::Binary, connects, sandbox::Kernel},
    },
    store::Store,
};
use crate::domain::{format, remote::UnusableRemote};

/// Free space below which transfers and their logs are in danger, in bytes.
const LITTLE: u64 = 1 << 30;

/// One thing that was looked at.
struct Finding {
    what: &'static str,
    state: State,
    text: String,
}

/// Whether Longshore can work with it as it is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Well,
    /// It can, and something of it cannot be used.
    Note,
    Wrong,
}

impl From<bool> for State {
    fn from(well: bool) -> Self {
        if well { Self::Well } else { Self::Wrong }
    }
}

/// Looks at everything and prints what it finds. `false` when something is wrong.
pub async fn examine(paths: &Paths, out: &mut impl Write) -> io::Result<bool> {
    let binary = Binary::find(paths.program()).await;
    let types = match &binary {
        Ok(binary) => binary.types().await,
        Err(_) => None,
    };
    let mut findings = vec![rclone(&binary)];
    findings.extend(remotes(&paths.rclone_config(), types.as_ref()));
    findings.extend([
        kernel(),
        connections(),
        fuse(),
        data_dir(paths.data_dir()),
        database(&paths.database()).await,
        disk(paths.data_dir()),
    ]);
    for Finding { what, state, text } in &findings {
        let mark = match state {
            State::Well => "ok   ",
            State::Note => "NOTE ",
            State::Wrong => "WRONG",
        };
        writeln!(out, "{mark} {what}: {text}")?;
    }
    Ok(findings.iter().all(|finding| finding.state != State::Wrong))
}

fn rclone(binary: &Result<Binary, RcloneError>) -> Finding {
    let (state, text) = match binary {
        Ok(binary) => {
            let text = format!("{} at {}", binary.version, binary.path.display());
            match binary.replaceable_at() {
                None => (State::Well, text),
                Some(open) => (
                    State::Note,
                    format!(
                        "{text}. Users other than root can replace it: check the owner and mode of {}",
                        open.display()
                    ),
                ),
            }
        }
        Err(error) => (State::Wrong, error.to_string()),
    };
    Finding { what: "rclone", state, text }
}

/// How many remotes there are, and each section of the configuration that is none.
fn remotes(path: &Path, types: Option<&BTreeSet<String>>) -> Vec<Finding> {
    let finding = |state, text| Finding { what: "remotes", state, text };
    let text = match fs::read(path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return vec![finding(State::Well, format!("{} will be created with the first one", path.display()))];
        }
        Err(error) => return vec![finding(State::Wrong, format!("{}: {error}", path.display()))],
    };
    let (count, unusable) = match inspect(&text, types) {
        Ok(found) => found,
        Err(problem) => return vec![finding(State::Wrong, format!("{} cannot be used: {problem}", path.display()))],
    };
    let first =
        finding(State::Well, format!("{} in {}", format::plural(count as u64, "remote", "remotes"), path.display()));
    // A name is what a file holds: in quotes, it moves no terminal's cursor.
    let note = |section: UnusableRemote| {
        finding(
            State::Note,
            format!("[{}] cannot be used. {}", section.name.escape_debug(), section.reason.escape_debug()),
        )
    };
    std::iter::once(first).chain(unusable.into_iter().map(note)).collect()
}

/// What keeps rclone within the allowed folders.
fn kernel() -> Finding {
    let kernel = Kernel::here();
    Finding { what: "kernel", state: if kernel.keeps() { State::Well } else { State::Note }, text: kernel.to_string() }
}

/// What looks at where rclone connects to.
fn connections() -> Finding {
    let (state, text) = match (Kernel::here().keeps(), connects::missing()) {
        (true, None) => (State::Well, "checked when rclone connects"),
        (true, Some(missing)) => (State::Note, missing),
        (false, _) => (
            State::Note,
            "Addresses are checked when a remote is made, but not when rclone connects: the kernel does not confine rclone.",
        ),
    };
    Finding { what: "connections", state, text: text.to_owned() }
}

/// Mounts need it; nothing else does.
fn fuse() -> Finding {
    let (state, text) = match mount::missing() {
        None => (State::Well, "there".to_owned()),
        Some(missing) => (State::Note, format!("{missing} Only mounts need it.")),
    };
    Finding { what: "FUSE", state, text }
}

fn data_dir(dir: &Path) -> Finding {
    let (well, text) = match fs::metadata(dir) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            (true, format!("{} will be created at the first start", dir.display()))
        }
        Err(error) => (false, format!("{}: {error}", dir.display())),
        Ok(data) if !data.is_dir() => (false, format!("{} is not a folder", dir.display())),
        Ok(data) if data.permissions().mode() & 0o077 != 0 => {
            (false, format!("other users can read {0}. Close it: chmod 700 {0}", dir.display()))
        }
        Ok(_) => match tempfile_in(dir) {
            Ok(()) => (true, dir.display().to_string()),
            Err(error) => (false, format!("{} cannot be written: {error}", dir.display())),
        },
    };
    Finding { what: "data directory", state: well.into(), text }
}

/// Writes a file and removes it: permissions alone do not tell.
fn tempfile_in(dir: &Path) -> io::Result<()> {
    let probe = dir.join(".doctor");
    fs::write(&probe, b"")?;
    fs::remove_file(&probe)
}

async fn database(path: &Path) -> Finding {
    let (well, text) = if !path.exists() {
        (true, "will be created at the first start".to_owned())
    } else {
        match Store::inspect(path).await {
            Ok(version) => (true, format!("version {version}")),
            Err(error) => (false, error.to_string()),
        }
    };
    Finding { what: "database", state: well.into(), text }
}

fn disk(dir: &Path) -> Finding {
    let there = dir.ancestors().find(|ancestor| ancestor.exists()).unwrap_or(Path::new("/"));
    let (well, text) = match rustix::fs::statvfs(there) {
        Ok(disk) => {
            let free = disk.f_bavail.saturating_mul(disk.f_frsize);
            (free >= LITTLE, format!("{} free at {}", format::bytes(free), there.display()))
        }
        Err(error) => (false, format!("{}: {error}", there.display())),
    };
    Finding { what: "disk", state: well.into(), text }
}
