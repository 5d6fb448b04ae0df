//! The rows of the jobs. A table; on a phone each row is a card. The last run moves while one looks.

use leptos::{prelude::*, task::spawn_local};
use leptos_router::hooks::use_navigate;

use super::{
    route::face,
    sections::followers::{Named, name_of},
    summaries,
};
use crate::{
    components::{
        badge::run_badge, delete_dialog::PendingDelete, form::interactive, icon::icon, route_label::route,
        session::use_permission, time::time,
    },
    domain::{error::AppError, follower::Follower, id::JobId, job::Job, policy::Permission, run::summary::RunSummary},
    live::Live,
    pages::runs,
    server_fns::jobs::{duplicate_job, run_job},
};

/// What can be done here, and what came of it.
#[derive(Clone, Copy)]
pub struct JobActions {
    /// The job that shall go.
    pub pending_delete: PendingDelete,
    /// Why it was not done.
    pub failed: RwSignal<Option<String>>,
}

impl JobActions {
    /// Nothing was asked yet.
    #[must_use]
    pub fn new() -> Self {
        Self { pending_delete: PendingDelete::default(), failed: RwSignal::new(None) }
    }

    fn tell(self, error: &AppError) {
        self.failed.try_set(Some(error.message.clone()));
    }
}

/// The table; with actions if the person `may` use them.
pub fn table(jobs: &[Job], names: &[Named], actions: JobActions, live: Live) -> AnyView {
    let few = !use_permission(Permission::JobsWrite);
    let rows = jobs.iter().map(|job| row(job, names, actions, live)).collect::<Vec<_>>();
    view! {
        <table class="cards">
            <thead>
                <tr>
                    <th class="jobs__name">"Job"</th>
                    <th>"Route"</th>
                    <th class="jobs__last">"Last run"</th>
                    <th class="jobs__actions" class:jobs__actions--few=few><span class="visually-hidden">"Actions"</span></th>
                </tr>
            </thead>
            <tbody>{rows}</tbody>
        </table>
    }
    .into_any()
}

fn row(job: &Job, names: &[Named], actions: JobActions, live: Live) -> AnyView {
    let few = !use_permission(Permission::JobsWrite);
    let (operation, sign) = face(job.spec.operation);
    let (source, destination) = (job.source(), job.destination());
    let label = match (source, destination) {
        (Ok(source), Ok(destination)) => route(&source, destination.as_ref(), Signal::stored(false)),
        _ => view! { <span class="muted">{job.spec.source.clone()}</span> }.into_any(),
    };
    let follows = follows(&job.spec.followers, names);
    view! {
        <tr data-job=job.id.to_string()>
            <td class="jobs__name">
                <a href=format!("/jobs/{}", job.id)><b>{job.spec.name.clone()}</b></a>
                <span class="jobs__what muted">{icon(sign)}{operation}</span>
            </td>
            <td class="jobs__route"><div>{label}{follows}</div></td>
            <td class="jobs__last" data-label="Last run"><div>{last(job, live)}</div></td>
            <td class="jobs__actions" class:jobs__actions--few=few><div>{row_actions(job, actions)}</div></td>
        </tr>
    }
    .into_any()
}

/// `then Nightly check, when it ended well`.
fn follows(followers: &[Follower], names: &[Named]) -> Option<AnyView> {
    let line = |follower: &Follower| {
        let text = format!("then {}, {}", name_of(names, &follower.job), summaries::after(follower.after));
        view! { <span class="jobs__then muted small">{icon("arrow-right")}{text}</span> }.into_any()
    };
    (!followers.is_empty()).then(|| followers.iter().map(line).collect::<Vec<_>>().into_any())
}

/// The last run, or the one that goes on now.
fn last(job: &Job, live: Live) -> AnyView {
    let (id, first) = (job.id, job.last_run.clone());
    // Until something newer arrives, what the list came with; it is followed too.
    let known = first.clone().map(|run| live.follow(run));
    let is_its = move |run: &RunSummary| !run.dry_run && run.job.as_ref().is_some_and(|job| job.id == id);
    let latest = Memo::new(move |before: Option<&Option<RunSummary>>| {
        let active = live.active().and_then(|runs| runs.into_iter().rev().find(|run| is_its(run)));
        let before = before.cloned().flatten().and_then(|run| live.get_untracked(&run.id));
        let known = known.map(|run| run.get());
        [active, before, known].into_iter().flatten().max_by(|a, b| a.id.cmp(&b.id))
    });
    let there = Memo::new(move |_| latest.with(|run| run.as_ref().map(|run| run.id)));
    (move || {
        let Some(id) = there.get() else { return view! { <span class="faint">"Never run"</span> }.into_any() };
        let Some(first) = latest.get_untracked() else { return ().into_any() };
        let run = Memo::new(move |_| latest.get().unwrap_or_else(|| first.clone()));
        let at = Memo::new(move |_| run.with(|run| run.ended_at.or(run.started_at).unwrap_or(run.created_at)));
        view! {
            <a class="jobs__run" href=format!("/runs/{id}") data-run=id.to_string() data-state=move || run.with(|run| run.state.as_str())>
                {run_badge(run)}
                <span class="muted small">{move || time(at.get())}</span>
            </a>
        }
        .into_any()
    })
    .into_any()
}

/// What can be done with it; everybody may look at its runs.
fn row_actions(job: &Job, actions: JobActions) -> AnyView {
    let (id, name) = (job.id, job.spec.name.clone());
    let word = |word: &'static str| view! { <span class="jobs__word">{word}</span> }.into_any();
    let runs = view! {
        <a class="button button--quiet" href=runs::of_job(&id) aria-label=format!("Runs of {name}") title="History">{icon("history")}{word("History")}</a>
    }
    .into_any();
    if !use_permission(Permission::JobsWrite) {
        return runs;
    }
    let ready = interactive();
    let busy = RwSignal::new(false);
    let off = move || !ready.get() || busy.get();
    let navigate = StoredValue::new(use_navigate());
    let run = move |_| {
        act(busy, actions, run_it(id), move |to| {
            // Who is elsewhere by now stays there.
            navigate.try_with_value(|go| go(&to, Default::default()));
        });
    };
    let duplicate = {
        let (id, name) = (id.to_string(), name.clone());
        move |_| {
            let name = name.clone();
            act(busy, actions, duplicate_job(id.clone()), move |_| {
                actions.pending_delete.said.try_set(format!("{name} was duplicated."));
                actions.pending_delete.again.try_update(|n| *n += 1);
            });
        }
    };
    let delete = {
        let (id, name) = (id.to_string(), name.clone());
        move |_| actions.pending_delete.ask(id.clone(), name.clone())
    };
    view! {
        <button type="button" class="button scripted" aria-label=format!("Run {name}") disabled=off on:click=run>{icon("play")}"Run"</button>
        <a class="button button--quiet" href=format!("/jobs/{id}?preview=1") aria-label=format!("Preview {name}") title="Preview">{icon("eye")}{word("Preview")}</a>
        {runs}
        <a class="button button--quiet" href=format!("/jobs/{id}") aria-label=format!("Edit {name}") title="Edit">{icon("pencil")}{word("Edit")}</a>
        <button type="button" class="button button--quiet scripted" aria-label=format!("Duplicate {name}") title="Duplicate" disabled=off on:click=duplicate>
            {icon("copy-plus")}
            {word("Duplicate")}
        </button>
        <button type="button" class="button button--quiet scripted" aria-label=format!("Delete {name}") title="Delete" disabled=off on:click=delete>
            {icon("trash-2")}
            {word("Delete")}
        </button>
    }
    .into_any()
}

/// Starts it; where to look at it then.
async fn run_it(id: JobId) -> Result<String, AppError> {
    run_job(id, None).await.map(|run| format!("/runs/{run}"))
}

/// Does it once at a time, and tells why it did not go.
fn act<T: 'static>(
    busy: RwSignal<bool>,
    actions: JobActions,
    asked: impl Future<Output = Result<T, AppError>> + 'static,
    done: impl FnOnce(T) + 'static,
) {
    busy.set(true);
    actions.failed.set(None);
    spawn_local(async move {
        match asked.await {
            Ok(value) => done(value),
            Err(error) => actions.tell(&error),
        }
        busy.try_set(false);
    });
}
