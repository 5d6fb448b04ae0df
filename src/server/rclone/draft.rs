//! A remote that is not saved: rclone itself makes it, in a configuration of its own, so that passwords are obscured its way and nothing
//! of ours is at risk. Secrets go over a socket, never onto a command line. The folder goes when the draft does.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use super::{
    atomic::{private_dir, random},
    binary::Binary,
    client::{Client, QUICK},
    conf::{Conf, Section},
    daemon,
    error::{During as _, RcloneError},
    keeper::Keeper,
    socket, wire,
};

/// How the folders of drafts begin.
const PREFIX: &str = "draft-";

/// A remote that rclone made, in a folder of its own.
#[derive(Debug)]
pub struct Draft {
    dir: PathBuf,
    /// Its configuration.
    pub section: Section,
}

impl Draft {
    /// Has rclone make a remote. `config` was checked.
    pub async fn make(
        keeper: &Keeper,
        binary: &Binary,
        run: &Path,
        name: &str,
        kind: &str,
        config: &BTreeMap<String, String>,
    ) -> Result<Self, RcloneError> {
        let dir = run.join(format!("{PREFIX}{:016x}", random().during("could not get random numbers")?));
        private_dir(&dir).during("could not make a folder")?;
        // From here on the folder goes, however this ends.
        let mut draft = Self { dir, section: Section::default() };
        let path = draft.dir.join("rc.sock");
        let listener = socket::bind(&path).during("could not listen for rclone")?;
        let (user, password) = (daemon::secret()?, daemon::secret()?);
        let client = Client::new(&path, Some((&user, &password)));
        let log = draft.dir.join("log");
        let child = daemon::spawn(keeper, binary, &draft.conf(), &log, listener.into(), (&user, &password)).await?;
        let opt = wire::CreateOptions { non_interactive: true, obscure: true };
        let created = client.call("config/create", &wire::Create { name, kind, parameters: config, opt }, QUICK).await;
        drop(client);
        daemon::end(child).await?;
        let created: wire::Created = created?;
        if !created.error.is_empty() || !created.state.is_empty() {
            return Err(RcloneError::Failed { message: "rclone asks for more than this form gives.".into() });
        }
        let text = fs::read_to_string(draft.conf()).during("could not read the draft")?;
        let section = Conf::parse(&text).and_then(|conf| conf.get(name).cloned());
        draft.section = section.ok_or_else(|| RcloneError::Broken("rclone did not save the draft".into()))?;
        Ok(draft)
    }

    /// Its configuration, for an rclone that tests it.
    #[must_use]
    pub fn conf(&self) -> PathBuf {
        self.dir.join("rclone.conf")
    }

    /// Removes what drafts left behind when the console was killed.
    pub fn sweep(run: &Path) {
        let Ok(entries) = fs::read_dir(run) else { return };
        for entry in entries.flatten().filter(|entry| entry.file_name().to_string_lossy().starts_with(PREFIX)) {
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_dir_all(&self.dir) {
            tracing::warn!(%error, "a draft could not be removed");
        }
    }
}
