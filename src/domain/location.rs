//! A location: a remote, or this server, and a path in it. The only way by which a path gets from a person to rclone.

use std::fmt;

use serde::{Deserialize, Serialize};
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{ObjectBuilder, RefOr, Schema, Type},
};

use super::{
    encoding::canonical,
    error::{AppError, Result},
    remote_name::{LOCAL, RemoteName},
};

/// Longest path that is accepted, in bytes. Linux takes 4,096 in one call.
const MAX_PATH: usize = 4096;

/// A remote, or this server, and a path in it: what was written, since a provider may tell apart what looks alike.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Location {
    /// A folder of this server: absolute, without a trailing slash (but `/` itself), `//` or `.`, of which the system
    /// makes nothing.
    Local(String),
    /// A path in a remote, as it was written but for one slash at its end. A slash at its beginning means something to
    /// some.
    Remote(RemoteName, String),
}

impl Location {
    /// Reads `remote:path` or an absolute local path. Refuses everything else that rclone would understand:
    /// connection strings, on-the-fly remotes, relative paths, paths that climb.
    pub fn parse(text: &str) -> Result<Self> {
        if text.starts_with('/') {
            return Self::local(text);
        }
        let Some((remote, path)) = text.split_once(':') else {
            return Err(AppError::invalid(
                "location",
                "Write it as remote:path, or as an absolute path of this server.",
            ));
        };
        Ok(Self::Remote(remote.parse()?, remote_path(path)?))
    }

    /// From the two parts of a URL: the remote's name (or [`LOCAL`]) and a path.
    pub fn from_parts(remote: &str, path: &str) -> Result<Self> {
        if remote == LOCAL {
            return Self::local(path);
        }
        Ok(Self::Remote(remote.parse()?, remote_path(path)?))
    }

    fn local(path: &str) -> Result<Self> {
        check(path)?;
        let parts: Vec<_> = path.split('/').filter(|part| !matches!(*part, "" | ".")).collect();
        if parts.contains(&"..") {
            return Err(refused("A path cannot contain “..”."));
        }
        Ok(Self::Local(format!("/{}", parts.join("/"))))
    }

    /// The remote's name, or [`LOCAL`].
    #[must_use]
    pub fn remote(&self) -> &str {
        match self {
            Self::Local(_) => LOCAL,
            Self::Remote(name, _) => name.as_str(),
        }
    }

    /// The path: absolute for this server; for a remote as it was written.
    #[must_use]
    pub fn path(&self) -> &str {
        match self {
            Self::Local(path) | Self::Remote(_, path) => path,
        }
    }

    /// Names from the root to here. An empty one is a name as well, for a remote that has such.
    #[must_use]
    pub fn segments(&self) -> Vec<&str> {
        let path = self.path();
        let path = path.strip_prefix('/').unwrap_or(path);
        if path.is_empty() { Vec::new() } else { path.split('/').collect() }
    }

    /// Whether the path of a remote begins at the root of the server, with a slash, and not where the remote begins.
    #[must_use]
    pub fn is_absolute(&self) -> bool {
        self.path().starts_with('/')
    }

    /// The place one name further down. `name` is one that a listing gave.
    #[must_use]
    pub fn join(&self, name: &str) -> Self {
        let path = self.path();
        let slash = if matches!(path, "" | "/") { "" } else { "/" };
        self.with_path(format!("{path}{slash}{name}"))
    }

    /// The place one up, `None` at the root.
    #[must_use]
    pub fn parent(&self) -> Option<Self> {
        let mut segments = self.segments();
        segments.pop()?;
        let root = if self.is_absolute() { "/" } else { "" };
        Some(self.with_path(format!("{root}{}", segments.join("/"))))
    }

    /// The root above here: of this server, of the remote, or of the remote's server.
    #[must_use]
    pub fn root(&self) -> Self {
        self.with_path(if self.is_absolute() { "/".to_owned() } else { String::new() })
    }

    /// Whether it is on this server.
    #[must_use]
    pub const fn is_local(&self) -> bool {
        matches!(self, Self::Local(_))
    }

    /// Whether rclone may take both for one: it reads several spellings of a name as the same.
    #[must_use]
    pub fn is_same(&self, other: &Self) -> bool {
        self.remote() == other.remote() && self.canonical() == other.canonical()
    }

    /// The one form of all spellings that rclone may take for this place. For comparing, not for opening: some remotes
    /// tell them apart.
    #[must_use]
    pub fn canonical(&self) -> String {
        self.with_path(canonical(self.path())).to_string()
    }

    /// The path of its page: `/browse/{remote}/{path…}`, percent-encoded. What a path of a URL cannot hold is in its
    /// query.
    #[must_use]
    pub fn href(&self) -> String {
        let mut href = format!("/browse/{}", encode(self.remote()));
        if !self.is_local() && (self.is_absolute() || self.segments().contains(&"")) {
            return format!("{href}?path={}", encode(self.path()).replace('+', "%2B"));
        }
        for segment in self.segments() {
            href.push('/');
            href.push_str(&encode(segment));
        }
        href
    }

    /// The same remote, and another path of it, which is taken as it is.
    #[must_use]
    pub fn with_path(&self, path: String) -> Self {
        match self {
            Self::Local(_) => Self::Local(path),
            Self::Remote(name, _) => Self::Remote(name.clone(), path),
        }
    }
}

/// What a person who typed this location may not have meant, in words; `None` when nothing is odd. It is taken as it
/// is.
#[must_use]
pub fn oddity(text: &str) -> Option<&'static str> {
    let path = text.split_once(':').filter(|_| !text.starts_with('/')).map_or(text, |(_, path)| path);
    let mut names = path.split('/').filter(|name| !name.is_empty());
    if text.ends_with(char::is_whitespace) {
        Some("This path ends with a space.")
    } else if text.starts_with(char::is_whitespace) || path.starts_with(char::is_whitespace) {
        Some("This path begins with a space.")
    } else if text.chars().any(char::is_control) {
        Some("This path has a control character in it, such as a line break.")
    } else if names.any(|name| name.starts_with(char::is_whitespace) || name.ends_with(char::is_whitespace)) {
        Some("A name in this path begins or ends with a space.")
    } else {
        None
    }
}

/// The path of a remote, as it was written but for one slash at its end.
fn remote_path(path: &str) -> Result<String> {
    check(path)?;
    if path.split('/').any(|part| matches!(part, "." | "..")) {
        return Err(refused("A path of a remote cannot have the names “.” and “..”."));
    }
    Ok(if path == "/" { path } else { path.strip_suffix('/').unwrap_or(path) }.to_owned())
}

fn check(path: &str) -> Result<()> {
    if path.len() > MAX_PATH {
        return Err(refused("A path has at most 4,096 bytes."));
    }
    if path.contains('\0') {
        return Err(refused("A path cannot contain the character NUL."));
    }
    Ok(())
}

fn refused(problem: &str) -> AppError {
    AppError::invalid("path", problem)
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
mod tests;
