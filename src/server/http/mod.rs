//! The one door of the network: routes, and what every request passes on its way to them.

pub mod assets;
pub mod audit;
mod backups;
pub mod docs;
pub mod events;
pub mod extract;
pub mod files;
pub mod gate;
pub mod health;
mod jobs;
pub mod listener;
pub mod metrics;
pub mod middleware;
mod mounts;
pub mod openapi;
mod operations;
pub mod pages;
mod queue;
pub mod remotes;
mod render;
pub mod runs;
pub mod sessions;
pub mod tokens;
pub mod users;
pub mod who;

use axum::{Router, middleware::from_fn_with_state};

use self::middleware::Policy;
use super::{auth, state::AppState};

/// Everything that answers, with everything that guards it. From the outside in: host and origin, headers and limits; session; who asks;
/// whether they get that far; and the route.
pub fn router(app: AppState, policy: Policy) -> Router {
    let routes = pages::router(&app).merge(openapi::router()).merge(docs::router()).merge(health::router());
    let guarded = routes
        .layer(from_fn_with_state(app.clone(), gate::gate))
        .layer(from_fn_with_state(app.auth.clone(), auth::resolve))
        .layer(app.auth.session_layer())
        .with_state(app);
    middleware::apply(guarded, policy)
}
