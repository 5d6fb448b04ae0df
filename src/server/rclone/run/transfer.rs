//! A transfer as rclone gets it: operation, locations and options.

use crate::domain::{location::Location, operation::Operation, transfer::TransferOptions};

/// What a run does: from where to where, and how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transfer {
    /// rclone's command.
    pub operation: Operation,
    /// Where from.
    pub source: Location,
    /// Where to; not for a delete.
    pub destination: Option<Location>,
    /// How.
    pub options: TransferOptions,
}

impl Transfer {
    /// Its one or two places, in rclone's order.
    pub fn places(&self) -> impl Iterator<Item = &Location> {
        [Some(&self.source), self.destination.as_ref()].into_iter().flatten()
    }

    /// Whether what is at the destination stays as it is.
    #[must_use]
    pub fn keeps_existing(&self) -> bool {
        self.is_on("ignore_existing")
    }

    /// Whether files are left out by what they are called or how large they are: a filter that leaves out all of them
    /// was most likely not meant so. One by age may well.
    #[must_use]
    pub fn is_filtered(&self) -> bool {
        let TransferOptions { include, exclude, min_size, max_size, min_age, max_age, flags, .. } = &self.options;
        let by_age = min_age.is_some() || max_age.is_some();
        let flagged = [
            "filter",
            "max_depth",
            "exclude_if_present",
            "hash_filter",
            "metadata_include",
            "metadata_exclude",
            "metadata_filter",
        ];
        let set = flagged.iter().any(|flag| flags.contains_key(*flag));
        !by_age && (set || !include.is_empty() || !exclude.is_empty() || min_size.is_some() || max_size.is_some())
    }

    fn is_on(&self, flag: &str) -> bool {
        self.options.flags.get(flag).is_some_and(|value| value.to_args() == ["true"])
    }
}
