//! `longshore serve`: the composition root. Builds each part from those below it, serves until it is asked to stop, and
//! leaves what runs running. What keeps it from starting is one sentence each.

use std::{
    fs::{self, File, TryLockError},
    io::{self, Write as _},
    net::SocketAddr,
    os::unix::fs::DirBuilderExt as _,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use leptos::config::LeptosOptions;
use rustix::{fs::Mode, process::umask};
use thiserror::Error;
use tokio::{
    net::TcpListener,
    signal::unix::{SignalKind, signal},
    time::{MissedTickBehavior, interval},
};
use tokio_util::sync::CancellationToken;

use super::{
    auth::Auth,
    client::TrustedProxies,
    config::Serve,
    engine::{Engine, EngineConfig},
    events::Hub,
    http::{
        self, HttpConfig, assets,
        listener::{self, Limits},
        middleware::Policy,
    },
    local_roots::{self, LocalRootError},
    locations::Locations,
    outbound::Outbound,
    platform::{clock::Clock, tasks::Tasks},
    rclone::{
        error::RcloneError,
        manager::{Rclone, RcloneConfig},
        program::connects,
    },
    services::{files, mounts, rclone_status, reads},
    state::AppState,
    store::{Store, StoreError, runs},
};
use crate::domain::{error::AppError, user::RcloneStatus};

/// How often, and how many times, a data directory that is in use is asked for again: for three seconds.
const CLAIM_EVERY: Duration = Duration::from_millis(100);
const CLAIM_TRIES: u32 = 30;
/// How often sessions that have expired are swept away.
const SWEEP: Duration = Duration::from_secs(600);

/// How long background tasks may take to stop; then the next start finds what they left.
const STOP_LIMIT: Duration = Duration::from_secs(2);

/// Why it did not start.
#[derive(Debug, Error)]
pub enum StartError {
    /// The data directory cannot be made or written.
    #[error("The data directory {} cannot be used: {source}. Choose another with --data-dir, or make it writable.", path.display())]
    DataDir {
        /// The directory.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Another one serves the same data.
    #[error("The data directory {} is in use by another Longshore. Stop that one first.", .0.display())]
    InUse(PathBuf),
    /// A folder that was to be allowed cannot be.
    #[error(transparent)]
    LocalRoot(#[from] LocalRootError),
    /// The database is gone, and there are runs that it knew.
    #[error(
        "The database {} is gone or empty, but {} holds runs that it knew: restore a backup. To start over, move the whole data directory away.",
        database.display(), runs.display()
    )]
    Lost {
        /// Where the database should be.
        database: PathBuf,
        /// Where the runs are.
        runs: PathBuf,
    },
    /// The database cannot be used.
    #[error("The database cannot be used: {0}.")]
    Store(StoreError),
    /// The accounts cannot be read.
    #[error("{0}")]
    Accounts(#[from] AppError),
    /// rclone's configuration cannot be used.
    #[error("rclone's configuration cannot be used: {0}")]
    Rclone(#[from] RcloneError),
    /// The address cannot be listened on.
    #[error("Nothing can listen on {address}: {source}. Choose another address with --listen.")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// Why.
        source: io::Error,
    },
    /// The public addresses are not all of one scheme.
    #[error(
        "--public-url has both http and https addresses. Give addresses of one scheme: the session cookie of an https address is Secure, and no \
         browser sends it to an http address."
    )]
    MixedSchemes,
    /// Anything else the system refused.
    #[error("{what}: {source}.")]
    System {
        /// What was tried.
        what: &'static str,
        /// Why it failed.
        source: io::Error,
    },
}

/// Serves until SIGTERM or SIGINT. Transfers go on after that.
pub async fn run(config: Serve) -> Result<(), StartError> {
    let urls = config.public_urls();
    if urls.iter().any(|url| url.starts_with("http://")) && config.is_https() {
        return Err(StartError::MixedSchemes);
    }
    private_umask();
    make_data_dir(config.paths.data_dir())?;
    let _lock = claim(config.paths.data_dir()).await?;
    let listener = TcpListener::bind(config.listen)
        .await
        .map_err(|source| StartError::Listen { address: config.listen, source })?;
    let address = listener.local_addr().map_err(|source| StartError::Listen { address: config.listen, source })?;
    refuse_lost(config.paths.data_dir(), &config.paths.database())?;
    let proxies = TrustedProxies::new(config.trusted_proxies());
    let tasks = Tasks::default();
    let app = build(&config, &tasks, address).await?;
    app.engine.start().await?;
    mounts::recover(&app).await?;
    greet(&app, &config, address)
        .map_err(|source| StartError::System { what: "Writing to standard output failed", source })?;
    start_tasks(&tasks, &app);
    let edge =
        HttpConfig { policy: Policy::new(address, &urls), secure_cookie: config.is_https(), proxies: proxies.clone() };
    let router = http::router(app.clone(), edge);
    listener::serve(listener, router, Limits::default(), proxies, stopped(app.stopping.clone())).await;
    tasks.stop(STOP_LIMIT).await;
    reads::flush(&app, true).await;
    if let Err(error) = app.auth.flush_denials(true).await {
        tracing::warn!(%error, "how often requests were denied could not be recorded");
    }
    app.rclone.shutdown().await;
    app.store.close().await;
    Ok(())
}

/// Starts what goes on beside the requests; the engine starts its own.
fn start_tasks(tasks: &Tasks, app: &AppState) {
    let (stopping, state) = (tasks.stopping(), app.clone());
    tasks.spawn_loop("expiry", move || sweep(state.clone(), stopping.clone()));
    let (stopping, state) = (tasks.stopping(), app.clone());
    tasks.spawn_loop("listings", move || files::follow_runs(state.clone(), stopping.clone()));
    let (stopping, state) = (tasks.stopping(), app.clone());
    tasks.spawn_loop("audited reads", move || reads::keep(state.clone(), stopping.clone()));
}

/// Builds everything, from the bottom up.
async fn build(config: &Serve, tasks: &Tasks, address: SocketAddr) -> Result<AppState, StartError> {
    let clock = Clock::system();
    let started_at = clock.now();
    let data_dir = config.paths.data_dir();
    let store = Store::open(&config.paths.database()).await?;
    let auth = Auth::open(store.clone(), clock.clone(), data_dir).await?;
    let shim = std::env::current_exe()
        .map_err(|source| StartError::System { what: "The program cannot find itself", source })?;
    let local_roots = local_roots::open(config.local_roots(), &trusted(config, &shim))?;
    let rclone = RcloneConfig {
        binary: config.paths.program().map(Path::to_owned),
        master: config.paths.rclone_config(),
        data_dir: data_dir.to_owned(),
        shim,
        roots: local_roots.to_vec(),
        limit: config.rclone_timeout,
        outbound: outbound(config, address),
    };
    let rclone = Rclone::open(rclone).await?;
    let locations = Locations::new(rclone.clone(), Arc::clone(&local_roots));
    let events = Hub::default();
    let engine = Engine::new(EngineConfig {
        store: store.clone(),
        rclone: rclone.clone(),
        locations: locations.clone(),
        clock: clock.clone(),
        runs_dir: data_dir.join("runs"),
        limits: runs::Limits { global: config.max_runs, per_remote: config.max_runs_per_remote },
        stall_limit: config.stall_limit,
        events: events.clone(),
        tasks: tasks.clone(),
    });
    let host = rustix::system::uname().nodename().to_string_lossy().into_owned();
    let leptos = LeptosOptions::builder().output_name("longshore").site_pkg_dir(assets::pkg_dir()).build();
    Ok(AppState {
        store,
        clock,
        auth,
        rclone,
        engine,
        events,
        listings: Arc::default(),
        reads: Arc::default(),
        shares: Arc::default(),
        locations,
        mounts_dir: data_dir.join("mounts").into(),
        host: host.into(),
        leptos,
        started_at,
        stopping: CancellationToken::new(),
    })
}

/// Which addresses this console connects to.
fn outbound(config: &Serve, address: SocketAddr) -> Outbound {
    let authority = |url: &String| {
        let (scheme, authority) = url.split_once("://")?;
        let usual = if scheme == "https" { "443" } else { "80" };
        let has_port = authority.rsplit_once(':').is_some_and(|(_, port)| !port.ends_with(']'));
        Some(if has_port { authority.to_owned() } else { format!("{authority}:{usual}") })
    };
    Outbound {
        own: Some(address),
        own_names: config.public_urls().iter().filter_map(authority).collect(),
        allow_metadata: config.metadata_service,
        refuse_private: !config.private_networks,
    }
}

/// What the console itself writes is nobody else's to read. rclone's processes get the usual mask: what they write is
/// people's data.
pub(super) fn private_umask() {
    umask(Mode::from_raw_mode(0o077));
}

/// Makes the data directory, closed to others.
pub(super) fn make_data_dir(dir: &Path) -> Result<(), StartError> {
    let make = |dir: &Path| fs::DirBuilder::new().recursive(true).mode(0o700).create(dir);
    make(&dir.join("runs"))
        .and_then(|()| make(&dir.join("mounts")))
        .map_err(|source| StartError::DataDir { path: dir.to_owned(), source })
}

/// Refuses to make a new database where one was lost: a console without people and history would look like a first
/// start.
pub(super) fn refuse_lost(data_dir: &Path, database: &Path) -> Result<(), StartError> {
    let runs = data_dir.join("runs");
    // Made by SQLite's first commit at the latest, and never empty again.
    let is_there = fs::metadata(database).is_ok_and(|file| file.len() > 0);
    let entries = fs::read_dir(&runs).into_iter().flatten().flatten();
    // `lost+found` of a disk of its own is no run.
    let knew_runs = entries.map(|entry| entry.file_name()).any(|name| name.to_string_lossy().contains('.'));
    if is_there || !knew_runs { Ok(()) } else { Err(StartError::Lost { database: database.to_owned(), runs }) }
}

/// Claims the data directory for as long as the answer is kept: two consoles would start each run twice. One that was
/// killed may have forked something that holds its lock until it has become rclone, and one that was asked to end may
/// need a moment: neither is refused at once.
async fn claim(dir: &Path) -> Result<File, StartError> {
    let unusable = |source| StartError::DataDir { path: dir.to_owned(), source };
    let lock = File::options().create(true).truncate(false).write(true).open(dir.join("lock")).map_err(unusable)?;
    let mut tries = interval(CLAIM_EVERY);
    for _ in 0..CLAIM_TRIES {
        tries.tick().await;
        match lock.try_lock() {
            Ok(()) => return Ok(lock),
            Err(TryLockError::WouldBlock) => {}
            Err(TryLockError::Error(error)) => return Err(unusable(error)),
        }
    }
    Err(StartError::InUse(dir.to_owned()))
}

/// What the console trusts, by what it is: nobody may reach it as data.
fn trusted(config: &Serve, program: &Path) -> Vec<(&'static str, PathBuf)> {
    let rclone = config.paths.program().map(|path| ("the rclone that it runs", path.to_owned()));
    let own = [
        ("Longshore's data", config.paths.data_dir().to_owned()),
        ("rclone's configuration", config.paths.rclone_config()),
        ("the program of Longshore", program.to_owned()),
    ];
    own.into_iter().chain(rclone).collect()
}

/// Says where it is, what is missing, and on the first start the setup code.
fn greet(app: &AppState, config: &Serve, address: SocketAddr) -> io::Result<()> {
    let mut out = io::stdout().lock();
    let url = config.public_urls().first().cloned().unwrap_or_else(|| format!("http://{address}"));
    writeln!(out, "Longshore is at {url}")?;
    if let Some(code) = app.auth.setup_code() {
        writeln!(
            out,
            "Setup code: {}   (for 30 minutes; it is also in {})",
            code.reveal(),
            config.paths.data_dir().join("setup-code").display()
        )?;
    }
    if let RcloneStatus::Missing { message } = rclone_status(app) {
        writeln!(out, "rclone: {message}")?;
    }
    let kernel = app.rclone.kernel();
    if let Some(missing) = kernel.missing().or_else(|| kernel.keeps().then(connects::missing).flatten()) {
        writeln!(out, "kernel: {missing}")?;
    }
    out.flush()
}

/// Sweeps away what has expired, now and then.
async fn sweep(app: AppState, stopping: CancellationToken) {
    let mut tick = interval(SWEEP);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = stopping.cancelled() => return,
            _ = tick.tick() => if let Err(error) = app.auth.sweep().await {
                tracing::warn!(%error, "expired sessions could not be swept away");
            },
        }
    }
}

/// Waits for SIGTERM or SIGINT, and tells open streams to end.
async fn stopped(stopping: CancellationToken) {
    let (Ok(mut terminate), Ok(mut interrupt)) = (signal(SignalKind::terminate()), signal(SignalKind::interrupt()))
    else {
        return stopping.cancelled().await;
    };
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    stopping.cancel();
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;
    use crate::server::config::{Cli, Command};

    fn outbound_of(line: &str) -> Outbound {
        match Cli::parse_from(line.split(' ')).command() {
            Command::Serve(serve) => outbound(&serve, SocketAddr::from(([127, 0, 0, 1], 8084))),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn what_an_admin_chose_is_what_is_refused() {
        let plain = outbound_of("longshore");
        assert!(plain.own.is_some() && !plain.allow_metadata && !plain.refuse_private && plain.own_names.is_empty());
        let line = "longshore --private-networks refuse --metadata-service allow --public-url https://a.example,https://[::1]:8443,https://[::1]";
        let chosen = outbound_of(line);
        assert!(chosen.allow_metadata && chosen.refuse_private);
        assert_eq!(chosen.own_names, ["a.example:443", "[::1]:8443", "[::1]:443"]);
    }
}
