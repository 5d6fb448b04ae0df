//! Keeps the warm rclone alive: starts it, watches it, and starts it again when it ends, grows, or
//! its sandbox is outdated.

use std::{
    fs::{self, File},
    io,
    os::{fd::OwnedFd, unix::net::UnixListener},
    path::{Path, PathBuf},
    process::Stdio,
    sync::Arc,
    time::{Duration, Instant},
};

use rustix::process::{Pid, Signal, kill_process};
use tokio::{
    process::Child,
    sync::{Notify, watch},
    time::{sleep, timeout},
};

use super::sandboxes::Sandboxes;
use crate::server::rclone::{
    config::certificates,
    error::{During as _, RcloneError},
    program::{
        binary::Binary,
        sandbox::{Reach, Sandbox},
        spawn::Process,
        spawner::Spawner,
    },
    rc::{
        client::{Client, QUICK},
        command,
    },
    wire,
};

/// What rclone takes for a password, and is none.
const NO_PASSWORD: &str = "GUMLiAnG5zSp0HbraSYrYbs";
/// How often its health is looked at.
const CHECK: Duration = Duration::from_secs(15);
/// Above this it is started again as soon as nothing is asked of it, in bytes.
const MAX_RSS_BYTES: u64 = 400 << 20;
/// How long it may take to answer for the first time.
const START: Duration = Duration::from_secs(20);
/// How long it may take to end by itself.
const STOP: Duration = Duration::from_secs(3);
/// The longest pause between two starts.
const PAUSE: Duration = Duration::from_secs(30);
/// How often an rclone is looked for while there is none.
const SEARCH_INTERVAL: Duration = Duration::from_secs(10);
/// One that lived this long was well: the next pause is short again.
const HEALTHY_AFTER: Duration = Duration::from_secs(60);

/// What is known about rclone.
#[derive(Clone, Debug)]
pub enum State {
    /// No rclone that will do; the text says what to do.
    Missing(String),
    /// There is one, and it answers or will in a moment.
    Ready(Binary),
    /// There is one, but the warm process does not start.
    Down(Binary, String),
}

impl State {
    /// The program.
    pub fn binary(&self) -> Result<&Binary, RcloneError> {
        match self {
            Self::Missing(message) => Err(RcloneError::Missing { message: message.clone() }),
            Self::Ready(binary) | Self::Down(binary, _) => Ok(binary),
        }
    }
}

/// What keeps it going.
pub(super) struct Supervisor {
    pub(super) named: Option<PathBuf>,
    pub(super) conf: PathBuf,
    pub(super) run: PathBuf,
    pub(super) listener: UnixListener,
    /// Held as long as we live: one console a folder.
    pub(super) _lock: File,
    pub(super) user: String,
    pub(super) password: String,
    pub(super) spawner: Spawner,
    pub(super) sandboxes: Sandboxes,
    pub(super) client: Client,
    pub(super) state: watch::Sender<State>,
    pub(super) stop: watch::Receiver<bool>,
    /// Told when it is to begin anew.
    pub(super) anew: Arc<Notify>,
}

impl Supervisor {
    pub(super) async fn run(mut self) {
        let mut pause = Duration::from_millis(200);
        let mut known = self.state.borrow().binary().ok().cloned();
        while !self.stopping() {
            let binary = self.state.borrow().binary().ok().cloned();
            let began = Instant::now();
            let ended = match &binary {
                Some(binary) => self.life(binary).await,
                None => Ok(()),
            };
            if self.stopping() {
                break;
            }
            let wait = if binary.is_none() { SEARCH_INTERVAL } else { pause };
            pause = if began.elapsed() > HEALTHY_AFTER { Duration::from_millis(200) } else { (pause * 2).min(PAUSE) };
            if let (Some(binary), Err(error)) = (binary, ended) {
                tracing::warn!(error = %error, "rclone ended; it is started again");
                if began.elapsed() < HEALTHY_AFTER {
                    self.state.send_replace(State::Down(binary, format!("rclone does not start: {error}")));
                }
            }
            tokio::select! {
                () = sleep(wait) => {}
                _ = self.stop.changed() => {}
            }
            // It may have been installed. One that was found stays the one: another is not started.
            let found = match &known {
                Some(binary) => match binary.unchanged() {
                    Ok(()) => State::Ready(binary.clone()),
                    Err(error) => State::Missing(error.to_string()),
                },
                None => find_binary(self.named.as_deref()).await,
            };
            known = known.or_else(|| found.binary().ok().cloned());
            self.state.send_if_modified(|state| {
                let same = matches!((&*state, &found), (State::Down(old, _) | State::Ready(old), State::Ready(new)) if old == new);
                if !same {
                    *state = found;
                }
                !same
            });
        }
        let _ = fs::remove_file(self.run.join("rcd.sock"));
    }

    /// Whether it was asked to end, or no caller is left.
    fn stopping(&self) -> bool {
        *self.stop.borrow() || self.stop.has_changed().is_err()
    }

    /// One process, from start to end. `Ok` when it was ended by us.
    async fn life(&mut self, binary: &Binary) -> Result<(), RcloneError> {
        binary.unchanged()?;
        let log = self.run.join("rcd.log");
        let mut seen = self.sandboxes.seen().await;
        let mut child = {
            let listener = self.listener.try_clone().during("could not hand a socket down")?;
            spawn(
                &self.spawner,
                binary,
                (&self.conf, &log),
                self.sandboxes.reader().await?,
                listener.into(),
                (&self.user, &self.password),
            )
            .await?
        };
        let ready = self.client.call::<wire::Nothing>("rc/noop", &(), START);
        tokio::select! {
            answer = ready => answer.map(|_| ())?,
            status = child.wait() => return Err(RcloneError::Failed { message: describe(&log, status) }),
            _ = self.stop.changed() => return end(child).await,
        }
        self.prime().await;
        self.state.send_replace(State::Ready(binary.clone()));
        loop {
            tokio::select! {
                status = child.wait() => return Err(RcloneError::Failed { message: describe(&log, status) }),
                _ = self.stop.changed() => return end(child).await,
                () = self.anew.notified() => return end(child).await,
                () = sleep(CHECK) => {}
            }
            // Its sandbox knows files and folders, not paths: what was put or mounted there since is not in it.
            let now = self.sandboxes.seen().await;
            if seen.is_some() && now.is_some() && now != seen {
                tracing::info!("an allowed folder or a file of the system was replaced: rclone is started again");
                return end(child).await;
            }
            seen = now.or(seen);
            let too_large = child.id().and_then(memory).is_some_and(|bytes| bytes > MAX_RSS_BYTES);
            if too_large && self.client.busy() == 0 {
                tracing::info!("rclone has grown and nothing is asked of it: it is started again");
                return end(child).await;
            }
            if self.client.call::<wire::Nothing>("rc/noop", &(), QUICK).await.is_err() {
                end(child).await?;
                return Err(RcloneError::Timeout);
            }
        }
    }
}

impl Supervisor {
    /// Has it read the certificates of FTP servers before anything else: it keeps those that it reads first. Nobody
    /// listens at that port, and the password is none.
    async fn prime(&self) {
        if let Some(shared) = certificates::shared(&self.run) {
            let fs =
                format!(":ftp,host=127.0.0.1,port=1,pass={NO_PASSWORD},override.ca_cert=\"{}\":", shared.display());
            let asked = serde_json::json!({ "fs": fs, "remote": "" });
            let _ = self.client.call::<wire::Nothing>("operations/list", &asked, QUICK).await;
        }
    }
}

/// Starts an `rclone rcd` that ends with us.
pub async fn spawn(
    spawner: &Spawner,
    binary: &Binary,
    (conf, log): (&Path, &Path),
    sandbox: Sandbox,
    listener: OwnedFd,
    (user, password): (&str, &str),
) -> Result<Child, RcloneError> {
    let (args, env) = (command::rcd(conf, log), command::rcd_environment(user, password));
    let process =
        Process { listener: Some(listener), ..Process::new(binary.path.clone(), args, env, Reach::Sandbox(sandbox)) };
    let null = |command: &mut tokio::process::Command| {
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    };
    spawner.spawn(process, null).await.during("could not start rclone")
}

/// Asks a child to end, waits a little, and makes it.
pub async fn end(mut child: Child) -> Result<(), RcloneError> {
    // Not reaped yet while `id` is there: the number is the child's.
    if let Some(pid) = child.id().and_then(|id| Pid::from_raw(id.cast_signed())) {
        let _ = kill_process(pid, Signal::TERM);
    }
    if timeout(STOP, child.wait()).await.is_err() {
        child.kill().await.during("could not end rclone")?;
    }
    Ok(())
}

pub(super) async fn find_binary(named: Option<&Path>) -> State {
    match Binary::find(named).await {
        Ok(binary) => State::Ready(binary),
        Err(error) => State::Missing(error.to_string()),
    }
}

/// Why it ended: the last that its log says.
fn describe(log: &Path, status: io::Result<std::process::ExitStatus>) -> String {
    let reason = crate::server::rclone::log::reason(log).unwrap_or_default();
    status.map_or_else(|error| error.to_string(), |status| format!("{status}. {reason}").trim().to_owned())
}

/// Resident memory of a process in bytes.
fn memory(pid: u32) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    Some(line.trim().strip_suffix(" kB")?.trim().parse::<u64>().ok()? << 10)
}
