//! The headers that every answer carries, errors and files included.

use axum::{
    extract::{Request, State},
    http::{
        HeaderMap, HeaderName, HeaderValue,
        header::{
            CACHE_CONTROL, CONTENT_SECURITY_POLICY, REFERRER_POLICY, STRICT_TRANSPORT_SECURITY, X_CONTENT_TYPE_OPTIONS,
            X_FRAME_OPTIONS,
        },
    },
    middleware::Next,
    response::Response,
};

use super::Policy;

/// What an answer that is no page may do in a browser: nothing.
const NOTHING: &str = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// Always the same. `same-origin` and not `no-referrer`: a form without JavaScript goes back to where it came from.
const ALWAYS: [(HeaderName, &str); 6] = [
    (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (X_FRAME_OPTIONS, "DENY"),
    (REFERRER_POLICY, "same-origin"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    (
        HeaderName::from_static("permissions-policy"),
        "accelerometer=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), magnetometer=(), microphone=(), midi=(), \
         payment=(), usb=()",
    ),
];

/// What a page may do: run the scripts that carry its nonce and what these load, and talk to this server only.
#[must_use]
pub fn csp(nonce: &str) -> HeaderValue {
    // A preload of a module carries no nonce; `strict-dynamic` is what lets it pass, and no other script without one.
    let scripts = "'strict-dynamic' 'wasm-unsafe-eval'";
    policy(
        nonce,
        &format!(
            "script-src 'nonce-{nonce}' {scripts}; style-src 'self'; img-src 'self'; font-src 'self'; form-action 'self'"
        ),
    )
}

/// What a page that shows the API's description may do: run the scripts that carry its nonce and no other, talk to this
/// server only, and what its program needs beyond that (`allows`: styles, pictures, workers).
#[must_use]
pub fn csp_of_viewer(nonce: &str, allows: &str) -> HeaderValue {
    policy(nonce, &format!("script-src 'nonce-{nonce}'; {allows}; form-action 'none'"))
}

/// A nonce that is none makes a page that does nothing.
fn policy(nonce: &str, allows: &str) -> HeaderValue {
    if !nonce.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+/-_=".contains(&byte)) {
        return HeaderValue::from_static(NOTHING);
    }
    let policy = format!("default-src 'none'; {allows}; connect-src 'self'; base-uri 'none'; frame-ancestors 'none'");
    HeaderValue::try_from(policy).unwrap_or(HeaderValue::from_static(NOTHING))
}

/// Sets them. A policy and a rule for caches that a handler has set stay.
pub async fn set(State(policy): State<Policy>, request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    for (name, value) in ALWAYS {
        headers.insert(name, HeaderValue::from_static(value));
    }
    default(headers, CONTENT_SECURITY_POLICY, NOTHING);
    default(headers, CACHE_CONTROL, "no-store");
    if policy.is_https() {
        headers.insert(STRICT_TRANSPORT_SECURITY, HeaderValue::from_static("max-age=31536000"));
    }
    response
}

fn default(headers: &mut HeaderMap, name: HeaderName, value: &'static str) {
    headers.entry(name).or_insert(HeaderValue::from_static(value));
}
