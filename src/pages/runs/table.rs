//! The rows of the history. A table; on a phone each row is a card.

use leptos::prelude::*;

use crate::{
    components::{badge::run_badge, route_label::route, time::time},
    domain::{
        format,
        id::RunId,
        run::{state::RunState, summary::RunSummary},
    },
    live::Live,
};

/// The table of `runs`, below those that are `newer`.
pub fn table(runs: Vec<RunSummary>, newer: Memo<Vec<RunId>>, live: Live) -> AnyView {
    let rows = move || {
        let newer = newer.get().into_iter().filter_map(|id| live.get_untracked(&id));
        newer.chain(runs.clone()).collect::<Vec<_>>()
    };
    view! {
        <table class="runs">
            <thead>
                <tr>
                    <th class="runs__state">"Result"</th>
                    <th>"Route"</th>
                    <th class="runs__kind">"Operation"</th>
                    <th class="runs__at">"Started"</th>
                    <th class="runs__took end">"Took"</th>
                    <th class="runs__size end">"Transferred"</th>
                    <th class="runs__files end">"Files"</th>
                    <th class="runs__speed end">"Speed"</th>
                    <th class="runs__who">"By"</th>
                </tr>
            </thead>
            <tbody>
                <For each=rows key=|run| run.id children=move |run| row(live.follow(run)) />
            </tbody>
        </table>
    }
    .into_any()
}

fn row(run: Memo<RunSummary>) -> AnyView {
    let moving = Memo::new(move |_| run.with(|run| run.state == RunState::Running));
    let started = Memo::new(move |_| run.with(|run| run.started_at.unwrap_or(run.created_at)));
    let first = run.get_untracked();
    // A cell that follows the run; the label shows where the row is a card.
    let cell = |label: &'static str, class: &'static str, text: fn(&RunSummary) -> String| {
        view! { <td class=class data-label=label>{move || run.with(text)}</td> }.into_any()
    };
    view! {
        <tr data-run=first.id.to_string() data-state=move || run.with(|run| run.state.as_str())>
            <td class="runs__state">{run_badge(run)}</td>
            <td class="runs__route"><a href=format!("/runs/{}", first.id)>{route(&first.source, first.destination.as_ref(), moving.into())}</a>{warned(run)}</td>
            <td class="runs__kind muted" data-label="Operation">{first.operation.as_str()}</td>
            <td class="runs__at muted" data-label="Started">{move || time(started.get())}</td>
            {cell("Took", "end num live", took)}
            {cell("Transferred", "end num live", moved)}
            {cell("Files", "end num live", files)}
            {cell("Speed", "end num live", speed)}
            <td class="runs__who muted" data-label="By">{first.user}</td>
        </tr>
    }
    .into_any()
}

/// Its first warning, as a second line.
fn warned(run: Memo<RunSummary>) -> AnyView {
    let said = Memo::new(move |_| run.with(RunSummary::said_warning));
    (move || {
        said.get()
            .map(|said| view! { <small class="warned muted" title=said.clone()>{said.clone()}</small> }.into_any())
    })
    .into_any()
}

/// What it moved. A dry run moves nothing: what it would move is on its page.
pub fn moved(run: &RunSummary) -> String {
    if run.dry_run { "–".to_owned() } else { run.stats.written(format::bytes(run.stats.bytes)) }
}

fn files(run: &RunSummary) -> String {
    if run.dry_run { "–".to_owned() } else { run.stats.written(format::count(run.stats.files)) }
}

/// How fast it transfers or transferred; a dry run transfers nothing.
pub fn speed(run: &RunSummary) -> String {
    if run.dry_run || run.stats.speed == 0 { "–".to_owned() } else { format::speed(run.stats.speed) }
}

/// How long it took, or takes already.
pub fn took(run: &RunSummary) -> String {
    match (run.started_at, run.ended_at) {
        (Some(start), Some(end)) => format::duration(end.millis_since(start)),
        (Some(_), None) => format::duration(run.stats.elapsed_ms / 1000 * 1000),
        _ => "–".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dry_run_moves_nothing_whatever_it_would() {
        let mut run: RunSummary = serde_json::from_value(serde_json::json!({
            "id": "01JD3Z6N9V4M2K8Q7W5X1T0R3S", "operation": "sync", "source": "/a", "destination": "b:", "state": "succeeded", "dry_run": true,
            "created_at": "2026-11-23T14:02:11Z", "started_at": null, "ended_at": null, "user": "ana",
            "stats": {"bytes":2048,"total_bytes":2048,"files":3,"total_files":3,"checks":0,"deletes":0,"listed":0,"errors":0,"speed":1024,"eta":null,"elapsed_ms":0}
        }))
        .expect("a run");
        assert_eq!([moved(&run), files(&run), speed(&run)], ["–", "–", "–"]);
        run.dry_run = false;
        assert_eq!([moved(&run), files(&run), speed(&run)], ["2 KiB", "3", "1 KiB/s"]);
        run.stats.speed = 0;
        assert_eq!(speed(&run), "–");
    }
}
