//! A run in full.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{event::RunEvent, previous::PreviousRun, stats::InFlight, summary::RunSummary, wait::Wait};
use crate::domain::{
    guard::{Approves, Guards, report::GuardReport},
    id::RunId,
    transfer::TransferOptions,
};

/// A run in full.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Run {
    /// What a row shows.
    #[serde(flatten)]
    pub summary: RunSummary,
    /// How it was asked for.
    pub options: TransferOptions,
    /// The equivalent command line.
    #[schema(example = "rclone copy /srv/photos b2-archive:photos")]
    pub command: String,
    /// rclone's exit code, when it exited.
    pub exit_code: Option<i32>,
    /// The signal that ended rclone, by name, when one did.
    #[schema(example = "SIGKILL")]
    pub signal: Option<String>,
    /// Who asked for it to stop.
    #[schema(example = "marianne")]
    pub stopped_by: Option<String>,
    /// Why, in their words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stop_reason: Option<String>,
    /// What guards it.
    pub guards: Guards,
    /// What the guards saw; of a preview of a sync, what they would say to the run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub guard_report: Option<GuardReport>,
    /// Of a preview: how long it may approve a run that really does it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approves: Option<Approves>,
    /// Why it waits, where that can be said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wait: Option<Wait>,
    /// The run after which it was started.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<RunId>,
    /// The run whose failed files it takes up again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_of: Option<RunId>,
    /// Of one that ended: the last before it that did the same and ended well, to compare with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<PreviousRun>,
    /// The bandwidth limit that was set while it ran.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(example = "10M")]
    pub bandwidth: Option<String>,
    /// What happened to it, oldest first, at most 200.
    pub events: Vec<RunEvent>,
    /// What is being transferred now.
    pub in_flight: Vec<InFlight>,
}
