//! rclone's configuration: the master, which only we write, and the working copy, which all rclone processes share.
//!
//! rclone writes the working copy too, not atomically and without regard to other processes: new tokens, and what it
//! learned about an SFTP server. [`ConfigStore::settle`] takes newer tokens into the master and writes anew what was
//! lost or mangled. The master changes only by temp file, fsync and rename, under one lock, and is read back.

use std::{
    collections::BTreeMap,
    fs::{self, File},
    io,
    path::{Path, PathBuf},
    sync::{Mutex, MutexGuard, PoisonError},
};

use super::merge::{agree, take_renewed, take_tokens};
use crate::server::{
    platform::files::{self, Replaced, Staged, private_dir},
    rclone::{
        error::{During as _, RcloneError, secrets},
        wire::conf::{Conf, Section},
    },
};

/// How often a working copy is written anew when rclone writes at the same moments.
const TRIES: usize = 5;

/// The two files and their lock.
#[derive(Debug)]
pub struct ConfigStore {
    master: PathBuf,
    working: PathBuf,
    lock: PathBuf,
    mutex: Mutex<()>,
    /// What is to be taken back, and could not be yet.
    unwanted: Mutex<Vec<Change>>,
}

/// A change of the master, which can be taken back.
pub struct Change {
    replaced: Replaced,
    before: Conf,
    after: Conf,
}

impl std::fmt::Debug for Change {
    /// Without the texts: they hold secrets.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Change").field("replaced", &self.replaced).finish_non_exhaustive()
    }
}

impl ConfigStore {
    /// `run` is our folder for the working copy. Makes both files agree.
    pub fn open(master: &Path, run: &Path) -> Result<Self, RcloneError> {
        // A link stays a link: what it points to is replaced.
        let master = fs::canonicalize(master).unwrap_or_else(|_| master.to_owned());
        if let Some(folder) = master.parent()
            && !folder.exists()
        {
            private_dir(folder).during("could not make the folder of rclone.conf")?;
        }
        let (working, lock) = (run.join("rclone.conf"), run.join("vault.lock"));
        let store = Self { master, working, lock, mutex: Mutex::default(), unwanted: Mutex::default() };
        // A console that was killed may have left copies of the configuration, with all its secrets.
        store.locked(|| {
            for file in [&store.master, &store.working] {
                if let Err(error) = files::sweep(file) {
                    tracing::warn!(%error, "what a killed console left beside rclone.conf could not be removed");
                }
            }
            Ok(())
        })?;
        store.settle()?;
        Ok(store)
    }

    /// The file that rclone is given.
    #[must_use]
    pub fn working(&self) -> &Path {
        &self.working
    }

    /// All remotes, in the order of the master.
    pub fn remotes(&self) -> Result<Vec<Section>, RcloneError> {
        if !self.unwanted().is_empty() {
            self.locked(|| Ok(()))?;
        }
        Ok(self.read_master()?.sections)
    }

    /// Adds remotes, all or none.
    pub fn add(&self, sections: Vec<Section>) -> Result<Change, RcloneError> {
        self.change(|conf| {
            for section in sections {
                if conf.get(&section.name).is_some() {
                    return Err(RcloneError::Exists { name: section.name });
                }
                conf.push(section);
            }
            Ok(())
        })
    }

    /// Removes a remote.
    pub fn remove(&self, name: &str) -> Result<Change, RcloneError> {
        self.change(|conf| if conf.remove(name) { Ok(()) } else { Err(RcloneError::UnknownRemote) })
    }

    /// Sets options of a remote, and those of `also` where it has them.
    pub fn set(
        &self,
        name: &str,
        options: &BTreeMap<String, String>,
        also: &BTreeMap<String, String>,
    ) -> Result<Change, RcloneError> {
        self.change(|conf| {
            let has = conf.get(name).ok_or(RcloneError::UnknownRemote)?.pairs();
            for (key, value) in options.iter().chain(also.iter().filter(|(key, _)| has.contains_key(*key))) {
                conf.set(name, key, value);
            }
            Ok(())
        })
    }

    /// Notes that a change is not wanted. It is taken back by whatever is done next, and again until that works;
    /// [`Self::settle`] is enough.
    pub fn roll_back(&self, change: Change) {
        self.unwanted().push(change);
    }

    /// Makes the working copy agree with the master: newer tokens go up, everything else comes down. Whether the
    /// working copy was written.
    pub fn settle(&self) -> Result<bool, RcloneError> {
        self.locked(|| {
            let mut conf = self.read_master()?;
            let seen = read(&self.working).during("could not read the working copy of rclone.conf")?;
            if take_tokens(&mut conf, &seen) {
                self.write_master(Staged::new(&self.master, &conf.render()), &conf)?;
            }
            // An rclone that finds no file at all says so, and could be taken for one that came in the middle of a
            // save.
            let settled = self.working.exists() && agree(&conf, &seen);
            if settled { Ok(false) } else { self.write_working(&mut conf).map(|()| true) }
        })
    }

    /// All of the master.
    pub fn conf(&self) -> Result<Conf, RcloneError> {
        self.read_master()
    }

    /// Takes the token of the remote `name` from the configuration of one who renewed it, if they did. `base` is what
    /// it was made from.
    pub fn take_renewed(&self, file: &Path, name: &str, base: &str) -> Result<(), RcloneError> {
        let renewed = read(file).during("could not read the configuration of one who renewed a token")?;
        self.locked(|| {
            let mut conf = self.read_master()?;
            if !take_renewed(&mut conf, &renewed, name, base) {
                return Ok(());
            }
            self.write_master(Staged::new(&self.master, &conf.render()), &conf)?;
            self.write_working(&mut conf)
        })
    }

    fn change(&self, edit: impl FnOnce(&mut Conf) -> Result<(), RcloneError>) -> Result<Change, RcloneError> {
        self.locked(|| {
            let before = self.read_master()?;
            let mut conf = before.clone();
            take_tokens(&mut conf, &read(&self.working).during("could not read the working copy of rclone.conf")?);
            edit(&mut conf)?;
            secrets::learn(&conf);
            let staged = Staged::new(&self.master, &conf.render()).during("could not write rclone.conf")?;
            // Room for both before either changes: on a full disk nothing has happened.
            drop(Staged::new(&self.working, &conf.render()).during("could not write the working copy of rclone.conf")?);
            let replaced = staged.replace().during("could not write rclone.conf")?;
            let change = Change { replaced, before, after: conf.clone() };
            let safe =
                change.replaced.sync().during("could not write rclone.conf").and_then(|()| self.read_back(&conf));
            if let Err(error) = safe {
                self.roll_back(change);
                return Err(error);
            }
            // The change is made: the next use of the working copy brings it up to date.
            if let Err(error) = self.write_working(&mut conf) {
                tracing::warn!(%error, "the working copy could not be written; that is tried again");
            }
            Ok(change)
        })
    }

    /// Puts the master back as it was before a change. Newer tokens that it got since then stay.
    fn undo(&self, change: &Change) -> Result<(), RcloneError> {
        let now = self.read_master()?;
        if now == change.after {
            return change.replaced.put_back().during("could not put rclone.conf back");
        }
        let mut before = change.before.clone();
        take_tokens(&mut before, &now.render());
        self.write_master(Staged::new(&self.master, &before.render()), &before)
    }

    fn write_master(&self, staged: io::Result<Staged>, conf: &Conf) -> Result<(), RcloneError> {
        secrets::learn(conf);
        staged.and_then(Staged::commit).during("could not write rclone.conf")?;
        self.read_back(conf)
    }

    fn read_back(&self, conf: &Conf) -> Result<(), RcloneError> {
        let back = fs::read(&self.master).during("could not read rclone.conf back")?;
        if back == conf.render() {
            Ok(())
        } else {
            Err(RcloneError::Broken("rclone.conf is not what was just written".into()))
        }
    }

    /// Writes the working copy. What rclone wrote there since it was read comes to light in the swap, and its tokens
    /// are taken.
    fn write_working(&self, conf: &mut Conf) -> Result<(), RcloneError> {
        for _ in 0..TRIES {
            let text = conf.render();
            let old = Staged::new(&self.working, &text).and_then(Staged::swap);
            let old = old.during("could not write the working copy of rclone.conf")?.unwrap_or_default();
            if !take_tokens(conf, &old) {
                return Ok(());
            }
            self.write_master(Staged::new(&self.master, &conf.render()), conf)?;
        }
        Ok(())
    }

    fn read_master(&self) -> Result<Conf, RcloneError> {
        let text = read(&self.master).during("could not read rclone.conf")?;
        let conf = Conf::parse(&text)
            .map_err(|problem| RcloneError::Failed { message: format!("rclone.conf cannot be used: {problem}") })?;
        secrets::learn(&conf);
        Ok(conf)
    }

    /// One at a time: the threads of this process by a mutex, other processes by a file.
    fn locked<T>(&self, work: impl FnOnce() -> Result<T, RcloneError>) -> Result<T, RcloneError> {
        let _mutex = self.mutex.lock().unwrap_or_else(PoisonError::into_inner);
        let file = File::options()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&self.lock)
            .during("could not open a lock")?;
        file.lock().during("could not take a lock")?;
        self.undo_unwanted()?;
        let done = work();
        if done.is_err() {
            // If this fails as well, the next caller tries it again.
            let _ = self.undo_unwanted();
        }
        done
    }

    /// The newest first.
    fn undo_unwanted(&self) -> Result<(), RcloneError> {
        while let Some(change) = { self.unwanted().pop() } {
            if let Err(error) = self.undo(&change) {
                self.unwanted().push(change);
                return Err(error);
            }
        }
        Ok(())
    }

    fn unwanted(&self) -> MutexGuard<'_, Vec<Change>> {
        self.unwanted.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What is in a file; nothing when there is none, which is also what a reader sees in the middle of one of rclone's
/// saves.
fn read(path: &Path) -> io::Result<Vec<u8>> {
    match fs::read(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        other => other,
    }
}

#[cfg(test)]
mod tests;
