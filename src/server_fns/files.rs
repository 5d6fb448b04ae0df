//! Files: what lies in a location.

use leptos::{prelude::*, server_fn::codec::GetUrl};

use crate::domain::{
    error::AppError,
    file::{FilePage, FileQuery},
};

/// How many names of a folder an encrypting remote leaves out, because it cannot decrypt them.
#[server(prefix = "/api/fn", endpoint = "files/undecryptable", input = GetUrl)]
pub async fn count_undecryptable(location: String) -> Result<u64, AppError> {
    use crate::server::{call::call, services::remotes};
    call(|actor, app| async move { remotes::undecryptable(&actor, &app, &location).await }).await
}

/// A window of a listing.
#[server(prefix = "/api/fn", endpoint = "files/list", input = GetUrl)]
pub async fn list_files(query: FileQuery) -> Result<FilePage, AppError> {
    use crate::server::{call::call, services::files};
    call(|actor, app| async move { files::list(&actor, &app, &query).await }).await
}
