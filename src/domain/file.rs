//! Files in a location: entries, and the window of a listing that a screen looks at.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{location::Location, time::Timestamp, unaddressable::Unaddressable};

/// One file or folder.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
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
    /// How many entries of the listing have the same name and come before it: some providers take a name several times,
    /// and a file and a folder of one name. Absent when none.
    #[serde(default, skip_serializing_if = "is_first")]
    pub duplicate: u32,
    /// Why it cannot be opened by its name. Absent where it can: where its name, joined to the location that was
    /// listed, is a location that opens just this entry.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unaddressable: Option<Unaddressable>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
const fn is_first(duplicate: &u32) -> bool {
    *duplicate == 0
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
    /// Only those from here on.
    pub after: Option<Cursor>,
    /// How many, at most 1,000; all when `None`.
    pub limit: Option<usize>,
}

/// A position in one listing. Names are of no use for that: a provider may give one several times.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cursor {
    /// What the listing is of, as a digest.
    pub place: String,
    /// Which listing of that, as a digest of what the provider said.
    pub listing: String,
    /// How many entries lie before it.
    pub index: usize,
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}-{:x}", self.place, self.listing, self.index)
    }
}

impl FromStr for Cursor {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let digest =
            |text: &str| text.len() == 32 && text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
        let mut parts = text.split('-');
        let (Some(place), Some(listing), Some(index), None) = (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(());
        };
        if !digest(place) || !digest(listing) || index.starts_with('+') {
            return Err(());
        }
        let index = usize::from_str_radix(index, 16).map_err(|_| ())?;
        Ok(Self { place: place.to_owned(), listing: listing.to_owned(), index })
    }
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
    /// Only names that hold this, ignoring case, accents and Unicode form.
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
    /// When the provider was asked. Windows with the same time are of the same listing.
    pub listed_at: Timestamp,
    /// Files among the matched whose size the provider does not tell: they are not in `bytes`.
    #[serde(default)]
    #[schema(example = 0)]
    pub sizeless: usize,
    /// How many files have the name of another file, and folders that of another folder. Of these rclone takes one and
    /// leaves out the rest.
    #[serde(default)]
    #[schema(example = 0)]
    pub duplicates: usize,
    /// How many entries in all cannot be opened by their name; each of them says why.
    #[serde(default)]
    #[schema(example = 0)]
    pub unaddressable: usize,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_survives_its_text_and_nothing_else_is_one() {
        let cursor = Cursor { place: "0".repeat(32), listing: "9f".repeat(16), index: 1000 };
        assert_eq!(cursor.to_string().parse(), Ok(cursor));
        let digest = "a".repeat(32);
        for bad in [
            "",
            "x",
            "-",
            "--",
            &digest,
            &format!("{digest}-{digest}"),
            &format!("{digest}-{digest}-"),
            &format!("{digest}-{digest}-g"),
            &format!("{digest}-{digest}-+1"),
            &format!("{digest}-{digest}-1-1"),
            &format!("{digest}-{digest}-fffffffffffffffff"),
            &format!("{}-{digest}-1", "é".repeat(16)),
            "YS_DvCA_",
        ] {
            assert!(bad.parse::<Cursor>().is_err(), "{bad:?}");
        }
    }
}
