//! What is kept of a log: its beginning, its end, and between them as long as there is room what a person should know.

use std::{
    collections::VecDeque,
    fs::File,
    io::{self, BufWriter, Write as _},
    os::unix::fs::OpenOptionsExt as _,
    path::Path,
};

use super::reader;

/// Most bytes of a log that are kept.
pub const MAX_BYTES: u64 = 16 << 20;
/// Bytes of the beginning that are kept, whatever stands there.
const FIRST: u64 = 4 << 20;
/// Bytes of what follows: the rest, but for the line that says what is missing.
const LATER: u64 = MAX_BYTES - FIRST - 4096;

/// Lines with their numbers.
type Lines = VecDeque<(u64, Box<[u8]>)>;

/// A log while it is shortened. Holds at most what is kept in memory.
pub struct Trimmer {
    file: BufWriter<File>,
    /// How much may still be written as it comes.
    room: u64,
    /// Lines about single files that went well, and statistics on the way. They are the first to go.
    routine: Lines,
    /// All others.
    other: Lines,
    held: u64,
    number: u64,
    routine_left_out: u64,
    other_left_out: u64,
}

impl Trimmer {
    /// Into a new file at `path`; `whole` is the size of the log in bytes.
    pub fn create(path: &Path, whole: u64) -> io::Result<Self> {
        let file =
            BufWriter::with_capacity(256 << 10, File::options().write(true).create_new(true).mode(0o600).open(path)?);
        let room = if whole <= MAX_BYTES { MAX_BYTES } else { FIRST };
        Ok(Self {
            file,
            room,
            routine: Lines::new(),
            other: Lines::new(),
            held: 0,
            number: 0,
            routine_left_out: 0,
            other_left_out: 0,
        })
    }

    /// Takes the next line.
    pub fn push(&mut self, line: &[u8], routine: bool) -> io::Result<()> {
        let size = line.len() as u64 + 1;
        if size <= self.room {
            self.room -= size;
            return write(&mut self.file, line);
        }
        self.room = 0;
        self.number += 1;
        let lines = if routine { &mut self.routine } else { &mut self.other };
        lines.push_back((self.number, line.into()));
        self.held += size;
        while self.held > LATER {
            let (lines, left_out) = if self.routine.is_empty() {
                (&mut self.other, &mut self.other_left_out)
            } else {
                (&mut self.routine, &mut self.routine_left_out)
            };
            let Some((_, line)) = lines.pop_front() else { break };
            self.held -= line.len() as u64 + 1;
            *left_out += 1;
        }
        Ok(())
    }

    /// Writes what was held, with a line that says how much is missing. Whether any is.
    pub fn finish(mut self) -> io::Result<bool> {
        let left_out = self.routine_left_out + self.other_left_out;
        if left_out > 0 {
            let message = format!(
                "{left_out} lines were left out from here on, to keep this log small: {} about single files that went well, {} others",
                self.routine_left_out, self.other_left_out
            );
            let line = serde_json::json!({ "level": "notice", "msg": message, "left_out": left_out });
            write(&mut self.file, line.to_string().as_bytes())?;
        }
        loop {
            let routine = self.routine.front().map(|(number, _)| *number);
            let other = self.other.front().map(|(number, _)| *number);
            let lines = match (routine, other) {
                (None, None) => break,
                (Some(routine), Some(other)) if routine < other => &mut self.routine,
                (Some(_), None) => &mut self.routine,
                _ => &mut self.other,
            };
            if let Some((_, line)) = lines.pop_front() {
                write(&mut self.file, &line)?;
            }
        }
        self.file.into_inner().map_err(io::IntoInnerError::into_error)?.sync_all()?;
        Ok(left_out > 0)
    }
}

/// Whether a line that is about no file is routine: statistics while something is under way.
pub fn is_progress(line: &[u8]) -> bool {
    reader::holds(line, b"\"stats\":{")
        && (reader::holds(line, b"\"transferring\":[") || reader::holds(line, b"\"checking\":["))
}

fn write(file: &mut BufWriter<File>, line: &[u8]) -> io::Result<()> {
    file.write_all(line)?;
    file.write_all(b"\n")
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn kept(lines: impl Iterator<Item = (Vec<u8>, bool)> + Clone) -> (Vec<String>, bool) {
        let dir = tempfile::tempdir().expect("a folder");
        let path = dir.path().join("kept");
        let whole = lines.clone().map(|(line, _)| line.len() as u64 + 1).sum();
        let mut keeper = Trimmer::create(&path, whole).expect("created");
        lines.for_each(|(line, routine)| keeper.push(&line, routine).expect("taken"));
        let shortened = keeper.finish().expect("finished");
        let text = fs::read_to_string(path).expect("text");
        assert!(text.len() as u64 <= MAX_BYTES && (text.is_empty() || text.ends_with('\n')));
        (text.lines().map(str::to_owned).collect(), shortened)
    }

    #[test]
    fn a_small_log_is_kept_as_it_is() {
        let lines = (0..80_000).map(|n| (format!("{n:0>200}").into_bytes(), n % 3 == 0));
        let (kept, shortened) = kept(lines.clone());
        assert!(!shortened && kept.iter().map(String::as_bytes).eq(lines.map(|(line, _)| line).collect::<Vec<_>>()));
    }

    #[test]
    fn of_a_large_log_what_matters_stays_longest_and_the_order_does() {
        let lines = (0..400_000).map(|n| (format!("{n:0>200}").into_bytes(), n % 100 != 0));
        let (kept, shortened) = kept(lines);
        assert!(shortened && kept.len() > 80_000);
        let (notes, numbers): (Vec<_>, Vec<_>) = kept.iter().partition(|line| line.starts_with('{'));
        let numbers: Vec<u32> = numbers.iter().map(|line| line.parse().expect("a number")).collect();
        assert!(numbers.is_sorted());
        assert_eq!((numbers[0], numbers[numbers.len() - 1]), (0, 399_999));
        assert_eq!(numbers.iter().filter(|n| *n % 100 == 0).count(), 4000, "none of those that matter is missing");
        assert_eq!(notes.len(), 1);
        assert!(notes[0].contains(&format!("{} lines were left out", 400_000 - numbers.len())), "{}", notes[0]);
    }

    #[test]
    fn of_too_many_errors_the_first_and_the_last_stay() {
        let (kept, shortened) = kept((0..200_000).map(|n| (format!("{n:0>200}").into_bytes(), false)));
        assert!(shortened && kept[0].ends_with("00") && kept[kept.len() - 1].ends_with("199999"));
        assert!(kept.iter().any(|line| line.contains(": 0 about single files that went well, 1")));
    }
}
