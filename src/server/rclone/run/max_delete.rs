//! What rclone counts as a delete, and so what its `--max-delete` has to be for a sync that may delete so many files
//! and no more.
//!
//! rclone counts what it does, not what is lost. A file that is kept (`--backup-dir`, `--suffix`) is moved there; where
//! the remote cannot move (S3, and what encrypts it), rclone copies it and then deletes it where it was, which counts.
//! Where it can move, an older file of that name that is kept there is deleted first, which counts too. So, for `D`
//! deletes that are allowed:
//!
//! | | one delete counts | and beside them are counted |
//! |---|---|---|
//! | nothing is kept | 1 | nothing |
//! | kept, the remote moves | 1 | names that are kept there already |
//! | kept, the remote cannot move | 2 | files that are replaced |
//! | `track_renames`, the remote cannot move | as above | files that are renamed |
//!
//! The limit is `D` times the first column plus the second, as the look ahead saw it, with nothing added: files that
//! are replaced in between use up what deletes would have, so that the run ends with an error rather than delete one
//! more. Only when fewer are replaced in the run than were seen could half as many more be deleted.

use std::{os::unix::fs::MetadataExt as _, path::Path};

use super::{comparison::Comparison, presence::Traits};
use crate::domain::{location::Location, transfer::TransferOptions};

/// Where files that would be lost are kept, and by which name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// The folder.
    pub place: Location,
    /// What is added to a name. `None` when it goes in before the extension: then nobody looks for it there.
    pub suffix: Option<String>,
}

impl Kept {
    /// Where a run with these options keeps what would be lost at `destination`; `None` when it keeps nothing.
    #[must_use]
    pub fn of(options: &TransferOptions, destination: &Location) -> Option<Self> {
        let flag = |name: &str| options.flags.get(name).and_then(|value| value.to_args().pop());
        let suffix = flag("suffix").filter(|suffix| !suffix.is_empty());
        let folder = options.backup_dir.as_deref().and_then(|text| Location::parse(text).ok());
        if folder.is_none() && suffix.is_none() {
            return None;
        }
        let inside = flag("suffix_keep_extension").is_some_and(|on| on == "true") && suffix.is_some();
        Some(Self {
            place: folder.unwrap_or_else(|| destination.clone()),
            suffix: (!inside).then(|| suffix.unwrap_or_default()),
        })
    }
}

/// Whether both folders lie on one disk: between two, a file cannot be moved.
#[must_use]
pub fn is_one_disk(one: &Path, other: &Path) -> bool {
    let disk = |path: &Path| path.ancestors().find_map(|path| std::fs::metadata(path).ok()).map(|found| found.dev());
    disk(one) == disk(other)
}

/// What a sync would do beside its deletes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Beside {
    /// Whether what would be lost is kept.
    pub kept: bool,
    /// Whether a file can be moved to where it is kept, or to its new name.
    pub moves: bool,
    /// Files that are replaced.
    pub replaced: u64,
    /// Files that have another name in the source.
    pub renamed: u64,
    /// Names that would be kept, and are kept there already.
    pub kept_before: u64,
}

impl Beside {
    /// Of a comparison, without what is kept there already.
    #[must_use]
    pub const fn of(comparison: &Comparison, renamed: u64, kept: bool, traits: Traits) -> Self {
        Self { kept, moves: traits.moves, replaced: comparison.changed, renamed, kept_before: 0 }
    }

    /// The `--max-delete` of a sync that may delete `deletes` files.
    #[must_use]
    pub const fn limit(&self, deletes: u64) -> u64 {
        let renamed = if self.moves { 0 } else { self.renamed };
        let (each, more) = match (self.kept, self.moves) {
            (false, _) => (1, 0),
            (true, true) => (1, self.kept_before),
            (true, false) => (2, self.replaced),
        };
        deletes.saturating_mul(each).saturating_add(more).saturating_add(renamed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_holds_what_rclone_counts_beside_the_deletes() {
        let seen = Beside { replaced: 30, renamed: 4, kept_before: 7, ..Beside::default() };
        for (kept, moves, limit) in [(false, true, 10), (false, false, 14), (true, true, 17), (true, false, 54)] {
            assert_eq!(Beside { kept, moves, ..seen }.limit(10), limit, "kept {kept}, moves {moves}");
        }
        assert_eq!(Beside { kept: true, ..seen }.limit(u64::MAX), u64::MAX);
    }
}
