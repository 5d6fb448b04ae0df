//! What is kept of a run that has ended: a folder in the run's own. It is there whole or not at all.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};

use crate::domain::run::files::{Counts, FileOutcome, RunFile};

use super::{finish::Finish, notes::Notes};

/// Names that are kept of files that failed and may have succeeded all the same.
pub const UNCONFIRMED: usize = 200;

/// What the lists come to, each file once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Tally {
    /// Files that were written where they were to go: copied, updated or moved.
    pub files: u64,
    /// Bytes of those whose size is known.
    pub bytes: u64,
    /// How many of them have no size in the log.
    pub unsized_files: u64,
    /// Files that are gone from where they were: deleted, or moved elsewhere.
    pub removed: u64,
}

impl Tally {
    /// Counts a file.
    pub fn add(&mut self, file: &RunFile) {
        match file.outcome {
            FileOutcome::Copied | FileOutcome::Updated | FileOutcome::Moved => {
                self.files += 1;
                match file.size {
                    Some(size) => self.bytes = self.bytes.saturating_add(size),
                    None => self.unsized_files += 1,
                }
                self.removed += u64::from(file.outcome == FileOutcome::Moved);
            }
            FileOutcome::Deleted => self.removed += 1,
            _ => {}
        }
    }
}

/// What is kept of a run, but for the lists, the series and the log themselves.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// How many files there are of each outcome.
    pub counts: Counts,
    /// Whether a part of rclone's log was lost before it was read: files may be missing in the lists.
    pub log_truncated: bool,
    /// Whether lines were left out of the log that is kept.
    pub log_shortened: bool,
    /// What the log says in the end.
    pub finish: Finish,
    /// What the lists come to.
    #[serde(default)]
    pub tally: Tally,
    /// What rclone said of the run as a whole.
    #[serde(default)]
    pub notes: Notes,
    /// The first of the files that failed and that no line says succeeded later. Where rclone ended well, they may
    /// have: it is silent about files that are the same on both sides.
    #[serde(default)]
    pub unconfirmed: Vec<String>,
}

/// The folder.
#[must_use]
pub fn folder(dir: &Path) -> PathBuf {
    dir.join("report")
}

/// The list of an outcome, in the folder.
pub fn list(folder: &Path, outcome: FileOutcome) -> PathBuf {
    folder.join(format!("{}.files", outcome.as_str()))
}

/// The report itself, in the folder.
pub fn path(folder: &Path) -> PathBuf {
    folder.join("report.json")
}

/// The report of the run in `dir`. `None` when there is none: it goes on, or ended when there were no reports.
pub fn report(dir: &Path) -> io::Result<Option<Report>> {
    match fs::read(path(&folder(dir))) {
        Ok(json) => Ok(Some(serde_json::from_slice(&json)?)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}
