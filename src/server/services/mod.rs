//! The use cases, one file per noun. Every rule is here, and the first line of each checks the permission. REST and
//! server functions call these.

pub mod audit;
pub mod files;
pub mod jobs;
pub mod metrics;
pub mod mounts;
pub mod operations;
pub mod overview;
pub mod queue;
pub mod reads;
pub mod remotes;
pub mod runs;
pub mod sessions;
pub mod setup;
pub mod tokens;
pub mod trust;
pub mod users;

use super::{
    auth::Actor,
    rclone::manager::RcloneStatus as Status,
    state::AppState,
    store::{Connection, audit as log},
};
use crate::domain::{error::Result, id::RunId, user::RcloneStatus};

/// What an audit row says beside who, when and from where.
struct Change<'a> {
    action: &'a str,
    target: &'a str,
    detail: serde_json::Value,
    run_id: Option<RunId>,
    success: bool,
}

impl<'a> Change<'a> {
    const fn new(action: &'a str, target: &'a str) -> Self {
        Self { action, target, detail: serde_json::Value::Null, run_id: None, success: true }
    }
}

/// Writes the audit row of a change into the change's own transaction.
async fn audit(transaction: &mut Connection, app: &AppState, actor: &Actor, change: Change<'_>) -> Result<()> {
    let row = actor
        .entry(app.clock.now(), change.action)
        .to(change.target)
        .with(change.detail)
        .about(change.run_id)
        .succeeded(change.success);
    Ok(log::insert(transaction, &row).await?)
}

/// Writes the audit row of a change that failed, in a transaction of its own.
async fn audit_failure(app: &AppState, actor: &Actor, action: &str, target: &str, why: &str) -> Result<()> {
    let mut transaction = app.store.begin().await?;
    let change = Change { detail: serde_json::json!({ "error": why }), success: false, ..Change::new(action, target) };
    audit(&mut transaction, app, actor, change).await?;
    Ok(transaction.commit().await?)
}

/// Whether rclone can be used, as a person reads it.
pub fn rclone_status(app: &AppState) -> RcloneStatus {
    match app.rclone.status() {
        Status::Ready(binary) => RcloneStatus::Ready { version: binary.version.to_string() },
        Status::Missing { message } | Status::Down { message } => RcloneStatus::Missing { message },
    }
}
