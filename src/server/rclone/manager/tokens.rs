//! Tokens that a provider renews. Many rclones share one, and with some providers the token that renews can be used
//! once: so one rclone at a time renews it, under a lock, before others start that would all find it expired, and
//! shortly before it expires while others work.
//!
//! That rclone has a configuration of its own, in which the token has expired. What it got is taken from there into the
//! master and the working copy, from which all others read it when theirs expires. It does not end with the console: a
//! token that was given and not kept is lost.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    fs::{self, File},
    io,
    path::{Path, PathBuf},
    process::Stdio,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use futures::future::join_all;
use serde::{Deserialize, Serialize};
use tokio::{
    process::{Child, Command},
    sync::Mutex as AsyncMutex,
    time::{Instant, sleep, timeout},
};

use super::{Inner, Rclone, daemon};
use crate::{
    domain::{location::Location, time::Timestamp},
    server::{
        platform::files::{self, private_dir, random},
        rclone::{
            config::{merge, wrap},
            error::{During as _, RcloneError},
            program::{args, probe, sandbox::Reach, spawn::Process, tasks::blocking},
            shim::{self, Life},
            wire::conf::{Conf, Section},
        },
    },
};

/// A token is renewed when it is good for less than this, or than a quarter of its life, if that is shorter.
const MARGIN: Duration = Duration::from_secs(120);
/// rclone itself does not trust a token that ends sooner: one that lives no longer is renewed by each rclone, whatever
/// is done here.
const DISTRUST: Duration = Duration::from_secs(10);
/// The least that a token is renewed before others do it: two looks at the clock, and the time that it takes.
const EARLIEST: Duration = Duration::from_secs(15);
/// How long one may take to be renewed.
const LIMIT: Duration = Duration::from_secs(30);
/// How often is looked whether it was.
const POLL_INTERVAL: Duration = Duration::from_millis(50);
/// The same token is not tried again before this.
const RETRY_DELAY: Duration = Duration::from_secs(20);
/// How long the warm rclone may use a remote that it was asked about.
const WARM: Duration = Duration::from_secs(600);
/// How many remotes a location may lead to.
const REACH: usize = 64;
/// How the folders of those who renew begin, and what is in them.
const PREFIX: &str = "token-";
const CONF: &str = "rclone.conf";
const BASE: &str = "base.json";
const LOCK: &str = "lock";
/// Types of remotes that save nothing in the configuration, unless they have a token: read from the source of rclone
/// 1.75.2. Others may, as SFTP does with what it learned of its server.
const NEVER_SAVE: [&str; 17] = [
    "alias",
    "archive",
    "azureblob",
    "azurefiles",
    "b2",
    "chunker",
    "combine",
    "compress",
    "crypt",
    "ftp",
    "http",
    "local",
    "memory",
    "s3",
    "smb",
    "swift",
    "union",
];
/// How long a start waits for one who renews a token for an earlier console.
const MOMENT: Duration = Duration::from_secs(5);

/// Who uses which token, and who renews it.
#[derive(Debug, Default)]
pub(in crate::server::rclone) struct Tokens {
    /// One for each remote: who holds it renews.
    locks: Mutex<HashMap<String, Arc<AsyncMutex<Tried>>>>,
    /// When the warm rclone was last asked about a remote.
    asked: Mutex<HashMap<String, Instant>>,
    /// Folders of runs and mounts that were alive, with the remotes that they use.
    held: Mutex<Vec<(PathBuf, BTreeSet<String>)>>,
}

/// What is known from the last time.
#[derive(Debug, Default)]
struct Tried {
    /// The expiry of the token that was to be renewed, and when that was tried.
    last: Option<(Timestamp, Instant)>,
    /// How long a new one is good for.
    life: Option<Duration>,
}

impl Rclone {
    /// What comes before every rclone that uses these locations: the configurations agree, and no token that is behind
    /// them is about to expire. One that cannot be renewed is no error here: rclone itself says so when the token is
    /// used.
    pub(in crate::server::rclone) async fn prepare<'a>(
        &self,
        locations: impl IntoIterator<Item = &'a Location>,
    ) -> Result<(), RcloneError> {
        self.settle().await?;
        let names: Vec<_> = locations
            .into_iter()
            .filter(|location| !location.is_local())
            .map(|location| location.remote().to_owned())
            .collect();
        self.0.renew_all(names).await
    }

    /// The same, for a remote that is not saved and leads to saved ones.
    pub(in crate::server::rclone) async fn prepare_wrapped(
        &self,
        kind: &str,
        options: &BTreeMap<String, String>,
    ) -> Result<(), RcloneError> {
        let places = wrap::upstreams(kind, options).unwrap_or_default();
        self.prepare(&places).await
    }

    /// Whether an rclone that uses these locations may have something to save in the configuration: a new token, or
    /// what it learned of a server.
    pub(in crate::server::rclone) async fn saves<'a>(
        &self,
        locations: impl IntoIterator<Item = &'a Location>,
    ) -> Result<bool, RcloneError> {
        let names = locations
            .into_iter()
            .filter(|location| !location.is_local())
            .map(|location| location.remote().to_owned())
            .collect();
        let sections = self.usable().await?;
        let reached = reach(&sections, names);
        let never = |section: &Section| {
            NEVER_SAVE.contains(&section.kind().as_str()) && !section.pairs().contains_key(merge::TOKEN)
        };
        Ok(sections.iter().any(|section| reached.contains(&section.name) && !never(section)))
    }

    /// Notes that what lives in `dir` uses these locations, so that their tokens are renewed in time as long as it
    /// does.
    pub(in crate::server::rclone) async fn hold<'a>(
        &self,
        dir: &Path,
        locations: impl IntoIterator<Item = &'a Location>,
    ) {
        let names: Vec<_> = locations.into_iter().map(|location| location.remote().to_owned()).collect();
        if let Ok(sections) = self.usable().await {
            let names = reach(&sections, names);
            lock(&self.0.tokens.held).push((dir.to_owned(), names));
        }
    }
}

impl Inner {
    /// Notes what lives already when the console starts, below the data folder, and takes over what an earlier console
    /// had renewed.
    pub(in crate::server::rclone) fn find_living(&self) {
        let Some(data) = self.run.parent() else { return };
        let sections = self.store.remotes().unwrap_or_default();
        let folders = ["runs", "mounts"].into_iter().filter_map(|name| fs::read_dir(data.join(name)).ok());
        for dir in folders.flatten().flatten().map(|entry| entry.path()) {
            if shim::inspect(&dir) == Life::Alive {
                let names = shim::targets(&dir)
                    .iter()
                    .filter_map(|target| Some(target.split_once(':')?.0.to_owned()))
                    .collect();
                lock(&self.tokens.held).push((dir, reach(&sections, names)));
            }
        }
        self.take_left();
    }

    /// Takes what was renewed for a console that was killed meanwhile. Its rclone has a moment to come to its end.
    fn take_left(&self) {
        let entries = fs::read_dir(&self.run).into_iter().flatten().flatten();
        for dir in
            entries.filter(|entry| entry.file_name().to_string_lossy().starts_with(PREFIX)).map(|entry| entry.path())
        {
            let (busy, base) = (is_locked(&dir.join(LOCK)), Base::read(&dir));
            let taken = base.map_or(Ok(()), |base| self.store.take_renewed(&dir.join(CONF), &base.name, &base.token));
            match taken {
                Err(error) => {
                    tracing::warn!(%error, "a token that was renewed could not be taken over; that is tried at the next start");
                }
                Ok(()) if busy => tracing::warn!(
                    "a token is being renewed for a console that is gone; it is taken over at the next start"
                ),
                Ok(()) => _ = fs::remove_dir_all(dir),
            }
        }
    }

    /// Renews the tokens of all that these remotes lead to, where it is time.
    async fn renew_all(self: &Arc<Self>, names: Vec<String>) -> Result<(), RcloneError> {
        if names.is_empty() {
            return Ok(());
        }
        let store = Arc::clone(&self.store);
        let sections = blocking(move || store.remotes()).await?;
        let names = reach(&sections, names);
        let now = Instant::now();
        let mut due = Vec::new();
        for section in sections.iter().filter(|section| names.contains(&section.name)) {
            if let Some(token) = Token::of(section) {
                lock(&self.tokens.asked).insert(section.name.clone(), now);
                if token.left() < MARGIN {
                    due.push(section.name.clone());
                }
            }
        }
        join_all(due.iter().map(|name| self.renew(name))).await;
        Ok(())
    }

    /// Renews what is used and expires soon. Waits for nothing.
    pub(in crate::server::rclone) async fn renew_soon(self: &Arc<Self>) {
        let store = Arc::clone(&self.store);
        let Ok(sections) = blocking(move || store.remotes()).await else { return };
        for section in sections {
            let left = Token::of(&section).map(|token| token.left());
            if left.is_some_and(|left| !left.is_zero() && left < MARGIN) && self.is_used(&section.name) {
                let (inner, name) = (Arc::clone(self), section.name);
                self.tasks.spawn("token renewal", async move { inner.renew(&name).await });
            }
        }
    }

    fn is_used(&self, name: &str) -> bool {
        if lock(&self.tokens.asked).get(name).is_some_and(|at| at.elapsed() < WARM) {
            return true;
        }
        let mut held = lock(&self.tokens.held);
        held.retain(|(dir, _)| shim::inspect(dir) == Life::Alive);
        held.iter().any(|(_, names)| names.contains(name))
    }

    /// Renews a token, unless another one just did. To its end, though the caller may be gone: the old token is
    /// worth nothing once there is a new one.
    async fn renew(self: &Arc<Self>, name: &str) {
        let turn = Arc::clone(lock(&self.tokens.locks).entry(name.to_owned()).or_default());
        let (inner, name) = (Arc::clone(self), name.to_owned());
        let done = tokio::spawn(async move {
            let mut tried = turn.lock().await;
            if let Err(error) = inner.renew_now(&name, &mut tried).await {
                tracing::info!(remote = name, %error, "a token could not be renewed ahead of time");
            }
        });
        if done.await.is_err() {
            tracing::warn!("the renewal of a token broke off");
        }
    }

    async fn renew_now(self: &Arc<Self>, name: &str, tried: &mut Tried) -> Result<(), RcloneError> {
        let store = Arc::clone(&self.store);
        let conf = blocking(move || store.settle().and_then(|_| store.conf())).await?;
        let Some((section, token)) = conf.get(name).and_then(|section| Some((section, Token::of(section)?))) else {
            return Ok(());
        };
        let life = tried.life.unwrap_or(Duration::MAX);
        if life <= DISTRUST || token.left() > MARGIN.min((life / 4).max(EARLIEST)) {
            return Ok(());
        }
        if tried.last.is_some_and(|(expiry, at)| expiry == token.expiry && at.elapsed() < RETRY_DELAY) {
            return Ok(());
        }
        tried.last = Some((token.expiry, Instant::now()));
        let place = Location::Remote(section.name.parse().map_err(|_| RcloneError::UnknownRemote)?, String::new());
        let target = args::target(&probe::asked(&section.kind(), &place));
        let base = Base { name: name.to_owned(), token: section.own().get(merge::TOKEN).cloned().unwrap_or_default() };
        let before = token.expiry;
        let mut expired = conf.clone();
        expired.set(name, merge::TOKEN, &token.expired());
        let dir = self.run.join(format!("{PREFIX}{:016x}", random().during("could not get random numbers")?));
        private_dir(&dir).during("could not make a folder")?;
        base.write(&dir).during("could not write what is renewed")?;
        let renewed = self.ask_for_token(&dir, &expired, name, &target).await;
        let (store, file) = (Arc::clone(&self.store), dir.join(CONF));
        blocking(move || store.take_renewed(&file, &base.name, &base.token)).await?;
        let _ = fs::remove_dir_all(&dir);
        renewed?;
        let store = Arc::clone(&self.store);
        let now = blocking(move || store.conf()).await?.get(name).and_then(Token::of);
        tried.life = now.filter(|now| now.expiry != before).map(|now| now.left());
        Ok(())
    }

    /// Has an rclone of its own use the remote, until it has noted a new token, or gives up.
    async fn ask_for_token(&self, dir: &Path, expired: &Conf, name: &str, target: &str) -> Result<(), RcloneError> {
        let binary = self.binary()?;
        let file = dir.join(CONF);
        let text = expired.render();
        files::write(&file, &text).during("could not write the configuration of one who renews a token")?;
        let lock = locked(&dir.join(LOCK)).during("could not take a lock")?;
        let reach = Reach::Sandbox(self.sandboxes.reader().await?.writing(dir));
        let process = Process {
            umask: Some(0o077),
            lock: Some(lock.into()),
            ..Process::new(binary.path, args::probe(&file, target), args::environment(), reach)
        };
        let errors = File::create_new(dir.join("log")).during("could not make a file for one who renews a token")?;
        let mut start = Command::from(process.command().during("could not start rclone")?);
        let mut child =
            start.stdin(Stdio::null()).stdout(Stdio::null()).stderr(errors).spawn().during("could not start rclone")?;
        // From here on the lock is the child's alone.
        drop(start);
        let old = expired.get(name).and_then(|section| section.own().get(merge::TOKEN).cloned());
        let noted = || {
            let now = fs::read(&file).ok().and_then(|text| Conf::parse(text).ok());
            let now = now.as_ref().and_then(|conf| conf.get(name)?.own().get(merge::TOKEN));
            now.is_some() && now != old.as_ref()
        };
        if timeout(LIMIT, until_noted(&mut child, noted)).await.is_err() {
            daemon::end(child).await?;
            return Err(RcloneError::Timeout);
        }
        daemon::end(child).await?;
        if noted() {
            return Ok(());
        }
        let said = fs::read_to_string(dir.join("log")).unwrap_or_default();
        Err(crate::server::rclone::error::text::error(&probe::why(&said), &[]))
    }
}

/// What is renewed: kept beside it, for a console that starts while it is.
#[derive(Serialize, Deserialize)]
struct Base {
    name: String,
    token: String,
}

impl Base {
    fn write(&self, dir: &Path) -> io::Result<()> {
        files::write(&dir.join(BASE), &serde_json::to_vec(self).map_err(io::Error::other)?)
    }

    fn read(dir: &Path) -> Option<Self> {
        serde_json::from_slice(&fs::read(dir.join(BASE)).ok()?).ok()
    }
}

/// A file that is locked, for as long as somebody has it open.
fn locked(path: &Path) -> io::Result<File> {
    let file = File::create_new(path)?;
    file.try_lock()?;
    Ok(file)
}

fn is_locked(path: &Path) -> bool {
    let end = std::time::Instant::now() + MOMENT;
    let held = || File::open(path).is_ok_and(|file| file.try_lock_shared().is_err());
    while held() && std::time::Instant::now() < end {
        std::thread::sleep(POLL_INTERVAL);
    }
    held()
}

/// Waits for a new token, or for the end of who was to get it.
async fn until_noted(child: &mut Child, noted: impl Fn() -> bool) {
    while !noted() {
        tokio::select! {
            _ = child.wait() => return,
            () = sleep(POLL_INTERVAL) => {}
        }
    }
}

/// All remotes that these lead to, themselves included.
pub(in crate::server::rclone) fn reach(sections: &[Section], names: Vec<String>) -> BTreeSet<String> {
    let (mut found, mut waiting) = (BTreeSet::new(), names);
    while let Some(name) = waiting.pop() {
        if found.len() >= REACH || found.contains(&name) {
            continue;
        }
        if let Some(section) = sections.iter().find(|section| section.name == name) {
            let places = wrap::upstreams(&section.kind(), &section.pairs()).unwrap_or_default();
            waiting.extend(places.iter().filter(|place| !place.is_local()).map(|place| place.remote().to_owned()));
        }
        found.insert(name);
    }
    found
}

/// A token that can be renewed, and that tells when it has to be.
struct Token {
    text: serde_json::Value,
    expiry: Timestamp,
}

impl Token {
    /// The one that a remote has itself.
    fn of(section: &Section) -> Option<Self> {
        let text: serde_json::Value = serde_json::from_str(section.own().get(merge::TOKEN)?).ok()?;
        let is_there = |name: &str| text[name].as_str().is_some_and(|value| !value.is_empty());
        let expiry = Timestamp::parse(text["expiry"].as_str()?)?;
        // Year 1 is how rclone writes that it never expires.
        let ends = expiry > Timestamp(0);
        (ends && is_there("access_token") && is_there("refresh_token")).then_some(Self { text, expiry })
    }

    /// How long it is good for.
    fn left(&self) -> Duration {
        let now = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .map_or(0, |now| i64::try_from(now.as_millis()).unwrap_or(i64::MAX));
        Duration::from_millis(self.expiry.millis_since(Timestamp(now)))
    }

    /// The same, as one that has expired.
    fn expired(mut self) -> String {
        self.text["expiry"] = "2000-01-01T00:00:00Z".into();
        self.text.to_string()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
