//! The description of the REST API, made from the code that answers it: `OpenAPI` 3.1. What holds for all calls is said
//! once, here.

mod errors;
mod operations;
mod schemas;

use axum::{Json, Router, routing::get};
use utoipa::{
    Modify, OpenApi,
    openapi::{
        OpenApi as Description,
        security::{ApiKey, ApiKeyValue, Http, HttpAuthScheme, SecurityRequirement, SecurityScheme},
    },
};
use utoipa_axum::router::OpenApiRouter;

use super::credential::cookie_name;
use super::{
    audit, backups, events, files, jobs, metrics, mounts, operations as commands, parameters, queue, remotes, runs,
    sessions, tokens, users,
};
use crate::server::state::AppState;

/// Where the description is.
pub const ADDRESS: &str = "/api/v1/openapi.json";

/// What every reader needs to know before the first call.
const INTRODUCTION: &str = "\
The console for rclone, for programs. Times are RFC 3339 in UTC, sizes are bytes, texts are UTF-8.

**Who may call.** Send a token as `Authorization: Bearer lsh_…`; Create one with `longshore token create` or in the console. A token has a role \
and, when it is narrowed down, scopes. A page of the console itself uses the cookie of its session; then a call that changes something \
needs an `Origin` (or `Sec-Fetch-Site`) that is the console's own.

**Errors** have one shape, `AppError`: `code` says what kind it is, `message` what to do, `fields` which field is wrong and why, \
`reference` where the console's log tells more.

**What is accepted.** An unknown field is refused by its name. For older clients, `null` is also read as a field that is not set, an empty \
value in a query as none, `\"true\"`, `\"yes\"`, `1` and the like as a switch, and `\"3\"` or `3.0` as a number.";

#[derive(OpenApi)]
#[openapi(
    info(title = "Longshore", description = INTRODUCTION, license(name = "MIT", identifier = "MIT"),
        contact(name = "The maintainers of Longshore")),
    servers((url = "/", description = "this console")),
    modifiers(&Security),
    tags(
        (name = "rclone", description = "The eleven rclone endpoints that existing clients use"),
        (name = "remotes", description = "Configured connections to providers"),
        (name = "files", description = "Files in a location"),
        (name = "runs", description = "Transfers: start, stop, watch, look back"),
        (name = "operations", description = "What a run can do, and its options"),
        (name = "queue", description = "The queue: what is waiting, and pausing it"),
        (name = "jobs", description = "Saved runs, to start again"),
        (name = "mounts", description = "Locations mounted as folders of this server"),
        (name = "events", description = "Changes, as they happen"),
        (name = "users", description = "People and their roles"),
        (name = "tokens", description = "API tokens, for programs"),
        (name = "sessions", description = "Browsers in which you are signed in"),
        (name = "audit", description = "Who did what, when, from where"),
        (name = "monitoring", description = "Figures for Prometheus"),
    )
)]
struct Api;

/// Every call needs a token, or the browser's session cookie. One that does not says so itself: `security(())`.
struct Security;

impl Modify for Security {
    fn modify(&self, api: &mut Description) {
        let mut bearer = Http::new(HttpAuthScheme::Bearer);
        bearer.description = Some("An API token: `lsh_…`".to_owned());
        let cookie = ApiKeyValue::with_description(
            cookie_name(false),
            "The session of a browser that is signed in; `__Host-longshore` over HTTPS",
        );
        let components = api.components.get_or_insert_default();
        components.add_security_scheme("token", SecurityScheme::Http(bearer));
        components.add_security_scheme("session", SecurityScheme::ApiKey(ApiKey::Cookie(cookie)));
        api.security =
            Some(["token", "session"].map(|name| SecurityRequirement::new(name, Vec::<String>::new())).into());
    }
}

fn nouns() -> OpenApiRouter<AppState> {
    OpenApiRouter::with_openapi(Api::openapi())
        .merge(backups::router())
        .merge(remotes::router())
        .merge(files::router())
        .merge(runs::router())
        .merge(queue::router())
        .merge(jobs::router())
        .merge(mounts::router())
        .merge(commands::router())
        .merge(events::router())
        .merge(users::router())
        .merge(tokens::router())
        .merge(sessions::router())
        .merge(audit::router())
        .merge(metrics::router())
}

/// Says of each call what the calls have in common.
fn finish(mut description: Description) -> Description {
    operations::name(&mut description);
    operations::link(&mut description);
    errors::complete(&mut description);
    schemas::open_parts(&mut description);
    description
}

/// The REST API, and its description.
pub fn router() -> Router<AppState> {
    let (router, description) = nouns().split_for_parts();
    let description = finish(description);
    parameters::learn(&description);
    router.route(ADDRESS, get(async || Json(description)))
}

/// The description alone.
#[must_use]
pub fn description() -> Description {
    finish(nouns().into_openapi())
}
