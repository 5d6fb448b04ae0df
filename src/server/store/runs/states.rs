//! The lists of states that several statements name, each once. They are what the domain says: a test compares them.

/// States of a run that holds a slot and its paths.
macro_rules! active {
    () => {
        "('guarded', 'starting', 'running')"
    };
}

/// States of a run that has not ended.
macro_rules! unfinished {
    () => {
        "('queued', 'guarded', 'starting', 'running')"
    };
}

/// States of a run that did all that was asked, or had nothing to do.
macro_rules! good {
    () => {
        "('succeeded', 'no_change', 'warning')"
    };
}

/// States of a run that ended otherwise, and not because somebody stopped it.
macro_rules! bad {
    () => {
        "('failed', 'blocked', 'stalled', 'interrupted', 'timed_out')"
    };
}

pub(super) use {active, bad, good, unfinished};

#[cfg(test)]
mod tests {
    use crate::domain::run::state::RunState;

    /// The states of which this is so, as SQL has them.
    fn list(is: impl Fn(RunState) -> bool) -> String {
        let states = RunState::ALL.into_iter().filter(|state| is(*state));
        let states: Vec<_> = states.map(|state| format!("'{}'", state.as_str())).collect();
        format!("({})", states.join(", "))
    }

    #[test]
    fn the_lists_in_sql_are_those_of_the_domain() {
        assert_eq!(list(|state| !state.is_final() && state != RunState::Queued), active!());
        assert_eq!(list(|state| !state.is_final()), unfinished!());
        assert_eq!(list(RunState::ended_well), good!());
        assert_eq!(list(RunState::is_bad), bad!());
    }
}
