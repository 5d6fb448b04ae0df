//! Admission: the only way into the queue, for a run that somebody starts and for a follower alike.

use crate::{
    domain::{
        audit::Via,
        id::RunId,
        retry::Retry,
        run::summary::{JobName, route},
        time::Timestamp,
    },
    server::store::{
        Connection, StoreError,
        audit::{self, Entry},
        new_id,
        runs::{self, NewRow, PathLock, Task},
    },
};

use super::{
    authority::{Owner, owner_refused},
    places,
};

/// Most runs that have not ended.
const QUEUE_MAX: u64 = 1000;
/// Most of them of one person: nobody fills the queue for the others.
const OWN_MAX: u64 = 250;

/// In whose name a run is started.
#[derive(Clone, Debug)]
pub struct Authority {
    /// Who.
    pub owner: Owner,
    /// How they came, or what acts for them.
    pub via: Via,
    /// From which address.
    pub address: Option<String>,
}

/// A run that is asked for. Its places were checked by `Locations::transfer`.
#[derive(Clone, Debug)]
pub struct Request {
    /// What it does, where, and how.
    pub task: Task,
    /// What it reads and writes.
    pub places: Vec<PathLock>,
    /// In whose name.
    pub authority: Authority,
    /// The preview that approved it.
    pub approved_by: Option<RunId>,
    /// The job that it is a run of.
    pub job: Option<JobName>,
    /// The run after which it is started.
    pub parent: Option<RunId>,
    /// What is tried again.
    pub retry: Retry,
    /// The highest is next.
    pub priority: i32,
    /// How long it may take, from now on.
    pub time_limit_secs: Option<u32>,
    /// What a client calls this request.
    pub idempotency_key: Option<String>,
    /// Whether the caller wrote the path once more.
    pub confirmed: bool,
}

/// Why a run was not put into the queue.
#[derive(Debug)]
pub enum Refusal {
    /// Its owner may not start runs now.
    Owner(String),
    /// The queue is full.
    Full(String),
    /// The database refused; [`StoreError::Taken`] as [`runs::insert`] says.
    Store(StoreError),
}

impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

/// Puts a run into the queue and writes its audit row, in the caller's transaction.
pub async fn admit(c: &mut Connection, request: Request, now: Timestamp) -> Result<RunId, Refusal> {
    // A follower that may not start is queued all the same: when it is its turn it is blocked, with a row in the
    // history and the audit log.
    if request.parent.is_none()
        && let Some(why) = owner_refused(c, &request.authority.owner, now).await?
    {
        return Err(Refusal::Owner(why));
    }
    if runs::count_unfinished(c).await? >= QUEUE_MAX {
        return Err(Refusal::Full("1,000 runs are already waiting. Stop some of them, or wait.".to_owned()));
    }
    let Owner { user_id, user, .. } = &request.authority.owner;
    if runs::count_unfinished_of(c, user_id).await? >= OWN_MAX {
        return Err(Refusal::Full(format!(
            "“{user}” already has 250 runs waiting or running. Stop some of them, or wait until some have ended."
        )));
    }
    let row = row(request, now);
    runs::insert(c, &row).await?;
    record_start(c, &row).await?;
    Ok(row.id)
}

fn row(request: Request, now: Timestamp) -> NewRow {
    let Authority { owner: Owner { user_id, user, token }, via, address } = request.authority;
    NewRow {
        id: new_id(now),
        spec: places::spec(&request.task, &request.places),
        task: request.task,
        places: request.places,
        approved_by: request.approved_by,
        job: request.job,
        parent: request.parent,
        retry: request.retry,
        priority: request.priority,
        user_id,
        user,
        token,
        via,
        address,
        created_at: now,
        deadline_at: request.time_limit_secs.map(|limit| Timestamp(now.0.saturating_add(i64::from(limit) * 1000))),
        idempotency_key: request.idempotency_key,
        confirmed: request.confirmed,
    }
}

/// The audit row of a run's start.
async fn record_start(c: &mut Connection, row: &NewRow) -> Result<(), StoreError> {
    let task = &row.task;
    let target = route(&task.source, task.destination.as_ref());
    let detail = serde_json::json!({
        "operation": task.operation, "options": task.options, "guards": task.guards, "job": row.job.as_ref().map(|job| &job.name),
        "approved_by": row.approved_by, "confirmed": row.confirmed, "after": row.parent,
    });
    let entry = Entry::new(row.created_at, row.via.as_str(), "run.start")
        .by(Some(row.user_id), &row.user)
        .from(row.address.clone())
        .to(&target)
        .with(detail)
        .about(Some(row.id));
    audit::insert(c, &entry).await
}
