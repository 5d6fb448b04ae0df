//! Files that are there whole or not at all: a temporary file beside the target, fsync, rename, fsync of the folder.
//! Mode 0600.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write as _},
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
};

use rustix::fs::{CWD, RenameFlags, renameat_with};

/// A file that is written and on the disk, but not yet under its name.
#[derive(Debug)]
pub struct Staged {
    temporary: PathBuf,
    target: PathBuf,
}

impl Staged {
    /// Writes `bytes` beside `target`. On failure nothing is left behind.
    pub fn new(target: &Path, bytes: &[u8]) -> io::Result<Self> {
        let name = target.file_name().ok_or(io::ErrorKind::InvalidInput)?.to_string_lossy();
        let staged =
            Self { temporary: target.with_file_name(format!(".{name}.{:016x}", random()?)), target: target.to_owned() };
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&staged.temporary)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        Ok(staged)
    }

    /// Replaces what is in it by as many bytes: on most file systems that needs no room on the disk.
    pub fn rewrite(&self, bytes: &[u8]) -> io::Result<()> {
        let mut file = OpenOptions::new().write(true).open(&self.temporary)?;
        file.write_all(bytes)?;
        file.sync_all()
    }

    /// Puts it under its name.
    pub fn commit(self) -> io::Result<()> {
        fs::rename(&self.temporary, &self.target)?;
        sync_parent(&self.target)
    }

    /// Puts it under its name, and keeps what was there. What was put there is safe after [`Replaced::sync`].
    pub fn replace(self) -> io::Result<Replaced> {
        let target = self.target.clone();
        let kept = match renameat_with(CWD, &self.temporary, CWD, &target, RenameFlags::EXCHANGE) {
            Ok(()) => Some(self),
            Err(rustix::io::Errno::NOENT) => {
                fs::rename(&self.temporary, &target)?;
                None
            }
            // A file system without exchange.
            Err(rustix::io::Errno::INVAL | rustix::io::Errno::NOSYS) => {
                let kept = Self::new(&target, &fs::read(&target)?)?;
                fs::rename(&self.temporary, &target)?;
                Some(kept)
            }
            Err(error) => return Err(error.into()),
        };
        Ok(Replaced { kept, target })
    }

    /// Puts it under its name and gives back what was there at that very moment, `None` when there was nothing.
    /// What another process wrote between a read and this is not lost.
    pub fn swap(self) -> io::Result<Option<Vec<u8>>> {
        match renameat_with(CWD, &self.temporary, CWD, &self.target, RenameFlags::EXCHANGE) {
            Ok(()) => {
                let old = fs::read(&self.temporary)?;
                sync_parent(&self.target)?;
                Ok(Some(old))
            }
            Err(rustix::io::Errno::NOENT) => self.commit().map(|()| None),
            // A file system without exchange: the window is as short as it can be.
            Err(rustix::io::Errno::INVAL | rustix::io::Errno::NOSYS) => {
                let old = fs::read(&self.target).ok();
                self.commit().map(|()| old)
            }
            Err(error) => Err(error.into()),
        }
    }
}

impl Drop for Staged {
    fn drop(&mut self) {
        // After a commit there is nothing left to remove.
        let _ = fs::remove_file(&self.temporary);
    }
}

/// What a file replaced. It lies beside it until this is dropped, so that it can come back on a disk that is full.
#[derive(Debug)]
pub struct Replaced {
    /// `None` when there was nothing.
    kept: Option<Staged>,
    target: PathBuf,
}

impl Replaced {
    /// Makes sure that a power cut does not bring it back.
    pub fn sync(&self) -> io::Result<()> {
        sync_parent(&self.target)
    }

    /// Puts it back.
    pub fn put_back(&self) -> io::Result<()> {
        match &self.kept {
            Some(kept) => fs::rename(&kept.temporary, &self.target)?,
            None => fs::remove_file(&self.target)?,
        }
        self.sync()
    }
}

/// Removes what a program that was killed left beside `target`. Nobody may be writing it.
pub fn sweep(target: &Path) -> io::Result<()> {
    let (Some(folder), Some(name)) = (target.parent(), target.file_name()) else { return Ok(()) };
    let begin = format!(".{}.", name.to_string_lossy());
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name();
        let left = name.to_str().and_then(|name| name.strip_prefix(&begin));
        if left.is_some_and(|end| end.len() == 16 && end.chars().all(|c| c.is_ascii_hexdigit())) {
            fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

/// Writes `bytes` to `target`: whole or not at all.
pub fn write(target: &Path, bytes: &[u8]) -> io::Result<()> {
    Staged::new(target, bytes)?.commit()
}

/// Makes a folder that only we can enter. An existing one is left as it is, but for its mode.
pub fn private_dir(path: &Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    fs::create_dir_all(path)?;
    fs::set_permissions(path, fs::Permissions::from_mode(0o700))
}

/// A number nobody can guess.
pub fn random() -> io::Result<u64> {
    getrandom::u64().map_err(io::Error::other)
}

fn sync_parent(path: &Path) -> io::Result<()> {
    path.parent().map_or(Ok(()), |parent| File::open(parent)?.sync_all())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt as _;

    #[test]
    fn a_file_is_replaced_whole_and_nothing_is_left_beside_it() {
        let dir = tempfile::tempdir().expect("a folder");
        let target = dir.path().join("f");
        write(&target, b"one").expect("written");
        assert_eq!(
            Staged::new(&target, b"two").expect("staged").swap().expect("swapped").as_deref(),
            Some(&b"one"[..])
        );
        drop(Staged::new(&target, b"three").expect("staged"));
        assert_eq!(fs::read(&target).expect("read"), b"two");
        assert_eq!(fs::metadata(&target).expect("metadata").permissions().mode() & 0o777, 0o600);
        assert_eq!(fs::read_dir(dir.path()).expect("listed").count(), 1);
    }

    #[test]
    fn what_was_staged_early_is_rewritten_later() {
        let dir = tempfile::tempdir().expect("a folder");
        let target = dir.path().join("f");
        let staged = Staged::new(&target, b"    ").expect("staged");
        staged.rewrite(b"one ").expect("rewritten");
        assert!(!target.exists());
        staged.commit().expect("committed");
        assert_eq!(fs::read(&target).expect("read"), b"one ");
    }

    #[test]
    fn what_a_killed_program_left_is_swept_and_nothing_else() {
        let dir = tempfile::tempdir().expect("a folder");
        let target = dir.path().join("f");
        write(&target, b"one").expect("written");
        std::mem::forget(Staged::new(&target, b"two").expect("staged"));
        let others = [".f.bak", ".f.0123456789abcdeg", ".g.0123456789abcdef"];
        others.iter().for_each(|name| fs::write(dir.path().join(name), b"").expect("written"));
        assert_eq!(fs::read_dir(dir.path()).expect("listed").count(), 5);
        sweep(&target).expect("swept");
        assert_eq!(fs::read(&target).expect("read"), b"one");
        assert_eq!(fs::read_dir(dir.path()).expect("listed").count(), 4);
    }

    #[test]
    fn what_was_replaced_comes_back() {
        let dir = tempfile::tempdir().expect("a folder");
        let target = dir.path().join("f");
        let replaced = Staged::new(&target, b"one").expect("staged").replace().expect("replaced");
        assert_eq!(fs::read(&target).expect("read"), b"one");
        replaced.put_back().expect("nothing was there");
        assert!(!target.exists());
        write(&target, b"one").expect("written");
        let replaced = Staged::new(&target, b"two").expect("staged").replace().expect("replaced");
        assert_eq!(fs::read(&target).expect("read"), b"two");
        replaced.put_back().expect("back");
        drop(replaced);
        assert_eq!(fs::read(&target).expect("read"), b"one");
        drop(Staged::new(&target, b"three").expect("staged").replace().expect("replaced"));
        assert_eq!(fs::read(&target).expect("read"), b"three");
        assert_eq!(fs::read_dir(dir.path()).expect("listed").count(), 1);
    }

    #[test]
    fn a_folder_that_can_not_be_written_keeps_the_old_file() {
        let dir = tempfile::tempdir().expect("a folder");
        assert!(write(&dir.path().join("none").join("f"), b"x").is_err());
        assert_eq!(fs::read_dir(dir.path()).expect("listed").count(), 0);
    }
}
