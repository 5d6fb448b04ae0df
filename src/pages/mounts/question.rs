//! The confirmation before a mount with files that are not uploaded is removed.

use leptos::prelude::*;

use super::actions::MountActions;
use crate::{
    components::{dialog::Dialog, icon::icon},
    domain::mount::MountState,
    server_fns::mounts::DeleteMount,
};

#[component]
pub fn Question(actions: MountActions) -> impl IntoView {
    let MountActions { unmount, going, asking, why, .. } = actions;
    let pending = unmount.pending();
    let gone =
        Memo::new(move |_| going.with(|going| going.as_ref().is_some_and(|mount| mount.state == MountState::Gone)));
    let force = move |_| {
        if let Some(mount) = going.get_untracked() {
            unmount.dispatch(DeleteMount { id: mount.id.to_string(), force: true });
        }
    };
    view! {
        <Dialog open=asking title="Lose files that are not uploaded?">
            <p role="alert" class="mounts__why">{why}</p>
            <footer class="dialog__foot">
                <button type="button" class="button" on:click=move |_| asking.set(false)>"Keep it"</button>
                <button type="button" class="button button--bad" disabled=pending on:click=force>
                    {icon("trash-2")}
                    {move || if gone.get() { "Remove it" } else { "Unmount and lose them" }}
                </button>
            </footer>
        </Dialog>
    }
    .into_any()
}
