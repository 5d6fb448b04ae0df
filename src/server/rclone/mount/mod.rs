//! Mounts: each is an rclone of its own under a shim, like a run, in a folder of its own. It outlives the console. What
//! is mounted is read from the kernel, since rclone itself does not know of the mounts of others.

mod command;

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::PoisonError,
    time::Duration,
};

use serde_json::json;
use tokio::{
    process::Command,
    time::{Instant, sleep, timeout},
};

use crate::{domain::location::Location, server::mount_table::MountTable};

use super::{
    config::endpoints,
    error::{During as _, RcloneError, text},
    log,
    manager::{Rclone, tokens},
    program::{
        args,
        oneshot::ask,
        probe, run_dir,
        sandbox::{Reach, Sandbox, Unconfined},
        spec::{GRACE_SECS, RunSpec, UMASK},
    },
    rc::client::{Client, QUICK, SLOW},
    shim::{self, Life},
    wire,
};

/// How long it may take to unmount and end.
const STOP: Duration = Duration::from_secs(25);
/// How often is looked.
const POLL_INTERVAL: Duration = Duration::from_millis(50);
/// How long a new mount may take to be read for the first time.
const INTO: Duration = Duration::from_secs(20);
/// How long it is believed that a mount answers, or does not.
const KNOWN: Duration = Duration::from_secs(15);
/// Options that run a program of this server, also those of rclone itself that a remote sets with `global.` or
/// `override.`.
const PROGRAMS: [&str; 6] =
    ["auth_proxy", "bearer_token_command", "metadata_mapper", "name_transform", "password_command", "ssh"];
/// How long `fusermount3` may take.
const DETACH: Duration = Duration::from_secs(10);

/// What is mounted where, and how.
#[derive(Clone, Debug)]
pub struct MountOptions {
    /// What.
    pub location: Location,
    /// Where: an absolute path, an empty folder.
    pub mount_point: PathBuf,
    /// Whether nothing can be written by way of it.
    pub read_only: bool,
    /// Whether other users of this server may look into it.
    pub allow_other: bool,
}

impl Rclone {
    /// Mounts, in the new folder `dir`. Returns when it is there; from then on it does not need us.
    ///
    /// # Errors
    /// [`RcloneError::Unavailable`] where this machine cannot mount, [`RcloneError::Timeout`] when the limit of a call
    /// runs out first.
    pub async fn mount(&self, dir: &Path, options: &MountOptions) -> Result<(), RcloneError> {
        let binary = self.0.binary()?;
        if let Some(message) = missing() {
            return Err(RcloneError::Unavailable { message });
        }
        if !options.location.is_local() && !self.names().await?.contains(options.location.remote()) {
            return Err(RcloneError::UnknownRemote);
        }
        self.refuse_programs(&options.location).await?;
        self.check_addresses(&options.location).await?;
        self.prepare([&options.location]).await?;
        let args = command::mount(options, self.0.store.working(), dir);
        let spec = RunSpec {
            program: binary.path,
            args: args.into_iter().map(Into::into).collect(),
            env: args::environment().into_iter().map(|(name, value)| (name.into(), value.into())).collect(),
            umask: UMASK,
            grace_secs: GRACE_SECS,
            reach: Reach::User(Unconfined::Mounts),
            operation: None,
            backup: false,
            workdir: None,
        };
        shim::start(dir, &spec, None, &self.0.shim).await?;
        let end = Instant::now() + self.limit();
        while !is_mounted(&options.mount_point) {
            if shim::inspect(dir) != Life::Alive {
                return Err(match log::finish(dir).headline {
                    Some(reason) => text::error(&reason, &[]),
                    None => RcloneError::Failed { message: "rclone ended without a message.".to_owned() },
                });
            }
            if Instant::now() >= end {
                self.unmount(dir, &options.mount_point).await?;
                return Err(RcloneError::Timeout);
            }
            sleep(POLL_INTERVAL).await;
        }
        let seen = match self.look_into(dir, &options.mount_point).await {
            // rclone shows a folder that is not there as an empty one.
            Ok(()) => ask_mount(dir, &options.location, SLOW).await,
            Err(error) => Err(error),
        };
        if let Err(error) = seen {
            self.unmount(dir, &options.mount_point).await?;
            return Err(error);
        }
        self.hold(dir, [&options.location]).await;
        Ok(())
    }

    /// Refuses what would run a program: no sandbox holds a mount.
    async fn refuse_programs(&self, location: &Location) -> Result<(), RcloneError> {
        let sections = self.usable().await?;
        let reached = tokens::reach(&sections, vec![location.remote().to_owned()]);
        let program = sections.iter().filter(|section| reached.contains(&section.name)).find_map(|section| {
            let option =
                section.pairs().into_iter().find(|(option, value)| !value.is_empty() && runs_program(option))?.0;
            Some((section.name.clone(), option))
        });
        let Some((name, option)) = program else { return Ok(()) };
        let message = format!("“{name}” cannot be mounted: its option {option} runs a program of this server.");
        Err(RcloneError::Unavailable { message })
    }

    /// Refuses to mount what leads to an address that nothing connects to: the kernel does not look at what a mount
    /// connects to.
    ///
    /// # Errors
    /// [`RcloneError::Unavailable`] with the remote, its option and why.
    pub async fn check_addresses(&self, location: &Location) -> Result<(), RcloneError> {
        let sections = self.usable().await?;
        let reached = tokens::reach(&sections, vec![location.remote().to_owned()]);
        for section in sections.iter().filter(|section| reached.contains(&section.name)) {
            if let Some((option, why)) = endpoints::refused(&self.0.outbound, &section.pairs()).await {
                let message = format!("“{}” cannot be mounted. Its option {option}: {why}", section.name);
                return Err(RcloneError::Unavailable { message });
            }
        }
        Ok(())
    }

    /// Reads the folder of a new mount as a program would. An rclone of its own does, which can be killed: a process
    /// that reads a hanging mount hangs.
    ///
    /// # Errors
    /// Why it cannot be read, as the mount's own log says.
    async fn look_into(&self, dir: &Path, mount_point: &Path) -> Result<(), RcloneError> {
        let binary = self.0.binary()?;
        let place = args::target(&Location::Local(mount_point.to_string_lossy().into_owned()));
        let sandbox = Sandbox::closed().reading(mount_point);
        let answer =
            ask(&self.0.spawner, &binary, &args::probe(Path::new(""), &place), &[], &sandbox, INTO.min(self.limit()))
                .await?;
        if answer.success {
            return Ok(());
        }
        let said =
            [dir.join(run_dir::LOG)].iter().find_map(|log| fs::read_to_string(log).ok()).map(|said| probe::why(&said));
        let why = said.filter(|why| !why.is_empty()).unwrap_or_else(|| probe::why(&answer.errors));
        Err(text::error(&why, &[]))
    }

    /// Why what is mounted does not answer; `None` when it does. The mount's own rclone asks the remote, past all that
    /// it remembers, at most once in 15 seconds.
    pub async fn mount_problem(&self, dir: &Path, location: &Location) -> Option<String> {
        let known = self.0.mounts.lock().unwrap_or_else(PoisonError::into_inner).get(dir).cloned();
        if let Some((_, problem)) = known.filter(|(at, _)| at.elapsed() < KNOWN) {
            return problem;
        }
        let problem = match ask_mount(dir, location, QUICK).await {
            Ok(()) => None,
            Err(RcloneError::Timeout) => Some("It does not answer in time.".to_owned()),
            Err(RcloneError::NotFound) => Some("The mounted location no longer exists.".to_owned()),
            Err(error) => Some(error.to_string()),
        };
        let mut known = self.0.mounts.lock().unwrap_or_else(PoisonError::into_inner);
        known.retain(|dir, _| dir.exists());
        known.insert(dir.to_owned(), (Instant::now(), problem.clone()));
        problem
    }

    /// Unmounts and waits for its end; what is dead is detached.
    pub async fn unmount(&self, dir: &Path, mount_point: &Path) -> Result<(), RcloneError> {
        shim::stop(dir).during("could not stop a mount")?;
        let end = Instant::now() + STOP;
        while shim::inspect(dir) == Life::Alive && Instant::now() < end {
            sleep(POLL_INTERVAL).await;
        }
        // A program that stands in it keeps rclone from unmounting, and a killed rclone leaves a dead mount behind.
        if is_mounted(mount_point) { detach(mount_point).await } else { Ok(()) }
    }
}

/// Has the rclone of the mount in `dir` list what is mounted, past all that it remembers. Tells nothing of what it
/// finds.
async fn ask_mount(dir: &Path, location: &Location, limit: Duration) -> Result<(), RcloneError> {
    let asked = json!({
        "fs": args::target(location), "remote": "", "opt": { "noModTime": true, "noMimeType": true }, "_filter": { "FilterRule": ["- **"] },
    });
    Client::new(&dir.join(run_dir::SOCKET), None)
        .call::<wire::Nothing>("operations/list", &asked, limit)
        .await
        .map(drop)
}

/// Whether an option runs a program of this server.
fn runs_program(option: &str) -> bool {
    let name = option.rsplit('.').next().unwrap_or_default();
    PROGRAMS.contains(&name)
}

/// Whether the mount in `dir` lives.
#[must_use]
pub fn is_alive(dir: &Path) -> bool {
    shim::inspect(dir) == Life::Alive
}

/// Files that were written by way of a mount and have not reached the remote. `None` where that cannot be known.
pub async fn pending(dir: &Path) -> Option<u64> {
    let queue: wire::Queue =
        Client::new(&dir.join(run_dir::SOCKET), None).call("vfs/queue", &json!({}), QUICK).await.ok()?;
    u64::try_from(queue.queue.len()).ok()
}

/// What keeps this machine from mounting, and how to get it.
#[must_use]
pub fn missing() -> Option<String> {
    let program = std::env::var_os("PATH")
        .is_some_and(|path| std::env::split_paths(&path).any(|dir| dir.join("fusermount3").exists()));
    match (Path::new("/dev/fuse").exists(), program) {
        (true, true) => None,
        (false, _) => Some(
            "This server has no FUSE: /dev/fuse is missing. In a container, pass it in with --device /dev/fuse."
                .to_owned(),
        ),
        (true, false) => Some("fusermount3 is missing. Install FUSE (Debian: apt install fuse3).".to_owned()),
    }
}

/// Whether something is mounted exactly here, dead or alive.
#[must_use]
pub fn is_mounted(mount_point: &Path) -> bool {
    MountTable::read().is_ok_and(|table| table.is_mounted(mount_point))
}

/// Takes a mount out of the tree of folders at once; it ends when nobody uses it any more.
pub async fn detach(mount_point: &Path) -> Result<(), RcloneError> {
    let mut command = Command::new("fusermount3");
    command.args(["-u", "-z", "--"]).arg(mount_point).env_clear().envs(args::environment()).kill_on_drop(true);
    let done = timeout(DETACH, command.output())
        .await
        .map_err(|_| RcloneError::Timeout)?
        .during("could not run fusermount3")?;
    if done.status.success() || !is_mounted(mount_point) {
        return Ok(());
    }
    Err(io::Error::other(String::from_utf8_lossy(&done.stderr).trim().to_owned())).during("could not unmount")
}
