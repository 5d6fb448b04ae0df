//! REST: jobs.

use axum::{
    Json,
    extract::State,
    http::{HeaderMap, HeaderName, StatusCode, header},
};
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    current_actor::CurrentActor,
    extract::{ApiError, Body, MaybeBody, Params, idempotency_key},
    id::Id,
    runs::{Started, started},
};
use crate::{
    domain::{
        error::AppError,
        guard::Approval,
        id::JobId,
        job::{Job, JobPage, JobQuery, JobUpdate, NewJob},
        run::detail::Run,
    },
    server::{services::jobs, state::AppState},
};

/// The routes of this noun.
pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(list, create))
        .routes(routes!(get, update, delete))
        .routes(routes!(duplicate))
        .routes(routes!(run))
        .routes(routes!(preview))
}

/// List jobs
///
/// By name, each with its last run.
#[utoipa::path(get, path = "/api/v1/jobs", tag = "jobs",
    params(
        ("search" = Option<String>, Query, description = "only those with this in the name, source or destination, ignoring case, accents and Unicode form", max_length = 256),
        ("cursor" = Option<String>, Query, description = "the cursor from the previous page"),
        ("limit" = Option<u32>, Query, description = "how many, at most 1,000; 100 when absent", maximum = 1000),
    ),
    responses((status = 200, body = JobPage)))]
async fn list(
    CurrentActor(actor): CurrentActor,
    State(app): State<AppState>,
    Params(query): Params<JobQuery>,
) -> Result<Json<JobPage>, ApiError> {
    Ok(Json(jobs::list(&actor, &app, &query).await?))
}

type Made = (StatusCode, [(HeaderName, String); 1], Json<Job>);

fn made(job: Job) -> Made {
    (StatusCode::CREATED, [(header::LOCATION, format!("/api/v1/jobs/{}", job.id))], Json(job))
}

/// Create a job
///
/// Everything that a run is asked is asked now, and again when it is started.
#[utoipa::path(post, path = "/api/v1/jobs", tag = "jobs", request_body = NewJob,
    responses(
        (status = 201, body = Job, headers(("Location" = String, description = "where the job is"))),
        (status = 404, body = AppError), (status = 409, body = AppError),
    ))]
async fn create(
    CurrentActor(actor): CurrentActor,
    State(app): State<AppState>,
    Body(job): Body<NewJob>,
) -> Result<Made, ApiError> {
    Ok(made(jobs::create(&actor, &app, job).await?))
}

/// Get a job
///
/// With its last run and the command line that it stands for.
#[utoipa::path(get, path = "/api/v1/jobs/{id}", tag = "jobs", params(Id<JobId>),
    responses((status = 200, body = Job), (status = 404, body = AppError)))]
async fn get(
    CurrentActor(actor): CurrentActor,
    State(app): State<AppState>,
    Id(id): Id<JobId>,
) -> Result<Json<Job>, ApiError> {
    Ok(Json(jobs::get(&actor, &app, &id).await?))
}

/// Change a job
///
/// All of its fields, over the version that was seen. What somebody has changed meanwhile is not written over: 409.
#[utoipa::path(patch, path = "/api/v1/jobs/{id}", tag = "jobs", request_body = JobUpdate,
    params(Id<JobId>),
    responses((status = 200, body = Job), (status = 404, body = AppError), (status = 409, body = AppError)))]
async fn update(
    CurrentActor(actor): CurrentActor,
    State(app): State<AppState>,
    Id(id): Id<JobId>,
    Body(update): Body<JobUpdate>,
) -> Result<Json<Job>, ApiError> {
    Ok(Json(jobs::update(&actor, &app, &id, update).await?))
}

/// Delete a job
///
/// Its runs stay in the history, and those that go on go on.
#[utoipa::path(delete, path = "/api/v1/jobs/{id}", tag = "jobs", params(Id<JobId>),
    responses((status = 204), (status = 404, body = AppError)))]
async fn delete(
    CurrentActor(actor): CurrentActor,
    State(app): State<AppState>,
    Id(id): Id<JobId>,
) -> Result<StatusCode, ApiError> {
    jobs::delete(&actor, &app, &id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Duplicate a job
///
/// The same under another name.
#[utoipa::path(post, path = "/api/v1/jobs/{id}/duplicate", tag = "jobs", params(Id<JobId>),
    responses(
        (status = 201, body = Job, headers(("Location" = String, description = "where the new job is"))),
        (status = 404, body = AppError), (status = 409, body = AppError),
    ))]
async fn duplicate(
    CurrentActor(actor): CurrentActor,
    State(app): State<AppState>,
    Id(id): Id<JobId>,
) -> Result<Made, ApiError> {
    Ok(made(jobs::duplicate(&actor, &app, &id).await?))
}

/// How a run of a job is started.
#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
#[schema(example = json!({ "approval": { "preview": "01JD3Z6N9V4M2K8Q7W5X1T0R3S", "confirm": "b2-archive:photos" } }))]
struct RunRequest {
    /// What lets it go although a guard would stop it.
    approval: Option<Approval>,
    /// The destination once more, of a delete the path: it lets a delete and a move go beyond their budget.
    confirm: Option<String>,
}

/// Run a job
///
/// Puts a run of it into the queue and answers at once.
#[utoipa::path(post, path = "/api/v1/jobs/{id}/runs", tag = "jobs", request_body = Option<RunRequest>,
    params(
        Id<JobId>,
        ("Idempotency-Key" = Option<String>, Header, description = "a request sent twice with the same key starts one run"),
    ),
    responses(
        (status = 202, body = Run, headers(("Location" = String, description = "where the run is"))),
        (status = 404, body = AppError), (status = 409, body = AppError),
    ))]
async fn run(
    CurrentActor(actor): CurrentActor,
    State(app): State<AppState>,
    Id(id): Id<JobId>,
    headers: HeaderMap,
    MaybeBody(request): MaybeBody<RunRequest>,
) -> Result<Started, ApiError> {
    Ok(started(
        jobs::run(
            &actor,
            &app,
            &id,
            jobs::LetGo { approval: request.approval, confirm: request.confirm },
            idempotency_key(&headers)?,
        )
        .await?,
    ))
}

/// Preview a job
///
/// Puts a dry run of it into the queue: what it would change is listed in that run's files, and its id approves one
/// run.
#[utoipa::path(post, path = "/api/v1/jobs/{id}/preview", tag = "jobs",
    params(
        Id<JobId>,
        ("Idempotency-Key" = Option<String>, Header, description = "a request sent twice with the same key starts one run"),
    ),
    responses(
        (status = 202, body = Run, headers(("Location" = String, description = "where the preview is"))),
        (status = 404, body = AppError), (status = 409, body = AppError),
    ))]
async fn preview(
    CurrentActor(actor): CurrentActor,
    State(app): State<AppState>,
    Id(id): Id<JobId>,
    headers: HeaderMap,
) -> Result<Started, ApiError> {
    Ok(started(jobs::preview(&actor, &app, &id, idempotency_key(&headers)?).await?))
}
