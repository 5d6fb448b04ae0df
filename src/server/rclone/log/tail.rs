//! A log that grows: the newest statistics, reading only what is new. A file that rclone sets aside is read to its end
//! before the next.

use std::{
    io::{self, Read as _, Seek as _, SeekFrom},
    path::{Path, PathBuf},
};

use crate::domain::run::stats::{InFlight, Stats};

use super::{
    super::wire,
    reader::{self, LONGEST},
    segments::{self, Segment},
};

/// How much of an existing log is read on opening, in bytes: statistics come every second, older ones do not matter.
const BACK: u64 = 2 << 20;

/// How far a run is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Progress {
    /// rclone's statistics.
    pub stats: Stats,
    /// What is being transferred.
    pub in_flight: Vec<InFlight>,
}

/// The end of a run's log.
#[derive(Debug)]
pub struct Tail {
    dir: PathBuf,
    /// What is read; the newest file there was.
    current: Option<Segment>,
    /// The beginning of a line that is still being written.
    partial: Vec<u8>,
    /// Whether the line under way is too long, or was entered in its middle.
    skipping: bool,
}

impl Tail {
    /// Of the run in `dir`. Its log need not be there yet.
    #[must_use]
    pub fn open(dir: &Path) -> Self {
        Self { dir: dir.to_owned(), current: None, partial: Vec::new(), skipping: false }
    }

    /// Reads what is new. The last statistics in it, if there are any.
    pub fn read(&mut self) -> io::Result<Option<Progress>> {
        let mut last = None;
        // Looked at before the end is reached: what was set aside by then does not grow any more.
        let mut next = self.newer()?;
        loop {
            self.drain(&mut last)?;
            let Some(segment) = next.pop() else { break };
            (self.current, self.skipping) = (Some(segment), false);
            self.partial.clear();
        }
        Ok(last.map(|stats: wire::Stats| {
            let (stats, in_flight) = stats.split();
            Progress { stats, in_flight }
        }))
    }

    /// The files that came after the one that is read, newest first. At the beginning, the last one or two, near their
    /// end.
    fn newer(&mut self) -> io::Result<Vec<Segment>> {
        let Some(current) = &self.current else { return self.enter() };
        let newest = segments::newest(&self.dir)?;
        if newest.is_none_or(|newest| newest.inode == current.inode) {
            return Ok(Vec::new());
        }
        let mut all = segments::open(&self.dir)?;
        // One that is not there any more was the oldest: all are newer.
        let after = all.iter().position(|segment| segment.inode == current.inode).map_or(0, |index| index + 1);
        all.drain(..after);
        all.reverse();
        Ok(all)
    }

    fn enter(&mut self) -> io::Result<Vec<Segment>> {
        let (mut back, mut found) = (BACK, Vec::new());
        for mut segment in segments::open(&self.dir)?.into_iter().rev() {
            let start = segment.len.saturating_sub(back);
            segment.file.seek(SeekFrom::Start(start))?;
            back = back.saturating_sub(segment.len);
            found.push(segment);
            if start > 0 || back == 0 {
                self.skipping = start > 0;
                break;
            }
        }
        self.current = found.pop();
        Ok(found)
    }

    fn drain(&mut self, last: &mut Option<wire::Stats>) -> io::Result<()> {
        let Some(Segment { file, .. }) = &mut self.current else { return Ok(()) };
        let mut buffer = vec![0; 64 << 10];
        loop {
            let n = match file.read(&mut buffer) {
                Ok(0) => return Ok(()),
                Ok(n) => n,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(error),
            };
            for piece in buffer[..n].split_inclusive(|byte| *byte == b'\n') {
                let whole = piece.last() == Some(&b'\n');
                if self.partial.len() + piece.len() > LONGEST {
                    self.skipping = true;
                    self.partial.clear();
                }
                if !self.skipping {
                    self.partial.extend_from_slice(piece);
                }
                if whole {
                    if !self.skipping
                        && let Some(stats) = statistics(&self.partial)
                    {
                        *last = Some(stats);
                    }
                    self.skipping = false;
                    self.partial.clear();
                }
            }
        }
    }
}

/// The statistics of a line that has some.
pub fn statistics(line: &[u8]) -> Option<wire::Stats> {
    // Most lines are about a file: not worth parsing.
    if !reader::holds(line, b"\"stats\":{") {
        return None;
    }
    serde_json::from_slice::<wire::LogLine>(line).ok()?.stats
}

#[cfg(test)]
mod tests {
    use std::{
        fs::{self, File},
        io::Write as _,
    };

    use super::*;
    use crate::server::rclone::program::run_dir;

    const LOG: &str = include_str!("../../../tests/fixtures/rclone/sync_notice_stats.jsonl");

    #[test]
    fn a_growing_log_gives_its_newest_statistics_once() {
        let dir = tempfile::tempdir().expect("a folder");
        let mut tail = Tail::open(dir.path());
        assert_eq!(tail.read().expect("no log yet"), None);
        let mut file = File::create(dir.path().join(run_dir::LOG)).expect("created");
        let lines: Vec<_> = LOG.lines().collect();
        // In two pieces, the first one ending in the middle of a line.
        let (a, b) = lines[0].split_at(100);
        file.write_all(a.as_bytes()).expect("written");
        assert_eq!(tail.read().expect("read"), None);
        file.write_all(format!("{b}\nnot json\n").as_bytes()).expect("written");
        let progress = tail.read().expect("read").expect("statistics");
        assert_eq!((progress.stats.bytes, progress.stats.total_bytes, progress.stats.files), (3_231_751, 9_000_007, 2));
        assert_eq!(progress.in_flight.len(), 3);
        assert_eq!(progress.in_flight[0].size, Some(3_000_000));
        file.write_all(format!("{}\n{}\n", lines[1], lines[2]).as_bytes()).expect("written");
        let last = tail.read().expect("read").expect("statistics");
        assert_eq!((last.stats.bytes, last.stats.deletes, last.in_flight.len()), (9_000_007, 1, 0));
        assert_eq!(tail.read().expect("read"), None);
    }

    #[test]
    fn a_line_without_end_is_not_kept_and_the_next_one_is_read() {
        let dir = tempfile::tempdir().expect("a folder");
        let mut bytes = vec![b'x'; LONGEST + 5];
        bytes.extend(format!("\n{}\n", LOG.lines().next().expect("a line")).into_bytes());
        fs::write(dir.path().join(run_dir::LOG), bytes).expect("written");
        let mut tail = Tail::open(dir.path());
        assert!(tail.read().expect("read").is_some());
        assert!(tail.partial.is_empty());
    }
    /// Sets the log aside as rclone does, and begins anew with `text`.
    fn rotate(dir: &Path, aside: &str, text: &str) {
        fs::rename(dir.join(run_dir::LOG), dir.join(format!("log-2026-11-24T21-42-{aside}.jsonl"))).expect("set aside");
        fs::write(dir.join(run_dir::LOG), text).expect("written");
    }

    #[test]
    fn what_is_set_aside_is_read_to_its_end_and_then_the_next() {
        let dir = tempfile::tempdir().expect("a folder");
        let dir = dir.path();
        let lines: Vec<_> = LOG.lines().collect();
        let bytes = |tail: &mut Tail| tail.read().expect("read").map(|progress| progress.stats.bytes);
        fs::write(dir.join(run_dir::LOG), "x\n").expect("written");
        let mut tail = Tail::open(dir);
        assert_eq!(bytes(&mut tail), None);
        // The last words of the old file, and nothing yet in the new one.
        fs::write(dir.join(run_dir::LOG), format!("x\n{}\n", lines[0])).expect("written");
        rotate(dir, "43.958", "");
        assert_eq!(bytes(&mut tail), Some(3_231_751));
        // Twice between two looks: what stands in the middle counts when the last one says nothing.
        fs::write(dir.join(run_dir::LOG), "y\n").expect("written");
        rotate(dir, "44.405", &format!("{}\n", lines[1]));
        rotate(dir, "45.000", "z\n");
        assert_eq!(bytes(&mut tail), Some(6_377_479));
        assert_eq!(bytes(&mut tail), None);
        // Between the two steps of setting aside there is no log of that name.
        fs::rename(dir.join(run_dir::LOG), dir.join("log-2026-11-24T21-42-46.000.jsonl")).expect("set aside");
        assert_eq!(bytes(&mut tail), None);
        fs::write(dir.join(run_dir::LOG), format!("{}\n", lines[2])).expect("written");
        assert_eq!(bytes(&mut tail), Some(9_000_007));
        // The one that is read was deleted: too many came after it.
        rotate(dir, "47.000", &format!("{}\n", lines[0]));
        fs::remove_file(dir.join("log-2026-11-24T21-42-47.000.jsonl")).expect("deleted");
        assert_eq!(bytes(&mut tail), Some(3_231_751));
    }

    #[test]
    fn one_that_is_opened_in_the_middle_looks_back_over_what_was_set_aside() {
        let dir = tempfile::tempdir().expect("a folder");
        let dir = dir.path();
        fs::write(dir.join(run_dir::LOG), LOG).expect("written");
        rotate(dir, "43.958", "just begun\n");
        let progress = Tail::open(dir).read().expect("read").expect("statistics");
        assert_eq!(progress.stats.bytes, 9_000_007);
    }
}
