//! What lies at a location: a folder, a file, or nothing. Asked of rclone in one place, so that every operation gets
//! the same answer.

use std::time::Duration;

use serde_json::json;
use tokio::time::{Instant, timeout};

use crate::{
    domain::location::Location,
    server::rclone::{
        error::RcloneError,
        manager::{Rclone, resolve::Opened},
        wire,
    },
};

use super::list::split;

/// What lies at a location.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Presence {
    /// A folder; it may be empty.
    Folder,
    /// One file.
    File,
    /// Something on this server that is neither: a pipe, a device, a socket.
    Special,
    /// Nothing: the folder above it does not hold it.
    Missing,
    /// No file, where folders are nothing but the beginnings of names: it is empty or does not exist, which is the same
    /// there.
    Empty,
}

impl Rclone {
    /// What lies at `location`, told within `limit`.
    ///
    /// # Errors
    /// When the remote refuses, or does not answer: then nothing is known.
    pub async fn presence(&self, location: &Location, limit: Duration) -> Result<Presence, RcloneError> {
        timeout(limit, self.probe(location, limit)).await.map_err(|_| RcloneError::Timeout)?
    }

    async fn probe(&self, location: &Location, limit: Duration) -> Result<Presence, RcloneError> {
        for opened in self.opened(location).await {
            let Opened::Disk(path) = opened else { continue };
            match tokio::fs::metadata(&path).await {
                Ok(found) if found.is_dir() && location.is_local() => return Ok(Presence::Folder),
                Ok(found) if found.is_file() && location.is_local() => return Ok(Presence::File),
                // rclone would wait for ever for somebody who writes into a pipe.
                Ok(found) if !found.is_dir() && !found.is_file() => return Ok(Presence::Special),
                Ok(_) | Err(_) => {}
            }
        }
        self.prepare([location]).await?;
        let (fs, remote) = split(location);
        if remote.is_empty() {
            return self.root(&fs, limit).await;
        }
        self.below_root(&fs, &remote, Instant::now() + limit).await
    }

    /// Whether it leads to something on this server that is neither a file nor a folder: a pipe, a device, a socket.
    pub(in crate::server::rclone) async fn is_special(&self, location: &Location) -> bool {
        for opened in self.opened(location).await {
            if let Opened::Disk(path) = opened
                && let Ok(found) = tokio::fs::metadata(&path).await
                && !found.is_dir()
                && !found.is_file()
            {
                return true;
            }
        }
        false
    }

    async fn below_root(&self, fs: &str, remote: &str, until: Instant) -> Result<Presence, RcloneError> {
        let left = until.saturating_duration_since(Instant::now());
        let asked = json!({ "fs": fs, "remote": remote, "opt": { "noModTime": true, "noMimeType": true } });
        let found = match self.0.daemon.call::<wire::Stat>("operations/stat", &asked, left).await {
            Ok(answer) => answer.item,
            // The folder above it is not there either, or this is no name for it.
            Err(RcloneError::NotFound | RcloneError::IsFile | RcloneError::Failed { .. }) => None,
            Err(error) => return Err(error),
        };
        if found.as_ref().is_some_and(|item| item.is_dir) {
            return Ok(Presence::Folder);
        }
        match (self.listed(fs, remote, found.is_some(), until).await, remote.rsplit_once('/')) {
            // Some do not say that it is not there, but that nobody can ask for what is below a file.
            (Err(error @ RcloneError::Failed { .. }), Some((above, _))) => {
                match Box::pin(self.below_root(fs, above, until)).await {
                    Ok(Presence::File | Presence::Missing | Presence::Special) => Ok(Presence::Missing),
                    _ => Err(error),
                }
            }
            (answer, _) => answer,
        }
    }

    /// The root of a remote, or a folder of this server by its own path.
    async fn root(&self, fs: &str, limit: Duration) -> Result<Presence, RcloneError> {
        match self.names_in(fs, "", limit).await {
            Ok(_) => Ok(Presence::Folder),
            Err(RcloneError::IsFile) => Ok(Presence::File),
            Err(RcloneError::NotFound) => Ok(Presence::Missing),
            Err(error) => Err(error),
        }
    }

    /// What listing it tells, where the folder above it does not: links are not among its entries, but can be opened.
    /// Some web servers answer for a folder as for a file.
    async fn listed(&self, fs: &str, remote: &str, is_file: bool, until: Instant) -> Result<Presence, RcloneError> {
        let limit = until.saturating_duration_since(Instant::now());
        let own = remote.rsplit('/').next().unwrap_or(remote);
        match self.names_in(fs, remote, limit).await {
            // Where a file is listed as a folder, it is the only entry.
            Ok(names) if is_file && names.iter().all(|name| name == own) => Ok(Presence::File),
            Ok(names) if !names.is_empty() => Ok(Presence::Folder),
            Ok(_) => Ok(if self.has_empty_folders(fs).await? { Presence::Folder } else { Presence::Empty }),
            Err(_) if is_file => Ok(Presence::File),
            Err(RcloneError::IsFile) => Ok(Presence::File),
            Err(RcloneError::NotFound) => Ok(Presence::Missing),
            Err(error) => Err(error),
        }
    }

    async fn names_in(&self, fs: &str, remote: &str, limit: Duration) -> Result<Vec<String>, RcloneError> {
        let opt = wire::ListOptions { no_mime_type: true, no_mod_time: true, recurse: false };
        let asked = wire::List { fs, remote, opt, config: wire::ListConfig::default() };
        let read = |answer: &mut dyn std::io::Read| {
            let mut names = Vec::new();
            wire::each(answer, |item| {
                names.push(item.into_name());
                true
            })?;
            Ok(names)
        };
        self.0.daemon.call_with("operations/list", &asked, limit, read).await
    }

    /// Whether a folder without files can be there. Not in a bucket: there folders are nothing but the beginnings of
    /// names.
    pub(in crate::server::rclone) async fn has_empty_folders(&self, fs: &str) -> Result<bool, RcloneError> {
        Ok(!self.is_bucket_based(fs).await?)
    }

    /// Whether folders are nothing but the beginnings of names.
    pub(in crate::server::rclone) async fn is_bucket_based(&self, fs: &str) -> Result<bool, RcloneError> {
        let info: wire::FsInfo = self
            .0
            .daemon
            .call("operations/fsinfo", &json!({ "fs": fs }), crate::server::rclone::rc::client::SLOW)
            .await?;
        Ok(info.features.bucket_based)
    }
}
