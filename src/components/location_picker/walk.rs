//! Inside the picker's dialog: the current folder, its subfolders, and the way down.

use leptos::{prelude::*, task::spawn_local};

use super::{Places, above, way};
use crate::{
    components::{
        icon::icon,
        load::skeleton,
        route_label::location_label,
        virtual_list::{BLOCK, Fetch, VirtualList, file_name, visible},
    },
    domain::{
        error::AppError,
        file::{Entry, FilePage, FileQuery},
        location::Location,
    },
};

/// What the dialog shows.
#[derive(Clone)]
enum Stage {
    Waiting,
    Roots,
    Folder(Box<FilePage>),
    Failed(AppError),
}

#[component]
pub(super) fn Walk(
    places: Places,
    at: Option<Location>,
    choose: Callback<Location>,
    cancel: RwSignal<bool>,
) -> impl IntoView {
    let at = RwSignal::new(at);
    let stage = RwSignal::new(Stage::Waiting);
    // The keyboard stays in the list while it walks; not at first, where the dialog chooses.
    let walked = RwSignal::new(false);
    let roots = RwSignal::new(None::<Vec<Location>>);
    let places = StoredValue::new(places);
    Effect::new(move |_| {
        let wanted = at.get();
        stage.set(Stage::Waiting);
        let Places { roots: ask_roots, list } = places.get_value();
        spawn_local(async move {
            let answer = async {
                // They also tell where the way to a folder of this server begins.
                if roots.try_with_untracked(Option::is_none) == Some(true) {
                    roots.try_set(Some(ask_roots().await?));
                }
                match &wanted {
                    None => Ok(Stage::Roots),
                    Some(location) => list(query(location)).await.map(|page| Stage::Folder(Box::new(page))),
                }
            }
            .await;
            // Only the last place that was asked for counts, and only while the dialog is open.
            if at.try_get_untracked().is_some_and(|now| now == wanted) {
                stage.try_set(answer.unwrap_or_else(Stage::Failed));
            }
        });
    });
    let go = Callback::new(move |location: Option<Location>| {
        walked.set(true);
        at.set(location);
    });
    let body = move || match stage.get() {
        Stage::Waiting => skeleton(8),
        Stage::Roots => beginnings(roots.get_untracked().unwrap_or_default(), go),
        Stage::Folder(page) => {
            let up = above(&page.location, &roots.get_untracked().unwrap_or_default());
            folder(*page, places.with_value(|places| places.list.clone()), up, go, walked.get_untracked())
        }
        Stage::Failed(error) => view! { <p class="walk__failed" role="alert">{error.message}</p> }.into_any(),
    };
    let chosen = move |_| {
        if let Some(location) = at.get_untracked() {
            choose.run(location);
        }
    };
    view! {
        {move || trail(at.get().map(|at| way(&at, &roots.get().unwrap_or_default())).unwrap_or_default(), go)}
        <div class="walk__body">{body}</div>
        <footer class="dialog__foot">
            <button type="button" class="button" on:click=move |_| cancel.set(false)>"Cancel"</button>
            <button type="button" class="button button--primary" disabled=move || at.with(Option::is_none) on:click=chosen>"Choose this folder"</button>
        </footer>
    }
    .into_any()
}

fn query(location: &Location) -> FileQuery {
    FileQuery { location: location.to_string(), limit: BLOCK, ..FileQuery::default() }
}

/// The way here, each step a button.
fn trail(steps: Vec<(String, Location)>, go: Callback<Option<Location>>) -> AnyView {
    let step = |(name, here): (String, Location)| {
        view! { <li>{icon("chevron-right")}<button type="button" class="walk__step" on:click=move |_| go.run(Some(here.clone()))>{file_name(&name)}</button></li> }.into_any()
    };
    view! {
        <nav class="trail walk__trail" aria-label="Chosen path">
            <ol>
                <li><button type="button" class="walk__step" on:click=move |_| go.run(None)>"All locations"</button></li>
                {steps.into_iter().map(step).collect::<Vec<_>>()}
            </ol>
        </nav>
    }
    .into_any()
}

fn beginnings(roots: Vec<Location>, go: Callback<Option<Location>>) -> AnyView {
    if roots.is_empty() {
        return view! { <p class="walk__failed">"There are no remotes yet, and Longshore may not use any folder on this server."</p> }
            .into_any();
    }
    let item = |root: Location| {
        let label = location_label(&root);
        view! { <li><button type="button" class="walk__root" on:click=move |_| go.run(Some(root.clone()))>{label}{icon("chevron-right")}</button></li> }.into_any()
    };
    view! { <ul class="walk__roots">{roots.into_iter().map(item).collect::<Vec<_>>()}</ul> }.into_any()
}

fn folder(page: FilePage, fetch: Fetch, up: Option<Location>, go: Callback<Option<Location>>, focus: bool) -> AnyView {
    if page.matched == 0 {
        return view! { <p class="walk__failed">"This folder is empty. You can choose it."</p> }.into_any();
    }
    let location = page.location.clone();
    let open = {
        let location = location.clone();
        move |entry: Entry| {
            if entry.is_dir {
                go.run(Some(location.join(&entry.name)));
            }
        }
    };
    view! {
        <VirtualList
            id="places"
            label=format!("Folders in {}", visible(&location.to_string()))
            query=query(&location)
            page
            fetch
            href=|entry: Entry| entry.is_dir.then(|| "#".to_owned())
            open
            up=move |()| go.run(up.clone())
            focus
        />
    }
    .into_any()
}
