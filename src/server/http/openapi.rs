//! The description of the REST API, made from the code that answers it.

use axum::{Json, Router, routing::get};
use utoipa::{
    Modify, OpenApi,
    openapi::{
        OpenApi as Description,
        security::{Http, HttpAuthScheme, SecurityRequirement, SecurityScheme},
    },
};
use utoipa_axum::router::OpenApiRouter;

use super::{audit, backups, events, files, mounts, remotes, runs, sessions, tokens, users};
use crate::server::state::AppState;

#[derive(OpenApi)]
#[openapi(
    info(title = "Longshore", description = "The console for rclone. Times are RFC 3339 in UTC, sizes are bytes.", license(name = "MIT")),
    modifiers(&Security),
    tags(
        (name = "rclone", description = "The eleven rclone endpoints that existing clients use"),
        (name = "remotes", description = "Configured connections to providers"),
        (name = "files", description = "What lies in a location"),
        (name = "runs", description = "Transfers: start, stop, watch, look back"),
        (name = "mounts", description = "Locations as folders of this server"),
        (name = "events", description = "What changes, as it changes"),
        (name = "users", description = "People, and what they may"),
        (name = "tokens", description = "Keys of programs"),
        (name = "sessions", description = "Browsers in which you are signed in"),
        (name = "audit", description = "Who did what, when, from where"),
    )
)]
struct Api;

/// Every call needs a token; the browser's session cookie does as well.
struct Security;

impl Modify for Security {
    fn modify(&self, api: &mut Description) {
        let bearer = SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer));
        api.components.get_or_insert_default().add_security_scheme("token", bearer);
        api.security = Some(vec![SecurityRequirement::new("token", Vec::<String>::new())]);
    }
}

fn nouns() -> OpenApiRouter<AppState> {
    OpenApiRouter::with_openapi(Api::openapi())
        .merge(backups::router())
        .merge(remotes::router())
        .merge(files::router())
        .merge(runs::router())
        .merge(mounts::router())
        .merge(events::router())
        .merge(users::router())
        .merge(tokens::router())
        .merge(sessions::router())
        .merge(audit::router())
}

/// The REST API, and its description.
pub fn router() -> Router<AppState> {
    let (router, description) = nouns().split_for_parts();
    router.route("/api/v1/openapi.json", get(async || Json(description)))
}

/// The description alone.
#[must_use]
pub fn description() -> Description {
    nouns().into_openapi()
}
