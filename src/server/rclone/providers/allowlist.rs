//! Which providers are offered, and which of their options may be set: the list in `options.txt`, reviewed for rclone
//! 1.75.2. What a newer rclone adds is refused until somebody has looked at it, since an option can run a program
//! (`ssh`, `*_command`) or read any file of this server (`*_file`). Also what people call the providers.

use std::{collections::BTreeMap, sync::LazyLock};

use crate::domain::provider::groups;

/// The review.
const LIST: &str = include_str!("options.txt");

/// What the review says of an option.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It may be set.
    Offered,
    /// It may be set, and turns a check off.
    Weak,
    /// It may not.
    Withheld,
}

/// Options of a provider by their names.
type Options = BTreeMap<&'static str, Verdict>;

/// All providers that are offered.
static OFFERS: LazyLock<BTreeMap<&'static str, Options>> = LazyLock::new(|| read(LIST));

/// The block that counts for every provider.
const ALL: &str = "*";

fn read(list: &'static str) -> BTreeMap<&'static str, Options> {
    let mut offers: BTreeMap<_, Options> = BTreeMap::new();
    let mut provider = ALL;
    for line in list.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')) {
        if let Some(name) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            provider = name;
            continue;
        }
        let (verdict, names) = match line.split_once(':') {
            None => (Verdict::Offered, line),
            Some(("weak", names)) => (Verdict::Weak, names),
            Some((_, names)) => (Verdict::Withheld, names),
        };
        offers.entry(provider).or_default().extend(names.split_whitespace().map(|name| (name, verdict)));
    }
    offers
}

/// Whether a provider is offered.
#[must_use]
pub fn is_offered(provider: &str) -> bool {
    provider != ALL && OFFERS.contains_key(provider)
}

/// What the review says of an option; `None` when nobody has looked at it.
#[must_use]
pub fn verdict(provider: &str, option: &str) -> Option<Verdict> {
    [provider, ALL].iter().find_map(|block| OFFERS.get(block)?.get(option)).copied()
}

/// What other programs and people call a provider, in small letters. rclone's own types are not in here.
const ALIASES: [(&str, &str); 38] = [
    ("akamai", "netstorage"),
    ("amazon s3", "s3"),
    ("aws", "s3"),
    ("aws s3", "s3"),
    ("azure", "azureblob"),
    ("azure blob", "azureblob"),
    ("azure blob storage", "azureblob"),
    ("azure files", "azurefiles"),
    ("backblaze", "b2"),
    ("backblaze b2", "b2"),
    ("citrix sharefile", "sharefile"),
    ("encrypted", "crypt"),
    ("gcs", "google cloud storage"),
    ("gdrive", "drive"),
    ("google cloud", "google cloud storage"),
    ("google drive", "drive"),
    ("googledrive", "drive"),
    ("gphotos", "google photos"),
    ("icloud", "iclouddrive"),
    ("icloud drive", "iclouddrive"),
    ("internet archive", "internetarchive"),
    ("mail.ru", "mailru"),
    ("microsoft azure blob storage", "azureblob"),
    ("microsoft onedrive", "onedrive"),
    ("minio", "s3"),
    ("nextcloud", "webdav"),
    ("one drive", "onedrive"),
    ("oos", "oracleobjectstorage"),
    ("openstack swift", "swift"),
    ("oracle object storage", "oracleobjectstorage"),
    ("owncloud", "webdav"),
    ("proton drive", "protondrive"),
    ("s3 compatible", "s3"),
    ("samba", "smb"),
    ("ssh", "sftp"),
    ("tardigrade", "storj"),
    ("wasabi", "s3"),
    ("yandex disk", "yandex"),
];

/// rclone's type of a provider, from that type or from what people call it; `None` when nothing of that name is
/// offered.
#[must_use]
pub fn provider_type(name: &str) -> Option<&'static str> {
    let name = name.trim().to_lowercase();
    let own = OFFERS.keys().copied().find(|provider| *provider != ALL && *provider == name);
    own.or_else(|| ALIASES.iter().find(|(alias, _)| *alias == name).map(|(_, provider)| *provider))
}

/// A provider's name in words, with what a remote's option `provider` adds to it.
#[must_use]
pub fn label(kind: &str, flavour: &str) -> String {
    match (kind, flavour) {
        ("s3", "AWS") => "Amazon S3",
        ("s3", "" | "Other") => "S3 compatible",
        ("s3", "Minio") => "MinIO",
        ("s3", "Cloudflare") => "Cloudflare R2",
        ("s3", "DigitalOcean") => "DigitalOcean Spaces",
        ("s3", "GCS") => "Google Cloud Storage (S3)",
        ("s3", flavour) => return format!("{flavour} (S3)"),
        ("crypt", _) => "Crypt",
        (kind, _) => groups::title(kind).unwrap_or(kind),
    }
    .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_reads_as_it_is_meant() {
        for (provider, option, expected) in [
            ("s3", "endpoint", Some(Verdict::Offered)),
            ("s3", "description", Some(Verdict::Offered)),
            ("s3", "profile", Some(Verdict::Withheld)),
            ("sftp", "ssh", Some(Verdict::Withheld)),
            ("ftp", "no_check_certificate", Some(Verdict::Weak)),
            ("google cloud storage", "location", Some(Verdict::Offered)),
            ("s3", "new_in_1_76", None),
            ("s3", "s3", None),
        ] {
            assert_eq!(verdict(provider, option), expected, "{provider}.{option}");
        }
        assert!(is_offered("crypt") && !is_offered("*") && !is_offered("tardigrade") && !is_offered(""));
    }

    #[test]
    fn every_provider_that_is_offered_has_its_words_and_its_group() {
        for provider in OFFERS.keys().filter(|provider| **provider != ALL) {
            assert!(groups::title(provider).is_some(), "{provider}");
        }
    }

    #[test]
    fn a_provider_is_known_by_its_type_and_by_what_people_call_it() {
        for (name, expected) in [
            ("s3", Some("s3")),
            ("google drive", Some("drive")),
            ("Google Drive", Some("drive")),
            (" Amazon S3 ", Some("s3")),
            ("google cloud storage", Some("google cloud storage")),
            ("GCS", Some("google cloud storage")),
            ("Azure Blob", Some("azureblob")),
            ("backblaze b2", Some("b2")),
            ("Dropbox", Some("dropbox")),
            ("OneDrive", Some("onedrive")),
            ("*", None),
            ("", None),
            ("nosuch", None),
        ] {
            assert_eq!(provider_type(name), expected, "{name:?}");
        }
        for (alias, provider) in ALIASES {
            assert!(is_offered(provider) && !is_offered(alias), "{alias}");
        }
    }
}
