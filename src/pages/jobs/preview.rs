//! The panel of the preview: a dry run of what is typed, followed while it looks, then in counts and files.

use leptos::prelude::*;

use super::{approve::approve, editor::Editor, files::files, preview_state::Stage};
use crate::{
    components::{
        badge::run_badge,
        icon::icon,
        progress::{percent, run_bar},
    },
    domain::{
        error::CHECK_FIELDS,
        forecast::would,
        format,
        operation::Operation,
        run::{detail::Run, files::Counts, state::RunState, summary::RunSummary},
    },
    live::Live,
};

/// The panel.
pub fn preview(editor: Editor) -> AnyView {
    let live = Live::current();
    let preview = editor.preview;
    preview.follow(live);
    let busy = Memo::new(move |_| preview.stage.with(|stage| matches!(stage, Stage::Asked | Stage::Going(_))));
    let asked = Memo::new(move |_| preview.stage.with(|stage| !matches!(stage, Stage::Nothing)));
    let stale = Memo::new(move |_| {
        let now = editor.wanted.get().and_then(Result::ok);
        asked.get() && preview.of.with(|of| *of != now)
    });
    let check = Memo::new(move |_| editor.draft.operation.get() == Operation::Check);
    let body = move || {
        if check.get() {
            return view! { <p class="muted">"A check changes nothing, so there is nothing to preview: run it."</p> }
                .into_any();
        }
        match preview.stage.get() {
            Stage::Nothing => view! {
                <p class="muted">"A dry run compares both sides and lists what would be copied, replaced and deleted. It changes nothing."</p>
            }
            .into_any(),
            Stage::Asked => view! { <p class="muted">"Starting…"</p><progress aria-label="Progress of the preview"></progress> }.into_any(),
            Stage::Going(run) => going(live, *run),
            Stage::Ended(run, counts) => ended(editor, &run, counts, stale),
            Stage::Refused(error) if !error.fields.is_empty() => view! { <p class="muted">{CHECK_FIELDS}</p> }.into_any(),
            Stage::Refused(error) => problem("Could not preview this transfer", error.message, None),
        }
    };
    let note = move || {
        (stale.get() && !busy.get()).then(|| {
            view! { <p class="note note--warn">{icon("clock")}<span>"The options have changed since this preview. Preview again."</span></p> }.into_any()
        })
    };
    view! {
        <section class="panel preview" class:preview--stale=stale aria-labelledby="preview-title">
            <header>
                {icon("eye")}
                <h2 id="preview-title">"Preview"</h2>
                <button
                    type="button"
                    class="button scripted"
                    disabled=move || !editor.ready.get() || busy.get() || check.get()
                    on:click=move |_| editor.start_preview()
                >
                    {move || if asked.get() { "Preview again" } else { "Preview" }}
                </button>
            </header>
            <div class="body">
                <div role="status">{note}</div>
                {body}
            </div>
        </section>
    }
    .into_any()
}

/// While it looks.
fn going(live: Live, run: RunSummary) -> AnyView {
    let href = format!("/runs/{}", run.id);
    let run = live.follow(run);
    let said = move || {
        run.with(|run| match run.state {
            RunState::Queued => "Waiting for its turn".to_owned(),
            _ if run.stats.permille().is_some() => percent(&run.stats),
            _ => format!("{} listed", format::count(run.stats.listed)),
        })
    };
    view! {
        <div class="row spread">{run_badge(run)}<span class="muted num live">{said}</span></div>
        {run_bar(run)}
        <p><a class="link" href=href>"View this run"</a></p>
    }
    .into_any()
}

/// What it found.
fn ended(editor: Editor, run: &Run, counts: Counts, stale: Memo<bool>) -> AnyView {
    let href = format!("/runs/{}", run.summary.id);
    if !run.summary.state.ended_well() {
        let said = run.guard_report.as_ref().map(|report| report.explanation()).filter(|words| !words.is_empty());
        let said = said.or_else(|| run.summary.error.clone()).unwrap_or_else(|| "The preview failed.".to_owned());
        let title = if run.summary.state == RunState::Blocked { "A guard stopped it" } else { "The preview failed" };
        return problem(title, said, Some(href));
    }
    let bytes = run.summary.stats.bytes;
    let bytes = (bytes > 0).then(|| {
        view! { <span class="muted num">{format!("{} would be sent.", format::bytes(bytes))}</span> }.into_any()
    });
    let id = run.summary.id;
    view! {
        <p class="preview__said" role="status"><b>{would(run, Some(&counts))}"."</b>" "{bytes}</p>
        {warned(&run.summary)}
        {approve(editor, run, stale)}
        {files(&id, counts, editor.draft.operation.get_untracked().deletes())}
    }
    .into_any()
}

/// What the run will not do, or not prove, as far as the look ahead tells.
fn warned(run: &RunSummary) -> Option<AnyView> {
    let said = run.said_warning()?;
    Some(
        view! { <div class="note note--warn">{icon("triangle-alert")}<div><p class="said">{said}</p></div></div> }
            .into_any(),
    )
}

fn problem(title: &'static str, text: String, href: Option<String>) -> AnyView {
    let link = href.map(|href| view! { <p><a class="link" href=href>"View this run"</a></p> }.into_any());
    view! {
        <div class="note note--bad" role="alert">
            {icon("circle-x")}
            <div><b>{title}</b><p class="said">{text}</p>{link}</div>
        </div>
    }
    .into_any()
}
