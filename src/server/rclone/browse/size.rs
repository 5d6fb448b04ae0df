//! How much lies in a location: an rclone of its own counts it.

use std::time::Duration;

use crate::{
    domain::{file::Size, location::Location},
    server::rclone::{
        error::{RcloneError, text},
        manager::Rclone,
        program::{args, oneshot::ask, probe},
        wire,
    },
};

use super::existence::Presence;

/// Longest time to find out whether what holds nothing is there.
const WHY: Duration = Duration::from_secs(10);

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
        if self.is_special(location).await {
            return Err(RcloneError::IsFile);
        }
        self.prepare([location]).await?;
        let sandbox = self.0.sandboxes.reader().await?;
        let answer =
            ask(&self.0.spawner, &binary, &args::size(self.0.store.working(), location), &[], &sandbox, limit).await?;
        if !answer.success {
            let error = text::error(&probe::why(&answer.errors), &[]);
            // Some servers have words of their own for what is not there.
            let missing = matches!(error, RcloneError::Failed { .. })
                && matches!(self.presence(location, WHY).await, Ok(Presence::Missing));
            return Err(if missing { RcloneError::NotFound } else { error });
        }
        let counted: wire::Size = serde_json::from_slice(&answer.output)
            .map_err(|_| RcloneError::Broken("rclone size: not as expected".into()))?;
        let size: Size = counted.into();
        // Some count what is not there as nothing.
        if size == Size::default()
            && self.presence(location, WHY).await.is_ok_and(|found| !matches!(found, Presence::Folder))
        {
            return if self.is_bucket(location).await { Ok(size) } else { Err(RcloneError::NotFound) };
        }
        Ok(size)
    }
}
