//! What kind of run a log is of: rclone says the same words for a file's own move and for one that makes room.

use std::{fs, io, path::Path, time::UNIX_EPOCH};

use crate::{
    domain::{operation::Operation, run::files::FileOutcome, time::Timestamp},
    server::rclone::program::{run_dir, spec::RunSpec},
};

use super::{latest::Names, reader};

/// What is known of a run from what it was started with. By default every line is taken at its word.
#[derive(Debug, Default)]
pub struct RunTraits {
    /// Whether it moves files only to make room, or to follow a rename: what is asked for is something else.
    pub moves_inside: bool,
    /// Whether it moves files from one place to another: what is copied and then deleted was moved.
    pub moves: bool,
    /// Whether it only compares: it transfers nothing, whatever it reads.
    pub compares: bool,
    /// Whether what is replaced or deleted goes to a backup folder.
    pub backup: bool,
    /// Of a comparison, the files that could not be compared: what its log says of others, the comparison says better.
    pub unread: Option<Names>,
}

impl RunTraits {
    /// Of the run in `dir`.
    pub fn of(dir: &Path) -> io::Result<Self> {
        let mut kind = RunSpec::read(dir).map(|spec| Self::by(&spec)).unwrap_or_default();
        let mut unread = Names::default();
        if compared(dir, |outcome, name| {
            if outcome == FileOutcome::Failed {
                unread.add(name);
            }
            Ok(())
        })? {
            kind.unread = Some(unread);
        }
        Ok(kind)
    }

    fn by(spec: &RunSpec) -> Self {
        let is = |operations: &[Operation]| spec.operation.is_some_and(|operation| operations.contains(&operation));
        Self {
            moves_inside: is(&[Operation::Copy, Operation::Sync, Operation::Delete]),
            moves: is(&[Operation::Move]),
            compares: is(&[Operation::Check]),
            backup: spec.backup,
            unread: None,
        }
    }
}

/// Calls `each` with what the comparison in `dir` says of each file. Whether there is one.
pub fn compared(dir: &Path, mut each: impl FnMut(FileOutcome, &str) -> io::Result<()>) -> io::Result<bool> {
    let Some(file) = reader::open(&dir.join(run_dir::COMBINED))? else { return Ok(false) };
    reader::each(file, true, |line| {
        let line = String::from_utf8_lossy(line);
        match line.split_at_checked(2).and_then(|(sign, name)| Some((outcome(sign)?, name))) {
            Some((outcome, name)) if !name.is_empty() => each(outcome, name),
            _ => Ok(()),
        }
    })?;
    Ok(true)
}

/// When the comparison in `dir` was written last.
pub fn compared_at(dir: &Path) -> Timestamp {
    let modified = fs::metadata(dir.join(run_dir::COMBINED)).and_then(|metadata| metadata.modified()).ok();
    let millis = modified.and_then(|at| i64::try_from(at.duration_since(UNIX_EPOCH).ok()?.as_millis()).ok());
    Timestamp(millis.unwrap_or_default())
}

fn outcome(sign: &str) -> Option<FileOutcome> {
    match sign {
        "= " => Some(FileOutcome::Matched),
        "* " => Some(FileOutcome::Differs),
        "+ " => Some(FileOutcome::MissingOnDestination),
        "- " => Some(FileOutcome::MissingOnSource),
        "! " => Some(FileOutcome::Failed),
        _ => None,
    }
}
