//! Charts: bars and lines as SVG that stretches, with its words in HTML beside it, so that text keeps its size on a
//! phone.

use std::fmt::Write as _;

use leptos::prelude::*;

use super::time::day;
use crate::domain::{format, overview::Day};

/// Width and height of the drawing, in its own units.
const WIDTH: f64 = 300.0;
const HEIGHT: f64 = 100.0;

/// Runs by day, ended well or badly, and the bytes they moved as a line on its own scale.
#[must_use]
pub fn days_chart(days: &[Day]) -> AnyView {
    let top = ceiling(days.iter().map(Day::ended).max().unwrap_or(0));
    let peak = days.iter().map(|day| day.bytes).max().unwrap_or(0);
    let sum = |of: fn(&Day) -> u64| days.iter().map(of).sum::<u64>();
    let label = format!(
        "{} in {} days, {} failed, {} with warnings, {} transferred",
        format::plural(sum(Day::ended), "run", "runs"),
        days.len(),
        format::count(sum(|day| day.failed)),
        format::count(sum(|day| day.warnings)),
        format::bytes(sum(|day| day.bytes))
    );
    let marks = [top, top / 2, 0].map(|n| view! { <span>{n}</span> }.into_any());
    let every = days.len().div_ceil(5).max(1);
    let names =
        days.iter().step_by(every).map(|each| view! { <span>{day(&each.date)}</span> }.into_any()).collect::<Vec<_>>();
    view! {
        <figure class="chart" role="img" aria-label=label>
            <div class="chart__y" aria-hidden="true">{marks.into_iter().collect::<Vec<_>>()}</div>
            <svg viewBox="0 0 300 100" preserveAspectRatio="none" aria-hidden="true">
                <path class="grid" d="M0 .5H300M0 50H300M0 99.5H300" vector-effect="non-scaling-stroke" />
                {bars(days, top)}
                <path class="line" d=line(days, peak) vector-effect="non-scaling-stroke" />
            </svg>
            <div class="chart__x" aria-hidden="true">{names}</div>
        </figure>
    }
    .into_any()
}

/// Bars alone, small, for a tile.
#[must_use]
pub fn days_bars(days: &[Day]) -> AnyView {
    let top = days.iter().map(Day::ended).max().unwrap_or(0);
    view! { <svg class="spark" viewBox="0 0 300 100" preserveAspectRatio="none" aria-hidden="true">{bars(days, top)}</svg> }.into_any()
}

/// Bytes by day as a line over its area, small, for a tile.
#[must_use]
pub fn days_line(days: &[Day]) -> AnyView {
    let line = line(days, days.iter().map(|day| day.bytes).max().unwrap_or(0));
    let area = if line.is_empty() { String::new() } else { format!("{line}V100H0Z") };
    view! {
        <svg class="spark" viewBox="0 0 300 100" preserveAspectRatio="none" aria-hidden="true">
            <path class="area" d=area />
            <path class="line" d=line vector-effect="non-scaling-stroke" />
        </svg>
    }
    .into_any()
}

/// Stacked bars: well below, with warnings on it, badly above. Each tells its day on hover.
fn bars(days: &[Day], top: u64) -> Vec<AnyView> {
    let slot = WIDTH / days.len().max(1) as f64;
    let height = |n: u64| if top == 0 { 0.0 } else { n as f64 / top as f64 * HEIGHT };
    let bar = |index: usize, each: &Day| {
        let (x, width) = (index as f64 * slot + slot * 0.12, slot * 0.76);
        let (ok, warned, bad) = (height(each.ok), height(each.warnings), height(each.failed));
        let rect = |class: &'static str, y: f64, height: f64| {
            view! { <rect class=class x=figure(x) y=figure(y) width=figure(width) height=figure(height) /> }.into_any()
        };
        let words = format!(
            "{}: {}, {} failed, {} with warnings, {}",
            day(&each.date),
            format::plural(each.ended(), "run", "runs"),
            format::count(each.failed),
            format::count(each.warnings),
            format::bytes(each.bytes)
        );
        let (warned, bad) =
            (rect("warned", HEIGHT - ok - warned, warned), rect("bad", HEIGHT - ok - warned - bad, bad));
        view! { <g>{rect("hit", 0.0, HEIGHT)}{rect("ok", HEIGHT - ok, ok)}{warned}{bad}<title>{words}</title></g> }
            .into_any()
    };
    days.iter().enumerate().filter(|(_, day)| day.ended() > 0).map(|(index, day)| bar(index, day)).collect()
}

/// The bytes as a path; empty while nothing was moved.
fn line(days: &[Day], peak: u64) -> String {
    let mut path = String::new();
    if peak == 0 || days.len() < 2 {
        return path;
    }
    let step = WIDTH / (days.len() - 1) as f64;
    for (index, day) in days.iter().enumerate() {
        let y = HEIGHT - 4.0 - day.bytes as f64 / peak as f64 * (HEIGHT - 8.0);
        let _ = write!(path, "{}{:.1} {y:.1}", if index == 0 { 'M' } else { 'L' }, index as f64 * step);
    }
    path
}

/// A number of an attribute, short.
fn figure(n: f64) -> String {
    format!("{n:.1}")
}

/// The next even number of one figure and zeros: what an axis ends with.
fn ceiling(n: u64) -> u64 {
    let mut unit = 1;
    while n > unit * 10 {
        unit *= 10;
    }
    let top = n.div_ceil(unit) * unit;
    (top + top % 2).max(2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_axis_ends_with_a_round_even_number() {
        for (n, top) in [(0, 2), (1, 2), (3, 4), (10, 10), (11, 20), (212, 300)] {
            assert_eq!(ceiling(n), top, "{n}");
        }
    }

    #[test]
    fn a_line_needs_two_days_and_something_moved() {
        let day = |bytes| Day { bytes, ..Day::default() };
        assert_eq!(line(&[day(0), day(0)], 0), "");
        assert_eq!(line(&[day(1)], 1), "");
        assert_eq!(line(&[day(0), day(5)], 5), "M0.0 96.0L300.0 4.0");
    }
}
