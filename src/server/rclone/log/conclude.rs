//! The end of a log: one pass over it, in bounded memory, makes what is kept of a run, and the log itself goes.

mod lists;

use std::{
    collections::BTreeSet,
    fs::{self, File},
    io,
    os::unix::fs::DirBuilderExt as _,
    path::Path,
};

use self::lists::{Lists, write};
use super::{
    finish::finish,
    index::{Index, Writer},
    line::Line,
    parser::{Collector, LineCounts, LogParser, Provisional},
    report::{self, Report, Tally, UNCONFIRMED},
    segments::{self, BACKUPS},
    series::{self, Thinner},
    tail::statistics,
    traits::{self, RunTraits},
    trim::{self, Trimmer},
};
use crate::{
    domain::run::{
        files::{Counts, FileOutcome, RunFile},
        stats::Stats,
    },
    server::rclone::program::run_dir,
};

/// The report while it is made.
const DRAFT: &str = "report.draft";
/// When rclone's first statistics come at the latest, in milliseconds after it began: it writes some every second.
const FIRST_STATISTICS: u64 = 5000;

/// Makes the report of the run in `dir`, whose processes are gone, and deletes its log. Doing it again changes nothing,
/// and one that was broken off is done again from the beginning: what is there is whole.
pub fn conclude(dir: &Path) -> io::Result<Report> {
    let report = match report::report(dir)? {
        Some(report) => report,
        None => make(dir)?,
    };
    segments::remove(dir)?;
    match fs::remove_file(dir.join(run_dir::COMBINED)) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(report),
    }
}

fn make(dir: &Path) -> io::Result<Report> {
    let draft = dir.join(DRAFT);
    match fs::remove_dir_all(&draft) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    fs::DirBuilder::new().mode(0o700).create(&draft)?;
    let report = fill(dir, &draft).inspect_err(|_| {
        // A full disk: what is left of it would stay in the way of everything else.
        let _ = fs::remove_dir_all(&draft);
    })?;
    File::open(&draft)?.sync_all()?;
    fs::rename(&draft, report::folder(dir))?;
    File::open(dir)?.sync_all()?;
    Ok(report)
}

fn fill(dir: &Path, draft: &Path) -> io::Result<Report> {
    let finish = finish(dir);
    let segments = segments::open(dir)?;
    let (set_aside, whole) = (segments.len().saturating_sub(1), segments.iter().map(|segment| segment.len).sum());
    let mut keeper = Trimmer::create(&draft.join(run_dir::LOG), whole)?;
    let mut thinner = Thinner::default();
    let kind = RunTraits::of(dir)?;
    let compares = kind.compares;
    let mut pass = LogParser::new(kind, Lists::new(draft));
    let mut first = None;
    segments::each(segments, true, |line| {
        if let Some(said) = Line::read(line) {
            pass.line(&said)?;
            return keeper.push(line, said.is_routine());
        }
        if let Some(stats) = statistics(line) {
            let (stats, _) = stats.split();
            first.get_or_insert(stats.elapsed_ms);
            thinner.push(&stats);
        }
        keeper.push(line, trim::is_progress(line))
    })?;
    let at = traits::compared_at(dir);
    traits::compared(dir, |outcome, name| {
        pass.compared(RunFile { name: name.to_owned(), outcome, size: None, at, error: None, was: None })
    })?;
    let cut = set_aside >= BACKUPS && first.is_none_or(|elapsed| elapsed > FIRST_STATISTICS);
    let lacks = |stats: &Stats| !compares && lacks(pass.told, stats.files, stats.deletes);
    let log_truncated = cut || finish.stats.as_ref().is_some_and(lacks);
    let notes = std::mem::take(&mut pass.notes);
    let Settled { counts, tally, unconfirmed } = settle(pass)?;
    let report = Report { counts, log_truncated, log_shortened: keeper.finish()?, finish, tally, notes, unconfirmed };
    write(&series::path(draft), &serde_json::to_vec(&thinner.finish())?)?;
    write(&report::path(draft), &serde_json::to_vec(&report)?)?;
    Ok(report)
}

/// Whether there are fewer lines than files that rclone counted.
const fn lacks(told: LineCounts, transfers: u64, deletes: u64) -> bool {
    told.transfers < transfers || told.failures == 0 && told.deletes < deletes
}

/// What the lists came to.
struct Settled {
    counts: Counts,
    tally: Tally,
    unconfirmed: Vec<String>,
}

/// Puts what was kept for later where it belongs, now that all is known.
fn settle(pass: LogParser<Lists>) -> io::Result<Settled> {
    let (mut lists, doubts) = pass.end()?;
    let mut unconfirmed = Vec::new();
    for doubt in Provisional::ALL {
        let path = lists.pile(doubt);
        let Some(pile) = lists.kept[doubt as usize].take() else { continue };
        pile.finish()?;
        if let Some(index) = Index::open(&path, outcome_of(doubt))? {
            index.each(|number, file| {
                if !doubts.holds(doubt, number, &file.name) {
                    return Ok(());
                }
                if doubt == Provisional::Failed && unconfirmed.len() < UNCONFIRMED {
                    unconfirmed.push(file.name.clone());
                }
                lists.put(file)
            })?;
        }
        fs::remove_file(&path)?;
    }
    let tally = lists.tally;
    Ok(Settled { counts: lists.finish()?, tally, unconfirmed })
}

/// Takes these files, of which it is known now that they succeeded, from those that failed in the report of the run in
/// `dir`. Doing it again changes nothing.
pub fn clear(dir: &Path, succeeded: &BTreeSet<String>) -> io::Result<()> {
    let Some(mut report) = report::report(dir)? else { return Ok(()) };
    let folder = report::folder(dir);
    let path = report::list(&folder, FileOutcome::Failed);
    if let Some(index) = Index::open(&path, FileOutcome::Failed)? {
        let (anew, mut left) = (folder.join("failed.new"), 0);
        remove(&anew)?;
        let mut list = Writer::create(&anew)?;
        index.each(|_, file| {
            if succeeded.contains(&file.name) {
                return Ok(());
            }
            left += 1;
            list.push(&file)
        })?;
        list.finish()?;
        if left > 0 {
            fs::rename(&anew, &path)?;
        } else {
            remove(&path).and_then(|()| remove(&anew))?;
        }
        report.counts.failed = left;
    }
    report.unconfirmed.retain(|name| !succeeded.contains(name));
    let anew = folder.join("report.new");
    remove(&anew)?;
    write(&anew, &serde_json::to_vec(&report)?)?;
    fs::rename(&anew, report::path(&folder))?;
    File::open(&folder)?.sync_all()
}

/// Removes what a crash left.
fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

const fn outcome_of(doubt: Provisional) -> FileOutcome {
    match doubt {
        Provisional::Failed => FileOutcome::Failed,
        Provisional::Skipped => FileOutcome::Skipped,
        Provisional::Copied => FileOutcome::Copied,
        Provisional::Moved => FileOutcome::Moved,
    }
}

#[cfg(test)]
mod tests;
