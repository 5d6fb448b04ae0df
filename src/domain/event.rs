//! Events that the console sends to open pages: one stream for each visible tab.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    id::RunId,
    run::{stats::InFlight, summary::RunSummary, wait::Pause},
};

/// One message of the stream `/api/v1/events`. Complete in itself: what was missed before it does not matter.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Event {
    /// The first message of each connection: all runs that have not ended.
    Snapshot {
        /// Those runs.
        runs: Vec<RunSummary>,
        /// Why the queue rests, when somebody paused it.
        paused: Option<Pause>,
    },
    /// The queue was paused, or goes on.
    Queue {
        /// Why it rests.
        paused: Option<Pause>,
    },
    /// A run is new, got further, or ended.
    Run {
        /// The run as it is now.
        run: Box<RunSummary>,
    },
    /// What a run transfers now. Only in a stream that was opened for that run.
    InFlight {
        /// The run.
        id: RunId,
        /// Its files.
        files: Vec<InFlight>,
    },
    /// The last message of a stream that ends since the same person has opened too many newer ones. Do not open it
    /// again by itself: that would end another one.
    Replaced {
        /// Why, and what to do.
        message: String,
    },
}
