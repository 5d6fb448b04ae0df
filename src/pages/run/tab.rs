//! The tabs in the lower half of a run, and which one opens first.

use serde::{Deserialize, Serialize};

use crate::domain::{
    operation::Operation,
    run::{files::FileOutcome, state::RunState, summary::RunSummary},
};

/// What the lower half shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Tab {
    InFlight,
    Files(FileOutcome),
    Log,
    Options,
}

impl Tab {
    pub(super) const ALL: [(Self, &str, &str); 14] = [
        (Self::InFlight, "in-flight", "In flight"),
        (Self::Files(FileOutcome::Copied), "copied", "Copied"),
        (Self::Files(FileOutcome::Updated), "updated", "Updated"),
        (Self::Files(FileOutcome::Moved), "moved", "Moved"),
        (Self::Files(FileOutcome::Renamed), "renamed", "Renamed"),
        (Self::Files(FileOutcome::Deleted), "deleted", "Deleted"),
        (Self::Files(FileOutcome::Differs), "differs", "Different"),
        (Self::Files(FileOutcome::MissingOnDestination), "missing_on_destination", "Only at the source"),
        (Self::Files(FileOutcome::MissingOnSource), "missing_on_source", "Only at the destination"),
        (Self::Files(FileOutcome::Matched), "matched", "The same"),
        (Self::Files(FileOutcome::Failed), "failed", "Failed"),
        (Self::Files(FileOutcome::Skipped), "skipped", "Skipped"),
        (Self::Log, "log", "Log"),
        (Self::Options, "options", "Options"),
    ];

    pub(super) fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|(_, name, _)| *name == text).map(|(tab, ..)| tab)
    }

    /// What one wants to see first: of a preview, what would be lost.
    pub(super) const fn first(run: &RunSummary) -> Self {
        match run.state {
            _ if matches!(run.operation, Operation::Move) && run.state.ended_well() => Self::Files(FileOutcome::Moved),
            _ if run.dry_run && run.state.ended_well() && run.stats.deletes > 0 => Self::Files(FileOutcome::Deleted),
            RunState::Failed | RunState::Stalled | RunState::Interrupted | RunState::TimedOut => {
                Self::Files(FileOutcome::Failed)
            }
            RunState::Succeeded | RunState::NoChange | RunState::Warning | RunState::Cancelled => {
                Self::Files(FileOutcome::Copied)
            }
            RunState::Blocked => Self::Options,
            RunState::Queued | RunState::Guarded | RunState::Starting | RunState::Running => Self::InFlight,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_tab_has_an_address() {
        for (tab, name, _) in Tab::ALL {
            assert_eq!(Tab::parse(name), Some(tab));
        }
        assert_eq!(Tab::parse("what"), None);
    }
}
