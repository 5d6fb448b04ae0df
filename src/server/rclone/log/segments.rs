//! The files of one log. While it goes on, rclone sets a full one aside as `log-2026-11-24T21-42-43.958.jsonl` (UTC)
//! and begins anew; of those it keeps a few, and deletes the oldest.

use std::{
    fs::{self, File},
    io,
    os::unix::fs::MetadataExt as _,
    path::{Path, PathBuf},
};

use crate::server::rclone::program::run_dir;

use super::reader;

/// How large each may grow.
pub const SIZE: &str = "128M";
/// How many are kept beside the one that is written: with it, 1 GiB.
pub const BACKUPS: usize = 7;
/// How the names of those begin and end that were set aside.
const ASIDE: (&str, &str) = ("log-", ".jsonl");

/// One file of a log, open.
#[derive(Debug)]
pub struct Segment {
    /// The file, at its beginning.
    pub file: File,
    /// What tells it from the others, also when it is set aside under another name.
    pub inode: u64,
    /// How large it was when it was opened, in bytes.
    pub len: u64,
}

impl Segment {
    /// Opens one. `None` when there is none.
    pub fn open(path: &Path) -> io::Result<Option<Self>> {
        let Some(file) = reader::open(path)? else { return Ok(None) };
        let metadata = file.metadata()?;
        Ok(Some(Self { file, inode: metadata.ino(), len: metadata.len() }))
    }
}

/// Those that were set aside in `dir`, oldest first.
pub fn aside(dir: &Path) -> io::Result<Vec<PathBuf>> {
    let entries = match fs::read_dir(dir) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries?,
    };
    let mut found = Vec::new();
    for entry in entries {
        let path = entry?.path();
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        if name.starts_with(ASIDE.0) && name.ends_with(ASIDE.1) {
            found.push(path);
        }
    }
    // The time in their names has one width: this is its order.
    found.sort_unstable();
    Ok(found)
}

/// All files of the log in `dir`, oldest first. Those of one moment, whatever rclone sets aside meanwhile.
pub fn open(dir: &Path) -> io::Result<Vec<Segment>> {
    // What is written first: when it is set aside before the others are listed, it is known by its inode.
    let current = Segment::open(&dir.join(run_dir::LOG))?;
    let mut segments = Vec::new();
    for path in aside(dir)? {
        let Some(segment) = Segment::open(&path)? else { continue };
        if current.as_ref().is_some_and(|current| current.inode == segment.inode) {
            break;
        }
        segments.push(segment);
    }
    segments.extend(current);
    Ok(segments)
}

/// The one of the log in `dir` that is written now. `None` while there is none.
pub fn newest(dir: &Path) -> io::Result<Option<Segment>> {
    Segment::open(&dir.join(run_dir::LOG))
}

/// Calls `each` with every whole line of these, as [`reader::each`].
pub fn each(segments: Vec<Segment>, ended: bool, mut each: impl FnMut(&[u8]) -> io::Result<()>) -> io::Result<()> {
    for segment in segments {
        reader::each(segment.file, ended, &mut each)?;
    }
    Ok(())
}

/// The whole lines in the last `bytes` of these.
pub fn last(segments: Vec<Segment>, bytes: u64) -> io::Result<Vec<Vec<u8>>> {
    let (mut left, mut parts) = (bytes, Vec::new());
    for mut segment in segments.into_iter().rev() {
        if left == 0 {
            break;
        }
        parts.push(reader::last(&mut segment.file, left)?.0);
        left = left.saturating_sub(segment.len);
    }
    Ok(parts.into_iter().rev().flatten().collect())
}

/// Deletes the log in `dir`.
pub fn remove(dir: &Path) -> io::Result<()> {
    for path in aside(dir)?.into_iter().chain([dir.join(run_dir::LOG)]) {
        match fs::remove_file(path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_files_of_a_log_are_read_from_the_oldest_on() {
        let dir = tempfile::tempdir().expect("a folder");
        for (name, text) in [
            (run_dir::LOG, "e\nf\n"),
            ("log-2026-11-24T21-42-44.405.jsonl", "c\nd\n"),
            ("log-2026-11-24T21-42-43.958.jsonl", "a\nb\n"),
            ("log-2026-11-24T21-42-45.000.txt", "x\n"),
            ("catalog-1.jsonl", "x\n"),
        ] {
            fs::write(dir.path().join(name), text).expect("written");
        }
        let mut text: Vec<u8> = Vec::new();
        each(open(dir.path()).expect("open"), true, |line| {
            text.extend(line);
            Ok(())
        })
        .expect("read");
        assert_eq!(text, b"abcdef");
        for (bytes, expected) in [(2, &b"f"[..]), (4, b"ef"), (7, b"def"), (100, b"abcdef")] {
            assert_eq!(last(open(dir.path()).expect("open"), bytes).expect("read").concat(), expected, "{bytes}");
        }
        remove(dir.path()).expect("removed");
        assert_eq!((fs::read_dir(dir.path()).expect("listed").count(), open(dir.path()).expect("none").len()), (2, 0));
        assert!(open(&dir.path().join("none")).expect("none").is_empty());
    }
}
