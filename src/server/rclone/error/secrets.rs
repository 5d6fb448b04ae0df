//! The secrets of the configured remotes, by their values: what a server answers with may hold what it was sent, in
//! words that no pattern knows. Whatever text leaves has them replaced, as they are, as rclone obscures them, and as
//! addresses, headers and JSON write them.
//!
//! There is one of it in a process: texts are cleaned in many places, and one that was forgotten would show what it
//! must not.

mod forms;

use std::{
    borrow::Cow,
    collections::{BTreeSet, HashSet, VecDeque},
    hash::{DefaultHasher, Hash as _, Hasher as _},
    sync::{Arc, PoisonError, RwLock},
};

use aho_corasick::{AhoCorasick, MatchKind};
use serde_json::Value;

use self::forms::{forms, reveal};
use super::redact::{MASK, is_secret};
use crate::server::rclone::wire::conf::{Conf, Section};

/// Shortest value that is replaced, in bytes: a shorter one would only mangle what is said.
const SHORTEST: usize = 6;
/// Shortest of a remote that is not saved yet.
const SHORTEST_OF_DRAFT: usize = 4;
/// Shortest of digits alone: shorter ones are sizes and times.
const SHORTEST_NUMBER: usize = 8;
/// Shortest part of a value that is a secret of its own: a line of a key, what follows `sig=`.
const PART: usize = 16;
/// The option that is a list of headers.
const HEADERS: &str = "headers";
/// Fields of tokens and keys that are no secret.
const PUBLIC: [&str; 9] =
    ["expiry", "token_type", "type", "scope", "client_email", "project_id", "auth_uri", "token_uri", "universe_domain"];
/// Longest value, in bytes.
const LONGEST: usize = 16 << 10;
/// Most values, the newest of those that were ever in the configuration since the start.
const VALUES: usize = 4000;

/// What is known.
#[derive(Default)]
struct KnownSecrets {
    /// The configuration that was read last.
    digest: u64,
    values: VecDeque<String>,
    finder: Option<Arc<AhoCorasick>>,
}

static KNOWN: RwLock<Option<KnownSecrets>> = RwLock::new(None);

/// Learns the secrets of a configuration. Those of one before stay known: logs of its time are still read.
pub(in crate::server::rclone) fn learn(conf: &Conf) {
    let mut hasher = DefaultHasher::new();
    conf.render().hash(&mut hasher);
    let digest = hasher.finish();
    if KNOWN.read().unwrap_or_else(PoisonError::into_inner).as_ref().is_some_and(|known| known.digest == digest) {
        return;
    }
    let mut guard = KNOWN.write().unwrap_or_else(PoisonError::into_inner);
    let known = guard.get_or_insert_default();
    known.digest = digest;
    let there: HashSet<String> = known.values.iter().cloned().collect();
    let found: BTreeSet<String> = conf.sections.iter().flat_map(values).collect();
    known.values.extend(found.into_iter().filter(|value| !there.contains(value)));
    while known.values.len() > VALUES {
        known.values.pop_front();
    }
    known.finder = finder(&known.values).map(Arc::new);
}

/// `text` without any of the secrets.
pub(in crate::server::rclone) fn hide(text: &str) -> Cow<'_, str> {
    let finder = KNOWN.read().unwrap_or_else(PoisonError::into_inner).as_ref().and_then(|known| known.finder.clone());
    match finder {
        Some(finder) => hide_with(&finder, text),
        None => Cow::Borrowed(text),
    }
}

/// `text` without `secrets` either, which are in no configuration yet. Of these, shorter ones are hidden too: they are
/// in one text only.
pub(in crate::server::rclone) fn hide_these<'a>(text: &'a str, secrets: &[String]) -> Cow<'a, str> {
    match finder(secrets.iter().filter(|secret| secret.len() >= SHORTEST_OF_DRAFT)) {
        Some(finder) => hide_with(&finder, text),
        None => Cow::Borrowed(text),
    }
}

fn hide_with<'a>(finder: &AhoCorasick, text: &'a str) -> Cow<'a, str> {
    if !finder.is_match(text) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    finder.replace_all_with(text, &mut out, |_, _, out| {
        out.push_str(MASK);
        true
    });
    Cow::Owned(out)
}

fn finder<'a>(values: impl IntoIterator<Item = &'a String>) -> Option<AhoCorasick> {
    let forms: BTreeSet<String> = values.into_iter().flat_map(|value| forms(value)).collect();
    if forms.is_empty() {
        return None;
    }
    AhoCorasick::builder().match_kind(MatchKind::LeftmostLongest).build(forms).ok()
}

/// The secrets of a remote, and what its servers get of them.
fn values(section: &Section) -> Vec<String> {
    let pairs = section.pairs();
    let user = ["user", "username", "account"].iter().find_map(|name| pairs.get(*name)).cloned().unwrap_or_default();
    let mut found = Vec::new();
    for (name, value) in pairs.iter().filter(|(name, value)| is_secret(name) && !is_place(value)) {
        let plain = reveal(value);
        if let Some(plain) = &plain {
            found.push(format!("{user}:{plain}"));
        }
        for value in plain.iter().chain([value]) {
            found.push(value.clone());
            found.extend(if name == HEADERS { credentials(value) } else { parts(value) });
        }
    }
    found.extend(pairs.values().flat_map(|value| of_address(value)));
    found.retain(|value| counts(value, SHORTEST));
    found
}

/// What is secret in an address, whatever the option is named: the password in front of its host, and what looks like a
/// secret in its query.
fn of_address(value: &str) -> Vec<String> {
    let Some((_, rest)) = value.split_once("://") else { return Vec::new() };
    let (authority, rest) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
    let mut found = Vec::new();
    if let Some((user, password)) = authority.rsplit_once('@').and_then(|(user, _)| user.split_once(':')) {
        found.extend([password.to_owned(), unescape(password), format!("{}:{}", unescape(user), unescape(password))]);
    }
    let query = rest.split_once('?').map_or("", |(_, query)| query);
    let query = query.split('&').filter_map(|pair| pair.split_once('=')).filter(|(name, _)| is_secret(name));
    found.extend(query.flat_map(|(_, value)| [value.to_owned(), unescape(value)]));
    found
}

fn counts(value: &str, shortest: usize) -> bool {
    let is_number = value.bytes().all(|byte| byte.is_ascii_digit());
    let shortest = if is_number { SHORTEST_NUMBER.max(shortest) } else { shortest };
    (shortest..=LONGEST).contains(&value.len())
}

/// Whether the value of an option that sounds secret is none: an address without a query, a path, a switch.
fn is_place(value: &str) -> bool {
    let is_address = value.starts_with("http") && value.contains("://") && !value.contains(['?', '@']);
    is_address || value.starts_with(['/', '~']) || ["true", "false", "unset"].contains(&value)
}

/// What is a secret of its own within a value: fields of JSON, lines of a key, items of a list, what follows a `=` of a
/// query.
fn parts(value: &str) -> Vec<String> {
    let mut found = Vec::new();
    if let Ok(json @ (Value::Object(_) | Value::Array(_))) = serde_json::from_str(value) {
        leaves(&json, &mut found);
    } else {
        let lines = value.replace("\\n", "\n");
        found.push(lines.clone());
        found.extend(lines.lines().map(str::to_owned));
        let pieces = value
            .split([',', ';', '&', ' ', '?', '"'])
            .flat_map(|piece| [Some(piece), piece.split_once('=').map(|(_, rest)| rest)]);
        let pieces: Vec<String> = pieces.flatten().map(str::to_owned).collect();
        found.extend(pieces.iter().filter(|piece| !is_place(piece)).cloned());
        found.extend(pieces.iter().map(|piece| unescape(piece)));
    }
    found.retain(|part| counts(part, PART) && !is_place(part) && !part.starts_with("-----"));
    found
}

/// The values of a list of headers, `Name,value,Name,value`, and what follows the scheme in one.
fn credentials(list: &str) -> Vec<String> {
    let values = list.split(',').skip(1).step_by(2).map(|value| value.trim().trim_matches('"'));
    values.flat_map(|value| [value, value.rsplit([' ', '=']).next().unwrap_or(value)]).map(str::to_owned).collect()
}

fn leaves(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::String(text) => {
            found.push(text.clone());
            found.extend(text.lines().map(str::to_owned));
        }
        Value::Array(values) => values.iter().for_each(|value| leaves(value, found)),
        Value::Object(fields) => {
            fields
                .iter()
                .filter(|(name, _)| !PUBLIC.contains(&name.as_str()))
                .for_each(|(_, value)| leaves(value, found));
        }
        _ => {}
    }
}

/// A part of an address as it is meant.
fn unescape(text: &str) -> String {
    let (mut out, bytes, mut at) = (Vec::new(), text.as_bytes(), 0);
    while let Some(byte) = bytes.get(at) {
        let code = (*byte == b'%')
            .then(|| text.get(at + 1..at + 3))
            .flatten()
            .and_then(|code| u8::from_str_radix(code, 16).ok());
        out.push(code.unwrap_or(*byte));
        at += if code.is_some() { 3 } else { 1 };
    }
    String::from_utf8(out).unwrap_or_default()
}

#[cfg(test)]
mod tests;
