//! Tests of `listing`.

use super::*;

fn listing() -> Listing {
    let file = |name: &str, size| Entry { name: name.into(), size: Some(size), ..Entry::default() };
    let dir = |name: &str| Entry { name: name.into(), is_dir: true, ..Entry::default() };
    let entries = vec![file("b10", 1), file("B2", 30), dir("z"), file("a", 2), dir("A"), file("ß", 5)];
    Listing::new(entries, Timestamp(0))
}

fn names(query: &FileQuery) -> Vec<String> {
    let page = listing().window(Location::parse("x:").expect("a location"), query);
    page.entries.into_iter().map(|entry| entry.name).collect()
}

#[test]
fn folders_come_first_whatever_the_order() {
    assert_eq!(names(&FileQuery::default()), ["A", "z", "a", "B2", "b10", "ß"]);
    assert_eq!(names(&FileQuery { descending: true, ..FileQuery::default() }), ["z", "A", "ß", "b10", "B2", "a"]);
    assert_eq!(names(&FileQuery { sort: SortKey::Size, ..FileQuery::default() }), ["A", "z", "b10", "a", "ß", "B2"]);
}

#[test]
fn a_window_counts_what_the_filter_lets_through() {
    let query = FileQuery { filter: "B".into(), offset: 1, limit: 5, ..FileQuery::default() };
    let page = listing().window(Location::parse("x:").expect("a location"), &query);
    assert_eq!((page.total, page.matched, page.bytes, page.offset, page.entries.len()), (6, 2, 31, 1, 1));
    let far = FileQuery { offset: usize::MAX, ..FileQuery::default() };
    assert!(names(&far).is_empty());
    assert_eq!(names(&FileQuery { filter: "SS".into(), ..FileQuery::default() }), ["ß"], "as people see it");
    assert!(
        names(&FileQuery { filter: " b".into(), ..FileQuery::default() }).is_empty(),
        "a space is searched for like any other"
    );
}

#[test]
fn entries_of_one_name_are_told_apart_and_counted() {
    let entry = |name: &str, is_dir| Entry { name: name.into(), is_dir, ..Entry::default() };
    let entries = vec![
        entry("b", false),
        entry("a", false),
        entry("a", true),
        entry("a", false),
        entry("c", false),
        entry("a", true),
    ];
    let page =
        Listing::new(entries, Timestamp(0)).window(Location::parse("x:").expect("a location"), &FileQuery::default());
    assert_eq!(page.duplicates, 2, "a file and a folder may have one name");
    let mut keys: Vec<_> = page.entries.iter().map(|entry| (entry.name.clone(), entry.duplicate)).collect();
    keys.sort();
    let expected = [("a", 0), ("a", 1), ("a", 2), ("a", 3), ("b", 0), ("c", 0)].map(|(name, n)| (name.to_owned(), n));
    assert_eq!(keys, expected);
}
