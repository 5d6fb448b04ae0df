//! Warnings of a successful run: what it did not do or did not prove, with counts, and one sentence for every place
//! that shows it.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::domain::{format, operation::Operation};

/// How many folders are named in a sentence.
const NAMED: usize = 3;

/// What a warning is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum WarningKind {
    /// Files were compared by size only, where more was asked for or is needed to see every change.
    ComparedBySize,
    /// Files failed, and nobody saw them succeed later.
    NotConfirmed,
    /// Files were left out because their name is there twice, as the other side sees names.
    DuplicatesLeftOut,
    /// The source holds files, and the filters left none of them.
    NothingMatched,
    /// The source is empty or not there.
    SourceEmpty,
    /// Names that could not be decrypted were left out.
    NamesNotDecrypted,
    /// Files in folders whose name is empty (`a//b`) were left out: rclone cannot list such a folder.
    NamesLeftOut,
    /// An option had no effect.
    OptionIgnored,
}

/// Something that was asked for and not done, or not proved, although rclone ended well.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RunWarning {
    /// What it is about.
    pub kind: WarningKind,
    /// How many files it is about. Absent where nobody knows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(example = 312)]
    pub files: Option<u64>,
    /// It in words, and what to do.
    #[schema(
        example = "312 files were compared by size only: dav has no checksums. Run the check with download to compare their content."
    )]
    pub message: String,
}

/// Why content, or time, was not compared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Lack {
    /// This side has no checksums at all.
    NoChecksums(String),
    /// Both sides have checksums, and none of the same kind.
    NoCommonChecksum,
    /// The sides have a kind of checksum in common, and these files have none.
    MissingChecksums,
    /// This side keeps no times of files; whether both have a kind of checksum in common.
    NoTimes {
        /// The side.
        side: String,
        /// Whether checksums could be compared instead.
        checksums: bool,
    },
}

impl Lack {
    pub(in crate::domain) fn description(&self) -> String {
        match self {
            Self::NoChecksums(side) => format!("{side} has no checksums"),
            Self::NoCommonChecksum => "source and destination have no kind of checksum in common".to_owned(),
            Self::MissingChecksums => "the provider has no checksum of them".to_owned(),
            Self::NoTimes { side, .. } => format!("{side} keeps no times of files"),
        }
    }

    /// What to do about it.
    pub(in crate::domain) fn remedy(&self, operation: Operation) -> &'static str {
        match (self, operation) {
            (_, Operation::Check) => "Run the check with download to compare their content.",
            (Self::NoTimes { checksums: true, .. }, _) => {
                "A change that keeps the size is not seen. Set checksum to see it."
            }
            (_, Operation::Bisync) => {
                "A change that keeps the size is not seen. Set download_hash with checksum to see it."
            }
            _ => {
                "A change that keeps the size is not seen. Run a check with download to compare their content, or set size_only if this is enough."
            }
        }
    }
}

/// Files of a name that is there twice.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Duplicates {
    /// Files of the source that were left out.
    pub source: u64,
    /// Files of the destination that were ignored.
    pub destination: u64,
    /// Folders that were left out, with all that is in them.
    pub folders: u64,
}

impl Duplicates {
    /// Whether there are none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.source == 0 && self.destination == 0 && self.folders == 0
    }
}

impl RunWarning {
    const fn new(kind: WarningKind, files: Option<u64>, message: String) -> Self {
        Self { kind, files, message }
    }

    /// `files` files were compared by size only; `None` where their number is not known.
    #[must_use]
    pub fn compared_by_size(operation: Operation, files: Option<u64>, of: Option<u64>, lack: &Lack) -> Self {
        let which = match (files, of) {
            (Some(n), Some(of)) if n < of => format!("{} of {} were", format::count(n), files_of(of)),
            (Some(1), _) => "1 file was".to_owned(),
            (Some(n), _) => format!("{} were", files_of(n)),
            (None, _) => "Files were".to_owned(),
        };
        let message = format!("{which} compared by size only: {}. {}", lack.description(), lack.remedy(operation));
        Self::new(WarningKind::ComparedBySize, files, message)
    }

    /// So many files failed, and their success was not seen.
    #[must_use]
    pub fn not_confirmed(files: u64) -> Self {
        let (files_words, their) = (files_of(files), if files == 1 { "its" } else { "their" });
        let message = format!(
            "{files_words} failed, and {their} success was not seen. Check the list of failed files, then run it again."
        );
        Self::new(WarningKind::NotConfirmed, Some(files), message)
    }

    /// Files or folders were left out because their name is there twice.
    #[must_use]
    pub fn duplicates(duplicates: Duplicates) -> Self {
        let Duplicates { source, destination, folders } = duplicates;
        let part = |n: u64, what: String| (n > 0).then_some(what);
        let parts: Vec<_> = [
            part(source, format!("{} of the source", files_of(source))),
            part(folders, format::plural(folders, "folder", "folders")),
            part(destination, format!("{} of the destination", files_of(destination))),
        ]
        .into_iter()
        .flatten()
        .collect();
        let was = if source + destination + folders == 1 { "was" } else { "were" };
        let message = format!(
            "{} {was} left out: another has the same name, or one that differs only in case or in Unicode form. Rename one of them.",
            parts.join(", ")
        );
        Self::new(WarningKind::DuplicatesLeftOut, Some(source + destination), message)
    }

    /// So many files have a name that differs from that of another only in slashes, and the destination does not tell
    /// them apart.
    #[must_use]
    pub fn overwritten(files: u64) -> Self {
        let (their, was) = if files == 1 { ("its name differs", "was") } else { ("their names differ", "were") };
        let message = format!(
            "{} {was} written over another of this run, or the other over it: {their} only in slashes (“a//b” and “a/b”), which the destination \
             does not tell apart. Rename one of each.",
            files_of(files)
        );
        Self::new(WarningKind::DuplicatesLeftOut, Some(files), message)
    }

    /// The source held nothing; `is_there`: where folders are things of their own, it is known to be one.
    #[must_use]
    pub fn source_empty(is_there: bool) -> Self {
        let message = if is_there {
            "The source is empty. Make sure that it is the right folder, and that its disk is mounted."
        } else {
            "The source is empty or not there. Make sure that its path is written as the provider has it."
        };
        Self::new(WarningKind::SourceEmpty, Some(0), message.to_owned())
    }

    /// The source holds `of` files, and the filters left none.
    #[must_use]
    pub fn nothing_matched(of: u64) -> Self {
        let message = format!(
            "0 of {} matched your filters. Look at include, exclude and the limits of age and size.",
            files_of(of)
        );
        Self::new(WarningKind::NothingMatched, Some(of), message)
    }

    /// So many names could not be decrypted.
    #[must_use]
    pub fn names_not_decrypted(names: u64) -> Self {
        let message = format!(
            "{} could not be decrypted and {} left out. Is the password of the encrypting remote the one that these files were written with?",
            format::plural(names, "name", "names"),
            if names == 1 { "was" } else { "were" }
        );
        Self::new(WarningKind::NamesNotDecrypted, Some(names), message)
    }

    /// Files in these folders were left out, because rclone cannot list a folder whose name is empty: so many of the
    /// source, and of the destination that were not seen. `None` where nobody knows.
    #[must_use]
    pub fn names_left_out(folders: &[String], source: Option<u64>, destination: Option<u64>) -> Self {
        let part = |n: Option<u64>, of: &str| n.filter(|n| *n > 0).map(|n| format!("{} of the {of}", files_of(n)));
        let parts: Vec<_> = [part(source, "source"), part(destination, "destination")].into_iter().flatten().collect();
        let what = match (source.unwrap_or_default() + destination.unwrap_or_default(), parts.as_slice()) {
            (_, []) => "Files may have been left out".to_owned(),
            (1, parts) => format!("{} was left out", parts.join(", ")),
            (_, parts) => format!("{} were left out", parts.join(", ")),
        };
        let named: Vec<_> = folders.iter().take(NAMED).map(|folder| format!("“{folder}/”")).collect();
        let more = if folders.len() > NAMED { " …" } else { "" };
        let message = format!(
            "{what}: rclone cannot list a folder whose name is empty ({}{more}). Rename what lies there, so that no key has two slashes in a row or \
             ends in one.",
            named.join(", ")
        );
        let files =
            if parts.is_empty() { None } else { Some(source.unwrap_or_default() + destination.unwrap_or_default()) };
        Self::new(WarningKind::NamesLeftOut, files, message)
    }

    /// rclone ignored an option, and said why.
    #[must_use]
    pub fn option_ignored(option: &str, why: &str) -> Self {
        Self::new(WarningKind::OptionIgnored, None, format!("{option} had no effect: {why}."))
    }
}

fn files_of(n: u64) -> String {
    format::plural(n, "file", "files")
}

#[cfg(test)]
mod tests;
