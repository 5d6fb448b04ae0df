//! The buttons of the job form: save, run, and the question before a run that removes files.

use leptos::{prelude::*, task::spawn_local};

use super::{editor::Editor, field::Field, route::face};
use crate::{
    components::{dialog::Dialog, icon::icon},
    domain::error::{AppError, ErrorCode},
};

/// The foot of the form, always at hand.
pub(super) fn buttons(editor: Editor) -> AnyView {
    let busy = RwSignal::new(false);
    let save = move |_| {
        editor.failed.set(None);
        editor.said.set("");
        if editor.spec.get_untracked().is_err() || editor.wanted.get_untracked().is_none() {
            return editor.demand();
        }
        if editor.draft.value(Field::Name).with_untracked(|name| name.trim().is_empty()) {
            editor.draft.refuse(Field::Name, "A job needs a name.");
            return editor.draft.focus_wrong();
        }
        busy.set(true);
        spawn_local(async move {
            editor.save_or_tell().await;
            busy.try_set(false);
        });
    };
    let is_job = editor.saved.with_untracked(Option::is_some);
    let changed = Memo::new(move |_| editor.changed());
    let run_word = move || match (is_job, changed.get()) {
        (false, _) => "Run once",
        (true, true) => "Save and run",
        (true, false) => "Run now",
    };
    Effect::new(move |_| {
        if is_job && changed.get() {
            editor.said.set("");
        }
    });
    let off = move || !editor.ready.get() || busy.get();
    view! {
        <footer class="foot">
            <div class="foot__said">
                <span role="status" class="muted">{move || editor.said.get()}</span>
                {move || editor.failed.get().map(refusal)}
            </div>
            <button class="button scripted" disabled=off>{icon("play")}{run_word}</button>
            <button type="button" class="button button--primary scripted" disabled=move || off() || (is_job && !changed.get()) on:click=save>
                {icon("check")}
                "Save job"
            </button>
        </footer>
    }
    .into_any()
}

/// Why it was not done. What another person changed meanwhile can be looked at.
fn refusal(error: AppError) -> AnyView {
    let on = match (error.code, error.run_id) {
        (_, Some(run)) => Some(view! { " "<a class="link" href=format!("/runs/{run}")>"View that run"</a> }.into_any()),
        (ErrorCode::Conflict, None) if error.fields.is_empty() => {
            // Loaded anew: what is typed here is given up, and that is what it says.
            Some(view! { " "<a class="link" href="" rel="external">"Load the current version"</a> }.into_any())
        }
        _ => None,
    };
    view! { <p class="field__error" role="alert">{icon("triangle-alert")}<span>{error.message}{on}</span></p> }
        .into_any()
}

/// What deletes is seen first: without a preview of exactly this it is asked about.
pub(super) fn ask_or_run(editor: Editor, asking: RwSignal<bool>) {
    editor.failed.set(None);
    match editor.wanted.get_untracked() {
        Some(Ok(run)) if run.operation.deletes() && !untrack(|| editor.preview.is_of(&run)) => asking.set(true),
        Some(Ok(_)) => start(editor),
        _ => editor.demand(),
    }
}

fn start(editor: Editor) {
    spawn_local(async move {
        // An error is shown where it belongs.
        let _ = editor.run(None).await;
    });
}

pub(super) fn question(editor: Editor, asking: RwSignal<bool>) -> AnyView {
    let place = move || {
        let has_destination = editor.draft.operation.get().has_destination();
        editor.draft.value(if has_destination { Field::Destination } else { Field::Source }).get()
    };
    let word = move || face(editor.draft.operation.get()).0.to_lowercase();
    view! {
        <Dialog open=asking title="Run it without a preview?">
            <p>"A "{word}" can delete files at " <b class="mono">{place}</b> ". A preview lists them first, and changes nothing."</p>
            <footer class="dialog__foot">
                <button type="button" class="button" on:click=move |_| asking.set(false)>"Cancel"</button>
                <button
                    type="button"
                    class="button button--bad"
                    on:click=move |_| {
                        asking.set(false);
                        start(editor);
                    }
                >
                    "Run without"
                </button>
                <button
                    type="button"
                    class="button button--primary"
                    on:click=move |_| {
                        asking.set(false);
                        editor.start_preview();
                    }
                >
                    {icon("eye")}
                    "Preview first"
                </button>
            </footer>
        </Dialog>
    }
    .into_any()
}
