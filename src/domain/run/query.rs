//! The filter of the run history, and a page of it.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{state::RunState, summary::RunSummary};
use crate::domain::{
    id::{JobId, RunId},
    operation::Operation,
};

/// Which runs are wanted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct RunQuery {
    /// Only in this state.
    pub state: Option<RunState>,
    /// Only of this operation.
    pub operation: Option<Operation>,
    /// Only of this job.
    pub job: Option<JobId>,
    /// Only with this in its source or destination.
    pub search: String,
    /// Only those before this one, newest first: the cursor from the previous page.
    pub cursor: Option<RunId>,
    /// How many, at most 1,000; 0 is 50.
    pub limit: u32,
}

/// A page of history, newest first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RunPage {
    /// The runs.
    pub runs: Vec<RunSummary>,
    /// Give it back to have the next page; `None` on the last.
    pub cursor: Option<RunId>,
}
