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
    server::http::{
        credential::{Shown, has_cookie, shown},
        extract::ApiError,
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
    let refuse = |kind, why: &str| refusal(ApiError(AppError::forbidden(why)), kind);
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
mod tests;
