//! The only way in from the network: routes, and the middleware that every request passes.

pub mod access;
mod admit;
pub mod assets;
pub mod audit;
mod backups;
pub mod connections;
pub mod credential;
pub mod current_actor;
pub mod docs;
pub mod events;
pub mod extract;
pub mod files;
pub mod health;
mod held;
mod id;
mod jobs;
mod lenient;
pub mod listener;
pub mod metrics;
pub mod middleware;
mod mounts;
pub mod openapi;
mod operations;
pub mod pages;
mod parameters;
mod queue;
pub mod remotes;
mod render;
mod route_class;
pub mod runs;
pub mod sessions;
pub mod tokens;
pub mod users;

use axum::{
    Router,
    extract::Request,
    http::Uri,
    middleware::{from_fn, from_fn_with_state},
};

use self::middleware::{Policy, SessionCookie};
use super::{client::TrustedProxies, state::AppState};

/// What has to be known about how the console is reached.
#[derive(Clone, Debug)]
pub struct HttpConfig {
    /// Under which names.
    pub policy: Policy,
    /// Whether by HTTPS.
    pub secure_cookie: bool,
    /// Whose forwarding headers are believed.
    pub proxies: TrustedProxies,
}

/// Everything that answers, with everything that guards it. From the outside in: from where; host and origin,
/// headers and limits; session; who asks; whether they have their share left; whether they get that far; and the route.
pub fn router(app: AppState, config: HttpConfig) -> Router {
    let HttpConfig { policy, secure_cookie, proxies } = config;
    let auth = app.auth.clone();
    let cookie = SessionCookie { auth: auth.clone(), secure: secure_cookie };
    let routes = pages::router(&app).merge(openapi::router()).merge(docs::router()).merge(health::router());
    let guarded = routes
        .layer(from_fn_with_state(app.clone(), access::access))
        .layer(from_fn_with_state(app.clone(), admit::admit))
        .layer(from_fn(middleware::add_user))
        .layer(from_fn_with_state(cookie.clone(), middleware::identify))
        .layer(cookie.layer())
        .layer(from_fn_with_state(cookie, middleware::own_cookies))
        .with_state(app);
    let guarded = middleware::apply(guarded, policy)
        .layer(from_fn_with_state(auth, middleware::record_denials))
        .layer(from_fn_with_state(proxies, middleware::locate));
    // Around the routes: they are found by the path as it is then.
    Router::new().fallback_service(tower::util::MapRequest::new(guarded, without_slash))
}

/// A path of the API without a slash at its end: clients differ, and it leads nowhere else.
fn without_slash(mut request: Request) -> Request {
    let uri = request.uri();
    let Some(path) = Some(uri.path()).filter(|path| path.starts_with("/api/v1/") && path.ends_with('/')) else {
        return request;
    };
    let path = path.trim_end_matches('/');
    let rest = uri.query().map_or_else(|| path.to_owned(), |query| format!("{path}?{query}"));
    let mut parts = uri.clone().into_parts();
    parts.path_and_query = rest.parse().ok();
    if let Ok(uri) = Uri::from_parts(parts) {
        *request.uri_mut() = uri;
    }
    request
}
