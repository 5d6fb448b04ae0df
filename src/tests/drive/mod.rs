//! A drive for tests, in memory, over FUSE: its power can be cut, which loses what was not synced, and any call that
//! changes something can be made to fail. Modes, owners and times are safe at once; names and bytes are not.

mod calls;
mod content;
mod state;
mod tree;

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
    sync::{Arc, Mutex, MutexGuard},
};

use fuser::{BackgroundSession, Config, Errno, MountOption};

use calls::Calls;
use state::State;
pub use state::Trouble;

/// A call on which a disk has no room.
pub const NO_ROOM: Errno = Errno::ENOSPC;
/// A call on which a disk fails.
pub const BROKEN: Errno = Errno::EIO;

/// A drive that is mounted.
pub struct Drive {
    at: PathBuf,
    state: Arc<Mutex<State>>,
    session: Option<BackgroundSession>,
}

impl Drive {
    /// Whether this process may mount one; said aloud when it may not.
    pub fn can_be_had() -> bool {
        let dir = tempfile::tempdir().expect("a folder");
        // It belongs to root, and so do the programs that use it.
        match Self::try_mount(dir.path(), State::new()).and_then(|_drive| fs::write(dir.path().join("tried"), "")) {
            Ok(()) => true,
            Err(error) => {
                assert!(
                    env::var_os("CI").is_none(),
                    "no file system of ours can be mounted ({error}): run the tests as root, with /dev/fuse"
                );
                eprintln!(
                    "SKIPPED: no file system of ours can be mounted ({error}): run the tests as root, with /dev/fuse"
                );
                false
            }
        }
    }

    /// A new one, empty.
    pub fn mount(at: &Path) -> Self {
        Self::try_mount(at, State::new()).expect("mounted")
    }

    fn try_mount(at: &Path, state: State) -> std::io::Result<Self> {
        fs::create_dir_all(at)?;
        let state = Arc::new(Mutex::new(state));
        let mut config = Config::default();
        config.mount_options = vec![MountOption::FSName("drive".to_owned()), MountOption::DefaultPermissions];
        let session = fuser::spawn_mount(Calls(Arc::clone(&state)), at, &config)?;
        Ok(Self { at: at.to_owned(), state, session: Some(session) })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("whole")
    }

    /// After so many calls that change something go well, this comes.
    pub fn arm(&self, after: usize, trouble: Trouble) {
        self.state().arm(after, trouble);
    }

    /// All goes well again; the calls that failed, with the names of their files.
    pub fn disarm(&self) -> Vec<String> {
        let mut state = self.state();
        state.disarm();
        std::mem::take(&mut state.failed)
    }

    /// Whether its power was cut.
    pub fn is_dead(&self) -> bool {
        self.state().dead
    }

    /// How many calls have changed something.
    pub fn calls(&self) -> usize {
        self.state().calls
    }

    /// Brings the power back, with what survived. Nobody may use the drive any more.
    pub fn power_on(&mut self, mut chance: impl FnMut(usize) -> usize) {
        let survivor = self.state().survivor(&mut chance);
        self.detach();
        if let Some(session) = self.session.take() {
            // It ends when nobody holds the drive any more.
            session.join().expect("unmounted");
        }
        *self = Self::try_mount(&self.at, survivor).expect("mounted");
    }

    /// Lazily: who was killed a moment ago may still hold it.
    fn detach(&self) {
        if self.session.is_some() {
            let _ = Command::new("umount").arg("-l").arg(&self.at).status();
        }
    }
}

impl Drop for Drive {
    fn drop(&mut self) {
        self.detach();
    }
}
