//! What happened to the files of a run, from its log.

use std::{collections::HashMap, io, path::Path};

use crate::domain::{
    run::{FileOutcome, RunFile, RunFiles},
    time::Timestamp,
};

use super::{
    super::{wire, words},
    FILE, reader,
};

/// Largest window.
const WINDOW: u64 = 500;
/// Most failed files that are remembered by name; a run with more has one cause.
const FAILURES: usize = 100_000;

/// The files of the run in `dir` with this outcome whose name holds `search` (without regard to case), from the `offset`th on.
/// A file that failed and then was copied by another attempt did not fail.
pub fn files(dir: &Path, outcome: FileOutcome, search: &str, offset: u64, limit: u64) -> io::Result<RunFiles> {
    let mut found =
        Found { result: RunFiles { offset, ..RunFiles::default() }, search: search.to_lowercase(), outcome, limit: limit.min(WINDOW) };
    let mut failures = Failures::default();
    if let Some(file) = reader::open(&dir.join(FILE))? {
        reader::each(file, false, |line| {
            if let Some(file) = outcome_of(line) {
                if file.outcome == FileOutcome::Failed {
                    failures.add(file);
                } else {
                    failures.forget(&file.name);
                    found.add(file);
                }
            }
        })?;
    }
    failures.in_order().for_each(|file| found.add(file));
    Ok(found.result)
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
struct Found {
    result: RunFiles,
    search: String,
    outcome: FileOutcome,
    limit: u64,
}

impl Found {
    fn add(&mut self, file: RunFile) {
        let result = &mut self.result;
        match file.outcome {
            FileOutcome::Copied => result.copied += 1,
            FileOutcome::Updated => result.updated += 1,
            FileOutcome::Moved => result.moved += 1,
            FileOutcome::Deleted => result.deleted += 1,
            FileOutcome::Failed => result.failed += 1,
        }
        if file.outcome != self.outcome || !(self.search.is_empty() || file.name.to_lowercase().contains(&self.search)) {
            return;
        }
        if (result.offset..result.offset.saturating_add(self.limit)).contains(&result.matched) {
            result.files.push(file);
        }
        result.matched += 1;
    }
}

/// Files that failed and have not been copied since, in the order of their first failure.
#[derive(Default)]
struct Failures {
    files: HashMap<String, (usize, RunFile)>,
    count: usize,
}

impl Failures {
    fn add(&mut self, file: RunFile) {
        if let Some((_, known)) = self.files.get_mut(&file.name) {
            *known = file;
        } else if self.files.len() < FAILURES {
            self.files.insert(file.name.clone(), (self.count, file));
            self.count += 1;
        }
    }

    fn forget(&mut self, name: &str) {
        if !self.files.is_empty() {
            self.files.remove(name);
        }
    }

    fn in_order(self) -> impl Iterator<Item = RunFile> {
        let mut files: Vec<_> = self.files.into_values().collect();
        files.sort_unstable_by_key(|(order, _)| *order);
        files.into_iter().map(|(_, file)| file)
    }
}

/// What a line says about a file: that it was copied, moved or deleted, in any of rclone's ways; that it would have been, in a dry
/// run; or an error.
fn outcome_of(line: &[u8]) -> Option<RunFile> {
    if !reader::holds(line, b"\"object\":") {
        return None;
    }
    let line: wire::LogLine = serde_json::from_slice(line).ok()?;
    let object = line.object?;
    let at = Timestamp::parse(&line.time).unwrap_or_default();
    let size = line.size.and_then(|size| u64::try_from(size).ok());
    if line.level == "error" {
        let name = final_name(&object).to_owned();
        return Some(RunFile { name, outcome: FileOutcome::Failed, size, at, error: Some(words::plain(&line.msg)) });
    }
    let outcome = match line.skipped.as_deref() {
        Some(skipped) => would(skipped)?,
        None if line.level == "info" => done(&line.msg)?,
        None => return None,
    };
    Some(RunFile { name: object, outcome, size, at, error: None })
}

/// What was done, in rclone's words.
fn done(message: &str) -> Option<FileOutcome> {
    let copied = message.strip_prefix("Multi-thread ").unwrap_or(message).strip_prefix("Copied (");
    match copied {
        Some(how) if how.starts_with("replaced existing") => Some(FileOutcome::Updated),
        Some(_) => Some(FileOutcome::Copied),
        // What makes room for a newer file or a rename is followed by a line of its own, which counts.
        None if message == "Deleted" || message == "Moved into backup dir" => Some(FileOutcome::Deleted),
        None if message == "Moved (server-side)" || message.starts_with("Renamed from ") => Some(FileOutcome::Moved),
        None => None,
    }
}

/// What a dry run would have done. Times and folders are not files.
fn would(skipped: &str) -> Option<FileOutcome> {
    match skipped {
        "copy" | "copy replace" => Some(FileOutcome::Copied),
        "delete" => Some(FileOutcome::Deleted),
        "move" => Some(FileOutcome::Moved),
        _ => None,
    }
}

/// The name a file will have: `f1.bin` for `f1.bin.24a2bd2b.partial`.
fn final_name(object: &str) -> &str {
    let Some(name) = object.strip_suffix(".partial") else { return object };
    match name.rsplit_once('.') {
        Some((name, hash)) if hash.len() == 8 && hash.bytes().all(|b| b.is_ascii_hexdigit()) => name,
        _ => object,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn of(log: &str, outcome: FileOutcome, search: &str, offset: u64, limit: u64) -> RunFiles {
        let dir = tempfile::tempdir().expect("a folder");
        fs::write(dir.path().join(FILE), log).expect("written");
        files(dir.path(), outcome, search, offset, limit).expect("read")
    }

    const ERRORS: &str = include_str!("../../../tests/fixtures/rclone/copy_errors_retries.jsonl");
    const RETRIED: &str = include_str!("../../../tests/fixtures/rclone/retry_then_success.jsonl");
    const SYNC: &str = include_str!("../../../tests/fixtures/rclone/sync_v.jsonl");

    #[test]
    fn files_are_counted_by_outcome_and_a_file_fails_once() {
        let all = of(ERRORS, FileOutcome::Failed, "", 0, 100);
        assert_eq!((all.copied, all.updated, all.failed, all.matched), (4, 0, 1, 1));
        assert_eq!(all.files[0].name, "f1.bin");
        assert_eq!(all.files[0].error.as_deref(), Some("partial file rename failed: can't move object - incompatible remotes"));
        let updated = of(SYNC, FileOutcome::Updated, "", 0, 100);
        assert_eq!((updated.copied, updated.updated, updated.failed), (4, 1, 0));
        assert_eq!((updated.files[0].name.as_str(), updated.files[0].size), ("f1.bin", Some(3_000_000)));
    }

    #[test]
    fn a_file_that_another_attempt_copied_did_not_fail() {
        let all = of(RETRIED, FileOutcome::Failed, "", 0, 100);
        assert_eq!((all.copied, all.failed, all.files.len()), (1, 0, 0));
    }

    #[test]
    fn the_window_and_the_search_hold() {
        let page = of(ERRORS, FileOutcome::Copied, "SUB/", 1, 1);
        assert_eq!((page.matched, page.offset, page.files.len()), (2, 1, 1));
        assert_eq!(page.files[0].name, "sub/ünï \"q\" ␊nl.txt");
        assert_eq!(of(ERRORS, FileOutcome::Copied, "", u64::MAX, 500).files.len(), 0);
        assert_eq!(of("not json\n{}\n[1]\n", FileOutcome::Copied, "", 0, 500), RunFiles::default());
    }
}
