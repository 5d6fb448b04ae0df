//! The confirmation before an item of a list is deleted, and the deletion.

use leptos::prelude::*;

use super::{dialog::Dialog, form::focus_first, icon::icon};
use crate::{components::note::problem, domain::error::Result};

/// What was asked to go last, and what came of it.
#[derive(Clone, Copy, Default)]
pub struct PendingDelete {
    id: RwSignal<String>,
    name: RwSignal<String>,
    open: RwSignal<bool>,
    /// Changes when the list has to be asked for again.
    pub again: RwSignal<u32>,
    /// What was done, in a sentence.
    pub said: RwSignal<String>,
}

impl PendingDelete {
    /// Asks whether this shall go.
    pub fn ask(self, id: impl Into<String>, name: impl Into<String>) {
        self.id.set(id.into());
        self.name.set(name.into());
        self.open.set(true);
    }
}

/// How it is asked.
#[derive(Clone, Copy)]
pub struct Words {
    /// The heading, a question.
    pub title: &'static str,
    /// What goes with it, and what stays; the name stands between the two.
    pub what: [&'static str; 2],
    /// The button that does it.
    pub act: &'static str,
}

/// The question. `delete` is given the id.
pub fn delete_dialog<F>(pending_delete: PendingDelete, words: Words, delete: fn(String) -> F) -> AnyView
where
    F: Future<Output = Result<()>> + Send + 'static,
{
    let PendingDelete { id, name, open, again, said } = pending_delete;
    let failed = RwSignal::new(None::<String>);
    Effect::new(move |_| {
        if open.get() {
            failed.set(None);
        }
    });
    let delete = Action::new(move |(id, name): &(String, String)| {
        let (gone, name) = (delete(id.clone()), name.clone());
        async move {
            match gone.await {
                Ok(()) => {
                    said.set(format!("{name} was deleted."));
                    open.set(false);
                    again.update(|n| *n += 1);
                    // The button that was pressed is gone with its row.
                    focus_first(["content".to_owned()]);
                }
                Err(error) => failed.set(Some(error.message)),
            }
        }
    });
    let pending = delete.pending();
    let go = move |_| drop(delete.dispatch((id.get_untracked(), name.get_untracked())));
    let [before, after] = words.what;
    view! {
        <Dialog open title=words.title>
            <p>{before}<b>{name}</b>{after}</p>
            {move || failed.get().map(problem)}
            <footer class="dialog__foot">
                <button type="button" class="button" on:click=move |_| open.set(false)>"Keep it"</button>
                <button type="button" class="button button--bad" disabled=pending on:click=go>{icon("trash-2")}{words.act}</button>
            </footer>
        </Dialog>
    }
    .into_any()
}
