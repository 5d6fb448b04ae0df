//! Where a run is in its life.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Where a run is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum RunState {
    /// Waiting for its turn.
    Queued,
    /// Claimed; its guards look at what it would do. Nothing is changed yet.
    Guarded,
    /// Its process is being started.
    Starting,
    /// rclone works.
    Running,
    /// rclone ended with 0, its final statistics were seen, and they count no error.
    Succeeded,
    /// It ended as well as that, and found nothing to do.
    NoChange,
    /// rclone ended with 0, but something that was asked for was not done, or not proved: `warnings` say what.
    Warning,
    /// rclone ended with an error or by a signal.
    Failed,
    /// Somebody stopped it.
    Cancelled,
    /// A guard stopped it before it changed anything.
    Blocked,
    /// It did nothing for too long, and was stopped.
    Stalled,
    /// Its processes are gone and nobody saw how they ended.
    Interrupted,
    /// Its time limit ran out.
    TimedOut,
}

impl RunState {
    /// All of them, in the order of a life.
    pub const ALL: [Self; 13] = [
        Self::Queued,
        Self::Guarded,
        Self::Starting,
        Self::Running,
        Self::Succeeded,
        Self::NoChange,
        Self::Warning,
        Self::Failed,
        Self::Cancelled,
        Self::Blocked,
        Self::Stalled,
        Self::Interrupted,
        Self::TimedOut,
    ];

    /// The word for it in URLs, SQL and JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Guarded => "guarded",
            Self::Starting => "starting",
            Self::Running => "running",
            Self::Succeeded => "succeeded",
            Self::NoChange => "no_change",
            Self::Warning => "warning",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
            Self::Blocked => "blocked",
            Self::Stalled => "stalled",
            Self::Interrupted => "interrupted",
            Self::TimedOut => "timed_out",
        }
    }

    /// Reads what [`Self::as_str`] writes.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == text)
    }

    /// Whether nothing more will happen.
    #[must_use]
    pub const fn is_final(self) -> bool {
        !matches!(self, Self::Queued | Self::Guarded | Self::Starting | Self::Running)
    }

    /// Whether it ended as it was asked for, all of it. What follows a success follows this.
    #[must_use]
    pub const fn is_good(self) -> bool {
        matches!(self, Self::Succeeded | Self::NoChange)
    }

    /// Whether rclone went to its end and ended well, with warnings or without. It compared and counted everything:
    /// that is enough for a preview that approves, for the run that the guards and the run page compare with, and for
    /// an answer of 200.
    #[must_use]
    pub const fn ended_well(self) -> bool {
        self.is_good() || matches!(self, Self::Warning)
    }

    /// Whether a person should look at it: it did not end as asked.
    #[must_use]
    pub const fn is_bad(self) -> bool {
        matches!(self, Self::Failed | Self::Blocked | Self::Stalled | Self::Interrupted | Self::TimedOut)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_state_reads_as_it_is_written() {
        for state in RunState::ALL {
            assert_eq!(RunState::parse(state.as_str()), Some(state));
            assert_eq!(serde_json::to_value(state).expect("json"), state.as_str());
            assert!(!state.ended_well() || state.is_final() && !state.is_bad());
            assert!(u8::from(state.is_good()) + u8::from(state.is_bad()) <= u8::from(state.is_final()));
        }
    }
}
