//! The log of a run, as rclone writes it: one JSON object a line, in a file. Read while it grows ([`Tail`]), when it has ended
//! ([`finish()`]), and for a person ([`files()`], [`lines()`]). Tolerates what is not JSON, lines without end and files that are not there.

mod files;
mod finish;
mod reader;
mod tail;

pub use {
    files::{failed, files},
    finish::{Finish, finish, lines, reason},
    tail::{Progress, Tail},
};

/// The log's name in a run's folder.
pub const FILE: &str = "log.jsonl";
/// What rclone says before it has a log, or when it breaks: text.
pub const STDERR: &str = "stderr";
