//! What the address of a folder's page says, read from its raw text. The router's own parameters are of no use here: it
//! decodes them more than once, so a name that holds `%41` would become another.

use serde::{Deserialize, Serialize};

use crate::domain::{
    error::{AppError, Result},
    file::{FileQuery, SortKey},
    location::{Location, encode},
};

/// A place and how its listing is looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Address {
    /// The place.
    pub location: Location,
    /// Only names that hold this.
    pub filter: String,
    /// The order.
    pub sort: SortKey,
    /// From the end.
    pub descending: bool,
    /// Index of the first entry, for pages without JavaScript.
    pub offset: usize,
}

impl Address {
    /// Reads `/browse/{remote}/{path…}` and its query, both percent-encoded. A path that begins with a slash, or holds
    /// an empty name, is in the query: `/browse/{remote}?path=`.
    pub fn read(path: &str, search: &str) -> Result<Self> {
        let mut segments = path.trim_start_matches('/').split('/').skip(1).map(|part| decode(part, false));
        let remote = segments.next().ok_or_else(|| AppError::not_found("such place"))?;
        let in_path = segments.collect::<Vec<_>>().join("/");
        let path = query_value(search, "path").filter(|_| in_path.is_empty()).unwrap_or(in_path);
        let location = Location::from_parts(&remote, &path)?;
        Ok(Self {
            filter: query_value(search, "filter").unwrap_or_default(),
            sort: SortKey::from_query(&query_value(search, "sort").unwrap_or_default()),
            descending: query_value(search, "desc").is_some_and(|value| value == "1" || value == "true"),
            offset: query_value(search, "offset").and_then(|value| value.parse().ok()).unwrap_or(0),
            ..Self::of(location)
        })
    }

    /// A place, looked at from its beginning.
    #[must_use]
    pub const fn of(location: Location) -> Self {
        Self { location, filter: String::new(), sort: SortKey::Name, descending: false, offset: 0 }
    }

    /// Another place, in the same order.
    #[must_use]
    pub fn at(&self, location: Location) -> Self {
        Self { sort: self.sort, descending: self.descending, ..Self::of(location) }
    }

    /// The same place in another order: by `sort`, or the other way round when it is ordered by that.
    #[must_use]
    pub fn ordered(&self, sort: SortKey) -> Self {
        Self { sort, descending: self.sort == sort && !self.descending, offset: 0, ..self.clone() }
    }

    /// As [`Self::read`] reads it.
    #[must_use]
    pub fn href(&self) -> String {
        let mut pairs = Vec::new();
        if !self.filter.is_empty() {
            pairs.push(format!("filter={}", encode_value(&self.filter)));
        }
        if self.sort != SortKey::Name {
            pairs.push(format!("sort={}", self.sort.as_str()));
        }
        if self.descending {
            pairs.push("desc=1".to_owned());
        }
        if self.offset > 0 {
            pairs.push(format!("offset={}", self.offset));
        }
        let path = self.location.href();
        let sign = if path.contains('?') { '&' } else { '?' };
        if pairs.is_empty() { path } else { format!("{path}{sign}{}", pairs.join("&")) }
    }

    /// The question to the server for the window that begins here.
    #[must_use]
    pub fn query(&self, limit: usize) -> FileQuery {
        FileQuery {
            location: self.location.to_string(),
            filter: self.filter.clone(),
            sort: self.sort,
            descending: self.descending,
            offset: self.offset / limit * limit,
            limit,
            refresh: false,
        }
    }
}

/// Percent-encodes the value of a query, where `+` is a space.
#[must_use]
pub fn encode_value(text: &str) -> String {
    encode(text).replace('+', "%2B")
}

/// The value of `key` in a raw query string.
#[must_use]
pub fn query_value(search: &str, key: &str) -> Option<String> {
    search
        .split('&')
        .find_map(|pair| pair.split_once('=').filter(|(name, _)| *name == key))
        .map(|(_, value)| decode(value, true))
}

/// Decodes percent-encoding once. What is not an encoding stays as it is.
fn decode(text: &str, plus_is_space: bool) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let hex =
            text.get(at + 1..at + 3).filter(|hex| bytes[at] == b'%' && hex.bytes().all(|b| b.is_ascii_hexdigit()));
        if let Some(byte) = hex.and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
            out.push(byte);
            at += 3;
        } else {
            out.push(if plus_is_space && bytes[at] == b'+' { b' ' } else { bytes[at] });
            at += 1;
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_survives_the_address() {
        let root = Location::parse("b2:").expect("root");
        for name in ["a%41", "100%", "a+b c", "x\ny", "a?b#c&d=e", "%2F", "<b>", "שלום", "-rf", " x "] {
            let address = Address {
                filter: name.to_owned(),
                sort: SortKey::Size,
                descending: true,
                offset: 320,
                ..Address::of(root.join(name))
            };
            let href = address.href();
            let (path, search) = href.split_once('?').expect("query");
            assert_eq!(Address::read(path, search), Ok(address), "{name:?}");
        }
    }

    #[test]
    fn every_path_survives_the_address() {
        for text in [
            "nas:/",
            "nas:/srv/data",
            "nas:/srv/a+b c?d#e&f=g%41",
            "nas:srv/data ",
            "nas: srv",
            "b2:a/",
            "b2:a//b",
            "b2://lead",
            "b2:x\ny/\t",
            "b2:x␊y/‛␊",
            "b2:．．/．",
            "b2:a\\b",
            "b2:-x/:y",
            "b2:cafe\u{301}",
            "/srv/d ",
            "/srv/x\ny",
            "/",
        ] {
            for filter in ["", "path=x&"] {
                let address = Address { filter: filter.to_owned(), ..Address::of(Location::parse(text).expect(text)) };
                let href = address.href();
                let (path, search) = href.split_once('?').unwrap_or((&href, ""));
                assert_eq!(Address::read(path, search), Ok(address), "{text:?} {href}");
            }
        }
    }

    #[test]
    fn a_bad_address_is_an_error_and_never_a_panic() {
        for path in ["/browse", "/browse/", "/browse/:local:", "/browse/b2/..", "/browse/b2/%00", "/browse/%ff/%e0%80"]
        {
            assert!(Address::read(path, "desc&sort=%&filter&offset=-1").is_err(), "{path}");
        }
        assert!(Address::read("/browse/local/srv/%é", "filter=%e").is_ok());
    }

    #[test]
    fn a_head_orders_by_its_column_and_then_turns_round() {
        let by_name = Address::of(Location::parse("/srv").expect("local"));
        let by_size = by_name.ordered(SortKey::Size);
        assert_eq!(by_size.href(), "/browse/local/srv?sort=size");
        assert_eq!(by_size.ordered(SortKey::Size).href(), "/browse/local/srv?sort=size&desc=1");
        assert_eq!(by_name.ordered(SortKey::Name).href(), "/browse/local/srv?desc=1");
    }
}
