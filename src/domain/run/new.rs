//! A run that is asked for.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::wait::OnBusy;
use crate::domain::{
    guard::{Approval, Guards},
    operation::Operation,
    retry::Retry,
    transfer::TransferOptions,
};

/// What is needed to start a run.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewRun {
    /// What it does.
    #[serde(default)]
    pub operation: Operation,
    /// Where from: `remote:path` or an absolute path of this server. Of a delete: what is deleted.
    #[schema(example = "/srv/photos")]
    pub source: String,
    /// Where to; not for a delete.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(example = "b2-archive:photos")]
    pub destination: Option<String>,
    /// How.
    #[serde(default)]
    pub options: TransferOptions,
    /// After how many seconds, waiting included, it is stopped: 1 to 604,800 (a week). Never when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1, maximum = 604_800, example = 3600)]
    pub time_limit_secs: Option<u32>,
    /// What guards it.
    #[serde(default)]
    pub guards: Guards,
    /// What is tried again.
    #[serde(default)]
    pub retry: Retry,
    /// What to do while another run writes there.
    #[serde(default)]
    pub on_busy: OnBusy,
    /// −100 to 100; among those that wait the highest is next.
    #[serde(default)]
    #[schema(minimum = -100, maximum = 100)]
    pub priority: i32,
    /// What lets it go although a guard would stop it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approval: Option<Approval>,
    /// The destination once more, of a delete the path: what differs is refused. It lets a delete and a move go beyond
    /// their budget.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(example = "b2-archive:photos")]
    pub confirm: Option<String>,
}
