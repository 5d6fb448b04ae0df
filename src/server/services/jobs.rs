//! Jobs: runs that are saved. Everything that a run is asked is asked when it is saved, and again when it is started.

use super::{
    Change, audit,
    runs::{self, Origin, check, transfer},
};
use crate::{
    domain::{
        error::{AppError, Result},
        guard::Approval,
        id::JobId,
        job::{Job, JobPage, JobQuery, JobUpdate, NewJob},
        page,
        policy::Permission,
        run::{detail::Run, summary::JobName},
        unique::Unique,
    },
    server::{
        auth::Actor,
        error::unless_taken,
        rclone::run::{command, transfer::Transfer},
        state::AppState,
        store::{Connection, jobs as store, jobs::Owner, new_id, runs::last_of_jobs},
    },
};

/// Most jobs.
const MAX_JOBS: u64 = 10_000;
/// Longest text to search for, in characters.
const SEARCH: usize = 256;

/// A page of jobs, by name.
pub async fn list(actor: &Actor, app: &AppState, query: &JobQuery) -> Result<JobPage> {
    actor.require(Permission::JobsRead)?;
    if query.search.chars().count() > SEARCH {
        return Err(AppError::invalid("search", "At most 256 characters."));
    }
    page::check_limit(query.limit)?;
    let mut reader = app.store.acquire().await?;
    let mut page = store::list(&mut reader, query).await?;
    let mut last = last_of_jobs(&mut reader, &page.jobs.iter().map(|job| job.id).collect::<Vec<_>>()).await?;
    for job in &mut page.jobs {
        job.last_run = last.remove(&job.id);
        job.command = command_of(job);
    }
    Ok(page)
}

/// One job.
pub async fn get(actor: &Actor, app: &AppState, id: &JobId) -> Result<Job> {
    actor.require(Permission::JobsRead)?;
    found(app, id).await
}

async fn found(app: &AppState, id: &JobId) -> Result<Job> {
    let mut reader = app.store.acquire().await?;
    let mut job = store::get(&mut reader, id).await?.ok_or_else(|| unknown(id))?.job;
    job.last_run = last_of_jobs(&mut reader, std::slice::from_ref(id)).await?.remove(id);
    job.command = command_of(&job);
    Ok(job)
}

fn unknown(id: &JobId) -> AppError {
    AppError::not_found(format_args!("job {id}"))
}

/// The command line. Of one whose place cannot be read any more there is none.
fn command_of(job: &Job) -> String {
    let (Ok(source), Ok(destination)) = (job.source(), job.destination()) else { return String::new() };
    command::display(&Transfer {
        operation: job.spec.operation,
        source,
        destination,
        options: job.spec.options.clone(),
    })
}

/// Saves a new job.
pub async fn create(actor: &Actor, app: &AppState, job: NewJob) -> Result<Job> {
    actor.require(Permission::JobsWrite)?;
    let (job, now) = (checked(app, job).await?, app.clock.now());
    let id: JobId = new_id(now);
    let mut transaction = app.store.begin().await?;
    if store::count(&mut transaction).await? >= MAX_JOBS {
        return Err(AppError::conflict("There are 10,000 jobs already. Delete some of them."));
    }
    check_followers(&mut transaction, &job).await?;
    store::insert(&mut transaction, &id, &job, &owner(actor), now)
        .await
        .map_err(unless_taken(Unique::Job, &job.name))?;
    check_chain(&mut transaction, &id, &job).await?;
    save_audit(&mut transaction, app, actor, "job.create", &job).await?;
    transaction.commit().await?;
    found(app, &id).await
}

/// Changes a job, if it still is as the caller saw it.
pub async fn update(actor: &Actor, app: &AppState, id: &JobId, update: JobUpdate) -> Result<Job> {
    actor.require(Permission::JobsWrite)?;
    let (job, now) = (checked(app, update.job).await?, app.clock.now());
    let mut transaction = app.store.begin().await?;
    let before = store::get(&mut transaction, id).await?.ok_or_else(|| unknown(id))?;
    check_followers(&mut transaction, &job).await?;
    if !store::update(&mut transaction, id, update.version, &job, &owner(actor), now)
        .await
        .map_err(unless_taken(Unique::Job, &job.name))?
    {
        let by = before.owner.name;
        return Err(AppError::conflict(format!(
            "{by} changed this job in the meantime. Load the current version, then change it again."
        )));
    }
    check_chain(&mut transaction, id, &job).await?;
    save_audit(&mut transaction, app, actor, "job.update", &job).await?;
    transaction.commit().await?;
    found(app, id).await
}

/// Deletes a job. Its runs stay in the history.
pub async fn delete(actor: &Actor, app: &AppState, id: &JobId) -> Result<()> {
    actor.require(Permission::JobsWrite)?;
    let mut transaction = app.store.begin().await?;
    let job = store::get(&mut transaction, id).await?.ok_or_else(|| unknown(id))?.job;
    store::delete(&mut transaction, id).await?;
    save_audit(&mut transaction, app, actor, "job.delete", &job.spec).await?;
    Ok(transaction.commit().await?)
}

/// Saves a job like this one under another name.
pub async fn duplicate(actor: &Actor, app: &AppState, id: &JobId) -> Result<Job> {
    actor.require(Permission::JobsWrite)?;
    let original = found(app, id).await?.spec;
    for n in 1..=100 {
        let suffix = if n == 1 { " (copy)".to_owned() } else { format!(" (copy {n})") };
        // A name has at most 100 characters.
        let name: String = original.name.chars().take(100 - suffix.chars().count()).collect();
        let copy = NewJob { name: name + &suffix, ..original.clone() };
        match create(actor, app, copy).await {
            Err(error) if error.fields.contains_key("name") => {}
            made => return made,
        }
    }
    Err(AppError::conflict("There are 100 copies of this job already."))
}

/// What a person or a program says to let a run of a job go beyond a guard.
#[derive(Clone, Debug, Default)]
pub struct LetGo {
    /// The preview that a person approved.
    pub approval: Option<Approval>,
    /// The path once more.
    pub confirm: Option<String>,
}

/// Starts a run of a job.
pub async fn run(actor: &Actor, app: &AppState, id: &JobId, let_go: LetGo, key: Option<String>) -> Result<Run> {
    actor.require(Permission::RunsWrite)?;
    start(actor, app, id, let_go, false, key).await
}

/// Starts a dry run of a job: what it would change.
pub async fn preview(actor: &Actor, app: &AppState, id: &JobId, key: Option<String>) -> Result<Run> {
    actor.require(Permission::RunsWrite)?;
    start(actor, app, id, LetGo::default(), true, key).await
}

async fn start(
    actor: &Actor,
    app: &AppState,
    id: &JobId,
    let_go: LetGo,
    dry_run: bool,
    key: Option<String>,
) -> Result<Run> {
    let job = found(app, id).await?;
    let mut run = job.spec.run();
    run.options.dry_run |= dry_run;
    (run.approval, run.confirm) = (let_go.approval, let_go.confirm);
    let name = JobName { id: job.id, name: job.spec.name };
    runs::start_as(actor, app, run, Origin { job: Some(name), key, retry_of: None }).await
}

/// The job as it is kept: every rule applied, places as they were read.
async fn checked(app: &AppState, job: NewJob) -> Result<NewJob> {
    job.validate()?;
    let (task, _) = check(app, &job.run(), None).await?;
    let transfer = transfer(&task);
    Ok(NewJob {
        name: job.name.trim().to_owned(),
        source: transfer.source.to_string(),
        destination: transfer.destination.as_ref().map(ToString::to_string),
        options: transfer.options,
        ..job
    })
}

/// Who is to follow has to be there, and be named once.
async fn check_followers(c: &mut Connection, job: &NewJob) -> Result<()> {
    for (n, follower) in job.followers.iter().enumerate() {
        if store::get(c, &follower.job).await?.is_none() {
            return Err(AppError::invalid("followers", format!("There is no job {}.", follower.job)));
        }
        if job.followers.iter().take(n).any(|other| other.job == follower.job) {
            return Err(AppError::invalid(
                "followers",
                "A job can start another one only once. “Always” covers both outcomes.",
            ));
        }
    }
    Ok(())
}

/// A chain that comes back would run for ever. Asked once it is written, in the same transaction.
async fn check_chain(c: &mut Connection, id: &JobId, job: &NewJob) -> Result<()> {
    for follower in &job.followers {
        if store::leads_to(c, &follower.job, id).await? {
            return Err(AppError::invalid(
                "followers",
                "This leads back to the job itself: it would start itself again and again.",
            ));
        }
    }
    Ok(())
}

async fn save_audit(c: &mut Connection, app: &AppState, actor: &Actor, action: &str, job: &NewJob) -> Result<()> {
    audit(c, app, actor, Change { detail: serde_json::json!(job), ..Change::new(action, &job.name) }).await
}

fn owner(actor: &Actor) -> Owner {
    Owner { id: actor.user_id, name: actor.name.clone() }
}
