//! Changes of bandwidth limits that rclone has not taken yet: at most one for each run.

use std::{
    collections::HashSet,
    sync::{Arc, Mutex, PoisonError},
};

use crate::domain::id::RunId;

/// The runs whose limit is being changed.
#[derive(Clone, Default)]
pub struct LimitChanges(Arc<Mutex<HashSet<RunId>>>);

/// One change; it is over when this is dropped.
pub struct LimitChange(LimitChanges, RunId);

impl LimitChanges {
    /// Begins a change. `None` while rclone has not taken the one before: it would take them in an order of its own.
    #[must_use]
    pub fn begin(&self, id: &RunId) -> Option<LimitChange> {
        let mut runs = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        runs.insert(*id).then(|| LimitChange(self.clone(), *id))
    }
}

impl Drop for LimitChange {
    fn drop(&mut self) {
        self.0.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(n: u8) -> RunId {
        format!("01JD3Z6N9V4M2K8Q7W5X00000{n}").parse().expect("an id")
    }

    #[test]
    fn one_change_at_a_time_and_each_run_for_itself() {
        let (changes, one, two) = (LimitChanges::default(), run(1), run(2));
        let first = changes.begin(&one);
        assert!(first.is_some() && changes.begin(&one).is_none() && changes.begin(&two).is_some());
        drop(first);
        assert!(changes.begin(&one).is_some() && changes.begin(&two).is_some());
    }
}
