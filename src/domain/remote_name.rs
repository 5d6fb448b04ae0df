//! The name of a remote, and of this server where a remote is expected.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::error::{AppError, Result};

/// The name under which the allowed folders of this server are reached: `/browse/local/srv/photos`.
pub const LOCAL: &str = "local";

/// The section that is no remote's, in rclone's configuration.
const DEFAULT: &str = "DEFAULT";

/// A name that rclone takes as a section and that cannot be read as anything but a name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(try_from = "String", into = "String")]
#[schema(value_type = String, min_length = 1, max_length = 64, example = "photos-b2")]
pub struct RemoteName(String);

impl RemoteName {
    /// As text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The name of the remote over this one that encrypts: `photos-crypt` of `photos`.
    pub fn encrypted(&self) -> Result<Self> {
        format!("{self}-crypt").parse().map_err(|_| {
            AppError::invalid("name", "With encryption a name has at most 58 characters: “-crypt” is added to it.")
        })
    }
}

impl FromStr for RemoteName {
    type Err = AppError;

    /// rclone's own rule (letters, digits, `_ - . + @` and space, neither starting with `-` or a space nor ending with
    /// a space), without the names that mean something else here or to rclone.
    fn from_str(name: &str) -> Result<Self> {
        let refuse = |problem: &str| Err(AppError::invalid("name", problem));
        if name.is_empty() {
            return refuse("Give the remote a name.");
        }
        if name.chars().count() > 64 {
            return refuse("A name has at most 64 characters.");
        }
        if name == LOCAL {
            return refuse("“local” is this server. Choose another name.");
        }
        if name == DEFAULT {
            return refuse(
                "“DEFAULT” is where rclone keeps options that all remotes may refer to. Choose another name.",
            );
        }
        if name.starts_with(['-', ' ']) || name.ends_with(' ') {
            return refuse("A name cannot begin with “-” or a space, nor end with a space.");
        }
        if matches!(name, "." | "..") || !name.chars().all(|c| c.is_alphanumeric() || "_-.+@ ".contains(c)) {
            return refuse("A name has letters, digits, space and _ - . + @ only.");
        }
        Ok(Self(name.to_owned()))
    }
}

impl TryFrom<String> for RemoteName {
    type Error = AppError;

    fn try_from(name: String) -> Result<Self> {
        name.parse()
    }
}

impl From<RemoteName> for String {
    fn from(name: RemoteName) -> Self {
        name.0
    }
}

impl fmt::Display for RemoteName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_names_are_names() {
        for good in ["b2", "Büro 2", "a.b", "x@y+z", "名前"] {
            assert!(good.parse::<RemoteName>().is_ok(), "{good:?}");
        }
        for bad in [
            "", "-x", " x", "x ", "a:b", "a,b", "a/b", "a\"b", "a'b", "a\nb", "..", ".", "local", "a[b]", "a=b",
            "DEFAULT",
        ] {
            assert!(bad.parse::<RemoteName>().is_err(), "{bad:?}");
        }
    }

    #[test]
    fn the_name_of_the_remote_that_encrypts_is_a_name_too() {
        let encrypted = |name: &str| name.parse::<RemoteName>().expect(name).encrypted();
        for (name, over) in [("b2", "b2-crypt"), ("Büro 2", "Büro 2-crypt"), ("b2-crypt", "b2-crypt-crypt")] {
            assert_eq!(encrypted(name).expect(name).as_str(), over);
        }
        assert!(encrypted(&"x".repeat(58)).is_ok());
        for long in [59, 64] {
            let error = encrypted(&"x".repeat(long)).expect_err("too long");
            assert!(error.fields["name"].contains("58"), "{error:?}");
        }
    }
}
