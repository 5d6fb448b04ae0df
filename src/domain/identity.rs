//! What a server shows to prove who it is: its SSH host key or its TLS certificate; and whether a remote checks it.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::time::Timestamp;

/// What kind of proof a server shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum IdentityKind {
    /// An SSH host key.
    HostKey,
    /// A TLS certificate.
    Certificate,
}

impl IdentityKind {
    /// In words: `host key`.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::HostKey => "host key",
            Self::Certificate => "certificate",
        }
    }
}

/// What a server shows to prove who it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ServerIdentity {
    /// A host key or a certificate.
    pub kind: IdentityKind,
    /// The type of the host key, as OpenSSH writes it, or `X.509`.
    #[schema(example = "ssh-ed25519")]
    pub algorithm: String,
    /// SHA-256 of the host key as OpenSSH prints it, or of the certificate in hexadecimal.
    #[schema(example = "SHA256:uNiVztksCsDhcc0u9e8BrrJXHKnuZGZFp+LFAOjnl5o")]
    pub fingerprint: String,
    /// What a certificate says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub certificate: Option<CertificateFacts>,
}

/// What a certificate says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CertificateFacts {
    /// Whose it is.
    #[schema(example = "CN=nas.local")]
    pub subject: String,
    /// Who signed it.
    #[schema(example = "CN=nas.local")]
    pub issuer: String,
    /// The host names and addresses for which it is valid.
    pub names: Vec<String>,
    /// From when it is valid.
    pub not_before: Timestamp,
    /// Until when it is valid.
    pub not_after: Timestamp,
    /// Why it does not work although it is trusted: expired, or for another host. Absent when it does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
    /// The authority that it comes with: to trust that one in its place lasts longer than the certificate.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub authority: Option<Authority>,
}

/// Who signed a certificate, where the server shows that as well.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Authority {
    /// Its name.
    #[schema(example = "CN=Home CA")]
    pub subject: String,
    /// SHA-256 of its certificate, in hexadecimal.
    pub fingerprint: String,
}

/// Where a server is asked for its identity.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    /// Name or address.
    pub host: String,
    /// TCP port.
    pub port: u16,
    /// How to ask.
    pub protocol: Protocol,
}

/// How a server is asked for its identity.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Protocol {
    /// SSH; with the types of host key that may be negotiated, or none for the usual ones.
    Ssh(Vec<String>),
    /// TLS from the first byte.
    Tls,
    /// FTP, then TLS with `AUTH TLS`.
    FtpTls,
}

/// Whether a remote checks who its server is. Absent where there is nothing to say: the system's certificate
/// authorities decide, or the connection is not encrypted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ServerCheck {
    /// The host key or certificate has to be the one that was trusted.
    Pinned,
    /// Any server is taken for the right one.
    NotChecked,
}

/// What a remote without a check says, by rclone's type.
#[must_use]
pub fn not_checked(kind: &str) -> &'static str {
    if kind == "sftp" { "The server's host key is not checked." } else { "The server's certificate is not checked." }
}

/// What is known of the server behind a remote.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RemoteTrust {
    /// Whether the remote checks it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub check: Option<ServerCheck>,
    /// The fingerprints that are trusted.
    pub trusted: Vec<String>,
    /// What the server shows now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub offered: Option<ServerIdentity>,
    /// Why it could not be asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
}
