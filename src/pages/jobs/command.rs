//! The equivalent command line, always that of what is typed now.

use std::{collections::BTreeMap, time::Duration};

use leptos::{leptos_dom::helpers::debounce, prelude::*, task::spawn_local};

use crate::{
    components::{copy::copy_button, form::Errors, icon::icon},
    domain::{
        comparison::Comparison,
        error::{AppError, CHECK_FIELDS},
        run::new::NewRun,
    },
    server_fns::runs::{get_comparison, preview_command},
};

/// How long typing has to rest before the server is asked.
const REST: Duration = Duration::from_millis(250);

/// What is asked for, or what is wrong with it here already; `None` while a location is missing.
pub type RequestedRun = Memo<Option<Result<NewRun, BTreeMap<String, String>>>>;

/// The panel. What the server finds wrong stands beside the fields too.
#[component]
pub fn Command(requested: RequestedRun, errors: Errors) -> impl IntoView {
    let shown = RwSignal::new(None::<Result<String, AppError>>);
    // Asks both sides: it comes later, and never where one does not answer.
    let compared = RwSignal::new(None::<Comparison>);
    let mut ask = debounce(REST, move |run: NewRun| {
        spawn_local(async move {
            let answer = preview_command(run.clone()).await;
            // Only the answer to what is typed now counts.
            if requested.try_get_untracked().flatten() != Some(Ok(run.clone())) {
                return;
            }
            if let Err(error) = &answer {
                errors.try_set(error.fields.clone());
            }
            let good = answer.is_ok();
            shown.try_set(Some(answer));
            let found = if good { get_comparison(run.clone()).await.ok().flatten() } else { None };
            if requested.try_get_untracked().flatten() == Some(Ok(run)) {
                compared.try_set(found);
            }
        });
    });
    Effect::new(move |_| match requested.get() {
        Some(Ok(run)) => {
            errors.set(BTreeMap::new());
            ask(run);
        }
        Some(Err(wrong)) => {
            errors.set(wrong);
            shown.set(None);
        }
        None => {
            errors.set(BTreeMap::new());
            shown.set(None);
        }
    });
    // Whether the line is that of what was typed before: it is pale until the answer is here.
    let body = move || match shown.get() {
        Some(Ok(command)) => view! {
            <pre class="equivalent__line" tabindex="0" aria-label="Command line"><code>{command.clone()}</code></pre>
            <div>{copy_button(command, "the command line")}</div>
        }
        .into_any(),
        Some(Err(error)) if error.fields.is_empty() => {
            view! { <p class="field__error">{icon("triangle-alert")}<span>{error.message}</span></p> }.into_any()
        }
        Some(Err(_)) => view! { <p class="muted">{CHECK_FIELDS}</p> }.into_any(),
        None => match requested.get() {
            Some(Err(_)) => view! { <p class="muted">{CHECK_FIELDS}</p> }.into_any(),
            // As high as the line that is on its way.
            Some(Ok(_)) => {
                view! { <pre class="equivalent__line" aria-busy="true"><code class="muted">"…"</code></pre> }.into_any()
            }
            _ => view! { <p class="muted">"Choose a source and a destination to see the command that will run."</p> }
                .into_any(),
        },
    };
    view! {
        <section class="panel equivalent" aria-labelledby="command-title">
            <header>{icon("terminal")}<h2 id="command-title">"Command"</h2></header>
            <div class="body">{body}<div role="status">{move || compared.get().map(|found| how(&found))}</div></div>
        </section>
    }
    .into_any()
}

/// By what files will be compared: a warning where that is less than is needed.
fn how(comparison: &Comparison) -> AnyView {
    let message = comparison.message.clone();
    if comparison.is_less {
        view! { <p class="note note--warn">{icon("triangle-alert")}<span>{message}</span></p> }.into_any()
    } else {
        view! { <p class="muted">{message}</p> }.into_any()
    }
}
