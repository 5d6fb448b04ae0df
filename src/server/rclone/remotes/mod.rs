//! The remotes of the configuration: listed, made, tested, saved, deleted.

pub mod change;
pub mod crypt;
pub mod draft;
pub mod reach;
pub mod test;
pub mod trust;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};

use self::{change::ConfigChange, draft::Draft, test::Subject};
use super::{
    config::{endpoints, merge, trust::check as server_check, unusable, wrap},
    error::RcloneError,
    manager::{Inner, Rclone, sandboxes},
    program::{binary::Binary, probe, tasks::to_the_end},
    providers::{allowlist, schema},
    wire::{conf::Section, ini},
};
use crate::domain::{identity::ServerCheck, location::Location, remote::RemoteTest, remote_name::RemoteName};

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
pub struct RemoteDraft(Vec<Section>);

/// What a remote of this type that wraps others leads to, by its options, and the option that says so. Of others,
/// nothing.
pub fn leads_to(kind: &str, config: &BTreeMap<String, String>) -> Result<Vec<(&'static str, Location)>, RcloneError> {
    let Some(option) = wrap::option(kind) else { return Ok(Vec::new()) };
    let places = wrap::upstreams(kind, config).map_err(|problem| RcloneError::invalid(option, problem))?;
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

impl Rclone {
    /// All remotes, by name. Needs no rclone. What is no remote here is in [`Self::unusable`].
    pub async fn remotes(&self) -> Result<Vec<SavedRemote>, RcloneError> {
        let remotes = self.usable().await?.into_iter().filter_map(|section| {
            let (name, kind, pairs) = (section.name.parse().ok()?, section.kind(), section.pairs());
            let flavour = pairs.get("provider").map_or("", String::as_str);
            let (provider, encrypted) = (allowlist::label(&kind, flavour), kind == "crypt");
            let check = server_check(&kind, &pairs);
            Some(SavedRemote { name, kind, provider, encrypted, check })
        });
        let mut remotes: Vec<_> = remotes.collect();
        remotes.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(remotes)
    }

    /// A section that takes options from this remote, if there is one.
    pub async fn heir(&self, name: &RemoteName) -> Result<Option<String>, RcloneError> {
        let heir = |section: &Section| ini::parent(&section.name) == Some(name.as_str());
        Ok(self.sections().await?.into_iter().find(heir).map(|section| section.name))
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
    ) -> Result<RemoteDraft, RcloneError> {
        let mut config = self.check(provider, config).await?;
        self.add_pin(provider, &mut config, pin).await?;
        self.check_name(name).await?;
        let draft = self.make(owner, name, provider, config, self.limit()).await?;
        Ok(RemoteDraft(vec![draft.section.clone()]))
    }

    /// Makes a draft, with the newest token that came of the one in `config`. To its end, even when the caller is gone:
    /// the provider may renew the token meanwhile.
    pub(super) async fn make(
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
                && let Some(token) = draft.section.own().get(merge::TOKEN)
            {
                inner.kept.keep(pasted, token);
            }
            Ok(draft)
        })
        .await
    }

    /// Saves what was drafted: all of it, or nothing. Asks nobody; [`Self::forget`] is what comes next.
    pub async fn save(&self, drafted: RemoteDraft) -> Result<ConfigChange, RcloneError> {
        // The sandbox of the warm rclone has no credentials of the machine when no remote used them before.
        let environment = drafted
            .0
            .iter()
            .any(|section| section.pairs().get(sandboxes::ENV_AUTH).is_some_and(|value| value == "true"));
        let saved = ConfigChange::make(&self.0.store, move |store| store.add(drafted.0)).await?;
        if environment {
            self.0.daemon.renew();
        }
        Ok(saved)
    }

    /// Deletes a remote: its configuration, never its files. Asks nobody; [`Self::forget`] is what comes next.
    pub async fn delete(&self, name: &RemoteName) -> Result<ConfigChange, RcloneError> {
        let name = name.clone();
        ConfigChange::make(&self.0.store, move |store| store.remove(name.as_str())).await
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
        let secrets = schema::secrets(&self.providers().await?, provider, &config);
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
            (self.0.store.working().to_owned(), draft.environment())
        } else {
            (draft.conf(), Vec::new())
        };
        let subject = Subject { name: &name, kind, options: &options, conf: &conf, env: &env, secrets, limit };
        let tested = self.test(subject, &self.usable().await?).await;
        if let (Some(pasted), Ok(section)) = (pasted, draft.read(name.as_str()))
            && let Some(token) = section.own().get(merge::TOKEN)
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
        let conf = self.0.store.working();
        let subject = Subject { name, kind: &kind, options: &options, conf, env: &[], secrets: Vec::new(), limit };
        self.test(subject, &sections).await
    }

    pub(super) async fn check(
        &self,
        provider: &str,
        config: &BTreeMap<String, String>,
    ) -> Result<BTreeMap<String, String>, RcloneError> {
        schema::check(&self.providers().await?, provider, config, &self.names().await?)
    }

    /// Whether a new remote may have this name: no section has it, nor one with which rclone would mix up its options.
    async fn check_name(&self, name: &RemoteName) -> Result<(), RcloneError> {
        let sections = self.sections().await?;
        let mut names = sections.iter().map(|section| section.name.as_str());
        if names.clone().any(|taken| taken == name.as_str()) {
            return Err(RcloneError::Exists { name: name.to_string() });
        }
        let Some(relative) = unusable::relative(&mut names, name.as_str()) else { return Ok(()) };
        Err(RcloneError::invalid(
            "name",
            format!("rclone would mix up its options with those of “{relative}”, because of the dot in the name."),
        ))
    }
}

impl Inner {
    /// Has rclone make a remote that is not saved yet.
    pub(super) async fn draft(
        &self,
        binary: &Binary,
        name: &str,
        kind: &str,
        config: &BTreeMap<String, String>,
        limit: Duration,
    ) -> Result<Draft, RcloneError> {
        Draft::make(
            &self.spawner,
            binary,
            &self.run,
            self.sandboxes.reader_of(config).await?,
            draft::DraftRequest { name, kind, config, limit },
        )
        .await
    }
}
