//! A remote: one configured connection to a provider, by name.

use std::{collections::BTreeMap, fmt};

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    identity::{ServerCheck, ServerIdentity},
    remote_name::RemoteName,
    time::Timestamp,
};

/// A remote as a list shows it. Holds no option: those may be secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RemoteSummary {
    /// Its name.
    pub name: RemoteName,
    /// rclone's type: `s3`, `sftp`, `alias`.
    #[serde(rename = "type")]
    #[schema(example = "b2")]
    pub kind: String,
    /// The provider's name in words.
    #[schema(example = "Backblaze B2")]
    pub provider: String,
    /// Whether names and content are encrypted before they leave this server.
    pub encrypted: bool,
    /// Whether it checks who its server is. Absent where the system's certificate authorities decide, or nothing is
    /// encrypted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub server_check: Option<ServerCheck>,
    /// The last test, if one was made since it was saved.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tested: Option<RemoteTested>,
}

/// A section of rclone's configuration that is no remote here, and why. It is left as it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct UnusableRemote {
    /// What stands between its brackets.
    pub name: String,
    /// Its type, as rclone reads it; empty when it has none.
    #[serde(rename = "type")]
    pub kind: String,
    /// Why it cannot be used, and what to do about it.
    pub reason: String,
}

/// When a remote was last tested, and how that ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RemoteTested {
    /// When the test ended.
    pub at: Timestamp,
    /// What it found.
    pub result: RemoteTest,
}

/// What is needed to add a remote. Secrets in `config` are plain here; rclone stores them obscured. Never logged.
#[derive(Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewRemote {
    /// Its name; empty while it is only tested.
    #[schema(example = "photos-minio")]
    pub name: String,
    /// rclone's type (`s3`, `sftp`, `drive`), or what people call it (`Google Drive`).
    #[schema(example = "s3")]
    pub provider: String,
    /// Options by rclone's names.
    #[serde(default)]
    #[schema(example = json!({
        "provider": "Minio", "endpoint": "https://minio.example.org:9000",
        "access_key_id": "longshore", "secret_access_key": "an-example-of-a-secret",
    }))]
    pub config: BTreeMap<String, String>,
    /// Also make `{name}-crypt` over it, which encrypts names and content.
    #[serde(default)]
    pub encrypt: bool,
    /// Options of that one by rclone's names; `remote` is a path in the new remote. Passwords that are absent are made.
    #[serde(default)]
    #[schema(example = json!({ "remote": "backups/photos", "filename_encryption": "standard" }))]
    pub encrypt_config: BTreeMap<String, String>,
    /// The fingerprint of the host key or certificate that the server has to show, and that is trusted from then on.
    /// Empty for none.
    #[schema(example = "")]
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub trust: String,
}

/// A remote that was made just now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CreatedRemote {
    /// The remote.
    #[serde(flatten)]
    pub remote: RemoteSummary,
    /// The one over it that encrypts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub crypt: Option<CryptRemote>,
    /// The host key that is trusted because it is the first that the server showed. Compare it with the server's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trusted_on_first_use: Option<ServerIdentity>,
}

/// A remote that encrypts, with what is needed to read the files without Longshore. Told once, when it is made.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CryptRemote {
    /// Its name.
    pub name: RemoteName,
    /// What it lies over: `photos-b2:`.
    pub remote: String,
    /// The password, plain.
    pub password: String,
    /// The salt, which rclone calls the second password, plain.
    pub password2: String,
}

impl fmt::Debug for CryptRemote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CryptRemote").field("name", &self.name).field("remote", &self.remote).finish_non_exhaustive()
    }
}

impl fmt::Debug for NewRemote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let keys: Vec<_> = self.config.keys().chain(self.encrypt_config.keys()).collect();
        f.debug_struct("NewRemote")
            .field("name", &self.name)
            .field("provider", &self.provider)
            .field("config", &keys)
            .finish_non_exhaustive()
    }
}

/// How a test of a connection ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RemoteTest {
    /// Whether the root could be listed, and anything in it can be read: not where no name can be decrypted.
    pub connected: bool,
    /// What was found, or what is wrong, in words.
    #[schema(example = "Connected in 0.4 s, 3 entries")]
    pub message: String,
    /// How long it took, in milliseconds.
    #[schema(example = 412)]
    pub elapsed_ms: u64,
    /// Names in the root that cannot be decrypted: they were encrypted with another password or salt, or are not
    /// encrypted. Absent when none.
    #[serde(default, skip_serializing_if = "is_zero")]
    #[schema(example = 0)]
    pub undecryptable: u64,
    /// What the server shows to prove who it is, where that is not trusted. Compare it, then send its fingerprint as
    /// `trust`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub identity: Option<ServerIdentity>,
}

// In the browser a reference is smaller than a number.
#[cfg_attr(
    target_pointer_width = "64",
    expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")
)]
const fn is_zero(count: &u64) -> bool {
    *count == 0
}
