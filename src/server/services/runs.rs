//! Runs: start, stop, watch, look back.

use std::path::Path;

use futures::{Stream, stream};
use tokio::{
    sync::broadcast::{Receiver, error::RecvError},
    task::spawn_blocking,
};
use ulid::Ulid;

use super::{Change, audit, locations, rclone_status};
use crate::{
    domain::{
        error::{AppError, ErrorCode, Result},
        event::Event,
        id::RunId,
        location::Location,
        policy::Permission,
        run::{FileOutcome, LogQuery, NewRun, Run, RunFiles, RunLog, RunPage, RunQuery, RunSeries, RunState, RunSummary, route},
        time::Timestamp,
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
/// Most lines of a log in a page.
const LOG_LINES: u32 = 500;
/// Longest text to search for, in characters.
const SEARCH_MAX: usize = 256;
/// Runs in a snapshot.
const SNAPSHOT: usize = 200;
/// Most runs that wait.
const QUEUE_MAX: usize = 1000;
/// Longest time limit, in seconds: a week.
const LIMIT_MAX: u32 = 7 * 24 * 3600;
/// Longest idempotency key, in bytes.
const KEY_MAX: usize = 255;

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
    window(app, id, outcome, search, offset, if limit == 0 { FILES } else { limit }).await
}

/// What a dry run would do, at most 500 files of each outcome: told to who started it.
pub async fn planned(actor: &Actor, app: &AppState, id: &RunId, outcome: FileOutcome) -> Result<RunFiles> {
    actor.require(Permission::RunsWrite)?;
    window(app, id, outcome, "", 0, FILES_MAX).await
}

async fn window(app: &AppState, id: &RunId, outcome: FileOutcome, search: &str, offset: u64, limit: u64) -> Result<RunFiles> {
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
        text => log::Place::parse(text).map(Some).ok_or_else(|| AppError::invalid(field, "Give back what an answer said.")),
    };
    let wanted = log::Wanted {
        search: query.search.clone(),
        level: query.level,
        after: place("after", &query.after)?,
        before: place("before", &query.before)?,
        limit: if query.limit == 0 { LOG_LINES } else { query.limit } as usize,
    };
    look(app, id, move |dir| log::lines(dir, &wanted)).await
}

/// A run's log as a file, piece by piece: all that is kept of it; while it grows, its last 16 MiB.
pub async fn raw_log(actor: &Actor, app: &AppState, id: &RunId) -> Result<impl Stream<Item = std::io::Result<Vec<u8>>> + use<>> {
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
async fn look<T: Send + 'static>(app: &AppState, id: &RunId, work: impl FnOnce(&Path) -> std::io::Result<T> + Send + 'static) -> Result<T> {
    let dir = app.engine.run_dir(id, stored(app, id).await?.fence);
    match spawn_blocking(move || work(&dir)).await {
        Ok(Ok(found)) => Ok(found),
        Ok(Err(error)) => Err(internal("a run's log could not be read", &error)),
        Err(error) => Err(internal("a run's log could not be read", &error)),
    }
}

/// Checks what was asked for and says the equivalent command line. Starts nothing.
pub async fn preview_command(actor: &Actor, app: &AppState, run: &NewRun) -> Result<String> {
    actor.require(Permission::RunsWrite)?;
    Ok(command::display(&check(app, run).await?))
}

/// Puts a run into the queue. With a `key` that was used before, the answer is the run that was started then.
pub async fn start(actor: &Actor, app: &AppState, run: NewRun, key: Option<String>) -> Result<Run> {
    actor.require(Permission::RunsWrite)?;
    if let RcloneStatus::Missing { message } = rclone_status(app) {
        return Err(AppError::new(ErrorCode::RcloneMissing, message));
    }
    if run.time_limit_secs.is_some_and(|limit| !(1..=LIMIT_MAX).contains(&limit)) {
        return Err(AppError::invalid("time_limit_secs", "Between 1 and 604,800."));
    }
    if key.as_ref().is_some_and(|key| key.is_empty() || key.len() > KEY_MAX) {
        return Err(AppError::invalid("Idempotency-Key", "1 to 255 bytes."));
    }
    let transfer = check(app, &run).await?;
    let now = app.clock.now();
    let mut transaction = app.store.begin().await?;
    if let Some(key) = &key
        && let Some(id) = runs::id_by_key(&mut transaction, &actor.user_id, key).await?
    {
        drop(transaction);
        return started_before(app, &id, &transfer).await;
    }
    let Transfer { operation, source, destination, options } = transfer;
    let row = NewRow {
        id: Ulid::new().to_string().parse()?,
        operation,
        source,
        destination,
        options,
        user_id: actor.user_id.clone(),
        user: actor.name.clone(),
        via: actor.via.as_str(),
        address: actor.address.map(|address| address.to_string()),
        created_at: now,
        deadline_at: run.time_limit_secs.map(|limit| Timestamp(now.0.saturating_add(i64::from(limit) * 1000))),
        idempotency_key: key,
    };
    if runs::unfinished(&mut transaction).await?.len() >= QUEUE_MAX {
        return Err(AppError::conflict("1,000 runs wait already. Stop some of them, or wait."));
    }
    runs::insert(&mut transaction, &row).await?;
    let target = route(&row.source, row.destination.as_ref());
    let change = Change {
        detail: serde_json::json!({ "operation": row.operation, "options": row.options }),
        run_id: Some(row.id.clone()),
        ..Change::new("run.start", &target)
    };
    audit(&mut transaction, app, actor, change).await?;
    transaction.commit().await.map_err(StoreError::from)?;
    let run = found(app, &row.id).await?;
    app.engine.hub().tell(Event::Run { run: Box::new(run.summary.clone()) });
    app.engine.wake();
    Ok(run)
}

/// The run that the same key started, when it was asked for the same.
async fn started_before(app: &AppState, id: &RunId, transfer: &Transfer) -> Result<Run> {
    let run = found(app, id).await?;
    let summary = &run.summary;
    let places = (&summary.source, summary.destination.as_ref()) == (&transfer.source, transfer.destination.as_ref());
    if places && summary.operation == transfer.operation && run.options == transfer.options {
        return Ok(run);
    }
    Err(AppError::conflict("This Idempotency-Key was used for another run. Use a new one for each run."))
}

/// Puts a run into the queue and waits until it has ended. Whoever stops waiting stops nothing.
pub async fn perform(actor: &Actor, app: &AppState, run: NewRun, key: Option<String>) -> Result<Run> {
    // Listened to before it is started: its end can not be missed.
    let events = app.engine.hub().subscribe();
    let started = start(actor, app, run, key).await?;
    let id = started.summary.id.clone();
    let ended = if started.summary.state.is_final() { started } else { ended(app, &id, events).await? };
    let RunSummary { state, error, .. } = &ended.summary;
    let said = error.clone().unwrap_or_default();
    let refusal = match state {
        RunState::Succeeded => return Ok(ended),
        RunState::TimedOut => AppError::new(ErrorCode::Timeout, said),
        RunState::Cancelled => AppError::conflict(match &ended.stopped_by {
            Some(by) => format!("{by} stopped the run."),
            None => "The run was stopped.".to_owned(),
        }),
        _ => {
            let code = ended.exit_code.map(|code| format!(" (rclone's exit code {code})")).unwrap_or_default();
            AppError::new(ErrorCode::RcloneFailed, format!("{said}{code}"))
        }
    };
    Err(AppError { run_id: Some(id), ..refusal })
}

/// The run, once it has ended.
async fn ended(app: &AppState, id: &RunId, mut events: Receiver<std::sync::Arc<Event>>) -> Result<Run> {
    loop {
        let event = tokio::select! {
            () = app.stopping.cancelled() => {
                let message = "Longshore is stopping. The run goes on; ask for it by its id later.";
                return Err(AppError { run_id: Some(id.clone()), ..AppError::new(ErrorCode::Unavailable, message) });
            }
            event = events.recv() => event,
        };
        let look = match event.as_deref() {
            Ok(Event::Run { run }) => run.id == *id && run.state.is_final(),
            // What was missed may have been the end.
            Err(RecvError::Lagged(_)) => true,
            _ => false,
        };
        if look {
            let run = found(app, id).await?;
            if run.summary.state.is_final() {
                return Ok(run);
            }
        }
    }
}

/// Asks a run to stop; the run as it is then. It has ended when its state says so; one that waits ends at once.
pub async fn stop(actor: &Actor, app: &AppState, id: &RunId) -> Result<Run> {
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
    found(app, id).await
}

/// What was asked for, with every rule applied.
async fn check(app: &AppState, run: &NewRun) -> Result<Transfer> {
    let operation = run.operation;
    run.options.validate(operation)?;
    let source = locations::resolve(app, "source", &run.source).await?;
    let destination = match (&run.destination, operation.has_destination()) {
        (Some(destination), true) => Some(locations::resolve(app, "destination", destination).await?),
        (None, false) => None,
        (None, true) => return Err(AppError::invalid("destination", "This is needed.")),
        (Some(_), false) => return Err(AppError::invalid("destination", "A delete has none.")),
    };
    if let Some(destination) = &destination
        && meet(app, &source, destination).await?
    {
        return Err(AppError::invalid("destination", "Source and destination overlap. Choose two folders that do not lie in each other."));
    }
    let mut options = run.options.clone();
    if let (Some(backup), Some(destination)) = (&options.backup_dir, &destination) {
        options.backup_dir = Some(check_backup(app, backup, &source, destination).await?.to_string());
    }
    Ok(Transfer { operation, source, destination, options })
}

/// Where to keep what is replaced or deleted: rclone moves it there, which it can on one remote only.
async fn check_backup(app: &AppState, text: &str, source: &Location, destination: &Location) -> Result<Location> {
    let backup = locations::resolve(app, "backup_dir", text).await?;
    if backup.remote() != destination.remote() {
        return Err(AppError::invalid("backup_dir", format!("It has to be on the remote of the destination, {}.", destination.remote())));
    }
    if meet(app, &backup, destination).await? || meet(app, &backup, source).await? {
        return Err(AppError::invalid("backup_dir", "It can lie neither in the source nor in the destination, nor hold them."));
    }
    Ok(backup)
}

/// Whether two locations have a folder in common. Two names can lead to one place, and one name to several.
async fn meet(app: &AppState, a: &Location, b: &Location) -> Result<bool> {
    let (a, b) = (app.rclone.resolve(a).await?, app.rclone.resolve(b).await?);
    Ok(a.iter().any(|a| b.iter().any(|b| overlap(a, b))))
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
    if search.chars().count() > SEARCH_MAX { Err(AppError::invalid("search", "At most 256 characters.")) } else { Ok(()) }
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
