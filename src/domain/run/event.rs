//! The events of a run: what happened, who did it and why, one line each.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::domain::time::Timestamp;

/// What happened to a run, who did it and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RunEvent {
    /// When.
    pub at: Timestamp,
    /// What.
    pub kind: RunEventKind,
    /// Who did it; nobody where it happened by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(example = "marianne")]
    pub user: Option<String>,
    /// The reason, the rate, the state: what goes with it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    #[schema(example = "10M")]
    pub detail: String,
}

/// What can happen to a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum RunEventKind {
    /// It was put into the queue.
    Queued,
    /// It was moved in the queue.
    Moved,
    /// A person approved what a guard would have stopped.
    Approved,
    /// Its guards began to look.
    Guarded,
    /// rclone was started.
    Started,
    /// Another console found it again.
    FoundAgain,
    /// It was never started, and waits again.
    Requeued,
    /// Its bandwidth limit was changed.
    Bandwidth,
    /// Somebody asked for it to stop.
    StopRequested,
    /// It did nothing for too long.
    Stalled,
    /// The machine's clock was moved; its time limit with it.
    ClockMoved,
    /// It will be tried again.
    Retry,
    /// It ended.
    Ended,
}

impl RunEventKind {
    /// All of them.
    pub const ALL: [Self; 13] = [
        Self::Queued,
        Self::Moved,
        Self::Approved,
        Self::Guarded,
        Self::Started,
        Self::FoundAgain,
        Self::Requeued,
        Self::Bandwidth,
        Self::StopRequested,
        Self::Stalled,
        Self::ClockMoved,
        Self::Retry,
        Self::Ended,
    ];

    /// The word for it in SQL and JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Moved => "moved",
            Self::Approved => "approved",
            Self::Guarded => "guarded",
            Self::Started => "started",
            Self::FoundAgain => "found_again",
            Self::Requeued => "requeued",
            Self::Bandwidth => "bandwidth",
            Self::StopRequested => "stop_requested",
            Self::Stalled => "stalled",
            Self::ClockMoved => "clock_moved",
            Self::Retry => "retry",
            Self::Ended => "ended",
        }
    }

    /// Reads what [`Self::as_str`] writes.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_reads_as_it_is_written() {
        for kind in RunEventKind::ALL {
            assert_eq!(RunEventKind::parse(kind.as_str()), Some(kind));
            assert_eq!(serde_json::to_value(kind).expect("json"), kind.as_str());
        }
    }
}
