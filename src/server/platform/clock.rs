//! Owns the time: the only place of the server that asks the system for it. A test has a clock of its own and moves it.

use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use crate::domain::time::Timestamp;

/// Tells the time. Clones of a fixed clock move together.
#[derive(Clone, Debug)]
pub struct Clock(Source);

#[derive(Clone, Debug)]
enum Source {
    System {
        start: Instant,
    },
    /// The time of day, and the time since some start.
    Fixed(Arc<[AtomicI64; 2]>),
}

impl Clock {
    /// The time of this machine.
    #[must_use]
    pub fn system() -> Self {
        Self(Source::System { start: Instant::now() })
    }

    /// Stands still at `at` until [`Self::advance`] moves it.
    #[must_use]
    pub fn fixed(at: Timestamp) -> Self {
        Self(Source::Fixed(Arc::new([AtomicI64::new(at.0), AtomicI64::new(at.0)])))
    }

    /// Moves a fixed clock by `ms` milliseconds. The system's clock moves by itself.
    pub fn advance(&self, ms: i64) {
        if let Source::Fixed(at) = &self.0 {
            at.iter().for_each(|at| _ = at.fetch_add(ms, Ordering::SeqCst));
        }
    }

    /// Sets a fixed clock forward by `ms` milliseconds, or back, as somebody sets the clock of a machine: no time
    /// passes.
    pub fn set(&self, ms: i64) {
        if let Source::Fixed(at) = &self.0 {
            at[0].fetch_add(ms, Ordering::SeqCst);
        }
    }

    /// The time of day: what is stored and shown. May jump when somebody sets the machine's clock.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        match &self.0 {
            Source::System { .. } => {
                let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
                Timestamp(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
            }
            Source::Fixed(at) => Timestamp(at[0].load(Ordering::SeqCst)),
        }
    }

    /// Time since some start, never backwards: what waiting is measured with.
    #[must_use]
    pub fn elapsed(&self) -> Duration {
        match &self.0 {
            Source::System { start } => start.elapsed(),
            Source::Fixed(at) => Duration::from_millis(u64::try_from(at[1].load(Ordering::SeqCst)).unwrap_or(0)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fixed_clock_moves_only_when_it_is_told_to() {
        let clock = Clock::fixed(Timestamp(1_000));
        let other = clock.clone();
        assert_eq!(clock.now(), Timestamp(1_000));
        other.advance(500);
        assert_eq!(clock.now(), Timestamp(1_500));
        assert_eq!(clock.elapsed(), Duration::from_millis(1_500));
        clock.set(-1_000);
        assert_eq!((clock.now(), clock.elapsed()), (Timestamp(500), Duration::from_millis(1_500)));
    }
}
