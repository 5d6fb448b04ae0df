//! The log of a run, as rclone writes it: one JSON object a line, in files that it sets aside when they are full. Read
//! while it grows ([`Tail`]); when it has ended, in one pass that makes what is kept of it and deletes it
//! ([`conclude()`]); and for a person, from either ([`files()`], [`lines()`], [`Raw`], [`series()`]). Tolerates what is
//! not JSON, lines without end and files that are not there.

mod conclude;
mod files;
mod finish;
mod headline;
mod index;
mod latest;
mod line;
mod lines;
mod notes;
mod parser;
mod pending;
mod raw;
mod reader;
mod report;
mod segments;
mod series;
mod tail;
mod traits;
mod trim;

pub use {
    conclude::{clear, conclude},
    files::{each_name, failed, files},
    finish::{Finish, finish, reason},
    lines::{LogCursor, LogFilter, lines},
    notes::Notes,
    raw::Raw,
    report::{Report, Tally, UNCONFIRMED},
    segments::{BACKUPS, SIZE},
    series::series,
    tail::{Progress, Tail},
};
