//! How far a run is: its figures, and what is under way.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::state::RunState;

/// How far a run is, or what it did: rclone's own statistics.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Stats {
    /// Bytes transferred.
    pub bytes: u64,
    /// Bytes to transfer, as far as rclone knows; grows while it lists.
    pub total_bytes: u64,
    /// Files transferred.
    pub files: u64,
    /// Files to transfer, as far as rclone knows.
    pub total_files: u64,
    /// Files compared.
    pub checks: u64,
    /// Files deleted.
    pub deletes: u64,
    /// Files renamed where they lay.
    #[serde(default)]
    pub renames: u64,
    /// Folders deleted.
    #[serde(default)]
    pub deleted_dirs: u64,
    /// Entries listed.
    pub listed: u64,
    /// Files left out: a link, a second file of the same name, one that was to stay as it is.
    #[serde(default)]
    pub skipped: u64,
    /// Errors since the last attempt began.
    pub errors: u64,
    /// Bytes a second, now; over the whole run once it has ended.
    pub speed: u64,
    /// Seconds left, as rclone guesses.
    pub eta: Option<u64>,
    /// How long rclone has worked, in milliseconds.
    pub elapsed_ms: u64,
    /// Whether `bytes`, `files`, `deletes` and `skipped` are only the least that is known: a part of rclone's log is
    /// lost.
    #[serde(default)]
    pub at_least: bool,
}

impl Stats {
    /// Whether it changed anything, as far as rclone counts it; of a dry run, whether it would have.
    #[must_use]
    pub const fn changed(&self) -> bool {
        self.bytes > 0 || self.files > 0 || self.deletes > 0 || self.renames > 0 || self.deleted_dirs > 0
    }

    /// As they are shown of a run that ended so: the average speed, and all is done that was to be done when it ended
    /// well.
    #[must_use]
    pub fn at_the_end(self, state: RunState) -> Self {
        let speed = self.bytes.saturating_mul(1000).checked_div(self.elapsed_ms).unwrap_or(0);
        let (total_bytes, total_files) =
            if state.ended_well() { (self.bytes, self.files) } else { (self.total_bytes, self.total_files) };
        Self { speed, eta: None, total_bytes, total_files, ..self }
    }

    /// A figure of these as it is written: `at least` before it where only the least is known.
    #[must_use]
    pub fn written(&self, figure: String) -> String {
        if self.at_least { format!("at least {figure}") } else { figure }
    }

    /// Thousandths done, by bytes, or by files where there are no bytes. `None` while nothing is known.
    #[must_use]
    pub fn permille(&self) -> Option<u64> {
        let (done, total) =
            if self.total_bytes > 0 { (self.bytes, self.total_bytes) } else { (self.files, self.total_files) };
        (total > 0).then(|| u64::try_from(u128::from(done.min(total)) * 1000 / u128::from(total)).unwrap_or(1000))
    }
}

/// A file that is being transferred now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct InFlight {
    /// Its path below the source.
    #[schema(example = "2026/IMG_2041.jpg")]
    pub name: String,
    /// Its size in bytes, `None` where it is not known.
    #[schema(example = 4_194_304)]
    pub size: Option<u64>,
    /// Bytes transferred.
    #[schema(example = 1_048_576)]
    pub bytes: u64,
    /// Bytes a second.
    #[schema(example = 8_388_608)]
    pub speed: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn progress_counts_bytes_and_then_files() {
        let mut stats = Stats { bytes: 1, total_bytes: 3, files: 2, total_files: 2, ..Stats::default() };
        assert_eq!(stats.permille(), Some(333));
        stats.total_bytes = 0;
        assert_eq!(stats.permille(), Some(1000));
        assert_eq!(Stats::default().permille(), None);
        assert_eq!(Stats { bytes: u64::MAX, total_bytes: u64::MAX, ..Stats::default() }.permille(), Some(1000));
    }
}
