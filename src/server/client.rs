//! Which address a request comes from: one value for the throttle, the audit log, sessions and shares. Behind a proxy
//! that is trusted it is the right-most hop of the forwarding header that is not such a proxy; anybody can write what
//! is left of it.

use std::{
    net::{IpAddr, Ipv6Addr},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use axum::http::{HeaderMap, HeaderName, header};
use ipnet::IpNet;

const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// The address of who makes a request. In the extensions of each request that has one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Client(pub IpAddr);

/// One address, or all that one customer of an IPv6 provider has: a /64.
#[must_use]
pub fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0).into()
        }
        v4 => v4,
    }
}

/// The proxies whose forwarding headers are believed. Clones are the same.
#[derive(Clone, Debug, Default)]
pub struct TrustedProxies(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    networks: Vec<IpNet>,
    /// Whether it was logged that a header was ignored, or that two of them contradict each other.
    ignored: AtomicBool,
    contradicts: AtomicBool,
}

impl TrustedProxies {
    /// Of addresses and networks.
    #[must_use]
    pub fn new(networks: Vec<IpNet>) -> Self {
        Self(Arc::new(Inner { networks, ..Inner::default() }))
    }

    /// Whether this is one of them.
    #[must_use]
    pub fn contains(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.0.networks.iter().any(|network| network.contains(&address))
    }

    /// Who makes a request that came over a connection from `peer`.
    #[must_use]
    pub fn client(&self, peer: IpAddr, headers: &HeaderMap) -> Client {
        let peer = peer.to_canonical();
        let x_forwarded_for = headers.contains_key(X_FORWARDED_FOR);
        let forwarded = headers.contains_key(header::FORWARDED);
        if !x_forwarded_for && !forwarded {
            return Client(peer);
        }
        if !self.contains(peer) {
            if !self.0.ignored.swap(true, Ordering::Relaxed) {
                let name = if x_forwarded_for { "X-Forwarded-For" } else { "Forwarded" };
                tracing::warn!(
                    "A request from {peer} has a header {name}. It is ignored, and the address of its sender is {peer}: {peer} is not a trusted \
                     proxy. If it is your proxy, start Longshore with --trusted-proxy {peer}. This is logged once."
                );
            }
            return Client(peer);
        }
        let by_x = x_forwarded_for.then(|| self.nearest(peer, &hops(headers, &X_FORWARDED_FOR, x_hop)));
        let by_standard = forwarded.then(|| self.nearest(peer, &hops(headers, &header::FORWARDED, standard_hop)));
        match (by_x, by_standard) {
            (Some(one), Some(other)) if one != other => {
                // A proxy writes one of them, and passes on what a client wrote into the other. Nobody here knows
                // which.
                if !self.0.contradicts.swap(true, Ordering::Relaxed) {
                    tracing::warn!(
                        "A request through the proxy {peer} has X-Forwarded-For and Forwarded, and they name different addresses. Neither is \
                         believed: let the proxy remove the one that it does not write. This is logged once."
                    );
                }
                Client(peer)
            }
            (Some(address), _) | (None, Some(address)) => Client(address),
            (None, None) => Client(peer),
        }
    }

    /// The right-most hop that is not a trusted proxy. Where a hop cannot be read, the one to the right of it: what is
    /// further left may be invented.
    fn nearest(&self, peer: IpAddr, hops: &[Option<IpAddr>]) -> IpAddr {
        let mut nearest = peer;
        for hop in hops.iter().rev() {
            let Some(address) = hop else { break };
            nearest = *address;
            if !self.contains(nearest) {
                break;
            }
        }
        nearest
    }
}

/// The hops of all headers of this name, from left to right; `None` is one that cannot be read.
fn hops(headers: &HeaderMap, name: &HeaderName, read: fn(&str) -> Option<IpAddr>) -> Vec<Option<IpAddr>> {
    let mut hops = Vec::new();
    for value in headers.get_all(name) {
        match value.to_str() {
            Ok(text) => hops.extend(split(text, ',').map(str::trim).filter(|hop| !hop.is_empty()).map(read)),
            Err(_) => hops.push(None),
        }
    }
    hops
}

/// The parts of a text between separators that are not within quotes.
fn split(text: &str, separator: char) -> impl Iterator<Item = &str> {
    let (mut quoted, mut escaped) = (false, false);
    text.split(move |character| {
        let was_escaped = std::mem::take(&mut escaped);
        match character {
            '"' if !was_escaped => quoted = !quoted,
            '\\' if quoted && !was_escaped => escaped = true,
            _ => {}
        }
        character == separator && !quoted
    })
}

fn x_hop(text: &str) -> Option<IpAddr> {
    address(text)
}

/// The `for` of an element of RFC 7239: `for=192.0.2.60;proto=http`, `For="[2001:db8::17]:4711"`.
fn standard_hop(element: &str) -> Option<IpAddr> {
    let node = split(element, ';').find_map(|pair| {
        let (name, value) = pair.trim().split_once('=')?;
        name.trim().eq_ignore_ascii_case("for").then(|| value.trim())
    })?;
    let node = node.strip_prefix('"').and_then(|node| node.strip_suffix('"')).unwrap_or(node);
    address(node)
}

/// An address with or without a port; one of IPv6 with a port is in brackets.
fn address(text: &str) -> Option<IpAddr> {
    let is_port = |port: &str| !port.is_empty() && port.len() <= 5 && port.bytes().all(|byte| byte.is_ascii_digit());
    let address = if let Some(rest) = text.strip_prefix('[') {
        let (address, port) = rest.split_once(']')?;
        if !port.is_empty() && !port.strip_prefix(':').is_some_and(is_port) {
            return None;
        }
        address.parse::<Ipv6Addr>().ok()?.into()
    } else if let Some((address, port)) = text.split_once(':').filter(|(address, _)| address.contains('.')) {
        if !is_port(port) {
            return None;
        }
        address.parse::<std::net::Ipv4Addr>().ok()?.into()
    } else {
        text.parse::<IpAddr>().ok()?
    };
    Some(address.to_canonical())
}

#[cfg(test)]
mod tests;
