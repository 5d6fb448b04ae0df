//! The files of one outcome, compact: blocks of [`BLOCK`] entries, each compressed by itself, and behind them a
//! directory of where each ends. A page is one or two blocks, wherever it lies; a search goes through all of them, one
//! at a time.
//!
//! A file is `block… directory count magic`: the directory has 8 bytes a block, the end of each from the file's
//! beginning; all numbers are little-endian.

mod block;
mod read;
mod write;

pub use {read::Index, write::Writer};

/// Entries of a block.
pub const BLOCK: usize = 512;
/// How each file ends.
const MAGIC: &[u8; 8] = b"LSFILES1";
/// Bytes of what follows the directory.
const TRAILER: u64 = 16;
