//! Access to pages: until there is an admin, only the setup; without a session, only the sign-in.

use axum::{
    extract::{Request, State},
    http::{Method, header},
    middleware::Next,
    response::{IntoResponse as _, Redirect, Response},
};

use super::{docs, extract::ApiError, metrics, openapi};
use crate::{
    domain::{
        error::{AppError, ErrorCode},
        session::{LOGIN, login_path},
    },
    server::{
        auth::{Actor, Visitor},
        state::AppState,
    },
};

/// Routes that answer anybody: pictures and programs of the front end, and whether the server lives.
const OPEN: [&str; 6] = ["/pkg/", "/fonts/", "/icons.svg", "/favicon.svg", "/healthz", "/readyz"];
/// What answers before there is an admin, and nothing after.
const SETUP: [&str; 2] = ["/setup", "/api/fn/setup/create"];
/// What answers without a session: the sign-in, the API's documents, whose programs are in `/pkg/`, and what is
/// rclone's and nobody's.
const SIGN_IN: [&str; 6] = [
    LOGIN,
    "/api/fn/sessions/create",
    "/api/v1/backups/rclone/providers",
    openapi::ADDRESS,
    docs::SWAGGER,
    docs::REDOC,
];

/// What answers somebody who has to choose a password of their own first.
const PASSWORD: [&str; 5] = [
    "/password",
    "/api/fn/users/password",
    "/api/v1/users/me/password",
    "/api/fn/sessions/delete",
    "/api/fn/sessions/me",
];

/// Lets a request through, or sends it to where it must go first.
pub async fn access(State(app): State<AppState>, request: Request, next: Next) -> Response {
    let path = request.uri().path();
    if OPEN.iter().any(|open| path == *open || (open.ends_with('/') && path.starts_with(open))) {
        return next.run(request).await;
    }
    let program = path.starts_with("/api/") || path == metrics::PATH;
    if app.auth.setup_needed() {
        return match SETUP.contains(&path) {
            true => next.run(request).await,
            false if program => ApiError(AppError::new(
                ErrorCode::Unavailable,
                "Longshore is not set up yet. Open /setup in a browser.",
            ))
            .into_response(),
            false => Redirect::to("/setup").into_response(),
        };
    }
    if SETUP.contains(&path) {
        return if program {
            ApiError(AppError::conflict("Longshore is set up already. Sign in.")).into_response()
        } else {
            Redirect::to("/").into_response()
        };
    }
    let signed_in = request.extensions().get::<Actor>().is_some();
    if signed_in
        && request.extensions().get::<Visitor>().is_some_and(Visitor::must_change_password)
        && !PASSWORD.contains(&path)
    {
        return if program {
            ApiError(AppError::forbidden("Choose a password of your own first: open the console in a browser."))
                .into_response()
        } else {
            Redirect::to(PASSWORD[0]).into_response()
        };
    }
    match (signed_in, SIGN_IN.contains(&path)) {
        (true, true) if path == LOGIN && request.method() == Method::GET => Redirect::to("/").into_response(),
        (true, _) | (_, true) => next.run(request).await,
        (false, false) if program => ApiError(AppError::unauthenticated()).into_response(),
        (false, false) => Redirect::to(&sign_in(&request)).into_response(),
    }
}

/// The sign-in, and where to go from there.
fn sign_in(request: &Request) -> String {
    let page = request.uri().path_and_query().map_or("/", |path| path.as_str());
    let reloads = request
        .headers()
        .get(header::ACCEPT)
        .is_some_and(|accept| accept.as_bytes().windows(9).any(|part| part == b"text/html"));
    if reloads && request.method() == Method::GET { login_path(page) } else { LOGIN.to_owned() }
}
