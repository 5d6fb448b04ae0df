//! One line of rclone's log, read where it lies: most are about a file, and there may be a million.

use std::borrow::Cow;

use serde::Deserialize;

use crate::domain::time::Timestamp;

use super::{notes::Notes, reader};

/// A line. Everything may be absent; empty is as absent.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Line<'a> {
    #[serde(borrow)]
    time: Cow<'a, str>,
    /// `info`, `notice`, `error`, `critical`.
    #[serde(borrow)]
    pub level: Cow<'a, str>,
    /// What it says.
    #[serde(borrow)]
    pub msg: Cow<'a, str>,
    /// What it is about: mostly a file.
    #[serde(borrow)]
    pub object: Cow<'a, str>,
    /// What that is, by its type in rclone: `*local.Object`, `*s3.Fs`; `string` for a path, mostly that of a folder.
    #[serde(borrow)]
    object_type: Cow<'a, str>,
    /// What a dry run did not do.
    #[serde(borrow)]
    pub skipped: Cow<'a, str>,
    size: Option<i64>,
}

/// How an attempt ended.
const ATTEMPT: &str = "Attempt ";
/// What rclone says when it ends after an attempt that was whole, and has no more.
const LAST: &str = "Can't retry any of the errors";

impl<'a> Line<'a> {
    /// Reads a line that is about a file, about an attempt, or a note on the run as a whole. `None` of any other.
    pub fn read(line: &'a [u8]) -> Option<Self> {
        if reader::holds(line, b"\"object\":")
            || reader::holds(line, b"\"msg\":\"Attempt ")
            || reader::holds(line, b"\"msg\":\"Can't retry")
            || Notes::STARTS.iter().any(|start| reader::holds(line, start))
        {
            serde_json::from_slice(line).ok()
        } else {
            None
        }
    }

    /// Whether it is about a file or folder; not about a whole place, or nothing.
    pub fn is_about_one(&self) -> bool {
        !self.object.is_empty() && !self.object_type.ends_with("Fs")
    }

    /// Whether what it is about is a path, not an object: that of a folder, or of what could not be opened.
    pub fn is_about_path(&self) -> bool {
        self.object_type == "string"
    }

    /// Whether all it says is known elsewhere: that a file was taken, or would be.
    pub fn is_routine(&self) -> bool {
        !self.object.is_empty() && (self.level == "info" || !self.skipped.is_empty())
    }

    /// When; 1970 where it does not tell.
    pub fn at(&self) -> Timestamp {
        Timestamp::parse(&self.time).unwrap_or_default()
    }

    /// The file's size in bytes.
    pub fn size(&self) -> Option<u64> {
        self.size.and_then(|size| u64::try_from(size).ok())
    }

    /// Which attempt has come to its end, when that is what it says, and whether another follows: `current` is the one
    /// under way.
    pub fn attempt(&self, current: u32) -> Option<(u32, bool)> {
        if !self.object.is_empty() {
            return None;
        }
        if self.msg.starts_with(LAST) {
            return Some((current, false));
        }
        let (ended, rest) = self.msg.strip_prefix(ATTEMPT)?.split_once('/')?;
        let (ended, (of, how)) = (ended.parse().ok()?, rest.split_once(' ')?);
        Some((ended, how.starts_with("failed") && of.parse::<u32>().is_ok_and(|of| ended < of)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_read_where_it_lies() {
        let line = Line::read(
            br#"{"time":"2026-11-23T04:04:31.1Z","level":"info","msg":"Copied (new)","size":4,"object":"a","objectType":"*local.Object"}"#,
        );
        let line = line.expect("a line");
        assert!(matches!(line.object, Cow::Borrowed("a")) && line.is_about_one() && line.is_routine());
        assert_eq!((line.size(), line.at().0 % 1000), (Some(4), 100));
        let place = Line::read(
            br#"{"level":"error","msg":"not deleting files","object":"S3 bucket x","objectType":"*s3.Fs","size":-1}"#,
        );
        assert!(place.is_some_and(|place| !place.is_about_one() && place.size().is_none()));
        for (line, attempt) in [
            (&br#"{"level":"error","msg":"Attempt 2/3 failed with 1 errors and: x"}"#[..], Some((2, true))),
            (br#"{"level":"error","msg":"Attempt 3/3 failed with 1 errors and: x"}"#, Some((3, false))),
            (br#"{"level":"error","msg":"Attempt 2/3 succeeded"}"#, Some((2, false))),
            (br#"{"level":"error","msg":"Can't retry any of the errors - not attempting retries"}"#, Some((7, false))),
            (br#"{"level":"error","msg":"Attempt x/3"}"#, None),
            (br#"{"level":"info","msg":"Attempt 2/3","object":"Attempt 2/3"}"#, None),
        ] {
            assert_eq!(Line::read(line).expect("a line").attempt(7), attempt);
        }
        assert!(Line::read(b"{\"object\":").is_none() && Line::read(br#"{"msg":"else"}"#).is_none());
    }
}
