//! Figures for monitoring, in Prometheus' text format. Outside of the REST API, where such programs look for it.

use std::{fmt, sync::atomic::AtomicU64};

use axum::{
    extract::State,
    http::header,
    response::{IntoResponse as _, Response},
};
use prometheus_client::{
    encoding::prometheus_text::{CONTENT_TYPE, encode},
    metrics::{counter::Counter, family::Family, gauge::Gauge, info::Info},
    registry::Registry,
};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{current_actor::CurrentActor, extract::ApiError};
use crate::{
    domain::{
        error::{AppError, ErrorCode},
        run::state::RunState,
    },
    server::{
        services::metrics::{self, Metrics},
        state::AppState,
    },
};

/// Where they are.
pub const PATH: &str = "/metrics";

/// A number that goes up and down.
type Level<N = u64> = Gauge<N, AtomicU64>;
/// The same, by labels.
type Levels<const LABELS: usize> = Family<[(&'static str, &'static str); LABELS], Level>;

/// The route.
pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(get))
}

/// Read figures for monitoring
///
/// In Prometheus' text format, version 0.0.4. Give the program that reads them a token of its own, narrowed down to
/// `metrics.read`.
#[utoipa::path(get, path = "/metrics", tag = "monitoring", operation_id = "metrics",
    responses(
        (status = 200, body = String, content_type = "text/plain; version=0.0.4; charset=utf-8"),
        (status = 401, body = AppError), (status = 403, body = AppError), (status = 503, body = AppError),
    ))]
async fn get(CurrentActor(actor): CurrentActor, State(app): State<AppState>) -> Result<Response, ApiError> {
    let metrics = metrics::get(&actor, &app).await?;
    let text = text(&metrics).map_err(|_| AppError::new(ErrorCode::Internal, "The figures could not be written."))?;
    Ok(([(header::CONTENT_TYPE, CONTENT_TYPE)], text).into_response())
}

/// The figures as text. Help has no full stop: it gets one.
fn text(metrics: &Metrics) -> Result<String, fmt::Error> {
    let mut registry = Registry::default();
    let started: Level<f64> = Level::default();
    #[expect(clippy::cast_precision_loss, reason = "milliseconds since 1970 are far fewer than 2^53")]
    started.set(metrics.started_at.0 as f64 / 1000.0);
    registry.register("process_start_time_seconds", "When the console was started, in seconds since 1970", started);
    let versions =
        [("version", env!("CARGO_PKG_VERSION").to_owned()), ("rclone", metrics.rclone.clone().unwrap_or_default())];
    registry.register(
        "longshore",
        "The versions of the console and of rclone; empty where there is no rclone",
        Info::new(versions),
    );

    let longshore = registry.sub_registry_with_prefix("longshore");
    let up = Level::default();
    up.set(u64::from(metrics.rclone_up));
    longshore.register("rclone_up", "Whether rclone answers", up);
    let runs = Levels::default();
    for (state, count) in &metrics.runs {
        runs.get_or_create(&[("state", state.as_str())]).set(*count);
    }
    longshore.register("runs", "Runs by state, the history included", runs);
    let waiting = Level::default();
    waiting.set(metrics.runs_in(RunState::Queued));
    longshore.register("queue_length", "Runs that are waiting in the queue", waiting);
    let ended = Family::<_, Counter>::default();
    for (operation, state, count) in &metrics.ended {
        ended.get_or_create(&[("operation", operation.as_str()), ("state", state.as_str())]).inc_by(*count);
    }
    longshore.register("runs_ended", "Runs that ended, dry runs included", ended);
    let bytes = Counter::<u64>::default();
    bytes.inc_by(metrics.bytes);
    longshore.register(
        "bytes_transferred",
        "Bytes that runs transferred, counted when they end, without dry runs",
        bytes,
    );
    let mounts = Levels::default();
    for (state, count) in &metrics.mounts {
        mounts.get_or_create(&[("state", state.as_str())]).set(*count);
    }
    longshore.register("mounts", "Mounts by state; gone is one whose process has ended", mounts);

    let mut text = String::new();
    encode(&mut text, &registry)?;
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{mount::MountState, operation::Operation, time::Timestamp};

    #[test]
    fn figures_are_written_as_prometheus_reads_them() {
        let metrics = Metrics {
            rclone: Some("1.75.2-\"odd\"\\\n".to_owned()),
            rclone_up: true,
            started_at: Timestamp(1_763_906_531_250),
            runs: vec![(RunState::Queued, 7)],
            ended: vec![(Operation::Sync, RunState::TimedOut, 3)],
            bytes: (1 << 53) + 1,
            mounts: vec![(MountState::Gone, 2)],
        };
        let text = text(&metrics).expect("text");
        let version = env!("CARGO_PKG_VERSION");
        for line in [
            "# TYPE process_start_time_seconds gauge",
            "process_start_time_seconds 1763906531.25",
            "# TYPE longshore_info gauge",
            &format!(r#"longshore_info{{version="{version}",rclone="1.75.2-\"odd\"\\\n"}} 1"#),
            "longshore_rclone_up 1",
            "# HELP longshore_runs Runs by state, the history included.",
            "# TYPE longshore_runs gauge",
            r#"longshore_runs{state="queued"} 7"#,
            "longshore_queue_length 7",
            "# TYPE longshore_runs_ended_total counter",
            r#"longshore_runs_ended_total{operation="sync",state="timed_out"} 3"#,
            "# TYPE longshore_bytes_transferred_total counter",
            "longshore_bytes_transferred_total 9007199254740993",
            r#"longshore_mounts{state="gone"} 2"#,
        ] {
            assert!(text.lines().any(|found| found == line), "{line}\nis not in\n{text}");
        }
    }
}
