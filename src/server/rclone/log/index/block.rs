//! A block: its entries by columns, so that what is alike lies together. Names tell only what differs from the one
//! before.

use std::io::{self, Read as _, Write as _};

use flate2::{Compression, read::DeflateDecoder, write::DeflateEncoder};

use crate::domain::{
    run::files::{FileOutcome, RunFile},
    time::Timestamp,
};

/// Largest block when it is open, in bytes. Names have at most a few thousand bytes.
const LARGEST: u64 = 64 << 20;

/// A block that is filled.
#[derive(Default)]
pub struct Columns {
    names: Vec<u8>,
    sizes: Vec<u8>,
    times: Vec<u8>,
    details: Vec<u8>,
    /// How many entries.
    pub count: usize,
    last_name: String,
    last_time: i64,
}

impl Columns {
    /// Adds an entry.
    pub fn push(&mut self, file: &RunFile) {
        let shared = shared(&self.last_name, &file.name);
        number(&mut self.names, shared as u64);
        text(&mut self.names, &file.name[shared..]);
        number(&mut self.sizes, file.size.map_or(0, |size| size.saturating_add(1)));
        let delta = file.at.0.wrapping_sub(self.last_time);
        number(&mut self.times, ((delta << 1) ^ (delta >> 63)).cast_unsigned());
        // What an entry tells beside depends on the outcome, which is the file's.
        match file.error.as_ref().or(file.was.as_ref()) {
            Some(detail) => {
                self.details.push(1);
                text(&mut self.details, detail);
            }
            None => self.details.push(0),
        }
        self.count += 1;
        self.last_name.clone_from(&file.name);
        self.last_time = file.at.0;
    }

    /// Appends it to `out`, compressed, and begins anew.
    pub fn flush(&mut self, out: &mut Vec<u8>) -> io::Result<()> {
        let mut encoder = DeflateEncoder::new(out, Compression::new(4));
        for column in [&mut self.names, &mut self.sizes, &mut self.times, &mut self.details] {
            encoder.write_all(column)?;
            column.clear();
        }
        encoder.finish()?;
        self.count = 0;
        self.last_name.clear();
        self.last_time = 0;
        Ok(())
    }
}

/// How many bytes two names begin with alike, by whole characters.
fn shared(a: &str, b: &str) -> usize {
    let mut shared = a.bytes().zip(b.bytes()).take_while(|(a, b)| a == b).count();
    while !b.is_char_boundary(shared) {
        shared -= 1;
    }
    shared
}

/// A block that was opened.
pub struct Block {
    bytes: Vec<u8>,
    /// Its names, in order.
    pub names: Vec<String>,
    /// Where the other columns begin.
    rest: usize,
}

impl Block {
    /// Opens a block of `count` entries.
    pub fn open(compressed: &[u8], count: usize) -> io::Result<Self> {
        let mut bytes = Vec::with_capacity(count * 64);
        DeflateDecoder::new(compressed).take(LARGEST).read_to_end(&mut bytes)?;
        let mut column = Column { bytes: &bytes, at: 0 };
        let mut names: Vec<String> = Vec::with_capacity(count);
        for _ in 0..count {
            let shared = usize::try_from(column.number()?).map_err(|_| broken())?;
            let rest = column.text()?;
            let before = match names.last() {
                Some(name) => name.get(..shared),
                None => Some("").filter(|_| shared == 0),
            };
            names.push([before.ok_or_else(broken)?, rest].concat());
        }
        let rest = column.at;
        Ok(Self { names, rest, bytes })
    }

    /// Its entries.
    pub fn files(self, outcome: FileOutcome) -> io::Result<Vec<RunFile>> {
        let mut column = Column { bytes: &self.bytes, at: self.rest };
        let (mut sizes, mut times, mut time) = (Vec::new(), Vec::new(), 0_i64);
        for _ in &self.names {
            sizes.push(column.number()?.checked_sub(1));
        }
        for _ in &self.names {
            let delta = column.number()?;
            time = time.wrapping_add((delta >> 1).cast_signed() ^ -((delta & 1).cast_signed()));
            times.push(Timestamp(time));
        }
        let mut files = Vec::with_capacity(self.names.len());
        for ((name, size), at) in self.names.into_iter().zip(sizes).zip(times) {
            let detail = if column.byte()? == 0 { None } else { Some(column.text()?.to_owned()) };
            let (was, error) = if outcome == FileOutcome::Renamed { (detail, None) } else { (None, detail) };
            files.push(RunFile { name, outcome, size, at, error, was });
        }
        Ok(files)
    }
}

/// A column that is read.
struct Column<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Column<'a> {
    fn byte(&mut self) -> io::Result<u8> {
        let byte = *self.bytes.get(self.at).ok_or_else(broken)?;
        self.at += 1;
        Ok(byte)
    }

    fn number(&mut self) -> io::Result<u64> {
        let mut n = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            n |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Ok(n);
            }
        }
        Err(broken())
    }

    fn text(&mut self) -> io::Result<&'a str> {
        let len = usize::try_from(self.number()?).map_err(|_| broken())?;
        let end = self.at.checked_add(len).ok_or_else(broken)?;
        let text = self.bytes.get(self.at..end).and_then(|bytes| std::str::from_utf8(bytes).ok()).ok_or_else(broken)?;
        self.at = end;
        Ok(text)
    }
}

/// Seven bits a byte, the lowest first.
fn number(out: &mut Vec<u8>, mut n: u64) {
    while n >= 0x80 {
        out.push((n & 0x7f) as u8 | 0x80);
        n >>= 7;
    }
    out.push((n & 0x7f) as u8);
}

fn text(out: &mut Vec<u8>, text: &str) {
    number(out, text.len() as u64);
    out.extend_from_slice(text.as_bytes());
}

/// What is not what was written.
pub fn broken() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "the index of a run's files is broken")
}
