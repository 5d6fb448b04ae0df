//! What lies in a location, asked of the warm rclone: one folder, or all below it.

use std::time::Duration;

use crate::domain::{file::Entry, location::Location};

use super::{Rclone, client::SLOW, command, error::RcloneError, wire};

impl Rclone {
    /// What lies in a folder, in rclone's order.
    pub async fn list(&self, location: &Location) -> Result<Vec<Entry>, RcloneError> {
        self.list_below(location, Some(1), SLOW).await
    }

    /// What lies in a folder and in `depth` levels of folders below it, itself counted; `None` is all. Names are paths below `location`.
    pub async fn list_below(&self, location: &Location, depth: Option<u32>, limit: Duration) -> Result<Vec<Entry>, RcloneError> {
        let (fs, remote) = match location {
            Location::Local(_) => (command::target(location), String::new()),
            Location::Remote(name, _) if !self.names().await?.contains(name.as_str()) => return Err(RcloneError::UnknownRemote),
            // One connection serves all folders below the root.
            Location::Remote(_, path) => (command::target(&location.root()), path.trim_start_matches('/').to_owned()),
        };
        self.prepare([location]).await?;
        let recurse = depth != Some(1);
        let config = depth.filter(|_| recurse).map(|max_depth| wire::ListConfig { max_depth });
        let opt = wire::ListOptions { no_mime_type: true, recurse };
        let asked = wire::List { fs: &fs, remote: &remote, opt, config };
        let folder = remote.clone();
        let read = move |answer: &[u8]| {
            let listing: wire::Listing<'_> = serde_json::from_slice(answer)?;
            let items = listing.list.unwrap_or_default().into_iter();
            Ok(items.map(|item| if recurse { item.below(&folder) } else { item.into() }).collect())
        };
        self.0.daemon.call_with("operations/list", &asked, limit, read).await
    }
}
