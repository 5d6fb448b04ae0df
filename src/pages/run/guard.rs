//! The result of the guards: whether they blocked the run, what they found, and what to do.

use leptos::prelude::*;

use super::{
    actions::{Begin, RunActions},
    confirm::confirm,
};
use crate::{
    components::{
        icon::{draw, icon},
        left_out::left_out,
        session::use_permission,
    },
    domain::{
        format,
        guard::report::{GuardReason, GuardReport, LetGoBy},
        operation::Operation,
        policy::Permission,
        run::{detail::Run, state::RunState},
    },
};

/// The panel of a run that was stopped by a guard.
pub fn blocked(run: &Run, actions: RunActions) -> AnyView {
    let may = use_permission(Permission::RunsWrite);
    let Some(report) = run.guard_report.as_ref().filter(|_| run.summary.state == RunState::Blocked) else {
        return ().into_any();
    };
    let act = report.reason.filter(|_| may).map(|reason| {
        let look = reason.may_be_approved();
        let preview = look.then(|| button(Begin::Preview, "eye", "Preview it", "button button--primary", actions));
        let again = button(
            Begin::Again,
            "refresh-cw",
            "Run again",
            if look { "button" } else { "button button--primary" },
            actions,
        );
        let sure =
            (reason == GuardReason::DeleteBudget && report.operation.is_some()).then(|| confirm(run, report, actions));
        view! { <div class="row verdict__acts">{sure}<span class="row scripted">{preview}{again}</span></div> }
            .into_any()
    });
    let title = if report.reason == Some(GuardReason::NotAllowed) {
        "This run is no longer allowed"
    } else {
        "A guard stopped this run. Nothing was changed."
    };
    view! {
        <section class="panel verdict verdict--warn" aria-label="A guard stopped it">
            {draw("shield-alert", "icon icon--state")}
            <div>
                <h2>{title}</h2>
                <p>{report.page_explanation()}</p>
                {figures(report)}
                {left_out(report)}
                {act}
            </div>
        </section>
    }
    .into_any()
}

fn button(begin: Begin, name: &'static str, label: &'static str, class: &'static str, actions: RunActions) -> AnyView {
    let pending = actions.begin.pending();
    let go = move |_| drop(actions.begin.dispatch(begin.clone()));
    view! { <button type="button" class=class disabled=move || pending.get() on:click=go>{icon(name)}{label}</button> }
        .into_any()
}

/// What the guards found in a run that they let through.
pub fn report(run: &Run) -> Option<AnyView> {
    // A preview tells what they will say in its own panel.
    let report = run.guard_report.as_ref().filter(|report| report.reason.is_none() && !run.summary.dry_run)?;
    let approved = report.approved_by.as_ref().map(|preview| {
        let href = format!("/runs/{preview}");
        view! { <p class="muted">"Approved after "<a class="link" href=href>"a preview"</a>"."</p> }.into_any()
    });
    let let_go = match report.let_go_by {
        Some(LetGoBy::Confirm) => Some("The person who started it typed the path to confirm."),
        Some(LetGoBy::Job) => Some("Its job may delete this many files without asking."),
        Some(LetGoBy::Token) => Some("The token that started it may delete this many files without asking."),
        Some(LetGoBy::Preview) | None => None,
    };
    let let_go = let_go.map(|words| view! { <p class="muted">{words}</p> }.into_any());
    Some(
        view! {
            <section class="panel" aria-label="Guards">
                <header><h2>"What the guards found"</h2></header>
                <div class="body guards">{figures(report)}{left_out(report)}{approved}{let_go}</div>
            </section>
        }
        .into_any(),
    )
}

/// What was seen, as figures.
fn figures(report: &GuardReport) -> AnyView {
    let fact = |(label, figure, beside): (&'static str, Option<u64>, Option<String>)| {
        let figure = format::count(figure?);
        Some(view! { <div><dt class="muted">{label}</dt><dd><b>{figure}</b>" "<small class="faint">{beside}</small></dd></div> }.into_any())
    };
    let last = report.last_source_files.map(|files| format!("{} last time", format::count(files)));
    let most = report.most_source_files.filter(|_| report.most_source_files > report.last_source_files);
    let most = most.map(|files| format!("{} at most in 28 days", format::count(files)));
    let held: Vec<_> = last.into_iter().chain(most).collect();
    let last = (!held.is_empty()).then(|| held.join(", "));
    let changed = report
        .changed_files
        .filter(|files| *files > 0)
        .map(|files| format!("{} of them changed", format::count(files)));
    let (gone, may, there) = match report.operation {
        Some(Operation::Move) => ("Would be taken", "Limit", "Files in the source"),
        Some(_) => ("Would be deleted", "Limit", "Files there"),
        None => ("Would be deleted", "Limit", "Files in the source"),
    };
    let facts = [
        (gone, report.deletes, None),
        ("Still in the source", report.left_out.filter(|files| *files > 0), Some("left out there".to_owned())),
        (may, report.budget, None),
        ("Would be transferred", report.transfers, changed),
        (there, report.source_files, last),
        ("Files at the destination", report.destination_files, None),
    ];
    let facts = facts.into_iter().filter_map(fact).collect::<Vec<_>>();
    if facts.is_empty() {
        return ().into_any();
    }
    view! { <dl class="verdict__facts num">{facts}</dl> }.into_any()
}
