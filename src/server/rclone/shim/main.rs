//! The shim: the small parent of one run's rclone. It outlives the console, passes a stop on, and notes how rclone
//! ended. Synchronous, no sockets of its own, and beside this thread one that answers for connections: it has next to
//! nothing that can break.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write as _},
    os::{
        fd::{AsFd as _, OwnedFd},
        unix::{
            fs::{MetadataExt as _, OpenOptionsExt as _},
            process::ExitStatusExt as _,
        },
    },
    path::Path,
    process::{Child, ExitCode, ExitStatus, Stdio},
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use rustix::process::{Pid, Signal, kill_process};

use crate::{
    failpoint,
    server::{
        platform::files::{self, Staged},
        rclone::{
            program::{
                args, run_dir,
                spawn::{self, Process},
                spec::RunSpec,
            },
            shim::{Exit, Pids, ProcessId, READY, is_full},
        },
    },
};

/// What `exit.json` takes, in bytes: JSON may end in spaces.
const ROOM: usize = 128;
/// How long nothing may happen before the shim looks up.
const IDLE: Duration = Duration::from_secs(3600);

/// Runs what `dir/run.json` says and waits for it. To be called at the very start of the process.
#[must_use]
pub fn shim_main(dir: &Path) -> ExitCode {
    match supervise(dir) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(io::stderr(), "{error}");
            ExitCode::FAILURE
        }
    }
}

fn supervise(dir: &Path) -> io::Result<()> {
    let (listener, lock) = spawn::inherited()?;
    let (held, named) = (rustix::fs::fstat(&lock)?, fs::metadata(dir.join(run_dir::LOCK))?);
    if (held.st_dev, held.st_ino) != (named.dev(), named.ino()) {
        return Err(io::Error::other("this is for Longshore itself: it starts runs by it"));
    }
    spawn::hold_signals()?;
    let spec = RunSpec::read(dir).ok_or_else(|| io::Error::other("run.json cannot be read"))?;
    let run = Run { dir, spec, listener, lock };

    failpoint::hit("shim_before_rclone", dir);
    let child = run.start()?;
    // The console may be gone already. That does not matter to the run.
    let mut stdout = io::stdout();
    let _ = stdout.write_all(READY).and_then(|()| stdout.flush());
    // Room for how it ends, while there is some: a disk that is full by then must not hide it.
    let room = Staged::new(&dir.join(run_dir::EXIT), &[b' '; ROOM]).ok();
    let (mut status, stopped) = wait(child, run.grace())?;
    if !stopped && run.lost_conf(status) {
        fs::write(dir.join(run_dir::LOG), b"")?;
        status = wait(run.start()?, run.grace())?.0;
    }
    let at = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |time| i64::try_from(time.as_millis()).unwrap_or(i64::MAX));
    let mut json = serde_json::to_vec(&Exit { code: status.code(), signal: status.signal(), at, full: is_full(dir) })?;
    json.resize(ROOM, b' ');
    failpoint::hit("before_exit", dir);
    match room {
        Some(room) => room.rewrite(&json).and_then(|()| room.commit()),
        None => files::write(&dir.join(run_dir::EXIT), &json),
    }?;
    failpoint::hit("shim_after_exit", dir);
    Ok(())
}

/// One run.
struct Run<'a> {
    dir: &'a Path,
    spec: RunSpec,
    listener: OwnedFd,
    lock: OwnedFd,
}

impl Run<'_> {
    /// How long rclone may clean up after it was asked to stop.
    const fn grace(&self) -> Duration {
        Duration::from_secs(self.spec.grace_secs)
    }

    fn start(&self) -> io::Result<Child> {
        let RunSpec { program, args, env, umask, reach, .. } = &self.spec;
        let args = args.iter().cloned().map(Into::into).collect();
        let env = env.iter().cloned().map(|(name, value)| (name.into(), value.into())).collect();
        let process = Process {
            umask: Some(*umask),
            listener: Some(self.listener.as_fd().try_clone_to_owned()?),
            lock: Some(self.lock.as_fd().try_clone_to_owned()?),
            ..Process::new(program.clone(), args, env, reach.clone())
        };
        let mut command = process.command()?;
        // Files, never pipes: a pipe that nobody reads stops rclone, and a closed one kills it.
        command.stdin(Stdio::null()).stdout(self.append(run_dir::STDOUT)?).stderr(self.append(run_dir::STDERR)?);
        let program = self.spec.program.display();
        let mut child = command.spawn().map_err(|error| io::Error::new(error.kind(), format!("{program}: {error}")))?;
        failpoint::hit("shim_before_pids", self.dir);
        let noted = self.note(&child);
        if noted.is_err() {
            child.kill()?;
            child.wait()?;
        }
        noted.map(|()| child)
    }

    fn note(&self, child: &Child) -> io::Result<()> {
        let known =
            |pid: u32| ProcessId::of(pid.cast_signed()).ok_or_else(|| io::Error::other("a process is not in /proc"));
        let pids = Pids { shim: known(std::process::id())?, rclone: known(child.id())? };
        files::write(&self.dir.join(run_dir::PIDS), &serde_json::to_vec(&pids)?)
    }

    fn append(&self, name: &str) -> io::Result<File> {
        OpenOptions::new().create(true).append(true).mode(0o600).open(self.dir.join(name))
    }

    /// Whether rclone did not find its configuration: another rclone was saving it at that moment. Nothing was done
    /// yet.
    fn lost_conf(&self, status: ExitStatus) -> bool {
        let lost = |name| {
            fs::read_to_string(self.dir.join(name)).is_ok_and(|text| text.len() < 64 << 10 && args::lost_conf(&text))
        };
        status.code() == Some(1) && (lost(run_dir::LOG) || lost(run_dir::STDERR))
    }
}

/// Waits until rclone has ended, and whether it was asked to. Passes a stop on, and after a while does not ask any
/// more.
fn wait(mut child: Child, grace: Duration) -> io::Result<(ExitStatus, bool)> {
    let mut deadline: Option<Instant> = None;
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok((status, deadline.is_some()));
        }
        let limit = deadline.map_or(IDLE, |at| at.saturating_duration_since(Instant::now()));
        match spawn::next_signal(limit)? {
            Some(libc::SIGTERM | libc::SIGINT) if deadline.is_none() => {
                deadline = Some(Instant::now() + grace);
                // Not reaped yet: the number is the child's.
                if let Some(pid) = Pid::from_raw(child.id().cast_signed()) {
                    kill_process(pid, Signal::TERM)?;
                }
            }
            None if deadline.is_some_and(|at| at <= Instant::now()) => {
                child.kill()?;
                return child.wait().map(|status| (status, true));
            }
            // A terminal that went away, a child that only changed, a second stop.
            _ => {}
        }
    }
}
