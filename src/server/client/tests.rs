//! Tests of `client`.

use axum::http::HeaderValue;

use super::*;

type Headers<'a> = &'a [(&'a str, &'a [u8])];

fn ip(text: &str) -> IpAddr {
    text.parse().expect("an address")
}

/// Who it is, behind `10.0.0.0/8`, `192.0.2.1` and `fd00::/8`, for a connection from `peer` with these headers.
fn who(peer: &str, headers: Headers<'_>) -> IpAddr {
    let networks = ["10.0.0.0/8", "192.0.2.1/32", "fd00::/8"].map(|network| network.parse().expect("a network"));
    let mut map = HeaderMap::new();
    for (name, value) in headers {
        let name: HeaderName = name.parse().expect("a name");
        map.append(name, HeaderValue::from_bytes(value).expect("a value"));
    }
    TrustedProxies::new(networks.to_vec()).client(ip(peer), &map).0
}

#[test]
fn the_right_most_hop_that_is_not_a_trusted_proxy_is_who_it_is() {
    const X: &str = "x-forwarded-for";
    const F: &str = "forwarded";
    let cases: &[(&str, Headers<'_>, &str)] = &[
        // Without a trusted proxy no header counts.
        ("198.51.100.9", &[(X, b"203.0.113.5")], "198.51.100.9"),
        ("198.51.100.9", &[(F, b"for=203.0.113.5")], "198.51.100.9"),
        ("198.51.100.9", &[(X, b"10.0.0.1")], "198.51.100.9"),
        ("10.0.0.1", &[], "10.0.0.1"),
        // One proxy, and several.
        ("10.0.0.1", &[(X, b"203.0.113.5")], "203.0.113.5"),
        ("10.0.0.1", &[(X, b"203.0.113.5, 10.9.9.9,192.0.2.1")], "203.0.113.5"),
        ("::ffff:10.0.0.1", &[(X, b"::ffff:203.0.113.5")], "203.0.113.5"),
        // What a client wrote to the left of it.
        ("10.0.0.1", &[(X, b"127.0.0.1, 203.0.113.5")], "203.0.113.5"),
        ("10.0.0.1", &[(X, b"10.0.0.7, 203.0.113.5, 10.0.0.2")], "203.0.113.5"),
        ("10.0.0.1", &[(X, b"1.1.1.1"), (X, b"203.0.113.5")], "203.0.113.5"),
        ("10.0.0.1", &[(F, b"for=1.1.1.1, for=203.0.113.5")], "203.0.113.5"),
        ("10.0.0.1", &[(F, b"for=\"1.1.1.1, for=2.2.2.2\", for=203.0.113.5")], "203.0.113.5"),
        // Ports, IPv6, letters of both cases, parameters.
        ("10.0.0.1", &[(X, b"203.0.113.5:51234")], "203.0.113.5"),
        ("fd00::1", &[(X, b"2001:db8::17")], "2001:db8::17"),
        ("fd00::1", &[(X, b"[2001:db8::17]")], "2001:db8::17"),
        ("fd00::1", &[(X, b"[2001:db8::17]:4711 , fd00::2")], "2001:db8::17"),
        ("10.0.0.1", &[(F, b"for=192.0.2.60;proto=http;by=203.0.113.43")], "192.0.2.60"),
        ("10.0.0.1", &[(F, b"proto=https; For=\"[2001:db8:cafe::17]:4711\"")], "2001:db8:cafe::17"),
        ("10.0.0.1", &[(F, b"for=\"203.0.113.5:80\"")], "203.0.113.5"),
        // What cannot be read is nobody, and nothing to the left of it counts.
        ("10.0.0.1", &[(X, b"203.0.113.5, unknown")], "10.0.0.1"),
        ("10.0.0.1", &[(X, b"203.0.113.5, junk, 10.0.0.2")], "10.0.0.2"),
        ("10.0.0.1", &[(X, b"")], "10.0.0.1"),
        ("10.0.0.1", &[(X, b", ,")], "10.0.0.1"),
        ("10.0.0.1", &[(X, b"\xff\xfe")], "10.0.0.1"),
        ("10.0.0.1", &[(X, b"203.0.113.5:")], "10.0.0.1"),
        ("10.0.0.1", &[(X, b"203.0.113.5:x")], "10.0.0.1"),
        ("10.0.0.1", &[(X, b"203.0.113.555")], "10.0.0.1"),
        ("10.0.0.1", &[(X, b"0xcb007105")], "10.0.0.1"),
        ("10.0.0.1", &[(X, b"[::1")], "10.0.0.1"),
        ("10.0.0.1", &[(X, b"[203.0.113.5]:1")], "10.0.0.1"),
        ("10.0.0.1", &[(X, b"fe80::1%eth0")], "10.0.0.1"),
        ("10.0.0.1", &[(X, b"::ffff:203.0.113.5:12345")], "10.0.0.1"),
        // Some proxies forget the brackets: then the port is read as a part of the address, in the same network.
        ("10.0.0.1", &[(F, b"for=\"2001:db8::1:8080\"")], "2001:db8::1:8080"),
        ("10.0.0.1", &[(F, b"for=_hidden, for=unknown")], "10.0.0.1"),
        ("10.0.0.1", &[(F, b"by=203.0.113.5")], "10.0.0.1"),
        ("10.0.0.1", &[(F, b"for=\"203.0.113.5")], "10.0.0.1"),
        // Only trusted proxies: the first of them.
        ("10.0.0.1", &[(X, b"10.0.0.3, 10.0.0.2")], "10.0.0.3"),
        // Two headers that say the same, and two that do not: a client may have written one of them.
        ("10.0.0.1", &[(X, b"203.0.113.5"), (F, b"for=203.0.113.5")], "203.0.113.5"),
        ("10.0.0.1", &[(X, b"203.0.113.5"), (F, b"for=1.1.1.1")], "10.0.0.1"),
        ("10.0.0.1", &[(X, b"1.1.1.1"), (F, b"for=203.0.113.5")], "10.0.0.1"),
    ];
    for (peer, headers, expected) in cases {
        let shown: Vec<_> =
            headers.iter().map(|(name, value)| format!("{name}: {}", String::from_utf8_lossy(value))).collect();
        assert_eq!(who(peer, headers), ip(expected), "{peer} {shown:?}");
    }
}

#[test]
fn a_network_of_ipv6_is_one_and_an_embedded_ipv4_is_itself() {
    assert_eq!(network(ip("2001:db8:1:2:3:4:5:6")), network(ip("2001:db8:1:2:ffff::1")));
    assert_ne!(network(ip("2001:db8:1:2::1")), network(ip("2001:db8:1:3::1")));
    assert_eq!(network(ip("::ffff:192.0.2.7")), ip("192.0.2.7"));
}
