//! Operations: what a run can do, and the options that each of them may be given.

use crate::{
    domain::{
        error::{AppError, Result},
        flag::Flag,
        operation::{Operation, OperationInfo},
        policy::Permission,
    },
    server::{auth::Actor, state::AppState},
};

/// All operations.
pub fn list(actor: &Actor) -> Result<Vec<OperationInfo>> {
    actor.require(Permission::RunsRead)?;
    Ok(Operation::ALL.into_iter().map(Into::into).collect())
}

/// The options that an operation may be given among its `flags`, by name.
pub async fn options(actor: &Actor, app: &AppState, operation: &str) -> Result<Vec<Flag>> {
    actor.require(Permission::RunsRead)?;
    let shown = || operation.chars().take(40).collect::<String>();
    let operation =
        Operation::parse(operation).ok_or_else(|| AppError::not_found(format_args!("operation “{}”", shown())))?;
    Ok(app.rclone.flags(operation).await?)
}
