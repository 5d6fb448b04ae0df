//! Where a path of this server really lies: with every link on its way followed, as far as it is there.

use std::{
    fs, io,
    os::unix::fs::MetadataExt as _,
    path::{Path, PathBuf},
};

use super::overlap::fold;

/// A path of this server. What does not exist yet lies in the deepest folder on its way that does.
#[derive(Clone, Debug)]
pub(super) struct Disk {
    /// The deepest part that exists, without links.
    there: PathBuf,
    /// Device and number of each folder from `/` down to `there`.
    nodes: Vec<(u64, u64)>,
    /// What does not exist, below `there`.
    missing: PathBuf,
}

/// Looks where a path lies. `None` when nobody can say where it leads: a link on its way dangles or runs in a circle,
/// or may not be read.
pub(super) fn look(path: &Path) -> io::Result<Option<Disk>> {
    for ancestor in path.ancestors() {
        match ancestor.canonicalize() {
            Ok(there) => {
                let missing = path.strip_prefix(ancestor).unwrap_or_else(|_| Path::new("")).to_owned();
                let mut nodes = Vec::new();
                for folder in there.ancestors() {
                    let meta = fs::symlink_metadata(folder)?;
                    nodes.push((meta.dev(), meta.ino()));
                }
                nodes.reverse();
                return Ok(Some(Disk { there, nodes, missing }));
            }
            // A dangling link exists, and leads who knows where.
            Err(error) if error.kind() == io::ErrorKind::NotFound && ancestor.symlink_metadata().is_err() => {}
            Err(error) if error.kind() == io::ErrorKind::NotADirectory => {}
            Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::PermissionDenied) => {
                return Ok(None);
            }
            Err(error) if matches!(error.raw_os_error(), Some(libc::ELOOP | libc::ENAMETOOLONG)) => return Ok(None),
            Err(error) => return Err(error),
        }
    }
    Ok(None)
}

impl Disk {
    /// The path without links.
    pub(super) fn real(&self) -> PathBuf {
        if self.missing.as_os_str().is_empty() { self.there.clone() } else { self.there.join(&self.missing) }
    }

    /// Whether it lies in one of these folders, which are without links.
    pub(super) fn is_inside(&self, roots: &[PathBuf]) -> bool {
        roots.iter().any(|root| self.there.starts_with(root))
    }

    /// Whether both are one, or one lies in the other. A folder is known by its number: a disk may take several names
    /// for one.
    pub(super) fn meets(&self, other: &Self) -> bool {
        self.holds(other) || other.holds(self)
    }

    fn holds(&self, other: &Self) -> bool {
        let Some(last) = self.nodes.last() else { return true };
        if self.missing.as_os_str().is_empty() {
            return other.nodes.contains(last);
        }
        let names = |path: &Path| fold(&path.to_string_lossy()).split('/').map(str::to_owned).collect::<Vec<_>>();
        other.nodes.last() == Some(last) && names(&other.missing).starts_with(&names(&self.missing))
    }
}

#[cfg(test)]
mod tests {
    use std::{ffi::OsStr, os::unix::ffi::OsStrExt as _, os::unix::fs::symlink};

    use super::*;

    #[test]
    fn no_link_and_no_sibling_leads_out_of_a_root() {
        let dir = tempfile::tempdir().expect("a folder");
        let base = dir.path().canonicalize().expect("its real path");
        let root = base.join("root");
        fs::create_dir_all(root.join("in/deep")).expect("root");
        fs::create_dir_all(base.join("root2")).expect("a sibling");
        fs::create_dir_all(base.join("root ")).expect("a sibling with a space");
        fs::write(root.join("file"), "").expect("a file");
        symlink(base.join("root2"), root.join("out")).expect("a link out");
        symlink(base.join("root2"), root.join("x\ny")).expect("a link out with a line break");
        symlink(base.join("root2"), root.join("in/middle")).expect("a link out in the middle");
        symlink(base.join("nowhere"), root.join("dangling")).expect("a dangling link");
        symlink("loop", root.join("loop")).expect("a loop");
        symlink(root.join("in"), base.join("back")).expect("a link in");
        let roots = [root.clone()];
        for (path, inside) in [
            ("root", true),
            ("root/in/deep", true),
            ("root/new/folder", true),
            ("root/file/below", true),
            ("root/x␊y", true),
            ("back/deep", true),
            ("root2", false),
            ("root ", false),
            ("root/out", false),
            ("root/out/new", false),
            ("root/x\ny", false),
            ("root/x\ny/new/deep", false),
            ("root/in/middle/deep", false),
            ("root/dangling", false),
            ("root/dangling/x", false),
            ("root/loop", false),
            ("", false),
            ("ro", false),
        ] {
            let found = look(&base.join(path)).expect(path).is_some_and(|disk| disk.is_inside(&roots));
            assert_eq!(found, inside, "{path:?}");
        }
    }

    #[test]
    fn places_meet_where_they_really_lie() {
        let dir = tempfile::tempdir().expect("a folder");
        let base = dir.path().canonicalize().expect("its real path");
        for folder in ["a/b", "A", "d", "d ", "e"] {
            fs::create_dir_all(base.join(folder)).expect("made");
        }
        symlink(base.join("a"), base.join("link")).expect("linked");
        let bytes = OsStr::from_bytes(b"e/\xff\xfe");
        fs::create_dir(base.join(bytes)).expect("made");
        for (x, y, meet) in [
            ("a", "a", true),
            ("a", "a/b", true),
            ("a/b/new", "a", true),
            ("a", "A", false),
            ("d", "d ", false),
            ("a", "ab", false),
            ("link", "a", true),
            ("link/b", "a", true),
            ("link/new/x", "a/new", true),
            ("a/new", "a/other", false),
            ("new/Caf\u{e9}", "new/cafe\u{301}/x", true),
            ("new", "news", false),
            ("e", "a", false),
        ] {
            let at = |path: &str| look(&base.join(path)).expect(path).expect(path);
            assert_eq!(at(x).meets(&at(y)), meet, "{x} {y}");
            assert_eq!(at(y).meets(&at(x)), meet, "{y} {x}");
        }
        let strange = look(&base.join(bytes)).expect("looked").expect("there");
        assert!(strange.meets(&look(&base.join("e")).expect("looked").expect("there")));
    }
}
