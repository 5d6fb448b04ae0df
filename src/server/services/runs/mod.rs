//! Reading runs. `start` creates one, `wait` waits for its end, `control` changes one.

mod again;
mod approval;
mod control;
mod start;
mod wait;

use std::path::Path;

use futures::{Stream, stream};
use tokio::task::spawn_blocking;

pub use self::{
    again::retry,
    control::{set_bandwidth, stop, update},
    start::{Origin, comparison, preview_command, start, start_as},
    wait::perform,
};
pub(super) use self::{control::check_reason, start::check};
use crate::{
    domain::{
        error::{AppError, Result},
        event::Event,
        id::RunId,
        page,
        policy::Permission,
        run::{
            detail::Run,
            files::{FileOutcome, RunFiles},
            log::{LogQuery, RunLog, RunSeries},
            query::{RunPage, RunQuery},
            state::RunState,
            summary::RunSummary,
        },
    },
    server::{
        auth::Actor,
        error::internal,
        rclone::{
            log,
            run::{command, transfer::Transfer},
        },
        state::AppState,
        store::runs::{self, Stored, Task},
    },
};

/// Files in a window, when the caller does not say.
const FILES: u64 = 100;
/// Most files in a window.
const FILES_MAX: u64 = 500;
/// Most lines of a log in a page.
const LOG_LINES: u32 = 500;
/// Longest text to search for, in characters.
const SEARCH_MAX: usize = 256;
/// Runs in a snapshot.
const SNAPSHOT: usize = 200;

/// A page of history, newest first.
pub async fn list(actor: &Actor, app: &AppState, query: &RunQuery) -> Result<RunPage> {
    actor.require(Permission::RunsRead)?;
    check_search(&query.search)?;
    page::check_limit(query.limit)?;
    let mut page = runs::list(&mut *app.store.acquire().await?, query).await?;
    app.events.refresh(&mut page.runs);
    Ok(page)
}

/// What a listener begins with: runs that have not ended, oldest first, at most 200, and whether the queue rests.
pub async fn snapshot(actor: &Actor, app: &AppState) -> Result<Event> {
    actor.require(Permission::RunsRead)?;
    let mut reader = app.store.acquire().await?;
    let (unfinished, paused) = (runs::unfinished(&mut reader).await?, runs::pause(&mut reader).await?);
    drop(reader);
    let mut summaries: Vec<_> = unfinished.into_iter().map(|row| row.summary).take(SNAPSHOT).collect();
    app.events.refresh(&mut summaries);
    Ok(Event::Snapshot { runs: summaries, paused })
}

/// One run in full, as new as it gets.
pub async fn get(actor: &Actor, app: &AppState, id: &RunId) -> Result<Run> {
    actor.require(Permission::RunsRead)?;
    found(app, id).await
}

/// Loads a run without the permission to read the history: the caller just started or stopped it.
async fn found(app: &AppState, id: &RunId) -> Result<Run> {
    let mut reader = app.store.acquire().await?;
    let stored = runs::get(&mut reader, id).await?.ok_or_else(|| unknown(id))?;
    let before = runs::before(&mut reader, &stored).await?;
    let mut run = Run { before, ..stored.run };
    run.events = runs::events(&mut reader, id).await?;
    if run.summary.state == RunState::Queued {
        run.wait = runs::why(&mut reader, id, app.clock.now(), app.engine.limits()).await?;
    }
    if run.summary.dry_run {
        run.approves = approval::approves(&run.summary, runs::approved(&mut reader, id).await?);
    }
    drop(reader);
    if let Some(live) = app.events.live(id) {
        run.in_flight = live.in_flight;
    }
    app.events.refresh(std::slice::from_mut(&mut run.summary));
    let mut options = run.options.clone();
    // What the guards allow is a flag of the command that really runs. A preview shows all that would be deleted.
    let limit =
        run.guard_report.as_ref().filter(|_| !options.dry_run).and_then(|report| report.delete_limit.or(report.budget));
    if let Some(limit) = limit {
        options.max_delete = Some(u32::try_from(limit).unwrap_or(u32::MAX));
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

async fn window(
    app: &AppState,
    id: &RunId,
    outcome: FileOutcome,
    search: &str,
    offset: u64,
    limit: u64,
) -> Result<RunFiles> {
    let search = search.to_owned();
    look(app, id, move |dir| log::files(dir, outcome, &search, offset, limit)).await
}

/// Lines of a run's log, at most 500: the last, or those after or before a place.
pub async fn log(actor: &Actor, app: &AppState, id: &RunId, query: &LogQuery) -> Result<RunLog> {
    actor.require(Permission::RunsRead)?;
    check_search(&query.search)?;
    if query.limit > LOG_LINES {
        return Err(AppError::invalid("limit", "At most 500."));
    }
    let place = |field: &str, text: &str| match text {
        "" => Ok(None),
        text => log::LogCursor::parse(text)
            .map(Some)
            .ok_or_else(|| AppError::invalid(field, "Send the value exactly as an answer returned it.")),
    };
    let wanted = log::LogFilter {
        search: query.search.clone(),
        level: query.level,
        after: place("after", &query.after)?,
        before: place("before", &query.before)?,
        limit: if query.limit == 0 { LOG_LINES } else { query.limit } as usize,
    };
    look(app, id, move |dir| log::lines(dir, &wanted)).await
}

/// A run's log as a file, piece by piece: all that is kept of it; while it grows, its last 16 MiB.
pub async fn raw_log(
    actor: &Actor,
    app: &AppState,
    id: &RunId,
) -> Result<impl Stream<Item = std::io::Result<Vec<u8>>> + use<>> {
    actor.require(Permission::RunsRead)?;
    let raw = look(app, id, log::Raw::open).await?;
    // No thread waits for a slow reader: each piece is read when it is wanted.
    Ok(stream::try_unfold(raw, |mut raw| async {
        let (piece, raw) = spawn_blocking(move || (raw.piece(), raw)).await.map_err(std::io::Error::other)?;
        Ok(piece?.map(|piece| (piece, raw)))
    }))
}

/// A run's speed over time, at most 600 points.
pub async fn series(actor: &Actor, app: &AppState, id: &RunId) -> Result<RunSeries> {
    actor.require(Permission::RunsRead)?;
    look(app, id, log::series).await
}

/// Looks into a run's folder.
async fn look<T: Send + 'static>(
    app: &AppState,
    id: &RunId,
    work: impl FnOnce(&Path) -> std::io::Result<T> + Send + 'static,
) -> Result<T> {
    let dir = app.engine.run_dir(id, stored(app, id).await?.fence);
    match spawn_blocking(move || work(&dir)).await {
        Ok(Ok(found)) => Ok(found),
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
    if search.chars().count() > SEARCH_MAX {
        Err(AppError::invalid("search", "At most 256 characters."))
    } else {
        Ok(())
    }
}
