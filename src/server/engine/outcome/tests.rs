//! Tests of `outcome`.

use super::*;

fn evidence(code: Option<i32>, signal: Option<i32>, stats: Option<u64>, stop_requested: bool) -> Evidence {
    let finish =
        Finish { stats: stats.map(|errors| Stats { errors, files: 1, ..Stats::default() }), ..Finish::default() };
    Evidence { exit: Some(Exit { code, signal, at: 0, full: false }), finish, stop_requested, ..Evidence::default() }
}

#[test]
fn only_zero_and_no_transfer_with_final_statistics_without_errors_are_a_success() {
    for code in 0..=255 {
        for stats in [None, Some(0), Some(1)] {
            for stop in [false, true] {
                let state = outcome(evidence(Some(code), None, stats, stop)).state;
                assert_eq!(
                    state == RunState::Succeeded,
                    matches!(code, 0 | 9) && stats == Some(0),
                    "{code} {stats:?} {stop}"
                );
            }
        }
    }
}

#[test]
fn a_full_disk_of_the_log_is_named_and_its_last_figures_are_those_of_rclone_itself() {
    let full = |code| {
        let finish = Finish { last: Some(Stats { files: 3, ..Stats::default() }), ..Finish::default() };
        let at_stop = Some(Stats { files: 7, ..Stats::default() });
        outcome(Evidence { log_full: true, finish, at_stop, ..evidence(Some(code), None, None, false) })
    };
    for code in [0, 1] {
        let outcome = full(code);
        assert_eq!((outcome.state, outcome.stats.files), (RunState::Failed, 7));
        assert!(outcome.error.expect("words").contains("disk that holds its log was full"), "{code}");
    }
    assert_eq!(
        outcome(Evidence { log_full: true, ..evidence(Some(0), None, Some(0), false) }).state,
        RunState::Succeeded,
        "it is proved"
    );
}

#[test]
fn what_found_nothing_to_do_says_so_and_is_no_failure() {
    let of = |code, stats: Stats| {
        let evidence = evidence(Some(code), None, None, false);
        outcome(Evidence { finish: Finish { stats: Some(stats), ..Finish::default() }, ..evidence }).state
    };
    assert_eq!(of(0, Stats { checks: 7, listed: 9, ..Stats::default() }), RunState::NoChange);
    assert_eq!(of(9, Stats { checks: 7, ..Stats::default() }), RunState::NoChange);
    assert_eq!(of(9, Stats { errors: 1, ..Stats::default() }), RunState::Failed);
    for stats in [
        Stats { deletes: 1, ..Stats::default() },
        Stats { renames: 1, ..Stats::default() },
        Stats { deleted_dirs: 1, ..Stats::default() },
    ] {
        assert_eq!(of(0, stats.clone()), RunState::Succeeded);
        assert_eq!(of(9, stats), RunState::Succeeded, "no file was transferred, and something was done");
    }
}

#[test]
fn what_did_nothing_for_too_long_is_stalled_unless_it_ended_by_itself() {
    let of = |code| outcome(Evidence { stalled: true, ..evidence(Some(code), None, Some(0), false) }).state;
    assert_eq!((of(143), of(0), of(3)), (RunState::Stalled, RunState::Succeeded, RunState::Failed));
    assert_eq!(outcome(Evidence { stalled: true, ..Evidence::default() }).state, RunState::Stalled);
}

#[test]
fn a_signal_is_named_unless_a_person_asked_for_it() {
    let killed = outcome(evidence(None, Some(9), None, false));
    assert_eq!(killed.state, RunState::Failed);
    assert!(killed.error.expect("a reason").contains("SIGKILL"));
    assert_eq!(outcome(evidence(None, Some(9), None, true)).state, RunState::Cancelled);
    assert_eq!(outcome(evidence(Some(143), None, None, true)).state, RunState::Cancelled);
    assert_eq!(outcome(evidence(Some(143), None, None, false)).state, RunState::Failed);
}

#[test]
fn a_limit_counts_only_when_it_ended_the_run() {
    let ended = |code, at, deadline| {
        let mut evidence = evidence(Some(code), None, Some(0), false);
        (evidence.exit, evidence.deadline) =
            (Some(Exit { code: Some(code), signal: None, at, full: false }), Some(deadline));
        outcome(evidence).state
    };
    assert_eq!(ended(143, 1000, 1000), RunState::TimedOut);
    assert_eq!(ended(143, 999, 1000), RunState::Failed);
    assert_eq!(ended(0, 1001, 1000), RunState::Succeeded);
    assert_eq!(ended(3, 1001, 1000), RunState::Failed);
}

#[test]
fn what_nobody_saw_is_interrupted_and_keeps_the_last_figures() {
    let last = Stats { bytes: 4000, elapsed_ms: 2000, eta: Some(5), ..Stats::default() };
    let finish = Finish { last: Some(last), ..Finish::default() };
    let outcome = outcome(Evidence { finish, ..Evidence::default() });
    assert_eq!(outcome.state, RunState::Interrupted);
    let stats = outcome.stats.at_the_end(outcome.state);
    assert_eq!((stats.bytes, stats.speed, stats.eta), (4000, 2000, None));
}
