//! Lines of a log for a person: the last, those that were written since, or older ones; those that hold a text, or
//! matter enough. Each call reads a bounded part, and says where to go on.

use std::{
    collections::VecDeque,
    io::{self, BufRead as _, BufReader, Read as _, Seek as _, SeekFrom},
    path::Path,
};

use crate::{
    domain::{
        run::log::{LogLevel, LogLine, RunLog},
        text::Needle,
        time::Timestamp,
    },
    server::rclone::{error::text, program::run_dir, wire},
};

use super::{
    reader::LONGEST,
    report,
    segments::{self, Segment},
};

/// Most bytes that are looked at in one call: a whole log that was kept.
const LOOK: u64 = (16 << 20) + (64 << 10);
/// Most lines of one answer.
const MOST: usize = 500;

/// Which lines are wanted.
#[derive(Clone, Debug, Default)]
pub struct LogFilter {
    /// Only those with this in the message or the object, as people see it. After secrets were taken out: they cannot
    /// be guessed at.
    pub search: String,
    /// Only those that matter this much.
    pub level: LogLevel,
    /// Only those after this place.
    pub after: Option<Place>,
    /// Only those before this place. Not with `after`.
    pub before: Option<Place>,
    /// How many, at most 500.
    pub limit: usize,
}

/// A place in a log: a file of it, and how far into it, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    inode: u64,
    offset: u64,
}

impl Place {
    /// Reads what `to_text` writes.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (inode, offset) = text.split_once('-')?;
        Some(Self { inode: u64::from_str_radix(inode, 16).ok()?, offset: u64::from_str_radix(offset, 16).ok()? })
    }

    fn to_text(self) -> String {
        format!("{:x}-{:x}", self.inode, self.offset)
    }
}

/// Lines of the log of the run in `dir`, with what rclone said outside of it. Statistics only once nothing was under
/// way.
pub fn lines(dir: &Path, wanted: &LogFilter) -> io::Result<RunLog> {
    let mut log = Log {
        segments: sources(dir)?,
        wanted,
        search: Needle::new(&wanted.search),
        limit: wanted.limit.clamp(1, MOST),
    };
    match (wanted.after, wanted.before) {
        (Some(after), _) => match log.find(after) {
            Some(at) => log.since(at, after.offset),
            None => Ok(RunLog { reset: true, ..log.end()? }),
        },
        (None, Some(before)) => match log.find(before) {
            Some(at) => log.until(at, before.offset),
            // That log is no more, and with it what is older.
            None => Ok(RunLog::default()),
        },
        (None, None) => log.end(),
    }
}

/// The sources to read, oldest first: what rclone said outside of its log; then what was kept of that, or the log
/// itself.
pub fn sources(dir: &Path) -> io::Result<Vec<Segment>> {
    let errors = Segment::open(&dir.join(run_dir::STDERR))?.filter(|segment| segment.len > 0);
    let log = match Segment::open(&report::folder(dir).join(run_dir::LOG))? {
        Some(kept) => vec![kept],
        None => segments::open(dir)?,
    };
    Ok(errors.into_iter().chain(log).collect())
}

struct Log<'a> {
    segments: Vec<Segment>,
    wanted: &'a LogFilter,
    search: Needle,
    limit: usize,
}

impl Log<'_> {
    /// Which file a place is in.
    fn find(&self, place: Place) -> Option<usize> {
        self.segments.iter().position(|segment| segment.inode == place.inode && place.offset <= segment.len)
    }

    /// The last lines.
    fn end(&mut self) -> io::Result<RunLog> {
        let Some(last) = self.segments.len().checked_sub(1) else { return Ok(RunLog::default()) };
        let end = whole(&mut self.segments[last])?;
        let cursor = Place { inode: self.segments[last].inode, offset: end }.to_text();
        Ok(RunLog { cursor: Some(cursor), ..self.until(last, end)? })
    }

    /// What was written since: when that is more than can be told, the last of it.
    fn since(&mut self, at: usize, offset: u64) -> io::Result<RunLog> {
        let mut from = (at, offset);
        let (mut left, mut truncated) = (LOOK, false);
        for (index, segment) in self.segments.iter().enumerate().skip(at).rev() {
            let start = if index == at { offset } else { 0 };
            if segment.len - start > left {
                (from, truncated) = ((index, segment.len - left), true);
                break;
            }
            left -= segment.len - start;
        }
        let (mut lines, mut end) = (VecDeque::new(), Place { inode: 0, offset: 0 });
        for index in from.0..self.segments.len() {
            let start = if index == from.0 { from.1 } else { 0 };
            let (wanted, search, limit) = (self.wanted, &self.search, self.limit);
            let segment = &mut self.segments[index];
            let start =
                if truncated && index == from.0 { next_line(segment, start)?.unwrap_or(segment.len) } else { start };
            let offset = each_at(segment, start, segment.len, |_, line| {
                if let Some(line) = readable(line, wanted.level, search) {
                    lines.push_back(line);
                }
                if lines.len() > limit {
                    lines.pop_front();
                    truncated = true;
                }
            })?;
            end = Place { inode: segment.inode, offset };
        }
        Ok(RunLog { lines: lines.into(), truncated, cursor: Some(end.to_text()), ..RunLog::default() })
    }

    /// What was written before a place, looked at piece by piece from there on back.
    fn until(&mut self, at: usize, end: u64) -> io::Result<RunLog> {
        let (mut index, mut end, mut left, mut piece) = (at, end, LOOK, 128 << 10);
        let mut lines: VecDeque<(Place, LogLine)> = VecDeque::new();
        let older = loop {
            if end == 0 {
                let Some(before) = index.checked_sub(1) else { break None };
                index = before;
                end = self.segments[index].len;
                continue;
            }
            let segment = &mut self.segments[index];
            if lines.len() >= self.limit || left == 0 {
                break Some(Place { inode: segment.inode, offset: end });
            }
            let first = end.saturating_sub(piece.min(left));
            left = left.saturating_sub(end - first);
            let start =
                if first == 0 { 0 } else { next_line(segment, first)?.filter(|start| *start < end).unwrap_or(end) };
            if start == end {
                // A line that is longer than that. One that is too long for anybody is passed over.
                if piece < LONGEST as u64 * 2 {
                    (left, piece) = (left + (end - first), piece * 4);
                } else {
                    end = first;
                }
                continue;
            }
            let (inode, level, search) = (segment.inode, self.wanted.level, &self.search);
            let mut found = Vec::new();
            each_at(segment, start, end, |offset, line| {
                found.extend(readable(line, level, search).map(|line| (Place { inode, offset }, line)));
            })?;
            found.into_iter().rev().for_each(|line| lines.push_front(line));
            (end, piece) = (start, (piece * 2).min(4 << 20));
        };
        let extra = lines.len().saturating_sub(self.limit);
        lines.drain(..extra);
        let older = if extra > 0 { lines.front().map(|(place, _)| *place) } else { older };
        let lines = lines.into_iter().map(|(_, line)| line).collect();
        Ok(RunLog { lines, truncated: older.is_some(), older: older.map(Place::to_text), ..RunLog::default() })
    }
}

/// Where the last whole line ends.
fn whole(segment: &mut Segment) -> io::Result<u64> {
    let start = segment.len.saturating_sub(LONGEST as u64);
    let mut bytes = Vec::new();
    segment.file.seek(SeekFrom::Start(start))?;
    (&segment.file).take(segment.len - start).read_to_end(&mut bytes)?;
    Ok(memchr::memrchr(b'\n', &bytes).map_or(segment.len, |at| start + at as u64 + 1))
}

/// Where the first line begins from this place on.
fn next_line(segment: &mut Segment, from: u64) -> io::Result<Option<u64>> {
    // One byte earlier: when that ends a line, the next one begins here.
    let from = from.saturating_sub(1);
    segment.file.seek(SeekFrom::Start(from))?;
    let skipped = BufReader::new(&segment.file).take(LONGEST as u64 * 4).skip_until(b'\n')? as u64;
    Ok((skipped < LONGEST as u64 * 4).then_some(from + skipped).filter(|start| *start < segment.len))
}

/// Calls `each` with every whole line between two places and where it begins. Where the last of them ends. Lines that
/// are too long are passed over.
fn each_at(segment: &mut Segment, start: u64, end: u64, mut each: impl FnMut(u64, &[u8])) -> io::Result<u64> {
    segment.file.seek(SeekFrom::Start(start))?;
    let mut reader = BufReader::with_capacity(128 << 10, (&segment.file).take(end.saturating_sub(start)));
    let (mut line, mut at, mut done) = (Vec::new(), start, start);
    loop {
        line.clear();
        let n = reader.by_ref().take(LONGEST as u64).read_until(b'\n', &mut line)? as u64;
        if n == 0 {
            return Ok(done);
        }
        if line.pop_if(|last| *last == b'\n').is_some() {
            each(at, &line);
            at += n;
            done = at;
        } else if n == LONGEST as u64 {
            at += n + reader.skip_until(b'\n')? as u64;
            // Whether it has ended or not: none of it is returned.
            done = at;
        } else {
            return Ok(done);
        }
    }
}

/// A line for a person. `None` for an empty one, for statistics on the way, and for one that is not wanted.
fn readable(line: &[u8], level: LogLevel, search: &Needle) -> Option<LogLine> {
    let line = match serde_json::from_slice::<wire::LogLine>(line) {
        Ok(line) if line.stats.as_ref().is_some_and(wire::Stats::is_periodic) || LogLevel::of(&line.level) < level => {
            return None;
        }
        Ok(line) => LogLine {
            at: Timestamp::parse(&line.time),
            level: line.level,
            object: line.object,
            message: text::plain(&line.msg),
        },
        Err(_) => {
            let message = text::plain(&String::from_utf8_lossy(line));
            (!message.is_empty()).then_some(LogLine { at: None, level: String::new(), object: None, message })?
        }
    };
    (search.is_in(&line.message) || line.object.as_deref().is_some_and(|object| search.is_in(object))).then_some(line)
}

#[cfg(test)]
mod tests {
    use std::{fs, io::Write as _};

    use super::*;

    fn line(n: usize, level: &str) -> String {
        format!(
            "{{\"time\":\"2026-11-23T04:04:31Z\",\"level\":\"{level}\",\"msg\":\"said {n}\",\"object\":\"Dir/f{n}\"}}\n"
        )
    }

    fn log(dir: &Path, name: &str, numbers: std::ops::Range<usize>) {
        let text: String = numbers.map(|n| line(n, if n % 10 == 0 { "error" } else { "info" })).collect();
        fs::write(dir.join(name), text).expect("written");
    }

    fn read(dir: &Path, wanted: &LogFilter) -> (Vec<String>, RunLog) {
        let log = lines(dir, wanted).expect("read");
        (log.lines.iter().map(|line| line.message.clone()).collect(), log)
    }

    fn said(numbers: impl IntoIterator<Item = usize>) -> Vec<String> {
        numbers.into_iter().map(|n| format!("said {n}")).collect()
    }

    #[test]
    fn pages_lead_back_to_the_beginning_over_all_files() {
        let dir = tempfile::tempdir().expect("a folder");
        let dir = dir.path();
        log(dir, "log-2026-11-24T21-42-43.958.jsonl", 0..3000);
        log(dir, run_dir::LOG, 3000..3100);
        fs::write(dir.join(run_dir::STDERR), "goroutine 1\n\n").expect("written");
        let mut wanted = LogFilter { limit: 300, ..LogFilter::default() };
        let (mut all, mut pages) = (Vec::new(), 0);
        loop {
            let (messages, log) = read(dir, &wanted);
            assert_eq!(log.cursor.is_some(), pages == 0);
            all.splice(0..0, messages);
            pages += 1;
            let Some(older) = log.older else { break };
            wanted.before = Place::parse(&older);
        }
        assert_eq!(all, [vec!["goroutine 1".to_owned()], said(0..3100)].concat());
        assert_eq!(pages, 11);
    }

    #[test]
    fn what_is_searched_for_is_found_wherever_it_stands() {
        let dir = tempfile::tempdir().expect("a folder");
        let dir = dir.path();
        log(dir, run_dir::LOG, 0..5000);
        let errors = LogFilter { level: LogLevel::Error, limit: 5, ..LogFilter::default() };
        assert_eq!(read(dir, &errors).0, said([4950, 4960, 4970, 4980, 4990]));
        let object = LogFilter { search: "dir/F12".into(), limit: 500, ..LogFilter::default() };
        assert_eq!(read(dir, &object).0, said([12].into_iter().chain(120..130).chain(1200..1300)));
        let none = read(dir, &LogFilter { search: "nothing".into(), limit: 9, ..LogFilter::default() });
        assert_eq!((none.0.len(), none.1.older), (0, None));
        fs::write(dir.join(run_dir::LOG), "{\"level\":\"error\",\"msg\":\"x:pass=hunter2:\"}\n").expect("written");
        assert_eq!(read(dir, &LogFilter { search: "hunter2".into(), limit: 9, ..LogFilter::default() }).0.len(), 0);
        assert_eq!(read(dir, &LogFilter { limit: 9, ..LogFilter::default() }).0, ["x:pass=***:"]);
    }

    #[test]
    fn what_is_written_since_is_told_once_also_when_files_are_set_aside() {
        let dir = tempfile::tempdir().expect("a folder");
        let dir = dir.path();
        let append = |text: &str| {
            fs::OpenOptions::new()
                .append(true)
                .create(true)
                .open(dir.join(run_dir::LOG))
                .expect("open")
                .write_all(text.as_bytes())
        };
        log(dir, run_dir::LOG, 0..20);
        let (_, first) = read(dir, &LogFilter { limit: 5, ..LogFilter::default() });
        let after = |log: &RunLog, limit| LogFilter {
            after: Place::parse(log.cursor.as_deref().expect("a cursor")),
            limit,
            ..LogFilter::default()
        };
        let half = line(20, "info");
        append(&half[..30]).expect("written");
        let (messages, second) = read(dir, &after(&first, 5));
        assert_eq!((messages, second.truncated, second.reset), (said([]), false, false));
        append(&half[30..]).expect("written");
        fs::rename(dir.join(run_dir::LOG), dir.join("log-2026-11-24T21-42-43.958.jsonl")).expect("set aside");
        append(&line(21, "info")).expect("written");
        let (messages, third) = read(dir, &after(&second, 5));
        assert_eq!((messages, third.truncated), (said([20, 21]), false));
        (22..40).for_each(|n| append(&line(n, "info")).expect("written"));
        let (messages, fourth) = read(dir, &after(&third, 5));
        assert_eq!((messages, fourth.truncated), (said(35..40), true));
        // Another log is in its place: that of a run that has ended.
        fs::remove_file(dir.join("log-2026-11-24T21-42-43.958.jsonl")).expect("removed");
        fs::create_dir(report::folder(dir)).expect("a folder");
        log(&report::folder(dir), run_dir::LOG, 0..40);
        let (messages, last) = read(dir, &after(&fourth, 2));
        assert_eq!((messages, last.reset, last.truncated), (said([38, 39]), true, true));
    }

    #[test]
    fn garbage_and_lines_without_end_are_passed_over_and_places_that_were_made_up_are_none() {
        let dir = tempfile::tempdir().expect("a folder");
        let dir = dir.path();
        let mut bytes = line(1, "info").into_bytes();
        bytes.extend(vec![b'x'; LONGEST * 3]);
        bytes.extend(b"\n\xff\xfe garbage\n{\"level\":3}\n");
        bytes.extend(line(2, "info").into_bytes());
        fs::write(dir.join(run_dir::LOG), bytes).expect("written");
        let (messages, log) = read(dir, &LogFilter { limit: 500, ..LogFilter::default() });
        assert_eq!(messages, ["said 1", "\u{fffd}\u{fffd} garbage", "{\"level\":3}", "said 2"]);
        assert!(!log.truncated);
        let inode = Place::parse(&log.cursor.expect("a cursor")).expect("a place").inode;
        for offset in [0, 1, 17, 200, 1 << 20, 1 << 22, u64::MAX] {
            for place in [Place { inode, offset }, Place { inode: 1, offset }] {
                for wanted in [
                    LogFilter { after: Some(place), ..LogFilter::default() },
                    LogFilter { before: Some(place), ..LogFilter::default() },
                ] {
                    assert!(read(dir, &wanted).0.len() <= 1, "one line is asked for at least");
                }
            }
        }
        for text in ["", "-", "1", "1-", "x-y", "1-2-3", "-1-2", "99999999999999999-1"] {
            assert_eq!(Place::parse(text), None, "{text}");
        }
        assert_eq!(lines(&dir.join("none"), &LogFilter::default()).expect("empty"), RunLog::default());
    }
}
