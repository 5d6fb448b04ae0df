//! Progress when a run's log is silent because its disk is full: asks rclone itself how far it is, and notes that in
//! the run's end.

use std::{path::Path, time::Duration};

use tokio::time::timeout;

use crate::{
    domain::run::stats::Stats,
    server::rclone::{
        log::Progress,
        run::progress,
        shim::{self, Life},
    },
};

/// rclone writes its statistics every second: after so long without any they are not written.
const SILENCE: Duration = Duration::from_secs(2);
/// How long rclone may take to answer. The next look is soon.
const PROMPT: Duration = Duration::from_secs(1);

/// Listens to a log.
#[derive(Debug)]
pub(super) struct ProgressFallback {
    /// When it last said something.
    heard: Duration,
    asked: Option<Stats>,
    full: bool,
}

impl ProgressFallback {
    /// All times are those of a clock that only goes on.
    pub(super) const fn new(now: Duration) -> Self {
        Self { heard: now, asked: None, full: false }
    }

    /// What the log says, or rclone when it lives and its log cannot say it.
    pub(super) async fn or_query(
        &mut self,
        told: Option<Progress>,
        life: Life,
        dir: &Path,
        now: Duration,
    ) -> Option<Progress> {
        if told.is_some() {
            (self.heard, self.asked) = (now, None);
        }
        if told.is_some() || life != Life::Alive || now.saturating_sub(self.heard) < SILENCE || !shim::is_full(dir) {
            return told;
        }
        self.full = true;
        let (stats, in_flight) = timeout(PROMPT, progress::stats(dir)).await.ok()?.ok()?;
        self.asked = Some(stats.clone());
        Some(Progress { stats, in_flight })
    }

    /// The last that rclone answered after the last that its log said, and whether the log's disk was full.
    pub(super) fn end(self) -> (Option<Stats>, bool) {
        (self.asked, self.full)
    }
}
