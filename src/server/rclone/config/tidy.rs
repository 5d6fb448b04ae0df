//! Removes from a path what a remote reads as nothing: a slash at its beginning or end.

use super::wrap::{DEPTH, Wrap, is_bucket, under};
use crate::{
    domain::location::Location,
    server::rclone::{error::RcloneError, wire::conf::Section},
};

/// Other types of which rclone cuts slashes off both ends of a path.
const TRIMMED: [&str; 26] = [
    "box",
    "combine",
    "drive",
    "dropbox",
    "fichier",
    "filefabric",
    "jottacloud",
    "local",
    "mailru",
    "mega",
    "onedrive",
    "opendrive",
    "pcloud",
    "pikpak",
    "premiumizeme",
    "protondrive",
    "quatrix",
    "seafile",
    "sharefile",
    "smb",
    "sugarsync",
    "ulozto",
    "union",
    "webdav",
    "yandex",
    "zoho",
];
/// Types that lie on a file system, of which `//` is `/`.
const FILE_SYSTEMS: [&str; 5] = ["ftp", "hdfs", "local", "sftp", "smb"];

/// A location without slashes that mean nothing to its remote.
///
/// # Errors
/// Where rclone would open another place than the one that was written.
pub fn tidy(sections: &[Section], location: &Location) -> Result<Location, RcloneError> {
    let Location::Remote(name, path) = location else { return Ok(location.clone()) };
    if !sections.iter().any(|section| section.name == name.as_str()) {
        return Err(RcloneError::UnknownRemote);
    }
    let is_absolute = path.starts_with('/') && keeps_slash(sections, location, DEPTH);
    let rest = path.trim_start_matches('/');
    let rest = if !rest.split('/').skip(1).any(str::is_empty) {
        rest.to_owned()
    } else if is_file_system(sections, location, DEPTH) {
        rest.split('/').filter(|part| !part.is_empty()).collect::<Vec<_>>().join("/")
    } else {
        const PROBLEM: &str = "rclone cannot open a name below an empty one (“//”): it would take another place. Choose the folder above.";
        return Err(RcloneError::invalid("path", PROBLEM));
    };
    Ok(location.with_path(if is_absolute { format!("/{rest}") } else { rest }))
}

/// Whether a slash at the beginning of a path of this remote means the root of its server. What wraps joins a path to
/// that of what it wraps: only where that has none, the slash still comes first.
fn keeps_slash(sections: &[Section], location: &Location, depth: usize) -> bool {
    let Location::Remote(name, _) = location else { return false };
    let Some(section) = sections.iter().find(|section| section.name == name.as_str()).filter(|_| depth > 0) else {
        return true;
    };
    let kind = section.kind();
    if is_bucket(&kind) || TRIMMED.contains(&kind.as_str()) {
        return false;
    }
    match under(section) {
        Ok(Some(Wrap::One(place))) => place.path().is_empty() && keeps_slash(sections, &place, depth - 1),
        _ => true,
    }
}

/// Whether all that lies in this location lies on file systems.
fn is_file_system(sections: &[Section], location: &Location, depth: usize) -> bool {
    let Location::Remote(name, _) = location else { return true };
    let Some(section) = sections.iter().find(|section| section.name == name.as_str()).filter(|_| depth > 0) else {
        return false;
    };
    let kind = section.kind();
    match under(section) {
        _ if FILE_SYSTEMS.contains(&kind.as_str()) => true,
        Ok(Some(wrap)) => wrap.upstreams().iter().all(|place| is_file_system(sections, place, depth - 1)),
        _ => false,
    }
}
