//! What one file of the drive holds: what programs read, and what would be there after a cut of the power.

use std::collections::BTreeSet;

/// What a disk writes whole or not at all.
const SECTOR: usize = 512;

/// The bytes of a file, twice.
#[derive(Debug, Default)]
pub struct Content {
    now: Vec<u8>,
    /// As it was when it was last synced.
    safe: Vec<u8>,
    /// The sectors that were written since.
    written: BTreeSet<usize>,
}

impl Content {
    pub fn len(&self) -> usize {
        self.now.len()
    }

    pub fn read(&self, from: usize, length: usize) -> &[u8] {
        let end = from.saturating_add(length).min(self.now.len());
        &self.now[from.min(end)..end]
    }

    pub fn write(&mut self, from: usize, bytes: &[u8]) {
        let end = from + bytes.len();
        if end > self.now.len() {
            self.resize(end);
        }
        self.now[from..end].copy_from_slice(bytes);
        self.touch(from, end);
    }

    pub fn resize(&mut self, length: usize) {
        let (least, most) = (self.now.len().min(length), self.now.len().max(length));
        self.now.resize(length, 0);
        self.touch(least, most);
    }

    pub fn sync(&mut self) {
        self.safe.resize(self.now.len(), 0);
        for sector in std::mem::take(&mut self.written) {
            copy(&self.now, &mut self.safe, sector);
        }
    }

    /// What is there after the power was cut: each sector that was written and not synced is the new one or the old, as
    /// `lucky` says.
    pub fn survivor(&self, mut lucky: impl FnMut() -> bool) -> Self {
        let mut safe = self.safe.clone();
        if self.now.len() != safe.len() && lucky() {
            safe.resize(self.now.len(), 0);
        }
        for sector in &self.written {
            if lucky() {
                copy(&self.now, &mut safe, *sector);
            }
        }
        Self { now: safe.clone(), safe, written: BTreeSet::new() }
    }

    fn touch(&mut self, from: usize, end: usize) {
        self.written.extend(from / SECTOR..end.div_ceil(SECTOR));
    }
}

/// Copies a sector, as far as both files reach.
fn copy(from: &[u8], to: &mut [u8], sector: usize) {
    let start = sector * SECTOR;
    let end = (start + SECTOR).min(from.len()).min(to.len());
    if start < end {
        to[start..end].copy_from_slice(&from[start..end]);
    }
}

#[test]
fn what_was_synced_stays_and_what_was_not_is_there_by_chance() {
    let mut content = Content::default();
    content.write(0, &[1; 2000]);
    content.sync();
    content.write(600, &[2; 2000]);
    assert_eq!(content.survivor(|| false).now, [1; 2000]);
    assert_eq!(content.survivor(|| true).now, content.now);
    content.resize(100);
    let mut first = true;
    let torn = content.survivor(|| std::mem::take(&mut first));
    assert_eq!(torn.now, [1; 2000][..100], "cut short, and nothing else");
    content.sync();
    assert_eq!(content.survivor(|| false).now, [1; 2000][..100]);
}
