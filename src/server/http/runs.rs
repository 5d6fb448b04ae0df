//! REST: runs.

use axum::{
    Json,
    body::Body as Streamed,
    extract::State,
    http::{HeaderMap, HeaderName, StatusCode, header},
    response::{IntoResponse as _, Response},
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    current_actor::CurrentActor,
    extract::{ApiError, Body, MaybeBody, Params, idempotency_key},
    id::Id,
};
use crate::{
    domain::{
        comparison::Comparison,
        error::AppError,
        id::{JobId, RunId},
        operation::Operation,
        queue::RunPatch,
        run::{
            detail::Run,
            files::{FileOutcome, RunFiles},
            log::{LogLevel, LogQuery, RunLog, RunSeries},
            new::NewRun,
            query::{RunPage, RunQuery},
            state::RunState,
        },
        transfer::rate_schema,
    },
    server::{services::runs, state::AppState},
};

/// The routes of this noun.
pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(list, start))
        .routes(routes!(comparison))
        .routes(routes!(get, update))
        .routes(routes!(stop))
        .routes(routes!(bandwidth))
        .routes(routes!(retry))
        .routes(routes!(files))
        .routes(routes!(log))
        .routes(routes!(raw_log))
        .routes(routes!(series))
}

/// List runs
///
/// A page of history, newest first.
#[utoipa::path(get, path = "/api/v1/runs", tag = "runs",
    params(
        ("state" = inline(Option<RunState>), Query, description = "only in this state"),
        ("operation" = inline(Option<Operation>), Query, description = "only of this operation"),
        ("job" = inline(Option<JobId>), Query, description = "only of this job"),
        ("search" = Option<String>, Query, description = "only those with this in the source or destination, ignoring case, accents and Unicode form", max_length = 256),
        ("cursor" = inline(Option<RunId>), Query, description = "the cursor from the previous page"),
        ("limit" = Option<u32>, Query, description = "how many, at most 1,000; 50 when absent", maximum = 1000),
    ),
    responses((status = 200, body = RunPage)))]
async fn list(
    CurrentActor(actor): CurrentActor,
    State(app): State<AppState>,
    Params(query): Params<RunQuery>,
) -> Result<Json<RunPage>, ApiError> {
    Ok(Json(runs::list(&actor, &app, &query).await?))
}

/// Start a run
///
/// Puts it into the queue and answers at once. A client that hangs up stops nothing.
#[utoipa::path(post, path = "/api/v1/runs", tag = "runs", request_body = NewRun,
    params(("Idempotency-Key" = Option<String>, Header, description = "a request sent twice with the same key starts one run")),
    responses(
        (status = 202, body = Run, headers(("Location" = String, description = "where the run is"))),
        (status = 404, body = AppError), (status = 409, body = AppError),
    ))]
async fn start(
    CurrentActor(actor): CurrentActor,
    State(app): State<AppState>,
    headers: HeaderMap,
    Body(run): Body<NewRun>,
) -> Result<Started, ApiError> {
    Ok(started(runs::start(&actor, &app, run, idempotency_key(&headers)?).await?))
}

/// By what files would be compared.
#[derive(Serialize, ToSchema)]
struct HowCompared {
    /// Absent where nothing is compared, or where a side does not answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    compares_by: Option<Comparison>,
}

/// Say how files would be compared
///
/// Of a run that is not started: by what its files would be compared, by what was asked for and what both sides can. A
/// run that would compare less than it was asked to, or less than is needed to see every change, ends with a warning.
#[utoipa::path(post, path = "/api/v1/runs/comparison", tag = "runs", request_body = NewRun,
    responses((status = 200, body = HowCompared), (status = 404, body = AppError)))]
async fn comparison(
    CurrentActor(actor): CurrentActor,
    State(app): State<AppState>,
    Body(run): Body<NewRun>,
) -> Result<Json<HowCompared>, ApiError> {
    Ok(Json(HowCompared { compares_by: runs::comparison(&actor, &app, &run).await? }))
}

/// Get a run
///
/// In full, with its history and what it transfers now.
#[utoipa::path(get, path = "/api/v1/runs/{id}", tag = "runs",
    params(Id<RunId>),
    responses((status = 200, body = Run), (status = 404, body = AppError)))]
async fn get(
    CurrentActor(actor): CurrentActor,
    State(app): State<AppState>,
    Id(id): Id<RunId>,
) -> Result<Json<Run>, ApiError> {
    Ok(Json(runs::get(&actor, &app, &id).await?))
}

/// Move a run that waits
///
/// By its priority, or to a place in the queue.
#[utoipa::path(patch, path = "/api/v1/runs/{id}", tag = "runs", request_body = RunPatch,
    params(Id<RunId>),
    responses((status = 200, body = Run), (status = 404, body = AppError), (status = 409, body = AppError)))]
async fn update(
    CurrentActor(actor): CurrentActor,
    State(app): State<AppState>,
    Id(id): Id<RunId>,
    Body(patch): Body<RunPatch>,
) -> Result<Json<Run>, ApiError> {
    Ok(Json(runs::update(&actor, &app, &id, &patch).await?))
}

/// Why a run shall stop.
#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
#[schema(example = json!({ "reason": "The line is needed for a call." }))]
struct StopRequest {
    /// In your words: at most 500 characters. It is kept in the run's history.
    #[schema(max_length = 500, example = "The line is needed for a call.")]
    reason: String,
}

/// Stop a run
///
/// Asks for it. rclone has 10 s to clean up. The run has ended when its state says so.
#[utoipa::path(post, path = "/api/v1/runs/{id}/stop", tag = "runs", request_body = Option<StopRequest>,
    params(Id<RunId>),
    responses((status = 202, body = Run), (status = 404, body = AppError), (status = 409, body = AppError)))]
async fn stop(
    CurrentActor(actor): CurrentActor,
    State(app): State<AppState>,
    Id(id): Id<RunId>,
    MaybeBody(request): MaybeBody<StopRequest>,
) -> Result<(StatusCode, Json<Run>), ApiError> {
    Ok((StatusCode::ACCEPTED, Json(runs::stop(&actor, &app, &id, &request.reason).await?)))
}

/// A bandwidth limit.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "rate": "10M" }))]
struct BandwidthRequest {
    /// `10M` is 10 MiB/s, `1M:2M` up and down, `off` none.
    #[schema(schema_with = rate_schema)]
    rate: String,
}

/// Change the bandwidth limit of a run
///
/// While it runs. It holds until the attempt ends. rclone first sends the pieces that already wait at the old limit,
/// which takes long at a low one: after 30 s the answer is 504, and the limit is taken later, as the run's events will
/// say. Until then another change is a 409.
#[utoipa::path(post, path = "/api/v1/runs/{id}/bandwidth", tag = "runs", request_body = BandwidthRequest,
    params(Id<RunId>),
    responses((status = 200, body = Run), (status = 404, body = AppError), (status = 409, body = AppError), (status = 504, body = AppError)))]
async fn bandwidth(
    CurrentActor(actor): CurrentActor,
    State(app): State<AppState>,
    Id(id): Id<RunId>,
    Body(request): Body<BandwidthRequest>,
) -> Result<Json<Run>, ApiError> {
    Ok(Json(runs::set_bandwidth(&actor, &app, &id, &request.rate).await?))
}

/// What of a run is done again.
#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
#[schema(example = json!({ "failed_only": true }))]
struct RetryRequest {
    /// Only the files that failed. What a sync missed is copied then.
    #[schema(example = true)]
    failed_only: bool,
    /// The destination once more, of a delete the path: it lets a delete and a move go beyond their budget.
    confirm: Option<String>,
}

/// Run again
///
/// All of a run that has ended, or only the files that failed.
#[utoipa::path(post, path = "/api/v1/runs/{id}/retry", tag = "runs", request_body = Option<RetryRequest>,
    params(
        Id<RunId>,
        ("Idempotency-Key" = Option<String>, Header, description = "a request sent twice with the same key starts one run"),
    ),
    responses(
        (status = 202, body = Run, headers(("Location" = String, description = "where the new run is"))),
        (status = 404, body = AppError), (status = 409, body = AppError),
    ))]
async fn retry(
    CurrentActor(actor): CurrentActor,
    State(app): State<AppState>,
    Id(id): Id<RunId>,
    headers: HeaderMap,
    MaybeBody(request): MaybeBody<RetryRequest>,
) -> Result<Started, ApiError> {
    Ok(started(runs::retry(&actor, &app, &id, request.failed_only, request.confirm, idempotency_key(&headers)?).await?))
}

/// A run that was put into the queue, as an answer.
pub type Started = (StatusCode, [(HeaderName, String); 1], Json<Run>);

/// 202, and where the run is.
pub fn started(run: Run) -> Started {
    (StatusCode::ACCEPTED, [(header::LOCATION, format!("/api/v1/runs/{}", run.summary.id))], Json(run))
}

/// Which files of a run are wanted.
#[derive(Deserialize)]
struct RunFilesQuery {
    outcome: FileOutcome,
    #[serde(default)]
    search: String,
    #[serde(default)]
    offset: u64,
    #[serde(default)]
    limit: u64,
}

/// List the files of a run
///
/// What happened to each, from rclone's own log.
#[utoipa::path(get, path = "/api/v1/runs/{id}/files", tag = "runs",
    params(
        Id<RunId>,
        ("outcome" = inline(FileOutcome), Query, description = "what happened to them"),
        ("search" = Option<String>, Query, description = "only those with this in the path, ignoring case, accents and Unicode form", max_length = 256),
        ("offset" = Option<u64>, Query, description = "index of the first to return"),
        ("limit" = Option<u64>, Query, description = "how many, at most 500; 100 when absent", maximum = 500),
    ),
    responses((status = 200, body = RunFiles), (status = 404, body = AppError)))]
async fn files(
    CurrentActor(actor): CurrentActor,
    State(app): State<AppState>,
    Id(id): Id<RunId>,
    Params(query): Params<RunFilesQuery>,
) -> Result<Json<RunFiles>, ApiError> {
    let RunFilesQuery { outcome, search, offset, limit } = query;
    Ok(Json(runs::files(&actor, &app, &id, outcome, &search, offset, limit).await?))
}

/// Read a run's log
///
/// The last lines; those written since, with `after`; or older ones, with `before`. Each answer looks at 16 MiB at most
/// and says where to go on.
#[utoipa::path(get, path = "/api/v1/runs/{id}/log", tag = "runs",
    params(
        Id<RunId>,
        ("search" = Option<String>, Query, description = "only those with this in the message or the file's name, ignoring case, accents and Unicode form", max_length = 256),
        ("level" = inline(Option<LogLevel>), Query, description = "only those that matter this much; all when absent"),
        ("after" = Option<String>, Query, description = "the `cursor` of the previous answer", pattern = "^[0-9a-f]{1,16}-[0-9a-f]{1,16}$"),
        ("before" = Option<String>, Query, description = "the `older` of the previous answer; not with `after`", pattern = "^[0-9a-f]{1,16}-[0-9a-f]{1,16}$"),
        ("limit" = Option<u32>, Query, description = "how many, at most 500; 500 when absent", maximum = 500),
    ),
    responses((status = 200, body = RunLog), (status = 404, body = AppError)))]
async fn log(
    CurrentActor(actor): CurrentActor,
    State(app): State<AppState>,
    Id(id): Id<RunId>,
    Params(query): Params<LogQuery>,
) -> Result<Json<RunLog>, ApiError> {
    Ok(Json(runs::log(&actor, &app, &id, &query).await?))
}

/// Download a run's log
///
/// What is kept of it, at most 16 MiB, without secrets; while the run goes on, its end.
#[utoipa::path(get, path = "/api/v1/runs/{id}/log/raw", tag = "runs",
    params(Id<RunId>),
    responses(
        (status = 200, description = "One JSON object a line, as rclone wrote it", body = String, content_type = "application/x-ndjson",
            headers(("Content-Disposition" = String, description = "the file's name"))),
        (status = 404, body = AppError),
    ))]
async fn raw_log(
    CurrentActor(actor): CurrentActor,
    State(app): State<AppState>,
    Id(id): Id<RunId>,
) -> Result<Response, ApiError> {
    let log = runs::raw_log(&actor, &app, &id).await?;
    // An id is letters and figures: nothing that would have to be quoted.
    let name = format!("attachment; filename=\"longshore-run-{id}.jsonl\"");
    let headers = [(header::CONTENT_TYPE, "application/x-ndjson".to_owned()), (header::CONTENT_DISPOSITION, name)];
    Ok((headers, Streamed::from_stream(log)).into_response())
}

/// Get a run's speed over time
///
/// At most 600 points, evenly spread, whatever the run's length.
#[utoipa::path(get, path = "/api/v1/runs/{id}/series", tag = "runs",
    params(Id<RunId>),
    responses((status = 200, body = RunSeries), (status = 404, body = AppError)))]
async fn series(
    CurrentActor(actor): CurrentActor,
    State(app): State<AppState>,
    Id(id): Id<RunId>,
) -> Result<Json<RunSeries>, ApiError> {
    Ok(Json(runs::series(&actor, &app, &id).await?))
}
