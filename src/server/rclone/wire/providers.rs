//! Providers and their options, as rclone describes them.

use std::collections::BTreeSet;

use serde::Deserialize;

use crate::domain::provider::{OptionExample, OptionKind, Provider, ProviderOption};

/// `config/providers`, answered.
#[derive(Debug, Deserialize)]
pub struct Providers {
    /// All of them.
    pub providers: Vec<RawProvider>,
}

/// A provider as rclone describes it.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct RawProvider {
    /// Its type.
    pub name: String,
    /// In one line.
    #[serde(default)]
    pub description: String,
    /// How its flags begin.
    #[serde(default)]
    pub prefix: String,
    /// Its options.
    #[serde(default)]
    pub options: Vec<RawOption>,
    /// Whether it is an older name of another one.
    #[serde(default)]
    pub hide: bool,
}

/// An option as rclone describes it.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
#[derive(Default)]
pub struct RawOption {
    /// Its name.
    pub name: String,
    /// What it is.
    pub help: String,
    provider: String,
    examples: Option<Vec<RawExample>>,
    /// Whether it may not be left empty.
    pub required: bool,
    is_password: bool,
    sensitive: bool,
    advanced: bool,
    exclusive: bool,
    /// Its default.
    pub default_str: String,
    #[serde(rename = "Type")]
    kind: String,
}

/// A value that rclone suggests.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct RawExample {
    value: String,
    help: String,
    provider: String,
}

/// What rclone calls sensitive but a person has to see: it says where they connect to, as whom, and to which part of
/// it.
const SHOWN: [&str; 38] = [
    "account",
    "account_id",
    "api_url",
    "app_id",
    "apple_id",
    "application_credential_id",
    "application_credential_name",
    "client_id",
    "cloud_name",
    "compartment",
    "device_id",
    "domain",
    "drive_id",
    "email",
    "host",
    "impersonate",
    "impersonate_admin",
    "msi_client_id",
    "msi_mi_res_id",
    "msi_object_id",
    "namenode",
    "namespace",
    "plex_username",
    "project_number",
    "public_key",
    "root_folder_id",
    "root_folder_slug",
    "service_principal_name",
    "spn",
    "team_drive",
    "tenant",
    "tenant_domain",
    "tenant_id",
    "url",
    "user",
    "user_id",
    "user_project",
    "username",
];

/// What is secret though rclone does not call it so.
const UNMARKED: [&str; 2] = ["headers", "sse_customer_key"];

/// Options that hold what another program wrote as JSON; of a provider with a `token_url`, `token` as well.
const JSON: [&str; 2] = ["config_credentials", "service_account_credentials"];

impl RawOption {
    fn offered(self, weakens: bool, signs_in: bool) -> ProviderOption {
        let raw = self;
        let json = JSON.contains(&raw.name.as_str()) || (signs_in && raw.name == "token");
        let kind = match raw.kind.as_str() {
            _ if json => OptionKind::Json,
            _ if raw.is_password => OptionKind::Password,
            "bool" => OptionKind::Bool,
            "Tristate" => OptionKind::Tristate,
            "int" => OptionKind::Int,
            "float64" => OptionKind::Float,
            "SizeSuffix" => OptionKind::Size,
            "Duration" => OptionKind::Duration,
            _ => OptionKind::Text,
        };
        let name = raw.name.as_str();
        let secret = raw.is_password || UNMARKED.contains(&name) || (raw.sensitive && !SHOWN.contains(&name));
        let mut examples: Vec<_> = raw.examples.unwrap_or_default().into_iter().map(Into::into).collect();
        // One of a few: `mtime|atime`.
        let choice = raw.kind.contains('|');
        if choice {
            let choices =
                raw.kind.split('|').map(|value| RawExample { value: value.to_owned(), ..RawExample::default() });
            examples = choices.map(Into::into).collect();
        }
        ProviderOption {
            kind,
            secret,
            default: raw.default_str,
            required: raw.required,
            advanced: raw.advanced,
            exclusive: raw.exclusive || choice,
            weakens,
            provider: raw.provider,
            examples,
            help: raw.help,
            name: raw.name,
        }
    }
}

impl From<RawExample> for OptionExample {
    fn from(raw: RawExample) -> Self {
        Self { value: raw.value, help: raw.help, provider: raw.provider }
    }
}

impl RawProvider {
    /// As the wizard offers it, with the options for which `keep` says whether they weaken something.
    #[must_use]
    pub fn offered(self, keep: impl Fn(&RawOption) -> Option<bool>) -> Provider {
        let signs_in = self.options.iter().any(|option| option.name == "token_url");
        let options = self
            .options
            .into_iter()
            .filter_map(|option| keep(&option).map(|weakens| option.offered(weakens, signs_in)));
        Provider { options: options.collect(), name: self.name, description: self.description, prefix: self.prefix }
    }
}

/// All that rclone takes as a type: a provider's name, with or without its spaces, and how its flags begin.
#[must_use]
pub fn types(all: &[RawProvider]) -> BTreeSet<String> {
    all.iter().flat_map(|raw| [raw.name.clone(), raw.name.replace(' ', ""), raw.prefix.clone()]).collect()
}
