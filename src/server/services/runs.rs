//! Runs: start, stop, watch, look back.

use tokio::task::spawn_blocking;
use ulid::Ulid;

use super::{Change, audit, locations, rclone_status};
use crate::{
    domain::{
        error::{AppError, ErrorCode, Result},
        event::Event,
        id::RunId,
        location::Location,
        policy::Permission,
        run::{FileOutcome, NewRun, Run, RunFiles, RunLog, RunPage, RunQuery, RunSummary},
        user::RcloneStatus,
    },
    server::{
        auth::Actor,
        error::internal,
        rclone::{Transfer, command, log},
        state::AppState,
        store::{
            StoreError,
            runs::{self, NewRow, StopOutcome, Stored},
        },
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
/// Longest text to search for, in bytes.
const SEARCH_MAX: usize = 256;
/// Runs in a snapshot.
const SNAPSHOT: usize = 200;
/// Most runs that wait.
const QUEUE_MAX: usize = 1000;

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
    let Stored { mut run, .. } = stored(app, id).await?;
    if let Some(live) = app.engine.hub().live(id) {
        run.in_flight = live.in_flight;
    }
    app.engine.hub().refresh(std::slice::from_mut(&mut run.summary));
    run.command = command::display(&Transfer {
        operation: run.summary.operation,
        source: run.summary.source.clone(),
        destination: run.summary.destination.clone(),
        options: run.options.clone(),
    });
    Ok(run)
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
    let limit = if limit == 0 { FILES } else { limit };
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

/// Checks what was asked for and says the equivalent command line. Starts nothing.
pub async fn preview_command(actor: &Actor, app: &AppState, run: &NewRun) -> Result<String> {
    actor.require(Permission::RunsWrite)?;
    Ok(command::display(&check(app, run).await?))
}

/// Puts a run into the queue.
pub async fn start(actor: &Actor, app: &AppState, run: NewRun) -> Result<Run> {
    actor.require(Permission::RunsWrite)?;
    if let RcloneStatus::Missing { message } = rclone_status(app) {
        return Err(AppError::new(ErrorCode::RcloneMissing, message));
    }
    let Transfer { operation, source, destination, options } = check(app, &run).await?;
    let row = NewRow {
        id: Ulid::new().to_string().parse()?,
        operation,
        source,
        destination,
        options,
        user_id: actor.user_id.clone(),
        user: actor.name.clone(),
        created_at: app.clock.now(),
    };
    let mut transaction = app.store.begin().await?;
    if runs::unfinished(&mut transaction).await?.len() >= QUEUE_MAX {
        return Err(AppError::conflict("1,000 runs wait already. Stop some of them, or wait."));
    }
    runs::insert(&mut transaction, &row).await?;
    let target = format!("{} → {}", row.source, row.destination);
    let change = Change {
        detail: serde_json::json!({ "operation": row.operation, "options": row.options }),
        run_id: Some(row.id.clone()),
        ..Change::new("run.start", &target)
    };
    audit(&mut transaction, app, actor, change).await?;
    transaction.commit().await.map_err(StoreError::from)?;
    let run = get(actor, app, &row.id).await?;
    app.engine.hub().tell(Event::Run { run: Box::new(run.summary.clone()) });
    app.engine.wake();
    Ok(run)
}

/// Asks a run to stop. It has ended when its state says so; one that waits ends at once.
pub async fn stop(actor: &Actor, app: &AppState, id: &RunId) -> Result<()> {
    actor.require(Permission::RunsWrite)?;
    let mut transaction = app.store.begin().await?;
    let outcome = runs::request_stop(&mut transaction, id, &actor.name, app.clock.now()).await?;
    match outcome {
        StopOutcome::NotFound => return Err(unknown(id)),
        StopOutcome::AlreadyFinal => return Err(AppError::conflict("This run has ended already.")),
        StopOutcome::Cancelled | StopOutcome::Requested => {}
    }
    let change = Change { run_id: Some(id.clone()), ..Change::new("run.stop", id.as_str()) };
    audit(&mut transaction, app, actor, change).await?;
    transaction.commit().await.map_err(StoreError::from)?;
    if matches!(outcome, StopOutcome::Requested) {
        app.engine.stop(id);
    } else {
        let run = stored(app, id).await?.run;
        app.engine.hub().end(run.summary);
        app.engine.wake();
    }
    Ok(())
}

/// What was asked for, with every rule applied.
async fn check(app: &AppState, run: &NewRun) -> Result<Transfer> {
    run.options.validate()?;
    let source = locations::resolve(app, "source", &run.source).await?;
    let destination = locations::resolve(app, "destination", &run.destination).await?;
    // Two names can lead to one place.
    if overlap(&app.rclone.resolve(&source).await?, &app.rclone.resolve(&destination).await?) {
        return Err(AppError::invalid("destination", "Source and destination overlap. Choose two folders that do not lie in each other."));
    }
    Ok(Transfer { operation: run.operation, source, destination, options: run.options.clone() })
}

/// Whether one lies in the other, or both are the same.
fn overlap(a: &Location, b: &Location) -> bool {
    let (x, y) = (a.segments(), b.segments());
    a.remote() == b.remote() && x.iter().zip(&y).all(|(p, q)| p == q)
}

async fn stored(app: &AppState, id: &RunId) -> Result<Stored> {
    runs::get(&mut *app.store.acquire().await?, id).await?.ok_or_else(|| unknown(id))
}

fn unknown(id: &RunId) -> AppError {
    AppError::not_found(format_args!("run {id}"))
}

fn check_search(search: &str) -> Result<()> {
    if search.len() > SEARCH_MAX { Err(AppError::invalid("search", "At most 256 bytes.")) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_into_itself_is_seen() {
        let at = |text: &str| Location::parse(text).expect(text);
        for (a, b, expected) in [
            ("/a", "/a", true),
            ("/a", "/a/b", true),
            ("/a/b", "/a", true),
            ("/a", "/ab", false),
            ("x:", "x:y", true),
            ("x:y", "z:y", false),
            ("/", "/srv", true),
            ("x:srv", "/srv", false),
        ] {
            assert_eq!(overlap(&at(a), &at(b)), expected, "{a} {b}");
        }
    }
}
