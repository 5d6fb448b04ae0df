//! Files: what lies in a location.

use leptos::{prelude::*, server_fn::codec::GetUrl};

use crate::domain::{
    error::AppError,
    file::{FilePage, FileQuery},
};

/// A window of a listing.
#[server(prefix = "/api/fn", endpoint = "files/list", input = GetUrl)]
pub async fn list_files(query: FileQuery) -> Result<FilePage, AppError> {
    use crate::server::{call::call, services::files};
    call(|actor, app| async move { files::list(&actor, &app, &query).await }).await
}
