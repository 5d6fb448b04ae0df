//! What this rclone offers: its providers and the flags of its runs, asked once for each program that is found.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, PoisonError, RwLock},
};

use serde_json::json;

use super::Rclone;
use crate::{
    domain::{
        flag::{Flag, FlagValue},
        operation::Operation,
        provider::Provider,
    },
    server::rclone::{error::RcloneError, flags, program::binary::Binary, providers::schema, rc::client::QUICK, wire},
};

/// What was asked of a program, until there is another one.
#[derive(Debug)]
pub(in crate::server::rclone) struct VersionCache<T>(RwLock<Option<(Binary, Arc<T>)>>);

impl<T> Default for VersionCache<T> {
    fn default() -> Self {
        Self(RwLock::new(None))
    }
}

impl<T> VersionCache<T> {
    pub(in crate::server::rclone) fn of(&self, binary: &Binary) -> Option<Arc<T>> {
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner);
        known.as_ref().filter(|(of, _)| of == binary).map(|(_, known)| Arc::clone(known))
    }

    fn learn(&self, binary: Binary, answer: T) -> Arc<T> {
        let answer = Arc::new(answer);
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Some((binary, Arc::clone(&answer)));
        answer
    }
}

impl Rclone {
    /// The providers that are offered, with the options that may be set.
    pub async fn providers(&self) -> Result<Arc<Vec<Provider>>, RcloneError> {
        let binary = self.0.binary()?;
        if let Some(known) = self.0.providers.of(&binary) {
            return Ok(known);
        }
        let all: wire::Providers = self.0.daemon.call("config/providers", &json!({}), QUICK).await?;
        let unreviewed = schema::unreviewed(&all.providers);
        if !unreviewed.is_empty() {
            tracing::info!(?unreviewed, version = %binary.version, "this rclone has options that are not known here; they cannot be set");
        }
        self.0.types.learn(binary.clone(), wire::types(&all.providers));
        Ok(self.0.providers.learn(binary, schema::offered(all.providers)))
    }

    /// All that this rclone takes as a remote's type.
    pub(in crate::server::rclone) async fn types(&self) -> Result<Arc<BTreeSet<String>>, RcloneError> {
        let binary = self.0.binary()?;
        if let Some(known) = self.0.types.of(&binary) {
            return Ok(known);
        }
        let all: wire::Providers = self.0.daemon.call("config/providers", &json!({}), QUICK).await?;
        Ok(self.0.types.learn(binary, wire::types(&all.providers)))
    }

    /// Providers and options that this rclone has and this Longshore does not know: they cannot be set.
    pub async fn unreviewed_options(&self) -> Result<Vec<String>, RcloneError> {
        let all: wire::Providers = self.0.daemon.call("config/providers", &json!({}), QUICK).await?;
        Ok(schema::unreviewed(&all.providers))
    }

    /// The options that `operation` may be given among its `flags`, by name.
    pub async fn flags(&self, operation: Operation) -> Result<Vec<Flag>, RcloneError> {
        Ok(self.catalog().await?.of(operation))
    }

    /// The flags of a run in the form in which they are kept, or which of them are wrong: `flags.NAME`.
    pub async fn check_flags(
        &self,
        operation: Operation,
        flags: &BTreeMap<String, FlagValue>,
    ) -> Result<BTreeMap<String, FlagValue>, RcloneError> {
        // Nothing to check needs no rclone.
        if flags.is_empty() {
            return Ok(BTreeMap::new());
        }
        let withheld = flags.keys().any(|name| flags::is_withheld(name));
        self.catalog().await?.check(operation, flags).map_err(|fields| RcloneError::Invalid { fields, withheld })
    }

    pub(in crate::server::rclone) async fn catalog(&self) -> Result<Arc<flags::Catalog>, RcloneError> {
        let binary = self.0.binary()?;
        if let Some(known) = self.0.flags.of(&binary) {
            return Ok(known);
        }
        let info: flags::Info = self.0.daemon.call("options/info", &json!({}), QUICK).await?;
        let unreviewed = flags::unreviewed(&info);
        if !unreviewed.is_empty() {
            tracing::info!(?unreviewed, version = %binary.version, "this rclone has options of runs that are not known here; they cannot be set");
        }
        Ok(self.0.flags.learn(binary, flags::Catalog::new(&info)))
    }
}
