//! Jobs: saved, changed, started.

use leptos::{
    prelude::*,
    server_fn::codec::{GetUrl, Json},
};

use crate::domain::{
    error::AppError,
    guard::Approval,
    id::{JobId, RunId},
    job::{Job, JobPage, JobQuery, JobUpdate, NewJob},
};

/// A page of jobs, by name.
#[server(prefix = "/api/fn", endpoint = "jobs/list", input = GetUrl)]
pub async fn list_jobs(query: JobQuery) -> Result<JobPage, AppError> {
    use crate::server::{call::call, services::jobs};
    call(|actor, app| async move { jobs::list(&actor, &app, &query).await }).await
}

/// One job.
#[server(prefix = "/api/fn", endpoint = "jobs/get", input = GetUrl)]
pub async fn get_job(id: String) -> Result<Job, AppError> {
    use crate::server::{call::call, services::jobs};
    call(|actor, app| async move { jobs::get(&actor, &app, &id.parse()?).await }).await
}

/// Saves a new job.
#[server(prefix = "/api/fn", endpoint = "jobs/create", input = Json)]
pub async fn create_job(job: NewJob) -> Result<JobId, AppError> {
    use crate::server::{call::call, services::jobs};
    call(|actor, app| async move { jobs::create(&actor, &app, job).await.map(|job| job.id) }).await
}

/// Changes a job.
#[server(prefix = "/api/fn", endpoint = "jobs/update", input = Json)]
pub async fn update_job(id: JobId, update: JobUpdate) -> Result<Job, AppError> {
    use crate::server::{call::call, services::jobs};
    call(|actor, app| async move { jobs::update(&actor, &app, &id, update).await }).await
}

/// Deletes a job. Its runs stay.
#[server(prefix = "/api/fn", endpoint = "jobs/delete")]
pub async fn delete_job(id: String) -> Result<(), AppError> {
    use crate::server::{call::call, services::jobs};
    call(|actor, app| async move { jobs::delete(&actor, &app, &id.parse()?).await }).await
}

/// Saves a job like this one under another name.
#[server(prefix = "/api/fn", endpoint = "jobs/duplicate")]
pub async fn duplicate_job(id: String) -> Result<JobId, AppError> {
    use crate::server::{call::call, services::jobs};
    call(|actor, app| async move { jobs::duplicate(&actor, &app, &id.parse()?).await.map(|job| job.id) }).await
}

/// Starts a run of a job.
#[server(prefix = "/api/fn", endpoint = "jobs/run", input = Json)]
pub async fn run_job(id: JobId, approval: Option<Approval>) -> Result<RunId, AppError> {
    use crate::server::{call::call, services::jobs};
    call(|actor, app| async move {
        jobs::run(&actor, &app, &id, jobs::LetGo { approval, confirm: None }, None).await.map(|run| run.summary.id)
    })
    .await
}

/// Starts a dry run of a job.
#[server(prefix = "/api/fn", endpoint = "jobs/preview")]
pub async fn preview_job(id: String) -> Result<RunId, AppError> {
    use crate::server::{call::call, services::jobs};
    call(|actor, app| async move { jobs::preview(&actor, &app, &id.parse()?, None).await.map(|run| run.summary.id) })
        .await
}
