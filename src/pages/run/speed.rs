//! The run's speed over time: as it was kept, and while the run goes on as it grows.

use leptos::prelude::*;

use crate::{
    components::speed_chart::speed_chart,
    domain::{
        format,
        run::{
            log::{RunSeries, SeriesPoint},
            state::RunState,
            summary::RunSummary,
        },
    },
};

/// Most points that are drawn; where they become more, every second one goes.
const POINTS: usize = 1200;
/// How far points lie apart at least, in milliseconds: as far as rclone's own.
const STEP: u64 = 950;

/// The panel. None for a run that was over before there was a speed.
pub fn speed(series: &RunSeries, run: Memo<RunSummary>) -> AnyView {
    let ended = run.with_untracked(|run| run.state.is_final());
    if ended && series.points.len() < 2 {
        return ().into_any();
    }
    let points = RwSignal::new(series.points.clone());
    Effect::new(move |_| {
        let (running, now) = run.with(|run| {
            let stats = &run.stats;
            let now = SeriesPoint { elapsed_ms: stats.elapsed_ms, bytes: stats.bytes, files: stats.files, speed: 0 };
            (run.state == RunState::Running, now)
        });
        if running && points.with_untracked(|points| is_new(points, now)) {
            points.update(|points| add(points, now));
        }
    });
    let figures = move || {
        points.with(|points| {
            let peak = points.iter().map(|point| point.speed).max()?;
            let last = points.last()?;
            let average = last.bytes.saturating_mul(1000).checked_div(last.elapsed_ms)?;
            Some(format!("average {} · at most {}", format::speed(average), format::speed(peak)))
        })
    };
    let none = move || points.with(|points| points.len() < 2);
    view! {
        <section class="panel live" aria-label="Speed">
            <header><h2>"Speed"</h2><span class="faint num">{figures}</span></header>
            <div class="body speed" class:speed--none=none>
                {speed_chart(points.into())}
                <p class="speed__none muted">"The chart starts with the first transfer."</p>
            </div>
        </section>
    }
    .into_any()
}

/// Whether this is later than what is there.
fn is_new(points: &[SeriesPoint], now: SeriesPoint) -> bool {
    now.elapsed_ms >= points.last().map_or(0, |last| last.elapsed_ms) + STEP
}

fn add(points: &mut Vec<SeriesPoint>, now: SeriesPoint) {
    let last = points.last().copied().unwrap_or_default();
    let (bytes, time) = (now.bytes.saturating_sub(last.bytes), now.elapsed_ms.saturating_sub(last.elapsed_ms));
    points.push(SeriesPoint { speed: bytes.saturating_mul(1000).checked_div(time).unwrap_or(0), ..now });
    if points.len() > POINTS {
        let mut index = 0;
        points.retain(|_| {
            index += 1;
            index % 2 == 1
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_are_added_as_the_run_goes_on_and_stay_few() {
        let mut points = Vec::new();
        for n in 1..10_000 {
            let now = SeriesPoint { elapsed_ms: n * 500, bytes: n * 1000, ..SeriesPoint::default() };
            if is_new(&points, now) {
                add(&mut points, now);
            }
        }
        assert!(points.len() <= POINTS && points.len() > POINTS / 2);
        assert!(points.iter().all(|point| point.speed == 2000) && points.is_sorted_by_key(|point| point.elapsed_ms));
    }
}
