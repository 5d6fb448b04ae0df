//! What lies in a location: entries, and the window of a listing that a screen looks at.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{location::Location, time::Timestamp};

/// One file or folder.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Entry {
    /// Its name, without the path.
    #[schema(example = "IMG_2041.jpg")]
    pub name: String,
    /// Size in bytes; `None` for a folder and where the provider does not tell.
    #[schema(example = 4_194_304)]
    pub size: Option<u64>,
    /// When it was modified, where the provider tells.
    pub mod_time: Option<Timestamp>,
    /// Whether it is a folder.
    pub is_dir: bool,
}

/// How much lies somewhere.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Size {
    /// Files.
    pub objects: u64,
    /// Bytes in them.
    pub bytes: u64,
    /// Files whose size the provider does not tell: they are not in `bytes`.
    pub sizeless: u64,
}

/// Which part of what lies below a location is wanted, in the order of paths.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TreeQuery {
    /// `remote:path` or an absolute path of this server.
    pub location: String,
    /// Levels of folders, the location itself counted; `None` is all.
    pub depth: Option<u32>,
    /// Only those after this path.
    pub after: Option<String>,
    /// How many, at most 1,000; all when `None`.
    pub limit: Option<usize>,
}

/// What lies below a location, in the order of paths. Names are paths below it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tree {
    /// The entries.
    pub entries: Vec<Entry>,
    /// Whether there are more after them.
    pub more: bool,
}

/// What a listing is ordered by. Folders come first always.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum SortKey {
    /// By name, without regard to case, digits as numbers ("2" before "10").
    #[default]
    Name,
    /// By size.
    Size,
    /// By time of modification.
    ModTime,
}

impl SortKey {
    /// As it is written in a URL.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::Size => "size",
            Self::ModTime => "mod_time",
        }
    }

    /// Reads what [`Self::as_str`] writes; anything else is the default.
    #[must_use]
    pub fn from_query(text: &str) -> Self {
        match text {
            "size" => Self::Size,
            "mod_time" => Self::ModTime,
            _ => Self::Name,
        }
    }
}

/// Which part of a listing is wanted, and in what order.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FileQuery {
    /// `remote:path` or an absolute path of this server.
    pub location: String,
    /// Only names that hold this, without regard to case.
    #[serde(default)]
    pub filter: String,
    /// The order.
    #[serde(default)]
    pub sort: SortKey,
    /// Largest, newest or last name first.
    #[serde(default)]
    pub descending: bool,
    /// Index of the first entry that is wanted.
    #[serde(default)]
    pub offset: usize,
    /// How many are wanted, at most 500; 0 is 200.
    #[serde(default)]
    pub limit: usize,
    /// Ask the provider again, even when the listing is known.
    #[serde(default)]
    pub refresh: bool,
}

/// A window of a listing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FilePage {
    /// What was listed.
    pub location: Location,
    /// How many entries there are in all.
    #[schema(example = 1)]
    pub total: usize,
    /// How many of them the filter lets through.
    #[schema(example = 1)]
    pub matched: usize,
    /// Sum of the sizes that are known, of what the filter lets through, in bytes.
    #[schema(example = 4_194_304)]
    pub bytes: u64,
    /// Index of the first of `entries` among the matched.
    pub offset: usize,
    /// The entries of the window.
    pub entries: Vec<Entry>,
    /// When the provider was asked.
    pub listed_at: Timestamp,
}

/// A key by which names sort as people expect: without regard to case, and digits as numbers ("2" before "10").
#[must_use]
pub fn natural_key(name: &str) -> Vec<u8> {
    let mut key = Vec::with_capacity(name.len() + 4);
    let mut rest = name.as_bytes();
    while let [first, tail @ ..] = rest {
        if first.is_ascii_digit() {
            let run = rest.iter().take_while(|b| b.is_ascii_digit()).count();
            let (digits, after) = rest.split_at(run);
            let digits = digits.iter().position(|b| *b != b'0').map_or(&digits[run - 1..], |at| &digits[at..]);
            // The count of digits goes before them, so that bytes compare as numbers do; 255 digits are one class.
            key.extend([b'0', u8::try_from(digits.len()).unwrap_or(u8::MAX)]);
            key.extend(digits);
            rest = after;
        } else if first.is_ascii() {
            key.push(first.to_ascii_lowercase());
            rest = tail;
        } else {
            let run = rest.iter().take_while(|b| !b.is_ascii()).count();
            let (text, after) = rest.split_at(run);
            key.extend(String::from_utf8_lossy(text).to_lowercase().as_bytes());
            rest = after;
        }
    }
    key
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_sort_as_people_expect() {
        let sorted = ["", "1", "01a", "2", "10", "a", "A1", "a2", "a10", "a10b", "B", "img_9", "img_10", "z", "É", "日本"];
        let mut names = sorted;
        names.reverse();
        names.sort_by_key(|name| natural_key(name));
        assert_eq!(names, sorted);
    }
}
