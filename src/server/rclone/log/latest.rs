//! What holds only until something better is known: a file failed, unless another attempt takes it. Remembers 12 bytes
//! of each, so that a million fit into the memory.

use std::{
    collections::{HashMap, HashSet},
    hash::{BuildHasher, BuildHasherDefault, Hasher, RandomState},
};

/// A number that is a hash already.
#[derive(Default)]
pub struct IdentityHasher(u64);

impl Hasher for IdentityHasher {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|byte| self.0 = self.0.rotate_left(8) ^ u64::from(*byte));
    }

    fn write_u64(&mut self, n: u64) {
        self.0 = n;
    }
}

/// Names, known by their hashes. The hash is another one in each process, so nobody can make two names fall together.
#[derive(Debug, Default)]
pub struct Names {
    set: HashSet<u64, BuildHasherDefault<IdentityHasher>>,
    hasher: RandomState,
}

impl Names {
    /// Takes one in. Whether it was not there.
    pub fn add(&mut self, name: &str) -> bool {
        self.set.insert(self.hasher.hash_one(name))
    }

    /// Takes one out. Whether it was there.
    pub fn take(&mut self, name: &str) -> bool {
        !self.set.is_empty() && self.set.remove(&self.hasher.hash_one(name))
    }

    /// Whether it is there.
    pub fn has(&self, name: &str) -> bool {
        !self.set.is_empty() && self.set.contains(&self.hasher.hash_one(name))
    }
}

/// The last that was said of each name.
#[derive(Debug, Default)]
pub struct LatestByName {
    /// Which entry, and up to the end of which attempt it holds when nothing better is said.
    known: HashMap<u64, (u32, u32), BuildHasherDefault<IdentityHasher>>,
    hasher: RandomState,
    next: u32,
}

impl LatestByName {
    /// Notes the next entry: it holds until something better is said.
    pub fn note(&mut self, name: &str) {
        self.note_in(name, u32::MAX);
    }

    /// Notes the next entry: it holds until something better is said, or until an attempt after this one has ended
    /// without it.
    pub fn note_in(&mut self, name: &str, attempt: u32) {
        let number = self.pass_over();
        self.known.insert(self.hasher.hash_one(name), (number, attempt));
    }

    /// Passes over the next entry, which is known by its number alone. That number.
    pub const fn pass_over(&mut self) -> u32 {
        let number = self.next;
        self.next = self.next.saturating_add(1);
        number
    }

    /// It does not hold any more.
    pub fn forget(&mut self, name: &str) {
        if !self.known.is_empty() {
            self.known.remove(&self.hasher.hash_one(name));
        }
    }

    /// An attempt has ended: forgets what held only up to an earlier one.
    pub fn forget_before(&mut self, attempt: u32) {
        self.known.retain(|_, (_, of)| *of >= attempt);
    }

    /// Whether the entry with this number is the last of its name, and holds.
    pub fn holds(&self, number: u32, name: &str) -> bool {
        self.known.get(&self.hasher.hash_one(name)).is_some_and(|(last, _)| *last == number)
    }

    /// Whether anything of this name holds.
    pub fn has(&self, name: &str) -> bool {
        !self.known.is_empty() && self.known.contains_key(&self.hasher.hash_one(name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_of_each_name_holds_until_it_is_forgotten() {
        let mut latest = LatestByName::default();
        for (name, attempt) in [("a", 1), ("b", 1), ("a", 2), ("c", 2)] {
            latest.note_in(name, attempt);
        }
        let holds = |latest: &LatestByName| {
            ["a", "b", "a", "c"].iter().zip(0..).map(|(name, n)| latest.holds(n, name)).collect::<Vec<_>>()
        };
        assert_eq!(holds(&latest), [false, true, true, true]);
        latest.forget("c");
        assert_eq!(holds(&latest), [false, true, true, false]);
        latest.forget_before(2);
        assert_eq!(holds(&latest), [false, false, true, false]);
        assert!(latest.has("a") && !latest.has("b"));
        latest.note("file");
        latest.forget_before(u32::MAX);
        assert!(latest.has("file"), "no attempt takes it back");
    }
}
