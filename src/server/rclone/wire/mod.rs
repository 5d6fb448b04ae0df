//! rclone's JSON, as it is on the wire and in its log. Only what is used; everything may be absent.

pub mod conf;
pub mod create;
pub mod ini;
mod listing;
mod providers;
pub mod quoted;
mod stats;

use std::{borrow::Cow, collections::BTreeMap};

use serde::{Deserialize, Serialize};

pub use self::{
    listing::each,
    providers::{Providers, RawOption, RawProvider, types},
    stats::{Complaint, LogLine, Stats},
};

use crate::domain::{file::Entry, time::Timestamp, unaddressable::unaddressable};

/// The body of a refusal. Its `input` is left out: it echoes secrets.
#[derive(Debug, Default, Deserialize)]
pub struct Failure {
    /// What went wrong.
    #[serde(default)]
    pub error: String,
}

/// An answer that is not looked at, and an object without anything in it.
#[derive(Debug, Deserialize, Serialize)]
pub struct Nothing {}

/// `operations/list`, asked.
#[derive(Debug, Serialize)]
pub struct List<'a> {
    /// The remote with its colon, or an absolute path.
    pub fs: &'a str,
    /// The path in it.
    pub remote: &'a str,
    /// What is left out.
    pub opt: ListOptions,
    /// rclone's own configuration of this call.
    #[serde(rename = "_config")]
    pub config: ListConfig,
}

/// rclone's own configuration of one call, by the names of its Go fields: others are ignored in silence.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct ListConfig {
    /// Levels of folders, where they are limited.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_depth: Option<u32>,
    /// The time of a folder that has none.
    pub default_time: &'static str,
}

impl Default for ListConfig {
    /// Go's zero is how rclone says "none"; its own default is a time that files really have.
    fn default() -> Self {
        Self { max_depth: None, default_time: "0001-01-01T00:00:00Z" }
    }
}

/// What a listing leaves out.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ListOptions {
    /// MIME types cost a lookup each.
    pub no_mime_type: bool,
    /// Times, where they are not needed.
    pub no_mod_time: bool,
    /// Also what lies in folders.
    pub recurse: bool,
}

/// One entry of a listing.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Item<'a> {
    #[serde(default, borrow)]
    path: Cow<'a, str>,
    #[serde(borrow)]
    name: Cow<'a, str>,
    #[serde(default)]
    size: i64,
    #[serde(default, borrow)]
    mod_time: Cow<'a, str>,
    #[serde(default)]
    is_dir: bool,
}

impl Item<'_> {
    /// As an entry that is named by its path below `folder`: rclone tells the path below the remote's root. What rclone
    /// calls its name is that of the folder above where the name is empty.
    #[must_use]
    pub fn entry(self, folder: &str) -> Entry {
        let name = self.below(folder).to_owned();
        let size = if self.is_dir { None } else { u64::try_from(self.size).ok() };
        // Where a provider has no time, rclone writes Go's zero, the beginning of the year 1, or nothing.
        let mod_time = Timestamp::parse(&self.mod_time).filter(|time| *time != NO_TIME);
        Entry { unaddressable: unaddressable(&name), name, size, mod_time, is_dir: self.is_dir, duplicate: 0 }
    }

    fn below(&self, folder: &str) -> &str {
        let below = match self.path.strip_prefix(folder) {
            // One slash is between them; another is the name's own.
            Some(rest) if !folder.is_empty() && !folder.ends_with('/') => rest.strip_prefix('/').unwrap_or(rest),
            Some(rest) => rest,
            // rclone spells the folder in another way.
            None => self.path.splitn(folder.split('/').count() + 1, '/').last().unwrap_or_default(),
        };
        // rclone ends a folder of nothing but empty names with one slash more.
        let is_empty = self.is_dir && !below.is_empty() && below.bytes().all(|byte| byte == b'/');
        if is_empty { &below[1..] } else { below }
    }

    /// Whether it is the object by which a bucket marks `folder` itself, and nothing that lies in it. One that holds
    /// something is an object without a name.
    #[must_use]
    pub fn marks(&self, folder: &str) -> bool {
        !self.is_dir && self.size <= 0 && !folder.is_empty() && self.path.trim_end_matches('/') == folder
    }

    /// Its name alone.
    #[must_use]
    pub fn into_name(self) -> String {
        self.name.into_owned()
    }
}

/// `backend/command` with `encode` of one name, answered.
#[derive(Debug, Deserialize)]
pub struct Encoded {
    /// The name under which it is kept.
    pub result: [String; 1],
}

/// Go's zero time.
const NO_TIME: Timestamp = Timestamp(-62_135_596_800_000);

/// `operations/stat`, answered.
#[derive(Debug, Deserialize)]
pub struct Stat {
    /// What is there.
    #[serde(default)]
    pub item: Option<StatItem>,
}

/// What `operations/stat` found.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct StatItem {
    /// Bytes; negative where the provider does not tell.
    pub size: i64,
    /// Whether it is a folder.
    pub is_dir: bool,
}

/// An entry of a listing of which only the path counts.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Named<'a> {
    /// Below the place that is listed.
    #[serde(borrow)]
    pub path: Cow<'a, str>,
}

/// A file of a listing with its checksums.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Hashed<'a> {
    /// Below the place that is listed.
    #[serde(borrow)]
    pub path: Cow<'a, str>,
    #[serde(default)]
    hashes: BTreeMap<String, String>,
}

impl Hashed<'_> {
    /// Whether it has one of this kind.
    #[must_use]
    pub fn has(&self, kind: &str) -> bool {
        self.hashes.get(kind).is_some_and(|hash| !hash.is_empty())
    }
}

/// `operations/fsinfo`, answered.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct FsInfo {
    /// Kinds of checksum.
    pub hashes: Vec<String>,
    /// Of times, in nanoseconds.
    pub precision: i64,
    /// What the remote can do.
    pub features: Features,
}

/// What a remote can do.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct Features {
    /// Move a file where it lies.
    #[serde(rename = "Move")]
    pub moves: bool,
    /// Hold a folder without files.
    pub can_have_empty_directories: bool,
    /// Folders are nothing but the beginnings of names.
    pub bucket_based: bool,
    /// It takes upper and lower case for the same.
    pub case_insensitive: bool,
    /// It reads a file to tell its checksum.
    pub slow_hash: bool,
}

/// `rclone size --json`.
#[derive(Debug, Deserialize)]
pub struct Size {
    count: i64,
    bytes: i64,
    #[serde(default)]
    sizeless: i64,
}

impl From<Size> for crate::domain::file::Size {
    fn from(size: Size) -> Self {
        Self { objects: whole(size.count), bytes: whole(size.bytes), sizeless: whole(size.sizeless) }
    }
}

/// `vfs/queue`, answered.
#[derive(Debug, Deserialize)]
pub struct Queue {
    /// Files that wait to be uploaded.
    #[serde(default)]
    pub queue: Vec<serde::de::IgnoredAny>,
}

/// Counts are signed on the wire, and never less than nothing here.
fn whole(n: i64) -> u64 {
    u64::try_from(n).unwrap_or(0)
}
