//! Stopping: why is asked first, and may be left open. Without JavaScript the form stops at once.

use leptos::{ev, html, prelude::*};

use super::doors::Doors;
use crate::{
    components::{dialog::Dialog, icon::icon},
    domain::run::RunSummary,
    server_fns::runs::StopRun,
};

/// The question.
#[component]
pub fn StopQuestion(doors: Doors) -> impl IntoView {
    let reason = NodeRef::<html::Input>::new();
    let submit = move |event: ev::SubmitEvent| {
        event.prevent_default();
        let Some(id) = doors.facts.with_untracked(|run| run.as_ref().map(|run| run.summary.id.to_string())) else { return };
        let reason = reason.get_untracked().map(|reason| reason.value()).unwrap_or_default();
        doors.stop.dispatch(StopRun { id, reason });
        doors.asks_stop.set(false);
    };
    view! {
        <Dialog open=doors.asks_stop title="Stop this run?">
            <p class="muted">"What is being transferred now is broken off. What was transferred stays."</p>
            <form class="ask" on:submit=submit>
                <div class="field">
                    <label for="stop-reason">"Why?"</label>
                    <input node_ref=reason class="input" id="stop-reason" maxlength="500" autocomplete="off" aria-describedby="stop-reason-help" />
                    <p class="help" id="stop-reason-help">"May be left empty. It stands in the history of the run."</p>
                </div>
                <footer class="dialog__foot">
                    <button type="button" class="button" on:click=move |_| doors.asks_stop.set(false)>"Let it run"</button>
                    <button class="button button--bad">{icon("square")}"Stop it"</button>
                </footer>
            </form>
        </Dialog>
    }
    .into_any()
}

/// That it was asked to stop, by whom and why, until it has ended.
pub fn stopping(run: Memo<RunSummary>, doors: Doors) -> AnyView {
    let stopping = Memo::new(move |_| run.with(|run| run.stopping && !run.state.is_final()));
    let who = doors.part(|run| (run.stopped_by.clone(), run.stop_reason.clone()));
    let words = move || {
        let (by, reason) = who.get().unwrap_or_default();
        let by = by.unwrap_or_else(|| "Somebody".to_owned());
        let reason = reason.map(|reason| format!(": “{reason}”")).unwrap_or_default();
        format!("{by} asked it to stop{reason}. It ends as soon as rclone has let go.")
    };
    (move || {
        stopping.get().then(|| {
            view! {
                <section class="note note--warn" aria-label="It is being stopped">
                    {icon("square")}
                    <div><b>"It is being stopped"</b><p>{words}</p></div>
                </section>
            }
            .into_any()
        })
    })
    .into_any()
}
