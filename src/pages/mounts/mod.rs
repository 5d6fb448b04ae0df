//! Mounts: locations that programs of this server see as folders. `?new` in the address opens the form that makes one.

mod actions;
mod form;
mod question;
mod table;

use leptos::prelude::*;
use leptos_router::hooks::use_location;
use serde::{Deserialize, Serialize};

use self::actions::{MountActions, hear, poll};
use self::question::Question;
use crate::{
    components::{
        icon::icon,
        layout::page,
        load::{empty, load, skeleton},
        note,
        session::{Session, use_permission},
    },
    domain::{error::Result, mount::Mount, policy::Permission},
    pages::browse::query_value,
    server_fns::{
        mounts::{get_missing, list_mounts},
        remotes::list_local_roots,
    },
};

/// What the page shows, as it was when it was asked for.
#[derive(Clone, Serialize, Deserialize)]
struct Shown {
    mounts: Vec<Mount>,
    /// What keeps this server from mounting.
    missing: Option<String>,
    /// The folders of this server below which one may mount.
    roots: Vec<String>,
}

impl Shown {
    /// Whether the form would come to something.
    fn ready(&self) -> bool {
        use_permission(Permission::MountsWrite) && self.missing.is_none() && !self.roots.is_empty()
    }
}

/// The page.
#[component]
pub fn MountsPage() -> impl IntoView {
    let session = Session::current();
    let actions = MountActions::new();
    let data = Resource::new(|| (), |()| get());
    let search = use_location().search;
    let open = Memo::new(move |_| search.with(|search| query_value(search, "new").is_some()));
    hear(actions);
    poll(actions);
    let add = move || {
        Suspend::new(async move {
            let data = data.await;
            session.known().await;
            let ready = data.is_ok_and(|shown| shown.ready());
            (move || (ready && !open.get()).then(mount_link)).into_any()
        })
    };
    let body = view! {
        <div class="headline">
            <div class="grow">
                <h1>"Mounts"</h1>
                <p class="muted">"Remotes that programs on this server use as folders. Mounts stay when Longshore stops or is upgraded."</p>
            </div>
            <Transition fallback=|| ()>{add}</Transition>
        </div>
        {move || {
            actions.said.get().map(note::said)
        }}
        {load(data, || skeleton(6), move |shown| content(&shown, open, actions))}
        <Question actions />
    };
    page("mounts", "Mounts", body.into_any())
}

async fn get() -> Result<Shown> {
    let mounts = list_mounts().await?;
    Ok(Shown { mounts, missing: get_missing().await?, roots: list_local_roots().await? })
}

fn mount_link() -> AnyView {
    view! { <a class="button button--primary" href="/mounts?new=1">{icon("plus")}"Mount a location"</a> }.into_any()
}

fn content(shown: &Shown, open: Memo<bool>, actions: MountActions) -> AnyView {
    actions.mounts.set(shown.mounts.clone());
    let ready = shown.ready();
    let roots = StoredValue::new(shown.roots.clone());
    let form = move || (ready && open.get()).then(|| roots.with_value(|roots| form::form(roots, actions)));
    let none = Memo::new(move |_| actions.mounts.with(Vec::is_empty));
    let list = move || if none.get() { nothing(ready, open) } else { table::table(actions) };
    view! {
        {obstacle(shown)}
        {form}
        <section class="panel mounts" aria-label="What is mounted">{list}</section>
    }
    .into_any()
}

/// What has to be mended before anything can be mounted.
fn obstacle(shown: &Shown) -> Option<AnyView> {
    let (title, text) = match &shown.missing {
        Some(missing) => ("This server cannot mount", missing.clone()),
        None if use_permission(Permission::MountsWrite) && shown.roots.is_empty() => (
            "There is no folder to mount in",
            "Longshore may not use any folder on this server. Start it with --local-root FOLDER to allow one."
                .to_owned(),
        ),
        None => return None,
    };
    Some(
        view! {
            <section class="note note--warn" aria-label=title>
                {icon("triangle-alert")}
                <div>
                    <b>{title}</b>
                    <p>{text}</p>
                    <p><a class="link" href="/mounts" rel="external">"Check again"</a></p>
                </div>
            </section>
        }
        .into_any(),
    )
}

/// What mounts are for, and the way to the first.
fn nothing(ready: bool, open: Memo<bool>) -> AnyView {
    let text = "A mount lets programs on this server read and write a remote as if it were a folder: a media server, a script, a backup.";
    let text =
        if use_permission(Permission::MountsWrite) { text.to_owned() } else { format!("{text} An admin can add one.") };
    let add = (move || (ready && !open.get()).then(mount_link)).into_any();
    empty("hard-drive", "Nothing is mounted", text, [Some(add)])
}
