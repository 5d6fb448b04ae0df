//! Files that rclone leaves out because it cannot list the folder they lie in: its name is empty, as that between the
//! slashes of `a//b` in an object store. rclone says so in its log, lists another folder instead, and ends well.

use std::{collections::BTreeSet, time::Duration};

use tokio::time::Instant;

use crate::{
    domain::{file::Entry, location::Location},
    server::rclone::{
        error::RcloneError,
        manager::{Rclone, resolve::Opened},
        program::args,
        wire,
    },
};

impl Rclone {
    /// How many files of a location a run did not see in these folders, whose names end in a slash; an empty one is the
    /// location itself. 0 where it saw them.
    pub async fn unlisted(&self, location: &Location, folders: &[String], limit: Duration) -> Result<u64, RcloneError> {
        if !self.opened(location).await.iter().any(|opened| matches!(opened, Opened::Remote(place) if place.exact)) {
            return Ok(0);
        }
        let until = Instant::now() + limit;
        let left = || until.saturating_duration_since(Instant::now());
        let mut count = 0;
        let parents: BTreeSet<_> = folders.iter().map(|folder| folder.trim_end_matches('/')).collect();
        for parent in parents {
            if folders.iter().any(String::is_empty) && parent.is_empty() {
                let here = self.list_below(location, Some(1), left(), |_| true).await?;
                count += files(&here, str::is_empty);
            } else if !self.lists(location, &format!("{parent}/"), left()).await? {
                let place = if parent.is_empty() { location.clone() } else { location.join(parent) };
                let below = self.list_below(&place, None, left(), |_| true).await?;
                count += files(&below, |name| name.starts_with('/'));
            }
        }
        Ok(count)
    }

    /// Whether rclone sees anything in this folder when it goes from folder to folder, as a run does.
    async fn lists(&self, location: &Location, folder: &str, limit: Duration) -> Result<bool, RcloneError> {
        let fs = args::target(location);
        let opt = wire::ListOptions { no_mime_type: true, no_mod_time: true, recurse: false };
        let asked = wire::List { fs: &fs, remote: folder, opt, config: wire::ListConfig::default() };
        // The first entry is enough.
        let read = |answer: &mut dyn std::io::Read| wire::each(answer, |_| false).map(|all| !all);
        self.0.daemon.call_with("operations/list", &asked, limit, read).await
    }
}

fn files(entries: &[Entry], is_meant: impl Fn(&str) -> bool) -> u64 {
    entries.iter().filter(|entry| !entry.is_dir && is_meant(&entry.name)).count() as u64
}
