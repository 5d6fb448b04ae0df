//! The queue as a whole: read, pause and resume it.

use super::{Change, audit, runs::check_reason};
use crate::{
    domain::{
        error::Result,
        event::Event,
        policy::Permission,
        queue::{Queue, QueuePatch},
        run::{state::RunState, wait::Pause},
    },
    server::{auth::Actor, state::AppState, store::runs},
};

/// Most runs that are returned.
const MAX_RUNS: usize = 200;

/// The queue as it is now.
pub async fn get(actor: &Actor, app: &AppState) -> Result<Queue> {
    actor.require(Permission::RunsRead)?;
    read(app).await
}

async fn read(app: &AppState) -> Result<Queue> {
    let mut reader = app.store.acquire().await?;
    let unfinished = runs::unfinished(&mut reader).await?;
    let mut waiting: Vec<_> =
        unfinished.into_iter().map(|run| run.summary).filter(|run| run.state == RunState::Queued).collect();
    waiting.sort_by_key(|run| run.position);
    let limits = app.engine.limits();
    let (paused, running) = (runs::pause(&mut reader).await?, runs::working(&mut reader).await?);
    let waits = waiting.len() as u64;
    waiting.truncate(MAX_RUNS);
    Ok(Queue {
        paused,
        limit: limits.global,
        limit_per_remote: limits.per_remote,
        running,
        waiting: waits,
        runs: waiting,
    })
}

/// Lets the queue rest, or go on. What runs goes on.
pub async fn update(actor: &Actor, app: &AppState, patch: &QueuePatch) -> Result<Queue> {
    actor.require(Permission::RunsWrite)?;
    check_reason(&patch.reason)?;
    let reason = patch.reason.trim().to_owned();
    let pause = patch.paused.then(|| Pause { at: app.clock.now(), by: actor.name.clone(), reason: reason.clone() });
    let mut transaction = app.store.begin().await?;
    runs::set_pause(&mut transaction, pause.as_ref()).await?;
    let action = if patch.paused { "queue.pause" } else { "queue.resume" };
    audit(
        &mut transaction,
        app,
        actor,
        Change { detail: serde_json::json!({ "reason": reason }), ..Change::new(action, "queue") },
    )
    .await?;
    transaction.commit().await?;
    app.events.tell(Event::Queue { paused: pause });
    app.engine.wake();
    read(app).await
}
