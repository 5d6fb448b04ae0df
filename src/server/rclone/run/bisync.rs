//! What a bisync remembers between its runs: a folder for each pair of places, and the lock that a killed rclone leaves
//! in it.
//!
//! rclone names its files after both paths and writes `/` as `_`: `/srv/a_b` and `/srv/a/b` would share what they
//! remember, and one would take the other's files for deleted. In a folder of its own no pair meets another.

use std::{
    fmt::Write as _,
    fs, io,
    os::unix::ffi::OsStrExt as _,
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
};

use sha2::{Digest as _, Sha256};

use super::{command::WORKDIR, transfer::Transfer};
use crate::server::{
    platform::files,
    rclone::{
        error::{During as _, RcloneError},
        program::args,
    },
};

/// How long both places of a pair may be together, in bytes: rclone makes one file name of them, and adds up to 20
/// bytes of its own. What is longer fails with a word about a lock.
pub const LONGEST: usize = 230;
/// How much of a pair's digest names its folder, in bytes.
const DIGEST: usize = 16;

/// The folder of a pair of places, below `all`.
#[must_use]
pub fn workdir(all: &Path, transfer: &Transfer) -> PathBuf {
    let mut digest = Sha256::new();
    for place in transfer.places() {
        digest.update(place.canonical());
        digest.update([0]);
    }
    let mut name = String::new();
    for byte in digest.finalize().iter().take(DIGEST) {
        let _ = write!(name, "{byte:02x}");
    }
    all.join(name)
}

/// Whether rclone can name its files after this pair.
#[must_use]
pub fn fits(transfer: &Transfer) -> bool {
    transfer.places().map(|place| args::target(place).len()).sum::<usize>() <= LONGEST
}

/// Makes the folder of a pair, and takes away the lock of an rclone that is not there any more: it would count for two
/// minutes more, and one that was only half written for 292 years.
pub fn prepare(workdir: &Path) -> Result<(), RcloneError> {
    static ONE: Mutex<()> = Mutex::new(());
    let _one = ONE.lock().unwrap_or_else(PoisonError::into_inner);
    heal(workdir).during("could not prepare a bisync")
}

fn heal(workdir: &Path) -> io::Result<()> {
    files::private_dir(workdir)?;
    let locks: Vec<_> = fs::read_dir(workdir)?
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.extension().is_some_and(|extension| extension == "lck"))
        .collect();
    if locks.is_empty() || is_used(workdir)? {
        return Ok(());
    }
    for lock in locks {
        match fs::remove_file(lock) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    Ok(())
}

/// Whether a process that works in `workdir` is alive.
fn is_used(workdir: &Path) -> io::Result<bool> {
    let mut word = WORKDIR.as_bytes().to_vec();
    word.extend(workdir.as_os_str().as_bytes());
    for entry in fs::read_dir("/proc")? {
        let Ok(entry) = entry else { continue };
        // A process that ended meanwhile, or is none.
        let Ok(line) = fs::read(entry.path().join("cmdline")) else { continue };
        if line.split(|byte| *byte == 0).any(|argument| argument == word) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Whether rclone has given up on what it remembered of a pair: only a resync helps.
#[must_use]
pub fn is_broken(workdir: &Path) -> bool {
    let entries = fs::read_dir(workdir).into_iter().flatten().filter_map(Result::ok);
    entries.into_iter().any(|entry| entry.path().extension().is_some_and(|extension| extension == "lst-err"))
}

#[cfg(test)]
mod tests {
    use std::process::{Command, Stdio};

    use super::*;
    use crate::domain::{location::Location, operation::Operation, transfer::TransferOptions};

    fn pair(source: &str, destination: &str) -> Transfer {
        let parse = |text| Location::parse(text).expect("a location");
        let options = TransferOptions::default();
        Transfer { operation: Operation::Bisync, source: parse(source), destination: Some(parse(destination)), options }
    }

    #[test]
    fn no_pair_meets_another() {
        let of = |source, destination| workdir(Path::new("/w"), &pair(source, destination));
        assert_eq!(of("/srv/a", "b2:x"), of("/srv/a", "b2:x"));
        let pairs = [("/srv/a_b", "b2:x"), ("/srv/a/b", "b2:x"), ("b2:x", "/srv/a/b"), ("/srv/a", "b2:b/x")]
            .map(|(a, b)| of(a, b));
        for (index, one) in pairs.iter().enumerate() {
            assert!(pairs[index + 1..].iter().all(|other| other != one), "{one:?}");
        }
    }

    #[test]
    fn only_the_lock_of_a_process_that_is_gone_is_taken_away() {
        let dir = tempfile::tempdir().expect("a folder");
        let workdir = dir.path().join("pair");
        prepare(&workdir).expect("made");
        let (lock, list) = (workdir.join("a..b.lck"), workdir.join("a..b.path1.lst"));
        for file in [&lock, &list] {
            fs::write(file, "").expect("written");
        }
        let word = format!("{WORKDIR}{}", workdir.display());
        let mut command = Command::new("/bin/sh");
        let mut holder = command.args(["-c", "read line", &word]).stdin(Stdio::piped()).spawn().expect("spawned");
        // For a moment a new process has no command line.
        let began = std::time::Instant::now();
        while !is_used(&workdir).expect("looked at") {
            assert!(began.elapsed().as_secs() < 60, "it is not seen");
            std::thread::yield_now();
        }
        prepare(&workdir).expect("looked at");
        assert!(lock.exists(), "somebody works there");
        holder.kill().expect("killed");
        holder.wait().expect("reaped");
        prepare(&workdir).expect("healed");
        assert!(!lock.exists() && list.exists());
    }
}
