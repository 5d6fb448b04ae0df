//! The first page's figures.

use crate::{
    domain::{
        error::Result,
        overview::{Day, Overview},
        policy::Permission,
        time::Timestamp,
    },
    server::{auth::Actor, state::AppState, store::runs},
};

const DAY: i64 = 24 * 60 * 60 * 1000;
/// Runs that ended, on the first page.
const RECENT: u32 = 8;
/// Runs that have not ended, on the first page.
const RUNNING: usize = 50;

/// What runs now, what ran last, and the figures of the last days.
pub async fn get(actor: &Actor, app: &AppState) -> Result<Overview> {
    actor.require(Permission::ConsoleRead)?;
    let now = app.clock.now();
    // Whole days, so that the first of them is not cut.
    let today = Timestamp(now.0 - now.0.rem_euclid(DAY));
    let remotes = app.rclone.remotes().await?.len() as u64;
    let mut reader = app.store.acquire().await?;
    let unfinished = runs::unfinished(&mut reader).await?;
    let mut running: Vec<_> = unfinished.into_iter().map(|row| row.summary).take(RUNNING).collect();
    app.events.refresh(&mut running);
    let week = runs::week(&mut reader, Timestamp(now.0 - 7 * DAY)).await?;
    Ok(Overview {
        running,
        recent: runs::recent(&mut reader, RECENT).await?,
        remotes,
        week_runs: week.runs,
        week_failed: week.failed,
        week_warnings: week.warnings,
        week_bytes: week.bytes,
        week_files: week.files,
        days: every_day(today, runs::days(&mut reader, Timestamp(today.0 - 29 * DAY)).await?),
    })
}

/// The last 30 days up to `today`, those without a run included: a gap is news as well.
fn every_day(today: Timestamp, known: Vec<Day>) -> Vec<Day> {
    let mut known = known.into_iter().peekable();
    let dates =
        (0..30).rev().map(|back| Timestamp(today.0 - back * DAY).rfc3339().chars().take(10).collect::<String>());
    dates.map(|date| known.next_if(|day| day.date == date).unwrap_or_else(|| Day { date, ..Day::default() })).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_without_a_run_are_days() {
        let day = |date: &str| Day { date: date.into(), ok: 1, ..Day::default() };
        let today = Timestamp::parse("2026-03-01T00:00:00Z").expect("a time");
        let days = every_day(today, vec![day("2026-01-31"), day("2026-02-28")]);
        assert_eq!(days.len(), 30);
        assert_eq!((days[0].date.as_str(), days[0].ok), ("2026-01-31", 1));
        assert_eq!((days[28].date.as_str(), days[28].ok), ("2026-02-28", 1));
        assert_eq!((days[29].date.as_str(), days[29].ok), ("2026-03-01", 0));
    }
}
