//! How many files lie in a location, after filters: counted by rclone's own listing, before something is deleted.

use std::time::Duration;

use super::{command, filters};
use crate::{
    domain::{file::Size, location::Location, transfer::TransferOptions},
    server::rclone::{
        error::{RcloneError, text},
        manager::Rclone,
        program::{oneshot::ask, probe},
        wire,
    },
};

impl Rclone {
    /// Counts the files below `location` that the filters of `options` let through, and all that lie there. What is not
    /// there holds nothing.
    ///
    /// # Errors
    /// [`RcloneError::Timeout`] when `limit` runs out first; any other when a part of it could not be listed.
    pub async fn count(
        &self,
        location: &Location,
        options: &TransferOptions,
        limit: Duration,
    ) -> Result<(u64, u64), RcloneError> {
        if filters::text(options).is_none() {
            let all = self.count_one(location, options, limit).await?;
            return Ok((all, all));
        }
        let all = filters::none(options);
        tokio::try_join!(self.count_one(location, options, limit), self.count_one(location, &all, limit))
    }

    async fn count_one(
        &self,
        location: &Location,
        options: &TransferOptions,
        limit: Duration,
    ) -> Result<u64, RcloneError> {
        let binary = self.0.binary()?;
        self.prepare([location]).await?;
        let sandbox = self.0.sandboxes.reader().await?;
        let args = command::count(self.0.store.working(), location, options);
        let answer = ask(&self.0.spawner, &binary, &args, &[], &sandbox, limit).await?;
        if !answer.success {
            return match text::error(&probe::why(&answer.errors), &[]) {
                RcloneError::NotFound => Ok(0),
                error => Err(error),
            };
        }
        let counted: wire::Size = serde_json::from_slice(&answer.output)
            .map_err(|_| RcloneError::Broken("rclone size: not as expected".into()))?;
        Ok(Size::from(counted).objects)
    }
}
