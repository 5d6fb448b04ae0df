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
const MAX_BYTES: u64 = (16 << 20) + (64 << 10);
/// Most lines of one answer.
const MAX_LINES: usize = 500;

/// Which lines are wanted.
#[derive(Clone, Debug, Default)]
pub struct LogFilter {
    /// Only those with this in the message or the object, as people see it. After secrets were taken out: they cannot
    /// be guessed at.
    pub search: String,
    /// Only those that matter this much.
    pub level: LogLevel,
    /// Only those after this place.
    pub after: Option<LogCursor>,
    /// Only those before this place. Not with `after`.
    pub before: Option<LogCursor>,
    /// How many, at most 500.
    pub limit: usize,
}

/// A place in a log: a file of it, and how far into it, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LogCursor {
    inode: u64,
    offset: u64,
}

impl LogCursor {
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
        limit: wanted.limit.clamp(1, MAX_LINES),
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
    fn find(&self, place: LogCursor) -> Option<usize> {
        self.segments.iter().position(|segment| segment.inode == place.inode && place.offset <= segment.len)
    }

    /// The last lines.
    fn end(&mut self) -> io::Result<RunLog> {
        let Some(last) = self.segments.len().checked_sub(1) else { return Ok(RunLog::default()) };
        let end = whole(&mut self.segments[last])?;
        let cursor = LogCursor { inode: self.segments[last].inode, offset: end }.to_text();
        Ok(RunLog { cursor: Some(cursor), ..self.until(last, end)? })
    }

    /// What was written since: when that is more than can be told, the last of it.
    fn since(&mut self, at: usize, offset: u64) -> io::Result<RunLog> {
        let mut from = (at, offset);
        let (mut left, mut truncated) = (MAX_BYTES, false);
        for (index, segment) in self.segments.iter().enumerate().skip(at).rev() {
            let start = if index == at { offset } else { 0 };
            if segment.len - start > left {
                (from, truncated) = ((index, segment.len - left), true);
                break;
            }
            left -= segment.len - start;
        }
        let (mut lines, mut end) = (VecDeque::new(), LogCursor { inode: 0, offset: 0 });
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
            end = LogCursor { inode: segment.inode, offset };
        }
        Ok(RunLog { lines: lines.into(), truncated, cursor: Some(end.to_text()), ..RunLog::default() })
    }

    /// What was written before a place, looked at piece by piece from there on back.
    fn until(&mut self, at: usize, end: u64) -> io::Result<RunLog> {
        let (mut index, mut end, mut left, mut piece) = (at, end, MAX_BYTES, 128 << 10);
        let mut lines: VecDeque<(LogCursor, LogLine)> = VecDeque::new();
        let older = loop {
            if end == 0 {
                let Some(before) = index.checked_sub(1) else { break None };
                index = before;
                end = self.segments[index].len;
                continue;
            }
            let segment = &mut self.segments[index];
            if lines.len() >= self.limit || left == 0 {
                break Some(LogCursor { inode: segment.inode, offset: end });
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
                found.extend(readable(line, level, search).map(|line| (LogCursor { inode, offset }, line)));
            })?;
            found.into_iter().rev().for_each(|line| lines.push_front(line));
            (end, piece) = (start, (piece * 2).min(4 << 20));
        };
        let extra = lines.len().saturating_sub(self.limit);
        lines.drain(..extra);
        let older = if extra > 0 { lines.front().map(|(place, _)| *place) } else { older };
        let lines = lines.into_iter().map(|(_, line)| line).collect();
        Ok(RunLog { lines, truncated: older.is_some(), older: older.map(LogCursor::to_text), ..RunLog::default() })
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
mod tests;
