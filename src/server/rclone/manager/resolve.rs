//! What rclone opens for a location: through everything that wraps, in the encoding of each disk, and with the names
//! that encrypting remotes give.

use std::{
    collections::VecDeque,
    ffi::OsString,
    os::unix::ffi::OsStringExt as _,
    path::{Path, PathBuf},
};

use serde_json::json;

use super::Rclone;
use crate::{
    domain::{encoding::Encoding, location::Location, remote_name::RemoteName, unaddressable::has_dots},
    server::rclone::{
        config::{
            tidy,
            wrap::{self, Below},
        },
        error::RcloneError,
        rc::client::QUICK,
        wire::{self, conf::Section},
    },
};

/// How many remotes may wrap one another.
const DEPTH: usize = 16;
/// How many wrapping remotes may stand between a location and all of its places.
const STEPS: usize = 256;

/// What rclone opens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Opened {
    /// A path of this server, byte for byte. Links in it are not followed yet.
    Disk(PathBuf),
    /// A place of a provider.
    Remote(RemotePlace),
}

impl Opened {
    /// Whether it is an object store, and rclone may have written a name of this path for `.` or `..`.
    #[must_use]
    pub fn has_dots(&self) -> bool {
        matches!(self, Self::Remote(RemotePlace { path, exact: true, .. }) if has_dots(path))
    }
}

/// A place of a provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RemotePlace {
    /// The remote that leads there itself, not one that wraps it.
    pub name: RemoteName,
    /// The path in it, without slashes that mean nothing.
    pub path: String,
    /// Whether this type of provider tells `A` and `a` apart for certain.
    pub exact: bool,
}

/// A location without what means nothing to its remote, and what rclone opens for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resolved {
    /// The location.
    pub location: Location,
    /// A union opens several places. Never empty.
    pub opened: Vec<Opened>,
}

impl Rclone {
    /// What rclone opens for a location. Only of what an encrypting remote holds it asks rclone, which asks no
    /// provider.
    ///
    /// # Errors
    /// [`RcloneError::Invalid`] for a path that rclone would take for another one.
    pub async fn resolve(&self, location: &Location) -> Result<Resolved, RcloneError> {
        let sections = self.usable().await?;
        let location = tidy::tidy(&sections, location)?;
        let mut opened = Vec::new();
        let mut waiting = VecDeque::from([(location.clone(), 0)]);
        let mut steps = 0;
        while let Some((at, depth)) = waiting.pop_front() {
            let Location::Remote(name, path) = &at else {
                push(&mut opened, Opened::Disk(disk_path(at.path(), Encoding::DISK)));
                continue;
            };
            let section =
                sections.iter().find(|section| section.name == name.as_str()).ok_or(RcloneError::UnknownRemote)?;
            match wrap::below(section, path)? {
                Below::Disk(encoding) => push(&mut opened, Opened::Disk(disk_path(&format!("/{path}"), encoding))),
                Below::Itself => {
                    let exact = wrap::is_bucket(&section.kind());
                    let Location::Remote(name, path) = tidy::tidy(&sections, &at)? else { continue };
                    push(&mut opened, Opened::Remote(RemotePlace { name, path, exact }));
                }
                Below::Upstreams(_) | Below::Encrypted { .. } if depth == DEPTH || steps == STEPS => {
                    return Err(wrap::unresolved(name));
                }
                Below::Upstreams(places) => waiting.extend(places.into_iter().map(|place| (place, depth + 1))),
                Below::Encrypted { under, plain_folders } => {
                    for path in self.encrypted(section, path, plain_folders).await? {
                        waiting.push_back((wrap::join(&under, &path), depth + 1));
                    }
                }
            }
            steps += 1;
        }
        Ok(Resolved { location, opened })
    }

    /// The names that an encrypting remote gives a path: as a file, and as a folder where that is another. A remote of
    /// the same options over memory is asked, so that no provider is.
    async fn encrypted(&self, section: &Section, path: &str, plain_folders: bool) -> Result<Vec<String>, RcloneError> {
        if path.is_empty() {
            return Ok(vec![String::new()]);
        }
        self.settle().await?;
        let fs = format!("{},remote=\":memory:\":", section.name);
        let asked = json!({ "command": "encode", "fs": fs, "arg": [path] });
        let answer: wire::Encoded = self.0.daemon.call("backend/command", &asked, QUICK).await?;
        let [file] = answer.result;
        Ok(if plain_folders && file != path { vec![path.to_owned(), file] } else { vec![file] })
    }
}

fn push(opened: &mut Vec<Opened>, place: Opened) {
    if !opened.contains(&place) {
        opened.push(place);
    }
}

/// The path that rclone's `local` backend opens for `path`, as its `cleanRootPath` makes it.
fn disk_path(path: &str, encoding: Encoding) -> PathBuf {
    let name = |name: &str| match String::from_utf8(Encoding::STANDARD.decode(name)) {
        Ok(plain) if encoding != Encoding::STANDARD => encoding.encode(&plain).into_bytes(),
        _ => name.as_bytes().to_vec(),
    };
    let bytes = path.split('/').map(name).collect::<Vec<_>>().join(&b'/');
    let mut out = PathBuf::from("/");
    for part in Path::new(&OsString::from_vec(bytes)).components() {
        match part {
            std::path::Component::ParentDir => {
                out.pop();
            }
            std::path::Component::Normal(name) => out.push(name),
            _ => {}
        }
    }
    out
}

/// The location of a path of this server; `None` for names that rclone cannot open: what is not UTF-8, or what it would
/// take for another name.
#[must_use]
pub fn location_of(path: &Path) -> Option<Location> {
    let name = |part: std::path::Component<'_>| match part {
        std::path::Component::Normal(name) => {
            let plain = String::from_utf8(Encoding::DISK.decode(name.to_str()?)).ok()?;
            Some(Encoding::STANDARD.encode(&plain))
        }
        _ => None,
    };
    let names: Option<Vec<_>> = path.components().skip(1).map(name).collect();
    let location = Location::parse(&format!("/{}", names?.join("/"))).ok()?;
    Some(location).filter(|location| disk_path(location.path(), Encoding::DISK) == path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_disk_is_asked_for_the_name_that_a_spelling_stands_for() {
        for (written, opened) in [
            ("/srv/x␊y", "/srv/x\ny"),
            ("/srv/x\ny", "/srv/x\ny"),
            ("/srv/x‛␊y", "/srv/x␊y"),
            ("/srv/d ", "/srv/d "),
            ("/srv/．．", "/srv/．．"),
            ("/srv/a／b", "/srv/a／b"),
            ("/srv/␡", "/srv/\u{7f}"),
            ("/", "/"),
        ] {
            assert_eq!(disk_path(written, Encoding::DISK), Path::new(opened), "{written:?}");
        }
        for (written, opened) in
            [("/srv/．．/etc", "/etc"), ("/srv/a／b", "/srv/a/b"), ("/srv/a／．．／．．／etc", "/srv/a/．．/．．/etc")]
        {
            assert_eq!(disk_path(written, Encoding::NONE), Path::new(opened), "{written:?}");
        }
        assert_eq!(disk_path("/srv/x", Encoding::RAW), Path::new("/srv/x"));
    }

    #[test]
    fn a_folder_of_the_disk_has_a_location_that_opens_it() {
        for path in ["/", "/srv/d ", "/srv/x\ny", "/srv/x␊y", "/srv/．．", "/srv/‛‛", "/srv/a／b", "/srv/é"] {
            let location = location_of(Path::new(path)).expect(path);
            assert_eq!(disk_path(location.path(), Encoding::DISK), Path::new(path), "{location}");
        }
        let bytes = OsString::from_vec(b"/srv/\xff".to_vec());
        for path in [Path::new(&bytes), Path::new("/srv/‛"), Path::new("/srv/‛␊")] {
            assert_eq!(location_of(path), None, "{}", path.display());
        }
    }
}
