//! What happened to the files of a run: from its report when it has ended, until then from its log.

use std::{io, path::Path};

use crate::domain::{
    run::files::{FileOutcome, RunFile, RunFiles},
    text::Needle,
};

use super::{
    index::Index,
    line::Line,
    parser::{Collector, LogParser, Provisional},
    report, segments,
    traits::{self, RunTraits},
};

/// Largest window.
const WINDOW: u64 = 500;
/// Most files that are not certain and are remembered while a run goes on; one with more has one cause. Its report has
/// all of them.
const KEPT: usize = 100_000;

/// The files of the run in `dir` with this outcome whose name holds `search` as people see it, from the `offset`th on.
/// A file that failed and then was copied by another attempt did not fail.
pub fn files(dir: &Path, outcome: FileOutcome, search: &str, offset: u64, limit: u64) -> io::Result<RunFiles> {
    let (search, limit) = (Needle::new(search), limit.min(WINDOW));
    match report::report(dir)? {
        Some(report) => {
            let result =
                RunFiles { counts: report.counts, log_truncated: report.log_truncated, offset, ..RunFiles::default() };
            from_report(dir, outcome, &search, limit, result)
        }
        None => from_log(dir, outcome, search, offset, limit),
    }
}

fn from_report(
    dir: &Path,
    outcome: FileOutcome,
    search: &Needle,
    limit: u64,
    result: RunFiles,
) -> io::Result<RunFiles> {
    let Some(mut index) = Index::open(&report::list(&report::folder(dir), outcome), outcome)? else {
        return Ok(result);
    };
    let (files, matched) = if search.is_empty() {
        (index.page(result.offset, limit)?, index.count)
    } else {
        index.search(|name| search.is_in(name), result.offset, limit)?
    };
    Ok(RunFiles { files, matched, ..result })
}

fn from_log(dir: &Path, outcome: FileOutcome, search: Needle, offset: u64, limit: u64) -> io::Result<RunFiles> {
    let window =
        Window { result: RunFiles { offset, ..RunFiles::default() }, search, outcome, limit, kept: Default::default() };
    let mut pass = LogParser::new(RunTraits::of(dir)?, window);
    segments::each(segments::open(dir)?, false, |line| Line::read(line).map_or(Ok(()), |line| pass.line(&line)))?;
    let at = traits::compared_at(dir);
    traits::compared(dir, |outcome, name| {
        pass.compared(RunFile { name: name.to_owned(), outcome, size: None, at, error: None, was: None })
    })?;
    let (mut window, doubts) = pass.end()?;
    for doubt in Provisional::ALL {
        for (number, file) in (0..).zip(std::mem::take(&mut window.kept[doubt as usize])) {
            if doubts.holds(doubt, number, &file.name) {
                window.put(file)?;
            }
        }
    }
    Ok(window.result)
}

/// The name of each file with this outcome in the report of the run in `dir`, which has ended.
pub fn each_name(dir: &Path, outcome: FileOutcome, mut each: impl FnMut(String)) -> io::Result<()> {
    let index = Index::open(&report::list(&report::folder(dir), outcome), outcome)?;
    index.map_or(Ok(()), |index| {
        index.each(|_, file| {
            each(file.name);
            Ok(())
        })
    })
}

/// The names of the files that failed in the run in `dir`.
pub fn failed(dir: &Path) -> io::Result<Vec<String>> {
    let mut names = Vec::new();
    loop {
        let window = files(dir, FileOutcome::Failed, "", names.len() as u64, WINDOW)?;
        let last = window.files.is_empty();
        names.extend(window.files.into_iter().map(|file| file.name));
        if last {
            return Ok(names);
        }
    }
}

/// The window while it is filled.
struct Window {
    result: RunFiles,
    search: Needle,
    outcome: FileOutcome,
    limit: u64,
    kept: [Vec<RunFile>; Provisional::ALL.len()],
}

impl Collector for Window {
    fn put(&mut self, file: RunFile) -> io::Result<()> {
        let result = &mut self.result;
        result.counts.add(file.outcome);
        if file.outcome == self.outcome && self.search.is_in(&file.name) {
            if (result.offset..result.offset.saturating_add(self.limit)).contains(&result.matched) {
                result.files.push(file);
            }
            result.matched += 1;
        }
        Ok(())
    }

    fn keep(&mut self, doubt: Provisional, file: RunFile) -> io::Result<bool> {
        let kept = &mut self.kept[doubt as usize];
        let room = kept.len() < KEPT;
        if room {
            kept.push(file);
        }
        Ok(room)
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::server::rclone::program::run_dir;

    fn of(log: &str, outcome: FileOutcome, search: &str, offset: u64, limit: u64) -> RunFiles {
        let dir = tempfile::tempdir().expect("a folder");
        fs::write(dir.path().join(run_dir::LOG), log).expect("written");
        files(dir.path(), outcome, search, offset, limit).expect("read")
    }

    const ERRORS: &str = include_str!("../../../tests/fixtures/rclone/copy_errors_retries.jsonl");
    const RETRIED: &str = include_str!("../../../tests/fixtures/rclone/retry_then_success.jsonl");
    const SYNC: &str = include_str!("../../../tests/fixtures/rclone/sync_v.jsonl");

    #[test]
    fn files_are_counted_by_outcome_and_a_file_fails_once() {
        let all = of(ERRORS, FileOutcome::Failed, "", 0, 100);
        assert_eq!((all.counts.copied, all.counts.updated, all.counts.failed, all.matched), (4, 0, 1, 1));
        assert_eq!(all.files[0].name, "f1.bin");
        assert_eq!(
            all.files[0].error.as_deref(),
            Some("partial file rename failed: can't move object - incompatible remotes")
        );
        let updated = of(SYNC, FileOutcome::Updated, "", 0, 100);
        assert_eq!((updated.counts.copied, updated.counts.updated, updated.counts.failed), (4, 1, 0));
        assert_eq!((updated.files[0].name.as_str(), updated.files[0].size), ("f1.bin", Some(3_000_000)));
    }

    #[test]
    fn a_file_that_another_attempt_copied_did_not_fail() {
        let all = of(RETRIED, FileOutcome::Failed, "", 0, 100);
        assert_eq!((all.counts.copied, all.counts.failed, all.files.len()), (1, 0, 0));
    }

    #[test]
    fn the_window_and_the_search_hold() {
        let page = of(ERRORS, FileOutcome::Copied, "SUB/", 1, 1);
        assert_eq!((page.matched, page.offset, page.files.len()), (2, 1, 1));
        assert_eq!(page.files[0].name, "sub/ünï \"q\" ␊nl.txt");
        for (search, matched) in [("UNI", 1), ("u\u{308}ni\u{308}", 1), ("ünï ", 1), (" ünï", 0), ("n1", 0)] {
            assert_eq!(of(ERRORS, FileOutcome::Copied, search, 0, 9).matched, matched, "{search:?}");
        }
        assert_eq!(of(ERRORS, FileOutcome::Copied, "", u64::MAX, 500).files.len(), 0);
        assert_eq!(of("not json\n{}\n[1]\n", FileOutcome::Copied, "", 0, 500), RunFiles::default());
    }
}
