//! Who makes a request, for all that comes further in.

use axum::{
    Extension,
    extract::{Request, State},
    http::{HeaderMap, StatusCode, header},
    middleware::Next,
    response::Response,
};
use tower_sessions::Session;

use super::session::SessionCookie;
use crate::{
    domain::error::{AppError, ErrorCode},
    server::{
        auth::{Denial, Visitor},
        client::Client,
        http::{
            credential::{Shown, shown},
            extract::ApiError,
            route_class::RouteClass,
        },
    },
};

/// Puts a [`Visitor`] into the request, and an [`Actor`](crate::server::auth::Actor) when the request shows a valid
/// session or token. Runs inside of [`SessionCookie::layer`]. Refuses nobody: what needs an actor says so itself.
///
/// # Errors
/// When the request shows several tokens, or when it cannot be found out whose it is.
pub async fn identify(
    State(cookie): State<SessionCookie>,
    Extension(session): Extension<Session>,
    mut request: Request,
    next: Next,
) -> Result<Response, ApiError> {
    let token = match shown(request.headers()) {
        Shown::Token(token) => Some(token),
        Shown::Nothing => None,
        Shown::Several => {
            let message = "The request has several Longshore tokens. Send one Authorization header.";
            return Err(AppError::new(ErrorCode::BadRequest, message).into());
        }
    };
    let activity = RouteClass::of(request.uri().path()).activity();
    let address = request.extensions().get::<Client>().map(|Client(address)| *address);
    let mut visitor = Visitor::new(session, address, agent(request.headers()));
    let actor = cookie.auth.identify(&mut visitor, token, activity).await?;
    let unknown_token = actor.is_none() && token.is_some();
    if let Some(actor) = actor.clone() {
        request.extensions_mut().insert(actor);
    }
    request.extensions_mut().insert(visitor.clone());

    let had_cookie = visitor.session.id().is_some();
    let mut response = next.run(request).await;
    // Who was refused is known further out.
    if let Some(actor) = actor {
        response.extensions_mut().insert(actor);
    }
    if unknown_token && response.status() == StatusCode::UNAUTHORIZED {
        response.extensions_mut().insert(Denial { kind: "unknown_token", why: "No valid token was sent.".to_owned() });
    }
    // Before what the layer writes: browsers obey the first.
    if let Some(removal) = cookie.removal()
        && had_cookie
        && visitor.session.is_empty().await
    {
        response.headers_mut().append(header::SET_COOKIE, removal);
    }
    Ok(response)
}

/// What the browser calls itself.
fn agent(headers: &HeaderMap) -> Option<&str> {
    headers.get(header::USER_AGENT)?.to_str().ok()
}
