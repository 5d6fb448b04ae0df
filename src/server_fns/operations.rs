//! Operations: the options that each of them may be given.

use leptos::{prelude::*, server_fn::codec::GetUrl};

use crate::domain::{error::AppError, flag::Flag};

/// The options that an operation may be given among its `flags`, by name.
#[server(prefix = "/api/fn", endpoint = "operations/options", input = GetUrl)]
pub async fn list_options(operation: String) -> Result<Vec<Flag>, AppError> {
    use crate::server::{call::call, services::operations};
    call(|actor, app| async move { operations::options(&actor, &app, &operation).await }).await
}
