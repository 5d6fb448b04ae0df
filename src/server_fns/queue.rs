//! The queue as a whole.

use leptos::{prelude::*, server_fn::codec::GetUrl};

use crate::domain::{error::AppError, queue::Queue};

/// The queue as it is now.
#[server(prefix = "/api/fn", endpoint = "queue/get", input = GetUrl)]
pub async fn get_queue() -> Result<Queue, AppError> {
    use crate::server::{call::call, services::queue};
    call(|actor, app| async move { queue::get(&actor, &app).await }).await
}

/// Lets the queue rest, or go on. A plain form can ask for it.
#[server(prefix = "/api/fn", endpoint = "queue/update")]
pub async fn update_queue(paused: bool, #[server(default)] reason: String) -> Result<(), AppError> {
    use crate::{
        domain::queue::QueuePatch,
        server::{call::call, services::queue},
    };
    call(|actor, app| async move { queue::update(&actor, &app, &QueuePatch { paused, reason }).await.map(|_| ()) })
        .await
}
