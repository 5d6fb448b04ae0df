//! Changes to an existing run: stop it, change its bandwidth, move it in the queue. Each is in its
//! history, with who and why.

use std::time::Duration;

use tokio::time::timeout;
use tracing::Instrument as _;

use super::{
    super::{Change, audit},
    found, stored, unknown,
};
use crate::{
    domain::{
        error::{AppError, ErrorCode, Result},
        event::Event,
        id::RunId,
        policy::Permission,
        queue::RunPatch,
        run::{detail::Run, event::RunEventKind, state::RunState},
        transfer::read_rate,
    },
    server::{
        auth::Actor,
        error::internal,
        rclone::run::progress,
        state::AppState,
        store::runs::{self, StopOutcome},
    },
};

/// How long a request waits until rclone has taken the new limit.
const LIMIT_WAIT: Duration = Duration::from_secs(30);
/// What it answers after that time.
const LIMIT_WAITS: &str = "rclone first sends the pieces that already wait at the old limit, and takes the new one \
                           after them. The run’s events will say when it did.";
/// Longest reason, in characters.
const REASON: usize = 500;

/// Reads a reason that a person gave.
pub(in crate::server::services) fn check_reason(reason: &str) -> Result<()> {
    if reason.chars().count() > REASON { Err(AppError::invalid("reason", "At most 500 characters.")) } else { Ok(()) }
}

/// Asks a run to stop; the run as it is then. It has ended when its state says so; one that waits ends at once. rclone
/// is asked, and after a while not asked any more.
pub async fn stop(actor: &Actor, app: &AppState, id: &RunId, reason: &str) -> Result<Run> {
    actor.require(Permission::RunsWrite)?;
    check_reason(reason)?;
    // One that waits ends here, and an end has followers. One that works is stopped without asking: a follower's folder
    // may not answer.
    let run = stored(app, id).await?.run.summary;
    let followers = match run.state {
        RunState::Queued => Some(app.engine.followers(&run, RunState::Cancelled).await?),
        _ => None,
    };
    let mut transaction = app.store.begin().await?;
    let outcome = runs::request_stop(&mut transaction, id, &actor.name, reason, app.clock.now()).await?;
    let cancelled = match outcome {
        StopOutcome::NotFound => return Err(unknown(id)),
        StopOutcome::AlreadyFinal => return Err(AppError::conflict("This run has ended already.")),
        StopOutcome::Cancelled(ended) => Some(ended),
        StopOutcome::Requested => None,
    };
    let detail = serde_json::json!({ "reason": reason.trim() });
    let change = Change { run_id: Some(*id), detail, ..Change::new("run.stop", id.as_str()) };
    audit(&mut transaction, app, actor, change).await?;
    let changed = match (cancelled, &followers) {
        (Some(ended), Some(followers)) => app.engine.conclude(&mut transaction, ended, followers).await?,
        (Some(_), None) => {
            return Err(AppError::conflict("This run began to wait for its next attempt just now. Stop it again."));
        }
        (None, _) => Vec::new(),
    };
    transaction.commit().await?;
    if changed.is_empty() {
        app.engine.stop(id);
    } else {
        app.engine.publish(changed);
        app.engine.wake();
    }
    found(app, id).await
}

/// Changes the bandwidth limit of a run that works: `10M`, `1M:2M`, `off`. It is written down when rclone has taken it,
/// even when the person has gone by then.
pub async fn set_bandwidth(actor: &Actor, app: &AppState, id: &RunId, rate: &str) -> Result<Run> {
    actor.require(Permission::RunsWrite)?;
    let rate = rate.trim();
    let limit = read_rate("rate", rate)?;
    let run = stored(app, id).await?;
    if run.run.summary.state != RunState::Running {
        return Err(AppError::conflict("The bandwidth can be changed only while the run is running."));
    }
    let Some(change) = app.engine.limit_changes().begin(id) else {
        return Err(AppError::conflict("rclone has not taken the limit before this one yet. Try again in a minute."));
    };
    let dir = app.engine.run_dir(id, run.fence);
    let (owned, by, at, text) = (app.clone(), actor.clone(), *id, rate.to_owned());
    let taken = async move {
        let _change = change;
        progress::set_bandwidth(&dir, limit).await?;
        record_bandwidth(&by, &owned, &at, &text).await
    };
    match timeout(LIMIT_WAIT, tokio::spawn(taken.in_current_span())).await {
        Ok(taken) => taken.map_err(|error| internal("the change of a limit broke off", &error))??,
        Err(_) => return Err(AppError::new(ErrorCode::Timeout, LIMIT_WAITS)),
    }
    found(app, id).await
}

/// Writes down a limit that rclone has taken, and by whom it was set.
async fn record_bandwidth(actor: &Actor, app: &AppState, id: &RunId, rate: &str) -> Result<()> {
    let mut transaction = app.store.begin().await?;
    if runs::set_bandwidth(&mut transaction, id, rate).await? {
        runs::note(&mut transaction, id, app.clock.now(), RunEventKind::Bandwidth, Some(&actor.name), rate).await?;
    }
    let detail = serde_json::json!({ "rate": rate });
    let change = Change { run_id: Some(*id), detail, ..Change::new("run.bandwidth", id.as_str()) };
    audit(&mut transaction, app, actor, change).await?;
    Ok(transaction.commit().await?)
}

/// Moves a run that waits.
pub async fn update(actor: &Actor, app: &AppState, id: &RunId, patch: &RunPatch) -> Result<Run> {
    actor.require(Permission::RunsWrite)?;
    if patch.priority.is_some_and(|priority| !(-100..=100).contains(&priority)) {
        return Err(AppError::invalid("priority", "Between -100 and 100."));
    }
    if patch.position == Some(0) {
        return Err(AppError::invalid("position", "The first position is 1."));
    }
    stored(app, id).await?;
    let now = app.clock.now();
    let mut transaction = app.store.begin().await?;
    let mut waits = true;
    if let Some(priority) = patch.priority {
        waits &= runs::set_priority(&mut transaction, id, priority, &actor.name, now).await?;
    }
    if let Some(position) = patch.position {
        waits &= runs::set_position(&mut transaction, id, position, &actor.name, now).await?;
    }
    if !waits {
        return Err(AppError::conflict("This run is no longer waiting."));
    }
    let detail = serde_json::json!(patch);
    let change = Change { run_id: Some(*id), detail, ..Change::new("run.move", id.as_str()) };
    audit(&mut transaction, app, actor, change).await?;
    transaction.commit().await?;
    app.engine.wake();
    // All that wait may have a new place.
    for run in runs::unfinished(&mut *app.store.acquire().await?)
        .await?
        .into_iter()
        .filter(|run| run.summary.state == RunState::Queued)
    {
        app.events.tell(Event::Run { run: Box::new(run.summary) });
    }
    found(app, id).await
}
