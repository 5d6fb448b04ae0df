//! The one wrapper of all server functions: identifies the caller, calls the service, sets the status of an error.

use axum::http::{HeaderName, HeaderValue, StatusCode, header, request::Parts};
use leptos::prelude::{expect_context, use_context};
use leptos_axum::ResponseOptions;

use super::{
    auth::{Actor, Refusals, Visitor},
    state::AppState,
};
use crate::domain::error::{AppError, ErrorCode, Result};

/// Calls a service as the person who is signed in.
pub async fn call<T, F>(service: impl FnOnce(Actor, AppState) -> F) -> Result<T>
where
    F: Future<Output = Result<T>>,
{
    answer(async { service(actor()?, app()?).await }).await
}

/// Calls a service that needs nobody to be signed in.
pub async fn anonymous<T, F>(service: impl FnOnce(Visitor, AppState) -> F) -> Result<T>
where
    F: Future<Output = Result<T>>,
{
    answer(async { service(extension()?, app()?).await }).await
}

/// Calls a service that needs to know the session of who is signed in as well.
pub async fn visitor<T, F>(service: impl FnOnce(Actor, Visitor, AppState) -> F) -> Result<T>
where
    F: Future<Output = Result<T>>,
{
    answer(async { service(actor()?, extension()?, app()?).await }).await
}

/// Goes to a path of this console; anything else goes to the first page.
pub fn redirect(path: &str) {
    let own = path.starts_with('/') && !path.starts_with("//") && !path.contains(['\\', '\r', '\n', '\t']);
    leptos_axum::redirect(if own { path } else { "/" });
}

/// Has the browser forget what pages of this console kept in it. Not its cookies: those of other programs on this host
/// would go with them.
pub fn clear_storage() {
    if let Some(response) = use_context::<ResponseOptions>() {
        response.insert_header(HeaderName::from_static("clear-site-data"), HeaderValue::from_static("\"storage\""));
    }
}

fn actor() -> Result<Actor> {
    extension().map_err(|_| AppError::unauthenticated())
}

fn app() -> Result<AppState> {
    use_context().ok_or_else(outside)
}

fn extension<T: Clone + Send + Sync + 'static>() -> Result<T> {
    use_context::<Parts>().and_then(|parts| parts.extensions.get().cloned()).ok_or_else(outside)
}

fn outside() -> AppError {
    AppError::new(ErrorCode::Internal, "This was called outside of a request.")
}

async fn answer<T>(service: impl Future<Output = Result<T>>) -> Result<T> {
    service.await.inspect_err(|error| {
        if let Ok(refusals) = extension::<Refusals>() {
            refusals.note(error);
        }
        if is_fetch() {
            set_status(error);
        }
    })
}

/// Whether the browser fetches a server function. A page that is being rendered has its own status, and a form without
/// JavaScript needs its redirect: a status would replace it.
fn is_fetch() -> bool {
    use_context::<Parts>().is_some_and(|parts| {
        let html = parts
            .headers
            .get(header::ACCEPT)
            .and_then(|accept| accept.to_str().ok())
            .is_some_and(|a| a.contains("text/html"));
        parts.uri.path().starts_with("/api/fn/") && !html
    })
}

fn set_status(error: &AppError) {
    let response = expect_context::<ResponseOptions>();
    response.set_status(StatusCode::from_u16(error.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR));
    if let Some(seconds) = error.retry_after {
        response.insert_header(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
}
