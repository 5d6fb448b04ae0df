//! Retries: how many attempts a run has, and how long it waits between them.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::error::{AppError, Result};

/// How often a run is tried when it failed for a reason that may pass: the remote did not answer, its process was
/// killed. Moves, deletes and bisyncs are never tried again by themselves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Retry {
    /// Attempts, the first one included: 1 to 10.
    #[schema(minimum = 1, maximum = 10, example = 3)]
    pub attempts: u32,
    /// Seconds before the second attempt, 1 to 3,600; twice as long before each later one, at most an hour.
    #[schema(minimum = 1, maximum = 3600, example = 60)]
    pub backoff_secs: u32,
}

impl Default for Retry {
    fn default() -> Self {
        Self { attempts: 1, backoff_secs: 60 }
    }
}

impl Retry {
    /// Refuses what is out of range, naming the field.
    pub fn validate(self) -> Result<()> {
        if !(1..=10).contains(&self.attempts) {
            return Err(AppError::invalid("retry.attempts", "Between 1 and 10."));
        }
        if !(1..=3600).contains(&self.backoff_secs) {
            return Err(AppError::invalid("retry.backoff_secs", "Between 1 and 3,600."));
        }
        Ok(())
    }
}
