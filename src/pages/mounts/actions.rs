//! What can be done on the page of mounts, and what came of it.

use std::time::Duration;

use leptos::{leptos_dom::helpers::set_interval_with_handle, prelude::*, task::spawn_local};

use crate::{
    components::{form::focus_first, note::Said},
    domain::{
        error::{AppError, ErrorCode},
        format,
        mount::{Mount, MountState},
    },
    server_fns::mounts::{DeleteMount, list_mounts},
};

/// How often the list is asked for again while files wait or a mount is being made.
const POLL_INTERVAL: Duration = Duration::from_secs(3);
/// How often it may be the same before nobody asks any more: looking keeps a session alive that nobody uses.
const MAX_UNCHANGED: u32 = 40;

/// What can be done here, and what came of it.
#[derive(Clone, Copy)]
pub(super) struct MountActions {
    pub(super) mounts: RwSignal<Vec<Mount>>,
    pub(super) unmount: ServerAction<DeleteMount>,
    /// The mount that was asked to go last.
    pub(super) going: RwSignal<Option<Mount>>,
    /// Whether it is asked about.
    pub(super) asking: RwSignal<bool>,
    /// Why it is asked about, or why it did not go.
    pub(super) why: RwSignal<String>,
    /// What came of what was done last, in a sentence.
    pub(super) said: Said,
    /// How often the list was the same.
    pub(super) same: StoredValue<u32>,
}

impl MountActions {
    /// Nothing was done yet.
    pub(super) fn new() -> Self {
        Self {
            mounts: RwSignal::new(Vec::new()),
            unmount: ServerAction::new(),
            going: RwSignal::new(None),
            asking: RwSignal::new(false),
            why: RwSignal::new(String::new()),
            said: RwSignal::new(None),
            same: StoredValue::new(0),
        }
    }
}

/// Asks for the list again.
fn refresh(actions: MountActions) {
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
pub(super) fn poll(actions: MountActions) {
    let moving = Memo::new(move |_| actions.mounts.with(|mounts| mounts.iter().any(Mount::is_moving)));
    Effect::new(move |_| {
        if !moving.get() {
            return;
        }
        actions.same.set_value(0);
        let look = move || {
            if !document().hidden() && actions.same.try_get_value().is_some_and(|same| same < MAX_UNCHANGED) {
                refresh(actions);
            }
        };
        if let Ok(timer) = set_interval_with_handle(look, POLL_INTERVAL) {
            on_cleanup(move || timer.clear());
        }
    });
}

/// Unmounts; asks first where something may be lost.
pub(super) fn unmount(mount: Mount, actions: MountActions) {
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
pub(super) fn hear(actions: MountActions) {
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
    refresh(actions);
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
