//! The API's documents for people: Swagger UI at `/docs`, where a call can be tried, and `ReDoc` at `/redoc`, which
//! reads well. Both show the description that the code makes, and both come with the console: their programs lie beside
//! its own.

use axum::{
    Router,
    extract::State,
    http::header,
    response::{Html, IntoResponse, Response},
    routing::get,
};
use leptos::nonce::Nonce;

use super::{middleware, openapi};
use crate::server::state::AppState;

/// Where Swagger UI is.
pub const SWAGGER: &str = "/docs";
/// Where `ReDoc` is.
pub const REDOC: &str = "/redoc";

/// `/docs` and `/redoc`.
pub fn router() -> Router<AppState> {
    Router::new().route(SWAGGER, get(swagger)).route(REDOC, get(redoc))
}

/// Swagger UI. Its style sheet holds its pictures, as `data:`.
async fn swagger(State(app): State<AppState>) -> Response {
    page(
        &app,
        &Viewer {
            name: "swagger",
            program: "swagger-ui-bundle.js",
            allows: &|_| "style-src 'self'; img-src 'self' data:".to_owned(),
        },
    )
}

/// `ReDoc`. It makes its style sheets itself, and our script puts the nonce on them; and it searches in a worker that
/// it makes of its own text.
async fn redoc(State(app): State<AppState>) -> Response {
    let allows = |nonce: &str| format!("style-src 'self' 'nonce-{nonce}'; img-src 'self' data:; worker-src blob:");
    page(&app, &Viewer { name: "redoc", program: "redoc.standalone.js", allows: &allows })
}

/// A program that shows the description.
struct Viewer<'a> {
    /// The name of our own script and style sheet, which start it and make room for it.
    name: &'a str,
    program: &'a str,
    /// What its page may do beyond running its scripts and asking this console.
    allows: &'a dyn Fn(&str) -> String,
}

fn page(app: &AppState, viewer: &Viewer<'_>) -> Response {
    let Viewer { name, program, allows } = viewer;
    let (nonce, folder) = (Nonce::new(), format!("/{}/apidocs", app.leptos.site_pkg_dir));
    let html = format!(
        r#"<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>API · Longshore</title>
<link rel="icon" href="/favicon.svg" type="image/svg+xml">
<link rel="stylesheet" href="{folder}/{name}.css">
<script nonce="{nonce}" src="{folder}/{name}.js" defer></script>
<script nonce="{nonce}" src="{folder}/{program}" defer></script>
</head>
<body>
<noscript>This page needs JavaScript. The description itself is <a href="{address}">{address}</a>.</noscript>
<main id="api" data-description="{address}"></main>
</body>
</html>
"#,
        address = openapi::ADDRESS
    );
    ([(header::CONTENT_SECURITY_POLICY, middleware::csp_of_viewer(&nonce, &allows(&nonce)))], Html(html))
        .into_response()
}
