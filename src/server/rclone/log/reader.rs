//! Lines of bounded length from a file that may be large.

use std::{
    fs::File,
    io::{self, BufRead, BufReader, Read, Seek, SeekFrom},
    path::Path,
};

/// Longest line that is looked at, in bytes. A statistics line of 128 transfers is some 60 kB. Longer ones are skipped.
pub const LONGEST: usize = 1 << 20;

/// Opens a file. `None` when there is none.
pub fn open(path: &Path) -> io::Result<Option<File>> {
    match File::open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        other => other.map(Some),
    }
}

/// Whether `mark` stands in a line: much quicker than to parse it.
pub fn holds(line: &[u8], mark: &[u8]) -> bool {
    memchr::memmem::find(line, mark).is_some()
}

/// Calls `each` with every whole line of `reader`, without its end. A last line that is not ended counts when `ended`.
pub fn each(reader: impl Read, ended: bool, mut each: impl FnMut(&[u8]) -> io::Result<()>) -> io::Result<()> {
    let mut reader = BufReader::with_capacity(256 << 10, reader);
    let mut line = Vec::new();
    loop {
        line.clear();
        let limit = u64::try_from(LONGEST).unwrap_or(u64::MAX);
        if reader.by_ref().take(limit).read_until(b'\n', &mut line)? == 0 {
            return Ok(());
        }
        if line.last() == Some(&b'\n') {
            each(&line[..line.len() - 1])?;
        } else if line.len() < LONGEST {
            // The end of the file, in the middle of a line.
            if ended {
                each(&line)?;
            }
            return Ok(());
        } else if reader.skip_until(b'\n')? == 0 {
            return Ok(());
        }
    }
}

/// The whole lines in the last `bytes` of a file, and whether there is more before them.
pub fn last(file: &mut File, bytes: u64) -> io::Result<(Vec<Vec<u8>>, bool)> {
    let start = file.metadata()?.len().saturating_sub(bytes);
    // One byte earlier: when that ends a line, the first line is whole.
    file.seek(SeekFrom::Start(start.saturating_sub(1)))?;
    let mut lines = Vec::new();
    each(file.take(bytes.saturating_add(1)), true, |line| {
        lines.push(line.to_vec());
        Ok(())
    })?;
    if start > 0 && !lines.is_empty() {
        lines.remove(0);
    }
    Ok((lines, start > 0))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(bytes: &[u8], ended: bool) -> Vec<usize> {
        let mut lengths = Vec::new();
        each(bytes, ended, |line| {
            lengths.push(line.len());
            Ok(())
        })
        .expect("read");
        lengths
    }

    #[test]
    fn lines_are_whole_and_bounded() {
        assert_eq!(all(b"a\n\nbcd\nxy", true), [1, 0, 3, 2]);
        assert_eq!(all(b"a\nxy", false), [1]);
        let mut long = vec![b'x'; LONGEST * 3];
        long.extend(b"\nab\n");
        assert_eq!(all(&long, true), [2]);
        assert_eq!(all(&vec![b'x'; LONGEST * 2], true), [0_usize; 0]);
    }

    #[test]
    fn the_last_lines_of_a_file_are_whole() {
        let dir = tempfile::tempdir().expect("a folder");
        let path = dir.path().join("f");
        std::fs::write(&path, "first\nsecond\nthird\n").expect("written");
        let text = |bytes| {
            last(&mut File::open(&path).expect("there"), bytes)
                .map(|(lines, more)| (lines.concat(), more))
                .expect("read")
        };
        assert_eq!(text(1000), (b"firstsecondthird".to_vec(), false));
        assert_eq!(text(6), (b"third".to_vec(), true));
        assert_eq!(text(9), (b"third".to_vec(), true));
    }
}
