//! Files in a location, asked of the warm rclone: one folder, or all below it.

use std::time::Duration;

use tokio::time::Instant;

use crate::{
    domain::{
        file::Entry,
        location::Location,
        time::Timestamp,
        unaddressable::{Unaddressable, has_dots},
    },
    server::rclone::{
        error::RcloneError,
        manager::{
            Rclone,
            resolve::{Opened, RemotePlace},
        },
        program::{args, tasks::blocking},
        rc::client::SLOW,
        wire::{self, ListConfig, conf::Section},
    },
};

use super::existence::Presence;

/// Longest time to find out why a listing is empty or failed.
const WHY: Duration = Duration::from_secs(10);
/// Types of remote that give the beginning of 1970 to a file that has no time.
const EPOCH: [&str; 3] = ["http", "doi", "internetarchive"];
/// The same of folders.
const EPOCH_FOLDERS: [&str; 1] = ["webdav"];
/// Types of remote that give folders the time of the call.
const NOW_FOLDERS: [&str; 1] = ["filelu"];

/// How rclone is asked about a location: a file system, and a path in it.
pub(in crate::server::rclone) fn split(location: &Location) -> (String, String) {
    match location {
        Location::Local(_) => (args::target(location), String::new()),
        // One connection serves all folders below the root.
        Location::Remote(_, path) => (args::target(&location.root()), path.trim_start_matches('/').to_owned()),
    }
}

impl Rclone {
    /// What lies in a folder, in rclone's order.
    pub async fn list(&self, location: &Location) -> Result<Vec<Entry>, RcloneError> {
        self.list_below(location, Some(1), SLOW, |_| true).await
    }

    /// What lies in a folder and in `depth` levels of folders below it, itself counted; `None` is all. Names are paths
    /// below `location`. `takes` is asked of each entry, while they come, whether there is room for it.
    ///
    /// # Errors
    /// [`RcloneError::TooMuch`] when there is not. [`RcloneError::IsFile`] and [`RcloneError::NotFound`] of every kind
    /// of remote, also of those that list a file, or what is not there, as an empty folder.
    pub async fn list_below(
        &self,
        location: &Location,
        depth: Option<u32>,
        limit: Duration,
        takes: impl FnMut(&Entry) -> bool + Send + 'static,
    ) -> Result<Vec<Entry>, RcloneError> {
        if !location.is_local() && !self.names().await?.contains(location.remote()) {
            return Err(RcloneError::UnknownRemote);
        }
        if self.is_special(location).await {
            return Err(RcloneError::IsFile);
        }
        self.prepare([location]).await?;
        let until = Instant::now() + limit;
        let listed = self.ask_list(location, depth, limit, takes).await;
        let doubtful = match &listed {
            Ok(entries) => match entries.as_slice() {
                [] => true,
                [only] => !only.is_dir && location.segments().last() == Some(&only.name.as_str()),
                _ => false,
            },
            Err(error) => matches!(error, RcloneError::NotFound | RcloneError::Failed { .. }),
        };
        if !doubtful || location.segments().is_empty() {
            return self.without_its_path(location, listed).await;
        }
        let left = until.saturating_duration_since(Instant::now());
        match self.presence(location, left.min(WHY)).await {
            Ok(Presence::File | Presence::Special) => Err(RcloneError::IsFile),
            // A bucket is there without files, and what cannot be listed may be there all the same.
            Ok(Presence::Empty) if self.is_bucket(location).await => listed,
            Ok(Presence::Missing | Presence::Empty) => Err(RcloneError::NotFound),
            Err(error @ RcloneError::Refused { .. }) => Err(error),
            Ok(Presence::Folder) | Err(_) => self.without_its_path(location, listed).await,
        }
    }

    async fn ask_list(
        &self,
        location: &Location,
        depth: Option<u32>,
        limit: Duration,
        mut takes: impl FnMut(&Entry) -> bool + Send + 'static,
    ) -> Result<Vec<Entry>, RcloneError> {
        let (fs, remote) = split(location);
        let recurse = depth != Some(1);
        let config = ListConfig { max_depth: depth.filter(|_| recurse), ..ListConfig::default() };
        let opt = wire::ListOptions { no_mime_type: true, no_mod_time: false, recurse };
        let asked = wire::List { fs: &fs, remote: &remote, opt, config };
        let folder = remote.clone();
        let read = move |answer: &mut dyn std::io::Read| {
            let mut entries: Vec<Entry> = Vec::new();
            let all = wire::each(answer, |item| {
                if !item.marks(&folder) {
                    let entry = item.entry(&folder);
                    if !takes(&entry) {
                        return false;
                    }
                    entries.push(entry);
                }
                true
            })?;
            Ok(all.then_some(entries))
        };
        let entries = self.0.daemon.call_with("operations/list", &asked, limit, read).await?;
        let mut entries = entries.ok_or(RcloneError::TooMuch)?;
        self.forget_invented_times(location, &fs, depth, &mut entries).await?;
        self.mark_dots(location, &mut entries).await;
        Ok(entries)
    }

    /// Marks what may be the name `.` or `..` in the key of an object.
    async fn mark_dots(&self, location: &Location, entries: &mut [Entry]) {
        let in_doubt = |entry: &Entry| entry.unaddressable.is_none() && has_dots(&entry.name);
        if entries.iter().any(in_doubt) && self.opened(&location.join("．")).await.iter().any(Opened::has_dots) {
            entries
                .iter_mut()
                .filter(|entry| in_doubt(entry))
                .for_each(|entry| entry.unaddressable = Some(Unaddressable::Dots));
        }
    }

    /// Takes away the times that rclone invents where the provider tells none.
    async fn forget_invented_times(
        &self,
        location: &Location,
        fs: &str,
        depth: Option<u32>,
        entries: &mut [Entry],
    ) -> Result<(), RcloneError> {
        let folders = entries.iter().any(|entry| entry.is_dir && entry.mod_time.is_some());
        // It makes up the folders of a bucket from the names of what it holds, with the time at which it does so.
        if folders && depth.is_none() && self.is_bucket_based(fs).await? {
            entries.iter_mut().filter(|entry| entry.is_dir).for_each(|entry| entry.mod_time = None);
        }
        let epoch = Some(Timestamp(0));
        if !folders && entries.iter().all(|entry| entry.mod_time != epoch) {
            return Ok(());
        }
        let (own, kinds) = self.kinds(location).await?;
        let is = |known: &[&str]| kinds.iter().any(|kind| known.contains(&kind.as_str()));
        let (files, dirs, now) = (is(&EPOCH), is(&EPOCH) || is(&EPOCH_FOLDERS), is(&NOW_FOLDERS));
        let top = own.as_deref() == Some("combine") && location.segments().is_empty();
        for entry in entries {
            let invented = if entry.is_dir {
                now || entry.mod_time == epoch && dirs || top && !entry.name.contains('/')
            } else {
                entry.mod_time == epoch && files
            };
            if invented {
                entry.mod_time = None;
            }
        }
        Ok(())
    }

    /// The type of a location's remote, and those of the remotes that it leads to.
    async fn kinds(&self, location: &Location) -> Result<(Option<String>, Vec<String>), RcloneError> {
        let opened = self.opened(location).await;
        let (store, name) = (std::sync::Arc::clone(&self.0.store), location.remote().to_owned());
        blocking(move || {
            let sections = store.remotes()?;
            let kind = |name: &str| sections.iter().find(|section| section.name == name).map(Section::kind);
            let led = opened.iter().filter_map(|opened| match opened {
                Opened::Remote(RemotePlace { name, .. }) => kind(name.as_str()),
                Opened::Disk(_) => None,
            });
            Ok((kind(&name), led.collect()))
        })
        .await
    }

    /// What rclone opens for it; nothing where that is not known.
    pub(in crate::server::rclone) async fn opened(&self, location: &Location) -> Vec<Opened> {
        self.resolve(location).await.map(|resolved| resolved.opened).unwrap_or_default()
    }

    /// Whether it is a bucket itself, and not a folder of one.
    pub(in crate::server::rclone) async fn is_bucket(&self, location: &Location) -> bool {
        let opened = self.opened(location).await;
        let is_bucket = |opened: &Opened| match opened {
            Opened::Remote(RemotePlace { path, .. }) => !path.trim_matches('/').contains('/'),
            Opened::Disk(_) => false,
        };
        !opened.is_empty() && opened.iter().all(is_bucket)
    }

    /// rclone's own words may name the folder of this server that a remote leads to: that is nobody's business who
    /// browses the remote.
    async fn without_its_path<T>(&self, location: &Location, answer: Result<T, RcloneError>) -> Result<T, RcloneError> {
        let Err(RcloneError::Failed { message }) = &answer else { return answer };
        let mut message = message.clone();
        for opened in self.opened(location).await {
            if let (Opened::Disk(path), false) = (&opened, location.is_local())
                && path.parent().is_some()
            {
                message = message.replace(&*path.to_string_lossy(), &location.to_string());
            }
        }
        Err(RcloneError::Failed { message })
    }
}
