//! Listings that were made lately: of each location the last for a minute, and for some time those that are read in pages.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use sha2::{Digest as _, Sha256};
use tokio::sync::Mutex as AsyncMutex;

use super::listing::{Listing, short};
use crate::{
    domain::{error::Result, location::Location, time::Timestamp},
    server::state::AppState,
};

/// Milliseconds for which a listing is believed.
const FRESH: u64 = 60_000;
/// Milliseconds for which a listing whose pages are read is kept after the last of them.
const KEPT: u64 = 600_000;
/// Most entries that all remembered listings hold together; as many may be kept for their pages.
const ENTRIES_MAX: usize = 1_000_000;
/// Most listings that are remembered; as many may be kept for their pages.
const LISTINGS_MAX: usize = 64;

/// Listings that were made lately, at most a million entries together.
#[derive(Default)]
pub struct Listings {
    slots: Mutex<HashMap<Scope, Arc<Slot>>>,
    /// Those whose pages are read, the last used at the end.
    kept: Mutex<Vec<Kept>>,
}

/// What a listing is of.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Scope {
    pub(super) location: Location,
    /// Levels of folders; `None` is all.
    pub(super) depth: Option<u32>,
}

impl Scope {
    /// What a cursor says of it.
    pub(super) fn digest(&self) -> String {
        short(&Sha256::digest(format!("{:?} {}", self.depth, self.location)))
    }
}

/// A listing whose pages are read: it stays as it was, whatever changes meanwhile.
pub(super) struct Kept {
    pub(super) scope: Scope,
    pub(super) digest: String,
    pub(super) listing: Arc<Listing>,
    pub(super) used_at: Timestamp,
}

/// One location. Whoever comes while the provider is being asked waits for the same answer.
#[derive(Default)]
struct Slot {
    listing: AsyncMutex<Option<Arc<Listing>>>,
}

impl Listings {
    pub(super) async fn get(&self, app: &AppState, scope: &Scope, refresh: bool, limit: Duration) -> Result<Arc<Listing>> {
        let slot = self.lock().entry(scope.clone()).or_default().clone();
        let asked_at = app.clock.now();
        let mut known = slot.listing.lock().await;
        if let Some(listing) = &*known {
            // One that came while this call waited is new enough for a refresh as well.
            let since = if refresh { asked_at } else { Timestamp(asked_at.0.saturating_sub_unsigned(FRESH)) };
            if listing.listed_at >= since {
                return Ok(listing.clone());
            }
        }
        *known = None;
        let entries = match app.rclone.list_below(&scope.location, scope.depth, limit).await {
            Ok(entries) => entries,
            Err(error) => {
                self.lock().remove(scope);
                return Err(error.into());
            }
        };
        let listing = Arc::new(Listing::new(entries, app.clock.now()));
        *known = Some(listing.clone());
        drop(known);
        self.shrink(scope);
        Ok(listing)
    }

    /// Forgets everything: something was changed, and many names can lead to one place. What is read in pages stays as it was.
    pub fn forget(&self) {
        self.lock().clear();
    }

    /// Keeps a listing for its further pages.
    pub(super) fn keep(&self, new: Kept) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.retain(|old| (&old.scope, &old.digest) != (&new.scope, &new.digest) && new.used_at.millis_since(old.used_at) < KEPT);
        kept.push(new);
        let (mut count, mut entries) = (0, 0);
        let fits = kept.iter().rev().take_while(|kept| {
            (count, entries) = (count + 1, entries + kept.listing.entries.len());
            count == 1 || count <= LISTINGS_MAX && entries <= ENTRIES_MAX
        });
        let gone = kept.len() - fits.count();
        kept.drain(..gone);
    }

    /// The listing that a cursor is of, when it is still kept.
    pub(super) fn kept(&self, scope: &Scope, digest: &str, now: Timestamp) -> Option<Arc<Listing>> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.retain(|kept| now.millis_since(kept.used_at) < KEPT);
        kept.iter().find(|kept| kept.scope == *scope && kept.digest == digest).map(|kept| kept.listing.clone())
    }

    /// Forgets the oldest until what is left fits. Those that are being made are left alone.
    fn shrink(&self, keep: &Scope) {
        let mut slots = self.lock();
        let mut known: Vec<_> = slots
            .iter()
            .filter_map(|(scope, slot)| {
                let listing = slot.listing.try_lock().ok()?;
                let (at, len) = listing.as_ref().map_or((None, 0), |listing| (Some(listing.listed_at), listing.entries.len()));
                Some((at, len, scope.clone()))
            })
            .collect();
        known.sort_unstable_by_key(|(at, ..)| std::cmp::Reverse(*at));
        let (mut count, mut entries) = (0, 0);
        for (_, len, scope) in known {
            count += 1;
            entries += len;
            if (count > LISTINGS_MAX || entries > ENTRIES_MAX) && scope != *keep {
                slots.remove(&scope);
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Scope, Arc<Slot>>> {
        self.slots.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::file::Entry;

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
}
