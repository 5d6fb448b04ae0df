//! The one sentence of the first page.

use leptos::prelude::*;

use crate::{
    components::{
        icon::{draw, icon},
        time::time,
    },
    domain::{format, overview::Overview},
};

/// The sentence, what stands behind it, and the main action.
pub fn headline(overview: &Overview) -> AnyView {
    let (kind, name, words) = verdict(overview);
    let last = overview.recent.first().and_then(|run| run.ended_at);
    let behind = last.map_or_else(
        || view! { "No transfers yet" }.into_any(),
        |at| view! { "Last run ended " {time(at)} }.into_any(),
    );
    // The one next action of an empty page stands in its middle.
    let start = (overview.remotes > 0 && !is_fresh(overview)).then(|| {
        view! { <a class="button button--primary" href="/jobs/new">{icon("play")}"Start a transfer"</a> }.into_any()
    });
    view! {
        <div class=format!("headline headline--{kind}")>
            {draw(name, "icon icon--state")}
            <div class="grow">
                <h1>{words}</h1>
                <p class="muted">{behind}</p>
            </div>
            {start}
        </div>
    }
    .into_any()
}

fn is_fresh(overview: &Overview) -> bool {
    overview.running.is_empty() && overview.recent.is_empty()
}

/// Kind, icon and sentence.
fn verdict(overview: &Overview) -> (&'static str, &'static str, String) {
    let Overview { week_runs, week_failed, week_warnings, .. } = *overview;
    if is_fresh(overview) {
        return ("run", "anchor", "Ready when you are".to_owned());
    }
    if week_failed > 0 {
        let more = if week_warnings > 0 {
            format!(", {} ended with warnings", format::count(week_warnings))
        } else {
            String::new()
        };
        return (
            "warn",
            "triangle-alert",
            format!(
                "{} of {} failed in the last 7 days{more}",
                format::count(week_failed),
                format::plural(week_runs, "run", "runs")
            ),
        );
    }
    if week_warnings > 0 {
        let runs = format::plural(week_runs, "run", "runs");
        return (
            "warn",
            "triangle-alert",
            format!("{} of {runs} ended with warnings in the last 7 days", format::count(week_warnings)),
        );
    }
    match (week_runs, overview.running.len()) {
        (0, 0) => ("run", "clock", "Nothing has run in the last 7 days".to_owned()),
        (0, n) => ("run", "loader", format!("{} on the way", format::plural(n as u64, "run is", "runs are"))),
        (1, _) => ("ok", "check", "All good: one run in the last 7 days".to_owned()),
        (n, _) => ("ok", "check", format!("All good: {} runs in the last 7 days", format::count(n))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_is_said_before_anything_good() {
        let run: crate::domain::run::summary::RunSummary = serde_json::from_value(serde_json::json!({
            "id": "01JD3Z6N9V4M2K8Q7W5X1T0R3S", "operation": "copy", "source": "/a", "destination": "b:", "state": "failed",
            "created_at": "2026-11-23T14:02:11Z", "started_at": null, "ended_at": null, "user": "ana",
            "stats": {"bytes":0,"total_bytes":0,"files":0,"total_files":0,"checks":0,"deletes":0,"listed":0,"errors":0,"speed":0,"eta":null,"elapsed_ms":0}
        }))
        .expect("a run");
        let overview = Overview { recent: vec![run], week_runs: 12, week_failed: 1, ..Overview::default() };
        assert_eq!(verdict(&overview), ("warn", "triangle-alert", "1 of 12 runs failed in the last 7 days".to_owned()));
        let warned = Overview { week_warnings: 2, ..overview.clone() };
        assert_eq!(verdict(&warned).2, "1 of 12 runs failed in the last 7 days, 2 ended with warnings");
        let warned = Overview { week_failed: 0, ..warned };
        assert_eq!(
            verdict(&warned),
            ("warn", "triangle-alert", "2 of 12 runs ended with warnings in the last 7 days".to_owned())
        );
        assert_eq!(verdict(&Overview { week_failed: 0, ..overview }).0, "ok");
        assert_eq!(verdict(&Overview::default()).2, "Ready when you are");
    }
}
