//! Where a request may come from. A name that is not ours is refused, or another site could make its own name lead here
//! and read along; a change is refused unless our own page, or a program with a token, asks for it.

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

use super::denials::refusal;
use crate::{
    domain::error::{AppError, ErrorCode},
    server::{
        auth::{Shown, has_cookie, shown},
        http::extract::Problem,
    },
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
    /// The addresses that people type, behind a proxy.
    public_urls: Vec<String>,
}

impl Policy {
    /// For a console that listens on `address`, and is also reached by `public_urls` (scheme and host, in lower case,
    /// with the port where it is not the scheme's own), all of one scheme.
    #[must_use]
    pub fn new(address: SocketAddr, public_urls: &[String]) -> Self {
        let port = address.port();
        let own = ["localhost".to_owned(), "127.0.0.1".to_owned(), "[::1]".to_owned(), bare(address.ip())];
        let own = own.map(|name| authority(&name, port)).map(|host| (host.clone(), format!("http://{host}")));
        // First, so that its pages have its own origin also where a proxy shares the name.
        let public = public_urls.iter().filter_map(|url| Some((url.split_once("://")?.1.to_owned(), url.clone())));
        let any_address = address.ip().is_unspecified().then_some(port);
        Self(Arc::new(Names { hosts: public.chain(own).collect(), any_address, public_urls: public_urls.to_vec() }))
    }

    /// Whether people reach it by HTTPS.
    #[must_use]
    pub fn is_https(&self) -> bool {
        self.0.public_urls.iter().any(|url| url.starts_with("https://"))
    }

    /// The origin of the pages of `host`, when that is one of ours.
    fn origin_of(&self, host: &str) -> Option<String> {
        let host = plain(host);
        let is = |(known, origin): &&(String, String)| {
            let usual = if origin.starts_with("https://") { ":443" } else { ":80" };
            *known == host || host.strip_suffix(usual) == Some(known.as_str())
        };
        let known = self.0.hosts.iter().find(is).map(|(_, origin)| origin.clone());
        // An address cannot be made to lead elsewhere, as a name can.
        known.or_else(|| self.0.any_address.filter(|port| is_address(&host, *port)).map(|_| format!("http://{host}")))
    }

    /// Whether a page of `origin` may ask a host whose own pages have the origin `own`. A proxy may give us a host of
    /// its own making; the origin comes from the browser.
    fn is_own(&self, origin: &str, own: &str) -> bool {
        let origin =
            origin.split_once("://").map(|(scheme, host)| format!("{scheme}://{}", plain(host))).unwrap_or_default();
        origin == own || self.0.public_urls.contains(&origin)
    }
}

/// A host and its port as we write them: a name without the dot of the root, an IPv6 address in its shortest form.
fn plain(host: &str) -> String {
    let (name, port) = match host.rsplit_once(':') {
        Some((name, port)) if !port.contains(']') => (name, format!(":{port}")),
        _ => (host, String::new()),
    };
    let inner =
        name.strip_prefix('[').and_then(|name| name.strip_suffix(']')).and_then(|inner| inner.parse::<Ipv6Addr>().ok());
    let name = match (inner, name.strip_suffix('.')) {
        (Some(address), _) => format!("[{address}]"),
        (None, Some(short)) if !short.is_empty() && !short.ends_with('.') && short.parse::<Ipv4Addr>().is_err() => {
            short.to_owned()
        }
        _ => name.to_owned(),
    };
    name + &port
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
    let refuse = |kind, why: &str| refusal(Problem(AppError::forbidden(why)), kind);
    if matches!(*request.method(), Method::TRACE | Method::CONNECT) {
        let error = AppError::new(ErrorCode::BadRequest, "The console does not accept requests with this method.");
        return (StatusCode::METHOD_NOT_ALLOWED, Json(error)).into_response();
    }
    // A service manager asks by whatever name it has for us, and learns nothing but whether we live.
    if is_health(&request) {
        return next.run(request).await;
    }
    let Some((host, own)) =
        only(request.headers(), &header::HOST).and_then(|host| policy.origin_of(&host).map(|own| (host, own)))
    else {
        return refuse(
            "host",
            "The console does not answer to this name. Use the address that it printed when it started, or start it with --public-url.",
        );
    };
    if request
        .uri()
        .authority()
        .is_some_and(|authority| plain(&authority.as_str().to_ascii_lowercase()) != plain(&host))
    {
        return refuse("host", "The address of the request does not match its Host header.");
    }
    if changes(&request) && !is_wanted(&policy, request.headers(), &own) {
        return refuse(
            "origin",
            "This request did not come from a page of this console. Open the console in its own tab and try again.",
        );
    }
    next.run(request).await
}

fn is_health(request: &Request) -> bool {
    matches!(*request.method(), Method::GET | Method::HEAD)
        && matches!(request.uri().path(), "/healthz" | "/readyz" | "/healthz/" | "/readyz/")
}

/// Whether a request can change something. Server functions count always: a form of another site could call them. REST
/// calls without a cookie or token do not: they have no authority that another site could abuse, and the access check
/// refuses them later.
fn changes(request: &Request) -> bool {
    let (path, headers) = (request.uri().path(), request.headers());
    let reads = matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    let shows_nothing = path.starts_with("/api/v1/") && !has_cookie(headers) && shown(headers) == Shown::Nothing;
    if reads { path.starts_with("/api/fn/") && headers.contains_key(SEC_FETCH_SITE) } else { !shows_nothing }
}

/// Whether our own page asks, or a program that shows a token: then cookies do not count, so no other site can borrow
/// them.
fn is_wanted(policy: &Policy, headers: &HeaderMap, own: &str) -> bool {
    if matches!(shown(headers), Shown::Token(_)) {
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
        let urls: Vec<_> = public_url.into_iter().flat_map(|urls| urls.split(',')).map(str::to_owned).collect();
        Policy::new(address.parse().expect("an address"), &urls)
    }

    #[tokio::test]
    async fn only_our_own_names_are_answered() {
        let local = policy("127.0.0.1:8084", Some("https://console.example.org"));
        for host in [
            "127.0.0.1:8084",
            "localhost:8084",
            "LOCALHOST:8084",
            "localhost.:8084",
            "[::1]:8084",
            "[0:0::1]:8084",
            "console.example.org",
            "console.example.org.",
            "CONSOLE.example.org:443",
        ] {
            assert_eq!(status(&local, "GET", "/", &[("host", host)]).await, 200, "{host}");
        }
        for host in [
            "evil.example",
            "localhost",
            "127.0.0.1",
            "127.0.0.1:80",
            "localhost:8084.evil.example",
            "console.example.org..",
            "console.example.org:80",
            "console.example.org.evil.example",
            ".",
            ".:8084",
            ":8084",
            "[::1",
            "[::2]:8084",
            "",
        ] {
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
        let others = [
            "192.168.1.5:1",
            "nas.local:8084",
            "fe80::1:8084",
            "[192.168.1.5]:8084",
            "192.168.1:8084",
            "192.168.1.5",
            ":8084",
        ];
        for (host, expected) in own.map(|host| (host, 200)).into_iter().chain(others.map(|host| (host, 403))) {
            assert_eq!(status(&all, "GET", "/", &[("host", host)]).await, expected, "{host}");
        }
        let usual = policy("0.0.0.0:80", Some("http://nas.local"));
        for (host, expected) in [
            ("192.168.1.5", 200),
            ("[::1]", 200),
            ("localhost", 200),
            ("nas.local", 200),
            ("nas.local:8084", 403),
            ("", 403),
        ] {
            assert_eq!(status(&usual, "GET", "/", &[("host", host)]).await, expected, "{host}");
        }
    }

    #[tokio::test]
    async fn health_is_told_by_whatever_name_and_nothing_else_is() {
        let policy = policy("0.0.0.0:8084", Some("https://a.example.org,https://b.example.org"));
        for host in ["longshore:8084", "10.42.0.7:8085", "evil.example", "", "a.example.org"] {
            for (path, expected) in [("/healthz", 200), ("/readyz", 200)] {
                assert_eq!(status(&policy, "GET", path, &[("host", host)]).await, expected, "{host} {path}");
                assert_eq!(status(&policy, "HEAD", path, &[("host", host)]).await, expected, "{host} {path}");
            }
        }
        assert_eq!(status(&policy, "GET", "/healthz", &[]).await, 200);
        for path in ["/", "/metrics", "/healthzx", "/healthz/x", "/api/v1/runs", "/x/healthz"] {
            assert_eq!(status(&policy, "GET", path, &[("host", "longshore:8084")]).await, 403, "{path}");
        }
        assert_eq!(status(&policy, "POST", "/healthz", &[("host", "longshore:8084")]).await, 403);
    }

    #[tokio::test]
    async fn each_of_several_public_names_is_ours() {
        let policy = policy("127.0.0.1:8084", Some("https://a.example.org,https://b.example.org:8443"));
        let ask = |host: &'static str, origin: &'static str| {
            let policy = policy.clone();
            async move { status(&policy, "POST", "/api/fn/x", &[("host", host), ("origin", origin)]).await }
        };
        for (host, origin, expected) in [
            ("a.example.org", "https://a.example.org", 200),
            ("b.example.org:8443", "https://b.example.org:8443", 200),
            ("B.EXAMPLE.ORG.:8443", "https://b.example.org.:8443", 200),
            ("localhost:8084", "https://b.example.org:8443", 200),
            ("b.example.org", "https://b.example.org", 403),
            ("b.example.org:8443", "https://b.example.org", 403),
            ("a.example.org", "http://a.example.org", 403),
            ("a.example.org", "https://c.example.org", 403),
            ("a.example.org", "null", 403),
        ] {
            assert_eq!(ask(host, origin).await, expected, "{host} {origin}");
        }
        assert!(policy.is_https());
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
            (vec![host, ("authorization", "Bearer lsh_x"), ("authorization", "Basic eA==")], 200),
            (vec![host, ("authorization", "Bearer eyJ.e30.x")], 403),
            (vec![host, ("authorization", "Bearer eyJ.e30.x"), own], 200),
            (vec![host, ("authorization", "Bearer eyJ.e30.x"), ("origin", "http://evil.example")], 403),
            (vec![host, ("authorization", "Bearer eyJ.e30.x"), ("sec-fetch-site", "cross-site")], 403),
            (vec![host, ("origin", "http://localhost.:8084")], 200),
            (vec![("host", "console.example.org:443"), ("origin", "https://console.example.org")], 200),
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
            (vec![host, ("cookie", "other=x")], 200),
            (vec![host, ("authorization", "Basic x")], 200),
            (vec![host, ("authorization", "Bearer eyJ.e30.x"), ("cookie", "longshore=x")], 403),
            (vec![host, ("authorization", "Bearer lsh_x")], 200),
        ] {
            assert_eq!(
                status(&policy, "POST", "/api/v1/runs", &headers).await,
                expected,
                "without a credential it is 401 further in: {headers:?}"
            );
        }
        assert_eq!(
            status(&policy, "GET", "/", &[host, ("sec-fetch-site", "cross-site")]).await,
            200,
            "a link leads here"
        );
        assert_eq!(status(&policy, "GET", "/api/fn/x", &[host, ("sec-fetch-site", "cross-site")]).await, 403);
    }
}
