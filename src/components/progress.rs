//! How far a run is: the bar, and the figures under it.

use leptos::prelude::*;

use crate::domain::{
    format,
    run::{state::RunState, stats::Stats, summary::RunSummary},
};

/// The bar of a run; follows it. Indeterminate while rclone does not know the total.
#[must_use]
pub fn run_bar(run: Memo<RunSummary>) -> AnyView {
    // What waits has done nothing, and that is known.
    let done =
        Memo::new(move |_| run.with(|run| run.stats.permille().or((run.state == RunState::Queued).then_some(0))));
    let label = run.with_untracked(|run| format!("Progress of {} {}", run.operation.as_str(), run.route()));
    bar(done.into(), label)
}

/// A bar of thousandths.
#[must_use]
pub fn bar(permille: Signal<Option<u64>>, label: String) -> AnyView {
    view! { <progress max="1000" value=move || permille.get().map(|n| n.to_string()) aria-label=label></progress> }
        .into_any()
}

/// `62 %`, or nothing while nothing is known.
#[must_use]
pub fn percent(stats: &Stats) -> String {
    stats.permille().map(format::percent).unwrap_or_default()
}

/// `48.2 of 77.9 GiB`.
#[must_use]
pub fn bytes_of(done: u64, total: u64) -> String {
    let (done, total) = (format::bytes(done), format::bytes(total));
    let done = match (done.split_once(' '), total.split_once(' ')) {
        (Some((figure, unit)), Some((_, same))) if unit == same => figure,
        _ => &done,
    };
    format!("{done} of {total}")
}

/// `12 min left`, without seconds once there are minutes: a guess is not exact.
#[must_use]
pub fn time_left(stats: &Stats) -> Option<String> {
    let seconds = stats.eta?;
    let rounded = if seconds >= 60 { seconds / 60 * 60 } else { seconds };
    let words = if rounded < 10 { format!("{rounded} s") } else { format::duration(rounded * 1000) };
    Some(format!("{words} left"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_unit_is_said_once() {
        assert_eq!(bytes_of(51_754_555_802, 83_644_489_728), "48.2 of 77.9 GiB");
        assert_eq!(bytes_of(512, 2048), "512 B of 2 KiB");
    }

    #[test]
    fn a_guess_is_said_as_a_guess() {
        let left = |eta| time_left(&Stats { eta, ..Stats::default() });
        assert_eq!(left(None), None);
        assert_eq!(left(Some(8)).as_deref(), Some("8 s left"));
        assert_eq!(left(Some(739)).as_deref(), Some("12 min left"));
        assert_eq!(left(Some(7_384)).as_deref(), Some("2 h 3 min left"));
    }
}
