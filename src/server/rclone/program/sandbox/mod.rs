//! A sandbox for each rclone, which the kernel keeps (Landlock): a process reaches the folders that its work needs, and
//! no others, whatever a link, an option or a race says. It executes nothing but rclone. The rules of `locations`
//! explain to a person what may be used; this is what holds.

mod calls;
mod elf;
mod kernel;

use std::{
    env,
    ffi::OsString,
    io,
    os::fd::OwnedFd,
    path::{Path, PathBuf},
};

use landlock::{
    ABI, Access as _, AccessFs, BitFlags, CompatLevel, Compatible as _, PathBeneath, PathFd, Ruleset, RulesetAttr as _,
    RulesetCreated, RulesetCreatedAttr as _, RulesetError, Scope, path_beneath_rules,
};
use serde::{Deserialize, Serialize};

use self::elf::interpreter;
use super::os_text::Text;
use crate::server::outbound::Outbound;

pub use self::kernel::Kernel;

/// The newest rights that are asked for. A kernel that knows fewer enforces those it knows.
const RIGHTS: ABI = ABI::V6;
/// What name resolution, TLS, time zones and MIME types read.
const SYSTEM: [&str; 30] = [
    "/etc/resolv.conf",
    "/run/systemd/resolve",
    "/run/NetworkManager/resolv.conf",
    "/run/resolvconf",
    "/etc/hosts",
    "/etc/host.conf",
    "/etc/nsswitch.conf",
    "/etc/services",
    "/etc/protocols",
    "/etc/passwd",
    "/etc/group",
    "/etc/krb5.conf",
    "/etc/ssl",
    "/etc/pki",
    "/etc/ca-certificates",
    "/etc/static",
    "/usr/share/ca-certificates",
    "/usr/local/share/ca-certificates",
    "/var/lib/ca-certificates",
    "/usr/share/zoneinfo",
    "/etc/localtime",
    "/etc/mime.types",
    "/etc/apache2/mime.types",
    "/usr/share/mime",
    "/usr/local/share/mime",
    "/sys/kernel/mm/transparent_hugepage/hpage_pmd_size",
    "/proc/sys/net/core/somaxconn",
    "/proc/stat",
    "/proc/meminfo",
    "/dev/urandom",
];
/// Devices that take and give nothing of this server.
const DEVICES: [&str; 3] = ["/dev/null", "/dev/zero", "/dev/random"];
/// Where a program of the distribution finds its libraries, where rclone is not one file.
const LIBRARIES: [&str; 4] = ["/lib", "/lib64", "/usr/lib", "/usr/lib64"];
/// How far a process gets in the file system of this server. The caller that starts it has to say so.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reach {
    /// As far as its sandbox.
    Sandbox(Sandbox),
    /// As far as its user.
    User(Unconfined),
}

impl Reach {
    /// What is put on the process before it becomes `program`; nothing where it has no sandbox, or this kernel keeps
    /// none.
    pub fn ruleset(&self, program: &Path) -> io::Result<Option<OwnedFd>> {
        match self {
            Self::Sandbox(sandbox) => sandbox.ruleset(program),
            Self::User(_) => Ok(None),
        }
    }

    /// The system calls that are refused to the process.
    pub fn calls(&self) -> io::Result<Option<seccompiler::BpfProgram>> {
        match self {
            Self::Sandbox(_) => calls::filter(),
            Self::User(_) => Ok(None),
        }
    }

    /// Which addresses the process may connect to.
    #[must_use]
    pub fn outbound(&self) -> Option<Outbound> {
        match self {
            Self::Sandbox(sandbox) => Some(sandbox.outbound.clone()),
            Self::User(_) => None,
        }
    }

    /// Where the process puts temporary files, when that is said.
    #[must_use]
    pub fn temp(&self) -> Option<OsString> {
        match self {
            Self::Sandbox(sandbox) => sandbox.temp(),
            Self::User(_) => None,
        }
    }

    /// That of a plan that an older Longshore wrote, which knew no sandboxes.
    #[must_use]
    pub const fn older() -> Self {
        Self::User(Unconfined::Older)
    }
}

/// Why a process has no sandbox.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unconfined {
    /// It mounts: the kernel lets nothing in a sandbox mount, and `fusermount3` needs its own rights.
    Mounts,
    /// It is Longshore itself, which starts an rclone in a sandbox.
    Shim,
    /// An older Longshore planned it, while this one was installed.
    Older,
}

/// What a process may reach in the file system of this server, and by the network.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sandbox {
    /// Folders and files that it may read.
    read: Vec<Text>,
    /// Folders that it may read and change.
    write: Vec<Text>,
    /// Where it puts temporary files; the system's folder for them when `None`.
    #[serde(default)]
    temp: Option<Text>,
    /// Which addresses it may connect to.
    #[serde(default)]
    outbound: Outbound,
}

impl Sandbox {
    /// The same, whose temporary files go into `folder`, and which connects to these addresses alone.
    #[must_use]
    pub fn with(self, folder: &Path, outbound: Outbound) -> Self {
        Self { temp: Some(folder.to_owned().into_os_string().into()), outbound, ..self }
    }

    /// One that reaches what every rclone needs from the system, and nothing else yet.
    #[must_use]
    pub fn closed() -> Self {
        let certificates = ["SSL_CERT_FILE", "SSL_CERT_DIR"].into_iter().filter_map(env::var_os).map(PathBuf::from);
        let sandbox = SYSTEM.iter().map(PathBuf::from).chain(certificates).fold(Self::default(), Self::reading);
        DEVICES.iter().fold(sandbox, |sandbox, device| sandbox.writing(device))
    }

    /// The same, which may also read below `path`.
    #[must_use]
    pub fn reading(mut self, path: impl Into<PathBuf>) -> Self {
        self.read.push(path.into().into_os_string().into());
        self
    }

    /// The same, which may also read and change what is below `path`.
    #[must_use]
    pub fn writing(mut self, path: impl Into<PathBuf>) -> Self {
        self.write.push(path.into().into_os_string().into());
        self
    }

    /// Where it puts temporary files.
    #[must_use]
    pub fn temp(&self) -> Option<OsString> {
        self.temp.clone().map(Into::into)
    }

    /// The rules as the kernel holds them, ready to be put on a process that then becomes `program`. `None` where this
    /// kernel has no Landlock.
    pub fn ruleset(&self, program: &Path) -> io::Result<Option<OwnedFd>> {
        self.build(program).map(Into::into).map_err(io::Error::other)
    }

    fn build(&self, program: &Path) -> Result<RulesetCreated, RulesetError> {
        let read = AccessFs::from_read(RIGHTS) & !AccessFs::Execute;
        let ruleset = Ruleset::default()
            .set_compatibility(CompatLevel::BestEffort)
            .handle_access(AccessFs::from_all(RIGHTS))?
            .scope(Scope::from_all(RIGHTS))?
            .create()?
            .add_rules(path_beneath_rules(paths(&self.read), read))?
            .add_rules(path_beneath_rules(paths(&self.write), read | changes()))?
            .add_rules(path_beneath_rules(LIBRARIES.iter().filter(|_| interpreter(program).is_some()), read))?;
        let programs = [Some(program.to_owned()), interpreter(program)];
        programs.into_iter().flatten().try_fold(ruleset, |ruleset, program| match PathFd::new(program) {
            Ok(file) => ruleset.add_rule(PathBeneath::new(file, AccessFs::Execute | AccessFs::ReadFile)),
            // A program that is not there cannot be run: the spawn says so.
            Err(_) => Ok(ruleset),
        })
    }
}

/// All that changes files and folders, but devices, pipes and sockets: a copy never makes those on this server.
fn changes() -> BitFlags<AccessFs> {
    let special =
        AccessFs::MakeChar | AccessFs::MakeBlock | AccessFs::MakeFifo | AccessFs::MakeSock | AccessFs::IoctlDev;
    AccessFs::from_write(RIGHTS) & !special
}

fn paths(paths: &[Text]) -> impl Iterator<Item = PathBuf> {
    paths.iter().cloned().map(|path| PathBuf::from(OsString::from(path)))
}
