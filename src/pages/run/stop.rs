//! Stopping: why is asked first, and may be left open. Without JavaScript the form stops at once.

use leptos::prelude::*;

use super::actions::RunActions;
use crate::{
    components::{
        icon::icon,
        reason_dialog::{ReasonDialog, Words},
    },
    domain::run::summary::RunSummary,
    server_fns::runs::StopRun,
};

const WORDS: Words = Words {
    title: "Stop this run?",
    what: "Files in flight are abandoned. Files already transferred stay.",
    help: "Optional. Shown in the run’s history.",
    keep: "Let it run",
    act: "Stop it",
    icon: "square",
    class: "button--bad",
};

/// The question.
#[component]
pub fn StopQuestion(actions: RunActions) -> impl IntoView {
    let act = Callback::new(move |reason| {
        if let Some(id) = actions.facts.with_untracked(|run| run.as_ref().map(|run| run.summary.id.to_string())) {
            actions.stop.dispatch(StopRun { id, reason });
        }
    });
    view! { <ReasonDialog open=actions.asks_stop words=WORDS act /> }.into_any()
}

/// That it was asked to stop, by whom and why, until it has ended.
pub fn stopping(run: Memo<RunSummary>, actions: RunActions) -> AnyView {
    let stopping = Memo::new(move |_| run.with(|run| run.stopping && !run.state.is_final()));
    let who = actions.part(|run| (run.stopped_by.clone(), run.stop_reason.clone()));
    let words = move || {
        let (by, reason) = who.get().unwrap_or_default();
        let by = by.unwrap_or_else(|| "Somebody".to_owned());
        let reason = reason.map(|reason| format!(": “{reason}”")).unwrap_or_default();
        format!("{by} stopped it{reason}. It ends as soon as rclone exits.")
    };
    (move || {
        stopping.get().then(|| {
            view! {
                <section class="note note--warn" aria-label="Stopping this run">
                    {icon("square")}
                    <div><b>"Stopping this run"</b><p>{words}</p></div>
                </section>
            }
            .into_any()
        })
    })
    .into_any()
}
