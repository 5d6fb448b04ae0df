//! A run's speed over time, as a line over its area.

use std::fmt::Write as _;

use leptos::prelude::*;

use crate::domain::{format, run::log::SeriesPoint};

/// Width and height of the drawing, in its own units.
const WIDTH: f64 = 300.0;
const HEIGHT: f64 = 100.0;

/// The chart; it follows `points`, of which each tells its speed since the one before.
#[must_use]
pub fn speed_chart(points: Signal<Vec<SeriesPoint>>) -> AnyView {
    let top =
        Memo::new(move |_| points.with(|points| ceiling(points.iter().map(|point| point.speed).max().unwrap_or(0))));
    let end = Memo::new(move |_| points.with(|points| points.last().map_or(0, |point| point.elapsed_ms)));
    let line = Memo::new(move |_| points.with(|points| line(points, top.get())));
    let area = move || line.with(|line| if line.is_empty() { String::new() } else { format!("{line}V100H0Z") });
    let label = move || {
        points.with(|points| {
            let peak = points.iter().map(|point| point.speed).max().unwrap_or(0);
            format!("Speed over {}: at most {}", format::duration(end.get()), format::speed(peak))
        })
    };
    let mark = move |part: u64| view! { <span>{move || format::speed(top.get() / 2 * part)}</span> }.into_any();
    let at = move |part: u64| view! { <span>{move || format::duration(end.get() / 2 * part)}</span> }.into_any();
    view! {
        <figure class="chart chart--speed" role="img" aria-label=label>
            <div class="chart__y" aria-hidden="true">{mark(2)}{mark(1)}<span>"0"</span></div>
            <svg viewBox="0 0 300 100" preserveAspectRatio="none" aria-hidden="true">
                <path class="grid" d="M0 .5H300M0 50H300M0 99.5H300" vector-effect="non-scaling-stroke" />
                <path class="area" d=area />
                <path class="line" d=move || line.get() vector-effect="non-scaling-stroke" />
            </svg>
            <div class="chart__x" aria-hidden="true"><span>"0"</span>{at(1)}{at(2)}</div>
        </figure>
    }
    .into_any()
}

/// The speed as a path from the run's begin on; empty while there is nothing to draw.
fn line(points: &[SeriesPoint], top: u64) -> String {
    let mut path = String::new();
    let end = points.last().map_or(0, |point| point.elapsed_ms);
    if points.len() < 2 || end == 0 {
        return path;
    }
    let y = |speed: u64| HEIGHT - speed.min(top) as f64 / top as f64 * HEIGHT;
    let _ = write!(path, "M0 {:.1}", y(points[0].speed));
    for point in points {
        let _ = write!(path, "L{:.1} {:.1}", point.elapsed_ms as f64 / end as f64 * WIDTH, y(point.speed));
    }
    path
}

/// What the axis ends with: 1, 2, 4, 8, 10, 20 … of the unit in which the speed is shown.
fn ceiling(speed: u64) -> u64 {
    let mut unit: u64 = 1;
    while speed / unit >= 1024 && unit < 1 << 50 {
        unit *= 1024;
    }
    let steps = [1, 2, 4, 8, 10, 20, 40, 80, 100, 200, 400, 800, 1024];
    let top = steps.into_iter().map(|step| unit.saturating_mul(step)).find(|top| *top >= speed);
    top.unwrap_or(u64::MAX).max(2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_axis_ends_with_a_round_speed() {
        for (speed, top) in
            [(0, 2), (3, 4), (900, 1024), (1024, 1024), (1025, 2048), (41 << 20, 80 << 20), (1000 << 20, 1024 << 20)]
        {
            assert_eq!(ceiling(speed), top, "{speed}");
        }
        assert!(ceiling(u64::MAX) >= 1 << 60);
    }

    #[test]
    fn a_line_begins_at_the_begin_and_ends_at_the_end() {
        let point = |elapsed_ms, speed| SeriesPoint { elapsed_ms, speed, ..SeriesPoint::default() };
        assert_eq!(line(&[point(1000, 50), point(4000, 100)], 100), "M0 50.0L75.0 50.0L300.0 0.0");
        assert_eq!(line(&[point(1000, 50)], 100), "");
        assert_eq!(line(&[], 2), "");
        assert_eq!(line(&[point(0, 0), point(0, 0)], 2), "");
    }
}
