//! The guard of a delete and a move: what they would take away is counted before anything is, and is let go within the
//! budget or by a permission.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::{
    super::{Engine, followers, places},
    GuardOutcome,
};
use crate::{
    domain::{
        guard::report::GuardReport,
        id::{JobId, RunId},
        removal::Allowance,
    },
    server::{
        rclone::{error::RcloneError, run::transfer::Transfer},
        store::{
            StoreError, jobs,
            runs::{self, Stored, Task},
            tokens,
        },
    },
};

/// How long the count may take. What is not counted by then is above every budget.
const LIMIT: Duration = Duration::from_secs(10 * 60);
/// The same where the path was written once more: then the figures are only told.
const LIMIT_CONFIRMED: Duration = Duration::from_secs(10);

/// Counts, and judges by `allowance`. `names` is how many files it takes up, where it takes up only those that failed
/// before.
pub(super) async fn evaluate(
    engine: &Engine,
    transfer: &Transfer,
    allowance: Allowance,
    names: Option<u64>,
    report: GuardReport,
    stop: &CancellationToken,
) -> Result<GuardReport, GuardOutcome> {
    let limit = if allowance.confirmed { LIMIT_CONFIRMED } else { LIMIT };
    let counted = tokio::select! {
        () = stop.cancelled() => return Err(GuardOutcome::Stopped),
        counted = engine.0.config.rclone.count(&transfer.source, &transfer.options, limit) => counted,
    };
    let report = GuardReport { operation: Some(transfer.operation), ..report };
    let report = match counted {
        Ok((removed, all)) => {
            GuardReport { deletes: Some(names.unwrap_or(removed)), source_files: Some(all), ..report }
        }
        Err(RcloneError::Failed { message } | RcloneError::Unavailable { message }) => {
            GuardReport { uncounted: Some(message), ..report }
        }
        Err(error @ (RcloneError::Timeout | RcloneError::IsFile)) => {
            GuardReport { uncounted: Some(error.to_string()), ..report }
        }
        // The run will meet it and say it better.
        Err(error) if allowance.confirmed => GuardReport { uncounted: Some(error.to_string()), ..report },
        Err(error) => return Err(error.into()),
    };
    Ok(allowance.judge(report))
}

/// What a preview counted, of which a person saw the list. Where it could not count, what it listed.
pub(super) fn seen(preview: &Stored) -> u64 {
    let (run, stats) = (&preview.run, &preview.run.summary.stats);
    run.guard_report.as_ref().and_then(|report| report.deletes).unwrap_or_else(|| stats.deletes.max(stats.files))
}

/// How many files the job of a run may remove without asking now: when it still does exactly what the run does.
pub(super) async fn of_job(
    engine: &Engine,
    job: Option<&JobId>,
    run: &RunId,
    task: &Task,
    spec: &str,
) -> Result<u64, StoreError> {
    let Some(job) = job else { return Ok(0) };
    let mut reader = engine.0.config.store.acquire().await?;
    let Some(stored) = jobs::get(&mut reader, job).await? else { return Ok(0) };
    let Ok(does) = followers::task(&stored.job) else { return Ok(0) };
    let mut held = runs::places_of(&mut reader, run).await?;
    held.sort();
    let same = places::spec(&Task { retry_of: task.retry_of, ..does }, &held) == spec;
    Ok(stored.job.spec.guards.may_delete.filter(|_| same).map_or(0, u64::from))
}

/// How many files the token that asked for a run may remove without asking.
pub(super) async fn of_token(engine: &Engine, run: &RunId) -> Result<u64, StoreError> {
    let mut reader = engine.0.config.store.acquire().await?;
    let Some(token) = runs::origin(&mut reader, run).await?.and_then(|origin| origin.token_id) else { return Ok(0) };
    let id = token.parse().map_err(StoreError::corrupt("run's token"))?;
    Ok(tokens::standing(&mut reader, &id).await?.map_or(0, |token| token.may_delete))
}
