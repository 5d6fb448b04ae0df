//! A location: a remote, or this server, and a path in it. The only way by which a path gets from a person to rclone.

use std::fmt;

use serde::{Deserialize, Serialize};
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{ObjectBuilder, RefOr, Schema, Type},
};

use super::{
    error::{AppError, Result},
    remote::RemoteName,
};

/// The name under which the allowed folders of this server are reached: `/browse/local/srv/photos`.
pub const LOCAL: &str = "local";

/// Longest path that is accepted, in bytes. Linux takes 4,096 in one call.
const MAX_PATH: usize = 4096;

/// A remote, or this server, and a path in it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Location {
    /// A folder of this server: absolute, without a trailing slash (but `/` itself).
    Local(String),
    /// A path in a remote: no leading or trailing slash, empty for its root.
    Remote(RemoteName, String),
}

impl Location {
    /// Reads `remote:path` or an absolute local path. Refuses everything else that rclone would understand:
    /// connection strings, on-the-fly remotes, relative paths, paths that climb.
    pub fn parse(text: &str) -> Result<Self> {
        if text.starts_with('/') {
            return Ok(Self::Local(clean_path(text).map(|path| format!("/{path}"))?));
        }
        let Some((remote, path)) = text.split_once(':') else {
            return Err(AppError::invalid("location", "Write it as remote:path, or as an absolute path of this server."));
        };
        Ok(Self::Remote(remote.parse()?, clean_path(path)?))
    }

    /// From the two parts of a URL: the remote's name (or [`LOCAL`]) and a path.
    pub fn from_parts(remote: &str, path: &str) -> Result<Self> {
        if remote == LOCAL {
            return Ok(Self::Local(clean_path(path).map(|path| format!("/{path}"))?));
        }
        Ok(Self::Remote(remote.parse()?, clean_path(path)?))
    }

    /// The remote's name, or [`LOCAL`].
    #[must_use]
    pub fn remote(&self) -> &str {
        match self {
            Self::Local(_) => LOCAL,
            Self::Remote(name, _) => name.as_str(),
        }
    }

    /// The path: absolute for this server, relative to its root for a remote.
    #[must_use]
    pub fn path(&self) -> &str {
        match self {
            Self::Local(path) | Self::Remote(_, path) => path,
        }
    }

    /// Names from the root to here.
    #[must_use]
    pub fn segments(&self) -> Vec<&str> {
        self.path().split('/').filter(|part| !part.is_empty()).collect()
    }

    /// The place one name further down. `name` is one that a listing gave.
    #[must_use]
    pub fn join(&self, name: &str) -> Self {
        let path = match self.path().trim_end_matches('/') {
            "" if self.is_local() => format!("/{name}"),
            "" => name.to_owned(),
            path => format!("{path}/{name}"),
        };
        self.with_path(path)
    }

    /// The place one up, `None` at the root.
    #[must_use]
    pub fn parent(&self) -> Option<Self> {
        let mut segments = self.segments();
        segments.pop()?;
        let path = segments.join("/");
        Some(self.with_path(if self.is_local() { format!("/{path}") } else { path }))
    }

    /// Whether it is on this server.
    #[must_use]
    pub const fn is_local(&self) -> bool {
        matches!(self, Self::Local(_))
    }

    /// The path of its page: `/browse/{remote}/{path…}`, percent-encoded.
    #[must_use]
    pub fn href(&self) -> String {
        let mut href = format!("/browse/{}", encode(self.remote()));
        for segment in self.segments() {
            href.push('/');
            href.push_str(&encode(segment));
        }
        href
    }

    fn with_path(&self, path: String) -> Self {
        match self {
            Self::Local(_) => Self::Local(path),
            Self::Remote(name, _) => Self::Remote(name.clone(), path),
        }
    }
}

/// Without empty and `.` parts, without slashes at its ends. Refuses `..`, NUL and what is too long.
fn clean_path(path: &str) -> Result<String> {
    let refuse = |problem: &str| Err(AppError::invalid("path", problem));
    if path.len() > MAX_PATH {
        return refuse("A path has at most 4,096 bytes.");
    }
    if path.contains('\0') {
        return refuse("A path can not hold the character NUL.");
    }
    let parts: Vec<_> = path.split('/').filter(|part| !matches!(*part, "" | ".")).collect();
    if parts.contains(&"..") {
        return refuse("A path can not climb with “..”.");
    }
    Ok(parts.join("/"))
}

/// Percent-encodes one segment of a URL's path.
#[must_use]
pub fn encode(segment: &str) -> String {
    use fmt::Write as _;
    let mut out = String::with_capacity(segment.len());
    for byte in segment.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~@+,=".contains(&byte) {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

impl PartialSchema for Location {
    fn schema() -> RefOr<Schema> {
        let text = ObjectBuilder::new().schema_type(Type::String).pattern(Some("^(/|[^/:]+:)"));
        text.description(Some("`remote:path`, or an absolute path of this server")).examples(["photos-b2:2026"]).into()
    }
}

impl ToSchema for Location {}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Local(path) => f.write_str(path),
            Self::Remote(name, path) => write!(f, "{name}:{path}"),
        }
    }
}

impl TryFrom<String> for Location {
    type Error = AppError;

    fn try_from(text: String) -> Result<Self> {
        Self::parse(&text)
    }
}

impl From<Location> for String {
    fn from(location: Location) -> Self {
        location.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_rclone_would_run_as_a_connection_string_is_refused() {
        for bad in [
            ":sftp,ssh=touch /tmp/x:",
            "name,ssh=x:",
            "name,ssh=\"x\":path",
            ":local:/etc",
            "relative/path",
            "",
            "-x:path",
            " x:p",
            "a/b:c",
            "x:../y",
            "x:a/../../b",
            "/srv/../etc",
            "x:a\0b",
            "na\"me:",
            "na'me:",
        ] {
            assert!(Location::parse(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn a_location_reads_as_it_is_written() {
        for (text, canonical) in [
            ("b2:", "b2:"),
            ("b2:/a//b/./c/", "b2:a/b/c"),
            ("/srv//photos/", "/srv/photos"),
            ("/", "/"),
            ("b2:-rf", "b2:-rf"),
            ("b2:a:b,c\"d", "b2:a:b,c\"d"),
        ] {
            let location = Location::parse(text).expect(text);
            assert_eq!(location.to_string(), canonical);
            assert_eq!(Location::parse(canonical).expect(canonical), location);
        }
    }

    #[test]
    fn up_and_down_are_opposites() {
        let root = Location::parse("b2:").expect("root");
        assert_eq!(root.parent(), None);
        assert_eq!(root.join("a").join("b").parent(), Some(root.join("a")));
        let local = Location::parse("/").expect("/");
        assert_eq!(local.join("srv").to_string(), "/srv");
        assert_eq!(local.join("srv").parent(), Some(local));
    }

    #[test]
    fn a_hostile_name_stays_one_segment_of_the_address() {
        assert_eq!(Location::parse("b2:").expect("root").join("a?b#c%2F <x>").href(), "/browse/b2/a%3Fb%23c%252F%20%3Cx%3E");
    }
}
