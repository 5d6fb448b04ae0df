//! The first page's figures.

use leptos::{prelude::*, server_fn::codec::GetUrl};

use crate::domain::{error::AppError, overview::Overview};

/// The first page's figures.
#[server(prefix = "/api/fn", endpoint = "overview/get", input = GetUrl)]
pub async fn get_overview() -> Result<Overview, AppError> {
    use crate::server::{call::call, services::overview};
    call(|actor, app| async move { overview::get(&actor, &app).await }).await
}
