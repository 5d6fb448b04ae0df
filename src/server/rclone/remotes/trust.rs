//! What a saved remote trusts its server by, and how that is changed.

use std::collections::BTreeMap;

use super::change::ConfigChange;
use crate::{
    domain::{
        identity::{Endpoint, ServerCheck},
        remote_name::RemoteName,
    },
    server::rclone::{
        config::{
            certificates::{SHARED, folder, keep, write_shared},
            trust::{CERTIFICATES, HOST_KEYS, OFF, Options, check, endpoint, trusted},
        },
        error::RcloneError,
        manager::Rclone,
        program::tasks::blocking,
    },
};

/// What is known of the server of a saved remote.
#[derive(Clone, Debug)]
pub struct Server {
    /// rclone's type of the remote.
    pub kind: String,
    /// Where it is asked for its identity; `None` where that is not possible, or there is none.
    pub endpoint: Option<Endpoint>,
    /// Whether it is checked.
    pub check: Option<ServerCheck>,
    /// The fingerprints that are trusted.
    pub trusted: Vec<String>,
}

impl Rclone {
    /// What is known of the server of a saved remote.
    pub async fn server(&self, name: &RemoteName) -> Result<Server, RcloneError> {
        let store = self.0.store.clone();
        let section =
            blocking(move || store.remotes()).await?.into_iter().find(|section| section.name == name.as_str());
        let section = section.ok_or(RcloneError::UnknownRemote)?;
        let (kind, options) = (section.kind(), section.pairs());
        let (endpoint, check) = (endpoint(&kind, &options), check(&kind, &options));
        let trusted = trusted(&kind, &options);
        Ok(Server { kind, endpoint, check, trusted })
    }

    /// Has a saved remote trust this host key or certificate, and no other. Asks nobody; [`Self::forget`] is what comes
    /// next.
    pub async fn pin(&self, name: &RemoteName, kind: &str, pin: &str) -> Result<ConfigChange, RcloneError> {
        let mut options = BTreeMap::new();
        self.add_pin(kind, &mut options, Some(pin)).await?;
        let (name, off) = (name.clone(), OFF.map(|name| (name.to_owned(), "false".to_owned())));
        ConfigChange::make(&self.0.store, move |store| store.set(name.as_str(), &options, &BTreeMap::from(off))).await
    }

    /// Adds what pins a host key or certificate to the options of a remote.
    pub(in crate::server::rclone) async fn add_pin(
        &self,
        kind: &str,
        options: &mut Options,
        pin: Option<&str>,
    ) -> Result<(), RcloneError> {
        let Some(pin) = pin else { return Ok(()) };
        if kind == "sftp" {
            options.insert(HOST_KEYS.to_owned(), pin.to_owned());
            return Ok(());
        }
        for off in OFF {
            options.remove(off);
        }
        let (run, pem, is_shared, store) = (self.0.run.clone(), pin.to_owned(), kind == SHARED, self.0.store.clone());
        let files = blocking(move || {
            let file = keep(&folder(&run), &pem)?;
            if !is_shared {
                return Ok(file.display().to_string());
            }
            let shared = write_shared(&run, &store.remotes()?, Some(&pem))?;
            Ok(format!("{},{}", file.display(), shared.display()))
        })
        .await?;
        options.insert(CERTIFICATES.to_owned(), files);
        if is_shared {
            self.0.daemon.renew();
        }
        Ok(())
    }
}
