//! A new run from an old one: the same again, as a preview, or for real after a preview.

use super::{detail::Run, new::NewRun};
use crate::domain::guard::{Approval, Guards};

impl Run {
    /// The same once more.
    #[must_use]
    pub fn again(&self) -> NewRun {
        NewRun {
            operation: self.summary.operation,
            source: self.summary.source.to_string(),
            destination: self.summary.destination.as_ref().map(ToString::to_string),
            options: self.options.clone(),
            // What a job may without asking is asked of the job.
            guards: Guards { may_delete: None, ..self.guards.clone() },
            priority: self.summary.priority,
            ..NewRun::default()
        }
    }

    /// The same as a dry run.
    #[must_use]
    pub fn preview(&self) -> NewRun {
        let mut run = self.again();
        run.options.dry_run = true;
        run
    }

    /// What this dry run showed, done; `confirm` is what a person typed to approve it.
    #[must_use]
    pub fn for_real(&self, confirm: Option<String>) -> NewRun {
        let mut run = self.again();
        run.options.dry_run = false;
        run.approval = confirm.map(|confirm| self.approval(confirm));
        run
    }

    /// The approval that this preview gives with what a person typed.
    #[must_use]
    pub fn approval(&self, confirm: String) -> Approval {
        Approval { preview: self.summary.id, confirm }
    }

    /// What a person types to approve it: the place that is changed.
    #[must_use]
    pub fn changed_place(&self) -> String {
        self.summary.destination.as_ref().unwrap_or(&self.summary.source).to_string()
    }
}
