//! rclone's JSON, as it is on the wire and in its log. Only what is used; everything may be absent.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use crate::domain::{
    file::Entry,
    provider::{OptionExample, OptionKind, Provider, ProviderOption},
    run::{InFlight, Stats as RunStats},
    time::Timestamp,
};

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
    /// How deep, where that is limited.
    #[serde(rename = "_config", skip_serializing_if = "Option::is_none")]
    pub config: Option<ListConfig>,
}

/// rclone's own configuration of one call, by the names of its Go fields: others are ignored in silence.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct ListConfig {
    /// Levels of folders.
    pub max_depth: u32,
}

/// What a listing leaves out.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ListOptions {
    /// MIME types cost a lookup each.
    pub no_mime_type: bool,
    /// Also what lies in folders.
    pub recurse: bool,
}

/// `operations/list`, answered. Of a large folder most of it is names and times: they are read where they lie.
#[derive(Debug, Deserialize)]
pub struct Listing<'a> {
    /// The entries.
    #[serde(borrow)]
    pub list: Option<Vec<Item<'a>>>,
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
    /// As an entry that is named by its path below `folder`: rclone tells the path below the remote's root.
    #[must_use]
    pub fn below(self, folder: &str) -> Entry {
        let below = self.path.strip_prefix(folder).map_or(&*self.path, |rest| rest.trim_start_matches('/')).to_owned();
        Entry { name: below, ..self.into() }
    }
}

impl From<Item<'_>> for Entry {
    fn from(item: Item<'_>) -> Self {
        let size = if item.is_dir { None } else { u64::try_from(item.size).ok() };
        // Where a provider has no time, rclone writes the year 1 or 2000-01-01.
        let mod_time = Timestamp::parse(&item.mod_time).filter(|time| time.0 > 0 && *time != Timestamp(946_684_800_000));
        Self { name: item.name.into_owned(), size, mod_time, is_dir: item.is_dir }
    }
}

/// `operations/stat`, answered.
#[derive(Debug, Deserialize)]
pub struct Stat {
    /// What is there.
    #[serde(default)]
    pub item: Option<serde::de::IgnoredAny>,
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

/// `config/create`, asked.
#[derive(Serialize)]
pub struct Create<'a> {
    /// The new remote's name.
    pub name: &'a str,
    /// Its type.
    #[serde(rename = "type")]
    pub kind: &'a str,
    /// Its options.
    pub parameters: &'a std::collections::BTreeMap<String, String>,
    /// How.
    pub opt: CreateOptions<'a>,
}

/// `config/update`, asked to go on with rclone's questions.
#[derive(Serialize)]
pub struct GoOn<'a> {
    /// The remote's name.
    pub name: &'a str,
    /// None: they are set.
    pub parameters: Nothing,
    /// How.
    pub opt: CreateOptions<'a>,
}

/// How a remote is created.
#[derive(Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CreateOptions<'a> {
    /// Ask on no terminal.
    pub non_interactive: bool,
    /// Passwords are given plain, always: without it rclone guesses.
    pub obscure: bool,
    /// Whether this answers a question.
    #[serde(rename = "continue")]
    pub go_on: bool,
    /// Which.
    pub state: &'a str,
    /// The answer.
    pub result: &'a str,
}

/// `config/create` and `config/update`, answered.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
#[derive(Default)]
pub struct Created {
    /// What went wrong.
    pub error: String,
    /// Not empty when rclone has a question.
    pub state: String,
    /// The question.
    pub option: Option<RawOption>,
}

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

/// What rclone calls sensitive but a person has to see: it says where they connect to, as whom, and to which part of it.
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
            let choices = raw.kind.split('|').map(|value| RawExample { value: value.to_owned(), ..RawExample::default() });
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
        let options = self.options.into_iter().filter_map(|option| keep(&option).map(|weakens| option.offered(weakens, signs_in)));
        Provider { options: options.collect(), name: self.name, description: self.description, prefix: self.prefix }
    }
}

/// `core/stats`, and the `stats` of a log line.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Stats {
    bytes: i64,
    total_bytes: i64,
    transfers: i64,
    total_transfers: i64,
    checks: i64,
    deletes: i64,
    deleted_dirs: i64,
    renames: i64,
    server_side_moves: i64,
    listed: i64,
    errors: i64,
    speed: f64,
    eta: Option<f64>,
    elapsed_time: f64,
    transferring: Option<Vec<Transferring>>,
    checking: Option<Vec<serde::de::IgnoredAny>>,
}

/// A file that is being transferred.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Transferring {
    name: String,
    size: i64,
    bytes: i64,
    speed: f64,
    speed_avg: f64,
}

impl Stats {
    /// Whether something was under way when it was written: then it is not the last.
    #[must_use]
    pub fn is_periodic(&self) -> bool {
        self.transferring.is_some() || self.checking.is_some()
    }

    /// In the domain's words.
    #[must_use]
    pub fn split(self) -> (RunStats, Vec<InFlight>) {
        let stats = RunStats {
            bytes: whole(self.bytes),
            total_bytes: whole(self.total_bytes),
            files: whole(self.transfers),
            total_files: whole(self.total_transfers),
            checks: whole(self.checks),
            deletes: whole(self.deletes),
            // Where a file lies is changed either way, and either is counted in both when it is a rename.
            renames: whole(self.renames.max(self.server_side_moves)),
            deleted_dirs: whole(self.deleted_dirs),
            listed: whole(self.listed),
            errors: whole(self.errors),
            speed: round(self.speed),
            eta: self.eta.map(round),
            elapsed_ms: round(self.elapsed_time * 1000.0),
        };
        let in_flight = self.transferring.unwrap_or_default().into_iter().map(|file| InFlight {
            name: file.name,
            size: u64::try_from(file.size).ok(),
            bytes: whole(file.bytes),
            // The first seconds have no average yet.
            speed: round(if file.speed_avg > 0.0 { file.speed_avg } else { file.speed }),
        });
        (stats, in_flight.collect())
    }
}

fn whole(n: i64) -> u64 {
    u64::try_from(n).unwrap_or(0)
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "`as` saturates, and NaN is 0")]
fn round(x: f64) -> u64 {
    x.round() as u64
}

/// A line of rclone's log.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct LogLine {
    /// When.
    pub time: String,
    /// `info`, `notice`, `error`, `critical`.
    pub level: String,
    /// What it says.
    pub msg: String,
    /// The file it is about.
    pub object: Option<String>,
    /// The file's size.
    pub size: Option<i64>,
    /// What a dry run did not do.
    pub skipped: Option<String>,
    /// Statistics, in some.
    pub stats: Option<Stats>,
}
