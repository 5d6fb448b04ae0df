//! The events that the program's log has of a run: one when it starts, one when it ends. Their fields hold ids, states
//! and numbers, and no text that a user wrote: neither paths nor errors.

use crate::{domain::run::detail::Run, server::store::runs::Claimed};

/// A run left the queue. Its first attempt is its start; a later one is logged as an attempt.
pub(super) fn claimed(run: &Claimed) {
    let (operation, job) = (run.task.operation.as_str(), run.job.as_ref().map(tracing::field::display));
    if run.fence == 1 {
        tracing::info!(run = %run.id, %operation, job, via = %run.via, "run started");
    } else {
        tracing::info!(run = %run.id, %operation, job, via = %run.via, "run attempt started");
    }
}

/// A run ended, or an attempt of it did and the run waits for the next one.
pub(super) fn ended(run: &Run) {
    let Run { summary, exit_code, .. } = run;
    let (operation, job) =
        (summary.operation.as_str(), summary.job.as_ref().map(|job| tracing::field::display(&job.id)));
    let bytes = summary.stats.bytes;
    if summary.state.is_final() {
        let started = summary.started_at.or(summary.ended_at);
        let duration_ms = summary.ended_at.zip(started).map(|(ended, started)| ended.millis_since(started));
        let state = summary.state.as_str();
        tracing::info!(run = %summary.id, %operation, job, %state, exit_code, duration_ms, bytes, "run ended");
    } else if summary.retry_at.is_some() {
        let attempt = summary.attempt;
        tracing::info!(run = %summary.id, %operation, job, attempt, exit_code, bytes, "run waits for its next attempt");
    }
}
