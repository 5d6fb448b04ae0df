//! The test of a remote: its root is listed, and of one that is put together of others, each of those. What was found
//! is said in words, and what was not asked as well.

use std::{collections::BTreeMap, ffi::OsString, path::Path, time::Duration};

use futures::{StreamExt as _, stream};
use tokio::time::Instant;

use crate::{
    domain::{format, location::Location, remote::RemoteTest, remote_name::RemoteName},
    server::rclone::{
        config::wrap,
        error::{RcloneError, redact},
        manager::Rclone,
        program::{
            args,
            probe::{self, Found, Listed, Probe},
        },
        wire::conf::Section,
    },
};

/// How many parts are asked.
const PARTS: usize = 32;
/// How many are asked at a time.
const AT_ONCE: usize = 4;
/// How many of those that fail are named.
const NAMED: usize = 3;
/// How many remotes are looked at to find the parts of one.
const STEPS: usize = 256;
/// The least time that one part gets.
const LEAST: Duration = Duration::from_secs(3);

/// A remote that is tested, saved or not.
pub(in crate::server::rclone) struct Subject<'a> {
    /// Its name in the configuration that is used.
    pub name: &'a RemoteName,
    /// rclone's type.
    pub kind: &'a str,
    /// Its options.
    pub options: &'a BTreeMap<String, String>,
    /// The configuration.
    pub conf: &'a Path,
    /// What makes it known, where it is not in the configuration.
    pub env: &'a [(OsString, OsString)],
    /// What must not be said.
    pub secrets: Vec<String>,
    /// How long all of it may take.
    pub limit: Duration,
}

impl Rclone {
    /// Tests a remote. `sections` are what it may lead to.
    pub(in crate::server::rclone) async fn test(
        &self,
        subject: Subject<'_>,
        sections: &[Section],
    ) -> Result<RemoteTest, RcloneError> {
        let binary = self.0.binary()?;
        let began = Instant::now();
        let Subject { name, kind, options, conf, env, mut secrets, limit } = subject;
        // Of others that it leads to as well: whatever looks like a secret by its name.
        let others = sections.iter().flat_map(Section::pairs);
        secrets.extend(others.filter(|(option, _)| redact::is_secret(option)).map(|(_, value)| value));
        let root = probe::asked(kind, &Location::Remote(name.clone(), String::new()));
        let sandbox = self.0.sandboxes.reader_of(options).await?;
        let look = |place: Location, limit| {
            let (secrets, binary, spawner, sandbox) = (&secrets, &binary, &self.0.spawner, &sandbox);
            let saved =
                sections.iter().find(|section| !place.is_local() && section.name == place.remote()).map(Section::kind);
            let unasked = probe::unasked(saved.as_deref().unwrap_or(kind), &place);
            async move {
                if let Some(why) = unasked {
                    return Ok((place, Found::Failed(why.to_owned())));
                }
                let target = args::target(&place);
                let found = Probe { conf, target: &target, secrets, env, sandbox, limit }.run(spawner, binary).await?;
                Ok::<_, RcloneError>((place, found))
            }
        };
        let (_, root) = look(root, limit).await?;
        if matches!(root, Found::Listed(_)) {
            // rclone lists nothing of such a remote, or what lies beside the file.
            let left = limit.saturating_sub(began.elapsed()).max(LEAST);
            for place in needs_folder(kind, options) {
                let target = args::target(&place);
                let probe = Probe { conf, target: &target, secrets: &secrets, env, sandbox: &sandbox, limit: left };
                if probe.is_file(&self.0.spawner, &binary).await? {
                    let elapsed_ms = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
                    let message = format!("{place} is a file, not a folder. Give the folder that holds it.");
                    return Ok(RemoteTest { connected: false, message, elapsed_ms, undecryptable: 0, identity: None });
                }
            }
        }
        let left = limit.saturating_sub(began.elapsed()).max(LEAST);
        let parts = parts(sections, kind, options, "", &mut STEPS.clone());
        let parts: Vec<_> = stream::iter(parts.into_iter().take(PARTS))
            .map(|place| look(place, left))
            .buffered(AT_ONCE)
            .collect()
            .await;
        let parts = parts.into_iter().collect::<Result<Vec<_>, _>>()?;
        let elapsed_ms = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
        let (connected, message) = say(kind, options, &root, &parts, elapsed_ms);
        let undecryptable = if let Found::Listed(listed) = &root { listed.undecryptable } else { 0 };
        Ok(RemoteTest { connected, message, elapsed_ms, undecryptable, identity: None })
    }
}

/// The places under a remote that have to be folders. An archive is a file.
fn needs_folder(kind: &str, options: &BTreeMap<String, String>) -> Vec<Location> {
    let places = if kind == "archive" { Vec::new() } else { wrap::upstreams(kind, options).unwrap_or_default() };
    places.into_iter().take(PARTS).collect()
}

/// What has to be asked beside the root, which rclone makes up: the parts of a remote that is put together of others.
fn parts(
    sections: &[Section],
    kind: &str,
    options: &BTreeMap<String, String>,
    path: &str,
    steps: &mut usize,
) -> Vec<Location> {
    let Some(left) = steps.checked_sub(1) else { return Vec::new() };
    *steps = left;
    let below = |place: Location| if path.is_empty() { place } else { place.join(path) };
    let Ok(places) = wrap::upstreams(kind, options) else { return Vec::new() };
    // A part that is put together itself stands for its own parts; below a path, its root is not made up.
    let within = |place: &Location| {
        let section = sections.iter().find(|section| !place.is_local() && section.name == place.remote());
        section.map(|section| (section.kind(), section.pairs(), place.path().to_owned()))
    };
    match kind {
        "combine" if !path.is_empty() => Vec::new(),
        "combine" | "union" => {
            let part = |place: Location| {
                let place = below(place);
                let Some((kind, options, path)) = within(&place) else { return vec![place] };
                let inner = parts(sections, &kind, &options, &path, steps);
                if inner.is_empty() { vec![probe::asked(&kind, &place)] } else { inner }
            };
            places.into_iter().flat_map(part).collect()
        }
        // What it makes of names below is its own business: only its root is followed.
        _ if kind != "alias" && !path.is_empty() => Vec::new(),
        _ => {
            let one = |place: Location| {
                let place = below(place);
                let Some((kind, options, path)) = within(&place) else { return Vec::new() };
                let asked = probe::asked(&kind, &place);
                if asked == place { parts(sections, &kind, &options, &path, steps) } else { vec![asked] }
            };
            places.into_iter().flat_map(one).collect()
        }
    }
}

/// Whether it is connected, and what to say.
fn say(
    kind: &str,
    options: &BTreeMap<String, String>,
    root: &Found,
    parts: &[(Location, Found)],
    elapsed_ms: u64,
) -> (bool, String) {
    let failed: Vec<_> = parts
        .iter()
        .filter_map(|(place, found)| match found {
            Found::Failed(why) => Some(format!("{place} {why}")),
            Found::Listed(_) => None,
        })
        .collect();
    if !failed.is_empty() {
        let more = if failed.len() > NAMED { " …" } else { "" };
        let named = failed.iter().take(NAMED).map(String::as_str).collect::<Vec<_>>().join(" ");
        return (
            false,
            match (parts.len(), failed.len()) {
                (1, _) => named,
                (all, 1) => format!("One of its {all} parts failed: {named}"),
                (all, some) => format!("{some} of its {all} parts failed: {named}{more}"),
            },
        );
    }
    match root {
        Found::Failed(why) => (false, why.clone()),
        Found::Listed(listed) => {
            let message = say_listed(kind, options, *listed, elapsed_ms);
            let all = if parts.len() > 1 { format!("; all {} parts answered", parts.len()) } else { String::new() };
            (!listed.is_unreadable(), message + &all)
        }
    }
}

fn say_listed(kind: &str, options: &BTreeMap<String, String>, listed: Listed, elapsed_ms: u64) -> String {
    let Listed { entries, folders, undecryptable, more } = listed;
    let names = format!("{}{}", if more { "at least " } else { "" }, format::plural(undecryptable, "name", "names"));
    if listed.is_unreadable() {
        let why = "the password or salt is not the one they were encrypted with, or they are not encrypted";
        return format!("It answers, but {names} cannot be decrypted, and there are no others: {why}");
    }
    let found = match kind {
        "s3" => format::plural(entries, "bucket", "buckets"),
        "google photos" | "googlephotos" | "gphotos" => format::plural(entries, "album", "albums"),
        _ => format::plural(entries, "entry", "entries"),
    };
    let mut message = format!("Connected in {}, {found}", format::duration(elapsed_ms));
    if undecryptable > 0 {
        message += &format!(
            ", but {names} cannot be decrypted: they were encrypted with another password or salt, or are not encrypted."
        );
    } else if kind == "crypt" {
        let is = |name: &str, usual: &str| options.get(name).is_none_or(|value| value == usual);
        let shows =
            is("filename_encryption", "standard") && (is("directory_name_encryption", "true") || entries > folders);
        message += match (entries, shows) {
            (0, _) => ". The password was not tried: there is nothing to decrypt.",
            (_, true) => "",
            (_, false) => ". The password was not tried: these names do not depend on it.",
        };
    }
    message
}

#[cfg(test)]
mod tests;
