//! The confirmation of a delete or move above its budget: what it would remove, and the path to type. Works
//! without JavaScript.

use leptos::{form::ActionForm, prelude::*};

use super::actions::RunActions;
use crate::{
    components::icon::icon,
    domain::{format, guard::report::GuardReport, location::oddity, operation::Operation, run::detail::Run},
};

/// The button and what it opens.
pub fn confirm(run: &Run, report: &GuardReport, actions: RunActions) -> AnyView {
    let (place, id) = (run.changed_place(), run.summary.id.to_string());
    let odd = oddity(&place)
        .map(|odd| view! { <p class="note note--warn">{icon("triangle-alert")}<span>{odd}</span></p> }.into_any());
    let (verb, from) = match run.summary.operation {
        Operation::Move => ("Move", "are taken from"),
        _ => ("Delete", "are deleted in"),
    };
    let files = report.deletes.map_or_else(|| "all files".to_owned(), |files| format::plural(files, "file", "files"));
    let what = match (report.deletes, report.source_files) {
        (Some(deletes), Some(all)) => {
            format!("{} of {} {from} ", format::plural(deletes, "file", "files"), format::count(all))
        }
        _ => format!("All files that its filters let through {from} "),
    };
    let source = run.summary.source.to_string();
    let pending = actions.confirm.pending();
    let problem = move || {
        let error = actions.confirm.value().get()?.err()?;
        Some(
            view! { <p class="field__error" id="confirm-error" role="alert">{icon("triangle-alert")}<span>{error.summary()}</span></p> }
                .into_any(),
        )
    };
    let title = format!("{verb} {files}?");
    view! {
        <button type="button" class="button button--bad" popovertarget="confirm-run" aria-label=format!("{verb} {files}…")>
            {icon("trash-2")}
            {format!("{verb} {files}…")}
        </button>
        <div id="confirm-run" class="popover popover--ask panel" popover="auto" role="dialog" aria-label=title.clone()>
            <h2>{title.clone()}</h2>
            <p>{what}<b class="mono">{source}</b>"."</p>
            {odd}
            <ActionForm action=actions.confirm>
                <input type="hidden" name="id" value=id />
                <div class="field">
                    <label for="confirm-place">"Type "<code class="ask__name">{place}</code>" to confirm"</label>
                    <input class="input" id="confirm-place" name="confirm" required autocomplete="off" spellcheck="false" aria-describedby="confirm-error" />
                    {problem}
                </div>
                <footer class="dialog__foot">
                    <button type="button" class="button" popovertarget="confirm-run" popovertargetaction="hide">"Cancel"</button>
                    <button class="button button--bad" disabled=move || pending.get()>{icon("play")}{format!("{verb} {files}")}</button>
                </footer>
            </ActionForm>
        </div>
    }
    .into_any()
}
