//! A run's processes, as the console sees them: started, looked at, asked to stop, asked how far they are. All by way
//! of the run's folder, so that a console that starts again finds what another one left.
//!
//! The folder holds `run.json` (what is run), `lock` (held by the shim *and* by rclone: held means that something
//! lives), `pids.json`, `rc.sock`, `log.jsonl`, `stdout`, `stderr`, `shim.stderr`, and in the end `exit.json`.

pub mod main;

use std::{
    ffi::OsString,
    fs::{self, File, OpenOptions},
    io,
    os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _},
    path::Path,
    process::Stdio,
    time::Duration,
};

use rustix::process::{Pid, PidfdFlags, Signal, kill_process, pidfd_open, pidfd_send_signal};
use serde::{Deserialize, Serialize};
use tokio::{io::AsyncReadExt as _, process::Command, time::timeout};

use crate::{
    failpoint,
    server::{
        platform::{files, socket},
        rclone::{
            error::{During as _, RcloneError, text},
            program::{
                args, run_dir,
                sandbox::{Reach, Unconfined},
                spawn::Process,
                spec::{GRACE_SECS, RunSpec},
            },
        },
    },
};

/// How long the shim may take to start rclone.
const START: Duration = Duration::from_secs(15);

/// A process, distinguished from a later one with the same number by its start time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProcessId {
    pid: i32,
    /// In clock ticks since the system started.
    start: u64,
}

impl ProcessId {
    /// The living process with this number.
    #[must_use]
    pub fn of(pid: i32) -> Option<Self> {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
        // The name, in parentheses, may hold anything; what follows it does not.
        let start = stat.rsplit_once(')')?.1.split_whitespace().nth(19)?.parse().ok()?;
        Some(Self { pid, start })
    }

    /// Sends it a signal. Whether it was there.
    fn signal(self, signal: Signal) -> io::Result<bool> {
        let Some(pid) = Pid::from_raw(self.pid) else { return Ok(false) };
        // The descriptor pins the process: after the check it cannot become another.
        match pidfd_open(pid, PidfdFlags::empty()) {
            Ok(pidfd) if Self::of(self.pid) == Some(self) => match pidfd_send_signal(pidfd, signal) {
                Err(rustix::io::Errno::SRCH) => Ok(false),
                result => result.map(|()| true).map_err(Into::into),
            },
            Ok(_) | Err(rustix::io::Errno::SRCH) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }
}

/// The processes of a run: `pids.json`.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Pids {
    /// The shim.
    pub shim: ProcessId,
    /// rclone.
    pub rclone: ProcessId,
}

/// How rclone ended: `exit.json`. Either a code or a signal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exit {
    /// Its exit code, when it exited.
    pub code: Option<i32>,
    /// The signal that ended it, when one did.
    pub signal: Option<i32>,
    /// When, in milliseconds since 1970.
    pub at: i64,
    /// Whether the disk that holds its log was full then.
    #[serde(default)]
    pub full: bool,
}

/// What is left of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Life {
    /// It was never started: rclone has done nothing.
    Absent,
    /// Something of it lives.
    Alive,
    /// rclone ended, and the shim saw how.
    Exited(Exit),
    /// Nothing lives, and nobody saw the end.
    Gone,
}

/// What is left of the run in `dir`.
#[must_use]
pub fn inspect(dir: &Path) -> Life {
    let Ok(lock) = File::open(dir.join(run_dir::LOCK)) else { return Life::Absent };
    let held = lock.try_lock_shared().is_err();
    // In this order: the exit is written before the lock is let go.
    match read_json(&dir.join(run_dir::EXIT)) {
        Some(exit) => Life::Exited(exit),
        None if held => Life::Alive,
        // The shim makes this file before it starts rclone: it never came so far.
        None if !dir.join(run_dir::STDOUT).exists() => Life::Absent,
        None => Life::Gone,
    }
}

/// The places that the rclone of the run in `dir` was given, as it was given them.
#[must_use]
pub(super) fn targets(dir: &Path) -> Vec<String> {
    let args = RunSpec::read(dir).map(|spec| spec.args).unwrap_or_default();
    let words = args.into_iter().map(|arg| OsString::from(arg).to_string_lossy().into_owned());
    words.skip_while(|word| word != "--").skip(1).collect()
}

/// Asks the run in `dir` to stop: rclone has its `grace_secs` to clean up. One that has ended already is fine.
pub fn stop(dir: &Path) -> io::Result<()> {
    let Some(pids) = read_json::<Pids>(&dir.join(run_dir::PIDS)) else {
        // The shim is not so far yet, or died before it was: then nobody wrote down who rclone is.
        return holders(dir).iter().try_for_each(|holder| holder.signal(Signal::TERM).map(drop));
    };
    // Without its shim rclone gets the signal from us.
    if !pids.shim.signal(Signal::TERM)? {
        pids.rclone.signal(Signal::TERM)?;
    }
    Ok(())
}

/// Kills the rclone of the run in `dir`, which a shim that works would have done itself; with `all` its shim too, which
/// then cannot tell how it ended.
pub fn kill(dir: &Path, all: bool) -> io::Result<()> {
    let shim = read_json::<Pids>(&dir.join(run_dir::PIDS)).map(|pids| pids.shim);
    holders(dir)
        .iter()
        .filter(|holder| all || Some(**holder) != shim)
        .try_for_each(|holder| holder.signal(Signal::KILL).map(drop))
}

/// How long the rclone of the run in `dir` may clean up after it was asked to stop.
#[must_use]
pub fn grace(dir: &Path) -> Duration {
    Duration::from_secs(RunSpec::read(dir).map_or(GRACE_SECS, |spec| spec.grace_secs))
}

/// The processes that keep the run in `dir` alive: those to which its lock was handed down.
fn holders(dir: &Path) -> Vec<ProcessId> {
    let Ok(lock) = fs::metadata(dir.join(run_dir::LOCK)) else { return Vec::new() };
    let holds = |pid: &i32| {
        fs::metadata(format!("/proc/{pid}/fd/{}", super::program::spawn::LOCK))
            .is_ok_and(|file| (file.dev(), file.ino()) == (lock.dev(), lock.ino()))
    };
    let processes = fs::read_dir("/proc").into_iter().flatten().flatten();
    processes
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
        .filter(holds)
        .filter_map(ProcessId::of)
        .collect()
}

/// Bytes that the rclone of the run in `dir` has read from anywhere: a file, the network. `None` when it is gone.
#[must_use]
pub fn bytes_read(dir: &Path) -> Option<u64> {
    let rclone = read_json::<Pids>(&dir.join(run_dir::PIDS))?.rclone;
    let read = bytes_read_by(rclone.pid.cast_unsigned())?;
    (ProcessId::of(rclone.pid) == Some(rclone)).then_some(read)
}

/// The same of the process with this number.
pub(super) fn bytes_read_by(pid: u32) -> Option<u64> {
    let io = fs::read_to_string(format!("/proc/{pid}/io")).ok()?;
    io.lines().find_map(|line| line.strip_prefix("rchar: "))?.trim().parse().ok()
}

/// Whether the disk that holds `dir` takes no lines of a log any more.
#[must_use]
pub fn is_full(dir: &Path) -> bool {
    rustix::fs::statvfs(dir).is_ok_and(|disk| disk.f_bavail.saturating_mul(disk.f_frsize) < FULL)
}

/// The name of a signal: `SIGKILL`.
#[must_use]
pub fn signal_name(signal: i32) -> String {
    let name = match signal {
        libc::SIGHUP => "SIGHUP",
        libc::SIGINT => "SIGINT",
        libc::SIGQUIT => "SIGQUIT",
        libc::SIGILL => "SIGILL",
        libc::SIGABRT => "SIGABRT",
        libc::SIGBUS => "SIGBUS",
        libc::SIGFPE => "SIGFPE",
        libc::SIGKILL => "SIGKILL",
        libc::SIGSEGV => "SIGSEGV",
        libc::SIGPIPE => "SIGPIPE",
        libc::SIGTERM => "SIGTERM",
        libc::SIGXCPU => "SIGXCPU",
        libc::SIGXFSZ => "SIGXFSZ",
        libc::SIGSYS => "SIGSYS",
        other => return format!("signal {other}"),
    };
    name.to_owned()
}

/// A disk with less than this, in bytes, is full: a file that grows by blocks cannot use the last of them.
const FULL: u64 = 64 << 10;
const SHIM_STDERR: &str = "shim.stderr";
/// What the shim says when rclone runs.
pub(super) const READY: &[u8] = b"ready\n";

/// Starts `spec` in the new folder `dir` by way of `shim`, with the list of names that it takes up. Returns when rclone
/// runs; from then on it does not need us.
pub(super) async fn start(dir: &Path, spec: &RunSpec, only: Option<&[u8]>, shim: &Path) -> Result<(), RcloneError> {
    let (dir, shim) = (dir.to_owned(), shim.to_owned());
    let json = serde_json::to_vec(spec).map_err(io::Error::other).during("could not write run.json")?;
    let (folder, only) = (dir.clone(), only.map(<[u8]>::to_vec));
    let make = move || -> io::Result<Command> {
        let dir = folder.as_path();
        fs::DirBuilder::new().mode(0o700).create(dir)?;
        failpoint::hit("after_mkdir", dir);
        if let Some(only) = only {
            files::write(&dir.join(run_dir::ONLY), &only)?;
        }
        files::write(&dir.join(run_dir::SPEC), &json)?;
        let listener = socket::bind(&dir.join(run_dir::SOCKET))?;
        // rclone would create it readable to the group.
        private(dir, run_dir::LOG)?;
        let errors = private(dir, SHIM_STDERR)?;
        // Locked here and handed down: from this line on until the last of them has ended, the run counts as alive.
        let lock = private(dir, run_dir::LOCK)?;
        lock.try_lock()?;
        let env = args::environment();
        let args = vec!["shim".into(), dir.into()];
        let process = Process {
            listener: Some(listener.into()),
            lock: Some(lock.into()),
            ..Process::new(shim, args, env, Reach::User(Unconfined::Shim))
        };
        let mut command = Command::from(process.command()?);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(errors);
        Ok(command)
    };
    let command = tokio::task::spawn_blocking(make).await.map_err(io::Error::other).flatten();
    let mut child = command.and_then(|mut command| command.spawn()).during("could not start a run")?;
    failpoint::hit("after_spawn", &dir);
    let mut said = Vec::new();
    if let Some(stdout) = child.stdout.take() {
        let _ = timeout(START, stdout.take(READY.len() as u64).read_to_end(&mut said)).await;
    }
    if said == READY {
        // It ends some time: then it is reaped.
        tokio::spawn(async move { child.wait().await });
        return Ok(());
    }
    // Asked, not killed: a shim that is only slow takes its rclone along.
    if let Some(pid) = child.id().and_then(|id| Pid::from_raw(id.cast_signed())) {
        let _ = kill_process(pid, Signal::TERM);
    }
    if timeout(START, child.wait()).await.is_err() {
        let _ = child.kill().await;
    }
    let reason = fs::read_to_string(dir.join(SHIM_STDERR)).unwrap_or_default();
    Err(RcloneError::Failed { message: text::plain(&format!("rclone could not be started. {reason}")) })
}

/// A new file in a run's folder, for us alone.
fn private(dir: &Path, name: &str) -> io::Result<File> {
    OpenOptions::new().create_new(true).read(true).append(true).mode(0o600).open(dir.join(name))
}

/// Reads a small file of ours. `None` when it is not there or not whole.
fn read_json<T: serde::de::DeserializeOwned>(path: &Path) -> Option<T> {
    serde_json::from_slice(&fs::read(path).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_tells_how_its_run_is() {
        let dir = tempfile::tempdir().expect("a folder");
        let dir = dir.path();
        assert_eq!(inspect(&dir.join("none")), Life::Absent);
        assert_eq!(inspect(dir), Life::Absent);
        let lock = private(dir, run_dir::LOCK).expect("created");
        assert_eq!(inspect(dir), Life::Absent, "its shim came to nothing");
        private(dir, run_dir::STDOUT).expect("created");
        assert_eq!(inspect(dir), Life::Gone);
        lock.lock().expect("locked");
        assert_eq!(inspect(dir), Life::Alive);
        let exit = Exit { code: Some(3), signal: None, at: 1, full: false };
        files::write(&dir.join(run_dir::EXIT), &serde_json::to_vec(&exit).expect("json")).expect("written");
        assert_eq!(inspect(dir), Life::Exited(exit));
        drop(lock);
        assert_eq!(inspect(dir), Life::Exited(exit));
        stop(dir).expect("nothing to stop");
    }

    #[test]
    fn a_process_is_known_by_its_start() {
        let me = ProcessId::of(std::process::id().cast_signed()).expect("alive");
        assert_eq!(ProcessId::of(me.pid), Some(me));
        let other = ProcessId { start: me.start + 1, ..me };
        assert!(!other.signal(Signal::KILL).expect("not sent"), "it would have killed this test");
    }
}
