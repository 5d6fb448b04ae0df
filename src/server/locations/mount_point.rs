//! Where something may be mounted: below an allowed folder, on nothing that is used.

use std::{
    fs, io,
    os::unix::fs::DirBuilderExt as _,
    path::{Component, Path, PathBuf},
};

use super::disk::{self, Disk};
use crate::server::rclone::mount;

/// Folders that the system needs as they are, whatever is allowed.
const SYSTEM: [&str; 9] = ["/bin", "/boot", "/dev", "/etc", "/lib", "/proc", "/sbin", "/sys", "/usr"];
/// Longest path, in bytes.
const LONGEST: usize = 4096;

/// Why something cannot be mounted there.
#[derive(Debug)]
pub(super) enum ApiError {
    Refused(&'static str),
    Outside,
    Mounted(PathBuf),
    Full(&'static str),
    Io(io::Error),
}

impl From<io::Error> for ApiError {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

/// Reads a path of this server: byte for byte, since the kernel is asked for it and not rclone.
pub(super) fn read(text: &str) -> Result<PathBuf, &'static str> {
    let path = Path::new(text);
    let climbs = path.components().any(|part| part == Component::ParentDir);
    if !path.is_absolute() || climbs || text.len() > LONGEST || text.contains('\0') {
        return Err("Write an absolute path of this server, without “..”.");
    }
    Ok(path.components().collect())
}

/// The folder, with every link on its way followed; made when it is not there.
pub(super) fn find(path: &Path, roots: &[PathBuf], data: &Path, sources: &[Disk]) -> Result<PathBuf, ApiError> {
    if fs::symlink_metadata(path).is_ok_and(|meta| meta.file_type().is_symlink()) {
        return Err(ApiError::Refused("This is a link. Write the folder it leads to."));
    }
    let place = disk::look(path)?.ok_or(ApiError::Outside)?;
    let real = place.real();
    if !place.is_inside(roots) || roots.contains(&real) {
        return Err(ApiError::Outside);
    }
    if SYSTEM.iter().any(|system| real.starts_with(system)) {
        return Err(ApiError::Refused("The system needs this folder as it is."));
    }
    if disk::look(data)?.is_none_or(|data| data.meets(&place)) {
        return Err(ApiError::Refused("Longshore's own data is there."));
    }
    if sources.iter().any(|source| source.meets(&place)) {
        return Err(ApiError::Refused("It must be outside the mounted location, and must not contain it."));
    }
    if mount::is_mounted(&real) {
        return Err(ApiError::Mounted(real));
    }
    fs::DirBuilder::new().recursive(true).mode(0o755).create(&real).map_err(|error| match error.kind() {
        io::ErrorKind::PermissionDenied => ApiError::Refused("Longshore may not create this folder."),
        io::ErrorKind::AlreadyExists | io::ErrorKind::NotADirectory => {
            ApiError::Refused("This is a file, not a folder.")
        }
        _ => ApiError::Io(error),
    })?;
    if fs::read_dir(&real)?.next().is_some() {
        return Err(ApiError::Full("This folder is not empty: what is in it would be hidden. Choose an empty one."));
    }
    Ok(real)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn a_place_lies_below_a_root_and_is_empty_and_nobodys() {
        let dir = tempfile::tempdir().expect("a folder");
        let base = dir.path().canonicalize().expect("its real path");
        let (root, data) = (base.join("root"), base.join("root/data"));
        for made in ["root/full", "root/empty", "root/empty ", "root/data/runs", "root/source", "other"] {
            fs::create_dir_all(base.join(made)).expect("made");
        }
        fs::write(root.join("full/file"), "").expect("a file");
        symlink(base.join("other"), root.join("out")).expect("a link");
        symlink(base.join("nowhere"), root.join("dangling")).expect("a dangling link");
        symlink(root.join("data"), root.join("to data")).expect("a link to our data");
        let roots = [root.clone(), PathBuf::from("/etc")];
        let sources = [disk::look(&root.join("source")).expect("looked").expect("there")];
        let may = |path: &str| match find(&base.join(path), &roots, &data, &sources) {
            Ok(_) => "yes",
            Err(ApiError::Refused(_) | ApiError::Outside) => "no",
            Err(ApiError::Mounted(_) | ApiError::Full(_)) => "used",
            Err(ApiError::Io(_)) => "error",
        };
        for (path, expected) in [
            ("root/empty", "yes"),
            ("root/empty ", "yes"),
            ("root/new/deep", "yes"),
            ("root/x␊y", "yes"),
            ("root", "no"),
            ("root/full", "used"),
            ("root/source/below", "no"),
            ("root/full/file", "no"),
            ("root/full/file/x", "no"),
            ("root/out", "no"),
            ("root/out/x", "no"),
            ("root/dangling", "no"),
            ("root/dangling/x", "no"),
            ("root/data", "no"),
            ("root/data/runs", "no"),
            ("root/to data/new", "no"),
            ("other", "no"),
            ("root2", "no"),
        ] {
            assert_eq!(may(path), expected, "{path}");
        }
        for system in ["/etc/longshore", "/", "/usr", "/proc/self", "/home"] {
            assert!(find(Path::new(system), &roots, &data, &[]).is_err(), "{system}");
        }
        assert!(!Path::new("/etc/longshore").exists());
    }

    #[test]
    fn a_path_is_read_byte_for_byte() {
        for (text, path) in [
            ("/srv/d ", Some("/srv/d ")),
            ("/srv//./x/", Some("/srv/x")),
            ("/srv/x␊y", Some("/srv/x␊y")),
            ("/srv/\n", Some("/srv/\n")),
        ] {
            assert_eq!(read(text).ok().as_deref(), path.map(Path::new), "{text:?}");
        }
        for bad in ["", "srv", " /srv", "/srv/../etc", "b2:x", "/srv\0"] {
            assert!(read(bad).is_err(), "{bad:?}");
        }
    }
}
