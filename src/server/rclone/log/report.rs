//! What is kept of a run that has ended: a folder in the run's own. It is there whole or not at all.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};

use crate::domain::run::{Counts, FileOutcome};

use super::finish::Finish;

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
