//! The queue as a whole: whether it rests, how much may run at once, and how a run that waits is moved.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{format, id::RunId, run::RunSummary, time::Timestamp};

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

/// The queue.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Queue {
    /// Why nothing is started, when somebody paused it.
    pub paused: Option<Pause>,
    /// How many runs may work at once.
    #[schema(example = 8)]
    pub limit: u32,
    /// How many of them on one remote.
    #[schema(example = 4)]
    pub limit_per_remote: u32,
    /// How many work now.
    pub running: u64,
    /// How many wait.
    pub waiting: u64,
    /// Those that wait, the next one first, at most 200.
    pub runs: Vec<RunSummary>,
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

/// What shall be with the queue.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "paused": true, "reason": "The line is needed for a call." }))]
pub struct QueuePatch {
    /// Whether it shall rest. What runs goes on.
    pub paused: bool,
    /// Why: at most 500 characters.
    #[serde(default)]
    #[schema(max_length = 500)]
    pub reason: String,
}

/// How a run that waits shall wait.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
#[schema(example = json!({ "position": 1 }))]
pub struct RunPatch {
    /// −100 to 100; the highest is next. 0 is usual.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = -100, maximum = 100)]
    pub priority: Option<i32>,
    /// Its place in the queue, from 1. It takes the priority of who is there.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1)]
    pub position: Option<u64>,
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
    pub fn words(&self) -> String {
        match self {
            Self::Paused { by, reason, .. } if reason.is_empty() => format!("{by} paused the queue."),
            Self::Paused { by, reason, .. } => format!("{by} paused the queue: {reason}"),
            Self::Retry => "Its next attempt is not due yet.".to_owned(),
            Self::Busy { .. } => "Another run is at work there.".to_owned(),
            Self::Full { limit } => {
                format!(
                    "{} at once, and as many work now.",
                    format::plural((*limit).into(), "run may work", "runs may work")
                )
            }
            Self::RemoteFull { limit } => {
                format!(
                    "{} on one remote at once, and as many work on it now.",
                    format::plural((*limit).into(), "run may work", "runs may work")
                )
            }
        }
    }
}
