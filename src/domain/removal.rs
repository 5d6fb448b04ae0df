//! The rule for deletes and moves: how many files they may remove without confirmation, and what permits more.

use super::guard::{
    DEFAULT_PERCENT, LEAST_BUDGET,
    report::{GuardReason, GuardReport, LetGoBy},
};

/// What may let a run go beyond its budget.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Allowance {
    /// The path was written once more.
    pub confirmed: bool,
    /// How many files the approved preview counted.
    pub approved: Option<u64>,
    /// How many its job may remove without asking.
    pub job: u64,
    /// How many the token may remove without asking.
    pub token: u64,
    /// The run's own limit: it ends with an error before it deletes more.
    pub max_delete: Option<u32>,
}

/// How many files may be removed without asking from a place that holds `files`.
#[must_use]
pub fn budget(files: u64) -> u64 {
    LEAST_BUDGET.max(files.saturating_mul(DEFAULT_PERCENT.into()) / 100)
}

impl Allowance {
    /// The rule: what stops a delete or a move that counted what `report` says. `deletes` are the files that it would
    /// remove, `source_files` those that lie there; absent, they could not be counted, and are more than any budget.
    #[must_use]
    pub fn judge(self, report: GuardReport) -> GuardReport {
        let within = budget(report.source_files.unwrap_or(0));
        let standing = [(None, within), (Some(LetGoBy::Job), self.job), (Some(LetGoBy::Token), self.token)];
        let (by, limit) = match self.approved {
            _ if self.confirmed => {
                return GuardReport { let_go_by: Some(LetGoBy::Confirm), reason: None, budget: None, ..report };
            }
            Some(seen) => (Some(LetGoBy::Preview), seen),
            // The first of the largest: what is within the budget needs no permission.
            None => standing.into_iter().rev().max_by_key(|(_, limit)| *limit).unwrap_or((None, within)),
        };
        match report.deletes {
            Some(deletes) if deletes <= limit => {
                let by = if deletes <= within && by != Some(LetGoBy::Preview) { None } else { by };
                let delete_limit = Some(self.max_delete.map_or(limit, |own| limit.min(own.into())));
                GuardReport { let_go_by: by, reason: None, budget: Some(limit), delete_limit, ..report }
            }
            _ => GuardReport { reason: Some(GuardReason::DeleteBudget), budget: Some(limit), ..report },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::operation::Operation;

    fn saw(deletes: u64, all: u64) -> GuardReport {
        GuardReport {
            operation: Some(Operation::Delete),
            deletes: Some(deletes),
            source_files: Some(all),
            ..GuardReport::default()
        }
    }

    #[test]
    fn the_budget_is_ten_files_or_ten_percent_whichever_is_more() {
        for (files, expected) in
            [(0, 10), (10, 10), (99, 10), (100, 10), (110, 11), (2000, 200), (u64::MAX, u64::MAX / 100)]
        {
            assert_eq!(budget(files), expected, "{files}");
        }
    }

    #[test]
    fn beyond_the_budget_one_of_four_lets_it_go() {
        let none = Allowance::default();
        let table = [
            ("within 10", none, saw(10, 10), Some(None)),
            ("one more", none, saw(11, 11), None),
            ("within 10 %", none, saw(20, 200), Some(None)),
            ("beyond 10 %", none, saw(21, 200), None),
            ("confirmed", Allowance { confirmed: true, ..none }, saw(5000, 5000), Some(Some(LetGoBy::Confirm))),
            (
                "as the preview counted",
                Allowance { approved: Some(50), ..none },
                saw(50, 50),
                Some(Some(LetGoBy::Preview)),
            ),
            ("more than the preview counted", Allowance { approved: Some(50), ..none }, saw(51, 51), None),
            ("more than the preview, within the budget", Allowance { approved: Some(5), ..none }, saw(6, 6), None),
            ("the job", Allowance { job: 50, ..none }, saw(50, 50), Some(Some(LetGoBy::Job))),
            ("beyond the job", Allowance { job: 50, ..none }, saw(51, 51), None),
            ("the job needs nothing within the budget", Allowance { job: 50, ..none }, saw(10, 50), Some(None)),
            ("the token", Allowance { token: 60, job: 20, ..none }, saw(60, 60), Some(Some(LetGoBy::Token))),
            ("its own limit is no permission", Allowance { max_delete: Some(500), ..none }, saw(200, 200), None),
        ];
        for (what, allowance, report, expected) in table {
            let judged = allowance.judge(report);
            assert_eq!((judged.reason.is_none()).then_some(judged.let_go_by), expected, "{what}");
        }
    }

    #[test]
    fn what_could_not_be_counted_is_more_than_any_budget_and_only_a_confirmation_lets_it_go() {
        let unknown = GuardReport {
            operation: Some(Operation::Delete),
            uncounted: Some("it took too long.".to_owned()),
            ..GuardReport::default()
        };
        for allowance in [
            Allowance::default(),
            Allowance { approved: Some(u64::MAX), ..Allowance::default() },
            Allowance { job: u64::MAX, token: u64::MAX, ..Allowance::default() },
        ] {
            let judged = allowance.judge(unknown.clone());
            assert_eq!(judged.reason, Some(GuardReason::DeleteBudget));
            assert!(
                judged.explanation().starts_with(
                    "How many files the delete would delete could not be counted: it took too long. Nothing"
                ),
                "{}",
                judged.explanation()
            );
        }
        assert_eq!(Allowance { confirmed: true, ..Allowance::default() }.judge(unknown).reason, None);
    }

    #[test]
    fn the_limit_that_rclone_gets_is_never_more_than_what_was_let_go() {
        let limit = |allowance: Allowance, report| allowance.judge(report).delete_limit;
        assert_eq!(limit(Allowance::default(), saw(3, 500)), Some(50));
        assert_eq!(limit(Allowance { max_delete: Some(2), ..Allowance::default() }, saw(3, 500)), Some(2));
        assert_eq!(limit(Allowance { approved: Some(20), ..Allowance::default() }, saw(20, 20)), Some(20));
        assert_eq!(limit(Allowance { confirmed: true, ..Allowance::default() }, saw(20, 20)), None);
    }
}
