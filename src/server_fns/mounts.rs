//! Mounts: list, create, delete; and what keeps this server from mounting.

use leptos::{
    prelude::*,
    server_fn::codec::{GetUrl, Json},
};

use crate::domain::{
    error::AppError,
    mount::{Mount, NewMount},
};

/// All mounts, by where they are.
#[server(prefix = "/api/fn", endpoint = "mounts/list", input = GetUrl)]
pub async fn list_mounts() -> Result<Vec<Mount>, AppError> {
    use crate::server::{call::call, services::mounts};
    call(|actor, app| async move { mounts::list(&actor, &app).await }).await
}

/// What keeps this server from mounting, and how to get it; `None` when nothing does.
#[server(prefix = "/api/fn", endpoint = "mounts/missing", input = GetUrl)]
pub async fn get_missing() -> Result<Option<String>, AppError> {
    use crate::server::{call::call, services::mounts};
    call(|actor, _| async move { mounts::missing(&actor) }).await
}

/// Mounts a location.
#[server(prefix = "/api/fn", endpoint = "mounts/create", input = Json)]
pub async fn create_mount(mount: NewMount) -> Result<Mount, AppError> {
    use crate::server::{call::call, services::mounts};
    call(|actor, app| async move { mounts::create(&actor, &app, mount).await }).await
}

/// Unmounts; with `force` also when files would be lost.
#[server(prefix = "/api/fn", endpoint = "mounts/delete")]
pub async fn delete_mount(id: String, force: bool) -> Result<(), AppError> {
    use crate::server::{call::call, services::mounts};
    call(|actor, app| async move { mounts::delete(&actor, &app, &id.parse()?, force).await }).await
}
