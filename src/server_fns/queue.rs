//! The queue as a whole.

use leptos::{
    prelude::*,
    server_fn::codec::{GetUrl, Json},
};

use crate::domain::{
    error::AppError,
    queue::{Queue, QueuePatch},
};

/// The queue as it is now.
#[server(prefix = "/api/fn", endpoint = "queue/get", input = GetUrl)]
pub async fn get_queue() -> Result<Queue, AppError> {
    use crate::server::{call::call, services::queue};
    call(|actor, app| async move { queue::get(&actor, &app).await }).await
}

/// Lets the queue rest, or go on.
#[server(prefix = "/api/fn", endpoint = "queue/update", input = Json)]
pub async fn update_queue(patch: QueuePatch) -> Result<Queue, AppError> {
    use crate::server::{call::call, services::queue};
    call(|actor, app| async move { queue::update(&actor, &app, &patch).await }).await
}
