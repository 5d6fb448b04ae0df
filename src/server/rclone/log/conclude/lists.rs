//! Writes the lists of a report while a log is read.

use std::{
    fs::File,
    io::{self, Write as _},
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
};

use super::super::{
    index::Writer,
    parser::{Collector, Provisional},
    report::{self, Tally},
};
use super::outcome_of;
use crate::domain::run::files::{Counts, FileOutcome, RunFile};

/// The lists of a report while they are written.
pub(super) struct Lists {
    folder: PathBuf,
    lists: [Option<Writer>; FileOutcome::ALL.len()],
    pub(super) kept: [Option<Writer>; Provisional::ALL.len()],
    counts: Counts,
    pub(super) tally: Tally,
}

impl Lists {
    pub(super) fn new(folder: &Path) -> Self {
        Self {
            folder: folder.to_owned(),
            lists: Default::default(),
            kept: Default::default(),
            counts: Counts::default(),
            tally: Tally::default(),
        }
    }

    /// Where that is kept which is not certain.
    pub(super) fn pile(&self, doubt: Provisional) -> PathBuf {
        self.folder.join(format!("{}.kept", outcome_of(doubt).as_str()))
    }

    pub(super) fn finish(self) -> io::Result<Counts> {
        self.lists.into_iter().flatten().try_for_each(Writer::finish)?;
        Ok(self.counts)
    }
}

impl Collector for Lists {
    fn put(&mut self, file: RunFile) -> io::Result<()> {
        self.counts.add(file.outcome);
        self.tally.add(&file);
        let path = || report::list(&self.folder, file.outcome);
        let list = &mut self.lists[file.outcome as usize];
        writer(list, path)?.push(&file)
    }

    fn keep(&mut self, doubt: Provisional, file: RunFile) -> io::Result<bool> {
        let path = self.pile(doubt);
        writer(&mut self.kept[doubt as usize], || path)?.push(&file)?;
        Ok(true)
    }
}

/// The writer in this place; a new one when there is none yet.
fn writer(place: &mut Option<Writer>, path: impl FnOnce() -> PathBuf) -> io::Result<&mut Writer> {
    match place {
        Some(writer) => Ok(writer),
        None => Ok(place.insert(Writer::create(&path())?)),
    }
}

pub(super) fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = File::options().write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}
