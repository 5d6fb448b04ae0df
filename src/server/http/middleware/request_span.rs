//! The span of a request: what every log line that is written while it is answered says of it. The id is new for each
//! request and goes back to the client; one that a client sends is not used, so nobody writes into the log with it.

use axum::{
    extract::{MatchedPath, Request},
    http::{HeaderName, HeaderValue},
    middleware::Next,
    response::Response,
};
use tracing::{Span, field::Empty};
use ulid::Ulid;

use crate::server::auth::Actor;

/// The header with the request's id.
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The span, where those further in find it. Between them other crates open spans of their own.
#[derive(Clone)]
struct RequestSpan(Span);

/// Makes the span, and answers with the request's id. The span names the route, not the path: a path can hold the name
/// of a file, and a query what somebody searched for.
pub async fn open(mut request: Request, next: Next) -> Response {
    let id = Ulid::new().to_string();
    let route = request.extensions().get::<MatchedPath>().map(|route| tracing::field::display(route.as_str()));
    let method = request.method();
    let span = tracing::info_span!("request", request_id = %id, user = Empty, %method, route);
    request.extensions_mut().insert(RequestSpan(span));
    let mut response = next.run(request).await;
    if let Ok(id) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(REQUEST_ID, id);
    }
    response
}

/// The span that [`open`] made.
pub fn span(request: &Request) -> Span {
    request.extensions().get::<RequestSpan>().map_or_else(Span::none, |RequestSpan(span)| span.clone())
}

/// Adds who makes the request, once that is known.
pub async fn add_user(request: Request, next: Next) -> Response {
    if let Some(actor) = request.extensions().get::<Actor>() {
        span(&request).record("user", &*actor.name);
    }
    next.run(request).await
}
