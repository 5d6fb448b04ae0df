//! What the guards said: that they stopped it, what they saw, and what to do then.

use leptos::prelude::*;

use super::doors::{Begin, Doors};
use crate::{
    components::{
        icon::{draw, icon},
        left_out::left_out,
    },
    domain::{
        format,
        guard::GuardReport,
        run::{Run, RunState},
    },
};

/// The panel of a run that was stopped by a guard.
pub fn blocked(run: &Run, doors: Doors, may: bool) -> AnyView {
    let Some(report) = run.guard_report.as_ref().filter(|_| run.summary.state == RunState::Blocked) else { return ().into_any() };
    let act = report.reason.filter(|_| may).map(|reason| {
        let look = reason.may_be_approved();
        let preview = look.then(|| button(Begin::Preview, "eye", "Preview it", "button button--primary", doors));
        let again = button(Begin::Again, "refresh-cw", "Run again", if look { "button" } else { "button button--primary" }, doors);
        view! { <div class="row verdict__acts scripted">{preview}{again}</div> }.into_any()
    });
    view! {
        <section class="panel verdict verdict--warn" aria-label="A guard stopped it">
            {draw("shield-alert", "icon icon--state")}
            <div>
                <h2>"A guard stopped this run. Nothing was changed."</h2>
                <p>{report.said()}</p>
                {figures(report)}
                {left_out(report)}
                {act}
            </div>
        </section>
    }
    .into_any()
}

fn button(begin: Begin, name: &'static str, label: &'static str, class: &'static str, doors: Doors) -> AnyView {
    let pending = doors.begin.pending();
    let go = move |_| drop(doors.begin.dispatch(begin.clone()));
    view! { <button type="button" class=class disabled=move || pending.get() on:click=go>{icon(name)}{label}</button> }.into_any()
}

/// What the guards saw of a run that they let go.
pub fn report(run: &Run) -> Option<AnyView> {
    // A preview tells what they will say in its own panel.
    let report = run.guard_report.as_ref().filter(|report| report.reason.is_none() && !run.summary.dry_run)?;
    let approved = report.approved_by.as_ref().map(|preview| {
        let href = format!("/runs/{preview}");
        view! { <p class="muted">"A person approved it by "<a class="link" href=href>"its preview"</a>"."</p> }.into_any()
    });
    Some(
        view! {
            <section class="panel" aria-label="Guards">
                <header><h2>"What the guards saw"</h2></header>
                <div class="body guards">{figures(report)}{left_out(report)}{approved}</div>
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
    let changed = report.changed_files.filter(|files| *files > 0).map(|files| format!("{} of them changed", format::count(files)));
    let facts = [
        ("Would be deleted", report.deletes, None),
        ("Still in the source", report.left_out.filter(|files| *files > 0), Some("left out there".to_owned())),
        ("May be deleted", report.budget, None),
        ("Would be transferred", report.transfers, changed),
        ("Files in the source", report.source_files, last),
        ("Files at the destination", report.destination_files, None),
    ];
    let facts = facts.into_iter().filter_map(fact).collect::<Vec<_>>();
    if facts.is_empty() {
        return ().into_any();
    }
    view! { <dl class="verdict__facts num">{facts}</dl> }.into_any()
}
