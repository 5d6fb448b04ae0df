//! Names that a listing shows and that no location can open exactly: rclone would open another thing, or nothing. They
//! are shown with the reason, and refused as a place.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::location::Location;

/// Why a name cannot be opened by itself. It lies there all the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Unaddressable {
    /// It is empty, or lies below an empty name: the key has two slashes in a row, or ends in one.
    EmptyName,
    /// It holds U+FFFD, which stands for bytes that are not valid UTF-8. Several names may look like this one.
    LostBytes,
    /// It holds `‛‛`, rclone's spelling of `‛`, which rclone reads as another name.
    Escape,
    /// An object's key holds the name `.` or `..`, which rclone writes as `．` or `．．`, and reads as another key.
    Dots,
}

impl Unaddressable {
    /// Why, as the end of a sentence about the name.
    #[must_use]
    pub const fn reason(self) -> &'static str {
        match self {
            Self::EmptyName => "a name in it is empty (“//”)",
            Self::LostBytes => "it has bytes that are not UTF-8, shown as “�”",
            Self::Escape => "rclone reads “‛‛” as another name",
            Self::Dots => "rclone reads “．” and “．．” as other names",
        }
    }

    /// What a person reads beside the name in a list.
    #[must_use]
    pub fn note(self) -> String {
        format!("This name cannot be opened here: {}.", self.reason())
    }

    /// Why a location with such a name is refused, and what to do.
    #[must_use]
    pub fn refusal(self) -> String {
        format!(
            "This path cannot be opened exactly: {}. Choose the folder above it, or rename it where it lies.",
            match self {
                Self::LostBytes => "it holds “�”, which stands for bytes that are not UTF-8",
                other => other.reason(),
            }
        )
    }
}

/// Why a name that a listing gave, or a path of such names, cannot be part of a location that opens what was listed.
/// `None` where it can.
#[must_use]
pub fn unaddressable(name: &str) -> Option<Unaddressable> {
    if name.contains(['\0', char::REPLACEMENT_CHARACTER]) {
        Some(Unaddressable::LostBytes)
    } else if name.contains("‛‛") {
        // rclone writes a lone “‛” doubled, and opens what has two.
        Some(Unaddressable::Escape)
    } else if name.split('/').any(|part| matches!(part, "." | "..")) {
        Some(Unaddressable::Dots)
    } else if name.split('/').any(str::is_empty) {
        Some(Unaddressable::EmptyName)
    } else {
        None
    }
}

/// Whether a name of the path is one that rclone writes for `.` or `..`. In an object store a key may hold either, and
/// which cannot be known.
#[must_use]
pub fn has_dots(path: &str) -> bool {
    path.split('/').any(|part| matches!(part, "．" | "．．"))
}

/// Why this location cannot be opened exactly, whatever its remote is. Slashes at its ends, and empty names on a file
/// system, are no matter.
#[must_use]
pub fn of_location(location: &Location) -> Option<Unaddressable> {
    unaddressable(location.path()).filter(|why| matches!(why, Unaddressable::LostBytes | Unaddressable::Escape))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_lost_something_cannot_be_addressed() {
        use Unaddressable::{Dots, EmptyName, Escape, LostBytes};
        for (name, why) in [
            ("", EmptyName),
            ("/", EmptyName),
            ("a//b", EmptyName),
            ("/a", EmptyName),
            ("a/", EmptyName),
            ("..", Dots),
            ("a/../b", Dots),
            (".", Dots),
            ("\u{fffd}", LostBytes),
            ("a/\u{fffd}b", LostBytes),
            ("a\0", LostBytes),
            ("‛‛", Escape),
            ("d‛‛‛␊", Escape),
        ] {
            assert_eq!(unaddressable(name), Some(why), "{name:?}");
            assert!(
                why.note().starts_with("This name cannot be opened here: ")
                    && why.refusal().contains("Choose the folder above")
            );
        }
        for name in ["a", "a/b", " ", "x\ny", "．．", "...", "‛␊", "-x", ":x"] {
            assert_eq!(unaddressable(name), None, "{name:?}");
        }
        assert!(has_dots("a/．/b") && has_dots("．．") && !has_dots("．a") && !has_dots("a/b"));
    }
}
