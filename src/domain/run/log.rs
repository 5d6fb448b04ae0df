//! The log of a run for a person, and its speed over time.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::domain::time::Timestamp;

/// A line of a run's log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LogLine {
    /// When, where the line tells.
    pub at: Option<Timestamp>,
    /// rclone's level: `info`, `notice`, `error`, `critical`; empty for a line that is not JSON.
    #[schema(example = "info")]
    pub level: String,
    /// What it is about, where it is about a file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(example = "2026/IMG_2041.jpg")]
    pub object: Option<String>,
    /// What it says.
    #[schema(example = "Copied (new)")]
    pub message: String,
}

/// How much a line has to matter.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum LogLevel {
    /// Any line.
    #[default]
    Info,
    /// What a person should know: notices, warnings and errors.
    Notice,
    /// Errors, and what is not in rclone's own form: that is how it breaks.
    Error,
}

impl LogLevel {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Info, Self::Notice, Self::Error];

    /// The word for it in URLs and JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Notice => "notice",
            Self::Error => "error",
        }
    }

    /// Reads what [`Self::as_str`] writes.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|level| level.as_str() == text)
    }

    /// Of a line of rclone's with this word for its level.
    #[must_use]
    pub fn of(word: &str) -> Self {
        match word {
            "debug" | "info" => Self::Info,
            "notice" | "warning" => Self::Notice,
            _ => Self::Error,
        }
    }
}

/// Which lines of a run's log are wanted. Without `after` and `before`, the last.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct LogQuery {
    /// Only those with this in the message or the file's name, ignoring case, accents and Unicode form.
    pub search: String,
    /// Only those that matter this much.
    pub level: LogLevel,
    /// Only those that were written after this place: the `cursor` of the previous answer.
    pub after: String,
    /// Only those that were written before this place: the `older` of the previous answer.
    pub before: String,
    /// How many, at most 500; 0 is 500.
    pub limit: u32,
}

/// A page of a run's log.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RunLog {
    /// The lines, oldest first.
    pub lines: Vec<LogLine>,
    /// Whether there are older lines that are left out: between `after` and here, or else before here.
    pub truncated: bool,
    /// Where the log ended: give it back as `after` for what was written since. Absent of a page that was asked for by
    /// `before`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
    /// Give it back as `before` to look at what is older. A page may hold no line that fits and still lead on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub older: Option<String>,
    /// Whether `after` names no place of this log any more, so that these are its last lines: forget those of before.
    #[serde(default)]
    pub reset: bool,
}

/// How far a run was at one moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SeriesPoint {
    /// Milliseconds since rclone began.
    pub elapsed_ms: u64,
    /// Bytes transferred until then.
    pub bytes: u64,
    /// Files transferred until then.
    pub files: u64,
    /// Bytes a second since the point before.
    pub speed: u64,
}

/// A run's speed over time.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RunSeries {
    /// At most 600 points, evenly spread over the run; the first and the last are rclone's own.
    pub points: Vec<SeriesPoint>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_known_matters_most() {
        for level in LogLevel::ALL {
            assert_eq!(LogLevel::parse(level.as_str()), Some(level));
            assert_eq!(LogLevel::of(level.as_str()), level);
        }
        assert_eq!(
            (LogLevel::of("critical"), LogLevel::of(""), LogLevel::of("debug")),
            (LogLevel::Error, LogLevel::Error, LogLevel::Info)
        );
    }
}
