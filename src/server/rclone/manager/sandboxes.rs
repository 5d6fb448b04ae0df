//! The sandboxes of one console: what each kind of work needs.

use std::{
    collections::{BTreeMap, BTreeSet},
    env, fs, io,
    os::unix::fs::MetadataExt as _,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use tokio::{task::spawn_blocking, time::timeout};

use crate::server::{
    outbound::Outbound,
    platform::files::private_dir,
    rclone::{
        config::{certificates, store::ConfigStore},
        error::{During as _, RcloneError},
        program::{
            sandbox::{Kernel, Sandbox},
            tasks::blocking,
        },
        wire::conf::Section,
    },
};

/// Folders of a person's home in which SDKs look for credentials, for remotes that are set to use those.
const CREDENTIALS: [&str; 4] = [".aws", ".azure", ".config/gcloud", ".oci"];
/// The option by which a remote uses credentials of its surroundings.
pub const ENV_AUTH: &str = "env_auth";

/// Files of the system that are not changed but replaced, when the network does.
const REPLACED: [&str; 2] = ["/etc/resolv.conf", "/etc/hosts"];
/// How long the allowed folders may take to say which they are.
const SEEN: Duration = Duration::from_secs(2);

/// Makes the sandboxes of one console's rclones.
#[derive(Clone, Debug)]
pub struct Sandboxes {
    /// The folder of the working copy of the configuration, into which every rclone may save a token.
    run: PathBuf,
    /// Where rclone puts temporary files.
    temp: PathBuf,
    /// The certificates that remotes trust, also those that are not saved yet.
    certificates: PathBuf,
    /// Where it keeps what it caches of some remotes.
    cache: Option<PathBuf>,
    /// The allowed folders, with every link on their way followed.
    roots: Vec<PathBuf>,
    /// The configuration: it names keys and certificates that rclone reads.
    store: Arc<ConfigStore>,
    /// Which addresses may be connected to.
    outbound: Outbound,
    /// What the kernel keeps of them.
    pub kernel: Kernel,
}

impl Sandboxes {
    /// For a console with these allowed folders.
    pub fn new(
        run: &Path,
        roots: Vec<PathBuf>,
        store: Arc<ConfigStore>,
        outbound: Outbound,
    ) -> Result<Self, RcloneError> {
        let (temp, certificates) = (run.join("tmp"), certificates::folder(run));
        for folder in [&temp, &certificates] {
            private_dir(folder).during("could not make a folder for rclone")?;
        }
        Ok(Self {
            run: run.to_owned(),
            temp,
            certificates,
            cache: cache()?,
            roots,
            store,
            outbound,
            kernel: Kernel::here(),
        })
    }

    /// Which the allowed folders and the replaced files of the system are now, by device and inode; `None` when they do
    /// not answer.
    pub async fn seen(&self) -> Option<Vec<Option<(u64, u64)>>> {
        let paths: Vec<_> = self.roots.iter().cloned().chain(REPLACED.map(PathBuf::from)).collect();
        let see =
            move || paths.iter().map(|path| fs::metadata(path).ok().map(|meta| (meta.dev(), meta.ino()))).collect();
        timeout(SEEN, spawn_blocking(see)).await.ok()?.ok()
    }

    /// For an rclone that only looks: at anything in the allowed folders, and at remotes.
    pub async fn reader(&self) -> Result<Sandbox, RcloneError> {
        Ok(self.roots.iter().cloned().fold(self.closed().await?.writing(&self.run), Sandbox::reading))
    }

    /// The same, for a remote with these options that is not saved yet.
    pub async fn reader_of(&self, options: &BTreeMap<String, String>) -> Result<Sandbox, RcloneError> {
        Ok(files_of(options).into_iter().fold(self.reader().await?, Sandbox::reading))
    }

    /// For the rclone of a run, whose folder is `dir`: it reads and writes what the run does, places of this server
    /// with links followed. Only one that `saves` may change the configuration: what a link in a destination leads to,
    /// it can write as well.
    pub async fn run(
        &self,
        dir: &Path,
        reads: &[PathBuf],
        writes: &[PathBuf],
        saves: bool,
    ) -> Result<Sandbox, RcloneError> {
        let sandbox = self.closed().await?.writing(dir);
        let sandbox = if saves { sandbox.writing(&self.run) } else { sandbox };
        let sandbox = self.around(reads).fold(sandbox, Sandbox::reading);
        Ok(self.around(writes).fold(sandbox, Sandbox::writing))
    }

    async fn closed(&self) -> Result<Sandbox, RcloneError> {
        let store = Arc::clone(&self.store);
        let sections = blocking(move || store.remotes()).await?;
        let sandbox = Sandbox::closed().with(&self.temp, self.outbound.clone());
        Ok(self
            .cache
            .iter()
            .chain([&self.temp])
            .cloned()
            .fold(using(sandbox, &sections).reading(&self.run).reading(&self.certificates), Sandbox::writing))
    }

    /// The allowed folders around these places.
    fn around(&self, places: &[PathBuf]) -> impl Iterator<Item = PathBuf> {
        self.roots.iter().filter(|root| places.iter().any(|place| place.starts_with(root))).cloned()
    }
}

/// The folder in which rclone keeps what it caches of some remotes, made when it is not there.
fn cache() -> Result<Option<PathBuf>, RcloneError> {
    use io::ErrorKind::{NotADirectory, NotFound, PermissionDenied, ReadOnlyFilesystem};
    let base = env::var_os("XDG_CACHE_HOME").map(PathBuf::from).or_else(|| Some(env::home_dir()?.join(".cache")));
    let Some(folder) = base.filter(|base| base.is_absolute()).map(|base| base.join("rclone")) else { return Ok(None) };
    match fs::create_dir_all(&folder) {
        Ok(()) => Ok(Some(folder)),
        // A home that cannot be written is no reason not to start: rclone caches less.
        Err(error) if matches!(error.kind(), PermissionDenied | ReadOnlyFilesystem | NotFound | NotADirectory) => {
            Ok(None)
        }
        Err(error) => Err(error).during("could not make rclone's cache folder"),
    }
}

/// The same, which may also read the files that these remotes name in their options: keys and certificates that an
/// admin chose.
fn using(sandbox: Sandbox, sections: &[Section]) -> Sandbox {
    sections.iter().flat_map(|section| files_of(&section.pairs())).fold(sandbox, Sandbox::reading)
}

/// Files that options name, and the folders in which SDKs look for credentials.
fn files_of(options: &BTreeMap<String, String>) -> BTreeSet<PathBuf> {
    let home = env::home_dir();
    let mut files = BTreeSet::new();
    for value in options.values() {
        let path = match (value.strip_prefix("~/"), &home) {
            (Some(rest), Some(home)) => home.join(rest),
            _ => PathBuf::from(value),
        };
        // A folder is a place, which is checked as one; a file is read by rclone for itself.
        if path.is_absolute() && path.is_file() {
            files.insert(path);
        }
    }
    if options.get(ENV_AUTH).is_some_and(|value| value == "true") {
        files.extend(home.iter().flat_map(|home| CREDENTIALS.map(|folder| home.join(folder))));
    }
    files
}
