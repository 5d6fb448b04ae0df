//! An ended preview: what the run would do, in figures, and the buttons to do it. A run that deletes is approved by
//! typing the destination.

use leptos::{ev, html, prelude::*};

use super::actions::{Begin, RunActions};
use crate::{
    components::{
        dialog::Dialog,
        icon::{draw, icon},
        left_out::left_out,
        session::use_permission,
        time::{left, time, until},
    },
    domain::{
        forecast::{deletes, would},
        format,
        guard::Approves,
        operation::Operation,
        policy::Permission,
        run::{detail::Run, files::Counts},
    },
};

/// The panel; none for what is not such a preview.
pub fn preview(run: &Run, counts: Option<&Counts>, actions: RunActions) -> AnyView {
    let may = use_permission(Permission::RunsWrite);
    let Some(approves) = run.approves.clone() else { return ().into_any() };
    let deletes = deletes(run, counts);
    // A move that is beyond its budget is approved as well, though what it takes is at the destination then.
    let stopped = run.guard_report.as_ref().is_some_and(|report| report.reason.is_some());
    let (kind, name) = if deletes > 0 { ("warn", "trash-2") } else { ("ok", "eye") };
    let size = (run.summary.stats.bytes > 0)
        .then(|| format!("{} would be transferred. ", format::bytes(run.summary.stats.bytes)));
    let guards =
        run.guard_report.as_ref().filter(|report| report.reason.is_some() || report.left_out > Some(0)).map(|report| {
            let said = report
                .reason
                .is_some()
                .then(|| view! { <p>"The guards would stop this run. "{report.short_explanation()}</p> }.into_any());
            view! { <div class="guards">{said}{left_out(report)}</div> }.into_any()
        });
    view! {
        <section class=format!("panel verdict verdict--{kind}") aria-label="Preview">
            {draw(name, "icon icon--state")}
            <div>
                <h2>{would(run, counts)}</h2>
                <p>{size}"This was a preview: nothing was changed."</p>
                {guards}
                {may.then(|| act(&approves, deletes, stopped, actions))}
            </div>
        </section>
    }
    .into_any()
}

/// What can be done with it now.
fn act(approves: &Approves, deletes: u64, stopped: bool, actions: RunActions) -> AnyView {
    let pending = actions.begin.pending();
    let begin = move |begin: Begin, name: &'static str, label: &'static str, class: &'static str| {
        let go = move |_| drop(actions.begin.dispatch(begin.clone()));
        view! { <button type="button" class=class disabled=move || pending.get() on:click=go>{icon(name)}{label}</button> }.into_any()
    };
    let anew = move || begin(Begin::Again, "eye", "Preview again", "button");
    if let Some(run) = &approves.run {
        let href = format!("/runs/{run}");
        return view! {
            <p class="muted">"This preview has already approved "<a class="link" href=href>"a run"</a>". It can approve only one."</p>
            <div class="row verdict__acts scripted">{anew()}</div>
        }
        .into_any();
    }
    if deletes == 0 && !stopped {
        return view! { <div class="row verdict__acts scripted">{begin(Begin::ForReal(None), "play", "Run it", "button button--primary")}</div> }
            .into_any();
    }
    let until_when = approves.until;
    let left = left(until_when);
    let over = Memo::new(move |_| left.with(Option::is_none));
    (move || {
        if over.get() {
            return view! {
                <p class="muted">"This preview is older than 15 minutes and can no longer approve a run. Things may have changed since."</p>
                <div class="row verdict__acts scripted">{anew()}</div>
            }
            .into_any();
        }
        view! {
            <p class="muted num">"It can approve one run of exactly this. It expires "{move || until(left.get())}", at "{time(until_when)}"."</p>
            <div class="row verdict__acts scripted">
                <button type="button" class="button button--primary" disabled=move || pending.get() on:click=move |_| open(actions)>
                    {icon("shield-check")}
                    "Approve and run"
                </button>
                {anew()}
            </div>
        }
        .into_any()
    })
    .into_any()
}

fn open(actions: RunActions) {
    actions.refused.set(None);
    actions.asks_name.set(true);
}

/// The question: the name of what is changed, typed.
#[component]
pub fn ApproveQuestion(actions: RunActions) -> impl IntoView {
    let field = NodeRef::<html::Input>::new();
    let pending = actions.begin.pending();
    let typed = RwSignal::new(false);
    let place = actions.part(Run::changed_place);
    let deletes = actions.part(|run| match &run.guard_report {
        Some(report) if report.operation == Some(Operation::Move) => report.deletes.unwrap_or(0),
        _ => run.summary.stats.deletes,
    });
    // Only once it is open: the server draws this before it knows the run.
    let moves = actions.part(|run| run.summary.operation == Operation::Move);
    let what = move || {
        let deletes = format::plural(deletes.get().filter(|_| actions.asks_name.get())?, "file", "files");
        let gone = if moves.get() == Some(true) { " will be moved. Type " } else { " will be deleted. Type " };
        let place = place.get();
        Some(view! { <p>{deletes}{gone}<code class="ask__name">{place}</code>" to confirm."</p> }.into_any())
    };
    let submit = move |event: ev::SubmitEvent| {
        event.prevent_default();
        if let Some(field) = field.get_untracked() {
            actions.begin.dispatch(Begin::ForReal(Some(field.value())));
        }
    };
    let problem = move || {
        let error = actions.refused.get()?;
        Some(error.field("approval.confirm").unwrap_or_else(|| error.field_or_summary("approval.preview")))
    };
    Effect::new(move |_| {
        if actions.asks_name.get()
            && let Some(field) = field.get_untracked()
        {
            field.set_value("");
            typed.set(false);
        }
    });
    view! {
        <Dialog open=actions.asks_name title="Approve and run">
            {what}
            <form class="ask" on:submit=submit>
                <div class="field">
                    <label for="approve-name">"Location that changes"</label>
                    <input
                        node_ref=field
                        class="input"
                        id="approve-name"
                        autocomplete="off"
                        spellcheck="false"
                        aria-describedby="approve-error"
                        aria-invalid=move || problem().map(|_| "true")
                        on:input=move |event| typed.set(!event_target_value(&event).trim().is_empty())
                    />
                    <p class="field__error" id="approve-error" role="alert">{problem}</p>
                </div>
                <footer class="dialog__foot">
                    <button type="button" class="button" on:click=move |_| actions.asks_name.set(false)>"Cancel"</button>
                    <button class="button button--bad" disabled=move || !typed.get() || pending.get()>
                        {icon("play")}
                        {move || if pending.get() { "Starting…" } else if moves.get() == Some(true) { "Move and run" } else { "Delete and run" }}
                    </button>
                </footer>
            </form>
        </Dialog>
    }
    .into_any()
}
