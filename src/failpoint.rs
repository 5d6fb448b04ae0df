//! Failpoints for crash tests: a process kills itself, as by `kill -9`, at a named point if the test left a marker file
//! in the folder of all runs. It takes the marker first, so that only one process dies. Compiled out of releases: see
//! `lib.rs`. Each call site documents its point; `cargo xtask crash` kills at each.

use std::{fs, path::Path, thread};

use rustix::process::{Signal, getpid, kill_process};

/// Passes the failpoint `name` with the run whose folder is `dir`. Returns, unless a test wants it to die here.
pub(crate) fn hit(name: &str, dir: &Path) {
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
