//! Where a request may come from. A name that is not ours is refused, or another site could make its own name lead here and read along;
//! a change is refused unless our own page, or a program with a token, asks for it.

use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    sync::Arc,
};

use axum::{
    Json,
    extract::{Request, State},
    http::{HeaderMap, HeaderName, Method, StatusCode, header},
    middleware::Next,
    response::{IntoResponse as _, Response},
};

use crate::{
    domain::error::{AppError, ErrorCode},
    server::http::extract::Problem,
};

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// The names under which the console may be reached.
#[derive(Clone, Debug)]
pub struct Policy(Arc<Names>);

#[derive(Debug)]
struct Names {
    /// Hosts as a browser writes them, in lower case, each with the origin that its pages have.
    hosts: Vec<(String, String)>,
    /// Any address of this machine will do, with this port: it listens on all of them.
    any_address: Option<u16>,
    /// The address that people type, behind a proxy.
    public_url: Option<String>,
}

impl Policy {
    /// For a console that listens on `address`, and is also reached by `public_url` (scheme and host, in lower case, with the port where
    /// it is not the scheme's own).
    #[must_use]
    pub fn new(address: SocketAddr, public_url: Option<&str>) -> Self {
        let port = address.port();
        let own = ["localhost".to_owned(), "127.0.0.1".to_owned(), "[::1]".to_owned(), bare(address.ip())];
        let own = own.map(|name| authority(&name, port)).map(|host| (host.clone(), format!("http://{host}")));
        // First, so that its pages have its own origin also where a proxy shares the name.
        let public = public_url.and_then(|url| Some((url.split_once("://")?.1.to_owned(), url.to_owned())));
        let any_address = address.ip().is_unspecified().then_some(port);
        Self(Arc::new(Names { hosts: public.into_iter().chain(own).collect(), any_address, public_url: public_url.map(str::to_owned) }))
    }

    /// Whether people reach it by HTTPS.
    #[must_use]
    pub fn is_https(&self) -> bool {
        self.0.public_url.as_ref().is_some_and(|url| url.starts_with("https://"))
    }

    /// The origin of the pages of `host`, when that is one of ours.
    fn origin_of(&self, host: &str) -> Option<String> {
        let known = self.0.hosts.iter().find(|(known, _)| known == host).map(|(_, origin)| origin.clone());
        // An address can not be made to lead elsewhere, as a name can.
        known.or_else(|| self.0.any_address.filter(|port| is_address(host, *port)).map(|_| format!("http://{host}")))
    }

    /// Whether a page of `origin` may ask a host whose own pages have the origin `own`. A proxy may give us a host of its own making;
    /// the origin comes from the browser.
    fn is_own(&self, origin: &str, own: &str) -> bool {
        origin == own || self.0.public_url.as_deref() == Some(origin)
    }
}

fn bare(address: IpAddr) -> String {
    match address {
        IpAddr::V4(address) => address.to_string(),
        IpAddr::V6(address) => format!("[{address}]"),
    }
}

/// As browsers write it: without the port when it is HTTP's own.
fn authority(name: &str, port: u16) -> String {
    if port == 80 { name.to_owned() } else { format!("{name}:{port}") }
}

/// Whether a host is an address, as browsers write it, with this port.
fn is_address(host: &str, port: u16) -> bool {
    let name = if port == 80 { host } else { host.strip_suffix(&format!(":{port}")).unwrap_or_default() };
    let inner = name.strip_prefix('[').and_then(|name| name.strip_suffix(']'));
    inner.map_or_else(|| name.parse::<Ipv4Addr>().is_ok(), |inner| inner.parse::<Ipv6Addr>().is_ok())
}

/// Lets through what comes from where it may.
pub async fn check(State(policy): State<Policy>, request: Request, next: Next) -> Response {
    let refuse = |why: &str| Problem(AppError::forbidden(why)).into_response();
    if matches!(*request.method(), Method::TRACE | Method::CONNECT) {
        let error = AppError::new(ErrorCode::BadRequest, "The console does not take requests with this method.");
        return (StatusCode::METHOD_NOT_ALLOWED, Json(error)).into_response();
    }
    let Some((host, own)) = only(request.headers(), &header::HOST).and_then(|host| policy.origin_of(&host).map(|own| (host, own))) else {
        return refuse(
            "The console does not answer to this name. Use the address that it printed at its start, or start it with --public-url.",
        );
    };
    if request.uri().authority().is_some_and(|authority| !authority.as_str().eq_ignore_ascii_case(&host)) {
        return refuse("The address of the request is not the one of its Host header.");
    }
    if changes(&request) && !is_wanted(&policy, request.headers(), &own) {
        return refuse("This request did not come from a page of this console. Open the console in a tab of its own and try again.");
    }
    next.run(request).await
}

/// Whether a request can change something. Server functions count always: a form of another site could call them. A call of REST that
/// shows nothing does not: there is nothing that another site could have borrowed, and it is told further in that it shows nothing.
fn changes(request: &Request) -> bool {
    let (path, headers) = (request.uri().path(), request.headers());
    let reads = matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    let shows_nothing =
        path.starts_with("/api/v1/") && ![header::COOKIE, header::AUTHORIZATION].iter().any(|name| headers.contains_key(name));
    if reads { path.starts_with("/api/fn/") && headers.contains_key(SEC_FETCH_SITE) } else { !shows_nothing }
}

/// Whether our own page asks, or a program that shows a token: then cookies do not count, so no other site can borrow them.
fn is_wanted(policy: &Policy, headers: &HeaderMap, own: &str) -> bool {
    let is_bearer = |value: &str| value.get(..7).is_some_and(|scheme| scheme.eq_ignore_ascii_case("bearer "));
    if only(headers, &header::AUTHORIZATION).is_some_and(|value| is_bearer(&value)) {
        return true;
    }
    let site = headers.contains_key(&SEC_FETCH_SITE).then(|| only(headers, &SEC_FETCH_SITE));
    let origin = headers.contains_key(header::ORIGIN).then(|| only(headers, &header::ORIGIN));
    let from_here = |site: Option<String>| site.as_deref() == Some("same-origin");
    let is_ours = |origin: Option<String>| origin.is_some_and(|origin| policy.is_own(&origin, own));
    // A browser tells at least one of them. Who tells neither is no browser, and shows a token instead.
    (site.is_some() || origin.is_some()) && site.is_none_or(from_here) && origin.is_none_or(is_ours)
}

/// A header that is there once, in lower case.
fn only(headers: &HeaderMap, name: &HeaderName) -> Option<String> {
    let mut values = headers.get_all(name).iter();
    let value = values.next()?.to_str().ok()?;
    values.next().is_none().then(|| value.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use axum::{Router, body::Body, middleware::from_fn_with_state, routing::any};
    use tower::ServiceExt as _;

    use super::*;

    async fn status(policy: &Policy, method: &str, uri: &str, headers: &[(&str, &str)]) -> u16 {
        let router = Router::new().fallback(any(async || "")).layer(from_fn_with_state(policy.clone(), check));
        let mut request = Request::builder().method(method).uri(uri);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(Body::empty()).expect("a request");
        router.oneshot(request).await.expect("an answer").status().as_u16()
    }

    fn policy(address: &str, public_url: Option<&str>) -> Policy {
        Policy::new(address.parse().expect("an address"), public_url)
    }

    #[tokio::test]
    async fn only_our_own_names_are_answered() {
        let local = policy("127.0.0.1:8084", Some("https://console.example.org"));
        for host in ["127.0.0.1:8084", "localhost:8084", "LOCALHOST:8084", "[::1]:8084", "console.example.org"] {
            assert_eq!(status(&local, "GET", "/", &[("host", host)]).await, 200, "{host}");
        }
        for host in ["evil.example", "localhost", "127.0.0.1", "127.0.0.1:80", "localhost:8084.evil.example", "console.example.org.", ""] {
            assert_eq!(status(&local, "GET", "/", &[("host", host)]).await, 403, "{host}");
        }
        assert_eq!(status(&local, "GET", "/", &[]).await, 403);
        assert_eq!(status(&local, "GET", "/", &[("host", "localhost:8084"), ("host", "evil")]).await, 403);
        assert_eq!(status(&local, "GET", "http://evil.example/", &[("host", "localhost:8084")]).await, 403);
        for method in ["TRACE", "CONNECT"] {
            assert_eq!(status(&local, method, "localhost:8084", &[("host", "localhost:8084")]).await, 405, "{method}");
        }
        let all = policy("0.0.0.0:8084", None);
        let own = ["192.168.1.5:8084", "[fe80::1]:8084", "localhost:8084"];
        let others = ["192.168.1.5:1", "nas.local:8084", "fe80::1:8084", "[192.168.1.5]:8084", "192.168.1:8084", "192.168.1.5", ":8084"];
        for (host, expected) in own.map(|host| (host, 200)).into_iter().chain(others.map(|host| (host, 403))) {
            assert_eq!(status(&all, "GET", "/", &[("host", host)]).await, expected, "{host}");
        }
        let usual = policy("0.0.0.0:80", Some("http://nas.local"));
        for (host, expected) in
            [("192.168.1.5", 200), ("[::1]", 200), ("localhost", 200), ("nas.local", 200), ("nas.local:8084", 403), ("", 403)]
        {
            assert_eq!(status(&usual, "GET", "/", &[("host", host)]).await, expected, "{host}");
        }
    }

    #[tokio::test]
    async fn only_our_own_page_or_a_token_changes_anything() {
        let policy = policy("127.0.0.1:8084", Some("https://console.example.org"));
        let (host, own) = (("host", "localhost:8084"), ("origin", "http://localhost:8084"));
        for (headers, expected) in [
            (vec![host], 403),
            (vec![host, own], 200),
            (vec![host, ("origin", "http://127.0.0.1:8084")], 403),
            (vec![host, ("origin", "https://localhost:8084")], 403),
            (vec![host, ("origin", "null")], 403),
            (vec![host, ("origin", "http://evil.example")], 403),
            (vec![host, own, ("sec-fetch-site", "same-origin")], 200),
            (vec![host, own, ("sec-fetch-site", "cross-site")], 403),
            (vec![host, ("sec-fetch-site", "same-site")], 403),
            (vec![host, ("sec-fetch-site", "none")], 403),
            (vec![host, ("sec-fetch-site", "same-origin")], 200),
            (vec![host, own, own], 403),
            (vec![host, ("authorization", "Bearer lsh_x")], 200),
            (vec![host, ("authorization", "Basic x")], 403),
            (vec![host, ("authorization", "Bearer lsh_x"), ("authorization", "Bearer lsh_y")], 403),
            (vec![("host", "console.example.org"), ("origin", "https://console.example.org")], 200),
            (vec![("host", "console.example.org"), ("origin", "http://console.example.org")], 403),
            (vec![host, ("origin", "https://console.example.org")], 200),
        ] {
            for method in ["POST", "PUT", "DELETE", "PATCH", "BREW"] {
                assert_eq!(status(&policy, method, "/api/fn/x", &headers).await, expected, "{method} {headers:?}");
            }
        }
        for (headers, expected) in [
            (vec![host], 200),
            (vec![host, ("origin", "http://evil.example")], 200),
            (vec![host, ("cookie", "longshore=x")], 403),
            (vec![host, ("cookie", "longshore=x"), ("origin", "http://evil.example")], 403),
            (vec![host, ("cookie", "longshore=x"), own], 200),
            (vec![host, ("authorization", "Basic x")], 403),
            (vec![host, ("authorization", "Bearer lsh_x")], 200),
        ] {
            assert_eq!(
                status(&policy, "POST", "/api/v1/runs", &headers).await,
                expected,
                "without a credential it is 401 further in: {headers:?}"
            );
        }
        assert_eq!(status(&policy, "GET", "/", &[host, ("sec-fetch-site", "cross-site")]).await, 200, "a link leads here");
        assert_eq!(status(&policy, "GET", "/api/fn/x", &[host, ("sec-fetch-site", "cross-site")]).await, 403);
    }
}
