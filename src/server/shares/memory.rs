//! The memory that listings may take, those that are made, remembered and sent together. What does not fit is refused
//! before it is there.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

/// Bytes for all of them.
const ALL: usize = 192 << 20;
/// Those of them that listings of programs may take, of as many levels as they like. The rest is left for the screens
/// of others.
const TREES: usize = 160 << 20;

/// How much is taken. Clones are the same.
#[derive(Clone, Debug, Default)]
pub struct Memory(Arc<AtomicUsize>);

/// What one listing takes. It is free again when this is dropped.
#[derive(Debug)]
pub struct Room {
    memory: Memory,
    taken: AtomicUsize,
    most: usize,
}

impl Memory {
    /// Room for the listing of a program, with nothing in it yet.
    #[must_use]
    pub fn tree(&self) -> Room {
        self.room(TREES)
    }

    /// Room for the folder of a screen, with nothing in it yet.
    #[must_use]
    pub fn folder(&self) -> Room {
        self.room(ALL)
    }

    fn room(&self, most: usize) -> Room {
        Room { memory: self.clone(), taken: AtomicUsize::new(0), most }
    }
}

impl Room {
    /// Takes so many bytes more; `false` when there are not as many, and then it takes none.
    pub fn grow(&self, bytes: usize) -> bool {
        let fits = |taken: usize| taken.checked_add(bytes).filter(|taken| *taken <= self.most);
        let grown = self.memory.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, fits).is_ok();
        if grown {
            self.taken.fetch_add(bytes, Ordering::Relaxed);
        }
        grown
    }

    /// Whether so many bytes more would never fit, whatever others have.
    #[must_use]
    pub fn is_too_much(&self, bytes: usize) -> bool {
        self.taken.load(Ordering::Relaxed).saturating_add(bytes) > self.most
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        self.memory.0.fetch_sub(*self.taken.get_mut(), Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_dropped_is_free_and_programs_leave_some_for_screens() {
        let memory = Memory::default();
        let (one, other) = (memory.tree(), memory.tree());
        assert!(one.grow(100 << 20) && other.grow(60 << 20) && !other.grow(1));
        assert!(!other.is_too_much(1) && other.is_too_much(101 << 20));
        let screen = memory.folder();
        assert!(screen.grow(32 << 20) && !screen.grow(1));
        drop(one);
        assert!(other.grow(50 << 20) && screen.grow(1));
        drop((other, screen));
        assert_eq!(memory.0.load(Ordering::Relaxed), 0);
    }
}
