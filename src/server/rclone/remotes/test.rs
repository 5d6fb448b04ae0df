//! The test of a remote: its root is listed, and of one that is put together of others, each of those. What was found
//! is said in words, and what was not asked as well.

use std::{collections::BTreeMap, ffi::OsString, path::Path, time::Duration};

use futures::{StreamExt as _, stream};
use tokio::time::Instant;

use crate::{
    domain::{
        format,
        location::Location,
        remote::{RemoteName, RemoteTest},
    },
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
    let places = if kind == "archive" { Vec::new() } else { wrap::places(kind, options).unwrap_or_default() };
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
    let Ok(places) = wrap::places(kind, options) else { return Vec::new() };
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
mod tests {
    use super::*;
    use crate::server::rclone::wire::conf::Conf;

    #[test]
    fn what_is_put_together_is_asked_part_by_part() {
        let text = "[s]\ntype = s3\n[p]\ntype = google photos\n[u]\ntype = union\nupstreams = s:a /srv/b:ro\n[c]\ntype = combine\nupstreams = x=u: y=p: z=s:\n\
            [ac]\ntype = alias\nremote = c:\n[au]\ntype = alias\nremote = u:deep\n[ap]\ntype = alias\nremote = p:\n[as]\ntype = alias\nremote = s:\n\
            [e]\ntype = crypt\nremote = c:\n[in]\ntype = alias\nremote = c:z/k\n[loop]\ntype = alias\nremote = loop:\n[uu]\ntype = union\nupstreams = uu: s:\n";
        let sections = Conf::parse(text).expect("plain").sections;
        for (name, expected) in [
            ("s", &[][..]),
            ("as", &[]),
            ("in", &[]),
            ("loop", &[]),
            ("u", &["s:a", "/srv/b"]),
            ("au", &["s:a/deep", "/srv/b/deep"]),
            ("c", &["s:a", "/srv/b", "p:album", "s:"]),
            ("ac", &["s:a", "/srv/b", "p:album", "s:"]),
            ("e", &["s:a", "/srv/b", "p:album", "s:"]),
            ("ap", &["p:album"]),
        ] {
            let section = sections.iter().find(|section| section.name == name).expect(name);
            let found: Vec<_> = parts(&sections, &section.kind(), &section.pairs(), "", &mut STEPS.clone())
                .iter()
                .map(ToString::to_string)
                .collect();
            assert_eq!(found, expected, "{name}");
        }
        let endless = sections.iter().find(|section| section.name == "uu").expect("uu");
        assert!(!parts(&sections, &endless.kind(), &endless.pairs(), "", &mut STEPS.clone()).is_empty());
    }

    #[test]
    fn what_was_found_is_said_and_what_was_not_asked() {
        let none = BTreeMap::new();
        let off = BTreeMap::from([("filename_encryption".to_owned(), "off".to_owned())]);
        let plain = BTreeMap::from([("directory_name_encryption".to_owned(), "false".to_owned())]);
        let listed = |entries, folders, undecryptable, more| Listed { entries, folders, undecryptable, more };
        for (kind, options, found, words) in [
            ("s3", &none, listed(1, 1, 0, false), "0.1 s, 1 bucket"),
            (
                "crypt",
                &none,
                listed(0, 0, 12, false),
                "but 12 names cannot be decrypted, and there are no others: the password or salt",
            ),
            ("crypt", &none, listed(0, 0, 12, true), "but at least 12 names cannot"),
            ("alias", &none, listed(0, 0, 1, false), "but 1 name cannot"),
            ("crypt", &none, listed(5, 0, 1, false), "5 entries, but 1 name cannot be decrypted: they were"),
            ("crypt", &none, listed(5, 0, 0, false), "5 entries"),
            ("crypt", &none, listed(0, 0, 0, false), "nothing to decrypt"),
            ("crypt", &off, listed(5, 0, 0, false), "was not tried"),
            ("crypt", &plain, listed(5, 5, 0, false), "was not tried"),
            ("crypt", &plain, listed(5, 4, 0, false), "5 entries"),
        ] {
            let said = say_listed(kind, options, found, 100);
            assert!(said.contains(words), "{kind} {found:?}: {said}");
        }
        assert!(!say("crypt", &none, &Found::Listed(listed(0, 0, 12, false)), &[], 1).0, "nothing can be read");
        assert!(say("crypt", &none, &Found::Listed(listed(1, 0, 12, false)), &[], 1).0);
        let at = |text: &str| Location::parse(text).expect("a location");
        let good = Found::Listed(listed(2, 2, 0, false));
        let bad = || Found::Failed("No.".to_owned());
        let parts = [(at("a:"), good.clone()), (at("b:x"), bad()), (at("c:"), bad())];
        assert_eq!(
            say("union", &none, &good, &parts[..2], 1),
            (false, "One of its 2 parts failed: b:x No.".to_owned())
        );
        assert_eq!(
            say("union", &none, &good, &parts, 1),
            (false, "2 of its 3 parts failed: b:x No. c: No.".to_owned())
        );
        assert_eq!(say("alias", &none, &good, &parts[1..2], 1), (false, "b:x No.".to_owned()));
        assert!(
            say("union", &none, &good, &[parts[0].clone(), parts[0].clone()], 100).1.ends_with("all 2 parts answered")
        );
    }
}
