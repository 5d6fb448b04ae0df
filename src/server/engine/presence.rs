//! Whether what a run needs is there. Asked once when the run starts, before rclone would try again and again what
//! cannot pass. Only what is certain ends a run here: of a remote that does not answer the run itself tells.

use std::time::Duration;

use super::Engine;
use crate::{
    domain::{
        guard::report::{GuardReason, GuardReport},
        location::Location,
        operation::Operation,
    },
    server::{
        rclone::{browse::existence::Presence, error::RcloneError, run::transfer::Transfer},
        store::runs::Claimed,
    },
};

/// How long the remotes may take to answer.
const LIMIT: Duration = Duration::from_secs(10);

/// What was found.
#[derive(Debug)]
pub(super) enum Found {
    /// Nothing speaks against the run.
    Fine,
    /// Something is not there, or is something else.
    Blocked(Box<GuardReport>),
    /// A remote does not accept its credentials.
    Refused(String),
}

/// Looks at both sides at once.
pub(super) async fn look(engine: &Engine, claimed: &Claimed, transfer: &Transfer) -> Found {
    let rclone = &engine.0.config.rclone;
    let at = async |location: Option<&Location>| match location {
        Some(location) => Some(rclone.presence(location, LIMIT).await),
        None => None,
    };
    let (source, destination) = tokio::join!(at(Some(&transfer.source)), at(transfer.destination.as_ref()));
    let holds = matches!(destination, Some(Ok(Presence::Folder)));
    let mut reason = None;
    for (side, found) in [(Side::Source, source), (Side::Destination, destination)] {
        match found {
            Some(Ok(found)) => reason = reason.or_else(|| judge(claimed, transfer.operation, side, found, holds)),
            Some(Err(RcloneError::Refused { message })) => return Found::Refused(message),
            Some(Err(error)) => tracing::debug!(run = %claimed.id, %error, "could not find out what is there"),
            None => {}
        }
    }
    reason.map_or(Found::Fine, |reason| {
        Found::Blocked(Box::new(GuardReport { reason: Some(reason), ..GuardReport::default() }))
    })
}

#[derive(Clone, Copy)]
enum Side {
    Source,
    Destination,
}

/// What is wrong with what lies there, for this operation. `holds` is whether the destination is a folder: then the
/// guards of a sync see what would be lost, and say it.
fn judge(claimed: &Claimed, operation: Operation, side: Side, found: Presence, holds: bool) -> Option<GuardReason> {
    use Operation::{Bisync, Check, Sync};
    let empty_is_meant =
        operation == Sync && (holds || claimed.task.guards.allow_empty_source || claimed.approved_by.is_some());
    match (side, found) {
        (Side::Source, Presence::Missing) => Some(GuardReason::SourceMissing),
        // The first time, one side of a pair may be empty.
        (Side::Source, Presence::Empty) if operation != Bisync && !empty_is_meant => {
            Some(GuardReason::SourceEmptyOrMissing)
        }
        (Side::Source, Presence::File) if operation == Bisync => Some(GuardReason::SourceIsFile),
        // A pipe has no end.
        (Side::Source, Presence::Special) => Some(GuardReason::SourceIsFile),
        (Side::Destination, Presence::Missing) if matches!(operation, Check | Bisync) => {
            Some(GuardReason::DestinationMissing)
        }
        (Side::Destination, Presence::Empty) if operation == Check => Some(GuardReason::DestinationEmptyOrMissing),
        (Side::Destination, Presence::File | Presence::Special) => Some(GuardReason::DestinationIsFile),
        _ => None,
    }
}
