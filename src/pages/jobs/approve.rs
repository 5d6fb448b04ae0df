//! Approving a preview that a guard would block: the person has seen what will be lost, and types the destination.

use leptos::{prelude::*, task::spawn_local};

use super::editor::Editor;
use crate::{
    components::{
        dialog::Dialog,
        form::{Face, Text, error_of},
        icon::icon,
        left_out::left_out,
        note::problem,
    },
    domain::{
        format,
        guard::{Approval, report::GuardReason},
        id::RunId,
        location::{Location, oddity},
        operation::Operation,
        run::detail::Run,
    },
};

/// What the guards will say to this preview, and the way past them; nothing where they let it go.
pub fn approve(editor: Editor, preview: &Run, stale: Memo<bool>) -> AnyView {
    let summary = &preview.summary;
    let report = preview.guard_report.clone().unwrap_or_default();
    let deletes = if summary.operation.removes() { report.deletes.unwrap_or(0) } else { summary.stats.deletes };
    if !summary.operation.removes() && summary.operation != Operation::Sync || deletes == 0 {
        return ().into_any();
    }
    // Where what they will say is unknown, a job that was stopped can be approved here as well.
    let stopped = report.reason.is_some() || preview.guard_report.is_none() && editor.was_blocked();
    let place = summary.destination.as_ref().unwrap_or(&summary.source).clone();
    let id = StoredValue::new(summary.id);
    let open = RwSignal::new(false);
    let said = if report.reason.is_some() {
        "The guards will stop this run unless you approve exactly these deletions."
    } else if stopped {
        "The guards stopped the last run. You can approve exactly these deletions."
    } else {
        return ().into_any();
    };
    let counted = match report.reason {
        Some(GuardReason::DeleteBudget) if report.operation.is_some() => report.short_explanation(),
        Some(GuardReason::DeleteBudget) | None => format!(
            "{} of {} at the destination would be deleted; the limit is {}.",
            format::count(deletes),
            format::plural(report.destination_files.unwrap_or(0), "file", "files"),
            format::count(report.budget.unwrap_or(0))
        ),
        Some(_) => report.short_explanation(),
    };
    let gone = if summary.operation == Operation::Move { "moved to" } else { "deleted at" };
    let inside = {
        let place = place.clone();
        move || open.get().then(|| question(editor, id, place.clone(), deletes, gone, open))
    };
    view! {
        <section class="note note--warn" aria-label="Guards">
            {icon("shield-check")}
            <div class="approve">
                <b>{said}</b>
                <p>{counted}</p>
                {left_out(&report)}
                <button type="button" class="button button--bad" disabled=move || stale.get() || !editor.ready.get() on:click=move |_| open.set(true)>
                    "Approve and run…"
                </button>
            </div>
        </section>
        <Dialog open title="Approve and run?">{inside}</Dialog>
    }
    .into_any()
}

fn question(
    editor: Editor,
    id: StoredValue<RunId>,
    place: Location,
    deletes: u64,
    gone: &'static str,
    open: RwSignal<bool>,
) -> AnyView {
    let typed = RwSignal::new(String::new());
    let errors = RwSignal::default();
    let failed = RwSignal::new(None::<String>);
    let shown = place.to_string();
    let odd = oddity(&shown);
    // Of a name that can be written in more than one Unicode form the server tells.
    let is_ascii = place.to_string().is_ascii();
    let fits = Memo::new(move |_| {
        typed.with(|typed| Location::parse(typed).is_ok_and(|typed| !is_ascii || typed.is_same(&place)))
    });
    let busy = RwSignal::new(false);
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        if !fits.get_untracked() || busy.get_untracked() {
            return;
        }
        busy.set(true);
        let approval = Approval { preview: id.get_value(), confirm: typed.get_untracked() };
        spawn_local(async move {
            if let Err(error) = editor.run(Some(approval)).await {
                let at_field = error.fields.contains_key("approval.confirm");
                errors.try_set(error.fields.clone());
                failed.try_set(Some(error.message).filter(|_| !at_field));
            }
            busy.try_set(false);
        });
    };
    let face =
        Face::new("approval.confirm", "Type the destination", "", error_of(errors, "approval.confirm")).required();
    view! {
        <form class="approve" novalidate method="post" on:submit=submit>
            <p>
                {format!("{} will be {} ", format::plural(deletes, "file", "files"), gone)}
                <b class="mono">{shown}</b>
                ", exactly as the preview shows."
            </p>
            {odd.map(|odd| view! { <p class="note note--warn">{icon("triangle-alert")}<span>{odd}</span></p> })}
            <Text face value=typed />
            {move || failed.get().map(problem)}
            <footer class="dialog__foot">
                <button type="button" class="button" on:click=move |_| open.set(false)>"Cancel"</button>
                <button class="button button--bad" disabled=move || !fits.get() || busy.get()>{icon("play")}"Approve and run"</button>
            </footer>
        </form>
    }
    .into_any()
}
