//! Starting processes: what the standard library does not do between `fork` and `exec`. Here and in `connects` is the
//! only `unsafe` of the project.
//!
//! A process gets its own session, umask and signal mask, a listening socket as descriptor 3 (`LISTEN_FDS`, systemd's
//! way) and a lock as descriptor 4. It gets the environment that is given and nothing else. Who waits for it is not
//! known here.
#![expect(unsafe_code, reason = "fork, exec, inherited descriptors and signal masks have no safe interface")]

use std::{
    ffi::{CString, OsStr, OsString, c_char},
    fs::File,
    io,
    os::{
        fd::{AsFd, AsRawFd as _, BorrowedFd, FromRawFd as _, OwnedFd, RawFd},
        unix::{ffi::OsStrExt as _, process::CommandExt as _},
    },
    path::PathBuf,
    process::Command,
    ptr,
    sync::OnceLock,
    time::Duration,
};

use super::{connects, sandbox::Reach};

/// Where a listening socket is handed down: the first of `LISTEN_FDS`.
const LISTENER: RawFd = 3;
/// Where the lock of a run is handed down.
pub(in crate::server::rclone) const LOCK: RawFd = 4;
/// The variable that names the folder for temporary files.
const TEMP: &str = "TMPDIR";
/// The text in the environment that the child overwrites with its own process id.
const PID: &[u8] = b"LISTEN_PID=0000000000\0";

/// A process to be. Without `Debug`: its environment may hold a password. Without `Default`: [`Process::new`] asks how
/// far it may reach.
pub struct Process {
    /// The program, absolute.
    pub program: PathBuf,
    /// Its arguments, without its name.
    pub args: Vec<OsString>,
    /// Its whole environment.
    pub env: Vec<(OsString, OsString)>,
    /// Its umask; ours when `None`.
    pub umask: Option<u32>,
    /// Whether it gets SIGTERM when the thread that starts it ends.
    pub dies_with_thread: bool,
    /// What it listens on, as descriptor 3.
    pub listener: Option<OwnedFd>,
    /// What it holds locked, as descriptor 4.
    pub lock: Option<OwnedFd>,
    /// How far it gets in the file system.
    pub reach: Reach,
}

impl Process {
    /// One that is given nothing but arguments and an environment.
    #[must_use]
    pub const fn new(program: PathBuf, args: Vec<OsString>, env: Vec<(OsString, OsString)>, reach: Reach) -> Self {
        Self { program, args, env, umask: None, dies_with_thread: false, listener: None, lock: None, reach }
    }

    /// As a command, with `/` as folder, in its own session. Its streams are still to be set; its arguments and
    /// environment are fixed.
    pub fn command(self) -> io::Result<Command> {
        reserve()?;
        let mut command = Command::new(&self.program);
        command.current_dir("/");
        let mut image = Image::new(&self)?;
        // Out of the way of 3 and 4, as the others: what is put there would take its place.
        let sandbox = self.reach.ruleset(&self.program)?.as_ref().map(high).transpose()?;
        let calls = self.reach.calls()?;
        let connects = self
            .reach
            .outbound()
            .filter(|_| sandbox.is_some())
            .map(connects::watch)
            .transpose()?
            .as_ref()
            .map(high)
            .transpose()?;
        let listener = self.listener.as_ref().map(high).transpose()?;
        let lock = self.lock.as_ref().map(high).transpose()?;
        let parent = rustix::process::getpid().as_raw_pid();
        let (umask, dies) = (self.umask, self.dies_with_thread);
        let prepare = move || {
            // SAFETY: only calls that are safe after a fork; nothing allocates.
            unsafe {
                libc::setsid();
                if let Some(mask) = umask {
                    libc::umask(mask);
                }
                default_signals()?;
                if dies {
                    check(libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGTERM))?;
                    // The parent may have ended before the line above.
                    if libc::getppid() != parent {
                        return Err(io::Error::from_raw_os_error(libc::ESRCH));
                    }
                }
                // A missing program is reported now: the pipe by which the standard library tells it may be 3 or
                // 4.
                check(libc::access(image.program.as_ptr(), libc::X_OK))?;
                for (from, to) in [(&listener, LISTENER), (&lock, LOCK)] {
                    if let Some(fd) = from {
                        check(libc::dup2(fd.as_raw_fd(), to))?;
                    }
                }
                if let Some(sandbox) = &sandbox {
                    enter(sandbox.as_raw_fd())?;
                }
                if let Some(calls) = &calls {
                    refuse(calls)?;
                }
                if let Some(connects) = &connects {
                    connects::install(connects.as_raw_fd())?;
                }
                Err(image.exec())
            }
        };
        // SAFETY: the closure keeps to what `fork` allows, see above.
        unsafe { command.pre_exec(prepare) };
        Ok(command)
    }
}

/// What `execve` needs, made before the fork.
struct Image {
    program: CString,
    /// Owns what `argv` points to.
    _args: Vec<CString>,
    argv: Vec<*const c_char>,
    /// Owns what `envp` points to.
    _env: Vec<CString>,
    envp: Vec<*const c_char>,
    pid: Box<[u8]>,
}

// SAFETY: the pointers lead into buffers that the same value owns and that never move or change after `new`,
// but for `pid`, which only the forked child writes.
unsafe impl Send for Image {}
// SAFETY: as above.
unsafe impl Sync for Image {}

impl Image {
    fn new(process: &Process) -> io::Result<Self> {
        let text = |bytes: &OsStr| CString::new(bytes.as_bytes()).map_err(io::Error::from);
        let program = text(process.program.as_os_str())?;
        let mut args = vec![program.clone()];
        for arg in &process.args {
            args.push(text(arg)?);
        }
        let mut env = Vec::with_capacity(process.env.len() + 1);
        let temp = process.reach.temp().map(|temp| (OsString::from(TEMP), temp));
        let given = process.env.iter().filter(|(name, _)| temp.is_none() || name != TEMP);
        for (name, value) in given.chain(&temp) {
            let mut pair = name.clone();
            pair.push("=");
            pair.push(value);
            env.push(text(&pair)?);
        }
        if process.listener.is_some() {
            env.push(text(OsStr::new("LISTEN_FDS=1"))?);
        }
        let pid: Box<[u8]> = PID.into();
        let mut envp: Vec<_> = env.iter().map(|pair| pair.as_ptr()).collect();
        if process.listener.is_some() {
            envp.push(pid.as_ptr().cast());
        }
        envp.push(ptr::null());
        let argv = args.iter().map(|arg| arg.as_ptr()).chain([ptr::null()]).collect();
        Ok(Self { program, _args: args, argv, _env: env, envp, pid })
    }

    /// Becomes the program. Returns only when that fails.
    ///
    /// # Safety
    /// Only in a forked child.
    unsafe fn exec(&mut self) -> io::Error {
        let mut pid = std::process::id();
        let digits = self.pid.len() - 1;
        for digit in self.pid[digits - 10..digits].iter_mut().rev() {
            *digit = b'0' + u8::try_from(pid % 10).unwrap_or(0);
            pid /= 10;
        }
        // SAFETY: both arrays end in a null pointer and point to texts that live as long as `self`.
        unsafe { libc::execve(self.program.as_ptr(), self.argv.as_ptr(), self.envp.as_ptr()) };
        io::Error::last_os_error()
    }
}

/// Which version of Landlock this kernel has.
pub(in crate::server::rclone) fn landlock() -> io::Result<i64> {
    const VERSION: libc::c_uint = 1;
    // SAFETY: with this flag the kernel reads nothing, it only answers.
    let answer =
        unsafe { libc::syscall(libc::SYS_landlock_create_ruleset, ptr::null::<libc::c_void>(), 0_usize, VERSION) };
    if answer == -1 { Err(io::Error::last_os_error()) } else { Ok(answer) }
}

/// Puts this process into a sandbox, for good: it cannot leave, and what it starts is in it as well.
///
/// # Safety
/// Only in a forked child.
unsafe fn enter(ruleset: RawFd) -> io::Result<()> {
    // SAFETY: system calls that take numbers alone.
    unsafe {
        // Without it a program with other rights (setuid) could be started from behind the sandbox.
        check(libc::prctl(libc::PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))?;
        if libc::syscall(libc::SYS_landlock_restrict_self, ruleset, 0) == -1 {
            Err(io::Error::last_os_error())
        } else {
            Ok(())
        }
    }
}

/// Has the kernel refuse system calls to this process, for good. A kernel that cannot is no reason not to start.
fn refuse(calls: &seccompiler::BpfProgram) -> io::Result<()> {
    if seccompiler::apply_filter(calls).is_ok() {
        return Ok(());
    }
    match io::Error::last_os_error() {
        error if matches!(error.raw_os_error(), Some(libc::EINVAL | libc::ENOSYS)) => Ok(()),
        error => Err(error),
    }
}

/// Nothing blocked, nothing ignored: a parent started with `&` or `nohup` would pass that on.
///
/// # Safety
/// Only in a forked child.
unsafe fn default_signals() -> io::Result<()> {
    // SAFETY: an empty set is a valid set, and `SIG_DFL` a valid action.
    unsafe {
        let mut none = std::mem::zeroed();
        libc::sigemptyset(&raw mut none);
        check(libc::sigprocmask(libc::SIG_SETMASK, &raw const none, ptr::null_mut()))?;
        for signal in [libc::SIGTERM, libc::SIGINT, libc::SIGHUP, libc::SIGPIPE, libc::SIGCHLD, libc::SIGQUIT] {
            libc::signal(signal, libc::SIG_DFL);
        }
    }
    Ok(())
}

/// A copy with a number that is out of the way of 3 and 4, closed on `exec`.
fn high(fd: &OwnedFd) -> io::Result<OwnedFd> {
    rustix::io::fcntl_dupfd_cloexec(fd, 10).map_err(Into::into)
}

/// Keeps 0 to 4 taken for good. Else the pipe by which the standard library reports a failed `exec` could get 3 or 4
/// and be overwritten.
fn reserve() -> io::Result<()> {
    static KEPT: OnceLock<Vec<File>> = OnceLock::new();
    if KEPT.get().is_none() {
        let mut kept = Vec::new();
        loop {
            let file = File::open("/dev/null")?;
            if file.as_raw_fd() > LOCK {
                break;
            }
            kept.push(file);
        }
        let _ = KEPT.set(kept);
    }
    Ok(())
}

/// The listener and the lock that this process was started with. To be called once, before anything else is opened.
pub fn inherited() -> io::Result<(OwnedFd, OwnedFd)> {
    // SAFETY: whether these descriptors are open is checked at once; nothing else in a process that has just begun owns
    // them.
    unsafe {
        for fd in [LISTENER, LOCK] {
            rustix::io::fcntl_setfd(BorrowedFd::borrow_raw(fd).as_fd(), rustix::io::FdFlags::CLOEXEC)?;
        }
        Ok((OwnedFd::from_raw_fd(LISTENER), OwnedFd::from_raw_fd(LOCK)))
    }
}

/// The signals that [`next_signal`] gives wait from now on until it is called. Before the process starts a thread.
pub fn hold_signals() -> io::Result<()> {
    let set = held();
    // SAFETY: the set is on this stack and initialised.
    check(unsafe { libc::sigprocmask(libc::SIG_BLOCK, &raw const set, ptr::null_mut()) })
}

/// Waits for one of the held signals, at most `limit`. `None` when none came.
pub fn next_signal(limit: Duration) -> io::Result<Option<i32>> {
    let limit = libc::timespec {
        tv_sec: libc::time_t::try_from(limit.as_secs()).unwrap_or(libc::time_t::MAX),
        tv_nsec: limit.subsec_nanos().into(),
    };
    let set = held();
    // SAFETY: both pointers are to values on this stack.
    match unsafe { libc::sigtimedwait(&raw const set, ptr::null_mut(), &raw const limit) } {
        -1 => match io::Error::last_os_error() {
            error if matches!(error.raw_os_error(), Some(libc::EAGAIN | libc::EINTR)) => Ok(None),
            error => Err(error),
        },
        signal => Ok(Some(signal)),
    }
}

fn held() -> libc::sigset_t {
    // SAFETY: the set is emptied before it is used.
    unsafe {
        let mut set = std::mem::zeroed();
        libc::sigemptyset(&raw mut set);
        for signal in [libc::SIGCHLD, libc::SIGTERM, libc::SIGINT, libc::SIGHUP] {
            libc::sigaddset(&raw mut set, signal);
        }
        set
    }
}

fn check(result: libc::c_int) -> io::Result<()> {
    if result == -1 { Err(io::Error::last_os_error()) } else { Ok(()) }
}

#[cfg(test)]
mod tests;
