//! The preview: a dry run of what is typed, followed while it looks, then in counts and files. It belongs to what was
//! typed then: whatever is changed makes it stale.

use leptos::{prelude::*, task::spawn_local};

use super::{approve::approve, editor::Editor, files::files};
use crate::{
    components::{
        badge::run_badge,
        icon::icon,
        progress::{percent, run_bar},
    },
    domain::{
        error::{AppError, CHECK_FIELDS, Result},
        forecast::would,
        format,
        id::RunId,
        operation::Operation,
        run::{
            detail::Run,
            files::{Counts, FileOutcome},
            new::NewRun,
            state::RunState,
            summary::RunSummary,
        },
    },
    live::Live,
    server_fns::runs::{get_run, list_run_files},
};

/// How far it is.
#[derive(Clone)]
enum Stage {
    Nothing,
    Asked,
    Going(Box<RunSummary>),
    Ended(Box<Run>, Counts),
    Refused(AppError),
}

/// The preview of the editor.
#[derive(Clone, Copy)]
pub struct Preview {
    stage: RwSignal<Stage>,
    /// What it is a preview of.
    of: RwSignal<Option<NewRun>>,
    /// The dry run that is followed.
    id: RwSignal<Option<RunId>>,
}

impl Preview {
    /// None yet.
    #[must_use]
    pub fn new() -> Self {
        Self { stage: RwSignal::new(Stage::Nothing), of: RwSignal::new(None), id: RwSignal::new(None) }
    }

    /// Whether it is one of `run`, and shows everything.
    pub fn is_of(self, run: &NewRun) -> bool {
        let good = self.stage.with(|stage| matches!(stage, Stage::Ended(run, _) if run.summary.state.ended_well()));
        good && self.of.with(|of| of.as_ref() == Some(run))
    }

    /// Starts one.
    pub fn start(self, editor: Editor) {
        let Some(Ok(run)) = editor.wanted.get_untracked() else { return editor.demand() };
        self.stage.set(Stage::Asked);
        self.of.set(Some(run.clone()));
        self.id.set(None);
        spawn_local(async move {
            match editor.dry_run(run).await {
                Ok(id) => {
                    self.id.try_set(Some(id.clone()));
                    self.look(id).await;
                }
                Err(error) => {
                    let at_fields = !error.fields.is_empty();
                    editor.draft.errors.try_set(error.fields.clone());
                    self.stage.try_set(Stage::Refused(error));
                    if at_fields {
                        editor.draft.focus_wrong();
                    }
                }
            }
        });
    }

    /// Asks how far the dry run is.
    async fn look(self, id: RunId) {
        let answer = get(id.to_string()).await;
        if self.id.try_get_untracked().flatten() == Some(id) {
            self.stage.try_set(answer.unwrap_or_else(Stage::Refused));
        }
    }

    /// Looks again when the stream says that it has ended, or may have.
    fn follow(self, live: Live) {
        let due = Memo::new(move |_| {
            let id = self.id.get()?;
            let ended = live.saw_end(id.as_str());
            (ended || live.missed() > 0).then_some((id, ended, live.missed()))
        });
        // It may have ended before the first answer was here.
        let going = Memo::new(move |_| self.stage.with(|stage| matches!(stage, Stage::Going(_))));
        Effect::new(move |_| {
            if let (Some((id, ..)), true) = (due.get(), going.get()) {
                spawn_local(self.look(id));
            }
        });
    }
}

/// The dry run as it is, and once it has ended, how many files there are of each kind.
async fn get(id: String) -> Result<Stage> {
    let run = get_run(id.clone()).await?;
    if !run.summary.state.is_final() {
        return Ok(Stage::Going(Box::new(run.summary)));
    }
    let counts = list_run_files(id, FileOutcome::Deleted, String::new(), 0, 1).await?.counts;
    Ok(Stage::Ended(Box::new(run), counts))
}

/// The panel.
pub fn preview(editor: Editor) -> AnyView {
    let live = Live::current();
    let preview = editor.preview;
    preview.follow(live);
    let busy = Memo::new(move |_| preview.stage.with(|stage| matches!(stage, Stage::Asked | Stage::Going(_))));
    let asked = Memo::new(move |_| preview.stage.with(|stage| !matches!(stage, Stage::Nothing)));
    let stale = Memo::new(move |_| {
        let now = editor.wanted.get().and_then(std::result::Result::ok);
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
                    on:click=move |_| preview.start(editor)
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
        let said = run.guard_report.as_ref().map(|report| report.words()).filter(|words| !words.is_empty());
        let said = said.or_else(|| run.summary.error.clone()).unwrap_or_else(|| "The preview failed.".to_owned());
        let title = if run.summary.state == RunState::Blocked { "A guard stopped it" } else { "The preview failed" };
        return problem(title, said, Some(href));
    }
    let bytes = run.summary.stats.bytes;
    let bytes = (bytes > 0).then(|| {
        view! { <span class="muted num">{format!("{} would be sent.", format::bytes(bytes))}</span> }.into_any()
    });
    let id = run.summary.id.clone();
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
