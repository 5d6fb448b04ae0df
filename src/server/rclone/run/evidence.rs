//! What the warm rclone is asked about a run: what its sides can compare, before it begins and when it has ended, and
//! whether a file is there.

use serde_json::json;

use super::compare::{Abilities, Side};
use crate::{
    domain::location::Location,
    server::rclone::{error::RcloneError, manager::Rclone, program::args, rc::client::SLOW, wire},
};

/// The precision of times, in nanoseconds, of a provider that keeps none: rclone's mark for it is a hundred years.
const NO_TIMES: i64 = 100 * 365 * 24 * 3600 * 1_000_000_000;

/// A file or folder that is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Found {
    /// Its size in bytes, where the provider tells.
    pub size: Option<u64>,
    /// Whether it is a folder.
    pub is_dir: bool,
}

impl Rclone {
    /// What a side can tell of its files.
    pub async fn side(&self, location: &Location) -> Result<Side, RcloneError> {
        self.prepare([location]).await?;
        let answer = match self.info(location).await {
            // It may be a file: what holds it can tell the same.
            Err(_) if location.parent().is_some() => {
                self.info(&location.parent().unwrap_or_else(|| location.clone())).await?
            }
            answer => answer?,
        };
        let abilities = Abilities {
            checksums: answer.hashes,
            times: answer.precision < NO_TIMES,
            empty_folders: answer.features.can_have_empty_directories,
            slow_checksums: answer.features.slow_hash,
        };
        let name = if location.is_local() { "this server".to_owned() } else { location.remote().to_owned() };
        Ok(Side { name, abilities })
    }

    async fn info(&self, location: &Location) -> Result<wire::FsInfo, RcloneError> {
        self.0.daemon.call("operations/fsinfo", &json!({ "fs": args::target(location) }), SLOW).await
    }

    /// What is there by this name below a location, as rclone writes it in its log. `None` when nothing is.
    pub async fn find(&self, below: &Location, name: &str) -> Result<Option<Found>, RcloneError> {
        let asked = json!({ "fs": args::target(below), "remote": name });
        match self.0.daemon.call::<wire::Stat>("operations/stat", &asked, SLOW).await {
            Ok(answer) => {
                Ok(answer.item.map(|item| Found { size: u64::try_from(item.size).ok(), is_dir: item.is_dir }))
            }
            Err(RcloneError::NotFound) => Ok(None),
            Err(error) => Err(error),
        }
    }
}
