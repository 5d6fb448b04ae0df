//! A provider: a kind of storage, and the options that rclone itself says it has.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

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

/// A provider without its options.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ProviderSummary {
    /// rclone's type: `s3`.
    pub name: String,
    /// rclone's description, one line.
    pub description: String,
    /// How rclone's flags for it begin.
    pub prefix: String,
}

impl Provider {
    /// Without its options.
    #[must_use]
    pub fn summary(&self) -> ProviderSummary {
        ProviderSummary { name: self.name.clone(), description: self.description.clone(), prefix: self.prefix.clone() }
    }
}

/// How the value of an option is typed in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum OptionKind {
    /// Free text, and every type of rclone's that is written as text.
    Text,
    /// `true` or `false`.
    Bool,
    /// A whole number.
    Int,
    /// Bytes with an optional suffix: `16Mi`.
    Size,
    /// A duration: `1m30s`.
    Duration,
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

/// Whether something that is only for `filter` counts when the option `provider` is `chosen` (rclone's `MatchProvider`).
#[must_use]
pub fn matches_provider(filter: &str, chosen: &str) -> bool {
    if filter.is_empty() || chosen.is_empty() {
        return true;
    }
    let (negated, list) = filter.strip_prefix('!').map_or((false, filter), |list| (true, list));
    list.split(',').any(|name| name == chosen) != negated
}

impl ProviderOption {
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
                "id" | "acl" | "kms" | "sse" | "v2" | "v4" | "url" | "ssh" | "md5" | "sha1" | "http" | "https" | "pem" | "mfa" | "sts"
                | "iam" => word.to_uppercase(),
                _ => word.to_owned(),
            })
            .collect();
        let text = words.join(" ");
        let mut chars = text.chars();
        chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn provider_filters_read_as_rclones_do() {
        for (filter, chosen, expected) in [
            ("", "AWS", true),
            ("AWS", "", true),
            ("AWS,Minio", "Minio", true),
            ("AWS,Minio", "Ceph", false),
            ("!AWS,Minio", "Ceph", true),
            ("!AWS,Minio", "AWS", false),
        ] {
            assert_eq!(matches_provider(filter, chosen), expected, "{filter:?} {chosen:?}");
        }
    }
}
