//! How much lies in a location: an rclone of its own counts it.

use std::time::Duration;

use crate::domain::{file::Size, location::Location};

use super::{Rclone, ask::ask, command, error::RcloneError, probe, wire, words};

impl Rclone {
    /// Counts files and bytes below `location`.
    ///
    /// # Errors
    /// [`RcloneError::Timeout`] when `limit` runs out first.
    pub async fn size(&self, location: &Location, limit: Duration) -> Result<Size, RcloneError> {
        let binary = self.0.binary()?;
        if !location.is_local() && !self.names().await?.contains(location.remote()) {
            return Err(RcloneError::UnknownRemote);
        }
        self.prepare([location]).await?;
        let answer = ask(&self.0.keeper, &binary, &command::size(self.0.vault.working(), location), &[], limit).await?;
        if !answer.success {
            return Err(words::error(&probe::why(&answer.errors), &[]));
        }
        let counted: wire::Size =
            serde_json::from_slice(&answer.output).map_err(|_| RcloneError::Broken("rclone size: not as expected".into()))?;
        Ok(counted.into())
    }
}
