//! A remote that is not saved: rclone itself makes it, in a configuration of its own, so that passwords are obscured
//! its way and nothing of ours is at risk. Secrets go over a socket, never onto a command line. The folder goes when
//! the draft does.

use std::{
    collections::BTreeMap,
    ffi::OsString,
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use tokio::time::timeout;

use crate::server::{
    platform::{
        files::{private_dir, random},
        socket,
    },
    rclone::{
        error::{During as _, RcloneError, redact::is_secret, text},
        manager::{DRAFT, daemon},
        program::{args, binary::Binary, sandbox::Sandbox, spawner::Spawner},
        rc::client::Client,
        wire::{
            self,
            conf::{Conf, Section},
            create::{Create, CreateOptions, Created, GoOn},
        },
    },
};

/// How many questions rclone may ask.
const QUESTIONS: usize = 20;
/// Who gives these has answered which of the drives is meant.
const DRIVE: [&str; 2] = ["drive_id", "drive_type"];

/// A remote to be made. Its options were checked; secrets are plain.
pub struct DraftRequest<'a> {
    /// What it is to be called.
    pub name: &'a str,
    /// rclone's type.
    pub kind: &'a str,
    /// Its options.
    pub config: &'a BTreeMap<String, String>,
    /// How long rclone may take: some ask their provider.
    pub limit: Duration,
}

/// A remote that rclone made, in a folder of its own.
#[derive(Debug)]
pub struct Draft {
    dir: PathBuf,
    /// Its configuration.
    pub section: Section,
}

impl Draft {
    /// Has rclone make a remote.
    ///
    /// # Errors
    /// [`RcloneError::Timeout`] when the limit runs out, or rclone gives up on a provider that does not answer.
    pub async fn make(
        spawner: &Spawner,
        binary: &Binary,
        run: &Path,
        sandbox: Sandbox,
        wanted: DraftRequest<'_>,
    ) -> Result<Self, RcloneError> {
        let dir = run.join(format!("{DRAFT}{:016x}", random().during("could not get random numbers")?));
        private_dir(&dir).during("could not make a folder")?;
        // From here on the folder goes, however this ends.
        let mut draft = Self { dir, section: Section::default() };
        let path = draft.dir.join("rc.sock");
        let listener = socket::bind(&path).during("could not listen for rclone")?;
        let (user, password) = (daemon::secret()?, daemon::secret()?);
        let client = Client::new(&path, Some((&user, &password)));
        let log = draft.dir.join("log");
        let child =
            daemon::spawn(spawner, binary, (&draft.conf(), &log), sandbox, listener.into(), (&user, &password)).await?;
        let created = timeout(wanted.limit, create(&client, &wanted)).await;
        drop(client);
        daemon::end(child).await?;
        created.unwrap_or(Err(RcloneError::Timeout))?;
        draft.section = draft.read(wanted.name)?;
        Ok(draft)
    }

    /// What it is now: an rclone that tested it may have noted a new token.
    pub fn read(&self, name: &str) -> Result<Section, RcloneError> {
        let text = fs::read(self.conf()).during("could not read the draft")?;
        let section = Conf::parse(&text).ok().and_then(|conf| conf.get(name).cloned());
        section.ok_or_else(|| RcloneError::Broken("rclone did not save the draft".into()))
    }

    /// Its configuration, for an rclone that tests it.
    #[must_use]
    pub fn conf(&self) -> PathBuf {
        self.dir.join("rclone.conf")
    }

    /// What makes it known to an rclone that has another configuration.
    #[must_use]
    pub fn environment(&self) -> Vec<(OsString, OsString)> {
        args::remote_environment(&self.section.name, &self.section.pairs(), &self.dir)
    }
}

/// Has rclone make the remote, and answers what it asks then: whether to use the token that is there, which of the
/// drives.
async fn create(client: &Client, wanted: &DraftRequest<'_>) -> Result<(), RcloneError> {
    let DraftRequest { name, kind, config, limit } = *wanted;
    let opt = CreateOptions { non_interactive: true, obscure: true, ..CreateOptions::default() };
    let created = client.call("config/create", &Create { name, kind, parameters: config, opt }, limit).await;
    let mut created: Created = created.map_err(name_refused)?;
    for _ in 0..QUESTIONS {
        if !created.error.is_empty() {
            let secrets: Vec<_> =
                config.iter().filter(|(option, _)| is_secret(option)).map(|(_, value)| value.clone()).collect();
            return Err(text::error(&created.error, &secrets));
        }
        let (state, question) = (created.state, created.option.unwrap_or_default());
        if state.is_empty()
            || (question.name == "config_type" && DRIVE.iter().all(|option| config.contains_key(*option)))
        {
            return Ok(());
        }
        let result = answer(kind, &question, config)?;
        let opt = CreateOptions { non_interactive: true, obscure: true, go_on: true, state: &state, result: &result };
        created = client.call("config/update", &GoOn { name, parameters: wire::Nothing {}, opt }, limit).await?;
    }
    Err(RcloneError::Broken("rclone keeps asking questions".into()))
}

/// rclone has the last word on names: which letters are letters depends on its tables.
fn name_refused(error: RcloneError) -> RcloneError {
    match error {
        RcloneError::Failed { message } if message.contains("config name contains invalid characters") => {
            RcloneError::invalid(
                "name",
                "rclone does not take this name: it has letters, digits, space and _ - . + @ only.",
            )
        }
        error => error,
    }
}

/// The answer to one of rclone's questions: what was given, else the default. To sign in is nothing that a default
/// could do.
fn answer(kind: &str, question: &wire::RawOption, config: &BTreeMap<String, String>) -> Result<String, RcloneError> {
    if let Some(given) = config.get(&question.name) {
        return Ok(given.clone());
    }
    match question.name.as_str() {
        // The token was just pasted.
        "config_refresh_token" => Ok("false".to_owned()),
        // Who gave no client id of their own has a token of rclone's.
        "config_shared_client_id" => Ok("true".to_owned()),
        "config_is_local" | "config_token" => {
            Err(RcloneError::invalid("token", format!("Paste the token that `rclone authorize \"{kind}\"` prints.")))
        }
        _ if question.required && question.default_str.is_empty() => {
            let asked = text::plain(question.help.lines().next().unwrap_or_default());
            Err(RcloneError::Failed {
                message: format!("rclone asks for something that cannot be given here: {asked}"),
            })
        }
        _ => Ok(question.default_str.clone()),
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_dir_all(&self.dir) {
            tracing::warn!(%error, "a draft could not be removed");
        }
    }
}
