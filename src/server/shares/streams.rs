//! Open event streams: so many for a person. When they open one more, their oldest ends.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio_util::sync::CancellationToken;

use crate::domain::id::UserId;

/// Open streams of one person.
pub const PER_PERSON: usize = 8;

/// Who has which streams open, the oldest first.
#[derive(Debug, Default)]
pub struct Streams {
    open: Arc<Mutex<Open>>,
}

#[derive(Debug, Default)]
struct Open {
    next: u64,
    of: HashMap<UserId, VecDeque<(u64, CancellationToken)>>,
}

/// One open stream. Its place is free again when this is dropped.
#[derive(Debug)]
pub struct Stream {
    open: Arc<Mutex<Open>>,
    user: UserId,
    number: u64,
    replaced: CancellationToken,
}

impl Streams {
    /// Opens one. The oldest of this person is replaced when they have too many.
    #[must_use]
    pub fn open(&self, user: &UserId) -> Stream {
        let replaced = CancellationToken::new();
        let mut open = lock(&self.open);
        let number = open.next;
        open.next += 1;
        let own = open.of.entry(*user).or_default();
        while own.len() >= PER_PERSON {
            if let Some((_, oldest)) = own.pop_front() {
                oldest.cancel();
            }
        }
        own.push_back((number, replaced.clone()));
        drop(open);
        Stream { open: Arc::clone(&self.open), user: *user, number, replaced }
    }
}

impl Stream {
    /// Waits until a newer one has taken its place.
    pub async fn replaced(&self) {
        self.replaced.cancelled().await;
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        let mut open = lock(&self.open);
        if let Some(own) = open.of.get_mut(&self.user) {
            own.retain(|(number, _)| *number != self.number);
            if own.is_empty() {
                open.of.remove(&self.user);
            }
        }
    }
}

/// Nothing that holds this lock can panic.
fn lock(open: &Mutex<Open>) -> MutexGuard<'_, Open> {
    open.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn user(n: u8) -> UserId {
        format!("01JD3Z6N9V4M2K8Q7W5X1T0R{n:02}").parse().expect("an id")
    }

    #[test]
    fn the_oldest_of_one_person_ends_and_nobody_else_does() {
        let streams = Streams::default();
        let other = streams.open(&user(2));
        let mut held: VecDeque<_> = (0..PER_PERSON).map(|_| streams.open(&user(1))).collect();
        assert!(held.iter().all(|stream| !stream.replaced.is_cancelled()));
        held.push_back(streams.open(&user(1)));
        assert!(held[0].replaced.is_cancelled() && !held[1].replaced.is_cancelled() && !other.replaced.is_cancelled());
        // The one that was replaced had no place any more: that it is dropped makes no room.
        held.pop_front();
        held.push_back(streams.open(&user(1)));
        assert!(held[0].replaced.is_cancelled());
        // One that ended by itself did.
        held.pop_front();
        held.pop_back();
        held.push_back(streams.open(&user(1)));
        assert!(held.iter().all(|stream| !stream.replaced.is_cancelled()));
        drop((held, other));
        assert!(lock(&streams.open).of.is_empty());
    }
}
