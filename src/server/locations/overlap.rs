//! Whether two places meet, and the keys that stand for places in the queue.

use unicode_normalization::UnicodeNormalization as _;

use super::Target;
use crate::{domain::encoding::canonical, server::rclone::manager::resolve::RemotePlace};

/// Whether two places have a folder in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Meeting {
    /// They have not.
    Apart,
    /// One starts at the home folder of a server and the other at its root: nobody can say.
    Unknown,
    /// They have.
    Overlap,
}

/// What stands for a place in the queue: one place lies in another when its key begins with the other's. In lower case
/// and one Unicode form, since some remotes take `A` and `a` for one: two places too many that wait for one another do
/// no harm.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Key {
    /// Ends with a slash, so that `/a` lies in `/` and not in `/ab`.
    pub key: String,
    /// The remote whose limit counts; empty for this server.
    pub remote: String,
}

/// Whether two places meet.
pub(super) fn meet(a: &Target, b: &Target) -> Meeting {
    match (a, b) {
        (Target::Disk(a), Target::Disk(b)) if a.meets(b) => Meeting::Overlap,
        (Target::Remote(a), Target::Remote(b)) if a.name == b.name => remote(a, b),
        _ => Meeting::Apart,
    }
}

fn remote(a: &RemotePlace, b: &RemotePlace) -> Meeting {
    if a.path == "/" || b.path == "/" {
        return Meeting::Overlap;
    }
    if a.path.starts_with('/') != b.path.starts_with('/') {
        return Meeting::Unknown;
    }
    let names = |place: &RemotePlace| {
        let path = canonical(&place.path);
        let path = if place.exact { path } else { fold(&path) };
        path.split('/').filter(|name| !name.is_empty()).map(str::to_owned).collect::<Vec<_>>()
    };
    if names(a).iter().zip(&names(b)).all(|(x, y)| x == y) { Meeting::Overlap } else { Meeting::Apart }
}

pub(super) fn key(place: &Target) -> Key {
    match place {
        Target::Disk(disk) => Key { key: key_of(&disk.real().to_string_lossy()), remote: String::new() },
        Target::Remote(place) => {
            Key { key: key_of(&format!("{}:{}", place.name, canonical(&place.path))), remote: place.name.to_string() }
        }
    }
}

fn key_of(text: &str) -> String {
    let key = fold(text.trim_end_matches('/'));
    if key.ends_with(':') { key } else { key + "/" }
}

/// One form of all that differs in case or in how letters with accents are put together.
pub(super) fn fold(text: &str) -> String {
    text.nfc().collect::<String>().to_lowercase().nfc().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_place_has_one_key_and_a_sibling_another() {
        for (text, key) in [
            ("/", "/"),
            ("/srv/A/", "/srv/a/"),
            ("b2:", "b2:"),
            ("b2:a/b", "b2:a/b/"),
            ("b2:é/É", "b2:é/é/"),
            ("b2:cafe\u{301}", "b2:café/"),
            ("nas:/", "nas:"),
            ("nas:/srv", "nas:/srv/"),
            ("/srv/d ", "/srv/d /"),
            ("/a:", "/a:"),
        ] {
            assert_eq!(key_of(text), key);
        }
        assert!(!key_of("/srv/ab").starts_with(&key_of("/srv/a")));
        assert!(key_of("/srv/a").starts_with(&key_of("/")) && key_of("b2:x").starts_with(&key_of("b2:")));
    }

    #[test]
    fn places_of_one_remote_meet_by_their_names() {
        let at = |path: &str, exact| RemotePlace { name: "x".parse().expect("a name"), path: path.to_owned(), exact };
        for (a, b, exact, meeting) in [
            ("", "y", true, Meeting::Overlap),
            ("a", "a/b", true, Meeting::Overlap),
            ("a", "ab", false, Meeting::Apart),
            ("a", "A", true, Meeting::Apart),
            ("a", "A/b", false, Meeting::Overlap),
            ("x\ny", "x␊y/z", true, Meeting::Overlap),
            ("é", "e\u{301}", false, Meeting::Overlap),
            ("d", "d ", false, Meeting::Apart),
            ("srv", "/home/u/srv", false, Meeting::Unknown),
            ("srv", "/", false, Meeting::Overlap),
            ("/srv", "/srv/x", false, Meeting::Overlap),
            ("/srv", "/mnt", false, Meeting::Apart),
        ] {
            assert_eq!(remote(&at(a, exact), &at(b, exact)), meeting, "{a} {b}");
            assert_eq!(remote(&at(b, exact), &at(a, exact)), meeting, "{b} {a}");
        }
        let other = RemotePlace { name: "z".parse().expect("a name"), path: "a".to_owned(), exact: true };
        assert_eq!(meet(&Target::Remote(at("a", true)), &Target::Remote(other)), Meeting::Apart);
    }
}
