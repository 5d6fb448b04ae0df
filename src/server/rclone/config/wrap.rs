//! Remotes that wrap others: which option says where they lead, read as rclone reads it, and followed to the places
//! where files really lie. What rclone would take for a connection string, which can run programs, is refused.

use std::collections::BTreeMap;

use crate::{
    domain::{encoding::Encoding, location::Location},
    server::rclone::{
        error::RcloneError,
        wire::conf::{Section, is_replaced},
    },
};

/// How many remotes may wrap one another.
pub(super) const DEPTH: usize = 16;

/// Types that keep objects by their whole keys, in which `A` and `a`, and `//` and `/`, are not the same.
const BUCKETS: [&str; 10] = [
    "azureblob",
    "b2",
    "googlecloudstorage",
    "internetarchive",
    "memory",
    "oracleobjectstorage",
    "qingstor",
    "s3",
    "storj",
    "swift",
];

/// Where a wrapping remote leads.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Wrap {
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

/// The places that a wrapping remote names, or what is wrong with them. Empty for one that wraps nothing, or does not
/// say what.
pub fn upstreams(kind: &str, options: &BTreeMap<String, String>) -> Result<Vec<Location>, String> {
    let Some(value) = option(kind).and_then(|option| options.get(option)) else { return Ok(Vec::new()) };
    Ok(read(kind, value)?.upstreams())
}

/// What a remote of this section opens for a path.
#[derive(Debug, PartialEq, Eq)]
pub enum Below {
    /// Itself: it wraps nothing.
    Itself,
    /// This server, with names in this encoding.
    Disk(Encoding),
    /// Other places.
    Upstreams(Vec<Location>),
    /// A place below this one, under the name that the remote gives it.
    Encrypted {
        /// What it encrypts into.
        under: Location,
        /// Whether it leaves the names of folders as they are.
        plain_folders: bool,
    },
}

/// What a remote opens for a path.
pub fn below(section: &Section, path: &str) -> Result<Below, RcloneError> {
    let refuse = |_| unresolved(&section.name);
    let (kind, options) = (section.kind(), section.pairs());
    let wrap = under(section).map_err(refuse)?;
    Ok(match (kind.as_str(), wrap) {
        ("local", _) => Below::Disk(match options.get("encoding") {
            None => Encoding::DISK,
            Some(text) => encoding(text).ok_or_else(|| unresolved(&section.name))?,
        }),
        ("crypt", Some(Wrap::One(under))) => {
            let is =
                |name: &str, values: &[&str]| options.get(name).is_none_or(|value| values.contains(&value.as_str()));
            let encrypts =
                is("filename_encryption", &["standard", "obfuscate"]) && is("directory_name_encryption", &["true"]);
            Below::Encrypted { under, plain_folders: !encrypts }
        }
        (_, Some(wrap)) => Below::Upstreams(wrap.below(path).ok_or(RcloneError::NotFound)?),
        (_, None) => Below::Itself,
    })
}

/// Whether this type keeps objects by their whole keys.
#[must_use]
pub fn is_bucket(kind: &str) -> bool {
    BUCKETS.contains(&kind)
}

/// rclone's `encoding` option.
fn encoding(text: &str) -> Option<Encoding> {
    let bit = |name: &str| {
        Some(match name {
            "Raw" => Encoding::RAW,
            "None" => Encoding::NONE,
            "Slash" => Encoding::SLASH,
            "LtGt" => Encoding::LT_GT,
            "SquareBracket" => Encoding::SQUARE_BRACKET,
            "Semicolon" => Encoding::SEMICOLON,
            "Exclamation" => Encoding::EXCLAMATION,
            "DoubleQuote" => Encoding::DOUBLE_QUOTE,
            "SingleQuote" => Encoding::SINGLE_QUOTE,
            "BackQuote" => Encoding::BACK_QUOTE,
            "Dollar" => Encoding::DOLLAR,
            "Colon" => Encoding::COLON,
            "Question" => Encoding::QUESTION,
            "Asterisk" => Encoding::ASTERISK,
            "Pipe" => Encoding::PIPE,
            "Hash" => Encoding::HASH,
            "Percent" => Encoding::PERCENT,
            "BackSlash" => Encoding::BACK_SLASH,
            "CrLf" => Encoding::CR_LF,
            "Del" => Encoding::DEL,
            "Ctl" => Encoding::CTL,
            "LeftSpace" => Encoding::LEFT_SPACE,
            "LeftPeriod" => Encoding::LEFT_PERIOD,
            "LeftTilde" => Encoding::LEFT_TILDE,
            "LeftCrLfHtVt" => Encoding::LEFT_CR_LF_HT_VT,
            "RightSpace" => Encoding::RIGHT_SPACE,
            "RightPeriod" => Encoding::RIGHT_PERIOD,
            "RightCrLfHtVt" => Encoding::RIGHT_CR_LF_HT_VT,
            "InvalidUtf8" => Encoding::INVALID_UTF8,
            "Dot" => Encoding::DOT,
            _ => return None,
        })
    };
    text.split(',').try_fold(Encoding::NONE, |mask, name| Some(Encoding(mask.0 | bit(name.trim())?.0)))
}

/// A path below a place, as rclone's `JoinRootPath` makes it.
#[must_use]
pub fn join(upstream: &Location, path: &str) -> Location {
    let (base, path) = (upstream.path(), path.split('/').collect::<Vec<_>>());
    let is_absolute = base.starts_with('/') || (base.is_empty() && path.first() == Some(&"") && path.len() > 1);
    let names: Vec<_> = base.split('/').chain(path).filter(|name| !name.is_empty()).collect();
    upstream.with_path(format!("{}{}", if is_absolute { "/" } else { "" }, names.join("/")))
}

/// A remote that somebody wrote by hand so that its places cannot be told.
pub fn unresolved(name: impl std::fmt::Display) -> RcloneError {
    RcloneError::Failed { message: format!("Where the remote “{name}” leads cannot be told.") }
}

/// What a saved remote wraps. Of a type that is not known here, what it calls `remote` is what it wraps; nothing else
/// has such an option.
pub(super) fn under(section: &Section) -> Result<Option<Wrap>, String> {
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
        "union" => {
            list(value)?.iter().map(|text| upstream(without_mode(text))).collect::<Result<_, _>>().map(Wrap::Union)
        }
        "combine" => {
            let part = |text: &String| {
                let (name, target) = text.split_once('=').ok_or("Write each as name=remote:path.")?;
                let name = name.trim();
                if matches!(name, "" | "." | "..") || name.contains('/') {
                    return Err(format!("“{name}” cannot be the name of a folder."));
                }
                Ok((name.to_owned(), upstream(target.trim())?))
            };
            list(value)?.iter().map(part).collect::<Result<_, _>>().map(Wrap::Combine)
        }
        _ => upstream(value).map(Wrap::One),
    }
}

pub(super) fn upstream(text: &str) -> Result<Location, String> {
    // What rclone's configuration does not keep as it is: then something else would be used than what is checked.
    if text.trim() != text || is_replaced(text) {
        return Err("A path cannot begin or end with a space here, nor hold “%(…)s”.".to_owned());
    }
    Location::parse(text).map_err(|error| error.summary())
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
    pub(super) fn upstreams(self) -> Vec<Location> {
        match self {
            Self::One(upstream) => vec![upstream],
            Self::Union(upstreams) => upstreams,
            Self::Combine(parts) => parts.into_iter().map(|(_, upstream)| upstream).collect(),
        }
    }

    /// The places of a path in it; `None` when there can be none.
    fn below(self, path: &str) -> Option<Vec<Location>> {
        let trimmed = path.trim_start_matches('/');
        match self {
            Self::One(upstream) => Some(vec![join(&upstream, path)]),
            Self::Combine(parts) if !trimmed.is_empty() => {
                let (first, rest) = trimmed.split_once('/').unwrap_or((trimmed, ""));
                let (_, upstream) = parts.into_iter().find(|(name, _)| name == first)?;
                Some(vec![join(&upstream, rest)])
            }
            all => Some(all.upstreams().into_iter().map(|upstream| join(&upstream, trimmed)).collect()),
        }
    }
}

#[cfg(test)]
mod tests;
