//! The audit rows of what programs look at: the first of a kind at once, what follows within a minute as one row with
//! their number. So reading fills no disk, however fast somebody reads. What changes something, and what is refused, is
//! written each time and does not come here.

use std::time::Duration;

use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

use super::{Change, audit};
use crate::{
    domain::{error::Result, location::Location},
    server::{
        auth::Actor,
        reads::{Key, Sum},
        state::AppState,
        store::audit as log,
    },
};
/// How often rows that are due are written.
const EVERY: Duration = Duration::from_secs(10);

/// Writes down that a program looked at something.
pub(super) async fn record(
    app: &AppState,
    actor: &Actor,
    action: &'static str,
    location: &Location,
    error: Option<&str>,
) -> Result<()> {
    let target = location.to_string();
    if !app.reads.note(actor, action, &target, error.is_none(), app.clock.now()) {
        return Ok(());
    }
    let detail = error.map_or(serde_json::Value::Null, |error| serde_json::json!({ "error": error }));
    let mut transaction = app.store.begin().await?;
    audit(&mut transaction, app, actor, Change { detail, success: error.is_none(), ..Change::new(action, &target) })
        .await?;
    Ok(transaction.commit().await?)
}

/// Writes the rows that are due, until the server stops.
pub async fn keep(app: AppState, stopping: CancellationToken) {
    let mut tick = interval(EVERY);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = stopping.cancelled() => return,
            _ = tick.tick() => flush(&app, false).await,
        }
    }
}

/// Writes the rows that are due, or all at the end.
pub async fn flush(app: &AppState, all: bool) {
    let due: Vec<_> = app.reads.due(app.clock.now(), all).into_iter().filter(|(_, sum)| sum.reads > 0).collect();
    if due.is_empty() {
        return;
    }
    if let Err(error) = write(app, due).await {
        tracing::warn!(%error, "sums of the audit log could not be written");
    }
}

async fn write(app: &AppState, due: Vec<(Key, Sum)>) -> Result<()> {
    let mut transaction = app.store.begin().await?;
    for (key, Sum { actor, since, reads }) in due {
        let entry = log::Entry::new(app.clock.now(), key.via, key.action)
            .by(Some(key.user), actor.name)
            .from(key.address.map(|address| address.to_string()))
            .to(&key.target)
            .with(serde_json::json!({ "more": reads, "since": since }))
            .succeeded(key.success);
        log::insert(&mut transaction, &entry).await?;
    }
    Ok(transaction.commit().await?)
}
