//! A log that grows: the newest statistics, reading only what is new.

use std::{
    fs::File,
    io::{self, Read as _, Seek as _, SeekFrom},
    path::{Path, PathBuf},
};

use crate::domain::run::{InFlight, Stats};

use super::{
    super::wire,
    FILE,
    reader::{self, LONGEST},
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
    path: PathBuf,
    file: Option<File>,
    /// The beginning of a line that is still being written.
    partial: Vec<u8>,
    /// Whether the line under way is too long, or was entered in its middle.
    skipping: bool,
}

impl Tail {
    /// Of the run in `dir`. Its log need not be there yet.
    #[must_use]
    pub fn open(dir: &Path) -> Self {
        Self { path: dir.join(FILE), file: None, partial: Vec::new(), skipping: false }
    }

    /// Reads what is new. The last statistics in it, if there are any.
    pub fn read(&mut self) -> io::Result<Option<Progress>> {
        if self.file.is_none() {
            let Some(mut file) = reader::open(&self.path)? else { return Ok(None) };
            let start = file.metadata()?.len().saturating_sub(BACK);
            self.skipping = start > 0;
            file.seek(SeekFrom::Start(start))?;
            self.file = Some(file);
        }
        let Some(file) = &mut self.file else { return Ok(None) };
        let mut last = None;
        let mut buffer = vec![0; 64 << 10];
        loop {
            let n = match file.read(&mut buffer) {
                Ok(0) => break,
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
                    if !self.skipping {
                        last = statistics(&self.partial).or(last);
                    }
                    self.skipping = false;
                    self.partial.clear();
                }
            }
        }
        Ok(last.map(|stats| {
            let (stats, in_flight) = stats.split();
            Progress { stats, in_flight }
        }))
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
    use super::*;
    use std::{fs, io::Write as _};

    const LOG: &str = include_str!("../../../tests/fixtures/rclone/sync_notice_stats.jsonl");

    #[test]
    fn a_growing_log_gives_its_newest_statistics_once() {
        let dir = tempfile::tempdir().expect("a folder");
        let mut tail = Tail::open(dir.path());
        assert_eq!(tail.read().expect("no log yet"), None);
        let mut file = File::create(dir.path().join(FILE)).expect("created");
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
        fs::write(dir.path().join(FILE), bytes).expect("written");
        let mut tail = Tail::open(dir.path());
        assert!(tail.read().expect("read").is_some());
        assert!(tail.partial.is_empty());
    }
}
