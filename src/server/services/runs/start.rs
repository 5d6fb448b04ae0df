//! Starts a run: applies every rule, and puts it into the queue.

use std::time::Duration;

use super::{super::rclone_status, approval, found, transfer};
use crate::{
    domain::{
        comparison::Comparison,
        error::{AppError, ErrorCode, Result},
        event::Event,
        id::RunId,
        location::Location,
        operation::Operation,
        policy::Permission,
        run::{detail::Run, new::NewRun, summary::JobName, wait::OnBusy},
        text::is_same,
        transfer::TransferOptions,
        user::RcloneStatus,
    },
    server::{
        auth::Actor,
        engine::{
            admission::{self, Authority, Refusal, Request},
            authority::Owner,
            places,
        },
        locations::Asked,
        rclone::{
            browse::existence::Presence,
            run::{bisync, command, compare, idle},
        },
        state::AppState,
        store::{
            Connection, StoreError,
            runs::{self, PathLock, Task},
        },
    },
};

/// Longest time limit, in seconds: a week.
const LIMIT_MAX: u32 = 7 * 24 * 3600;
/// How long to check whether a source is a file.
const QUICK_LOOK: Duration = Duration::from_secs(3);
/// Longest idempotency key, in bytes.
const KEY_MAX: usize = 255;

/// Where a run comes from, beside who asked for it.
#[derive(Clone, Debug, Default)]
pub struct Origin {
    /// The job that it is a run of.
    pub job: Option<JobName>,
    /// The run whose failed files it takes up again.
    pub retry_of: Option<RunId>,
    /// What the client calls its request. Used before, the answer is the run that was started then.
    pub key: Option<String>,
}

/// Checks what was asked for and says the equivalent command line. Starts nothing.
pub async fn preview_command(actor: &Actor, app: &AppState, run: &NewRun) -> Result<String> {
    actor.require(Permission::RunsWrite)?;
    Ok(command::display(&transfer(&check(app, run, None).await?.0)))
}

/// By what files would be compared; `None` where nothing is, or a side does not answer.
pub async fn comparison(actor: &Actor, app: &AppState, run: &NewRun) -> Result<Option<Comparison>> {
    actor.require(Permission::RunsWrite)?;
    let (task, _) = check(app, run, None).await?;
    let Some(destination) = &task.destination else { return Ok(None) };
    let (source, destination) = tokio::join!(app.rclone.side(&task.source), app.rclone.side(destination));
    let (Ok(source), Ok(destination)) = (source, destination) else { return Ok(None) };
    let found = compare::compares_by(task.operation, &task.options, &source, &destination);
    Ok(found.map(|(by, lack)| Comparison::new(task.operation, by, lack.as_ref())))
}

/// Puts a run into the queue. With a `key` that was used before, the answer is the run that was started then.
pub async fn start(actor: &Actor, app: &AppState, run: NewRun, key: Option<String>) -> Result<Run> {
    start_as(actor, app, run, Origin { key, ..Origin::default() }).await
}

/// The same, for a run that comes from somewhere.
pub async fn start_as(actor: &Actor, app: &AppState, run: NewRun, origin: Origin) -> Result<Run> {
    actor.require(Permission::RunsWrite)?;
    if let RcloneStatus::Missing { message } = rclone_status(app) {
        return Err(AppError::new(ErrorCode::RcloneMissing, message));
    }
    let Origin { job, retry_of, key } = origin;
    if key.as_ref().is_some_and(|key| key.is_empty() || key.len() > KEY_MAX) {
        return Err(AppError::invalid("Idempotency-Key", "1 to 255 bytes."));
    }
    if job.is_none() && run.guards.may_delete.is_some() {
        return Err(AppError::invalid(
            "guards.may_delete",
            "Only a saved job can have this. Confirm the run instead: `confirm`.",
        ));
    }
    let (task, places) = check(app, &run, retry_of).await?;
    let spec = places::spec(&task, &places);
    let now = app.clock.now();
    let mut transaction = app.store.begin().await?;
    if let Some(key) = &key
        && let Some(id) = runs::id_by_key(&mut transaction, &actor.user_id, key).await?
    {
        drop(transaction);
        return started_before(app, &id, &task).await;
    }
    if let Some(approval) = &run.approval {
        approval::check(&mut transaction, &task, &spec, approval, now).await?;
    }
    if run.on_busy == OnBusy::Refuse {
        refuse_busy(&mut transaction, &places).await?;
    }
    let address = actor.address.map(|address| address.to_string());
    let request = Request {
        task,
        places,
        authority: Authority {
            owner: Owner { user_id: actor.user_id, user: actor.name.clone(), token: actor.token },
            via: actor.via,
            address,
        },
        approved_by: run.approval.map(|approval| approval.preview),
        job,
        parent: None,
        retry: run.retry,
        priority: run.priority,
        time_limit_secs: run.time_limit_secs,
        idempotency_key: key,
        confirmed: run.confirm.is_some() && run.operation.removes(),
    };
    let id = admission::admit(&mut transaction, request, now).await.map_err(refused)?;
    transaction.commit().await?;
    let run = found(app, &id).await?;
    app.events.tell(Event::Run { run: Box::new(run.summary.clone()) });
    app.engine.wake();
    Ok(run)
}

fn refused(refusal: Refusal) -> AppError {
    match refusal {
        Refusal::Owner(why) => AppError::forbidden(why),
        Refusal::Full(why) => AppError::conflict(why),
        Refusal::Store(StoreError::Taken) => approval::used(),
        Refusal::Store(error) => error.into(),
    }
}

/// Refuses while another run that has not ended writes where this one would read or write, or reads where it would
/// write.
async fn refuse_busy(c: &mut Connection, places: &[PathLock]) -> Result<()> {
    let Some(other) = runs::busy(c, places).await? else { return Ok(()) };
    let message = format!(
        "Another run is using this location, or is queued for it: {other}. Wait until it ends, or let this one wait in the queue."
    );
    Err(AppError { run_id: Some(other), ..AppError::new(ErrorCode::DestinationBusy, message) })
}

/// The run that the same key started, when it was asked for the same.
async fn started_before(app: &AppState, id: &RunId, task: &Task) -> Result<Run> {
    let run = found(app, id).await?;
    let summary = &run.summary;
    let same = |a: Option<&Location>, b: Option<&Location>| a.zip(b).map_or(a == b, |(a, b)| a.is_same(b));
    let places = same(Some(&summary.source), Some(&task.source))
        && same(summary.destination.as_ref(), task.destination.as_ref());
    if places && summary.operation == task.operation && run.options == task.options && run.guards == task.guards {
        return Ok(run);
    }
    Err(AppError::conflict("This Idempotency-Key was used for another run. Use a new one for each run."))
}

/// What was asked for, with every rule applied, and what it reads and writes.
pub(in crate::server::services) async fn check(
    app: &AppState,
    run: &NewRun,
    retry_of: Option<RunId>,
) -> Result<(Task, Vec<PathLock>)> {
    let operation = run.operation;
    run.options.validate(operation)?;
    run.guards.validate(operation)?;
    run.retry.validate()?;
    if run.time_limit_secs.is_some_and(|limit| !(1..=LIMIT_MAX).contains(&limit)) {
        return Err(AppError::invalid("time_limit_secs", "Between 1 and 604,800."));
    }
    if !(-100..=100).contains(&run.priority) {
        return Err(AppError::invalid("priority", "Between -100 and 100."));
    }
    if run.retry.attempts > 1 && !operation.is_repeatable() {
        let word = operation.as_str();
        return Err(AppError::invalid(
            "retry.attempts",
            format!(
                "A {word} is not retried automatically: after a failure, Longshore cannot tell what it already did."
            ),
        ));
    }
    if run.approval.is_some() && (!operation.deletes() || run.options.dry_run) {
        return Err(AppError::invalid("approval", "Only a run that can delete needs one."));
    }
    let place = run.destination.as_ref().unwrap_or(&run.source);
    if run.confirm.as_ref().is_some_and(|confirm| !is_same(confirm, place)) {
        return Err(AppError::invalid("confirm", "It differs from the location that would be changed."));
    }
    let mut options = run.options.clone();
    let (source, destination, backup_dir) = (run.source.clone(), run.destination.clone(), options.backup_dir.clone());
    let asked = Asked { operation, source, destination, backup_dir };
    let places = app.locations.transfer(asked).await?;
    options.flags = app.rclone.check_flags(operation, &options.flags).await?;
    app.rclone.judge(&options).await?;
    let paths = places::of(&places, operation, options.dry_run);
    let (source, destination, backup_dir) = places.locations();
    refuse_idle(app, operation, &source, &options).await?;
    options.backup_dir = backup_dir.map(|backup| backup.to_string()).or(options.backup_dir);
    let task = Task { operation, source, destination, options, guards: run.guards.clone(), retry_of };
    if operation == Operation::Bisync && !bisync::fits(&transfer(&task)) {
        let problem =
            format!("Source and destination are too long for a bisync: at most {} bytes together.", bisync::LONGEST);
        return Err(AppError::invalid("destination", problem));
    }
    Ok((task, paths))
}

/// Refuses options that would have no effect, naming each field: who set them believes that they have one.
async fn refuse_idle(app: &AppState, operation: Operation, source: &Location, options: &TransferOptions) -> Result<()> {
    let mut fields = idle::idle(operation, options);
    let of_a_file = idle::idle_on_a_file(options);
    if !of_a_file.is_empty()
        // One that does not answer is met by the run.
        && app.rclone.presence(source, QUICK_LOOK).await.is_ok_and(|found| found == Presence::File)
    {
        fields.extend(of_a_file);
    }
    if fields.is_empty() { Ok(()) } else { Err(AppError::invalid_fields(fields)) }
}
