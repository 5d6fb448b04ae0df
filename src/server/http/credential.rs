//! Which headers of a request are ours: a token by its prefix, a cookie by its name. Everything else belongs to a proxy
//! or to another program on this host, and is as if it were not there.

use axum::http::{HeaderMap, HeaderValue, header};

use crate::server::auth::TOKEN_PREFIX;

/// The name of the cookie of a session. `__Host-` binds it to this host, this path and HTTPS, which browsers enforce.
#[must_use]
pub const fn cookie_name(secure: bool) -> &'static str {
    if secure { "__Host-longshore" } else { "longshore" }
}

/// What a request shows in its `Authorization` headers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shown<'a> {
    /// Nothing of ours: no such header, another scheme, or a token of somebody else.
    Nothing,
    /// A token of ours, or what looks like one. It counts alone: the session is not looked at, so no other site can
    /// borrow it.
    Token(&'a str),
    /// Two different tokens of ours: whose request it is cannot be said.
    Several,
}

/// The token of ours that a request shows.
#[must_use]
pub fn shown(headers: &HeaderMap) -> Shown<'_> {
    let mut tokens = headers
        .get_all(header::AUTHORIZATION)
        .iter()
        .filter_map(bearer)
        .filter(|token| token.starts_with(TOKEN_PREFIX));
    match tokens.next() {
        None => Shown::Nothing,
        Some(token) if tokens.all(|other| other == token) => Shown::Token(token),
        Some(_) => Shown::Several,
    }
}

/// What follows `Bearer`.
fn bearer(value: &HeaderValue) -> Option<&str> {
    let (scheme, token) = value.to_str().ok()?.trim().split_once([' ', '\t'])?;
    scheme.eq_ignore_ascii_case("bearer").then_some(token.trim())
}

/// Whether a request has a cookie of ours.
#[must_use]
pub fn has_cookie(headers: &HeaderMap) -> bool {
    cookies(headers).next().is_some()
}

/// All cookies of ours, each as `name=value`.
pub fn cookies(headers: &HeaderMap) -> impl Iterator<Item = &[u8]> {
    headers.get_all(header::COOKIE).iter().flat_map(pairs)
}

/// The cookies of ours in one header.
fn pairs(value: &HeaderValue) -> impl Iterator<Item = &[u8]> {
    let is_own = |pair: &&[u8]| {
        let name = pair.split(|byte| *byte == b'=').next().unwrap_or_default().trim_ascii_end();
        [true, false].iter().any(|secure| cookie_name(*secure).as_bytes() == name)
    };
    value.as_bytes().split(|byte| *byte == b';').map(<[u8]>::trim_ascii).filter(is_own)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(name: &header::HeaderName, values: &[&[u8]]) -> HeaderMap {
        values.iter().map(|value| (name.clone(), HeaderValue::from_bytes(value).expect("a header"))).collect()
    }

    #[test]
    fn only_a_token_with_our_prefix_is_ours() {
        assert_eq!(shown(&HeaderMap::new()), Shown::Nothing);
        for (value, expected) in [
            (b"Bearer lsh_x".as_slice(), Shown::Token("lsh_x")),
            (b"bearer   lsh_x ".as_slice(), Shown::Token("lsh_x")),
            (b"BEARER\tlsh_x".as_slice(), Shown::Token("lsh_x")),
            (b"Bearer lsh_".as_slice(), Shown::Token("lsh_")),
            (b"Bearer lsh_x y".as_slice(), Shown::Token("lsh_x y")),
            (b"Bearer eyJhbGciOiJIUzI1NiJ9.e30.x".as_slice(), Shown::Nothing),
            (b"Bearer LSH_x".as_slice(), Shown::Nothing),
            (b"Bearer xlsh_x".as_slice(), Shown::Nothing),
            (b"Bearer".as_slice(), Shown::Nothing),
            (b"Bearer ".as_slice(), Shown::Nothing),
            (b"lsh_x".as_slice(), Shown::Nothing),
            (b"Token lsh_x".as_slice(), Shown::Nothing),
            (b"Basic bHNoX3g6".as_slice(), Shown::Nothing),
            (b"Negotiate YII".as_slice(), Shown::Nothing),
            (b"Digest username=\"lsh_x\"".as_slice(), Shown::Nothing),
            (b"Bearer \xff".as_slice(), Shown::Nothing),
            (b"".as_slice(), Shown::Nothing),
        ] {
            assert_eq!(shown(&headers(&header::AUTHORIZATION, &[value])), expected, "{value:?}");
        }
        for (values, expected) in [
            (vec![b"Basic eA==".as_slice(), b"Bearer lsh_x"], Shown::Token("lsh_x")),
            (vec![b"Bearer lsh_x", b"Bearer foreign"], Shown::Token("lsh_x")),
            (vec![b"Bearer lsh_x", b"Bearer lsh_x"], Shown::Token("lsh_x")),
            (vec![b"Bearer lsh_x", b"Bearer lsh_y"], Shown::Several),
        ] {
            assert_eq!(shown(&headers(&header::AUTHORIZATION, &values)), expected, "{values:?}");
        }
    }

    #[test]
    fn only_a_cookie_with_our_name_is_ours() {
        for (value, expected) in [
            (b"longshore=x".as_slice(), true),
            (b"a=b; longshore=x", true),
            (b"a=\xff;__Host-longshore=x;b", true),
            (b"longshore =x", true),
            (b"longshores=x; xlongshore=y; Longshore=z", false),
            (b"a=longshore=x", false),
            (b"", false),
        ] {
            assert_eq!(has_cookie(&headers(&header::COOKIE, &[value])), expected, "{value:?}");
        }
    }
}
