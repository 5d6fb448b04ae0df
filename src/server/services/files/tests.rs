//! Tests of `files`.

use super::*;
use crate::domain::time::Timestamp;

/// What a provider may give: several of one name, and a file and a folder of one name.
fn listing(names: &[(&str, u64)]) -> Listing {
    let entry = |(name, size): &(&str, u64)| match name.strip_suffix('/') {
        Some(dir) => Entry { name: dir.into(), is_dir: true, ..Entry::default() },
        None => Entry { name: (*name).into(), size: Some(*size), ..Entry::default() },
    };
    Listing::new(names.iter().map(entry).collect(), Timestamp(0))
}

/// One entry in the order of paths.
fn entry(listing: &Listing, index: usize) -> (String, bool, Option<u64>) {
    let entry = &listing.entries[listing.by_path()[index] as usize];
    (entry.name.clone(), entry.is_dir, entry.size)
}

fn scope() -> Scope {
    Scope { location: Location::parse("x:").expect("a location"), depth: None }
}

fn pages(listing: &Listing, limit: usize) -> Vec<(String, bool, Option<u64>)> {
    let (mut found, mut after) = (Vec::new(), None);
    loop {
        let (part, next) = page(listing, &scope(), after.as_ref(), Some(limit)).expect("a page");
        assert!(part.len() <= limit);
        found.extend(part.map(|index| entry(listing, index)));
        match next {
            Some(next) => after = Some(next.to_string().parse().expect("a cursor")),
            None => return found,
        }
    }
}

#[test]
fn pages_of_any_size_hold_every_entry_once_and_in_order() {
    for names in [
        &[("a", 1), ("a", 2), ("a", 3), ("b", 4), ("c", 5)][..],
        &[("a", 1), ("b", 2), ("b", 3), ("b", 3), ("b", 3)],
        &[("a/", 0), ("a", 1), ("a", 1), ("a/", 0), ("a/x", 1)],
        &[("", 1), ("", 2), ("z", 1)],
        &[("ä", 1), ("a\u{308}", 2), ("ä", 3), ("A", 4), ("a", 5)],
        &[("b", 1), ("a", 2), ("B", 3), ("a", 2), (" a", 4), ("a ", 5)],
        &[("x", 7); 23],
        &[],
    ] {
        let listing = listing(names);
        let whole = pages(&listing, usize::MAX / 2);
        let mut wanted: Vec<_> =
            listing.entries.iter().map(|entry| (entry.name.clone(), entry.is_dir, entry.size)).collect();
        wanted.sort_by(|a, b| a.0.cmp(&b.0));
        assert_eq!(
            whole.iter().map(|e| &e.0).collect::<Vec<_>>(),
            wanted.iter().map(|e| &e.0).collect::<Vec<_>>(),
            "{names:?}"
        );
        for limit in 1..=names.len() + 1 {
            assert_eq!(pages(&listing, limit), whole, "{names:?} by {limit}");
        }
    }
}

#[test]
fn a_cursor_holds_for_its_listing_only() {
    let before = listing(&[("a", 1), ("a", 2), ("b", 3)]);
    let (_, next) = page(&before, &scope(), None, Some(2)).expect("a page");
    let cursor = next.expect("more");
    // The provider tells the same in another order: it is the same listing.
    let same = listing(&[("b", 3), ("a", 2), ("a", 1)]);
    let (part, _) = page(&same, &scope(), Some(&cursor), Some(2)).expect("a page");
    assert_eq!(entry(&same, part.start).0, "b");
    for changed in
        [&[("a", 2), ("b", 3)][..], &[("a", 1), ("a", 2), ("b", 4)], &[("a", 1), ("a", 2), ("a", 2), ("b", 3)], &[]]
    {
        let error = page(&listing(changed), &scope(), Some(&cursor), Some(2)).expect_err("another listing");
        assert!(error.status() == 409 && error.message.contains("Start again"), "{error}");
    }
    for other in ["x:y", "y:"] {
        let other = Scope { location: Location::parse(other).expect("a location"), depth: None };
        assert_ne!(other.digest(), cursor.place);
    }
    assert_ne!(Scope { depth: Some(1), ..scope() }.digest(), cursor.place);
}
