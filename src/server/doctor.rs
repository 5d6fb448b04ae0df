//! `longshore doctor`: what is well, what is wrong, and what to do about it, without starting anything.

use std::{
    fs,
    io::{self, Write},
    os::unix::fs::PermissionsExt as _,
    path::Path,
};

use super::{
    config::Paths,
    rclone::{Binary, mount},
    store::Store,
};
use crate::domain::format;

/// Free space below which transfers and their logs are in danger, in bytes.
const LITTLE: u64 = 1 << 30;

/// One thing that was looked at.
struct Finding {
    what: &'static str,
    /// Whether Longshore can work with it as it is.
    well: bool,
    text: String,
}

/// Looks at everything and prints what it finds. `false` when something is wrong.
pub async fn examine(paths: &Paths, out: &mut impl Write) -> io::Result<bool> {
    let findings = [rclone(paths).await, fuse(), data_dir(paths.data_dir()), database(&paths.database()).await, disk(paths.data_dir())];
    for Finding { what, well, text } in &findings {
        writeln!(out, "{} {what}: {text}", if *well { "ok   " } else { "WRONG" })?;
    }
    Ok(findings.iter().all(|finding| finding.well))
}

async fn rclone(paths: &Paths) -> Finding {
    let (well, text) = match Binary::find(paths.program()).await {
        Ok(binary) => (true, format!("{} at {}", binary.version, binary.path.display())),
        Err(error) => (false, error.to_string()),
    };
    Finding { what: "rclone", well, text }
}

/// Mounts need it; nothing else does.
fn fuse() -> Finding {
    let text = mount::missing().map_or_else(|| "there".to_owned(), |missing| format!("{missing} Only mounts need it."));
    Finding { what: "FUSE", well: true, text }
}

fn data_dir(dir: &Path) -> Finding {
    let (well, text) = match fs::metadata(dir) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => (true, format!("{} will be made at the first start", dir.display())),
        Err(error) => (false, format!("{}: {error}", dir.display())),
        Ok(data) if !data.is_dir() => (false, format!("{} is not a folder", dir.display())),
        Ok(data) if data.permissions().mode() & 0o077 != 0 => {
            (false, format!("others may look into {0}. Close it: chmod 700 {0}", dir.display()))
        }
        Ok(_) => match tempfile_in(dir) {
            Ok(()) => (true, dir.display().to_string()),
            Err(error) => (false, format!("{} can not be written: {error}", dir.display())),
        },
    };
    Finding { what: "data directory", well, text }
}

/// Writes a file and removes it: permissions alone do not tell.
fn tempfile_in(dir: &Path) -> io::Result<()> {
    let probe = dir.join(".doctor");
    fs::write(&probe, b"")?;
    fs::remove_file(&probe)
}

async fn database(path: &Path) -> Finding {
    let (well, text) = if !path.exists() {
        (true, "will be made at the first start".to_owned())
    } else {
        match Store::inspect(path).await {
            Ok(version) => (true, format!("version {version}")),
            Err(error) => (false, error.to_string()),
        }
    };
    Finding { what: "database", well, text }
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
    Finding { what: "disk", well, text }
}
