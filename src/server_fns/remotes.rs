//! Remotes: list, test, create, delete; and the providers they can be made of.

use leptos::{
    prelude::*,
    server_fn::codec::{GetUrl, Json},
};

use crate::domain::{
    error::AppError,
    identity::RemoteTrust,
    provider::{Provider, ProviderSummary},
    remote::{CreatedRemote, NewRemote, RemoteSummary, RemoteTest, UnusableRemote},
};

/// All remotes, by name.
#[server(prefix = "/api/fn", endpoint = "remotes/list", input = GetUrl)]
pub async fn list_remotes() -> Result<Vec<RemoteSummary>, AppError> {
    use crate::server::{call::call, services::remotes};
    call(|actor, app| async move { remotes::list(&actor, &app).await }).await
}

/// The sections of rclone's configuration that are no remote here, each with the reason.
#[server(prefix = "/api/fn", endpoint = "remotes/unusable", input = GetUrl)]
pub async fn list_unusable_remotes() -> Result<Vec<UnusableRemote>, AppError> {
    use crate::server::{call::call, services::remotes};
    call(|actor, app| async move { remotes::unusable(&actor, &app).await }).await
}

/// The absolute paths of the folders of this server that may be browsed and copied.
#[server(prefix = "/api/fn", endpoint = "remotes/local_roots", input = GetUrl)]
pub async fn list_local_roots() -> Result<Vec<String>, AppError> {
    use crate::server::{call::call, services::remotes};
    call(|actor, app| async move { remotes::local_roots(&actor, &app) }).await
}

/// One of the providers, with the options that may be set.
#[server(prefix = "/api/fn", endpoint = "providers/get", input = GetUrl)]
pub async fn get_provider(name: String) -> Result<Provider, AppError> {
    use crate::server::{call::call, services::remotes};
    call(|actor, app| async move { remotes::provider(&actor, &app, &name).await }).await
}

/// The providers that the wizard offers, without their options.
#[server(prefix = "/api/fn", endpoint = "providers/list", input = GetUrl)]
pub async fn list_providers() -> Result<Vec<ProviderSummary>, AppError> {
    use crate::server::{call::call, services::remotes};
    call(|actor, app| async move { remotes::providers(&actor, &app).await }).await
}

/// Tries a remote that is not saved, or with an empty `provider` the saved one of that name.
#[server(prefix = "/api/fn", endpoint = "remotes/test", input = Json)]
pub async fn test_remote(remote: NewRemote) -> Result<RemoteTest, AppError> {
    use crate::server::{call::call, services::remotes};
    call(|actor, app| async move { remotes::test(&actor, &app, remote).await }).await
}

/// Saves a new remote.
#[server(prefix = "/api/fn", endpoint = "remotes/create", input = Json)]
pub async fn create_remote(remote: NewRemote) -> Result<CreatedRemote, AppError> {
    use crate::server::{call::call, services::remotes};
    call(|actor, app| async move { remotes::create(&actor, &app, remote).await }).await
}

/// What a saved remote trusts, and what its server shows now.
#[server(prefix = "/api/fn", endpoint = "remotes/identity", input = GetUrl)]
pub async fn get_remote_trust(name: String) -> Result<RemoteTrust, AppError> {
    use crate::server::{call::call, services::trust};
    call(|actor, app| async move { trust::get(&actor, &app, &name).await }).await
}

/// Has a saved remote trust the host key or certificate with this fingerprint, which its server has to show.
#[server(prefix = "/api/fn", endpoint = "remotes/trust")]
pub async fn trust_remote(name: String, fingerprint: String) -> Result<(), AppError> {
    use crate::server::{call::call, services::trust};
    call(|actor, app| async move { trust::trust(&actor, &app, &name, &fingerprint).await.map(drop) }).await
}

/// Deletes a remote: its configuration, never its files.
#[server(prefix = "/api/fn", endpoint = "remotes/delete")]
pub async fn delete_remote(name: String) -> Result<(), AppError> {
    use crate::server::{call::call, services::remotes};
    call(|actor, app| async move { remotes::delete(&actor, &app, &name).await }).await
}
