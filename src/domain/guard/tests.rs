//! Tests of `guard`.

use super::*;

#[test]
fn a_budget_is_a_share_and_always_some() {
    let guards = Guards::default();
    assert_eq!((guards.budget(0), guards.budget(50), guards.budget(100), guards.budget(5000)), (10, 10, 10, 500));
    let none = Guards { max_delete_percent: Some(0), ..Guards::default() };
    assert_eq!((none.budget(0), none.budget(5000)), (0, 0));
    let all = Guards { max_delete_percent: Some(100), ..Guards::default() };
    assert_eq!((all.budget(5000), all.budget(u64::MAX)), (5000, u64::MAX / 100));
}

/// What a sync saw that would delete `deletes` of `destination` files, and whose source holds `source`.
fn saw(source: u64, destination: u64, deletes: u64) -> GuardReport {
    GuardReport {
        source_files: Some(source),
        destination_files: Some(destination),
        deletes: Some(deletes),
        ..GuardReport::default()
    }
}

#[test]
fn each_guard_stops_what_it_is_for_and_nothing_else() {
    let usual = Guards::default;
    let judge = |guards: Guards, report, max_delete| guards.judge(report, max_delete, None).reason;
    let last = |held, report| GuardReport { last_source_files: Some(held), ..report };
    let most = |held, report| GuardReport { most_source_files: Some(held), ..report };
    let left_out = |n, report| GuardReport { left_out: Some(n), ..report };
    let empty = || Guards { allow_empty_source: true, max_delete_percent: Some(100), ..usual() };
    let table = [
        ("as ever", usual(), last(100, saw(103, 110, 10)), None, None),
        ("an empty source", usual(), saw(0, 1, 1), None, Some(GuardReason::SourceEmpty)),
        ("there is nothing to lose", usual(), saw(0, 0, 0), None, None),
        ("a first sync", usual(), saw(5, 0, 0), None, None),
        ("an empty source that is allowed", empty(), last(50, saw(0, 50, 50)), None, None),
        ("less than half of the last", usual(), last(99, saw(49, 54, 5)), None, Some(GuardReason::SourceShrunk)),
        ("half of the last", usual(), last(100, saw(50, 55, 5)), None, None),
        ("half, and nothing to lose", usual(), last(99, saw(49, 49, 0)), None, None),
        ("little by little", usual(), last(60, most(100, saw(36, 46, 10))), None, Some(GuardReason::SourceShrunk)),
        ("more than the most", usual(), last(60, most(100, saw(50, 60, 10))), None, None),
        (
            "less than half, as it is allowed",
            Guards { allow_shrunk_source: true, ..usual() },
            last(1000, saw(10, 19, 9)),
            None,
            None,
        ),
        ("over a tenth", usual(), saw(1000, 1200, 200), None, Some(GuardReason::DeleteBudget)),
        ("as many as it may", usual(), saw(1000, 1200, 200), Some(200), None),
        ("one more than it may", usual(), saw(1000, 1005, 5), Some(4), Some(GuardReason::DeleteBudget)),
        ("still in the source", usual(), left_out(1, saw(99, 100, 1)), None, Some(GuardReason::LeftOut)),
        ("all of it left out", usual(), left_out(5, saw(0, 5, 5)), None, Some(GuardReason::LeftOut)),
        (
            "left out, as it is allowed",
            Guards { allow_left_out: true, ..usual() },
            left_out(5, saw(95, 100, 5)),
            None,
            None,
        ),
        (
            "left out, as it was asked for",
            usual(),
            GuardReport { left_out_is_meant: true, ..left_out(5, saw(95, 100, 5)) },
            None,
            None,
        ),
        (
            "left out is not gone",
            Guards { allow_left_out: true, max_delete_percent: Some(100), ..usual() },
            last(100, left_out(70, saw(30, 100, 70))),
            None,
            None,
        ),
    ];
    for (what, guards, report, max_delete, reason) in table {
        assert_eq!(judge(guards, report, max_delete), reason, "{what}");
    }
}

#[test]
fn an_approval_lets_go_what_was_seen_and_no_more() {
    let approved = Some(Approved { deletes: 20, left_out: 3 });
    let judge = |deletes, left_out| {
        let report = GuardReport { left_out: Some(left_out), last_source_files: Some(100), ..saw(0, deletes, deletes) };
        Guards::default().judge(report, Some(1), approved)
    };
    assert_eq!((judge(20, 3).reason, judge(20, 3).budget), (None, Some(20)), "an empty source, as it was seen");
    assert_eq!(judge(21, 3).reason, Some(GuardReason::DeleteBudget));
    assert_eq!(judge(20, 4).reason, Some(GuardReason::LeftOut));
}

#[test]
fn a_sentinel_stays_below_the_source() {
    let of =
        |sentinel: &str| Guards { sentinel: Some(sentinel.to_owned()), ..Guards::default() }.validate(Operation::Copy);
    assert!(of(".disk").is_ok() && of("a/b c").is_ok());
    for bad in ["", "/etc/passwd", "../x", "a//b", "a/./b", "a\nb", "a/"] {
        assert!(of(bad).is_err(), "{bad:?}");
    }
    let sync = Guards { allow_empty_source: true, ..Guards::default() };
    assert!(sync.validate(Operation::Sync).is_ok());
    assert!(
        sync.validate(Operation::Move).expect_err("a move has none").fields.contains_key("guards.allow_empty_source")
    );
}
