//! Listings that were made lately: of each location the last for a minute, and for some time those that are read in
//! pages.

mod listing;

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use sha2::{Digest as _, Sha256};
use tokio::sync::Mutex as AsyncMutex;

pub use self::listing::Listing;
use self::listing::{bytes, short};
use crate::{
    domain::{
        error::{AppError, ErrorCode, Result},
        file::Entry,
        location::Location,
        time::Timestamp,
    },
    server::{
        error::internal,
        platform::clock::Clock,
        rclone::{error::RcloneError, manager::Rclone},
        shares::Room,
    },
};

/// Milliseconds for which a listing is believed.
const FRESH_FOR: u64 = 60_000;
/// Milliseconds for which a listing whose pages are read is kept after the last of them.
const KEPT: u64 = 600_000;
/// Bytes by which a listing takes more room while it is made.
const STEP: usize = 64 << 10;
/// Seconds after which it is worth to ask again when there is no room.
const RETRY_AFTER: u64 = 10;
/// Most listings that are remembered; as many may be kept for their pages.
const LISTINGS_MAX: usize = 64;

/// Listings that were made lately. Those that are made, remembered and sent have one bound of memory together
/// (`shares`).
#[derive(Default)]
pub struct Listings {
    slots: Mutex<HashMap<Scope, Arc<Slot>>>,
    /// Those whose pages are read, the last used at the end.
    kept: Mutex<Vec<Kept>>,
}

/// What a listing is of.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Scope {
    /// Where.
    pub location: Location,
    /// Levels of folders; `None` is all.
    pub depth: Option<u32>,
}

impl Scope {
    /// What a cursor says of it.
    pub fn digest(&self) -> String {
        short(&Sha256::digest(format!("{:?} {}", self.depth, self.location)))
    }
}

/// A listing whose pages are read: it stays as it was, whatever changes meanwhile.
pub struct Kept {
    /// What it is of.
    pub scope: Scope,
    /// What tells it from another listing of the same place.
    pub digest: String,
    /// What was listed.
    pub listing: Arc<Listing>,
    /// When a page of it was last read.
    pub used_at: Timestamp,
}

/// One location. Callers that arrive while the provider is being asked wait for the same answer.
#[derive(Default)]
struct Slot {
    listing: AsyncMutex<Option<Arc<Listing>>>,
}

impl Listings {
    /// The listing of `scope`: a remembered one when it is new enough and no `refresh` is asked for, else a new one.
    pub async fn get(
        self: &Arc<Self>,
        (rclone, clock): (&Rclone, &Clock),
        scope: &Scope,
        refresh: bool,
        room: Room,
        limit: Duration,
    ) -> Result<Arc<Listing>> {
        let slot = self.lock().entry(scope.clone()).or_default().clone();
        let asked_at = clock.now();
        let mut known = slot.listing.lock().await;
        if let Some(listing) = &*known {
            // One that came while this call waited is new enough for a refresh as well.
            let since = if refresh { asked_at } else { Timestamp(asked_at.0.saturating_sub_unsigned(FRESH_FOR)) };
            if listing.listed_at >= since {
                return Ok(listing.clone());
            }
        }
        *known = None;
        let room = Arc::new(room);
        let entries = match rclone.list_below(&scope.location, scope.depth, limit, taking(self, &room)).await {
            Ok(entries) => entries,
            Err(error) => {
                self.lock().remove(scope);
                return Err(match error {
                    RcloneError::TooMuch if !room.is_too_much(STEP) => no_room(),
                    error => error.into(),
                });
            }
        };
        let now = clock.now();
        let made = tokio::task::spawn_blocking(move || Listing::within(room, entries, now));
        let listing = Arc::new(made.await.map_err(|error| internal("reading a listing", &error))?);
        *known = Some(listing.clone());
        drop(known);
        self.shrink(scope);
        Ok(listing)
    }

    /// Forgets everything: something was changed, and many names can lead to one place. What is read in pages stays as
    /// it was.
    pub fn forget(&self) {
        self.lock().clear();
    }

    /// Keeps a listing for its further pages.
    pub fn keep(&self, new: Kept) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.retain(|old| {
            (&old.scope, &old.digest) != (&new.scope, &new.digest) && new.used_at.millis_since(old.used_at) < KEPT
        });
        kept.push(new);
        let gone = kept.len().saturating_sub(LISTINGS_MAX);
        kept.drain(..gone);
    }

    /// The listing that a cursor is of, when it is still kept.
    pub fn kept(&self, scope: &Scope, digest: &str, now: Timestamp) -> Option<Arc<Listing>> {
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
                Some((listing.as_ref().map(|listing| listing.listed_at), scope.clone()))
            })
            .collect();
        known.sort_unstable_by_key(|(at, _)| std::cmp::Reverse(*at));
        for (_, scope) in known.into_iter().skip(LISTINGS_MAX).filter(|(_, scope)| scope != keep) {
            slots.remove(&scope);
        }
    }

    /// Forgets what is only remembered, and then the one that was kept for its pages the longest: another listing needs
    /// the room. `false` when there is nothing left to forget.
    fn give_way(&self) -> bool {
        let mut slots = self.lock();
        let before = slots.len();
        slots.retain(|_, slot| slot.listing.try_lock().map_or(true, |listing| listing.is_none()));
        if slots.len() < before {
            return true;
        }
        drop(slots);
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let any = !kept.is_empty();
        kept.drain(..usize::from(any));
        any
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Scope, Arc<Slot>>> {
        self.slots.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What is asked of each entry that comes: whether there is room for it.
fn taking(listings: &Arc<Listings>, room: &Arc<Room>) -> impl FnMut(&Entry) -> bool + Send + 'static {
    let (listings, room, mut left) = (Arc::clone(listings), Arc::clone(room), 0_usize);
    move |entry| {
        let needed = bytes(entry);
        while left < needed {
            let step = STEP.max(needed);
            if room.grow(step) {
                left += step;
            } else if room.is_too_much(step) || !listings.give_way() {
                return false;
            }
        }
        left -= needed;
        true
    }
}

/// Others have the memory now.
fn no_room() -> AppError {
    let message =
        format!("So much is being listed right now that there is no memory for more. Try again in {RETRY_AFTER} s.");
    AppError { retry_after: Some(RETRY_AFTER), ..AppError::new(ErrorCode::Unavailable, message) }
}

#[cfg(test)]
mod tests;
