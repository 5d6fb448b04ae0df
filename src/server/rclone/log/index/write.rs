//! An index that is written, front to end.

use std::{
    fs::File,
    io::{self, BufWriter, Write as _},
    os::unix::fs::OpenOptionsExt as _,
    path::Path,
};

use super::{BLOCK, MAGIC, block::Columns};
use crate::domain::run::files::RunFile;

/// The writer. It holds one block in memory.
pub struct Writer {
    file: BufWriter<File>,
    columns: Columns,
    ends: Vec<u64>,
    count: u64,
    written: u64,
    block: Vec<u8>,
}

impl Writer {
    /// Creates the file.
    pub fn create(path: &Path) -> io::Result<Self> {
        let file = File::options().write(true).create_new(true).mode(0o600).open(path)?;
        let file = BufWriter::with_capacity(128 << 10, file);
        Ok(Self { file, columns: Columns::default(), ends: Vec::new(), count: 0, written: 0, block: Vec::new() })
    }

    /// Adds an entry. All of a file are of one outcome.
    pub fn push(&mut self, file: &RunFile) -> io::Result<()> {
        self.columns.push(file);
        self.count += 1;
        if self.columns.count == BLOCK { self.flush() } else { Ok(()) }
    }

    /// Writes what is left, and the directory.
    pub fn finish(mut self) -> io::Result<()> {
        if self.columns.count > 0 {
            self.flush()?;
        }
        for end in &self.ends {
            self.file.write_all(&end.to_le_bytes())?;
        }
        self.file.write_all(&self.count.to_le_bytes())?;
        self.file.write_all(MAGIC)?;
        self.file.into_inner().map_err(io::IntoInnerError::into_error)?.sync_all()
    }

    fn flush(&mut self) -> io::Result<()> {
        self.block.clear();
        self.columns.flush(&mut self.block)?;
        self.file.write_all(&self.block)?;
        self.written += self.block.len() as u64;
        self.ends.push(self.written);
        Ok(())
    }
}
