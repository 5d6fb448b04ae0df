//! Moments at which a crash tells most: between two things that have to hold together. Who tests names one by a file in
//! the folder of all runs; the first process that comes there takes the file, so that only one does, and dies as by
//! `kill -9`. In a release there is none of it: see `lib.rs`. Which moments there are is for those to say who pass
//! them; `cargo xtask crash` kills at each.

use std::{fs, path::Path, thread};

use rustix::process::{Signal, getpid, kill_process};

/// Comes to the boundary `name` with the run whose folder is `dir`. Returns, unless a test wants it to die here.
pub(crate) fn pass(name: &str, dir: &Path) {
    let (Some(runs), Some(run)) = (dir.parent(), dir.file_name()) else { return };
    let died = format!("died-at.{name}.{}", run.to_string_lossy());
    if fs::rename(runs.join(format!("die-at.{name}")), runs.join(died)).is_err() {
        return;
    }
    let _ = kill_process(getpid(), Signal::KILL);
    // The signal may reach another thread first: this one does nothing more.
    loop {
        thread::park();
    }
}
