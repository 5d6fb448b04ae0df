//! Which failures are retried: temporary ones, of runs that are safe to start again.

use crate::domain::{operation::Operation, run::state::RunState};

/// Whether it may be tried again; `passing` is whether rclone's error was of the network or a busy provider. A move, a
/// delete and a bisync never are by themselves: afterwards nobody can tell what they already did.
#[must_use]
pub fn is_worth(operation: Operation, state: RunState, exit_code: Option<i32>, passing: bool) -> bool {
    if !operation.is_repeatable() {
        return false;
    }
    match state {
        RunState::Interrupted | RunState::Stalled => true,
        // 5 is rclone's "temporary error"; without a code it was killed from outside.
        RunState::Failed => match exit_code {
            Some(5) | None => true,
            Some(1) => passing,
            _ => false,
        },
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_may_pass_is_tried_again_and_never_what_destroys() {
        let worth = |operation, state, code| is_worth(operation, state, code, true);
        for operation in [Operation::Copy, Operation::Sync] {
            assert!(worth(operation, RunState::Interrupted, None) && worth(operation, RunState::Stalled, Some(143)));
            assert!(worth(operation, RunState::Failed, Some(5)) && worth(operation, RunState::Failed, Some(1)));
            for code in [2, 3, 4, 6, 7, 8, 9, 10] {
                assert!(!worth(operation, RunState::Failed, Some(code)), "{code}");
            }
        }
        for operation in [Operation::Move, Operation::Delete] {
            for state in RunState::ALL {
                assert!(!worth(operation, state, Some(5)), "{operation:?} {state:?}");
            }
        }
        for state in
            [RunState::Succeeded, RunState::NoChange, RunState::Cancelled, RunState::Blocked, RunState::TimedOut]
        {
            assert!(!worth(Operation::Copy, state, Some(5)), "{state:?}");
        }
        assert!(!is_worth(Operation::Copy, RunState::Failed, Some(1), false));
    }
}
