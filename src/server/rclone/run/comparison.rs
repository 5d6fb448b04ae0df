//! What rclone says of each name when it only compares two folders (`--combined`): a sign and a name a line. Counted
//! and read again as often as is needed, in memory that a million names do not fill.

use std::{
    collections::HashSet,
    fs::File,
    hash::{DefaultHasher, Hash as _, Hasher as _},
    io::{self, BufRead as _, BufReader},
    path::Path,
};

use unicode_normalization::UnicodeNormalization as _;

/// The comparison's name in the folder of a look ahead, and of a preview.
pub const FILE: &str = "comparison.txt";
/// How many folders are kept below which nothing could be seen, or which are links.
const MAX_FOLDERS: usize = 100_000;
/// What rclone adds to the name of a link when it is asked for links as files.
const LINK: &str = ".rclonelink";

/// In which way a name is on the two sides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// On both, and the same.
    Same,
    /// On both, and not the same.
    Changed,
    /// Only in the source.
    New,
    /// Only at the destination.
    Extra,
}

impl Side {
    const fn of(sign: u8) -> Option<Self> {
        match sign {
            b'=' => Some(Self::Same),
            b'*' => Some(Self::Changed),
            b'+' => Some(Self::New),
            b'-' => Some(Self::Extra),
            _ => None,
        }
    }
}

/// How many files there are of each kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Comparison {
    /// On both sides, and the same.
    pub same: u64,
    /// On both sides, and not the same.
    pub changed: u64,
    /// Only in the source.
    pub new: u64,
    /// Only at the destination.
    pub extra: u64,
}

impl Comparison {
    /// Counts what the file at `path` says; nothing when it is not there. `twice` says that rclone looked at the
    /// destination twice, once to delete: then what is only there stands in it twice.
    pub fn read(path: &Path, twice: bool) -> io::Result<Self> {
        let mut counted = Self::default();
        each(path, |side, _| match side {
            Side::Same => counted.same += 1,
            Side::Changed => counted.changed += 1,
            Side::New => counted.new += 1,
            Side::Extra => counted.extra += 1,
        })?;
        if twice {
            counted.extra = NameSearch::read(path, &[Side::Extra], Fold::default(), "")?.keys.len() as u64;
        }
        Ok(counted)
    }

    /// Files in the source.
    #[must_use]
    pub const fn source(&self) -> u64 {
        self.same + self.changed + self.new
    }

    /// Files at the destination.
    #[must_use]
    pub const fn destination(&self) -> u64 {
        self.same + self.changed + self.extra
    }
}

/// Calls `each` with every name of the comparison at `path`. A line without a sign is the rest of a name that holds a
/// line feed.
pub fn each(path: &Path, mut each: impl FnMut(Side, &str)) -> io::Result<()> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error),
    };
    let mut last: Option<(Option<Side>, Vec<u8>)> = None;
    let mut tell = |last: Option<(Option<Side>, Vec<u8>)>| {
        if let Some((Some(side), name)) = last {
            each(side, &String::from_utf8_lossy(&name));
        }
    };
    for line in BufReader::with_capacity(64 << 10, file).split(b'\n') {
        let line = line?;
        match (line.as_slice(), &mut last) {
            ([sign @ (b'=' | b'*' | b'+' | b'-' | b'!'), b' ', name @ ..], _) if !name.is_empty() => {
                tell(last.replace((Side::of(*sign), name.to_vec())));
            }
            (rest, Some((_, name))) => {
                name.push(b'\n');
                name.extend_from_slice(rest);
            }
            (_, None) => {}
        }
    }
    tell(last);
    Ok(())
}

/// Which names rclone takes for the same.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Fold {
    /// Upper and lower case.
    pub case: bool,
    /// Forms of Unicode.
    pub unicode: bool,
}

impl Fold {
    fn key(self, name: &str) -> u64 {
        let mut hasher = DefaultHasher::new();
        if name.is_ascii() {
            if self.case { name.to_ascii_lowercase().hash(&mut hasher) } else { name.hash(&mut hasher) }
        } else {
            let name = if self.unicode { name.nfc().collect() } else { name.to_owned() };
            if self.case { name.to_lowercase().hash(&mut hasher) } else { name.hash(&mut hasher) }
        }
        hasher.finish()
    }
}

/// Names of a comparison that are looked for somewhere else, and which of them were found there. Eight bytes and a bit
/// for each.
#[derive(Debug, Default)]
pub struct NameSearch {
    keys: Vec<u64>,
    found: Vec<bool>,
    /// Links, and folders that could not be read: what lies below cannot be seen, and may be there.
    unseen: HashSet<String>,
    fold: Fold,
    suffix: String,
}

impl NameSearch {
    /// The names that are on these sides, each with `suffix`.
    pub fn read(path: &Path, sides: &[Side], fold: Fold, suffix: &str) -> io::Result<Self> {
        let mut keys = Vec::new();
        each(path, |side, name| {
            if sides.contains(&side) {
                keys.push(if suffix.is_empty() { fold.key(name) } else { fold.key(&format!("{name}{suffix}")) });
            }
        })?;
        keys.sort_unstable();
        keys.dedup();
        let found = vec![false; keys.len()];
        Ok(Self { keys, found, unseen: HashSet::new(), fold, suffix: suffix.to_owned() })
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.keys.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// Hears of a file that is there.
    pub fn saw(&mut self, name: &str) {
        if let Ok(at) = self.keys.binary_search(&self.fold.key(name)) {
            self.found[at] = true;
        }
        if let Some(link) = name.strip_suffix(LINK) {
            self.cannot_see(link);
        }
    }

    /// Hears of a link, or of a folder that could not be read.
    pub fn cannot_see(&mut self, folder: &str) {
        if self.unseen.len() < MAX_FOLDERS {
            self.unseen.insert(folder.to_owned());
        }
    }

    /// Whether a name of the comparison was found.
    #[must_use]
    pub fn is_there(&self, name: &str) -> bool {
        let full = format!("{name}{}", self.suffix);
        if self.keys.binary_search(&self.fold.key(&full)).is_ok_and(|at| self.found[at]) {
            return true;
        }
        let ends = full.match_indices('/').map(|(at, _)| at).chain([full.len()]);
        !self.unseen.is_empty() && ends.into_iter().any(|end| self.unseen.contains(&full[..end]))
    }

    /// How many of the names on these sides were found, and the first of them: so many that they are at most `most` and
    /// `bytes` long.
    pub fn found(&self, path: &Path, sides: &[Side], most: usize, bytes: usize) -> io::Result<(u64, Vec<String>)> {
        let (mut count, mut names, mut length) = (0, Vec::new(), 0);
        let mut seen = HashSet::new();
        each(path, |side, name| {
            // A name that stands in it twice is one file.
            if !sides.contains(&side) || !self.is_there(name) || !seen.insert(self.fold.key(name)) {
                return;
            }
            count += 1;
            if names.len() < most && length + name.len() <= bytes {
                length += name.len();
                names.push(name.to_owned());
            }
        })?;
        Ok((count, names))
    }
}

/// The names on these sides, when there are no more than `most`.
pub fn few(path: &Path, sides: &[Side], most: usize) -> io::Result<Option<Vec<String>>> {
    let mut names = Vec::new();
    each(path, |side, name| {
        if sides.contains(&side) && names.len() <= most {
            names.push(name.to_owned());
        }
    })?;
    names.sort();
    names.dedup();
    Ok(Some(names).filter(|names| names.len() <= most))
}

#[cfg(test)]
mod tests;
