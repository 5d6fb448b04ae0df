//! The warm rclone that answers what a screen waits for. It is started, watched, started again when it dies or grows,
//! and ends with the console. We listen on its socket and hand that down, so that calls during a restart wait instead
//! of failing.

use std::{
    fmt::Write as _,
    fs::{self, File},
    io,
    os::{
        fd::OwnedFd,
        unix::{fs::OpenOptionsExt as _, net::UnixListener},
    },
    path::{Path, PathBuf},
    process::Stdio,
    sync::Arc,
    time::{Duration, Instant},
};

use rustix::process::{Pid, Signal, kill_process};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::{
    process::Child,
    sync::{Mutex, Notify, watch},
    time::{sleep, timeout},
};
use tokio_util::sync::CancellationToken;

use super::sandboxes::Sandboxes;
use crate::server::{
    platform::{files::random, socket, tasks::Tasks},
    rclone::{
        config::certificates,
        error::{During as _, RcloneError},
        program::{
            binary::Binary,
            sandbox::{Reach, Sandbox},
            spawn::Process,
            spawner::Spawner,
        },
        rc::{
            client::{self, Client, QUICK},
            command,
        },
        wire,
    },
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
const STOP: Duration = Duration::from_secs(2);
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

/// The warm rclone.
#[derive(Debug)]
pub struct Daemon {
    client: Client,
    state: watch::Receiver<State>,
    anew: Arc<Notify>,
}

/// What keeps it going.
struct Supervisor {
    named: Option<PathBuf>,
    conf: PathBuf,
    run: PathBuf,
    listener: UnixListener,
    /// Held as long as we live: one console a folder.
    _lock: File,
    user: String,
    password: String,
    spawner: Spawner,
    sandboxes: Sandboxes,
    client: Client,
    state: watch::Sender<State>,
    stop: CancellationToken,
    /// Told when it is to begin anew.
    anew: Arc<Notify>,
}

impl Daemon {
    /// Starts it in `run`, on the configuration `conf`. A missing rclone is no error: it is looked for again.
    pub async fn start(
        named: Option<&Path>,
        conf: &Path,
        run: &Path,
        spawner: &Spawner,
        sandboxes: Sandboxes,
        tasks: &Tasks,
    ) -> Result<Self, RcloneError> {
        let lock = File::options()
            .create(true)
            .truncate(false)
            .write(true)
            .mode(0o600)
            .open(run.join("rcd.lock"))
            .during("could not open a lock")?;
        lock.try_lock().map_err(|_| RcloneError::Failed {
            message: "Another Longshore is running with this data folder.".into(),
        })?;
        let path = run.join("rcd.sock");
        let listener = socket::bind(&path).during("could not listen for rclone")?;
        let (user, password) = (secret()?, secret()?);
        let client = Client::new(&path, Some((&user, &password)));
        let (state, states) = watch::channel(find_binary(named).await);
        let supervisor = Supervisor {
            named: named.map(Path::to_owned),
            conf: conf.to_owned(),
            run: run.to_owned(),
            listener,
            _lock: lock,
            user,
            password,
            spawner: spawner.clone(),
            sandboxes,
            client: client.clone(),
            state,
            stop: tasks.stopping(),
            anew: Arc::default(),
        };
        let anew = Arc::clone(&supervisor.anew);
        let supervisor = Arc::new(Mutex::new(supervisor));
        tasks.spawn_loop("warm rclone", move || {
            let supervisor = Arc::clone(&supervisor);
            async move { supervisor.lock().await.run().await }
        });
        Ok(Self { client, state: states, anew })
    }

    /// What is known now.
    #[must_use]
    pub fn state(&self) -> State {
        self.state.borrow().clone()
    }

    /// Calls the warm rclone.
    pub async fn call<T>(&self, path: &str, params: &impl Serialize, limit: Duration) -> Result<T, RcloneError>
    where
        T: DeserializeOwned + Send + 'static,
    {
        self.call_with(path, params, limit, client::whole).await
    }

    /// Calls the warm rclone, and reads its answer in a way of the caller's own.
    pub async fn call_with<T: Send + 'static>(
        &self,
        path: &str,
        params: &impl Serialize,
        limit: Duration,
        parse: impl FnOnce(&mut dyn io::Read) -> serde_json::Result<T> + Send + 'static,
    ) -> Result<T, RcloneError> {
        self.ready()?;
        self.client.call_with(path, params, limit, parse).await
    }

    /// Has it begin anew soon: some of what it knows it reads only once.
    pub fn renew(&self) {
        self.anew.notify_one();
    }

    /// Why the warm rclone refuses `params`, in its own words.
    pub async fn refusal(
        &self,
        path: &str,
        params: &impl Serialize,
        limit: Duration,
    ) -> Result<Option<String>, RcloneError> {
        self.ready()?;
        self.client.refusal(path, params, limit).await
    }

    fn ready(&self) -> Result<(), RcloneError> {
        match &*self.state.borrow() {
            State::Ready(_) => Ok(()),
            State::Missing(message) => Err(RcloneError::Missing { message: message.clone() }),
            State::Down(_, message) => Err(RcloneError::Failed { message: message.clone() }),
        }
    }
}

impl Supervisor {
    /// Keeps it going until it is to stop.
    async fn run(&mut self) {
        let mut pause = Duration::from_millis(200);
        let mut known = self.state.borrow().binary().ok().cloned();
        while !self.stop.is_cancelled() {
            let binary = self.state.borrow().binary().ok().cloned();
            let began = Instant::now();
            let ended = match &binary {
                Some(binary) => self.life(binary).await,
                None => Ok(()),
            };
            if self.stop.is_cancelled() {
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
                () = self.stop.cancelled() => {}
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
            () = self.stop.cancelled() => return end(child).await,
        }
        self.prime().await;
        self.state.send_replace(State::Ready(binary.clone()));
        loop {
            tokio::select! {
                status = child.wait() => return Err(RcloneError::Failed { message: describe(&log, status) }),
                () = self.stop.cancelled() => return end(child).await,
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
            let fat = child.id().and_then(memory).is_some_and(|bytes| bytes > MAX_RSS_BYTES);
            if fat && self.client.busy() == 0 {
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

/// A user name or password that nobody can guess.
pub fn secret() -> Result<String, RcloneError> {
    let mut text = String::new();
    for _ in 0..2 {
        let _ = write!(text, "{:016x}", random().during("could not get random numbers")?);
    }
    Ok(text)
}

async fn find_binary(named: Option<&Path>) -> State {
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
