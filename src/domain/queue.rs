//! The queue as a whole: paused or not, how many runs may be active, and how to move a waiting run.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::run::{summary::RunSummary, wait::Pause};

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

/// Changes to a waiting run.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
#[schema(example = json!({ "position": 1 }))]
pub struct RunPatch {
    /// −100 to 100; the highest is next. 0 is usual.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = -100, maximum = 100)]
    pub priority: Option<i32>,
    /// Its position in the queue, from 1. It adopts the priority of the run currently there.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1)]
    pub position: Option<u64>,
}
