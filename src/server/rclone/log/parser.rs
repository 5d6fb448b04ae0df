//! One pass over a log: what it says of each file, line by line, in all of rclone's ways to say so.

use std::{collections::HashSet, io};

use crate::{
    domain::run::files::{FileOutcome, RunFile},
    server::rclone::{error::text, wire::quoted},
};

use super::{
    latest::{LatestByName, Names},
    line::Line,
    notes::Notes,
    pending::Pending,
    traits::RunTraits,
};

/// What is not certain when it is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Provisional {
    /// It may succeed later, and only then did it not fail.
    Failed,
    /// It is said once an attempt and a side.
    Skipped,
    /// It may be a copy into the backup folder.
    Copied,
    /// It may be a move into the backup folder.
    Moved,
}

impl Provisional {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Failed, Self::Skipped, Self::Copied, Self::Moved];
}

/// Where it goes.
pub trait Collector {
    /// Takes what is certain.
    fn put(&mut self, file: RunFile) -> io::Result<()>;
    /// Keeps what is not, in order. `false` when it keeps no more.
    fn keep(&mut self, doubt: Provisional, file: RunFile) -> io::Result<bool>;
}

/// How many lines there were of what rclone counts, as often as it counts it: not one less than in its statistics,
/// unless lines are lost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LineCounts {
    /// Files transferred.
    pub transfers: u64,
    /// Files deleted.
    pub deletes: u64,
    /// Files that failed. What it could not delete rclone counts as deleted all the same.
    pub failures: u64,
}

/// The pass.
#[derive(Debug)]
pub struct LogParser<S> {
    /// Where it goes.
    pub sink: S,
    /// How many lines there were.
    pub told: LineCounts,
    /// What rclone says of the run as a whole.
    pub notes: Notes,
    kind: RunTraits,
    /// Which of rclone's attempts is under way, from 1.
    attempt: u32,
    doubts: [LatestByName; Provisional::ALL.len()],
    /// Of what was left out, what is one of several of its name: known by its number, for its name may well be copied.
    twins: HashSet<u32>,
    /// Of a move, files whose second line has not come.
    pending: Pending,
    /// Files that were written where they were to go: an attempt that does it again writes no other file.
    written: Names,
    /// Those of them whose names hold empty ones, without these.
    plain: Names,
    /// Files that are copied under another name: if they are deleted then, they were moved.
    moving: Names,
    /// Files that made room: what is copied there then is no new file.
    gone: Names,
}

/// What to believe of what was kept.
pub struct Doubtful {
    latest: [LatestByName; Provisional::ALL.len()],
    twins: HashSet<u32>,
}

impl Doubtful {
    /// Whether what was kept, the `number`th of its kind, holds.
    pub fn holds(&self, doubt: Provisional, number: u32, name: &str) -> bool {
        self.latest[doubt as usize].holds(number, name) || doubt == Provisional::Skipped && self.twins.contains(&number)
    }
}

/// What a line says was done to a file.
enum Done<'a> {
    Copied,
    Updated,
    CopiedWhereItLies,
    CopiedTo,
    Moved,
    MovedTo,
    RenamedFrom(&'a str),
    Deleted,
    IntoBackup,
}

impl<S: Collector> LogParser<S> {
    /// Over the log of such a run.
    pub fn new(kind: RunTraits, sink: S) -> Self {
        Self {
            sink,
            kind,
            told: LineCounts::default(),
            notes: Notes { attempts: 1, ..Notes::default() },
            attempt: 1,
            doubts: Default::default(),
            twins: HashSet::new(),
            pending: Pending::default(),
            written: Names::default(),
            plain: Names::default(),
            moving: Names::default(),
            gone: Names::default(),
        }
    }

    /// Takes a line.
    pub fn line(&mut self, line: &Line<'_>) -> io::Result<()> {
        if let Some((ended, next)) = line.attempt(self.attempt) {
            // It was whole: a folder that could not be listed before was listed. Of a file silence says nothing.
            self.of(Provisional::Failed).forget_before(ended);
            self.attempt = ended.saturating_add(u32::from(next));
            self.notes.attempt(self.attempt, next);
            if next {
                self.twins.clear();
            }
            return Ok(());
        }
        if let Some(folder) = Notes::unlisted_folder(&line.msg) {
            return self.unlisted(line, &folder);
        }
        if !line.is_about_one() {
            self.notes.line(line);
            return Ok(());
        }
        match &*line.level {
            "error" | "critical" => self.failed(line),
            _ if !line.skipped.is_empty() => self.done(line, would(&line.skipped)),
            "info" => self.done(line, done(&line.msg)),
            _ if LEFT_OUT.iter().any(|words| line.msg.starts_with(words)) => self.left_out(line),
            _ => Ok(()),
        }
    }

    fn left_out(&mut self, line: &Line<'_>) -> io::Result<()> {
        let file = entry(line, FileOutcome::Skipped);
        if line.msg.starts_with(TWIN) {
            self.notes.left_out(line);
            if self.sink.keep(Provisional::Skipped, file)? {
                let number = self.of(Provisional::Skipped).pass_over();
                self.twins.insert(number);
            }
            return Ok(());
        }
        // Said once an attempt and a side.
        if Notes::is_undecrypted(&line.msg) && !self.of(Provisional::Skipped).has(&file.name) {
            self.notes.undecrypted += 1;
        }
        self.unless(Provisional::Skipped, file)
    }

    /// Names a folder that was not listed among what was left out. What rclone found in it belongs to another, and has
    /// not failed.
    fn unlisted(&mut self, line: &Line<'_>, folder: &str) -> io::Result<()> {
        if !self.notes.unlisted(folder) {
            return Ok(());
        }
        let name = if folder.is_empty() { "/" } else { folder }.to_owned();
        self.unless(
            Provisional::Skipped,
            RunFile { name, size: None, error: Some(UNLISTED.to_owned()), ..entry(line, FileOutcome::Skipped) },
        )
    }

    /// Takes what a comparison says of a file.
    pub fn compared(&mut self, file: RunFile) -> io::Result<()> {
        // Its log said why.
        if file.outcome == FileOutcome::Failed && self.of(Provisional::Failed).has(&file.name) {
            Ok(())
        } else {
            self.sink.put(file)
        }
    }

    /// The end: where it went, and what to believe of what was kept.
    pub fn end(mut self) -> io::Result<(S, Doubtful)> {
        for file in self.pending.drain() {
            self.put(file)?;
        }
        Ok((self.sink, Doubtful { latest: self.doubts, twins: self.twins }))
    }

    fn of(&mut self, doubt: Provisional) -> &mut LatestByName {
        &mut self.doubts[doubt as usize]
    }

    fn failed(&mut self, line: &Line<'_>) -> io::Result<()> {
        let name = final_name(&line.object);
        if OF_FOLDERS.iter().any(|words| line.msg.starts_with(words))
            || self.kind.unread.as_ref().is_some_and(|unread| !unread.has(name))
        {
            return Ok(());
        }
        let file = RunFile { name: name.to_owned(), ..entry(line, FileOutcome::Failed) };
        self.told.failures += 1;
        if !line.is_about_path() {
            return self.unless(Provisional::Failed, file);
        }
        let (name, attempt) = (file.name.clone(), self.attempt);
        if self.sink.keep(Provisional::Failed, file)? {
            self.of(Provisional::Failed).note_in(&name, attempt);
        }
        Ok(())
    }

    fn unless(&mut self, doubt: Provisional, file: RunFile) -> io::Result<()> {
        let name = file.name.clone();
        if self.sink.keep(doubt, file)? {
            self.of(doubt).note(&name);
        }
        Ok(())
    }

    fn did(&mut self, line: &Line<'_>, outcome: FileOutcome) -> io::Result<()> {
        self.of(Provisional::Failed).forget(&line.object);
        self.of(Provisional::Skipped).forget(&line.object);
        let file = entry(line, outcome);
        if self.kind.moves { self.did_of_two(file) } else { self.put(file) }
    }

    /// Of a move, what may be the first or the second of two lines.
    fn did_of_two(&mut self, file: RunFile) -> io::Result<()> {
        let first = self.pending.take(&file.name);
        let file = match (file.outcome, first) {
            (FileOutcome::Copied | FileOutcome::Updated, _) => return self.wait(file),
            // Copied, and deleted where it was.
            (FileOutcome::Deleted, Some(first)) if first.outcome != FileOutcome::Deleted => {
                RunFile { outcome: FileOutcome::Moved, ..first }
            }
            (FileOutcome::Deleted, _) => return self.wait(file),
            // What was in its way was deleted, and then it was moved.
            _ => file,
        };
        self.put(file)
    }

    fn wait(&mut self, file: RunFile) -> io::Result<()> {
        self.pending.keep(file).map_or(Ok(()), |oldest| self.put(oldest))
    }

    fn put(&mut self, file: RunFile) -> io::Result<()> {
        let writes = matches!(file.outcome, FileOutcome::Copied | FileOutcome::Updated | FileOutcome::Moved);
        if !writes {
            return self.sink.put(file);
        }
        if !self.written.add(&file.name) {
            return Ok(());
        }
        if self.is_twin_but_for_slashes(&file.name) {
            self.notes.slashes += 1;
        }
        self.sink.put(file)
    }

    /// Whether a file of this name, but for empty names in it, was written before.
    fn is_twin_but_for_slashes(&mut self, name: &str) -> bool {
        if !name.split('/').any(str::is_empty) {
            return self.plain.has(name);
        }
        let plain = name.split('/').filter(|part| !part.is_empty()).collect::<Vec<_>>().join("/");
        !self.plain.add(&plain) || self.written.has(&plain)
    }

    fn done(&mut self, line: &Line<'_>, done: Option<Done<'_>>) -> io::Result<()> {
        let Some(done) = done else { return Ok(()) };
        let name = &*line.object;
        let RunTraits { moves_inside, backup, .. } = self.kind;
        match done {
            // rclone counts what it reads, and what it writes.
            Done::Copied if line.msg.contains(STREAMED) => self.told.transfers += 2,
            Done::Copied | Done::Updated | Done::CopiedWhereItLies | Done::CopiedTo | Done::Moved => {
                self.told.transfers += 1;
            }
            Done::Deleted | Done::IntoBackup => self.told.deletes += 1,
            Done::MovedTo | Done::RenamedFrom(_) => {}
        }
        match done {
            Done::Copied if self.gone.take(name) => self.did(line, FileOutcome::Updated),
            Done::CopiedWhereItLies if moves_inside && backup => {
                self.unless(Provisional::Copied, entry(line, FileOutcome::Copied))
            }
            Done::CopiedTo if moves_inside || backup => {
                self.moving.add(name);
                Ok(())
            }
            Done::Copied | Done::CopiedWhereItLies | Done::CopiedTo => self.did(line, FileOutcome::Copied),
            Done::Updated => self.did(line, FileOutcome::Updated),
            Done::Moved | Done::MovedTo if moves_inside => {
                if backup {
                    self.gone.add(name);
                }
                Ok(())
            }
            Done::MovedTo if backup => Ok(()),
            // First out of the way, then really: the last counts.
            Done::Moved if backup => self.unless(Provisional::Moved, entry(line, FileOutcome::Moved)),
            Done::Moved | Done::MovedTo => self.did(line, FileOutcome::Moved),
            Done::RenamedFrom(was) => {
                self.gone.take(was);
                self.did(line, FileOutcome::Renamed)
            }
            Done::Deleted => {
                let moved = self.moving.take(name);
                if !(moved || moves_inside && backup) {
                    return self.did(line, FileOutcome::Deleted);
                }
                self.of(Provisional::Copied).forget(name);
                if backup {
                    self.gone.add(name);
                }
                Ok(())
            }
            Done::IntoBackup => {
                self.gone.take(name);
                self.of(Provisional::Copied).forget(name);
                self.did(line, FileOutcome::Deleted)
            }
        }
    }
}

/// Why what lies in a folder is left out.
const UNLISTED: &str = "rclone cannot list a folder whose name is empty: what lies in it was left out.";
/// How a notice begins that says that a name is there twice.
const TWIN: &str = "Duplicate ";
/// What a line has of a file whose size is not known before it is read.
const STREAMED: &str = "(Rcat, ";
/// How a notice begins that says that a file was left out.
const LEFT_OUT: [&str; 6] = ["Can't ", "Duplicate ", "Ignoring ", "Not ", "Skipped ", "Skipping "];
/// How an error begins that is about a folder's own times or its removal: no file is the worse for it.
const OF_FOLDERS: [&str; 4] = [
    "Failed to update directory timestamp",
    "Failed to set directory",
    "Failed to rmdir",
    "Failed to remove directory",
];

/// What was done, in rclone's words.
fn done(message: &str) -> Option<Done<'_>> {
    let copied = message.strip_prefix("Multi-thread ").unwrap_or(message).strip_prefix("Copied (");
    Some(match (copied, message) {
        (Some(how), _) if how.starts_with("replaced existing") => Done::Updated,
        (Some("server-side copy)"), _) => Done::CopiedWhereItLies,
        (Some(how), _) if how.starts_with("server-side copy) to: ") => Done::CopiedTo,
        (Some(_), _) => Done::Copied,
        (None, "Deleted") => Done::Deleted,
        (None, "Moved into backup dir") => Done::IntoBackup,
        (None, "Moved (server-side)") => Done::Moved,
        (None, _) if message.starts_with("Moved (server-side) to: ") => Done::MovedTo,
        (None, _) => Done::RenamedFrom(message.strip_prefix("Renamed from ")?),
    })
}

/// What a dry run would have done. Times and folders are not files.
fn would(skipped: &str) -> Option<Done<'_>> {
    match skipped {
        "copy" | "copy replace" => Some(Done::Copied),
        "delete" => Some(Done::Deleted),
        "move" => Some(Done::Moved),
        "move into backup dir" => Some(Done::IntoBackup),
        _ if skipped.starts_with("move to ") => Some(Done::MovedTo),
        _ => None,
    }
}

fn entry(line: &Line<'_>, outcome: FileOutcome) -> RunFile {
    let told = matches!(outcome, FileOutcome::Failed | FileOutcome::Skipped);
    RunFile {
        name: line.object.clone().into_owned(),
        outcome,
        size: line.size(),
        at: line.at(),
        error: told.then(|| text::explain(&line.msg, &[])),
        was: line.msg.strip_prefix("Renamed from ").filter(|_| outcome == FileOutcome::Renamed).map(quoted::unquote),
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
