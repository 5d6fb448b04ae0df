//! A run's speed over time, thinned while it is read: whatever the run's length, at most [`POINTS`].

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use crate::domain::run::{
    log::{RunSeries, SeriesPoint},
    stats::Stats,
};

use super::{report, segments, tail::statistics};

/// Most points of a series.
pub const POINTS: usize = 600;

/// A series while it is read.
#[derive(Debug, Default)]
pub struct Thinner {
    kept: Vec<SeriesPoint>,
    last: Option<SeriesPoint>,
    /// Of how many points one is kept.
    every: usize,
    seen: usize,
}

impl Thinner {
    /// Takes the next statistics.
    pub fn push(&mut self, stats: &Stats) {
        let point = SeriesPoint { elapsed_ms: stats.elapsed_ms, bytes: stats.bytes, files: stats.files, speed: 0 };
        match self.last {
            // Another rclone: what was before it had done nothing.
            Some(last) if point.elapsed_ms < last.elapsed_ms => *self = Self::default(),
            Some(last) if point.elapsed_ms == last.elapsed_ms => {
                self.last = Some(point);
                return;
            }
            _ => {}
        }
        self.every = self.every.max(1);
        if self.seen.is_multiple_of(self.every) {
            self.kept.push(point);
            // Room for twice as many, so that what is left in the end is evenly spread.
            if self.kept.len() == POINTS * 2 {
                let mut index = 0;
                self.kept.retain(|_| {
                    index += 1;
                    index % 2 == 1
                });
                self.every *= 2;
            }
        }
        self.seen += 1;
        self.last = Some(point);
    }

    /// What came of it.
    #[must_use]
    pub fn finish(self) -> RunSeries {
        let mut points = self.kept;
        if let Some(last) = self.last {
            if points.last().is_some_and(|point| point.elapsed_ms == last.elapsed_ms) {
                points.pop();
            }
            points.push(last);
        }
        if points.len() > POINTS {
            let end = points.len() - 1;
            points = (0..POINTS).map(|n| points[n * end / (POINTS - 1)]).collect();
        }
        let mut before = SeriesPoint::default();
        for point in &mut points {
            let (bytes, time) = (point.bytes.saturating_sub(before.bytes), point.elapsed_ms - before.elapsed_ms);
            point.speed = u64::try_from(u128::from(bytes) * 1000 / u128::from(time.max(1))).unwrap_or(u64::MAX);
            before = *point;
        }
        RunSeries { points }
    }
}

/// The series of the run in `dir`: what was kept of it, or from its log as far as that goes.
pub fn series(dir: &Path) -> io::Result<RunSeries> {
    match fs::read(path(&report::folder(dir))) {
        Ok(json) => Ok(serde_json::from_slice(&json)?),
        Err(error) if error.kind() == io::ErrorKind::NotFound => read(dir),
        Err(error) => Err(error),
    }
}

/// Where a series lies in the folder of a report.
pub fn path(folder: &Path) -> PathBuf {
    folder.join("series.json")
}

fn read(dir: &Path) -> io::Result<RunSeries> {
    let mut thinner = Thinner::default();
    segments::each(segments::open(dir)?, false, |line| {
        if let Some(stats) = statistics(line) {
            thinner.push(&stats.split().0);
        }
        Ok(())
    })?;
    Ok(thinner.finish())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(points: impl Iterator<Item = (u64, u64)>) -> Vec<SeriesPoint> {
        let mut thinner = Thinner::default();
        points.for_each(|(elapsed_ms, bytes)| {
            thinner.push(&Stats { elapsed_ms, bytes, files: bytes / 10, ..Stats::default() });
        });
        thinner.finish().points
    }

    #[test]
    fn a_series_is_bounded_even_and_exact_at_its_ends() {
        assert!(of(std::iter::empty()).is_empty());
        assert_eq!(of([(1000, 5), (2000, 9)].into_iter()).iter().map(|point| point.speed).collect::<Vec<_>>(), [5, 4]);
        for seconds in [1, 2, 599, 600, 601, 1199, 1200, 1201, 5000, 604_800] {
            let points = of((1..=seconds).map(|n| (n * 1000, n * n)));
            assert_eq!(points.len() as u64, seconds.min(600), "{seconds}");
            assert_eq!((points[0].elapsed_ms, points[0].bytes), (1000, 1));
            let last = points[points.len() - 1];
            assert_eq!((last.elapsed_ms, last.bytes), (seconds * 1000, seconds * seconds));
            let steps: Vec<_> = points.windows(2).map(|pair| pair[1].elapsed_ms - pair[0].elapsed_ms).collect();
            let (least, most) = (steps.iter().min(), steps.iter().max());
            assert!(
                steps.is_empty() || *most.expect("some") <= least.expect("some") * 3 + 1000,
                "{seconds}: {least:?} to {most:?}"
            );
            assert!(points.windows(2).all(|pair| pair[0].elapsed_ms < pair[1].elapsed_ms));
        }
    }

    #[test]
    fn an_rclone_that_was_started_again_begins_the_series_anew_and_nothing_overflows() {
        assert_eq!(
            of([(1000, 5), (2000, 9), (900, 1), (900, 2)].into_iter()),
            [SeriesPoint { elapsed_ms: 900, bytes: 2, files: 0, speed: 2 }]
        );
        assert_eq!(
            of([(0, u64::MAX), (u64::MAX, 0)].into_iter()).iter().map(|point| point.speed).collect::<Vec<_>>(),
            [u64::MAX, 0]
        );
    }
}
