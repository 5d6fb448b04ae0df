//! What a provider said of one location, and the orders in which it is looked at.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, OnceLock, PoisonError},
};

use sha2::{Digest as _, Sha256};

use crate::{
    domain::{
        file::{Entry, FilePage, FileQuery, SortKey},
        location::Location,
        natural_key::natural_key,
        text::{Needle, fold},
        time::Timestamp,
    },
    server::shares::Room,
};

/// Entries in a window, when the caller does not say.
const WINDOW: usize = 200;
/// Most orders that are remembered of one listing.
const ORDERS_MAX: usize = 8;

/// Order and filter: which entries, in which order.
type View = (SortKey, bool, String);

/// What a provider said of one location.
pub struct Listing {
    /// What lies there, in the order of the provider.
    pub entries: Vec<Entry>,
    /// When the provider was asked.
    pub listed_at: Timestamp,
    /// Entries that have the name of another of their kind.
    duplicates: usize,
    orders: Mutex<Vec<(View, Arc<Order>)>>,
    by_path: OnceLock<Vec<u32>>,
    digest: OnceLock<String>,
    /// The memory that it takes; none of what is of no size.
    _room: Option<Arc<Room>>,
}

/// Bytes that an entry takes, with what orders it.
pub fn bytes(entry: &Entry) -> usize {
    /// Of the allocator for a name, and an index in each order that is remembered and in that of paths.
    const BESIDE: usize = 16 + (ORDERS_MAX + 1) * size_of::<u32>();
    size_of::<Entry>() + BESIDE + entry.name.len()
}

/// Indexes into the entries, in order, of those the filter lets through.
struct Order {
    indexes: Vec<u32>,
    bytes: u64,
    sizeless: usize,
}

impl Listing {
    /// Of what a provider said, outside of any bound.
    #[cfg(test)]
    pub fn new(entries: Vec<Entry>, listed_at: Timestamp) -> Self {
        Self::within(None, entries, listed_at)
    }

    /// Of what a provider said, in the room that was made for it. Several entries with one name are numbered here.
    pub fn within(room: impl Into<Option<Arc<Room>>>, mut entries: Vec<Entry>, listed_at: Timestamp) -> Self {
        entries.shrink_to_fit();
        let (duplicates, _room) = (number(&mut entries), room.into());
        Self {
            entries,
            listed_at,
            duplicates,
            orders: Mutex::default(),
            by_path: OnceLock::new(),
            digest: OnceLock::new(),
            _room,
        }
    }

    /// The window that is wanted.
    pub fn window(&self, location: Location, query: &FileQuery) -> FilePage {
        let order = self.order((query.sort, query.descending, fold(&query.filter)));
        let limit = if query.limit == 0 { WINDOW } else { query.limit };
        let matched = order.indexes.len();
        let offset = query.offset.min(matched);
        let window =
            order.indexes.iter().skip(offset).take(limit).filter_map(|index| self.entries.get(*index as usize));
        FilePage {
            location,
            total: self.entries.len(),
            matched,
            bytes: order.bytes,
            offset,
            entries: window.cloned().collect(),
            listed_at: self.listed_at,
            sizeless: order.sizeless,
            duplicates: self.duplicates,
            unaddressable: self.entries.iter().filter(|entry| entry.unaddressable.is_some()).count(),
        }
    }

    /// Indexes in the order of paths. Those of one path are ordered by what else is known of them, so that the order
    /// is the same however the provider tells them.
    pub fn by_path(&self) -> &[u32] {
        self.by_path.get_or_init(|| {
            let mut indexes: Vec<u32> = (0u32..).zip(&self.entries).map(|(index, _)| index).collect();
            let key = |index: &u32| {
                let entry = &self.entries[*index as usize];
                (&entry.name, entry.is_dir, entry.size, entry.mod_time)
            };
            indexes.sort_by(|a, b| key(a).cmp(&key(b)));
            indexes
        })
    }

    /// Of all that was said, in the order of paths: two listings with the same digest are the same listing.
    pub fn digest(&self) -> &str {
        self.digest.get_or_init(|| {
            let mut digest = Sha256::new();
            for index in self.by_path() {
                let Entry { name, size, mod_time, is_dir, .. } = &self.entries[*index as usize];
                digest.update(name.len().to_le_bytes());
                digest.update(name);
                digest.update(format!("{size:?}{:?}{is_dir}", mod_time.map(|time| time.0)));
            }
            short(&digest.finalize())
        })
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

/// 32 hexadecimal digits of a digest.
pub fn short(digest: &[u8]) -> String {
    use std::fmt::Write as _;
    digest.iter().take(16).fold(String::with_capacity(32), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// Numbers the entries of each name. How many have the name of another file, or of another folder: of these rclone
/// takes one.
fn number(entries: &mut [Entry]) -> usize {
    let mut indexes: Vec<usize> = (0..entries.len()).collect();
    indexes.sort_by(|a, b| entries[*a].name.cmp(&entries[*b].name));
    let (mut duplicates, mut seen) = (0, HashMap::new());
    let mut last: Option<usize> = None;
    for index in indexes {
        if last.is_none_or(|last| entries[last].name != entries[index].name) {
            seen.clear();
        }
        let same: &mut u32 = seen.entry(entries[index].is_dir).or_default();
        duplicates += usize::from(*same > 0);
        *same += 1;
        entries[index].duplicate = seen.values().sum::<u32>() - 1;
        last = Some(index);
    }
    duplicates
}

/// Folders first, then by the key, then by name; descending turns the key around and leaves the folders where they are.
fn sort(entries: &[Entry], (key, descending, filter): &View) -> Order {
    let needle = Needle::folded(filter.clone());
    let mut indexes: Vec<u32> =
        (0u32..).zip(entries).filter(|(_, entry)| needle.is_in(&entry.name)).map(|(index, _)| index).collect();
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
    let sizeless = indexes.iter().filter(|index| !entry(index).is_dir && entry(index).size.is_none()).count();
    Order { indexes, bytes, sizeless }
}

#[cfg(test)]
mod tests;
