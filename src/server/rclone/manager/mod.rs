//! rclone, as the rest of the console has it: one handle on its program, its configuration and the warm rclone.

pub mod catalog;
pub mod daemon;
pub mod resolve;
pub mod sandboxes;
pub mod tokens;

use std::{
    collections::{BTreeSet, HashMap},
    fs,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, Weak},
    time::Duration,
};

use serde_json::json;
use tokio_util::sync::{CancellationToken, DropGuard};

use self::{
    catalog::VersionCache,
    daemon::{Daemon, State},
    sandboxes::Sandboxes,
    tokens::Tokens,
};
use super::{
    config::{certificates, kept::Kept, store::ConfigStore, unusable},
    error::{During as _, RcloneError},
    flags,
    program::{
        binary::{Binary, Version},
        sandbox::Kernel,
        spawner::Spawner,
        tasks::blocking,
    },
    rc::client::QUICK,
    wire::{self, conf::Section},
};
use crate::{
    domain::{provider::Provider, remote::UnusableRemote},
    server::{
        outbound::Outbound,
        platform::{files, tasks::Tasks},
    },
};

/// How often the working copy is looked at.
const WATCH: Duration = Duration::from_secs(3);

/// How long the tasks may take to stop: the warm rclone is killed after two seconds.
const STOP_LIMIT: Duration = Duration::from_secs(3);

/// How the folders of drafts begin.
pub const DRAFT: &str = "draft-";

/// Where things are.
#[derive(Clone, Debug)]
pub struct RcloneConfig {
    /// The program; `None` is the first on `PATH`.
    pub binary: Option<PathBuf>,
    /// The master of the configuration, which only we write.
    pub master: PathBuf,
    /// The data folder. Ours is `run/` in it.
    pub data_dir: PathBuf,
    /// The program that is run as `<shim> shim DIR`: Longshore itself.
    pub shim: PathBuf,
    /// The folders of this server that rclone may reach, with every link on their way followed.
    pub roots: Vec<PathBuf>,
    /// How long a call may wait for rclone and what is behind it. A check has its own, shorter limit.
    pub limit: Duration,
    /// Which addresses may be connected to.
    pub outbound: Outbound,
}

/// Whether there is an rclone that can be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RcloneStatus {
    /// There is.
    Ready(Binary),
    /// There is not.
    Missing {
        /// What is missing and how to get it.
        message: String,
    },
    /// There is, but it does not start.
    Down {
        /// Why.
        message: String,
    },
}

/// rclone. Clones are the same one.
#[derive(Clone, Debug)]
pub struct Rclone(pub(super) Arc<Inner>);

/// What all clones share.
#[derive(Debug)]
pub struct Inner {
    pub(super) run: PathBuf,
    /// What bisyncs remember.
    pub(super) bisync: PathBuf,
    pub(super) shim: PathBuf,
    pub(super) limit: Duration,
    pub(super) store: Arc<ConfigStore>,
    pub(super) spawner: Spawner,
    pub(super) sandboxes: Sandboxes,
    pub(super) outbound: Outbound,
    pub(super) daemon: Daemon,
    /// What it offers.
    pub(super) providers: VersionCache<Vec<Provider>>,
    /// What it takes as a remote's type.
    pub(super) types: VersionCache<BTreeSet<String>>,
    /// What it takes as flags.
    pub(super) flags: VersionCache<flags::Catalog>,
    /// Who uses and renews which token.
    pub(super) tokens: Tokens,
    /// What tests made of tokens.
    pub(super) kept: Kept,
    /// Why mounts do not answer, as of when.
    pub(super) mounts: Mutex<HashMap<PathBuf, (tokio::time::Instant, Option<String>)>>,
    /// Its own: they stop last, because runs and requests use them until they end.
    pub(super) tasks: Tasks,
    /// Stops them when nobody has this rclone any more.
    _stops: DropGuard,
}

impl Rclone {
    /// Opens the configuration and starts the warm rclone. Works without a good rclone: [`Self::status`] tells, and it
    /// is looked for again.
    pub async fn open(config: RcloneConfig) -> Result<Self, RcloneError> {
        let run = config.data_dir.join("run");
        files::private_dir(&run).during("could not make a folder in the data folder")?;
        let (master, folder) = (config.master, run.clone());
        let store = Arc::new(blocking(move || ConfigStore::open(&master, &folder)).await?);
        let (opened, folder) = (Arc::clone(&store), run.clone());
        blocking(move || certificates::restore(&folder, &opened.remotes()?)).await?;
        let spawner = Spawner::start().during("could not start a thread")?;
        let tasks = Tasks::default();
        let sandboxes = Sandboxes::new(&run, config.roots, Arc::clone(&store), config.outbound.clone())?;
        let daemon =
            Daemon::start(config.binary.as_deref(), store.working(), &run, &spawner, sandboxes.clone(), &tasks).await?;
        sweep_drafts(&run);
        let bisync = config.data_dir.join("bisync");
        let (providers, types, flags) = (VersionCache::default(), VersionCache::default(), VersionCache::default());
        let (shim, limit, outbound) = (config.shim, config.limit, config.outbound);
        let (tokens, kept) = (Tokens::default(), Kept::default());
        let inner = Arc::new(Inner {
            run,
            bisync,
            shim,
            limit,
            store,
            spawner,
            sandboxes,
            outbound,
            daemon,
            providers,
            types,
            flags,
            tokens,
            kept,
            mounts: Mutex::default(),
            _stops: tasks.stopping().drop_guard(),
            tasks,
        });
        let finds = Arc::clone(&inner);
        blocking(move || {
            finds.find_living();
            Ok(())
        })
        .await?;
        let (watched, stopping) = (Arc::downgrade(&inner), inner.tasks.stopping());
        inner.tasks.spawn_loop("rclone configuration", move || watch(watched.clone(), stopping.clone()));
        Ok(Self(inner))
    }

    /// Whether there is an rclone that can be used.
    #[must_use]
    pub fn status(&self) -> RcloneStatus {
        match self.0.daemon.state() {
            State::Ready(binary) => match binary.unchanged() {
                Ok(()) => RcloneStatus::Ready(binary),
                Err(error) => RcloneStatus::Missing { message: error.to_string() },
            },
            State::Missing(message) => RcloneStatus::Missing { message },
            State::Down(_, message) => RcloneStatus::Down { message },
        }
    }

    /// How long a call may wait for rclone and what is behind it.
    #[must_use]
    pub fn limit(&self) -> Duration {
        self.0.limit
    }

    /// What the kernel keeps of the sandboxes.
    #[must_use]
    pub fn kernel(&self) -> Kernel {
        self.0.sandboxes.kernel
    }

    /// Which addresses may be connected to.
    #[must_use]
    pub fn outbound(&self) -> &Outbound {
        &self.0.outbound
    }

    /// rclone's version, when there is one.
    #[must_use]
    pub fn version(&self) -> Option<Version> {
        self.0.daemon.state().binary().ok().map(|binary| binary.version)
    }

    /// The sections of the configuration that are no remote here, each with the reason, in their order.
    pub async fn unusable(&self) -> Result<Vec<UnusableRemote>, RcloneError> {
        // Without an rclone nobody knows its types: then none is called unknown.
        let types = self.types().await.ok();
        Ok(unusable::unusable(&self.sections().await?, types.as_deref()))
    }

    pub(super) async fn sections(&self) -> Result<Vec<Section>, RcloneError> {
        let store = Arc::clone(&self.0.store);
        blocking(move || store.remotes()).await
    }

    /// The sections that are remotes here.
    pub(super) async fn usable(&self) -> Result<Vec<Section>, RcloneError> {
        let types = self.0.binary().ok().and_then(|binary| self.0.types.of(&binary));
        Ok(unusable::usable(self.sections().await?, types.as_deref()))
    }

    /// Has the warm rclone forget what it built from an older configuration. It may hang: nobody else should wait for
    /// this.
    pub async fn forget(&self) {
        self.0.forget().await;
    }

    /// Stops the background tasks, and with them the warm rclone. Runs go on.
    pub async fn shutdown(&self) {
        self.0.tasks.stop(STOP_LIMIT).await;
        if let Err(error) = self.settle().await {
            tracing::warn!(%error, "the configuration could not be settled");
        }
    }

    pub(super) async fn names(&self) -> Result<BTreeSet<String>, RcloneError> {
        Ok(self.usable().await?.into_iter().map(|section| section.name).collect())
    }

    pub(super) async fn settle(&self) -> Result<(), RcloneError> {
        self.0.settle().await
    }
}

impl Inner {
    /// The program, as it was when it was found.
    pub(super) fn binary(&self) -> Result<Binary, RcloneError> {
        let binary = self.daemon.state().binary().cloned()?;
        binary.unchanged()?;
        Ok(binary)
    }

    /// Makes the two configurations agree.
    pub(super) async fn settle(&self) -> Result<(), RcloneError> {
        let store = Arc::clone(&self.store);
        if blocking(move || store.settle()).await? {
            self.forget().await;
        }
        Ok(())
    }

    /// Has the warm rclone forget what it built from an older configuration.
    pub(super) async fn forget(&self) {
        if let Err(error) = self.daemon.call::<wire::Nothing>("fscache/clear", &json!({}), QUICK).await {
            tracing::debug!(%error, "rclone could not be told of a new configuration; it will read it when it starts");
        }
    }
}

/// Looks at the working copy from time to time, as long as there is somebody to look for.
async fn watch(inner: Weak<Inner>, stopping: CancellationToken) {
    let mut ticks = tokio::time::interval(WATCH);
    loop {
        tokio::select! {
            () = stopping.cancelled() => return,
            _ = ticks.tick() => {}
        }
        let Some(inner) = inner.upgrade() else { return };
        if let Err(error) = inner.settle().await {
            tracing::warn!(%error, "the configuration could not be settled");
        }
        inner.renew_soon().await;
    }
}

/// Deletes what drafts left behind that were never finished.
fn sweep_drafts(run: &Path) {
    let Ok(entries) = fs::read_dir(run) else { return };
    for entry in entries.flatten().filter(|entry| entry.file_name().to_string_lossy().starts_with(DRAFT)) {
        let _ = fs::remove_dir_all(entry.path());
    }
}
