//! Detects runs without progress, and jumps of the machine's clock.

use std::time::Duration;

use crate::domain::{
    run::stats::{InFlight, Stats},
    time::Timestamp,
};

/// How often a run without progress is asked whether it reads anything.
const CHECK_INTERVAL: Duration = Duration::from_secs(10);
/// So much is read by a process that does nothing, in bytes: its own clock, its remote control.
const NOISE: u64 = 16 << 10;
/// A clock that drifts by less was not moved: machines sleep and correct themselves.
const JUMP_MS: i64 = 30_000;

/// Watches for progress. A file that is hashed, or copied by the remote itself, moves no figure; but its process reads.
#[derive(Debug)]
pub(super) struct Stall {
    limit: Duration,
    since: Duration,
    looked: Duration,
    stats: Stats,
    bytes: u64,
    read: Option<u64>,
}

impl Stall {
    /// All times are those of a clock that only goes on.
    pub(super) fn new(limit: Duration, now: Duration) -> Self {
        Self { limit, since: now, looked: now, stats: Stats::default(), bytes: 0, read: None }
    }

    /// Hears how far it is.
    pub(super) fn progress(&mut self, stats: &Stats, in_flight: &[InFlight], now: Duration) {
        let bytes = in_flight.iter().map(|file| file.bytes).sum();
        // What only time changes is no progress.
        let still = Stats { elapsed_ms: 0, speed: 0, eta: None, ..stats.clone() };
        if self.stats != still || self.bytes != bytes {
            (self.stats, self.bytes, self.since) = (still, bytes, now);
        }
    }

    /// For how long nothing has moved.
    pub(super) fn quiet_for(&self, now: Duration) -> Duration {
        now.saturating_sub(self.since)
    }

    /// Whether nothing has happened for too long. `read` tells how many bytes its process has read until now.
    pub(super) fn is_stalled(&mut self, now: Duration, read: impl FnOnce() -> Option<u64>) -> bool {
        // Two looks at least: the first only learns what the second compares with.
        let rest = CHECK_INTERVAL.min(self.limit / 2);
        if now.saturating_sub(self.since) < rest || now.saturating_sub(self.looked) < rest {
            return false;
        }
        self.looked = now;
        let read = read();
        if let (Some(before), Some(read)) = (self.read, read)
            && read.saturating_sub(before) > NOISE
        {
            self.since = now;
        }
        self.read = read;
        now.saturating_sub(self.since) >= self.limit
    }
}

/// Notices that the machine's clock was moved.
#[derive(Clone, Copy, Debug)]
pub(super) struct ClockWatcher {
    wall: Timestamp,
    steady: Duration,
}

impl ClockWatcher {
    pub(super) const fn new(wall: Timestamp, steady: Duration) -> Self {
        Self { wall, steady }
    }

    /// By how many milliseconds it was moved since the last call; 0 when it was not.
    pub(super) fn detect_jump(&mut self, wall: Timestamp, steady: Duration) -> i64 {
        let passed = i64::try_from(steady.saturating_sub(self.steady).as_millis()).unwrap_or(i64::MAX);
        let jump = wall.0.saturating_sub(self.wall.0).saturating_sub(passed);
        (self.wall, self.steady) = (wall, steady);
        if jump.abs() >= JUMP_MS { jump } else { 0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_that_is_moved_is_noticed_and_one_that_drifts_is_not() {
        let mut jumps = ClockWatcher::new(Timestamp(1_000_000), Duration::from_secs(10));
        assert_eq!(jumps.detect_jump(Timestamp(1_001_000), Duration::from_secs(11)), 0);
        assert_eq!(jumps.detect_jump(Timestamp(1_001_200), Duration::from_secs(12)), 0);
        assert_eq!(jumps.detect_jump(Timestamp(4_602_200), Duration::from_secs(13)), 3_600_000);
        assert_eq!(jumps.detect_jump(Timestamp(1_003_200), Duration::from_secs(14)), -3_600_000);
    }

    #[test]
    fn what_moves_is_not_stalled() {
        let minute = Duration::from_secs(60);
        let mut now = Duration::from_secs(5);
        let mut stall = Stall::new(minute * 5, now);
        for n in 0..10 {
            now += minute;
            stall.progress(&Stats { bytes: n + 1, elapsed_ms: n * 1000, ..Stats::default() }, &[], now);
            assert!(!stall.is_stalled(now, || None), "{n}");
        }
        let moved = now;
        stall.progress(&Stats { bytes: 10, elapsed_ms: 999_000, speed: 7, ..Stats::default() }, &[], moved + minute);
        assert!(!stall.is_stalled(moved + minute * 3, || Some(1)));
        assert!(!stall.is_stalled(moved + minute * 5 - Duration::from_secs(11), || Some(1 + NOISE)));
        assert!(stall.is_stalled(moved + minute * 5, || Some(2 + NOISE)));
        // A file that is hashed moves no figure.
        assert!(!stall.is_stalled(moved + minute * 6, || Some(100 << 20)));
        assert!(stall.is_stalled(moved + minute * 12, || None));
    }
}
