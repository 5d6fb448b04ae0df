//! rclone's configuration: the master, which only we write, and the working copy, which all rclone processes share.
//!
//! rclone writes the working copy too, not atomically and without regard to other processes: new tokens, and what it learned about an
//! SFTP server. [`Vault::settle`] takes newer tokens into the master and writes anew what was lost or mangled. The master changes only
//! by temp file, fsync and rename, under one lock, and is read back.

use std::{
    collections::BTreeMap,
    fs::{self, File},
    io,
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
};

use rustix::fs::{FlockOperation, flock};
use serde::Deserialize;

use crate::domain::time::Timestamp;

use super::{
    atomic::{Staged, private_dir},
    conf::{Conf, Section},
    error::{During as _, RcloneError},
};

/// What rclone learns about a server or a session and notes in the working copy. It may stay there; the master does without.
const LEARNED: [&str; 34] = [
    // SFTP.
    "shell_type",
    "md5sum_command",
    "sha1sum_command",
    "crc32sum_command",
    "sha256sum_command",
    "blake3sum_command",
    "xxh3sum_command",
    "xxh128sum_command",
    // Sessions that come of a password, and what belongs to them.
    "auth_token",
    "auth_version",
    "authorization",
    "authorization_expiry",
    "base_folder_uuid",
    "client_access_token",
    "client_refresh_token",
    "client_salted_key_pass",
    "client_uid",
    "cookies",
    "master_key",
    "master_keys",
    "mnemonic",
    "plex_token",
    "private_key",
    "public_key",
    "refresh_token",
    "session_id",
    "token",
    "token_expiry",
    "trust_token",
    "version",
    "web_token",
    // Who that is, and where their files begin.
    "account_id",
    "device_id",
    "root_folder_id",
];

/// The option whose newer value belongs into the master.
const TOKEN: &str = "token";

/// How often a working copy is written anew when rclone writes at the same moments.
const TRIES: usize = 5;

/// The two files and their lock.
#[derive(Debug)]
pub struct Vault {
    master: PathBuf,
    working: PathBuf,
    lock: PathBuf,
    gate: Mutex<()>,
}

impl Vault {
    /// `run` is our folder for the working copy. Makes both files agree.
    pub fn open(master: &Path, run: &Path) -> Result<Self, RcloneError> {
        // A link stays a link: what it points to is replaced.
        let master = fs::canonicalize(master).unwrap_or_else(|_| master.to_owned());
        if let Some(folder) = master.parent()
            && !folder.exists()
        {
            private_dir(folder).during("could not make the folder of rclone.conf")?;
        }
        let vault = Self { master, working: run.join("rclone.conf"), lock: run.join("vault.lock"), gate: Mutex::new(()) };
        vault.settle()?;
        Ok(vault)
    }

    /// The file that rclone is given.
    #[must_use]
    pub fn working(&self) -> &Path {
        &self.working
    }

    /// All remotes, in the order of the master.
    pub fn remotes(&self) -> Result<Vec<Section>, RcloneError> {
        Ok(self.read_master()?.sections)
    }

    /// Adds remotes, all or none.
    pub fn add(&self, sections: Vec<Section>) -> Result<(), RcloneError> {
        self.change(|conf| {
            for section in sections {
                if conf.get(&section.name).is_some() {
                    return Err(RcloneError::Exists);
                }
                conf.push(section);
            }
            Ok(())
        })
    }

    /// Removes a remote.
    pub fn remove(&self, name: &str) -> Result<(), RcloneError> {
        self.change(|conf| if conf.remove(name) { Ok(()) } else { Err(RcloneError::UnknownRemote) })
    }

    /// Makes the working copy agree with the master: newer tokens go up, everything else comes down. Whether the working copy was written.
    pub fn settle(&self) -> Result<bool, RcloneError> {
        self.locked(|| {
            let mut conf = self.read_master()?;
            let seen = read(&self.working).during("could not read the working copy of rclone.conf")?;
            if take_tokens(&mut conf, &seen) {
                self.write_master(Staged::new(&self.master, conf.render().as_bytes()), &conf)?;
            }
            // An rclone that finds no file at all says so, and could be taken for one that came in the middle of a save.
            let settled = self.working.exists() && agree(&conf, &seen);
            if settled { Ok(false) } else { self.write_working(&mut conf).map(|()| true) }
        })
    }

    fn change(&self, edit: impl FnOnce(&mut Conf) -> Result<(), RcloneError>) -> Result<(), RcloneError> {
        self.locked(|| {
            let mut conf = self.read_master()?;
            take_tokens(&mut conf, &read(&self.working).during("could not read the working copy of rclone.conf")?);
            edit(&mut conf)?;
            let staged = Staged::new(&self.master, conf.render().as_bytes());
            // Room for both before either changes: on a full disk nothing has happened.
            drop(Staged::new(&self.working, conf.render().as_bytes()).during("could not write the working copy of rclone.conf")?);
            self.write_master(staged, &conf)?;
            self.write_working(&mut conf)
        })
    }

    fn write_master(&self, staged: io::Result<Staged>, conf: &Conf) -> Result<(), RcloneError> {
        staged.and_then(Staged::commit).during("could not write rclone.conf")?;
        let back = fs::read(&self.master).during("could not read rclone.conf back")?;
        if back == conf.render().as_bytes() { Ok(()) } else { Err(RcloneError::Broken("rclone.conf is not what was just written".into())) }
    }

    /// Writes the working copy. What rclone wrote there since it was read comes to light in the swap, and its tokens are taken.
    fn write_working(&self, conf: &mut Conf) -> Result<(), RcloneError> {
        for _ in 0..TRIES {
            let text = conf.render();
            let old = Staged::new(&self.working, text.as_bytes()).and_then(Staged::swap);
            let old = old.during("could not write the working copy of rclone.conf")?.unwrap_or_default();
            if !take_tokens(conf, &String::from_utf8_lossy(&old)) {
                return Ok(());
            }
            self.write_master(Staged::new(&self.master, conf.render().as_bytes()), conf)?;
        }
        Ok(())
    }

    fn read_master(&self) -> Result<Conf, RcloneError> {
        let text = read(&self.master).during("could not read rclone.conf")?;
        Conf::parse(&text).ok_or_else(|| RcloneError::Failed {
            message: "rclone.conf is encrypted, which Longshore can not read. Remove its password with `rclone config encryption remove`."
                .into(),
        })
    }

    /// One at a time: the threads of this process by a mutex, other processes by a file.
    fn locked<T>(&self, work: impl FnOnce() -> Result<T, RcloneError>) -> Result<T, RcloneError> {
        let _gate = self.gate.lock().unwrap_or_else(PoisonError::into_inner);
        let file = File::options().create(true).truncate(false).write(true).open(&self.lock).during("could not open a lock")?;
        flock(&file, FlockOperation::LockExclusive).map_err(io::Error::from).during("could not take a lock")?;
        work()
    }
}

/// The text of a file; empty when there is none, which is also what a reader sees in the middle of one of rclone's saves.
fn read(path: &Path) -> io::Result<String> {
    match fs::read_to_string(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(String::new()),
        other => other,
    }
}

/// Whether the working copy says what the master says, but for what rclone learned.
fn agree(master: &Conf, working: &str) -> bool {
    let Some(working) = Conf::parse(working) else { return false };
    let known = |conf: &Conf| -> BTreeMap<String, BTreeMap<String, String>> {
        let pairs = |section: &Section| {
            let mut pairs = section.pairs();
            // Learned, unless a person set it.
            let set = master.get(&section.name).map(Section::pairs).unwrap_or_default();
            pairs.retain(|key, _| set.contains_key(key) || !LEARNED.contains(&key.as_str()));
            pairs
        };
        conf.sections.iter().map(|section| (section.name.clone(), pairs(section))).collect()
    };
    master.sections.len() == working.sections.len() && known(master) == known(&working)
}

/// Takes newer tokens from a working copy into the master. Whether there were any.
fn take_tokens(master: &mut Conf, working: &str) -> bool {
    let Some(working) = Conf::parse(working) else { return false };
    let mut taken = false;
    for section in &mut master.sections {
        let ours = section.pairs().remove(TOKEN);
        let theirs = working.get(&section.name).and_then(|section| section.pairs().remove(TOKEN));
        if let Some(theirs) = theirs
            && newer(&theirs, ours.as_deref())
        {
            section.set(TOKEN, &theirs);
            taken = true;
        }
    }
    taken
}

/// The part of a token that tells its age.
#[derive(Deserialize)]
struct Token {
    access_token: String,
    #[serde(default)]
    expiry: Option<String>,
}

/// Whether a token is whole and expires later than the one we have.
fn newer(theirs: &str, ours: Option<&str>) -> bool {
    let read = |text: &str| serde_json::from_str::<Token>(text).ok().filter(|token| !token.access_token.is_empty());
    let expiry = |token: Token| token.expiry.as_deref().and_then(Timestamp::parse);
    match (read(theirs), ours.and_then(read)) {
        (None, _) => false,
        (Some(_), None) => true,
        (Some(theirs), Some(ours)) => expiry(theirs) > expiry(ours),
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
        vault: Vault,
    }

    fn fixture(text: &str) -> Fixture {
        let dir = tempfile::tempdir().expect("a folder");
        fs::write(dir.path().join("master"), text).expect("written");
        let run = dir.path().join("run");
        private_dir(&run).expect("made");
        let vault = Vault::open(&dir.path().join("master"), &run).expect("opened");
        Fixture { dir, vault }
    }

    impl Fixture {
        fn master(&self) -> String {
            fs::read_to_string(self.dir.path().join("master")).expect("read")
        }
        fn working(&self) -> String {
            fs::read_to_string(self.vault.working()).expect("read")
        }
    }

    fn section(name: &str) -> Section {
        Conf::parse(&format!("[{name}]\ntype = alias\nremote = /srv\n")).expect("plain").sections.remove(0)
    }

    #[test]
    fn what_a_person_wrote_stays_and_both_files_agree() {
        let text = "# mine\n[a]\ntype = s3\n\n; b's\n[b]\ntype=alias\nremote = /x\n";
        let f = fixture(text);
        f.vault.add(vec![section("c")]).expect("added");
        assert_eq!(f.master(), format!("{text}\n[c]\ntype = alias\nremote = /srv\n"));
        assert_eq!(f.working(), f.master());
        assert!(matches!(f.vault.add(vec![section("c")]), Err(RcloneError::Exists)));
        assert!(matches!(f.vault.add(vec![section("d"), section("c")]), Err(RcloneError::Exists)), "all or none");
        f.vault.remove("c").expect("removed");
        assert!(matches!(f.vault.remove("c"), Err(RcloneError::UnknownRemote)));
        assert!(f.master().starts_with(text) && f.working() == f.master());
        assert_eq!(fs::metadata(f.vault.working()).expect("there").permissions().mode() & 0o777, 0o600);
    }

    #[test]
    fn what_rclone_lost_or_mangled_is_healed_and_what_it_learned_stays() {
        let f = fixture("[a]\ntype = sftp\nhost = h\n\n[b]\ntype = alias\nremote = /x\n");
        let learned = f.working().replace("host = h\n", "host = h\nshell_type = unix\nmd5sum_command = md5sum\n");
        fs::write(f.vault.working(), &learned).expect("written");
        assert!(!f.vault.settle().expect("settled"));
        assert_eq!(f.working(), learned);
        for mangled in
            ["", "[a]\ntype = sftp\nhost = h\n", "[a\ngarbage", &learned.replace("/x", "/y"), &format!("{learned}[evil]\ntype = local\n")]
        {
            fs::write(f.vault.working(), mangled).expect("written");
            assert!(f.vault.settle().expect("settled"), "{mangled:?}");
            assert_eq!(f.working(), f.master());
        }
    }

    #[test]
    fn a_newer_token_goes_into_the_master_and_a_broken_one_does_not() {
        let f = fixture(&format!("[d]\ntype = dropbox\ntoken = {OLD}\n# end\n"));
        fs::write(f.vault.working(), f.working().replace(OLD, NEW)).expect("written");
        assert!(!f.vault.settle().expect("settled"), "the working copy was right");
        assert_eq!(f.master(), format!("[d]\ntype = dropbox\ntoken = {NEW}\n# end\n"));
        for bad in [OLD, "{\"acc", "", "{}"] {
            fs::write(f.vault.working(), f.working().replace(NEW, bad)).expect("written");
            assert!(f.vault.settle().expect("settled"));
            assert!(f.master().contains(NEW) && f.working() == f.master(), "{bad}");
        }
        // A token that comes in the same moment as a change is not lost.
        fs::write(f.vault.working(), f.working().replace("01:00:00.5", "02:00:00")).expect("written");
        f.vault.add(vec![section("x")]).expect("added");
        assert!(f.master().contains("02:00:00") && f.working() == f.master());
    }

    #[test]
    fn changes_from_many_threads_all_arrive_and_a_reader_always_finds_a_file() {
        let f = fixture("");
        f.vault.add(vec![section("first")]).expect("added");
        thread::scope(|scope| {
            for i in 0..20 {
                let vault = &f.vault;
                scope.spawn(move || vault.add(vec![section(&format!("r{i}"))]).expect("added"));
            }
            for _ in 0..2000 {
                assert!(f.working().starts_with("[first]"));
            }
        });
        assert_eq!(f.vault.remotes().expect("read").len(), 21);
    }

    #[test]
    fn there_is_always_a_working_copy() {
        let f = fixture("");
        assert_eq!(f.working(), "", "rclone finds a file where there is no remote yet");
        fs::remove_file(f.vault.working()).expect("removed");
        assert!(f.vault.settle().expect("settled"));
        assert!(f.vault.working().exists() && !f.vault.settle().expect("settled"));
    }

    #[test]
    fn an_encrypted_configuration_is_refused_in_words() {
        let dir = tempfile::tempdir().expect("a folder");
        let master = dir.path().join("m");
        fs::write(&master, "# Encrypted rclone configuration File\n\nRCLONE_ENCRYPT_V0:\nxyz").expect("written");
        assert!(Vault::open(&master, dir.path()).expect_err("refused").to_string().contains("encrypted"));
    }
}
