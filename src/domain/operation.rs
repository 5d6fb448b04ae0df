//! What a run does: rclone's commands that are offered as runs, and what each of them reads and changes.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What a run does. rclone's names.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Operation {
    /// Adds and updates. Deletes nothing.
    #[default]
    Copy,
    /// Makes the destination identical: deletes what the source does not have.
    Sync,
    /// Copies, then deletes from the source.
    Move,
    /// Deletes files. Has no destination.
    Delete,
    /// Compares both sides and names what differs. Changes nothing.
    Check,
    /// Carries changes both ways, and deletes on one side what was deleted on the other.
    Bisync,
}

impl Operation {
    /// All of them.
    pub const ALL: [Self; 6] = [Self::Copy, Self::Sync, Self::Move, Self::Delete, Self::Check, Self::Bisync];

    /// rclone's command, and the word for it everywhere.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Copy => "copy",
            Self::Sync => "sync",
            Self::Move => "move",
            Self::Delete => "delete",
            Self::Check => "check",
            Self::Bisync => "bisync",
        }
    }

    /// Reads what [`Self::as_str`] writes.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|operation| operation.as_str() == text)
    }

    /// What it does, in one line.
    #[must_use]
    pub const fn summary(self) -> &'static str {
        match self {
            Self::Copy => "Adds and updates. Deletes nothing.",
            Self::Sync => "Makes the destination identical. Deletes what the source does not have.",
            Self::Move => "Copies, then deletes from the source.",
            Self::Delete => "Deletes files. Folders stay.",
            Self::Check => "Compares both sides and names what differs. Changes nothing.",
            Self::Bisync => "Carries changes both ways. Deletes on one side what was deleted on the other.",
        }
    }

    /// Whether it goes from one place to another.
    #[must_use]
    pub const fn has_destination(self) -> bool {
        !matches!(self, Self::Delete)
    }

    /// Whether it changes its source too.
    #[must_use]
    pub const fn writes_source(self) -> bool {
        matches!(self, Self::Move | Self::Delete | Self::Bisync)
    }

    /// Whether it changes its destination.
    #[must_use]
    pub const fn writes_destination(self) -> bool {
        self.has_destination() && !matches!(self, Self::Check)
    }

    /// Whether it does no harm when it is begun anew after it broke off.
    #[must_use]
    pub const fn is_repeatable(self) -> bool {
        matches!(self, Self::Copy | Self::Sync | Self::Check)
    }

    /// Whether it takes away what its filters let through: it has a budget, and can be confirmed by the path.
    #[must_use]
    pub const fn removes(self) -> bool {
        matches!(self, Self::Delete | Self::Move)
    }

    /// Whether it can delete files.
    #[must_use]
    pub const fn deletes(self) -> bool {
        !matches!(self, Self::Copy | Self::Check)
    }

    /// Whether it can move or rename files where they lie.
    #[must_use]
    pub const fn renames(self) -> bool {
        matches!(self, Self::Sync | Self::Move | Self::Bisync)
    }
}

/// An operation, and what it does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct OperationInfo {
    /// rclone's command.
    pub operation: Operation,
    /// What it does, in one line.
    #[schema(example = "Adds and updates. Deletes nothing.")]
    pub summary: String,
    /// Whether it goes from one place to another.
    pub has_destination: bool,
    /// Whether it changes its source.
    pub writes_source: bool,
    /// Whether it changes its destination.
    pub writes_destination: bool,
    /// Whether it can delete files.
    pub deletes: bool,
}

impl From<Operation> for OperationInfo {
    fn from(operation: Operation) -> Self {
        Self {
            operation,
            summary: operation.summary().to_owned(),
            has_destination: operation.has_destination(),
            writes_source: operation.writes_source(),
            writes_destination: operation.writes_destination(),
            deletes: operation.deletes(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_operation_reads_as_it_is_written() {
        for operation in Operation::ALL {
            assert_eq!(Operation::parse(operation.as_str()), Some(operation));
            assert_eq!(serde_json::to_value(operation).expect("json"), operation.as_str());
        }
    }

    #[test]
    fn a_check_changes_nothing_and_a_bisync_changes_both_sides() {
        let changes =
            |operation: Operation| (operation.writes_source(), operation.writes_destination(), operation.deletes());
        assert_eq!(changes(Operation::Check), (false, false, false));
        assert_eq!(changes(Operation::Bisync), (true, true, true));
        assert_eq!(changes(Operation::Copy), (false, true, false));
        assert_eq!(changes(Operation::Delete), (true, false, true));
    }
}
