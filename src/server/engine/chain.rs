//! What is started after a run of a job: written in the transaction that ends the run, so that a crash neither loses nor doubles it.

use super::{Engine, places};
use crate::{
    domain::{
        error::{AppError, Result as AppResult},
        id::RunId,
        job::Job,
        run::{JobName, RunEventKind, RunState, RunSummary},
        time::Timestamp,
    },
    server::{
        locations::Locations,
        store::{
            Connection, StoreError,
            audit::{self, NewAudit},
            jobs::{self, Owner},
            new_id,
            runs::{self, NewRow, Task},
        },
    },
};

/// A follower that is ready to be queued, or why it is not.
pub(super) type Next = (JobName, Result<Box<NewRow>, String>);

/// What a run of `job` does.
fn task(job: &Job) -> AppResult<Task> {
    let spec = &job.spec;
    Ok(Task {
        operation: spec.operation,
        source: job.source()?,
        destination: job.destination()?,
        options: spec.options.clone(),
        guards: spec.guards.clone(),
        retry_of: None,
    })
}

/// A run of `job`, to be put into the queue.
async fn row(locations: &Locations, job: &Job, owner: Owner, parent: &RunId, at: Timestamp) -> Result<NewRow, String> {
    let mut task = task(job).map_err(AppError::sentence)?;
    let checked = locations.transfer(places::asked(&task)).await.map_err(AppError::sentence)?;
    let places = places::of(&checked, task.operation, task.options.dry_run);
    (task.source, task.destination, _) = checked.locations();
    Ok(NewRow {
        id: new_id(at),
        spec: places::spec(&task, &places),
        task,
        places,
        approved_by: None,
        job: Some(JobName { id: job.id.clone(), name: job.spec.name.clone() }),
        parent: Some(parent.clone()),
        retry: job.spec.retry,
        priority: job.spec.priority,
        user_id: owner.id,
        user: owner.name,
        via: "chain",
        address: None,
        created_at: at,
        deadline_at: job.spec.time_limit_secs.map(|limit| Timestamp(at.0.saturating_add(i64::from(limit) * 1000))),
        idempotency_key: None,
    })
}

/// The audit row of a follower's start.
fn started<'a>(run: &RunSummary, row: &'a NewRow) -> NewAudit<'a> {
    NewAudit {
        at: row.created_at,
        user_id: Some(row.user_id.clone()),
        user: row.user.clone(),
        via: row.via,
        action: "run.start",
        target: row.job.as_ref().map_or("", |job| &job.name),
        detail: serde_json::json!({ "operation": row.task.operation, "options": row.task.options, "guards": row.task.guards, "after": run.id }),
        success: true,
        address: None,
        run_id: Some(row.id.clone()),
    }
}

/// What follows a run that ends in `state`. Asks no remote.
pub(super) async fn next(engine: &Engine, run: &RunSummary, state: RunState) -> Result<Vec<Next>, StoreError> {
    let Some(job) = run.job.as_ref().filter(|_| !run.dry_run) else { return Ok(Vec::new()) };
    let config = &engine.0.config;
    let following = jobs::following(&mut *config.store.acquire().await?, &job.id, state).await?;
    let mut next = Vec::new();
    for stored in following {
        let name = JobName { id: stored.job.id.clone(), name: stored.job.spec.name.clone() };
        let row = row(&config.locations, &stored.job, stored.owner, &run.id, config.clock.now()).await;
        next.push((name, row.map(Box::new)));
    }
    Ok(next)
}

/// Queues what follows `run`, in the transaction that ends it. What can not be queued is noted.
pub(super) async fn queue(transaction: &mut Connection, run: &RunSummary, next: &[Next]) -> Result<Vec<RunId>, StoreError> {
    let mut queued = Vec::new();
    for (job, row) in next {
        match row {
            Ok(row) => {
                runs::insert(transaction, row).await?;
                audit::insert(transaction, &started(run, row)).await?;
                queued.push(row.id.clone());
            }
            Err(why) => {
                let detail = format!("“{}” could not be started after it: {why}", job.name);
                let at = run.ended_at.unwrap_or(run.created_at);
                runs::note(transaction, &run.id, at, RunEventKind::Queued, None, &detail).await?;
            }
        }
    }
    Ok(queued)
}
