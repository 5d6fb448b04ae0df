//! Why a run makes no progress: while nothing moves, it probes the servers of the run's remotes, and names one that
//! does not answer.

use std::time::Duration;

use tokio::task::JoinHandle;

use crate::{domain::run::summary::RunSummary, server::rclone::manager::Rclone};

/// How long nothing has to move.
const QUIET: Duration = Duration::from_secs(10);
/// How long between two tries.
const REST: Duration = Duration::from_secs(15);

/// What is known of a run that stands still.
#[derive(Debug, Default)]
pub(super) struct Silence {
    asked: Option<JoinHandle<Option<String>>>,
    next: Duration,
    /// Why, in words.
    pub(super) cause: Option<String>,
}

impl Silence {
    /// Looks, when nothing has moved for `quiet`. Whether it found something else than before.
    pub(super) async fn look(&mut self, rclone: &Rclone, run: &RunSummary, quiet: Duration, now: Duration) -> bool {
        if quiet < QUIET {
            if let Some(asked) = self.asked.take() {
                asked.abort();
            }
            return self.cause.take().is_some();
        }
        if let Some(asked) = self.asked.take_if(|asked| asked.is_finished()) {
            let found = asked.await.unwrap_or_default();
            let other = found != self.cause;
            self.cause = found;
            return other;
        }
        if self.asked.is_none() && now >= self.next {
            self.next = now + REST;
            let (rclone, places) = (rclone.clone(), [Some(run.source.clone()), run.destination.clone()]);
            self.asked = Some(tokio::spawn(async move {
                for place in places.into_iter().flatten() {
                    if let Some(problem) = rclone.unreachable(&place).await {
                        return Some(problem);
                    }
                }
                None
            }));
        }
        false
    }
}
