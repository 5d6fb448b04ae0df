//! A dialog that asks for a reason before an action that others will wonder about. The reason is optional.

use leptos::{ev, html, prelude::*};

use super::{dialog::Dialog, icon::icon};

/// What is asked, and what the two ways out of it are called.
#[derive(Clone, Copy)]
pub struct Words {
    /// The heading, a question.
    pub title: &'static str,
    /// What would happen.
    pub what: &'static str,
    /// Who will read the answer.
    pub help: &'static str,
    /// To leave it.
    pub keep: &'static str,
    /// To do it.
    pub act: &'static str,
    /// The icon of what is done.
    pub icon: &'static str,
    /// The button that does it.
    pub class: &'static str,
}

/// The question. `act` is given the answer; the dialog is closed then.
#[component]
pub fn ReasonDialog(
    /// Whether it is asked.
    open: RwSignal<bool>,
    /// How.
    words: Words,
    /// Does it.
    act: Callback<String>,
) -> impl IntoView {
    let answer = NodeRef::<html::Input>::new();
    let submit = move |event: ev::SubmitEvent| {
        event.prevent_default();
        open.set(false);
        act.run(answer.get_untracked().map(|answer| answer.value()).unwrap_or_default());
    };
    view! {
        <Dialog open title=words.title>
            <p class="muted">{words.what}</p>
            <form class="ask" on:submit=submit>
                <div class="field">
                    <label for="why">"Why?"</label>
                    <input node_ref=answer class="input" id="why" maxlength="500" autocomplete="off" aria-describedby="why-help" />
                    <p class="help" id="why-help">{words.help}</p>
                </div>
                <footer class="dialog__foot">
                    <button type="button" class="button" on:click=move |_| open.set(false)>{words.keep}</button>
                    <button class=format!("button {}", words.class)>{icon(words.icon)}{words.act}</button>
                </footer>
            </form>
        </Dialog>
    }
    .into_any()
}
