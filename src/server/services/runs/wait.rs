//! Who starts a run and waits until it has ended.

use tokio::sync::broadcast::{Receiver, error::RecvError};

use super::{found, start};
use crate::{
    domain::{
        error::{AppError, ErrorCode, Result},
        event::Event,
        guard::report::GuardReason,
        id::RunId,
        run::{detail::Run, new::NewRun, state::RunState, summary::RunSummary},
    },
    server::{auth::Actor, state::AppState},
};

/// rclone's exit code for a command line that it cannot read.
const USAGE: i32 = 2;

/// Puts a run into the queue and waits until it has ended. A caller that stops waiting does not stop the run.
pub async fn perform(actor: &Actor, app: &AppState, run: NewRun, key: Option<String>) -> Result<Run> {
    // Listened to before it is started: its end cannot be missed.
    let events = app.events.subscribe();
    let started = start(actor, app, run, key).await?;
    let id = started.summary.id;
    let ended = if started.summary.state.is_final() { started } else { ended(app, &id, events).await? };
    let RunSummary { state, error, .. } = &ended.summary;
    let said = error.clone().unwrap_or_default();
    let not_found = ended.guard_report.as_ref().and_then(|report| report.reason).filter(|reason| reason.is_not_found());
    let refusal = match state {
        RunState::Succeeded | RunState::NoChange | RunState::Warning => return Ok(ended),
        RunState::Blocked if not_found.is_some() => {
            let field = not_found.and_then(GuardReason::field).unwrap_or("source");
            AppError::new(ErrorCode::NotFound, said).about(field)
        }
        // rclone's codes for a folder and for a file that is not there.
        RunState::Failed if matches!(ended.exit_code, Some(3 | 4)) => AppError::new(ErrorCode::NotFound, said),
        RunState::Blocked
            if ended.guard_report.as_ref().and_then(|report| report.reason) == Some(GuardReason::NotAllowed) =>
        {
            AppError::forbidden(said)
        }
        RunState::Blocked => AppError::new(ErrorCode::BlockedGuard, said),
        RunState::TimedOut | RunState::Stalled => AppError::new(ErrorCode::Timeout, said),
        RunState::Cancelled => AppError::conflict(match &ended.stopped_by {
            Some(by) => format!("{by} stopped the run."),
            None => "The run was stopped.".to_owned(),
        }),
        _ => {
            let code = ended.exit_code.map(|code| format!(" (rclone's exit code {code})")).unwrap_or_default();
            // rclone could not read its command line: what was asked for is wrong, and asking again does not help.
            let meaning = if ended.exit_code == Some(USAGE) { ErrorCode::BadRequest } else { ErrorCode::RcloneFailed };
            AppError::new(meaning, format!("{said}{code}"))
        }
    };
    Err(AppError { run_id: Some(id), ..refusal })
}

/// The run, once it has ended.
async fn ended(app: &AppState, id: &RunId, mut events: Receiver<std::sync::Arc<Event>>) -> Result<Run> {
    loop {
        let event = tokio::select! {
            () = app.stopping.cancelled() => {
                let message = "Longshore is stopping. The run continues; ask for it by its id later.";
                return Err(AppError { run_id: Some(*id), ..AppError::new(ErrorCode::Unavailable, message) });
            }
            event = events.recv() => event,
        };
        let look = match event.as_deref() {
            Ok(Event::Run { run }) => run.id == *id && run.state.is_final(),
            // What was missed may have been the end.
            Err(RecvError::Lagged(_)) => true,
            _ => false,
        };
        if look {
            let run = found(app, id).await?;
            if run.summary.state.is_final() {
                return Ok(run);
            }
        }
    }
}
