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

/// An answer that is not looked at.
#[derive(Debug, Deserialize)]
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
    pub opt: CreateOptions,
}

/// How a remote is created.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CreateOptions {
    /// Ask nothing.
    pub non_interactive: bool,
    /// Passwords are given plain, always: without it rclone guesses.
    pub obscure: bool,
}

/// `config/create`, answered.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Created {
    /// What went wrong.
    #[serde(default)]
    pub error: String,
    /// Not empty when rclone has a question.
    #[serde(default)]
    pub state: String,
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
}

/// An option as rclone describes it.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
#[derive(Default)]
pub struct RawOption {
    /// Its name.
    pub name: String,
    help: String,
    provider: String,
    examples: Option<Vec<RawExample>>,
    hide: u8,
    required: bool,
    is_password: bool,
    sensitive: bool,
    advanced: bool,
    exclusive: bool,
    default_str: String,
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

/// What rclone calls sensitive but a person has to see: it says where they connect to and as whom.
const SHOWN: [&str; 2] = ["host", "user"];

impl RawOption {
    /// Whether rclone hides it from configuration.
    #[must_use]
    pub const fn hidden(&self) -> bool {
        self.hide & 2 != 0
    }
}

impl From<RawOption> for ProviderOption {
    fn from(raw: RawOption) -> Self {
        let kind = match raw.kind.as_str() {
            "bool" => OptionKind::Bool,
            "int" => OptionKind::Int,
            "SizeSuffix" => OptionKind::Size,
            "Duration" => OptionKind::Duration,
            _ => OptionKind::Text,
        };
        let secret = raw.is_password || (raw.sensitive && !SHOWN.contains(&raw.name.as_str()));
        let examples = raw.examples.unwrap_or_default().into_iter();
        Self {
            kind,
            secret,
            default: raw.default_str,
            required: raw.required,
            advanced: raw.advanced,
            exclusive: raw.exclusive,
            provider: raw.provider,
            examples: examples.map(|e| OptionExample { value: e.value, help: e.help, provider: e.provider }).collect(),
            help: raw.help,
            name: raw.name,
        }
    }
}

impl RawProvider {
    /// As the wizard offers it, with the options that `keep` keeps.
    #[must_use]
    pub fn offered(self, keep: impl Fn(&RawOption) -> bool) -> Provider {
        let options = self.options.into_iter().filter(|option| keep(option)).map(Into::into).collect();
        Provider { name: self.name, description: self.description, prefix: self.prefix, options }
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
