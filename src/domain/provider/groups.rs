//! The groups of the chooser, and which providers are in them.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Where a provider is looked for, in the order of the chooser.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ProviderGroup {
    /// What most people come for.
    Popular,
    /// Buckets and the like.
    Objects,
    /// Drives that people have accounts with.
    Drives,
    /// Servers that speak a protocol.
    Protocols,
    /// Providers that wrap other remotes.
    Wrappers,
}

impl ProviderGroup {
    /// All of them, in order.
    pub const ALL: [Self; 5] = [Self::Popular, Self::Objects, Self::Drives, Self::Protocols, Self::Wrappers];

    /// As a heading.
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Self::Popular => "Popular",
            Self::Objects => "Object storage",
            Self::Drives => "Consumer drives",
            Self::Protocols => "Protocols",
            Self::Wrappers => "Wrappers",
        }
    }
}

/// rclone's providers in the order of the chooser, with their names in words.
const KNOWN: [(ProviderGroup, &[(&str, &str)]); 5] = [
    (
        ProviderGroup::Popular,
        &[
            ("s3", "S3 compatible storage"),
            ("b2", "Backblaze B2"),
            ("drive", "Google Drive"),
            ("onedrive", "Microsoft OneDrive"),
            ("dropbox", "Dropbox"),
            ("sftp", "SFTP"),
        ],
    ),
    (
        ProviderGroup::Objects,
        &[
            ("azureblob", "Azure Blob Storage"),
            ("google cloud storage", "Google Cloud Storage"),
            ("oracleobjectstorage", "Oracle Object Storage"),
            ("swift", "OpenStack Swift"),
            ("storj", "Storj"),
            ("qingstor", "QingStor"),
            ("internetarchive", "Internet Archive"),
            ("netstorage", "Akamai NetStorage"),
            ("cloudinary", "Cloudinary"),
            ("imagekit", "ImageKit"),
            ("sia", "Sia"),
            ("memory", "Memory"),
        ],
    ),
    (
        ProviderGroup::Drives,
        &[
            ("box", "Box"),
            ("iclouddrive", "iCloud Drive"),
            ("pcloud", "pCloud"),
            ("protondrive", "Proton Drive"),
            ("mega", "Mega"),
            ("google photos", "Google Photos"),
            ("fichier", "1Fichier"),
            ("drime", "Drime"),
            ("filefabric", "Enterprise File Fabric"),
            ("filelu", "FileLu"),
            ("filen", "Filen"),
            ("filescom", "Files.com"),
            ("gofile", "Gofile"),
            ("hidrive", "HiDrive"),
            ("huaweidrive", "Huawei Drive"),
            ("internxt", "Internxt Drive"),
            ("jottacloud", "Jottacloud"),
            ("koofr", "Koofr"),
            ("linkbox", "Linkbox"),
            ("mailru", "Mail.ru Cloud"),
            ("opendrive", "OpenDrive"),
            ("pikpak", "PikPak"),
            ("pixeldrain", "Pixeldrain"),
            ("premiumizeme", "premiumize.me"),
            ("putio", "Put.io"),
            ("quatrix", "Quatrix"),
            ("seafile", "Seafile"),
            ("shade", "Shade"),
            ("sharefile", "Citrix ShareFile"),
            ("sugarsync", "SugarSync"),
            ("ulozto", "Uloz.to"),
            ("yandex", "Yandex Disk"),
            ("zoho", "Zoho WorkDrive"),
        ],
    ),
    (
        ProviderGroup::Protocols,
        &[
            ("webdav", "WebDAV"),
            ("smb", "SMB"),
            ("ftp", "FTP"),
            ("http", "HTTP"),
            ("azurefiles", "Azure Files"),
            ("hdfs", "HDFS"),
            ("doi", "DOI datasets"),
            ("local", "This server"),
        ],
    ),
    (
        ProviderGroup::Wrappers,
        &[
            ("crypt", "Crypt"),
            ("alias", "Alias"),
            ("union", "Union"),
            ("combine", "Combine"),
            ("compress", "Compress"),
            ("chunker", "Chunker"),
            ("hasher", "Hasher"),
            ("archive", "Archive"),
            ("cache", "Cache"),
        ],
    ),
];

/// All that are known, in the order of the chooser.
fn known() -> impl Iterator<Item = (ProviderGroup, &'static str, &'static str)> {
    KNOWN.iter().flat_map(|(group, all)| all.iter().map(|(name, title)| (*group, *name, *title)))
}

/// The name of a provider in words, from rclone's type.
#[must_use]
pub fn title(name: &str) -> Option<&'static str> {
    known().find(|(_, known, _)| *known == name).map(|(.., title)| title)
}

/// Where a provider stands in the chooser, and among which; what is not known comes last among the drives.
#[must_use]
pub fn rank(name: &str) -> (usize, ProviderGroup) {
    let found = known().enumerate().find(|(_, (_, known, _))| *known == name);
    found.map_or((usize::MAX, ProviderGroup::Drives), |(place, (group, ..))| (place, group))
}

/// What a path in this provider begins with, where it has to begin with something that lies at the top: a bucket, a
/// container, a share.
#[must_use]
pub fn top_of(name: &str) -> Option<&'static str> {
    match name {
        "s3" | "b2" | "google cloud storage" | "oracleobjectstorage" | "storj" | "qingstor" => Some("bucket"),
        "azureblob" | "swift" => Some("container"),
        "internetarchive" => Some("item"),
        "smb" => Some("share"),
        _ => None,
    }
}
