//! Files of which a provider has no checksum although it has checksums of others: an object of S3 that was uploaded in
//! parts, or encrypted with a customer's key. rclone compares them by size, and says so only in its debug log.

use std::{collections::HashSet, time::Duration};

use crate::{
    domain::{location::Location, transfer::TransferOptions},
    server::rclone::{error::RcloneError, manager::Rclone, wire},
};

use super::command;

/// Most names that are kept.
const MAX_NAMES: usize = 100_000;

impl Rclone {
    /// The files below a location, of those that the filters of a run let through, of which the provider has no
    /// checksum of this kind; at most 100,000.
    ///
    /// # Errors
    /// [`RcloneError::Timeout`] when rclone says nothing for `patience`.
    pub async fn unhashed(
        &self,
        place: &Location,
        options: &TransferOptions,
        kind: &str,
        patience: Duration,
    ) -> Result<HashSet<String>, RcloneError> {
        self.prepare([place]).await?;
        let args = command::hashes(place, options, kind, self.0.store.working());
        let mut names = HashSet::new();
        let each = |line: &[u8]| {
            if let Ok(file) = serde_json::from_slice::<wire::Hashed<'_>>(line)
                && !file.has(kind)
                && names.len() < MAX_NAMES
            {
                names.insert(file.path.into_owned());
            }
        };
        self.lines(args, patience, each).await?;
        Ok(names)
    }

    /// Which of these names are below a location.
    pub async fn among(
        &self,
        place: &Location,
        options: &TransferOptions,
        names: &HashSet<String>,
        patience: Duration,
    ) -> Result<HashSet<String>, RcloneError> {
        self.prepare([place]).await?;
        let mut found = HashSet::new();
        let each = |line: &[u8]| {
            if let Ok(item) = serde_json::from_slice::<wire::Named<'_>>(line)
                && names.contains(&*item.path)
            {
                found.insert(item.path.into_owned());
            }
        };
        self.lines(command::names(place, options, self.0.store.working()), patience, each).await?;
        Ok(found)
    }
}
