//! A provider: a kind of storage, and the options that rclone itself says it has.

pub mod groups;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use self::groups::{ProviderGroup, rank};

/// A kind of storage.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Provider {
    /// rclone's type: `s3`.
    pub name: String,
    /// rclone's description, one line.
    pub description: String,
    /// How rclone's flags for it begin: `s3`, `gcs`.
    pub prefix: String,
    /// Its options, in rclone's order.
    pub options: Vec<ProviderOption>,
}

/// A provider as the chooser lists it, without its options.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ProviderSummary {
    /// rclone's type: `s3`.
    pub name: String,
    /// rclone's description, one line.
    pub description: String,
    /// How rclone's flags for it begin: `s3`, `gcs`.
    pub prefix: String,
    /// Among which it is listed.
    pub group: ProviderGroup,
}

/// How the value of an option is typed in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum OptionKind {
    /// Free text, and every type of rclone's that is written as text.
    Text,
    /// `true` or `false`.
    Bool,
    /// `true`, `false` or `unset`: rclone decides.
    Tristate,
    /// A whole number.
    Int,
    /// A number.
    Float,
    /// Bytes with an optional suffix: `16Mi`.
    Size,
    /// A duration: `1m30s`.
    Duration,
    /// A password, of any characters: rclone keeps it obscured.
    Password,
    /// A JSON object that another program wrote: a token, the credentials of a service account.
    Json,
}

/// One option of a provider.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ProviderOption {
    /// rclone's name: `access_key_id`.
    pub name: String,
    /// rclone's help. The first line says what it is.
    pub help: String,
    /// How it is typed in.
    pub kind: OptionKind,
    /// The default, as rclone writes it; empty when there is none.
    pub default: String,
    /// Whether rclone says that it is needed.
    pub required: bool,
    /// Whether rclone keeps it behind "advanced".
    pub advanced: bool,
    /// Whether it is never shown again once saved.
    pub secret: bool,
    /// Whether only one of the examples will do.
    pub exclusive: bool,
    /// Whether it turns off a check that protects the connection or the data.
    #[serde(default)]
    pub weakens: bool,
    /// Only for these values of the option `provider`: a comma list, negated by a leading `!`; empty is all.
    pub provider: String,
    /// Values that rclone suggests.
    pub examples: Vec<OptionExample>,
}

/// A value that rclone suggests for an option.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct OptionExample {
    /// The value.
    pub value: String,
    /// What it means.
    pub help: String,
    /// As [`ProviderOption::provider`].
    pub provider: String,
}

/// Whether something that is only for `filter` counts when the option `provider` is `chosen` (rclone's
/// `MatchProvider`).
#[must_use]
pub fn matches_provider(filter: &str, chosen: &str) -> bool {
    if filter.is_empty() || chosen.is_empty() {
        return true;
    }
    let (negated, list) = filter.strip_prefix('!').map_or((false, filter), |list| (true, list));
    list.split(',').any(|name| name == chosen) != negated
}

impl Provider {
    /// Without its options.
    #[must_use]
    pub fn summary(&self) -> ProviderSummary {
        ProviderSummary {
            name: self.name.clone(),
            description: self.description.clone(),
            prefix: self.prefix.clone(),
            group: rank(&self.name).1,
        }
    }

    /// The value of the option `provider` while none is chosen: rclone's default of it.
    #[must_use]
    pub fn vendor(&self) -> &str {
        self.options.iter().find(|option| option.name == "provider").map_or("", |option| option.default.as_str())
    }
}

impl ProviderOption {
    /// Whether its value is a key or a certificate in PEM, which has several lines.
    #[must_use]
    pub fn is_pem(&self) -> bool {
        self.name.ends_with("_pem")
    }

    /// The value as rclone's configuration keeps it: people paste PEM as it is in its file, and rclone wants it in one
    /// line, with `\n` written out.
    #[must_use]
    pub fn in_one_line(&self, value: &str) -> String {
        if !self.is_pem() {
            return value.to_owned();
        }
        value.trim().replace("\r\n", "\n").replace(['\r', '\n'], "\\n")
    }

    /// The first sentence or line of the help.
    #[must_use]
    pub fn summary(&self) -> &str {
        let line = self.help.lines().find(|line| !line.trim().is_empty()).unwrap_or_default().trim();
        line.split_once(". ").map_or(line, |(first, _)| first).trim_end_matches('.')
    }

    /// The name as a label: `access_key_id` is "Access key ID".
    #[must_use]
    pub fn label(&self) -> String {
        let words: Vec<_> = self
            .name
            .split('_')
            .map(|word| match word {
                "id" | "acl" | "kms" | "sse" | "v2" | "v4" | "url" | "ssh" | "md5" | "sha1" | "http" | "https"
                | "pem" | "mfa" | "sts" | "iam" | "2fa" | "api" | "arn" | "cdn" | "doi" | "epsv" | "ibm" | "mdtm"
                | "mlsd" | "msi" | "otp" | "rps" | "sas" | "spn" | "tls" | "tls13" | "utf8" => word.to_uppercase(),
                "pass" => "password".to_owned(),
                _ => word.to_owned(),
            })
            .collect();
        let text = words.join(" ");
        let mut chars = text.chars();
        chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
    }
}

#[cfg(test)]
mod tests;
