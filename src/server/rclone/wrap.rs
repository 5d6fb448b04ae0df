//! Remotes that wrap others: which option says where they lead, read as rclone reads it, and followed to the places where files really lie. What
//! rclone would take for a connection string, which can run programs, is refused.

use std::collections::{BTreeMap, VecDeque};

use crate::domain::location::Location;

use super::{
    conf::{Section, is_replaced},
    error::RcloneError,
};

/// How many remotes may wrap one another.
const DEPTH: usize = 16;
/// How many wrapping remotes may stand between a location and all of its places.
const STEPS: usize = 256;

/// Where a wrapping remote leads.
#[derive(Debug, PartialEq, Eq)]
enum Wrap {
    /// All of it lies in one place, perhaps in another form.
    One(Location),
    /// Each file may lie in any of these.
    Union(Vec<Location>),
    /// The first name of a path says in which.
    Combine(Vec<(String, Location)>),
}

/// The option that says where a remote of this type leads; `None` when it wraps nothing.
#[must_use]
pub fn option(kind: &str) -> Option<&'static str> {
    match kind {
        "alias" | "archive" | "cache" | "chunker" | "compress" | "crypt" | "hasher" => Some("remote"),
        "combine" | "union" => Some("upstreams"),
        _ => None,
    }
}

/// The places that a wrapping remote names, or what is wrong with them. Empty for one that wraps nothing, or does not say what.
pub fn places(kind: &str, options: &BTreeMap<String, String>) -> Result<Vec<Location>, String> {
    let Some(value) = option(kind).and_then(|option| options.get(option)) else { return Ok(Vec::new()) };
    Ok(read(kind, value)?.places())
}

/// Where a location really lies: through everything that wraps, and remotes of type `local`. What is under an encrypting remote has another name
/// there, but the same folder above it. Never empty.
pub fn resolve(sections: &[Section], location: &Location) -> Result<Vec<Location>, RcloneError> {
    let mut places = Vec::new();
    let mut waiting = VecDeque::from([(location.clone(), 0)]);
    let mut steps = 0;
    while let Some((location, depth)) = waiting.pop_front() {
        let below = match &location {
            Location::Local(_) => None,
            Location::Remote(name, path) => {
                let section = sections.iter().find(|section| section.name == name.as_str()).ok_or(RcloneError::UnknownRemote)?;
                match under(section).map_err(|_| unresolved(name))? {
                    Some(wrap) if depth < DEPTH && steps < STEPS => Some(wrap.below(path).ok_or(RcloneError::NotFound)?),
                    Some(_) => return Err(unresolved(name)),
                    None => None,
                }
            }
        };
        match below {
            Some(below) => {
                steps += 1;
                waiting.extend(below.into_iter().map(|place| (place, depth + 1)));
            }
            None if places.contains(&location) => {}
            None => places.push(location),
        }
    }
    Ok(places)
}

/// A remote that somebody wrote by hand so that its places can not be told.
fn unresolved(name: impl std::fmt::Display) -> RcloneError {
    RcloneError::Failed { message: format!("Where the remote “{name}” leads can not be told.") }
}

/// What a saved remote wraps. Of a type that is not known here, what it calls `remote` is what it wraps; nothing else has such an option.
fn under(section: &Section) -> Result<Option<Wrap>, String> {
    let (kind, options) = (section.kind(), section.pairs());
    if is_replaced(&kind) {
        return Err("The type of this remote is written elsewhere.".to_owned());
    }
    match (kind.as_str(), option(&kind)) {
        // Relative to the folder that all our processes start in: `/`.
        ("local", _) => Ok(Some(Wrap::One(Location::Local("/".to_owned())))),
        (kind, Some(option)) => read(kind, options.get(option).map_or("", String::as_str)).map(Some),
        (_, None) if options.contains_key("upstreams") => Err("This type of remote is not known.".to_owned()),
        (kind, None) => options.get("remote").map(|value| read(kind, value)).transpose(),
    }
}

/// Reads the value of [`option`].
fn read(kind: &str, value: &str) -> Result<Wrap, String> {
    match kind {
        "union" => list(value)?.iter().map(|text| place(without_mode(text))).collect::<Result<_, _>>().map(Wrap::Union),
        "combine" => {
            let part = |text: &String| {
                let (name, target) = text.split_once('=').ok_or("Write each as name=remote:path.")?;
                let name = name.trim();
                if matches!(name, "" | "." | "..") || name.contains('/') {
                    return Err(format!("“{name}” can not be the name of a folder."));
                }
                Ok((name.to_owned(), place(target.trim())?))
            };
            list(value)?.iter().map(part).collect::<Result<_, _>>().map(Wrap::Combine)
        }
        _ => place(value).map(Wrap::One),
    }
}

fn place(text: &str) -> Result<Location, String> {
    // What rclone's configuration does not keep as it is: then something else would be used than what is checked.
    if text.trim() != text || is_replaced(text) {
        return Err("A path can not begin or end with a space here, nor hold “%(…)s”.".to_owned());
    }
    Location::parse(text).map_err(|error| error.fields.into_values().next().unwrap_or(error.message))
}

/// An upstream of a union without what it may be used for. rclone looks for that at the end of the path.
fn without_mode(text: &str) -> &str {
    let path = |rest: &&str| rest.contains(':') || rest.starts_with('/');
    [":ro", ":nc", ":writeback"].iter().find_map(|mode| text.strip_suffix(mode).filter(path)).unwrap_or(text)
}

/// A list as rclone reads it: one space apart, in quotes where an entry holds a space, two quotes for one.
fn list(text: &str) -> Result<Vec<String>, String> {
    const WRONG: &str = "Write them with one space between, and in double quotes where one holds a space.";
    let mut entries = Vec::new();
    let mut rest = Some(text);
    while let Some(text) = rest {
        let entry = if let Some(mut quoted) = text.strip_prefix('"') {
            let mut entry = String::new();
            loop {
                let (part, after) = quoted.split_once('"').ok_or(WRONG)?;
                entry.push_str(part);
                let Some(more) = after.strip_prefix('"') else {
                    rest = if after.is_empty() { None } else { Some(after.strip_prefix(' ').ok_or(WRONG)?) };
                    break entry;
                };
                entry.push('"');
                quoted = more;
            }
        } else {
            let (entry, after) = text.split_once(' ').map_or((text, None), |(entry, after)| (entry, Some(after)));
            rest = after;
            entry.to_owned()
        };
        if entry.is_empty() || (entry.contains('"') && !text.starts_with('"')) {
            return Err(WRONG.to_owned());
        }
        entries.push(entry);
    }
    Ok(entries)
}

impl Wrap {
    fn places(self) -> Vec<Location> {
        match self {
            Self::One(place) => vec![place],
            Self::Union(places) => places,
            Self::Combine(parts) => parts.into_iter().map(|(_, place)| place).collect(),
        }
    }

    /// The places of a path in it; `None` when there can be none.
    fn below(self, path: &str) -> Option<Vec<Location>> {
        let join = |place: Location, path: &str| if path.is_empty() { place } else { place.join(path) };
        match self {
            Self::Combine(parts) if !path.is_empty() => {
                let (first, rest) = path.split_once('/').unwrap_or((path, ""));
                let (_, place) = parts.into_iter().find(|(name, _)| name == first)?;
                Some(vec![join(place, rest)])
            }
            all => Some(all.places().into_iter().map(|place| join(place, path)).collect()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::rclone::conf::Conf;

    fn named(kind: &str, value: &str) -> Option<Vec<String>> {
        let options = BTreeMap::from([(option(kind).expect("it wraps").to_owned(), value.to_owned())]);
        places(kind, &options).ok().map(|places| places.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn what_is_wrapped_reads_as_rclone_reads_it() {
        for (kind, value, expected) in [
            ("crypt", "b2:a/b", &["b2:a/b"][..]),
            ("union", "a:x b: /srv/c", &["a:x", "b:", "/srv/c"]),
            ("union", "a:x:ro b::nc /srv/c:writeback d:ro", &["a:x", "b:", "/srv/c", "d:ro"]),
            ("union", "\"a:with space:ro\" b:\"", &[]),
            ("union", "\"a:with space:ro\" \"b:say \"\"hi\"\"\"", &["a:with space", "b:say \"hi\""]),
            ("combine", "one=a:x \"two=b:with space\"", &["a:x", "b:with space"]),
        ] {
            assert_eq!(named(kind, value).unwrap_or_default(), expected, "{kind} {value}");
        }
    }

    #[test]
    fn no_connection_string_hides_in_what_is_wrapped() {
        for kind in ["alias", "archive", "cache", "chunker", "compress", "crypt", "hasher"] {
            for bad in [
                ":sftp,ssh=\"touch /tmp/x\":",
                "b2,ssh=x:",
                "relative",
                "/srv/../etc",
                ":local:/etc",
                "",
                "b2:../x",
                "/srv/x ",
                "b2:%(description)s",
            ] {
                assert_eq!(named(kind, bad), None, "{kind} {bad}");
            }
        }
        for bad in
            ["", "a:  b:", "a: ", " a:", "a: :sftp,ssh=x:", "a: \"b2,ssh=x:\"", "\"a:", "\"a:\"b:", "a: rel", "a:\"b\"", "a: /x/../y:ro"]
        {
            assert_eq!(named("union", bad), None, "union {bad:?}");
        }
        for bad in ["", "a:", "x=", "=a:", "../x=a:", "x=:local:/", "x=b2,ssh=y:", "x/y=a:", "x=a: y"] {
            assert_eq!(named("combine", bad), None, "combine {bad:?}");
        }
    }

    #[test]
    fn a_location_is_followed_through_everything_that_wraps() {
        let text = "[s]\ntype = s3\n[l]\ntype = local\n[u]\ntype = union\nupstreams = s:a l:srv/b:ro s:a\n\
            [c]\ntype = combine\nupstreams = one=u:x two=/srv/two\n[e]\ntype = crypt\nremote = c:\n[loop]\ntype = alias\nremote = loop:\n\
            [x]\ntype = union\nupstreams = y: y:1\n[y]\ntype = union\nupstreams = z: z:2\n[z]\ntype = union\nupstreams = x: x:3\n\
            [bare]\ntype = archive\n[new]\ntype = newer\nremote = /srv/new\n[newest]\ntype = newer\nupstreams = a b\n\
            [hidden]\ntype = alias\nx = ../etc\nremote = /srv/%(x)s\n[typed]\nx = local\ntype = %(x)s\n[quoted]\n`type` = `alias`\n\"remote\" = /srv/q\n";
        let sections = Conf::parse(text).expect("plain").sections;
        let resolve = |text: &str| resolve(&sections, &Location::parse(text).expect(text));
        for (from, to) in [
            ("s:k", &["s:k"][..]),
            ("/srv", &["/srv"]),
            ("l:etc", &["/etc"]),
            ("u:p", &["s:a/p", "/srv/b/p"]),
            ("e:one/q", &["s:a/x/q", "/srv/b/x/q"]),
            ("e:two", &["/srv/two"]),
            ("e:", &["/srv/two", "s:a/x", "/srv/b/x"]),
            ("new:y", &["/srv/new/y"]),
            ("quoted:y", &["/srv/q/y"]),
        ] {
            let places: Vec<_> = resolve(from).expect(from).iter().map(ToString::to_string).collect();
            assert_eq!(places, to, "{from}");
        }
        assert!(matches!(resolve("c:three"), Err(RcloneError::NotFound)));
        assert!(matches!(resolve("nosuch:"), Err(RcloneError::UnknownRemote)));
        for bad in ["loop:", "x:", "bare:b2:x", "newest:", "hidden:"] {
            assert!(matches!(resolve(bad), Err(RcloneError::Failed { .. })), "{bad}");
        }
    }
}
