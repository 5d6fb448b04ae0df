//! The lines of a log that are shown while it is followed: bounded, without a gap.

use crate::domain::run::log::{LogLine, RunLog};

/// Most lines that are shown; the oldest go first.
const SHOWN: usize = 2000;

/// What is shown, with a number for each line.
#[derive(Clone)]
pub(super) struct Lines {
    pub(super) lines: Vec<(usize, LogLine)>,
    pub(super) next: usize,
    pub(super) cursor: Option<String>,
    pub(super) older: Option<String>,
    pub(super) truncated: bool,
}

impl Lines {
    pub(super) fn new(log: RunLog) -> Self {
        Self {
            next: log.lines.len(),
            lines: log.lines.into_iter().enumerate().collect(),
            cursor: log.cursor,
            older: log.older,
            truncated: log.truncated,
        }
    }

    /// Takes what was written since.
    pub(super) fn add(&mut self, log: RunLog) {
        if log.reset {
            self.lines.clear();
            (self.truncated, self.older) = (log.truncated, log.older);
        } else if log.truncated {
            // More was written than fits an answer: what is shown would have a hole.
            self.lines.clear();
            (self.truncated, self.older) = (true, None);
        }
        self.cursor = log.cursor;
        for line in log.lines {
            self.lines.push((self.next, line));
            self.next += 1;
        }
        if self.lines.len() > SHOWN {
            self.lines.drain(..self.lines.len() - SHOWN);
            (self.truncated, self.older) = (true, None);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn log(numbers: std::ops::Range<usize>) -> RunLog {
        let line = |n: usize| LogLine { at: None, level: "info".into(), object: None, message: n.to_string() };
        RunLog { lines: numbers.map(line).collect(), cursor: Some("c".into()), ..RunLog::default() }
    }

    #[test]
    fn what_is_followed_stays_bounded_and_has_no_hole() {
        let mut shown = Lines::new(RunLog { older: Some("o".into()), truncated: true, ..log(0..500) });
        for n in 1..10 {
            shown.add(log(n * 500..(n + 1) * 500));
        }
        let said: Vec<_> = shown.lines.iter().map(|(n, line)| (*n, line.message.clone())).collect();
        assert_eq!(said, (3000..5000).map(|n| (n, n.to_string())).collect::<Vec<_>>());
        assert_eq!((shown.older.as_deref(), shown.truncated), (None, true));
        shown.add(RunLog { truncated: true, ..log(9000..9010) });
        assert_eq!((shown.lines.len(), shown.lines[0].0), (10, 5000));
        shown.add(RunLog { reset: true, older: Some("p".into()), truncated: true, ..log(0..3) });
        let said: Vec<_> = shown.lines.iter().map(|(n, line)| (*n, line.message.as_str())).collect();
        assert_eq!(said, [(5010, "0"), (5011, "1"), (5012, "2")]);
        assert_eq!(shown.older.as_deref(), Some("p"));
    }
}
