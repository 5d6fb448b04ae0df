//! Records each answer that refuses somebody. What refuses says so in the answer ([`Denial`]); here, around everything,
//! it is known who asked for what.

use axum::{
    extract::{Request, State},
    http::StatusCode,
    middleware::Next,
    response::{IntoResponse as _, Response},
};

use crate::server::{
    auth::{Actor, Asked, Auth, Denial, Refusals, route},
    client::Client,
    http::extract::ApiError,
};

/// Records what was refused. That it could not be written changes no answer: it is logged.
pub async fn record(State(auth): State<Auth>, mut request: Request, next: Next) -> Response {
    let refusals = Refusals::default();
    request.extensions_mut().insert(refusals.clone());
    let peer = request.extensions().get::<Client>().map(|Client(address)| *address);
    let (method, path) = (request.method().as_str().to_owned(), request.uri().path().to_owned());
    let response = next.run(request).await;
    let denial = response.extensions().get::<Denial>().cloned().or_else(|| refusals.take());
    let denial = denial.or_else(|| (response.status() == StatusCode::TOO_MANY_REQUESTS).then(too_many));
    let Some(denial) = denial else { return response };
    let actor = response.extensions().get::<Actor>().cloned();
    let address = actor.as_ref().and_then(|actor| actor.address).or(peer);
    let asked = Asked { actor: actor.as_ref(), address, route: route(&method, &path, actor.is_some()) };
    if let Err(error) = auth.record_denial(&asked, &denial).await {
        tracing::warn!(%error, "a denial could not be recorded");
    }
    response
}

fn too_many() -> Denial {
    Denial { kind: "rate_limited", why: "Too many attempts.".to_owned() }
}

/// An answer that refuses, and says of what kind that is.
pub fn refusal(problem: ApiError, kind: &'static str) -> Response {
    let why = problem.0.message.clone();
    let mut response = problem.into_response();
    response.extensions_mut().insert(Denial { kind, why });
    response
}
