//! Sync, copy, move and delete, as runs.

use axum::{
    Json,
    extract::State,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    super::{
        current_actor::CurrentActor,
        extract::{ApiError, Body, idempotency_key},
    },
    Refusals, named,
    requests::{DeleteRequest, TransferRequest},
};
use crate::{
    domain::{
        error::AppError,
        guard::report::{GuardReason, GuardReport},
        id::RunId,
        operation::Operation,
        run::{detail::Run, files::FileOutcome, new::NewRun, state::RunState, warning::RunWarning},
    },
    server::{auth::Actor, services::runs, state::AppState},
};

/// Bytes in a MiB.
const MIB: f64 = 1_048_576.0;

/// Their routes.
pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(sync)).routes(routes!(copy)).routes(routes!(move_files)).routes(routes!(delete))
}

/// How a client wishes to be answered.
#[derive(utoipa::IntoParams)]
#[into_params(parameter_in = Header)]
#[expect(dead_code, reason = "only the description of the API reads it")]
struct Wishes {
    /// `respond-async` answers at once.
    #[param(rename = "Prefer")]
    prefer: Option<String>,
    /// Sent twice with the same key, a request starts one run.
    #[param(rename = "Idempotency-Key")]
    idempotency_key: Option<String>,
}

/// What a run did: rclone's own statistics.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({
    "bytes_transferred": 1_048_576_000_u64, "files_transferred": 42, "files_checked": 100, "files_deleted": 5, "errors": 0,
    "elapsed_time": 120.5, "transfer_rate_mbps": 8.3, "run_id": "01JD3Z6N9V4M2K8Q7W5X1T0R3S", "status": "succeeded", "files_skipped": 0,
    "dry_run": false,
}))]
struct BackupStats {
    /// Bytes transferred.
    bytes_transferred: u64,
    /// Files transferred.
    files_transferred: u64,
    /// Files compared.
    files_checked: u64,
    /// Files deleted; of a move, from the source.
    files_deleted: u64,
    /// Errors.
    errors: u64,
    /// Seconds that rclone worked.
    elapsed_time: f64,
    /// MiB a second, to one decimal.
    transfer_rate_mbps: f64,
    /// The run, for `/api/v1/runs/{id}`.
    run_id: RunId,
    /// How it ended.
    status: RunState,
    /// Files left out: a link, a second file of the same name, one that was to stay as it is.
    files_skipped: u64,
    /// Whether the figures are only the least that is known: a part of rclone's log is lost.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    at_least: bool,
    /// What was asked for and not done, or not proved; `status` is `warning` then.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    warnings: Vec<RunWarning>,
    /// Whether nothing was done, only said.
    dry_run: bool,
    /// What would be done, of a dry run.
    #[serde(skip_serializing_if = "Option::is_none")]
    would: Option<Would>,
}

/// What a dry run would do.
#[derive(Serialize, ToSchema)]
struct Would {
    /// How many files would be copied, new or over others.
    copy: u64,
    /// How many would be moved.
    #[serde(rename = "move")]
    moved: u64,
    /// How many would be deleted.
    delete: u64,
    /// How many of them are still in the source, and only left out by a filter: a sync deletes them when that is
    /// approved or allowed (`guards.allow_left_out`). Absent when it was not looked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    left_out: Option<u64>,
    /// The first 100 of these by name.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    left_out_files: Vec<String>,
    /// Which guard would stop the run; absent when none would.
    #[serde(skip_serializing_if = "Option::is_none")]
    blocked_by: Option<GuardReason>,
    /// They by name, at most 500 of each kind; `/api/v1/runs/{id}/files` has all.
    files: Vec<WouldFile>,
}

/// A file that a dry run would do something to.
#[derive(Serialize, ToSchema)]
struct WouldFile {
    /// `copy`, `move` or `delete`.
    action: &'static str,
    /// Its path below the source; of what is deleted by a sync, below the destination.
    path: String,
    /// Its size in bytes, where rclone tells.
    size: Option<u64>,
}

impl BackupStats {
    fn new(run: &Run, would: Option<Would>) -> Self {
        let (stats, summary) = (&run.summary.stats, &run.summary);
        Self {
            bytes_transferred: stats.bytes,
            files_transferred: stats.files,
            files_checked: stats.checks,
            files_deleted: stats.deletes,
            errors: stats.errors,
            elapsed_time: seconds(stats.elapsed_ms),
            transfer_rate_mbps: rate(stats.bytes, stats.elapsed_ms),
            run_id: summary.id,
            status: summary.state,
            files_skipped: stats.skipped,
            at_least: stats.at_least,
            warnings: summary.warnings.clone(),
            dry_run: summary.dry_run,
            would,
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "a time that matters has far fewer than 2^53 milliseconds")]
fn seconds(ms: u64) -> f64 {
    ms as f64 / 1000.0
}

/// MiB a second, to one decimal.
#[expect(clippy::cast_precision_loss, reason = "rounded to one decimal anyway")]
fn rate(bytes: u64, ms: u64) -> f64 {
    if ms == 0 { 0.0 } else { (bytes as f64 / MIB / seconds(ms) * 10.0).round() / 10.0 }
}

/// Synchronize
///
/// Makes the destination identical to the source: **deletes** what the source does not have. Answers when the run has
/// ended, or at once with `Prefer: respond-async`. A client that hangs up stops nothing.
#[utoipa::path(post, path = "/api/v1/backups/rclone/sync", tag = "rclone", request_body = TransferRequest,
    params(Wishes),
    responses(
        (status = 200, description = "It succeeded; `status: warning` means that something requested was not done, or not proved", body = BackupStats),
        (status = 202, description = "It was started", body = Run, headers(("Location" = String, description = "where the run is"))),
        Refusals,
    ))]
async fn sync(
    who: CurrentActor,
    state: State<AppState>,
    headers: HeaderMap,
    Body(request): Body<TransferRequest>,
) -> Result<Response, ApiError> {
    Ok(transfer(who, state, &headers, request.into_run(Operation::Sync)?).await?)
}

/// Copy
///
/// Adds and updates; deletes nothing. Answers when the run has ended, or at once with `Prefer: respond-async`.
#[utoipa::path(post, path = "/api/v1/backups/rclone/copy", tag = "rclone", request_body = TransferRequest,
    params(Wishes),
    responses(
        (status = 200, description = "It succeeded; `status: warning` means that something requested was not done, or not proved", body = BackupStats),
        (status = 202, description = "It was started", body = Run, headers(("Location" = String, description = "where the run is"))),
        Refusals,
    ))]
async fn copy(
    who: CurrentActor,
    state: State<AppState>,
    headers: HeaderMap,
    Body(request): Body<TransferRequest>,
) -> Result<Response, ApiError> {
    Ok(transfer(who, state, &headers, request.into_run(Operation::Copy)?).await?)
}

/// Move
///
/// Copies, then deletes from the source. Answers when the run has ended, or at once with `Prefer: respond-async`.
#[utoipa::path(post, path = "/api/v1/backups/rclone/move", tag = "rclone", operation_id = "move", request_body = TransferRequest,
    params(Wishes),
    responses(
        (status = 200, description = "It succeeded; `status: warning` means that something requested was not done, or not proved", body = BackupStats),
        (status = 202, description = "It was started", body = Run, headers(("Location" = String, description = "where the run is"))),
        Refusals,
    ))]
async fn move_files(
    who: CurrentActor,
    state: State<AppState>,
    headers: HeaderMap,
    Body(request): Body<TransferRequest>,
) -> Result<Response, ApiError> {
    Ok(transfer(who, state, &headers, request.into_run(Operation::Move)?).await?)
}

/// Delete
///
/// Deletes files; folders stay. Answers when the run has ended, or at once with `Prefer: respond-async`.
#[utoipa::path(post, path = "/api/v1/backups/rclone/delete", tag = "rclone", request_body = DeleteRequest,
    params(Wishes),
    responses(
        (status = 200, description = "It succeeded; `status: warning` means that something requested was not done, or not proved", body = BackupStats),
        (status = 202, description = "It was started", body = Run, headers(("Location" = String, description = "where the run is"))),
        Refusals,
    ))]
async fn delete(
    who: CurrentActor,
    state: State<AppState>,
    headers: HeaderMap,
    Body(request): Body<DeleteRequest>,
) -> Result<Response, ApiError> {
    let answer = transfer(who, state, &headers, request.into_run()?).await;
    answer.map_err(|error| named(error, "source", "remote_path").into())
}

/// Starts a run, and waits for its end unless the client prefers not to.
async fn transfer(
    CurrentActor(actor): CurrentActor,
    State(app): State<AppState>,
    headers: &HeaderMap,
    run: NewRun,
) -> Result<Response, AppError> {
    let key = idempotency_key(headers)?;
    if prefers_async(headers) {
        let run = runs::start(&actor, &app, run, key)
            .await
            .map_err(|error| named(error, "time_limit_secs", "timeout_secs"))?;
        let location = format!("/api/v1/runs/{}", run.summary.id);
        return Ok((StatusCode::ACCEPTED, [(header::LOCATION, location)], Json(run)).into_response());
    }
    let run =
        runs::perform(&actor, &app, run, key).await.map_err(|error| named(error, "time_limit_secs", "timeout_secs"))?;
    let would = if run.summary.dry_run { Some(would(&actor, &app, &run).await?) } else { None };
    Ok(Json(BackupStats::new(&run, would)).into_response())
}

/// `Prefer: respond-async` (RFC 7240), alone or among others.
fn prefers_async(headers: &HeaderMap) -> bool {
    let values = headers.get_all("prefer").iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).any(|wish| wish.trim().eq_ignore_ascii_case("respond-async"))
}

async fn would(actor: &Actor, app: &AppState, run: &Run) -> Result<Would, AppError> {
    let id = &run.summary.id;
    let GuardReport { left_out, left_out_names: left_out_files, reason: blocked_by, .. } =
        run.guard_report.clone().unwrap_or_default();
    let mut would = Would { copy: 0, moved: 0, delete: 0, left_out, left_out_files, blocked_by, files: Vec::new() };
    for (outcome, action) in
        [(FileOutcome::Copied, "copy"), (FileOutcome::Moved, "move"), (FileOutcome::Deleted, "delete")]
    {
        let found = runs::planned(actor, app, id, outcome).await?;
        (would.copy, would.moved, would.delete) =
            (found.counts.copied + found.counts.updated, found.counts.moved, found.counts.deleted);
        would.files.extend(found.files.into_iter().map(|file| WouldFile { action, path: file.name, size: file.size }));
    }
    Ok(would)
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderName, HeaderValue};

    use super::*;

    #[test]
    fn units_are_those_of_the_contract() {
        assert!((rate(1_048_576_000, 120_500) - 8.3).abs() < f64::EPSILON);
        assert!((rate(5, 0)).abs() < f64::EPSILON);
        assert!((seconds(120_500) - 120.5).abs() < f64::EPSILON);
    }

    #[test]
    fn a_client_may_prefer_not_to_wait() {
        let wishes = |text: &'static str| {
            HeaderMap::from_iter([(HeaderName::from_static("prefer"), HeaderValue::from_static(text))])
        };
        assert!(prefers_async(&wishes("respond-async")) && prefers_async(&wishes("wait=10, Respond-Async")));
        assert!(!prefers_async(&wishes("wait=10")) && !prefers_async(&HeaderMap::new()));
    }
}
