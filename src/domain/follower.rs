//! Followers: the jobs that are started after another, and when.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{id::JobId, run::state::RunState};

/// When a job is started after another.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum After {
    /// When that succeeded, with or without changes.
    #[default]
    Success,
    /// When that ended in any other way but by a person's stop.
    Failure,
    /// However that ended.
    Always,
}

impl After {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Success, Self::Failure, Self::Always];

    /// The word for it in SQL and JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Success => "success",
            Self::Failure => "failure",
            Self::Always => "always",
        }
    }

    /// Reads what [`Self::as_str`] writes.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|after| after.as_str() == text)
    }

    /// Whether a run that ended so is followed.
    #[must_use]
    pub const fn matches(self, state: RunState) -> bool {
        match self {
            Self::Success => state.is_good(),
            Self::Failure => state.is_bad(),
            Self::Always => state.is_final(),
        }
    }
}

/// A job that is started after another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Follower {
    /// Which.
    pub job: JobId,
    /// When.
    #[serde(default)]
    pub after: After,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_follower_follows_what_it_waits_for() {
        for state in RunState::ALL {
            assert_eq!(
                After::Success.matches(state),
                matches!(state, RunState::Succeeded | RunState::NoChange),
                "{state:?}"
            );
            assert_eq!(After::Always.matches(state), state.is_final(), "{state:?}");
            assert!(!(After::Failure.matches(state) && After::Success.matches(state)), "{state:?}");
        }
        // A photo that may not have been copied is not deleted next, and nothing has failed.
        assert!(!After::Success.matches(RunState::Warning) && !After::Failure.matches(RunState::Warning));
        assert!(After::Failure.matches(RunState::Blocked) && !After::Failure.matches(RunState::Cancelled));
        for after in After::ALL {
            assert_eq!(After::parse(after.as_str()), Some(after));
        }
    }
}
