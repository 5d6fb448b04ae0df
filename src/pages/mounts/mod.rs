//! Mounts: locations that programs of this server see as folders. `?new` in the address opens the form that makes one.

mod form;
mod question;
mod table;

use std::time::Duration;

use leptos::{leptos_dom::helpers::set_interval_with_handle, prelude::*, task::spawn_local};
use leptos_router::hooks::use_location;
use serde::{Deserialize, Serialize};

use self::question::Question;
use crate::{
    components::{
        form::focus_first,
        icon::icon,
        layout::page,
        load::{empty, load, skeleton},
    },
    domain::{
        error::{AppError, ErrorCode, Result},
        format,
        mount::{Mount, MountState},
        policy::Permission,
    },
    pages::browse::query_value,
    server_fns::{
        mounts::{DeleteMount, get_missing, list_mounts},
        remotes::list_local_roots,
        sessions::get_me,
    },
};

/// How often the list is asked for again while files wait or a mount is being made.
const LOOK: Duration = Duration::from_secs(3);
/// How often it may be the same before nobody asks any more: looking keeps a session alive that nobody uses.
const SAME: u32 = 40;

/// What the page shows, as it was when it was asked for.
#[derive(Clone, Serialize, Deserialize)]
struct Shown {
    mounts: Vec<Mount>,
    /// Whether who looks may mount.
    may: bool,
    /// What keeps this server from mounting.
    missing: Option<String>,
    /// The folders of this server below which one may mount.
    roots: Vec<String>,
}

impl Shown {
    /// Whether the form would come to something.
    fn ready(&self) -> bool {
        self.may && self.missing.is_none() && !self.roots.is_empty()
    }
}

/// What can be done here, and what came of it.
#[derive(Clone, Copy)]
struct MountActions {
    mounts: RwSignal<Vec<Mount>>,
    unmount: ServerAction<DeleteMount>,
    /// The mount that was asked to go last.
    going: RwSignal<Option<Mount>>,
    /// Whether it is asked about.
    asking: RwSignal<bool>,
    /// Why it is asked about, or why it did not go.
    why: RwSignal<String>,
    /// What came of what was done last, in a sentence.
    said: RwSignal<Option<Result<String, String>>>,
    /// How often the list was the same.
    same: StoredValue<u32>,
}

/// The page.
#[component]
pub fn MountsPage() -> impl IntoView {
    let actions = MountActions {
        mounts: RwSignal::new(Vec::new()),
        unmount: ServerAction::new(),
        going: RwSignal::new(None),
        asking: RwSignal::new(false),
        why: RwSignal::new(String::new()),
        said: RwSignal::new(None),
        same: StoredValue::new(0),
    };
    let data = Resource::new(|| (), |()| get());
    let search = use_location().search;
    let open = Memo::new(move |_| search.with(|search| query_value(search, "new").is_some()));
    hear(actions);
    keep_looking(actions);
    let add = move || {
        Suspend::new(async move {
            let ready = data.await.is_ok_and(|shown| shown.ready());
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
            actions.said.get().map(|said| {
                let (class, name) = if said.is_ok() { ("note note--ok", "circle-check") } else { ("note note--bad", "triangle-alert") };
                let role = if said.is_ok() { "status" } else { "alert" };
                view! { <p class=class role=role>{icon(name)}<span>{said.unwrap_or_else(|error| error)}</span></p> }.into_any()
            })
        }}
        {load(data, || skeleton(6), move |shown| content(&shown, open, actions))}
        <Question actions />
    };
    page("mounts", "Mounts", body.into_any())
}

async fn get() -> Result<Shown> {
    let mounts = list_mounts().await?;
    let may = get_me().await?.role.may(Permission::MountsWrite);
    let roots = if may { list_local_roots().await? } else { Vec::new() };
    Ok(Shown { mounts, may, missing: get_missing().await?, roots })
}

fn mount_link() -> AnyView {
    view! { <a class="button button--primary" href="/mounts?new=1">{icon("plus")}"Mount a location"</a> }.into_any()
}

fn content(shown: &Shown, open: Memo<bool>, actions: MountActions) -> AnyView {
    actions.mounts.set(shown.mounts.clone());
    let (may, ready) = (shown.may, shown.ready());
    let roots = StoredValue::new(shown.roots.clone());
    let form = move || (ready && open.get()).then(|| roots.with_value(|roots| form::form(roots, actions)));
    let none = Memo::new(move |_| actions.mounts.with(Vec::is_empty));
    let list = move || if none.get() { nothing(may, ready, open) } else { table::table(may, actions) };
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
        None if shown.may && shown.roots.is_empty() => (
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
fn nothing(may: bool, ready: bool, open: Memo<bool>) -> AnyView {
    let text = "A mount lets programs on this server read and write a remote as if it were a folder: a media server, a script, a backup.";
    let text = if may { text.to_owned() } else { format!("{text} An admin can add one.") };
    let add = (move || (ready && !open.get()).then(mount_link)).into_any();
    empty("hard-drive", "Nothing is mounted", text, [Some(add)])
}

/// Asks for the list again.
fn look_again(actions: MountActions) {
    spawn_local(async move {
        // What cannot be read now stays as it was: the frame says that the console does not answer.
        let Ok(now) = list_mounts().await else { return };
        let same = actions.mounts.try_with_untracked(|before| *before == now);
        if let Some(same) = same {
            actions.same.update_value(|n| *n = if same { *n + 1 } else { 0 });
        }
        if same == Some(false) {
            actions.mounts.set(now);
        }
    });
}

/// Looks again while something moves by itself, and somebody can see it.
fn keep_looking(actions: MountActions) {
    let moving = Memo::new(move |_| actions.mounts.with(|mounts| mounts.iter().any(Mount::is_moving)));
    Effect::new(move |_| {
        if !moving.get() {
            return;
        }
        actions.same.set_value(0);
        let look = move || {
            if !document().hidden() && actions.same.try_get_value().is_some_and(|same| same < SAME) {
                look_again(actions);
            }
        };
        if let Ok(timer) = set_interval_with_handle(look, LOOK) {
            on_cleanup(move || timer.clear());
        }
    });
}

/// Unmounts; asks first where something may be lost.
fn unmount(mount: Mount, actions: MountActions) {
    actions.said.set(None);
    let may_lose = mount.may_lose();
    if may_lose {
        actions.why.set(loss(&mount));
        actions.asking.set(true);
    } else {
        actions.unmount.dispatch(DeleteMount { id: mount.id.to_string(), force: false });
    }
    actions.going.set(Some(mount));
}

/// What is lost with a mount, in words.
fn loss(mount: &Mount) -> String {
    let Mount { state, location, mount_point, .. } = mount;
    match (state, mount.pending) {
        (MountState::Gone, _) => format!(
            "The process of this mount has ended. Files written to {mount_point} that have not reached {location} are deleted with the mount."
        ),
        (_, Some(1)) => format!(
            "1 file that was written to {mount_point} has not reached {location} yet. Wait until it has, or unmount now and lose it."
        ),
        (_, waiting) => {
            let files = format::plural(waiting.unwrap_or_default(), "file", "files");
            format!(
                "{files} that were written to {mount_point} have not reached {location} yet. Wait until they have, or unmount now and lose them."
            )
        }
    }
}

/// Listens to what came of unmounting.
fn hear(actions: MountActions) {
    let value = actions.unmount.value();
    // Known at once where a form without JavaScript led back here.
    if let Some(Err(error)) = value.get_untracked() {
        actions.said.set(Some(Err(error.message)));
    }
    Effect::watch(
        move || value.get(),
        move |value, _, _| match value {
            None => {}
            Some(Ok(())) => gone(actions),
            Some(Err(error)) => refused(error, actions),
        },
        false,
    );
}

fn gone(actions: MountActions) {
    let Some(mount) = actions.going.get_untracked() else { return };
    actions.asking.set(false);
    actions.mounts.update(|mounts| mounts.retain(|other| other.id != mount.id));
    actions.said.set(Some(Ok(format!("{} was unmounted.", mount.mount_point))));
    // The button that was pressed is gone with its row.
    focus_first(["content".to_owned()]);
}

/// Where files wait that nobody knew of, a question is asked now; anything else is shown as a message.
fn refused(error: &AppError, actions: MountActions) {
    if error.code == ErrorCode::Conflict || actions.asking.get_untracked() {
        actions.why.set(error.message.clone());
        actions.asking.set(true);
    } else {
        actions.said.set(Some(Err(error.message.clone())));
    }
    look_again(actions);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{location::Location, time::Timestamp};

    #[test]
    fn what_would_be_lost_is_said() {
        let mount = |state, pending| Mount {
            id: "01JD3Z6N9V4M2K8Q7W5X1T0R3S".parse().expect("an id"),
            location: Location::parse("b2:a").expect("a location"),
            mount_point: "/srv/mnt".to_owned(),
            read_only: false,
            allow_other: false,
            state,
            problem: None,
            pending,
            user: "ana".to_owned(),
            created_at: Timestamp(0),
        };
        assert!(
            loss(&mount(MountState::Mounted, Some(1)))
                .starts_with("1 file that was written to /srv/mnt has not reached b2:a")
        );
        assert!(loss(&mount(MountState::Mounted, Some(1200))).starts_with("1,200 files that were"));
        assert!(loss(&mount(MountState::Gone, None)).contains("has ended"));
    }
}
