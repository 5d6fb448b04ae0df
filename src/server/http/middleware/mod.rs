//! What every request passes before anything looks at it, and every answer after: the right host, the right origin,
//! limits, headers.

mod body;
mod client;
mod denials;
mod errors;
mod headers;
mod identity;
mod origin;
mod panic;
mod request_span;
mod session;

use axum::{
    Router,
    middleware::{from_fn, from_fn_with_state},
};
use tower_http::{
    catch_panic::CatchPanicLayer,
    compression::{CompressionLayer, DefaultPredicate, Predicate, predicate::NotForContentType},
    trace::TraceLayer,
};

pub use self::{
    client::locate,
    denials::record as record_denials,
    headers::{csp, csp_of_viewer},
    identity::identify,
    origin::Policy,
    request_span::add_user,
    session::{SessionCookie, own_cookies},
};

/// Puts it all around the routes. The headers are outside of everything that refuses, so a refusal has them too. A
/// failure is logged where it happens, with its cause: that an answer is a 503 is none.
pub fn apply(router: Router, policy: Policy) -> Router {
    router
        .layer(from_fn(errors::shape))
        .layer(from_fn_with_state(policy.clone(), origin::check))
        .layer(from_fn(body::limit))
        .layer(CatchPanicLayer::custom(panic::caught))
        .layer(from_fn_with_state(policy, headers::set))
        .layer(CompressionLayer::new().compress_when(worth_compressing()))
        .layer(TraceLayer::new_for_http().make_span_with(request_span::span).on_failure(()))
        .layer(from_fn(request_span::open))
}

/// Pages and listings. Not a stream of events, which would wait to be full; nor what is compressed already, or lies
/// compressed beside.
fn worth_compressing() -> impl Predicate {
    DefaultPredicate::new()
        .and(NotForContentType::const_new("font/"))
        .and(NotForContentType::const_new("application/wasm"))
}

#[cfg(test)]
mod tests {
    use axum::{
        body::{Body, to_bytes},
        extract::Request,
        http::{HeaderMap, HeaderName, StatusCode, header},
        response::{Html, IntoResponse as _, Response},
        routing::{get, post},
    };
    use tower::ServiceExt as _;

    use super::*;
    use crate::domain::error::{AppError, ErrorCode};

    /// All of it around a few routes, as browsers reach it on `localhost:8084`.
    async fn ask(public_url: Option<&str>, request: axum::http::request::Builder) -> Response {
        let page = async || ([(header::CONTENT_SECURITY_POLICY, csp("n0nce"))], Html("<p>")).into_response();
        let kept = async || ([(header::CACHE_CONTROL, "public, max-age=60")], "").into_response();
        let router = Router::new()
            .route("/", get(page))
            .route("/kept", get(kept))
            .route("/post", post(async || "done"))
            .route("/panic", get(async || if true { panic!("the secret of the panic") } else { "" }));
        let policy = Policy::new(
            "127.0.0.1:8084".parse().expect("an address"),
            &public_url.map(str::to_owned).into_iter().collect::<Vec<_>>(),
        );
        let request = request.header(header::HOST, "localhost:8084").body(Body::empty()).expect("a request");
        apply(router, policy).oneshot(request).await.expect("an answer")
    }

    fn value(headers: &HeaderMap, name: HeaderName) -> &str {
        headers.get(name).map_or("", |value| value.to_str().expect("text"))
    }

    #[tokio::test]
    async fn every_answer_has_the_headers_errors_and_panics_included() {
        for (method, path, status) in [
            ("GET", "/", 200),
            ("HEAD", "/", 200),
            ("GET", "/kept", 200),
            ("GET", "/none", 404),
            ("GET", "/post", 405),
            ("POST", "/post", 403),
            ("GET", "/panic", 500),
        ] {
            let response = ask(None, Request::builder().method(method).uri(path)).await;
            assert_eq!(response.status().as_u16(), status, "{method} {path}");
            let headers = response.headers();
            let policy = value(headers, header::CONTENT_SECURITY_POLICY);
            assert!(
                policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"),
                "{path}: {policy}"
            );
            assert!(!policy.contains("unsafe-inline") && !policy.contains("'unsafe-eval'"), "{path}: {policy}");
            assert_eq!(policy.contains("script-src"), path == "/", "only a page runs anything: {path}");
            assert_eq!(value(headers, header::X_CONTENT_TYPE_OPTIONS), "nosniff");
            assert_eq!(value(headers, header::X_FRAME_OPTIONS), "DENY");
            assert_eq!(value(headers, header::REFERRER_POLICY), "same-origin");
            assert_eq!(value(headers, HeaderName::from_static("cross-origin-opener-policy")), "same-origin");
            assert_eq!(value(headers, HeaderName::from_static("cross-origin-resource-policy")), "same-origin");
            assert!(value(headers, HeaderName::from_static("permissions-policy")).contains("camera=()"));
            let cache = if path == "/kept" { "public, max-age=60" } else { "no-store" };
            assert_eq!(value(headers, header::CACHE_CONTROL), cache, "{path}");
            assert!(!headers.contains_key(header::STRICT_TRANSPORT_SECURITY));
            assert!(!headers.contains_key(header::ACCESS_CONTROL_ALLOW_ORIGIN));
            assert_eq!(value(headers, HeaderName::from_static("x-request-id")).len(), 26, "{path}");
        }
    }

    #[tokio::test]
    async fn https_is_asked_for_only_where_people_have_it() {
        for (public_url, expected) in
            [(None, ""), (Some("http://nas.local"), ""), (Some("https://console.example.org"), "max-age=31536000")]
        {
            let response = ask(public_url, Request::get("/")).await;
            assert_eq!(value(response.headers(), header::STRICT_TRANSPORT_SECURITY), expected, "{public_url:?}");
        }
    }

    #[tokio::test]
    async fn a_panic_is_answered_with_a_reference_and_nothing_else() {
        let response = ask(None, Request::get("/panic")).await;
        assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
        let body = to_bytes(response.into_body(), 4096).await.expect("a body");
        let error: AppError = serde_json::from_slice(&body).expect("an error");
        assert_eq!(error.code, ErrorCode::Internal);
        assert_eq!(error.reference.expect("a reference").len(), 26);
        assert!(!error.message.contains("secret"));
    }

    #[test]
    fn a_nonce_that_is_none_makes_a_page_do_nothing() {
        for bad in ["a\r\nb", "a'; script-src *", "a b", "\u{e9}"] {
            assert!(!csp(bad).to_str().expect("text").contains("script-src"), "{bad}");
            assert!(!csp_of_viewer(bad, "style-src 'self'").to_str().expect("text").contains("src 'self'"), "{bad}");
        }
        assert!(
            csp("AbC-_1")
                .to_str()
                .expect("text")
                .contains("script-src 'nonce-AbC-_1' 'strict-dynamic' 'wasm-unsafe-eval';")
        );
        assert!(
            csp_of_viewer("AbC-_1", "style-src 'self'")
                .to_str()
                .expect("text")
                .contains("script-src 'nonce-AbC-_1'; style-src 'self';")
        );
    }
}
