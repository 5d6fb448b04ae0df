//! Starts a job's followers: in the transaction that ends the run, so that a crash neither loses nor doubles them.

use super::{
    Engine,
    admission::{self, Authority, Refusal, Request},
    authority::Owner,
    places,
};
use crate::{
    domain::{
        audit::Via,
        error::{ErrorCode, Result as AppResult},
        id::RunId,
        job::Job,
        run::{
            event::RunEventKind,
            state::RunState,
            summary::{JobName, RunSummary},
        },
        time::Timestamp,
    },
    server::{
        locations::Locations,
        store::{
            Connection, StoreError,
            jobs::{self, Owner as Saver},
            runs::{self, Task},
        },
    },
};

/// What follows a run that ends in one certain way: each follower ready to be queued, or why it cannot be.
#[derive(Debug)]
pub struct Followers(Vec<(JobName, Result<Box<Request>, String>)>);

/// What a run of `job` does.
pub(super) fn task(job: &Job) -> AppResult<Task> {
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

/// What is asked of the queue for a run of `job`, in the name of its owner.
async fn request(locations: &Locations, job: &Job, owner: Saver, parent: &RunId) -> Result<Request, String> {
    let mut task = task(job).map_err(|error| error.summary())?;
    let places = match locations.transfer(places::asked(&task)).await {
        Ok(checked) => {
            let places = places::of(&checked, task.operation, task.options.dry_run);
            (task.source, task.destination, _) = checked.locations();
            places
        }
        // It is queued and blocked when it is its turn, as a run whose folder is not allowed any more.
        Err(error) if error.code == ErrorCode::Forbidden => Vec::new(),
        Err(error) => return Err(error.summary()),
    };
    Ok(Request {
        task,
        places,
        authority: Authority {
            owner: Owner { user_id: owner.id, user: owner.name, token: None },
            via: Via::Chain,
            address: None,
        },
        approved_by: None,
        job: Some(JobName { id: job.id, name: job.spec.name.clone() }),
        parent: Some(*parent),
        retry: job.spec.retry,
        priority: job.spec.priority,
        time_limit_secs: job.spec.time_limit_secs,
        idempotency_key: None,
        confirmed: false,
    })
}

/// What follows a run that ends in `state`. Asks no remote.
pub(super) async fn find(engine: &Engine, run: &RunSummary, state: RunState) -> Result<Followers, StoreError> {
    let Some(job) = run.job.as_ref().filter(|_| !run.dry_run) else { return Ok(Followers(Vec::new())) };
    let config = &engine.0.config;
    let following = jobs::following(&mut *config.store.acquire().await?, &job.id, state).await?;
    let mut found = Vec::new();
    for stored in following {
        let name = JobName { id: stored.job.id, name: stored.job.spec.name.clone() };
        let request = request(&config.locations, &stored.job, stored.owner, &run.id).await;
        found.push((name, request.map(Box::new)));
    }
    Ok(Followers(found))
}

/// Queues what follows `run`, in the transaction that ends it. What is refused is noted on `run`, with the reason.
pub(super) async fn queue(
    transaction: &mut Connection,
    run: &RunSummary,
    followers: &Followers,
    now: Timestamp,
) -> Result<Vec<RunId>, StoreError> {
    let mut queued = Vec::new();
    for (job, request) in &followers.0 {
        let refused = match request {
            Ok(request) => match admission::admit(transaction, (**request).clone(), now).await {
                Ok(id) => {
                    queued.push(id);
                    continue;
                }
                Err(Refusal::Store(error)) => return Err(error),
                Err(Refusal::Owner(why) | Refusal::Full(why)) => why,
            },
            Err(why) => why.clone(),
        };
        let detail = format!("“{}” could not be started after it: {refused}", job.name);
        let at = run.ended_at.unwrap_or(run.created_at);
        runs::note(transaction, &run.id, at, RunEventKind::Queued, None, &detail).await?;
    }
    Ok(queued)
}
