//! A program's file as it was when it was first seen: what is started later is the same, byte for byte.

use std::{
    fs::{self, File, Metadata},
    io::{self, Read as _},
    os::unix::fs::MetadataExt as _,
    path::Path,
    sync::{Arc, Mutex, PoisonError},
};

use sha2::{Digest as _, Sha256};

/// How much is read at a time, in bytes.
const PIECE: usize = 256 << 10;

/// A file by what is in it. Clones share what was seen last.
#[derive(Clone, Debug)]
pub(in crate::server::rclone) struct Pinned {
    sha256: [u8; 32],
    /// The file that was seen last, and whether it was this one.
    seen: Arc<Mutex<(Stat, bool)>>,
}

/// What changes with a file's content, and can be asked for at any time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Stat {
    device: u64,
    inode: u64,
    size: u64,
    modified: (i64, i64),
    /// Cannot be set back, as the other can.
    changed: (i64, i64),
}

impl Pinned {
    /// The file at `path` as it is now.
    pub(in crate::server::rclone) fn of(path: &Path) -> io::Result<Self> {
        let mut file = File::open(path)?;
        let stat = Stat::of(&file.metadata()?);
        let mut digest = Sha256::new();
        let mut piece = vec![0; PIECE];
        loop {
            match file.read(&mut piece)? {
                0 => break,
                n => digest.update(&piece[..n]),
            }
        }
        Ok(Self { sha256: digest.finalize().into(), seen: Arc::new(Mutex::new((stat, true))) })
    }

    /// Whether the file at `path` is this one. It is read again only when it may have changed.
    pub(in crate::server::rclone) fn is_still(&self, path: &Path) -> io::Result<bool> {
        let stat = Stat::of(&fs::metadata(path)?);
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if seen.0 != stat {
            *seen = (stat, Self::of(path)?.sha256 == self.sha256);
        }
        Ok(seen.1)
    }
}

impl PartialEq for Pinned {
    fn eq(&self, other: &Self) -> bool {
        self.sha256 == other.sha256
    }
}

impl Eq for Pinned {}

impl Stat {
    fn of(meta: &Metadata) -> Self {
        let (modified, changed) = ((meta.mtime(), meta.mtime_nsec()), (meta.ctime(), meta.ctime_nsec()));
        Self { device: meta.dev(), inode: meta.ino(), size: meta.size(), modified, changed }
    }
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use super::*;

    #[test]
    fn a_file_is_the_same_as_long_as_its_bytes_are() {
        let dir = tempfile::tempdir().expect("a folder");
        let (path, other) = (dir.path().join("program"), dir.path().join("other"));
        let write = |path: &Path, text: &str| fs::write(path, text).expect("written");
        write(&path, "one");
        let pinned = Pinned::of(&path).expect("read");
        let is_still = || pinned.is_still(&path).expect("asked");
        assert!(is_still());
        let modified = fs::metadata(&path).expect("there").modified().expect("a time");
        let set = |time: SystemTime| {
            File::options().append(true).open(&path).and_then(|file| file.set_modified(time)).expect("set");
        };
        set(SystemTime::UNIX_EPOCH);
        assert!(is_still(), "only touched");
        write(&path, "two");
        set(modified);
        assert!(!is_still(), "another of the same size and time");
        assert!(!is_still(), "and still another");
        write(&other, "one");
        fs::rename(&other, &path).expect("replaced");
        assert!(is_still(), "the same, in another file");
        write(&other, "three");
        fs::rename(&other, &path).expect("replaced");
        assert!(!is_still(), "another file");
        fs::remove_file(&path).expect("removed");
        assert!(pinned.is_still(&path).is_err(), "gone");
    }
}
