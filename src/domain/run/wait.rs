//! Why a run waits, and what it does while another is at work where it would be.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::domain::{format, id::RunId, time::Timestamp};

/// What to do while another run writes where this one would read or write.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum OnBusy {
    /// Wait until it has ended.
    #[default]
    Queue,
    /// Refuse with `destination_busy`.
    Refuse,
}

impl OnBusy {
    /// The word for it in SQL and JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Queue => "queue",
            Self::Refuse => "refuse",
        }
    }

    /// Reads what [`Self::as_str`] writes.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Queue, Self::Refuse].into_iter().find(|on_busy| on_busy.as_str() == text)
    }
}

/// That the queue rests.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Pause {
    /// Since when.
    pub at: Timestamp,
    /// Who paused it.
    #[schema(example = "marianne")]
    pub by: String,
    /// Why, in their words.
    #[schema(example = "The line is needed for a call.")]
    pub reason: String,
}

/// Why a run that waits is not started, where that can be said. Else it waits for those before it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[schema(example = json!({ "kind": "busy", "run": "01JD3Z6N9V4M2K8Q7W5X1T0R3S" }))]
pub enum Wait {
    /// The queue rests. Its fields are those of [`Pause`], one by one: generators of clients cannot read a struct
    /// within a tagged variant.
    Paused {
        /// Since when.
        at: Timestamp,
        /// Who paused it.
        by: String,
        /// Why, in their words.
        reason: String,
    },
    /// Its next attempt is not due yet.
    Retry,
    /// Another run works where this one would read or write.
    Busy {
        /// That run.
        run: RunId,
    },
    /// As many runs work as may.
    Full {
        /// How many.
        limit: u32,
    },
    /// As many work on one of its remotes as may.
    RemoteFull {
        /// How many.
        limit: u32,
    },
}

impl Wait {
    /// The reason in a sentence.
    #[must_use]
    pub fn summary(&self) -> String {
        match self {
            Self::Paused { by, reason, .. } if reason.is_empty() => format!("{by} paused the queue."),
            Self::Paused { by, reason, .. } => format!("{by} paused the queue: {reason}"),
            Self::Retry => "Its next attempt is not due yet.".to_owned(),
            Self::Busy { .. } => "Another run is using this location.".to_owned(),
            Self::Full { limit } => {
                format!(
                    "{} at once, and that many are running.",
                    format::plural((*limit).into(), "run may be active", "runs may be active")
                )
            }
            Self::RemoteFull { limit } => {
                format!(
                    "{} on one remote at once, and that many are running on it.",
                    format::plural((*limit).into(), "run may be active", "runs may be active")
                )
            }
        }
    }
}
