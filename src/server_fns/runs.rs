//! Runs: start, stop, watch, look back.

use leptos::{
    prelude::*,
    server_fn::codec::{GetUrl, Json},
};

use crate::domain::{
    comparison::Comparison,
    error::AppError,
    id::RunId,
    queue::RunPatch,
    run::{
        detail::Run,
        files::{FileOutcome, RunFiles},
        log::{LogQuery, RunLog, RunSeries},
        new::NewRun,
        query::{RunPage, RunQuery},
    },
};

/// A page of history, newest first.
#[server(prefix = "/api/fn", endpoint = "runs/list", input = GetUrl)]
pub async fn list_runs(query: RunQuery) -> Result<RunPage, AppError> {
    use crate::server::{call::call, services::runs};
    call(|actor, app| async move { runs::list(&actor, &app, &query).await }).await
}

/// One run in full.
#[server(prefix = "/api/fn", endpoint = "runs/get", input = GetUrl)]
pub async fn get_run(id: String) -> Result<Run, AppError> {
    use crate::server::{call::call, services::runs};
    call(|actor, app| async move { runs::get(&actor, &app, &id.parse()?).await }).await
}

/// What happened to the files of a run: `limit` at most 500, 0 is 100.
#[server(prefix = "/api/fn", endpoint = "runs/files", input = GetUrl)]
pub async fn list_run_files(
    id: String,
    outcome: FileOutcome,
    search: String,
    offset: u64,
    limit: u64,
) -> Result<RunFiles, AppError> {
    use crate::server::{call::call, services::runs};
    call(|actor, app| async move { runs::files(&actor, &app, &id.parse()?, outcome, &search, offset, limit).await })
        .await
}

/// Lines of a run's log.
#[server(prefix = "/api/fn", endpoint = "runs/log", input = GetUrl)]
pub async fn get_run_log(id: String, query: LogQuery) -> Result<RunLog, AppError> {
    use crate::server::{call::call, services::runs};
    call(|actor, app| async move { runs::log(&actor, &app, &id.parse()?, &query).await }).await
}

/// A run's speed over time.
#[server(prefix = "/api/fn", endpoint = "runs/series", input = GetUrl)]
pub async fn get_run_series(id: String) -> Result<RunSeries, AppError> {
    use crate::server::{call::call, services::runs};
    call(|actor, app| async move { runs::series(&actor, &app, &id.parse()?).await }).await
}

/// Checks what was asked for and says the equivalent command line. Starts nothing.
#[server(prefix = "/api/fn", endpoint = "runs/command", input = Json)]
pub async fn preview_command(run: NewRun) -> Result<String, AppError> {
    use crate::server::{call::call, services::runs};
    call(|actor, app| async move { runs::preview_command(&actor, &app, &run).await }).await
}

/// By what files would be compared.
#[server(prefix = "/api/fn", endpoint = "runs/comparison", input = Json)]
pub async fn get_comparison(run: NewRun) -> Result<Option<Comparison>, AppError> {
    use crate::server::{call::call, services::runs};
    call(|actor, app| async move { runs::comparison(&actor, &app, &run).await }).await
}

/// Puts a run into the queue.
#[server(prefix = "/api/fn", endpoint = "runs/start", input = Json)]
pub async fn start_run(run: NewRun) -> Result<RunId, AppError> {
    use crate::server::{call::call, services::runs};
    call(|actor, app| async move { runs::start(&actor, &app, run, None).await.map(|run| run.summary.id) }).await
}

/// Asks a run to stop. It has ended when its state says so.
#[server(prefix = "/api/fn", endpoint = "runs/stop")]
pub async fn stop_run(id: String, #[server(default)] reason: String) -> Result<(), AppError> {
    use crate::server::{call::call, services::runs};
    call(|actor, app| async move { runs::stop(&actor, &app, &id.parse()?, &reason).await.map(|_| ()) }).await
}

/// Changes the bandwidth limit of a run that works.
#[server(prefix = "/api/fn", endpoint = "runs/bandwidth")]
pub async fn set_bandwidth(id: String, rate: String) -> Result<(), AppError> {
    use crate::server::{call::call, services::runs};
    call(|actor, app| async move { runs::set_bandwidth(&actor, &app, &id.parse()?, &rate).await.map(|_| ()) }).await
}

/// Moves a run that waits.
#[server(prefix = "/api/fn", endpoint = "runs/update", input = Json)]
pub async fn update_run(id: RunId, patch: RunPatch) -> Result<(), AppError> {
    use crate::server::{call::call, services::runs};
    call(|actor, app| async move { runs::update(&actor, &app, &id, &patch).await.map(|_| ()) }).await
}

/// Starts a run like an ended one, or only with the files that failed.
#[server(prefix = "/api/fn", endpoint = "runs/retry")]
pub async fn retry_run(id: String, #[server(default)] failed_only: bool) -> Result<RunId, AppError> {
    use crate::server::{call::call, services::runs};
    call(|actor, app| async move {
        runs::retry(&actor, &app, &id.parse()?, failed_only, None, None).await.map(|run| run.summary.id)
    })
    .await
}

/// Starts a delete or a move again that was beyond its budget, with the path once more, and goes there.
#[server(prefix = "/api/fn", endpoint = "runs/confirm")]
pub async fn confirm_run(id: String, confirm: String) -> Result<RunId, AppError> {
    use crate::server::{
        call::{call, redirect},
        services::runs,
    };
    let started =
        call(|actor, app| async move { runs::retry(&actor, &app, &id.parse()?, false, Some(confirm), None).await })
            .await?;
    redirect(&format!("/runs/{}", started.summary.id));
    Ok(started.summary.id)
}
