//! Everything about rclone: its program, its processes, its configuration, its answers, its log. The only place that
//! spells its flags, paths and JSON. Knows no user, no run's row and no HTTP; a run is a folder here.

mod agree;
mod ask;
mod atomic;
mod binary;
pub mod bisync;
mod catalog;
mod client;
pub mod command;
pub mod compare;
pub mod comparison;
mod conf;
mod connects;
mod count;
mod crypt;
mod daemon;
mod draft;
pub mod ending;
mod endpoints;
mod error;
mod evidence;
mod existence;
pub mod filters;
pub mod flags;
mod form;
pub mod idle;
mod ini;
mod judge;
mod keeper;
mod kept;
mod known;
pub mod limit;
mod list;
pub mod log;
pub mod mount;
mod offer;
mod passing;
mod pinned;
pub mod preflight;
pub mod presence;
mod probe;
mod providers;
mod reach;
mod redact;
mod resolve;
mod run;
pub mod sandbox;
mod saved;
pub mod shim;
mod shim_main;
mod size;
mod socket;
mod spawn;
mod test;
mod tokens;
mod trust;
mod undecryptable;
mod unhashed;
mod unlisted;
mod unusable;
mod values;
mod vault;
mod wire;
mod words;
mod wrap;

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    path::PathBuf,
    sync::{Arc, Mutex, Weak},
    time::Duration,
};

use serde_json::json;

use crate::{
    domain::{
        identity::ServerCheck,
        location::Location,
        provider::Provider,
        remote::{RemoteName, RemoteTest, UnusableRemote},
    },
    server::outbound::Outbound,
};

pub use {
    binary::{Binary, OLDEST, Version},
    command::Transfer,
    connects::missing as connects_missing,
    crypt::new_password,
    error::RcloneError,
    existence::Presence,
    offer::provider_type,
    redact::redact,
    resolve::{Opened, RemotePlace, Resolved, location_of},
    saved::Saved,
    shim::signal_name,
    shim_main::shim_main,
    trust::{Server, check as server_check, endpoint},
    unusable::inspect,
    words::is_about_identity,
};
use {
    catalog::Known,
    client::QUICK,
    conf::Section,
    daemon::{Daemon, State},
    draft::Draft,
    error::During as _,
    keeper::Keeper,
    kept::Kept,
    sandbox::{Kernel, Sandboxes},
    test::Subject,
    tokens::Tokens,
    vault::Vault,
};

/// How often the working copy is looked at.
const WATCH: Duration = Duration::from_secs(3);
/// The umask of runs: what they write is the person's, not ours.
const UMASK: u32 = 0o022;
/// How many seconds a run may clean up after it was asked to stop.
const GRACE_SECS: u64 = 10;

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

/// A remote as it is saved, without its options.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SavedRemote {
    /// Its name.
    pub name: RemoteName,
    /// rclone's type.
    pub kind: String,
    /// The provider in words.
    pub provider: String,
    /// Whether it encrypts.
    pub encrypted: bool,
    /// Whether it checks who its server is.
    pub check: Option<ServerCheck>,
}

/// Remotes that rclone made and nobody saved yet. Without `Debug`: secrets are in them.
pub struct Drafted(Vec<Section>);

/// rclone. Clones are the same one.
#[derive(Clone, Debug)]
pub struct Rclone(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    run: PathBuf,
    /// What bisyncs remember.
    bisync: PathBuf,
    shim: PathBuf,
    limit: Duration,
    vault: Arc<Vault>,
    keeper: Keeper,
    sandboxes: Sandboxes,
    outbound: Outbound,
    daemon: Daemon,
    /// What it offers.
    providers: Known<Vec<Provider>>,
    /// What it takes as a remote's type.
    types: Known<BTreeSet<String>>,
    /// What it takes as flags.
    flags: Known<flags::Catalog>,
    /// Who uses and renews which token.
    tokens: Tokens,
    /// What tests made of tokens.
    kept: Kept,
    /// Why mounts do not answer, as of when.
    mounts: Mutex<HashMap<PathBuf, (tokio::time::Instant, Option<String>)>>,
}

impl Rclone {
    /// Opens the configuration and starts the warm rclone. Works without a good rclone: [`Self::status`] tells, and it
    /// is looked for again.
    pub async fn open(config: RcloneConfig) -> Result<Self, RcloneError> {
        let run = config.data_dir.join("run");
        atomic::private_dir(&run).during("could not make a folder in the data folder")?;
        let (master, folder) = (config.master, run.clone());
        let vault = Arc::new(blocking(move || Vault::open(&master, &folder)).await?);
        let (opened, folder) = (Arc::clone(&vault), run.clone());
        blocking(move || trust::restore(&folder, &opened.remotes()?)).await?;
        let keeper = Keeper::start().during("could not start a thread")?;
        let sandboxes = Sandboxes::new(&run, config.roots, Arc::clone(&vault), config.outbound.clone())?;
        let daemon = Daemon::start(config.binary.as_deref(), vault.working(), &run, &keeper, sandboxes.clone()).await?;
        Draft::sweep(&run);
        let bisync = config.data_dir.join("bisync");
        let (providers, types, flags) = (Known::default(), Known::default(), Known::default());
        let (shim, limit, outbound) = (config.shim, config.limit, config.outbound);
        let (tokens, kept) = (Tokens::default(), Kept::default());
        let inner = Arc::new(Inner {
            run,
            bisync,
            shim,
            limit,
            vault,
            keeper,
            sandboxes,
            outbound,
            daemon,
            providers,
            types,
            flags,
            tokens,
            kept,
            mounts: Mutex::default(),
        });
        let finds = Arc::clone(&inner);
        blocking(move || {
            finds.find_living();
            Ok(())
        })
        .await?;
        tokio::spawn(watch(Arc::downgrade(&inner)));
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

    /// All remotes, by name. Needs no rclone. What is no remote here is in [`Self::unusable`].
    pub async fn remotes(&self) -> Result<Vec<SavedRemote>, RcloneError> {
        let remotes = self.usable().await?.into_iter().filter_map(|section| {
            let (name, kind, pairs) = (section.name.parse().ok()?, section.kind(), section.pairs());
            let flavour = pairs.get("provider").map_or("", String::as_str);
            let (provider, encrypted) = (offer::words(&kind, flavour), kind == "crypt");
            let check = trust::check(&kind, &pairs);
            Some(SavedRemote { name, kind, provider, encrypted, check })
        });
        let mut remotes: Vec<_> = remotes.collect();
        remotes.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(remotes)
    }

    /// The sections of the configuration that are no remote here, each with the reason, in their order.
    pub async fn unusable(&self) -> Result<Vec<UnusableRemote>, RcloneError> {
        // Without an rclone nobody knows its types: then none is called unknown.
        let types = self.types().await.ok();
        Ok(unusable::unusable(&self.sections().await?, types.as_deref()))
    }

    /// A section that takes options from this remote, if there is one.
    pub async fn heir(&self, name: &RemoteName) -> Result<Option<String>, RcloneError> {
        let heir = |section: &Section| ini::parent(&section.name) == Some(name.as_str());
        Ok(self.sections().await?.into_iter().find(heir).map(|section| section.name))
    }

    async fn sections(&self) -> Result<Vec<Section>, RcloneError> {
        let vault = Arc::clone(&self.0.vault);
        blocking(move || vault.remotes()).await
    }

    /// The sections that are remotes here.
    async fn usable(&self) -> Result<Vec<Section>, RcloneError> {
        let types = self.0.binary().ok().and_then(|binary| self.0.types.of(&binary));
        Ok(unusable::usable(self.sections().await?, types.as_deref()))
    }

    /// Has rclone make a new remote, which [`Self::save`] saves. Secrets in `config` are plain. Some ask their
    /// provider: this may take as long as a call may. `pin` is the host key or certificate that it trusts. A token that
    /// a test of the same owner renewed counts in place of the one in `config`.
    pub async fn draft(
        &self,
        owner: &str,
        name: &RemoteName,
        provider: &str,
        config: &BTreeMap<String, String>,
        pin: Option<&str>,
    ) -> Result<Drafted, RcloneError> {
        let mut config = self.check(provider, config).await?;
        self.add_pin(provider, &mut config, pin).await?;
        self.check_name(name).await?;
        let draft = self.make(owner, name, provider, config, self.limit()).await?;
        Ok(Drafted(vec![draft.section.clone()]))
    }

    /// Makes a draft, with the newest token that came of the one in `config`. To its end, even when the caller is gone:
    /// the provider may renew the token meanwhile.
    async fn make(
        &self,
        owner: &str,
        name: &RemoteName,
        provider: &str,
        mut config: BTreeMap<String, String>,
        limit: Duration,
    ) -> Result<Draft, RcloneError> {
        let (inner, binary) = (Arc::clone(&self.0), self.0.binary()?);
        let pasted = inner.kept.renew(owner, provider, &mut config);
        let (name, provider) = (name.clone(), provider.to_owned());
        to_the_end(async move {
            let draft = inner.draft(&binary, name.as_str(), &provider, &config, limit).await?;
            if let Some(pasted) = pasted
                && let Some(token) = draft.section.own().get(agree::TOKEN)
            {
                inner.kept.keep(pasted, token);
            }
            Ok(draft)
        })
        .await
    }

    /// Saves what was drafted: all of it, or nothing. Asks nobody; [`Self::forget`] is what comes next.
    pub async fn save(&self, drafted: Drafted) -> Result<Saved, RcloneError> {
        // The sandbox of the warm rclone has no credentials of the machine when no remote used them before.
        let environment =
            drafted.0.iter().any(|section| section.pairs().get(sandbox::ENV_AUTH).is_some_and(|value| value == "true"));
        let saved = Saved::make(&self.0.vault, move |vault| vault.add(drafted.0)).await?;
        if environment {
            self.0.daemon.renew();
        }
        Ok(saved)
    }

    /// Has the warm rclone forget what it built from an older configuration. It may hang: nobody else should wait for
    /// this.
    pub async fn forget(&self) {
        self.0.forget().await;
    }

    /// Deletes a remote: its configuration, never its files. Asks nobody; [`Self::forget`] is what comes next.
    pub async fn delete(&self, name: &RemoteName) -> Result<Saved, RcloneError> {
        let name = name.clone();
        Saved::make(&self.0.vault, move |vault| vault.remove(name.as_str())).await
    }

    /// Checks the options of a new remote, and where they lead. Asks nobody but the resolver of names.
    pub async fn check_new(&self, provider: &str, config: &BTreeMap<String, String>) -> Result<(), RcloneError> {
        let config = self.check(provider, config).await?;
        match endpoints::refused(&self.0.outbound, &config).await {
            Some((option, why)) => Err(RcloneError::invalid(&option, why)),
            None => Ok(()),
        }
    }

    /// Tests a remote that is not saved. `pin` is the host key or certificate that it trusts. A token that is renewed
    /// meanwhile is kept for its owner, until they save the remote.
    pub async fn test_new(
        &self,
        owner: &str,
        provider: &str,
        config: &BTreeMap<String, String>,
        pin: Option<&str>,
    ) -> Result<RemoteTest, RcloneError> {
        let mut config = self.check(provider, config).await?;
        self.add_pin(provider, &mut config, pin).await?;
        let secrets = providers::secrets(&self.providers().await?, provider, &config);
        let (rclone, owner, provider) = (self.clone(), owner.to_owned(), provider.to_owned());
        to_the_end(async move { rclone.test_draft(&owner, &provider, config, secrets).await }).await
    }

    async fn test_draft(
        &self,
        owner: &str,
        kind: &str,
        config: BTreeMap<String, String>,
        secrets: Vec<String>,
    ) -> Result<RemoteTest, RcloneError> {
        let limit = probe::LIMIT.min(self.limit());
        let name = free_name(&self.sections().await?.into_iter().map(|section| section.name).collect())?;
        let pasted = self.0.kept.renew(owner, kind, &mut config.clone());
        let draft = self.make(owner, &name, kind, config, limit).await?;
        let options = draft.section.pairs();
        // What it wraps is in the working copy, which a draft must not touch: there it is only a word in the
        // environment.
        let (conf, env) = if wrap::option(kind).is_some() {
            self.prepare_wrapped(kind, &options).await?;
            (self.0.vault.working().to_owned(), draft.environment())
        } else {
            (draft.conf(), Vec::new())
        };
        let subject = Subject { name: &name, kind, options: &options, conf: &conf, env: &env, secrets, limit };
        let tested = self.test(subject, &self.usable().await?).await;
        if let (Some(pasted), Ok(section)) = (pasted, draft.read(name.as_str()))
            && let Some(token) = section.own().get(agree::TOKEN)
        {
            self.0.kept.keep(pasted, token);
        }
        tested
    }

    /// Tests a saved remote.
    pub async fn test_saved(&self, name: &RemoteName) -> Result<RemoteTest, RcloneError> {
        let sections = self.usable().await?;
        let Some(section) = sections.iter().find(|section| section.name == name.as_str()) else {
            return Err(RcloneError::UnknownRemote);
        };
        self.prepare([&Location::Remote(name.clone(), String::new())]).await?;
        let (kind, options, limit) = (section.kind(), section.pairs(), probe::LIMIT.min(self.limit()));
        let conf = self.0.vault.working();
        let subject = Subject { name, kind: &kind, options: &options, conf, env: &[], secrets: Vec::new(), limit };
        self.test(subject, &sections).await
    }

    /// Ends the warm rclone. Runs go on.
    pub async fn shutdown(&self) {
        self.0.daemon.shutdown().await;
        if let Err(error) = self.settle().await {
            tracing::warn!(%error, "the configuration could not be settled");
        }
    }

    async fn check(
        &self,
        provider: &str,
        config: &BTreeMap<String, String>,
    ) -> Result<BTreeMap<String, String>, RcloneError> {
        providers::check(&self.providers().await?, provider, config, &self.names().await?)
    }

    async fn names(&self) -> Result<BTreeSet<String>, RcloneError> {
        Ok(self.usable().await?.into_iter().map(|section| section.name).collect())
    }

    /// Whether a new remote may have this name: no section has it, nor one with which rclone would mix up its options.
    async fn check_name(&self, name: &RemoteName) -> Result<(), RcloneError> {
        let sections = self.sections().await?;
        let mut names = sections.iter().map(|section| section.name.as_str());
        if names.clone().any(|taken| taken == name.as_str()) {
            return Err(RcloneError::Exists);
        }
        let Some(relative) = unusable::relative(&mut names, name.as_str()) else { return Ok(()) };
        Err(RcloneError::invalid(
            "name",
            format!("rclone would mix up its options with those of “{relative}”, because of the point in the name."),
        ))
    }

    async fn settle(&self) -> Result<(), RcloneError> {
        self.0.settle().await
    }
}

/// What a remote of this type that wraps others leads to, by its options, and the option that says so. Of others,
/// nothing.
pub fn leads_to(kind: &str, config: &BTreeMap<String, String>) -> Result<Vec<(&'static str, Location)>, RcloneError> {
    let Some(option) = wrap::option(kind) else { return Ok(Vec::new()) };
    let places = wrap::places(kind, config).map_err(|problem| RcloneError::invalid(option, problem))?;
    Ok(places.into_iter().map(|place| (option, place)).collect())
}

/// A name for a draft that is only tested: one that no remote has, in whatever letters, since in the environment all
/// are capitals.
fn free_name(taken: &BTreeSet<String>) -> Result<RemoteName, RcloneError> {
    let taken: BTreeSet<_> = taken.iter().map(|name| name.to_uppercase()).collect();
    let mut names = (0..).map(|n: u64| format!("draft{n}"));
    let free = names.find(|name| !taken.contains(&name.to_uppercase())).unwrap_or_default();
    free.parse().map_err(|_| RcloneError::Broken("no name for a draft".into()))
}

/// Does something to its end, even when the caller is gone.
async fn to_the_end<T: Send + 'static>(
    work: impl Future<Output = Result<T, RcloneError>> + Send + 'static,
) -> Result<T, RcloneError> {
    tokio::spawn(work).await.map_err(|_| RcloneError::Broken("a task was cancelled".into()))?
}

impl Inner {
    /// The program, as it was when it was found.
    fn binary(&self) -> Result<Binary, RcloneError> {
        let binary = self.daemon.state().binary().cloned()?;
        binary.unchanged()?;
        Ok(binary)
    }

    /// Has rclone make a remote that is not saved yet.
    async fn draft(
        &self,
        binary: &Binary,
        name: &str,
        kind: &str,
        config: &BTreeMap<String, String>,
        limit: Duration,
    ) -> Result<Draft, RcloneError> {
        Draft::make(
            &self.keeper,
            binary,
            &self.run,
            self.sandboxes.reader_of(config).await?,
            draft::Wanted { name, kind, config, limit },
        )
        .await
    }

    /// Makes the two configurations agree.
    async fn settle(&self) -> Result<(), RcloneError> {
        let vault = Arc::clone(&self.vault);
        if blocking(move || vault.settle()).await? {
            self.forget().await;
        }
        Ok(())
    }

    /// Has the warm rclone forget what it built from an older configuration.
    async fn forget(&self) {
        if let Err(error) = self.daemon.call::<wire::Nothing>("fscache/clear", &json!({}), QUICK).await {
            tracing::debug!(%error, "rclone could not be told of a new configuration; it will read it when it starts");
        }
    }
}

/// Looks at the working copy from time to time, as long as there is somebody to look for.
async fn watch(inner: Weak<Inner>) {
    let mut ticks = tokio::time::interval(WATCH);
    loop {
        ticks.tick().await;
        let Some(inner) = inner.upgrade() else { return };
        if let Err(error) = inner.settle().await {
            tracing::warn!(%error, "the configuration could not be settled");
        }
        inner.renew_soon().await;
    }
}

/// Runs work on files off the async threads.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, RcloneError> + Send + 'static,
) -> Result<T, RcloneError> {
    tokio::task::spawn_blocking(work).await.map_err(|_| RcloneError::Broken("a task was cancelled".into()))?
}
