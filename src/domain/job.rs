//! A job: a run that somebody saved, and what is started after it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::follower::Follower;
use super::{
    error::{AppError, Result},
    guard::Guards,
    id::JobId,
    location::Location,
    operation::Operation,
    retry::Retry,
    run::{new::NewRun, summary::RunSummary, wait::OnBusy},
    time::Timestamp,
    transfer::TransferOptions,
};

/// Longest name, in characters.
const NAME: usize = 100;
/// Most jobs that are started after one.
pub const FOLLOWERS: usize = 16;

/// What a job does: all that a run needs, saved under a name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "name": "Photos to the archive", "operation": "sync", "source": "/srv/photos", "destination": "b2-archive:photos",
    "guards": { "sentinel": ".this-is-the-disk" }, "retry": { "attempts": 3, "backoff_secs": 60 },
}))]
pub struct NewJob {
    /// Its name: 1 to 100 characters, and no other job's, whatever the case of its letters.
    #[schema(min_length = 1, max_length = 100, example = "Photos to the archive")]
    pub name: String,
    /// What it does.
    #[serde(default)]
    pub operation: Operation,
    /// Where from.
    #[schema(example = "/srv/photos")]
    pub source: String,
    /// Where to; not for a delete.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(example = "b2-archive:photos")]
    pub destination: Option<String>,
    /// How.
    #[serde(default)]
    pub options: TransferOptions,
    /// What guards its runs.
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
    /// After how many seconds a run is stopped, waiting included.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1, maximum = 604_800)]
    pub time_limit_secs: Option<u32>,
    /// What is started after it.
    #[serde(default)]
    pub followers: Vec<Follower>,
}

impl NewJob {
    /// A run of it.
    #[must_use]
    pub fn run(&self) -> NewRun {
        NewRun {
            operation: self.operation,
            source: self.source.clone(),
            destination: self.destination.clone(),
            options: self.options.clone(),
            guards: self.guards.clone(),
            retry: self.retry,
            on_busy: self.on_busy,
            priority: self.priority,
            time_limit_secs: self.time_limit_secs,
            approval: None,
            confirm: None,
        }
    }

    /// What can be said without looking at anything else; names each field.
    pub fn validate(&self) -> Result<()> {
        let mut fields = BTreeMap::new();
        let name = self.name.trim();
        if name.is_empty() || name.chars().count() > NAME || name.chars().any(char::is_control) {
            fields.insert("name".to_owned(), "1 to 100 characters.".to_owned());
        }
        if self.followers.len() > FOLLOWERS {
            fields.insert("followers".to_owned(), "At most 16.".to_owned());
        }
        if fields.is_empty() { Ok(()) } else { Err(AppError::invalid_fields(fields)) }
    }
}

/// A job as it is saved.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Job {
    /// Its id.
    pub id: JobId,
    /// Goes up with each change. Who changes it says which one they saw.
    #[schema(example = 1)]
    pub version: i64,
    /// What it does. Source and destination as they were read.
    #[serde(flatten)]
    pub spec: NewJob,
    /// Who saved it last.
    #[schema(example = "marianne")]
    pub user: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was changed last.
    pub updated_at: Timestamp,
    /// Its last run, dry runs left out.
    pub last_run: Option<RunSummary>,
    /// The equivalent command line.
    #[schema(example = "rclone copy -- /srv/photos b2-archive:photos")]
    pub command: String,
}

impl Job {
    /// Where from.
    pub fn source(&self) -> Result<Location> {
        Location::parse(&self.spec.source)
    }

    /// Where to.
    pub fn destination(&self) -> Result<Option<Location>> {
        self.spec.destination.as_deref().map(Location::parse).transpose()
    }
}

/// A job with all its fields anew, over the version that was seen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "version": 1, "job": { "name": "Photos to the archive", "operation": "sync", "source": "/srv/photos", "destination": "b2-archive:photos" },
}))]
pub struct JobUpdate {
    /// The version that was seen; another one is a conflict.
    pub version: i64,
    /// The job as it shall be.
    pub job: NewJob,
}

/// Which jobs are wanted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct JobQuery {
    /// Only with this in the name, source or destination.
    pub search: String,
    /// Only after this name, the cursor from the previous page.
    pub cursor: Option<String>,
    /// How many, at most 1,000; 0 is 100.
    pub limit: u32,
}

/// A page of jobs, by name.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct JobPage {
    /// The jobs.
    pub jobs: Vec<Job>,
    /// Give it back to have the next page; `None` on the last.
    pub cursor: Option<String>,
}
