//! Tests of `listings`.

use super::*;
use crate::server::shares::Memory;

fn kept(name: &str, entries: usize, at: i64) -> Kept {
    let scope = Scope { location: Location::parse(name).expect("a location"), depth: None };
    let entries = (0..entries).map(|n| Entry { name: n.to_string(), ..Entry::default() }).collect();
    let listing = Arc::new(Listing::new(entries, Timestamp(at)));
    Kept { scope, digest: listing.digest().to_owned(), listing, used_at: Timestamp(at) }
}

#[test]
fn a_listing_that_is_read_in_pages_outlives_a_change_and_not_its_time() {
    let listings = Listings::default();
    let Kept { scope, digest, .. } = kept("x:", 3, 0);
    let found = |at| listings.kept(&scope, &digest, Timestamp(at)).is_some();
    listings.keep(kept("x:", 3, 0));
    listings.forget();
    assert!(found(599_999));
    listings.keep(kept("x:", 3, 599_999));
    assert!(found(1_199_998), "each page prolongs it");
    assert!(!found(1_199_999));
    for n in 0..=LISTINGS_MAX {
        listings.keep(kept(&format!("x:{n}"), 1, 2_000_000));
    }
    assert_eq!(listings.kept.lock().expect("whole").len(), LISTINGS_MAX);
}

#[test]
fn what_is_remembered_gives_way_to_what_is_made_and_one_listing_never_takes_it_all() {
    let (listings, memory) = (Arc::new(Listings::default()), Memory::default());
    let entry = Entry { name: "x".repeat(1000), ..Entry::default() };
    let fill = |room: &Arc<Room>| {
        let mut takes = taking(&listings, room);
        (0..1_000_000).take_while(|_| takes(&entry)).count()
    };
    let first = Arc::new(memory.tree());
    let whole = fill(&first);
    assert!((100_000..200_000).contains(&whole), "{whole} entries of 1,000 characters fit into 160 MiB");
    assert!(first.is_too_much(STEP));
    // It is kept for its pages, and so in the way of the next: until that needs the room.
    let mut old = kept("x:", 3, 0);
    old.listing = Arc::new(Listing::within(first, Vec::new(), Timestamp(0)));
    listings.keep(old);
    let second = Arc::new(memory.tree());
    assert_eq!(fill(&second), whole);
    assert!(listings.kept.lock().expect("whole").is_empty());
    // What is being made or sent never gives way.
    let third = Arc::new(memory.tree());
    assert_eq!((fill(&third), third.is_too_much(STEP)), (0, false));
    drop(second);
    assert_eq!(fill(&third), whole);
}
