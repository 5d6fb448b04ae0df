//! Pages and server functions: what leptos answers, with the context that both need.

use axum::{
    Router,
    body::Body,
    extract::{Request, State},
    http::{StatusCode, header, request::Parts},
    middleware::from_fn,
    response::{IntoResponse as _, Response},
};
use leptos::{
    nonce::use_nonce,
    prelude::{provide_context, use_context},
};
use leptos_axum::{LeptosRoutes as _, ResponseOptions, generate_route_list};

use super::{assets, extract::ApiError, middleware::csp, render};
use crate::{
    app::{App, shell},
    domain::{error::AppError, user::Theme},
    server::{auth::Actor, state::AppState},
};

/// Every page, every server function, and what is neither.
pub fn router(app: &AppState) -> Router<AppState> {
    render::init();
    let leptos = app.leptos.clone();
    let page = move || shell(leptos.clone());
    Router::new()
        .leptos_routes_with_context(app, generate_route_list(App), context(app.clone()), page)
        .layer(from_fn(render::in_one_task))
        .fallback(other)
}

/// What server functions and pages find in their context. Called once for each request.
fn context(app: AppState) -> impl Fn() + Clone + Send + Sync + 'static {
    move || {
        let actor = use_context::<Parts>().and_then(|parts| parts.extensions.get::<Actor>().cloned());
        provide_context(actor.map_or(Theme::Auto, |actor| actor.theme));
        provide_context(app.clock.now());
        provide_context(app.clone());
        if let (Some(nonce), Some(response)) = (use_nonce(), use_context::<ResponseOptions>()) {
            response.insert_header(header::CONTENT_SECURITY_POLICY, csp(&nonce));
        }
    }
}

/// A file of the front end, or a page that says that there is none.
async fn other(State(app): State<AppState>, request: Request<Body>) -> Response {
    let path = request.uri().path();
    if path.starts_with("/api/") {
        return ApiError(AppError::not_found(format_args!("call {path}"))).into_response();
    }
    if let Some(file) = assets::find(&request) {
        return file;
    }
    let leptos = app.leptos.clone();
    let page = leptos_axum::render_app_async_with_context(context(app), move || shell(leptos.clone()));
    let mut response = render::whole(page(request)).await;
    if response.status() == StatusCode::OK {
        *response.status_mut() = StatusCode::NOT_FOUND;
    }
    response
}
