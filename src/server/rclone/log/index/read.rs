//! An index that is read: a page of it, or all of it for a search.

use std::{
    fs::File,
    io::{self, BufReader, Read as _, Seek as _, SeekFrom},
    path::Path,
};

use super::{
    super::reader,
    BLOCK, MAGIC, TRAILER,
    block::{Block, broken},
};
use crate::domain::run::files::{FileOutcome, RunFile};

/// The index of the files of one outcome.
pub struct Index {
    file: File,
    outcome: FileOutcome,
    /// How many entries there are.
    pub count: u64,
    blocks: u64,
    directory: u64,
}

impl Index {
    /// Opens it. `None` when there is none: no file had this outcome.
    pub fn open(path: &Path, outcome: FileOutcome) -> io::Result<Option<Self>> {
        let Some(mut file) = reader::open(path)? else { return Ok(None) };
        let end = file.metadata()?.len().checked_sub(TRAILER).ok_or_else(broken)?;
        file.seek(SeekFrom::Start(end))?;
        let count = number(&mut file)?;
        let mut magic = [0; MAGIC.len()];
        file.read_exact(&mut magic)?;
        let blocks = count.div_ceil(BLOCK as u64);
        let directory = blocks
            .checked_mul(8)
            .and_then(|len| end.checked_sub(len))
            .filter(|_| magic == *MAGIC)
            .ok_or_else(broken)?;
        Ok(Some(Self { file, outcome, count, blocks, directory }))
    }

    /// The entries from the `offset`th on.
    pub fn page(&mut self, offset: u64, limit: u64) -> io::Result<Vec<RunFile>> {
        let size = BLOCK as u64;
        let end = offset.saturating_add(limit).min(self.count);
        let mut page = Vec::new();
        for n in offset / size..end.div_ceil(size).min(self.blocks) {
            let first = n * size;
            let files = self.block(n)?.files(self.outcome)?;
            page.extend(
                files.into_iter().zip(first..).filter(|(_, index)| (offset..end).contains(index)).map(|(file, _)| file),
            );
        }
        Ok(page)
    }

    /// Those whose name fits, from the `offset`th of them on, and how many fit in all.
    pub fn search(self, fits: impl Fn(&str) -> bool, offset: u64, limit: u64) -> io::Result<(Vec<RunFile>, u64)> {
        let wanted = offset..offset.saturating_add(limit);
        let (mut found, mut page, outcome) = (0, Vec::new(), self.outcome);
        self.each_block(|block| {
            let fitting: Vec<_> =
                block.names.iter().enumerate().filter(|(_, name)| fits(name)).map(|(index, _)| index).collect();
            let first = found;
            found += fitting.len() as u64;
            if first < wanted.end && found > wanted.start {
                let mut files: Vec<_> = block.files(outcome)?.into_iter().map(Some).collect();
                let numbered = fitting.into_iter().zip(first..).filter(|(_, number)| wanted.contains(number));
                page.extend(numbered.filter_map(|(index, _)| files.get_mut(index)?.take()));
            }
            Ok(())
        })?;
        Ok((page, found))
    }

    /// Calls `each` with every entry and its number.
    pub fn each(self, mut each: impl FnMut(u32, RunFile) -> io::Result<()>) -> io::Result<()> {
        let (mut number, outcome) = (0, self.outcome);
        self.each_block(|block| {
            for file in block.files(outcome)? {
                each(number, file)?;
                number += 1;
            }
            Ok(())
        })
    }

    fn each_block(mut self, mut each: impl FnMut(Block) -> io::Result<()>) -> io::Result<()> {
        self.file.seek(SeekFrom::Start(self.directory))?;
        let mut ends = Vec::new();
        let mut directory = BufReader::new((&self.file).take(self.blocks * 8));
        for _ in 0..self.blocks {
            ends.push(number(&mut directory)?);
        }
        self.file.seek(SeekFrom::Start(0))?;
        let (mut reader, mut start, mut bytes) = (BufReader::with_capacity(128 << 10, &self.file), 0, Vec::new());
        for (n, end) in (0..).zip(ends) {
            let len = self.check(start, end)?;
            bytes.resize(len, 0);
            reader.read_exact(&mut bytes)?;
            each(Block::open(&bytes, self.entries(n))?)?;
            start = end;
        }
        Ok(())
    }

    fn block(&mut self, n: u64) -> io::Result<Block> {
        let before = self.directory + n.saturating_sub(1) * 8;
        self.file.seek(SeekFrom::Start(before))?;
        let start = if n == 0 { 0 } else { number(&mut self.file)? };
        let end = number(&mut self.file)?;
        let mut bytes = vec![0; self.check(start, end)?];
        self.file.seek(SeekFrom::Start(start))?;
        self.file.read_exact(&mut bytes)?;
        Block::open(&bytes, self.entries(n))
    }

    /// Entries of the `n`th block.
    fn entries(&self, n: u64) -> usize {
        usize::try_from(self.count.saturating_sub(n * BLOCK as u64)).unwrap_or(BLOCK).min(BLOCK)
    }

    /// How long a block is that begins and ends there.
    fn check(&self, start: u64, end: u64) -> io::Result<usize> {
        if start > end || end > self.directory {
            Err(broken())
        } else {
            usize::try_from(end - start).map_err(|_| broken())
        }
    }
}

fn number(reader: &mut impl io::Read) -> io::Result<u64> {
    let mut bytes = [0; 8];
    reader.read_exact(&mut bytes)?;
    Ok(u64::from_le_bytes(bytes))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::{super::Writer, *};
    use crate::domain::time::Timestamp;

    fn file(n: u64) -> RunFile {
        let name = match n % 5 {
            0 => format!("photos/2026/IMG_{n}.jpg"),
            1 => format!("ünï \"q\" ␊<img onerror> {n}"),
            2 => "x".repeat(4000) + &n.to_string(),
            3 => format!("photos/2026/é{n}"),
            _ => format!("photos/2026/è{n}"),
        };
        let error = n.is_multiple_of(3).then(|| format!("permission denied {n}"));
        let size = [None, Some(0), Some(u64::MAX - 1), Some(n)][(n % 4) as usize];
        RunFile {
            name,
            outcome: FileOutcome::Failed,
            size,
            at: Timestamp(1_763_906_531_250 - n as i64 * 7),
            error,
            was: None,
        }
    }

    fn index(count: u64) -> (tempfile::TempDir, impl Fn() -> Index) {
        let dir = tempfile::tempdir().expect("a folder");
        let path = dir.path().join("failed");
        let mut writer = Writer::create(&path).expect("created");
        (0..count).for_each(|n| writer.push(&file(n)).expect("written"));
        writer.finish().expect("finished");
        (dir, move || Index::open(&path, FileOutcome::Failed).expect("opened").expect("there"))
    }

    #[test]
    fn every_page_holds_what_was_written() {
        for count in [1, 511, 512, 513, 1500] {
            let (_dir, open) = index(count);
            let all: Vec<_> = (0..count).map(file).collect();
            for (offset, limit) in [
                (0, 1),
                (0, 2000),
                (510, 4),
                (511, 1),
                (512, 500),
                (count - 1, 10),
                (count, 10),
                (u64::MAX, 500),
                (5, 0),
            ] {
                let start = usize::try_from(offset.min(count)).expect("small");
                let end = usize::try_from(offset.saturating_add(limit).min(count)).expect("small");
                assert_eq!(
                    open().page(offset, limit).expect("read"),
                    all[start..end],
                    "{count}: {limit} from {offset}"
                );
            }
            assert_eq!(open().count, count);
            let mut each = Vec::new();
            open()
                .each(|number, file| {
                    each.push((number, file));
                    Ok(())
                })
                .expect("read");
            assert_eq!(each, (0..).zip(all).collect::<Vec<_>>());
        }
    }

    #[test]
    fn a_search_counts_all_and_gives_its_window() {
        let (_dir, open) = index(2000);
        let fits = |name: &str| name.starts_with("photos/2026/IMG");
        let (page, found) = open().search(fits, 101, 3).expect("read");
        assert_eq!((page, found), (vec![file(505), file(510), file(515)], 400));
        assert_eq!(open().search(fits, 399, 10).expect("read"), (vec![file(1995)], 400));
        assert_eq!(open().search(fits, u64::MAX, 10).expect("read"), (Vec::new(), 400));
        assert_eq!(open().search(|_| false, 0, 10).expect("read"), (Vec::new(), 0));
    }

    #[test]
    fn what_is_broken_is_an_error_and_no_panic() {
        let (dir, _) = index(600);
        let path = dir.path().join("failed");
        let whole = fs::read(&path).expect("read");
        let look = |bytes: &[u8]| {
            fs::write(&path, bytes).expect("written");
            let all = Index::open(&path, FileOutcome::Failed).and_then(|index| index.expect("there").page(0, 1000));
            let search =
                Index::open(&path, FileOutcome::Failed).and_then(|index| index.expect("there").search(|_| true, 0, 1));
            (all.is_ok(), search.is_ok())
        };
        assert_eq!(look(&whole), (true, true));
        for cut in [0, 1, 15, 16, 17, whole.len() / 2, whole.len() - 1] {
            assert_eq!(look(&whole[..cut]), (false, false), "{cut}");
        }
        for at in (0..whole.len()).step_by(37).chain(whole.len() - 40..whole.len()) {
            let mut bytes = whole.clone();
            bytes[at] ^= 0x5a;
            look(&bytes);
        }
        assert!(Index::open(&dir.path().join("none"), FileOutcome::Failed).expect("none").is_none());
    }
}
