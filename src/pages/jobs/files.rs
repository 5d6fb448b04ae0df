//! The files of a preview by what would happen to them: what would be deleted first, a hundred of each, the rest on the
//! run's page.

use leptos::{prelude::*, task::spawn_local};

use crate::{
    components::{icon::icon, load::skeleton, route_label::path},
    domain::{
        error::Result,
        format,
        id::RunId,
        run::files::{Counts, FileOutcome, RunFile, RunFiles},
    },
    server_fns::runs::list_run_files,
};

/// Files that are shown.
const SHOWN: u64 = 100;

/// What can happen, in the order of how much one wants to know it; deletions first where the operation deletes.
const ORDER: [(FileOutcome, &str, &str); 7] = [
    (FileOutcome::Deleted, "Delete", "trash-2"),
    (FileOutcome::Copied, "Copy", "plus"),
    (FileOutcome::Updated, "Update", "refresh-cw"),
    (FileOutcome::Moved, "Move", "move"),
    (FileOutcome::Renamed, "Rename", "pencil"),
    (FileOutcome::Failed, "Fail", "circle-x"),
    (FileOutcome::Skipped, "Leave out", "triangle-alert"),
];

/// The tabs and the list.
pub fn files(run: &RunId, counts: Counts, deletes: bool) -> AnyView {
    let there = ORDER.into_iter().filter(|(outcome, ..)| counts.get(*outcome) > 0).collect::<Vec<_>>();
    let Some((first, ..)) = there.first().copied() else {
        return ().into_any();
    };
    let first = if deletes {
        first
    } else {
        there.iter().map(|(one, ..)| *one).find(|one| *one != FileOutcome::Deleted).unwrap_or(first)
    };
    let run = run.to_string();
    let open = RwSignal::new(first);
    let list = RwSignal::new(None::<Result<RunFiles>>);
    let id = run.clone();
    Effect::new(move |_| {
        let (outcome, id) = (open.get(), id.clone());
        list.set(None);
        spawn_local(async move {
            let answer = list_run_files(id, outcome, String::new(), 0, SHOWN).await;
            if open.try_get_untracked() == Some(outcome) {
                list.try_set(Some(answer));
            }
        });
    });
    let tab = move |(outcome, label, _): (FileOutcome, &'static str, &'static str)| {
        view! {
            <button type="button" aria-pressed=move || (open.get() == outcome).to_string() on:click=move |_| open.set(outcome)>
                {label}" "<span class="num">{format::count(counts.get(outcome))}</span>
            </button>
        }
        .into_any()
    };
    let body = move || match list.get() {
        None => skeleton(5),
        Some(Err(error)) => {
            view! { <p class="field__error">{icon("triangle-alert")}<span>{error.message}</span></p> }.into_any()
        }
        Some(Ok(found)) => rows(found, open.get_untracked(), &run),
    };
    view! {
        <div class="tabs preview__tabs" role="group" aria-label="What would happen">{there.into_iter().map(tab).collect::<Vec<_>>()}</div>
        <div class="preview__files" tabindex="0" role="region" aria-label="Files of the preview">{body}</div>
    }
    .into_any()
}

fn rows(found: RunFiles, outcome: FileOutcome, run: &str) -> AnyView {
    let sign = ORDER.into_iter().find(|(one, ..)| *one == outcome).map_or("file", |(_, _, sign)| sign);
    let class = match outcome {
        FileOutcome::Deleted | FileOutcome::Failed => "would would--bad",
        FileOutcome::Skipped => "would would--warn",
        _ => "would",
    };
    let row = |file: RunFile| {
        let size = file.size.map(format::bytes);
        let why = file.error.map(|error| view! { <p class="would__why">{error}</p> }.into_any());
        view! { <li title=file.name.clone()>{icon(sign)}<span class="grow">{path(&file.name)}{why}</span><span class="num muted">{size}</span></li> }
            .into_any()
    };
    let more = found.matched.saturating_sub(found.files.len() as u64);
    let text = if more == 0 {
        "View this run".to_owned()
    } else {
        format!("{} more on this run’s page", format::count(more))
    };
    let href = format!("/runs/{run}?show={}", outcome.as_str());
    view! {
        <ul class=class>{found.files.into_iter().map(row).collect::<Vec<_>>()}</ul>
        <p class="would__more"><a class="link" href=href>{text}</a></p>
    }
    .into_any()
}
