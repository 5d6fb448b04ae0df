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

use rustix::fs::{FlockOperation, flock};

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
    gate: Mutex<()>,
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
        let store = Self { master, working, lock, gate: Mutex::default(), unwanted: Mutex::default() };
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
    pub fn take_back(&self, change: Change) {
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
                self.take_back(change);
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
        let _gate = self.gate.lock().unwrap_or_else(PoisonError::into_inner);
        let file = File::options()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&self.lock)
            .during("could not open a lock")?;
        flock(&file, FlockOperation::LockExclusive).map_err(io::Error::from).during("could not take a lock")?;
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
mod tests {
    use super::*;
    use std::{os::unix::fs::PermissionsExt as _, thread};

    const OLD: &str = r#"{"access_token":"old","expiry":"2026-01-01T00:00:00Z"}"#;
    const NEW: &str = r#"{"access_token":"new","expiry":"2026-01-01T01:00:00.5+00:00"}"#;

    struct Fixture {
        dir: tempfile::TempDir,
        store: ConfigStore,
    }

    fn fixture(text: &str) -> Fixture {
        let dir = tempfile::tempdir().expect("a folder");
        fs::write(dir.path().join("master"), text).expect("written");
        let run = dir.path().join("run");
        private_dir(&run).expect("made");
        let store = ConfigStore::open(&dir.path().join("master"), &run).expect("opened");
        Fixture { dir, store }
    }

    impl Fixture {
        fn master(&self) -> String {
            fs::read_to_string(self.dir.path().join("master")).expect("read")
        }
        fn working(&self) -> String {
            fs::read_to_string(self.store.working()).expect("read")
        }
    }

    fn section(name: &str) -> Section {
        Conf::parse(format!("[{name}]\ntype = alias\nremote = /srv\n")).expect("plain").sections.remove(0)
    }

    #[test]
    fn what_a_person_wrote_stays_and_both_files_agree() {
        let text = "# mine\n[a]\ntype = s3\n\n; b's\n[b]\ntype=alias\nremote = /x\n";
        let f = fixture(text);
        f.store.add(vec![section("c")]).expect("added");
        assert_eq!(f.master(), format!("{text}\n[c]\ntype = alias\nremote = /srv\n"));
        assert_eq!(f.working(), f.master());
        assert!(matches!(f.store.add(vec![section("c")]), Err(RcloneError::Exists { .. })));
        assert!(
            matches!(f.store.add(vec![section("d"), section("c")]), Err(RcloneError::Exists { .. })),
            "all or none"
        );
        f.store.remove("c").expect("removed");
        assert!(matches!(f.store.remove("c"), Err(RcloneError::UnknownRemote)));
        assert!(f.master().starts_with(text) && f.working() == f.master());
        assert_eq!(fs::metadata(f.store.working()).expect("there").permissions().mode() & 0o777, 0o600);
    }

    #[test]
    fn what_rclone_lost_or_mangled_is_healed_and_what_it_learned_stays() {
        let f = fixture("[a]\ntype = sftp\nhost = h\n\n[b]\ntype = alias\nremote = /x\n");
        let learned = f.working().replace("host = h\n", "host = h\nshell_type = unix\nmd5sum_command = md5sum\n");
        fs::write(f.store.working(), &learned).expect("written");
        assert!(!f.store.settle().expect("settled"));
        assert_eq!(f.working(), learned);
        for mangled in [
            "",
            "[a]\ntype = sftp\nhost = h\n",
            "[a\ngarbage",
            &learned.replace("/x", "/y"),
            &format!("{learned}[evil]\ntype = local\n"),
        ] {
            fs::write(f.store.working(), mangled).expect("written");
            assert!(f.store.settle().expect("settled"), "{mangled:?}");
            assert_eq!(f.working(), f.master());
        }
    }

    #[test]
    fn a_newer_token_goes_into_the_master_and_a_broken_one_does_not() {
        let f = fixture(&format!("[d]\ntype = dropbox\ntoken = {OLD}\n# end\n"));
        fs::write(f.store.working(), f.working().replace(OLD, NEW)).expect("written");
        assert!(!f.store.settle().expect("settled"), "the working copy was right");
        assert_eq!(f.master(), format!("[d]\ntype = dropbox\ntoken = {NEW}\n# end\n"));
        for bad in [OLD, "{\"acc", "", "{}"] {
            fs::write(f.store.working(), f.working().replace(NEW, bad)).expect("written");
            assert!(f.store.settle().expect("settled"));
            assert!(f.master().contains(NEW) && f.working() == f.master(), "{bad}");
        }
        // A token that comes in the same moment as a change is not lost.
        fs::write(f.store.working(), f.working().replace("01:00:00.5", "02:00:00")).expect("written");
        f.store.add(vec![section("x")]).expect("added");
        assert!(f.master().contains("02:00:00") && f.working() == f.master());
    }

    #[test]
    fn a_change_that_is_taken_back_was_never_there_and_a_token_that_came_meanwhile_stays() {
        let f = fixture(&format!("[d]\ntype = dropbox\ntoken = {OLD}\n"));
        let before = f.master();
        for change in [|store: &ConfigStore| store.add(vec![section("x")]), |store: &ConfigStore| store.remove("d")] {
            f.store.take_back(change(&f.store).expect("changed"));
            assert_eq!(f.store.remotes().expect("read").len(), 1);
            assert_eq!(f.master(), before);
            assert!(f.store.settle().expect("settled") && f.working() == before);
        }
        let added = f.store.add(vec![section("x")]).expect("added");
        fs::write(f.store.working(), f.working().replace(OLD, NEW)).expect("written");
        f.store.settle().expect("settled");
        f.store.take_back(added);
        assert!(f.store.settle().expect("settled"));
        assert_eq!(f.master(), before.replace(OLD, NEW));
        assert_eq!(f.working(), f.master());
        assert_eq!(
            fs::read_dir(f.dir.path()).expect("listed").count(),
            2,
            "the master and the folder of the working copy"
        );
    }

    #[test]
    fn changes_from_many_threads_all_arrive_and_a_reader_always_finds_a_file() {
        let f = fixture("");
        f.store.add(vec![section("first")]).expect("added");
        thread::scope(|scope| {
            for i in 0..20 {
                let store = &f.store;
                scope.spawn(move || store.add(vec![section(&format!("r{i}"))]).expect("added"));
            }
            for _ in 0..2000 {
                assert!(f.working().starts_with("[first]"));
            }
        });
        assert_eq!(f.store.remotes().expect("read").len(), 21);
    }

    #[test]
    fn there_is_always_a_working_copy() {
        let f = fixture("");
        assert_eq!(f.working(), "", "rclone finds a file where there is no remote yet");
        fs::remove_file(f.store.working()).expect("removed");
        assert!(f.store.settle().expect("settled"));
        assert!(f.store.working().exists() && !f.store.settle().expect("settled"));
    }

    #[test]
    fn an_encrypted_configuration_is_refused_in_words() {
        let dir = tempfile::tempdir().expect("a folder");
        let master = dir.path().join("m");
        fs::write(&master, "# Encrypted rclone configuration File\n\nRCLONE_ENCRYPT_V0:\nxyz").expect("written");
        assert!(ConfigStore::open(&master, dir.path()).expect_err("refused").to_string().contains("encrypted"));
    }
}
