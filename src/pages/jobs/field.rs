//! The fields of the form of a job, in the order of the page, under the names that the API has for them: what the
//! server finds wrong stands at its field.

use crate::domain::transfer;

/// A field of the form.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Field {
    /// Where from.
    Source,
    /// Where to.
    Destination,
    /// What the job is called.
    Name,
    /// An option of the transfer.
    Option(transfer::Field),
    /// How many files of a hundred a sync may delete.
    MaxDeletePercent,
    /// How many files may be deleted without a question.
    MayDelete,
    /// The file that has to be in the source.
    Sentinel,
    /// Whether the source may be empty.
    AllowEmptySource,
    /// Whether the source may have shrunk.
    AllowShrunkSource,
    /// Whether files that are left out are deleted.
    AllowLeftOut,
    /// How often it is tried.
    Attempts,
    /// How long it waits before it is tried again.
    Backoff,
    /// What happens while another run writes there.
    OnBusy,
    /// Which of those that wait is next.
    Priority,
    /// After how long it is stopped.
    TimeLimit,
    /// What is started after it.
    Followers,
}

impl Field {
    /// All of them: the first that is wrong gets the focus.
    pub const ALL: [Self; 28] = [
        Self::Source,
        Self::Destination,
        Self::Name,
        Self::Option(transfer::Field::Include),
        Self::Option(transfer::Field::Exclude),
        Self::Option(transfer::Field::MinAge),
        Self::Option(transfer::Field::MaxAge),
        Self::Option(transfer::Field::MinSize),
        Self::Option(transfer::Field::MaxSize),
        Self::Option(transfer::Field::Checksum),
        Self::Option(transfer::Field::DeleteEmptySrcDirs),
        Self::Option(transfer::Field::Bwlimit),
        Self::Option(transfer::Field::Transfers),
        Self::Option(transfer::Field::Checkers),
        Self::MaxDeletePercent,
        Self::MayDelete,
        Self::Option(transfer::Field::MaxDelete),
        Self::Option(transfer::Field::BackupDir),
        Self::Sentinel,
        Self::AllowEmptySource,
        Self::AllowShrunkSource,
        Self::AllowLeftOut,
        Self::Attempts,
        Self::Backoff,
        Self::OnBusy,
        Self::Priority,
        Self::TimeLimit,
        Self::Followers,
    ];

    /// Its name in the API.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Source => "source",
            Self::Destination => "destination",
            Self::Name => "name",
            Self::Option(field) => field.as_str(),
            Self::MaxDeletePercent => "guards.max_delete_percent",
            Self::MayDelete => "guards.may_delete",
            Self::Sentinel => "guards.sentinel",
            Self::AllowEmptySource => "guards.allow_empty_source",
            Self::AllowShrunkSource => "guards.allow_shrunk_source",
            Self::AllowLeftOut => "guards.allow_left_out",
            Self::Attempts => "retry.attempts",
            Self::Backoff => "retry.backoff_secs",
            Self::OnBusy => "on_busy",
            Self::Priority => "priority",
            Self::TimeLimit => "time_limit_secs",
            Self::Followers => "followers",
        }
    }
}

impl From<transfer::Field> for Field {
    fn from(field: transfer::Field) -> Self {
        Self::Option(field)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_option_of_a_transfer_is_in_the_form() {
        for field in transfer::Field::ALL {
            // The form previews by a button.
            let there = Field::ALL.contains(&Field::Option(*field));
            assert_eq!(there, *field != transfer::Field::DryRun, "{field:?}");
        }
    }
}
