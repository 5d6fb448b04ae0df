//! Files: windows of listings. A provider is asked once; sorting, filtering and paging work on what it said, so a folder of 100,000
//! files answers as fast as a small one while it is looked at.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::sync::{Mutex as AsyncMutex, broadcast::error::RecvError};

use super::{Change, audit};
use crate::{
    domain::{
        error::{AppError, Result},
        event::Event,
        file::{Entry, FilePage, FileQuery, Size, SortKey, Tree, TreeQuery, natural_key},
        location::Location,
        policy::Permission,
        time::Timestamp,
    },
    server::{auth::Actor, error::internal, state::AppState, store::StoreError},
};

/// Entries in a window, when the caller does not say.
const WINDOW: usize = 200;
/// Most entries in a window.
const WINDOW_MAX: usize = 500;
/// Longest filter, in characters.
const FILTER_MAX: usize = 256;
/// Milliseconds for which a listing is believed.
const FRESH: u64 = 60_000;
/// Most entries that all remembered listings hold together.
const ENTRIES_MAX: usize = 1_000_000;
/// Most listings that are remembered.
const LISTINGS_MAX: usize = 64;
/// How long a screen waits for a listing at most. A program waits as long as a call may take at all.
const SCREEN: Duration = Duration::from_secs(30);
/// Most levels of folders that can be asked for by number.
const DEPTH_MAX: u32 = 1000;
/// Most entries of a page of a tree.
const PAGE_MAX: usize = 1000;
/// Most orders that are remembered of one listing.
const ORDERS_MAX: usize = 8;

/// A window of what lies in a location. The provider is asked when nothing newer than a minute is known, or `refresh` says so.
pub async fn list(actor: &Actor, app: &AppState, query: &FileQuery) -> Result<FilePage> {
    actor.require(Permission::FilesRead)?;
    if query.filter.chars().count() > FILTER_MAX {
        return Err(AppError::invalid("filter", "A filter has at most 256 characters."));
    }
    if query.limit > WINDOW_MAX {
        return Err(AppError::invalid("limit", "At most 500."));
    }
    let location = app.locations.resolve("location", &query.location).await?.location;
    let scope = Scope { location: location.clone(), depth: Some(1) };
    let listing = app.listings.get(app, &scope, query.refresh, SCREEN.min(app.rclone.limit())).await?;
    let query = query.clone();
    // A large listing takes some milliseconds to sort: not on a thread that serves others.
    tokio::task::spawn_blocking(move || listing.window(location, &query)).await.map_err(|error| internal("sorting a listing", &error))
}

/// What lies below a location, for a program: whole or in pages, in the order of paths. The provider is asked for the first page.
pub async fn list_tree(actor: &Actor, app: &AppState, query: &TreeQuery) -> Result<Tree> {
    actor.require(Permission::FilesRead)?;
    if query.depth.is_some_and(|depth| !(1..=DEPTH_MAX).contains(&depth)) {
        return Err(AppError::invalid("max_depth", "Between 1 and 1,000."));
    }
    if query.limit.is_some_and(|limit| !(1..=PAGE_MAX).contains(&limit)) {
        return Err(AppError::invalid("limit", "Between 1 and 1,000."));
    }
    let location = app.locations.resolve("remote_path", &query.location).await?.location;
    let scope = Scope { location, depth: query.depth };
    let listing = app.listings.get(app, &scope, query.after.is_none(), app.rclone.limit()).await;
    record(app, actor, "rclone.list", &scope.location, listing.as_ref().err()).await?;
    let (listing, after, limit) = (listing?, query.after.clone(), query.limit);
    let page = move || page(&listing.entries, after.as_deref(), limit);
    tokio::task::spawn_blocking(page).await.map_err(|error| internal("sorting a listing", &error))
}

/// The entries after a path, in the order of paths.
fn page(entries: &[Entry], after: Option<&str>, limit: Option<usize>) -> Tree {
    let mut wanted: Vec<_> = entries.iter().filter(|entry| after.is_none_or(|after| entry.name.as_str() > after)).collect();
    wanted.sort_unstable_by(|a, b| a.name.cmp(&b.name));
    let more = limit.is_some_and(|limit| wanted.len() > limit);
    wanted.truncate(limit.unwrap_or(usize::MAX));
    Tree { entries: wanted.into_iter().cloned().collect(), more }
}

/// How much lies below a location, counted now.
pub async fn size(actor: &Actor, app: &AppState, location: &str) -> Result<(Location, Size)> {
    actor.require(Permission::FilesRead)?;
    let location = app.locations.resolve("remote_path", location).await?.location;
    let size = app.rclone.size(&location, app.rclone.limit()).await.map_err(AppError::from);
    record(app, actor, "rclone.size", &location, size.as_ref().err()).await?;
    Ok((location, size?))
}

/// The audit row of something that was looked at by a program.
async fn record(app: &AppState, actor: &Actor, action: &str, location: &Location, error: Option<&AppError>) -> Result<()> {
    let target = location.to_string();
    let detail = error.map_or(serde_json::Value::Null, |error| serde_json::json!({ "error": error.message }));
    let mut transaction = app.store.begin().await?;
    audit(&mut transaction, app, actor, Change { detail, success: error.is_none(), ..Change::new(action, &target) }).await?;
    Ok(transaction.commit().await.map_err(StoreError::from)?)
}

/// Forgets listings whenever a run ends: it may have changed what lies anywhere. Goes on until the server stops.
pub async fn follow_runs(app: AppState) {
    let mut events = app.engine.hub().subscribe();
    loop {
        let event = tokio::select! {
            () = app.stopping.cancelled() => return,
            event = events.recv() => event,
        };
        match event.as_deref() {
            Ok(Event::Run { run }) if run.state.is_final() => app.listings.forget(),
            Ok(_) => {}
            Err(RecvError::Lagged(_)) => app.listings.forget(),
            Err(RecvError::Closed) => return,
        }
    }
}

/// Listings that were made lately, at most a million entries together.
#[derive(Default)]
pub struct Listings {
    slots: Mutex<HashMap<Scope, Arc<Slot>>>,
}

/// What a listing is of.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Scope {
    location: Location,
    /// Levels of folders; `None` is all.
    depth: Option<u32>,
}

/// One location. Whoever comes while the provider is being asked waits for the same answer.
#[derive(Default)]
struct Slot {
    listing: AsyncMutex<Option<Arc<Listing>>>,
}

impl Listings {
    async fn get(&self, app: &AppState, scope: &Scope, refresh: bool, limit: Duration) -> Result<Arc<Listing>> {
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
        let listing = Arc::new(Listing { entries, listed_at: app.clock.now(), orders: Mutex::default() });
        *known = Some(listing.clone());
        drop(known);
        self.shrink(scope);
        Ok(listing)
    }

    /// Forgets everything: something was changed, and many names can lead to one place.
    pub fn forget(&self) {
        self.lock().clear();
    }

    /// Forgets the oldest until what is left fits. Those that are being made are left alone.
    fn shrink(&self, keep: &Scope) {
        let mut slots = self.lock();
        let mut known: Vec<_> = slots
            .iter()
            .filter_map(|(scope, slot)| {
                let listing = slot.listing.try_lock().ok()?;
                let (at, len) = listing.as_ref().map_or((Timestamp(0), 0), |listing| (listing.listed_at, listing.entries.len()));
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

/// Order and filter: which entries, in which order.
type View = (SortKey, bool, String);

/// What a provider said of one location.
struct Listing {
    entries: Vec<Entry>,
    listed_at: Timestamp,
    orders: Mutex<Vec<(View, Arc<Order>)>>,
}

/// Indexes into the entries, in order, of those the filter lets through.
struct Order {
    indexes: Vec<u32>,
    bytes: u64,
}

impl Listing {
    fn window(&self, location: Location, query: &FileQuery) -> FilePage {
        let order = self.order((query.sort, query.descending, query.filter.trim().to_lowercase()));
        let limit = if query.limit == 0 { WINDOW } else { query.limit };
        let matched = order.indexes.len();
        let offset = query.offset.min(matched);
        let window = order.indexes.iter().skip(offset).take(limit).filter_map(|index| self.entries.get(*index as usize));
        FilePage {
            location,
            total: self.entries.len(),
            matched,
            bytes: order.bytes,
            offset,
            entries: window.cloned().collect(),
            listed_at: self.listed_at,
        }
    }

    fn order(&self, view: View) -> Arc<Order> {
        let mut orders = self.orders.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, order)) = orders.iter().find(|(known, _)| *known == view) {
            return order.clone();
        }
        let order = Arc::new(sort(&self.entries, &view));
        if orders.len() == ORDERS_MAX {
            orders.remove(0);
        }
        orders.push((view, order.clone()));
        order
    }
}

/// Folders first, then by the key, then by name; descending turns the key around and leaves the folders where they are.
fn sort(entries: &[Entry], (key, descending, filter): &View) -> Order {
    let mut indexes: Vec<u32> = (0u32..)
        .zip(entries)
        .filter(|(_, entry)| filter.is_empty() || entry.name.to_lowercase().contains(filter.as_str()))
        .map(|(index, _)| index)
        .collect();
    let entry = |index: &u32| &entries[*index as usize];
    indexes.sort_by_cached_key(|index| (!entry(index).is_dir, natural_key(&entry(index).name)));
    match key {
        SortKey::Name => {}
        SortKey::Size => indexes.sort_by_key(|index| (!entry(index).is_dir, entry(index).size)),
        SortKey::ModTime => indexes.sort_by_key(|index| (!entry(index).is_dir, entry(index).mod_time)),
    }
    if *descending {
        let folders = indexes.partition_point(|index| entry(index).is_dir);
        indexes[..folders].reverse();
        indexes[folders..].reverse();
    }
    let bytes = indexes.iter().filter_map(|index| entry(index).size).fold(0u64, u64::saturating_add);
    Order { indexes, bytes }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listing() -> Listing {
        let file = |name: &str, size| Entry { name: name.into(), size: Some(size), mod_time: None, is_dir: false };
        let dir = |name: &str| Entry { name: name.into(), size: None, mod_time: None, is_dir: true };
        let entries = vec![file("b10", 1), file("B2", 30), dir("z"), file("a", 2), dir("A"), file("ß", 5)];
        Listing { entries, listed_at: Timestamp(0), orders: Mutex::default() }
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
    fn pages_of_a_tree_follow_one_another() {
        let entries = listing().entries;
        let names = |tree: &Tree| tree.entries.iter().map(|entry| entry.name.clone()).collect::<Vec<_>>();
        let first = page(&entries, None, Some(4));
        assert_eq!((names(&first), first.more), (["A", "B2", "a", "b10"].map(str::to_owned).to_vec(), true));
        let second = page(&entries, Some("b10"), Some(4));
        assert_eq!((names(&second), second.more), (["z", "ß"].map(str::to_owned).to_vec(), false));
        assert_eq!(page(&entries, None, None).entries.len(), 6);
    }

    #[test]
    fn a_window_counts_what_the_filter_lets_through() {
        let query = FileQuery { filter: "B".into(), offset: 1, limit: 5, ..FileQuery::default() };
        let page = listing().window(Location::parse("x:").expect("a location"), &query);
        assert_eq!((page.total, page.matched, page.bytes, page.offset, page.entries.len()), (6, 2, 31, 1, 1));
        let far = FileQuery { offset: usize::MAX, ..FileQuery::default() };
        assert!(names(&far).is_empty());
    }
}
