//! Runs: look at them. How one is asked for is `start`'s, who waits for its end `wait`'s, what is done to one that is there `control`'s.

mod again;
mod approval;
mod control;
mod start;
mod wait;

use tokio::task::spawn_blocking;

pub use self::{
    again::retry,
    control::{set_bandwidth, stop, update},
    start::{Origin, preview_command, start, start_as},
    wait::perform,
};
pub(super) use self::{control::check_reason, start::check};
use crate::{
    domain::{
        error::{AppError, Result},
        id::RunId,
        policy::Permission,
        run::{FileOutcome, Run, RunFiles, RunLog, RunPage, RunQuery, RunSummary},
    },
    server::{
        auth::Actor,
        error::internal,
        rclone::{Transfer, command, log},
        state::AppState,
        store::runs::{self, Stored, Task},
    },
};

/// Runs in a page, when the caller does not say.
const PAGE: u32 = 50;
/// Most runs in a page.
const PAGE_MAX: u32 = 1000;
/// Files in a window, when the caller does not say.
const FILES: u64 = 100;
/// Most files in a window.
const FILES_MAX: u64 = 500;
/// Lines of a log that a page shows.
const LOG_LINES: usize = 500;
/// Longest text to search for, in characters.
const SEARCH_MAX: usize = 256;
/// Runs in a snapshot.
const SNAPSHOT: usize = 200;

/// A page of history, newest first.
pub async fn list(actor: &Actor, app: &AppState, query: &RunQuery) -> Result<RunPage> {
    actor.require(Permission::RunsRead)?;
    check_search(&query.search)?;
    if query.limit > PAGE_MAX {
        return Err(AppError::invalid("limit", "At most 1,000."));
    }
    let query = RunQuery { limit: if query.limit == 0 { PAGE } else { query.limit }, ..query.clone() };
    let mut page = runs::list(&mut *app.store.acquire().await?, &query).await?;
    app.engine.hub().refresh(&mut page.runs);
    Ok(page)
}

/// Runs that have not ended, oldest first, at most 200: what a listener begins with.
pub async fn snapshot(actor: &Actor, app: &AppState) -> Result<Vec<RunSummary>> {
    actor.require(Permission::RunsRead)?;
    let unfinished = runs::unfinished(&mut *app.store.acquire().await?).await?;
    let mut summaries: Vec<_> = unfinished.into_iter().map(|row| row.summary).take(SNAPSHOT).collect();
    app.engine.hub().refresh(&mut summaries);
    Ok(summaries)
}

/// One run in full, as new as it gets.
pub async fn get(actor: &Actor, app: &AppState, id: &RunId) -> Result<Run> {
    actor.require(Permission::RunsRead)?;
    found(app, id).await
}

/// The same, for who started or stopped it just now: they are told of it, whatever else they may see.
async fn found(app: &AppState, id: &RunId) -> Result<Run> {
    let mut reader = app.store.acquire().await?;
    let Stored { mut run, .. } = runs::get(&mut reader, id).await?.ok_or_else(|| unknown(id))?;
    run.events = runs::events(&mut reader, id).await?;
    drop(reader);
    if let Some(live) = app.engine.hub().live(id) {
        run.in_flight = live.in_flight;
    }
    app.engine.hub().refresh(std::slice::from_mut(&mut run.summary));
    let mut options = run.options.clone();
    // What the guards allow is a flag of the command that really runs.
    if let Some(budget) = run.guard_report.as_ref().and_then(|report| report.budget) {
        options.max_delete = Some(u32::try_from(budget).unwrap_or(u32::MAX));
    }
    let RunSummary { operation, source, destination, .. } = run.summary.clone();
    run.command = command::display(&Transfer { operation, source, destination, options });
    Ok(run)
}

/// A task as its command line is drawn.
pub(super) fn transfer(task: &Task) -> Transfer {
    let Task { operation, source, destination, options, .. } = task.clone();
    Transfer { operation, source, destination, options }
}

/// What happened to the files of a run, read from rclone's own log.
pub async fn files(
    actor: &Actor,
    app: &AppState,
    id: &RunId,
    outcome: FileOutcome,
    search: &str,
    offset: u64,
    limit: u64,
) -> Result<RunFiles> {
    actor.require(Permission::RunsRead)?;
    check_search(search)?;
    if limit > FILES_MAX {
        return Err(AppError::invalid("limit", "At most 500."));
    }
    window(app, id, outcome, search, offset, if limit == 0 { FILES } else { limit }).await
}

/// What a dry run would do, at most 500 files of each outcome: told to who started it.
pub async fn planned(actor: &Actor, app: &AppState, id: &RunId, outcome: FileOutcome) -> Result<RunFiles> {
    actor.require(Permission::RunsWrite)?;
    window(app, id, outcome, "", 0, FILES_MAX).await
}

async fn window(app: &AppState, id: &RunId, outcome: FileOutcome, search: &str, offset: u64, limit: u64) -> Result<RunFiles> {
    let dir = app.engine.run_dir(id, stored(app, id).await?.fence);
    let search = search.to_owned();
    match spawn_blocking(move || log::files(&dir, outcome, &search, offset, limit)).await {
        Ok(Ok(files)) => Ok(files),
        Ok(Err(error)) => Err(internal("a run's log could not be read", &error)),
        Err(error) => Err(internal("a run's log could not be read", &error)),
    }
}

/// The last lines of a run's log.
pub async fn log(actor: &Actor, app: &AppState, id: &RunId) -> Result<RunLog> {
    actor.require(Permission::RunsRead)?;
    let dir = app.engine.run_dir(id, stored(app, id).await?.fence);
    match spawn_blocking(move || log::lines(&dir, LOG_LINES)).await {
        Ok(Ok(log)) => Ok(log),
        Ok(Err(error)) => Err(internal("a run's log could not be read", &error)),
        Err(error) => Err(internal("a run's log could not be read", &error)),
    }
}

async fn stored(app: &AppState, id: &RunId) -> Result<Stored> {
    runs::get(&mut *app.store.acquire().await?, id).await?.ok_or_else(|| unknown(id))
}

fn unknown(id: &RunId) -> AppError {
    AppError::not_found(format_args!("run {id}"))
}

fn check_search(search: &str) -> Result<()> {
    if search.chars().count() > SEARCH_MAX { Err(AppError::invalid("search", "At most 256 characters.")) } else { Ok(()) }
}
