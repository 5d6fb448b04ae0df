//! What is mounted, as a table; on a phone each row is a card. Rows stay where they are while their figures change.

use leptos::{prelude::*, server_fn::ServerFn};

use super::actions::{MountActions, unmount};
use crate::{
    components::{
        badge::badge,
        icon::icon,
        post_form::post_form,
        route_label::{location_label, path},
        session::use_permission,
        time::time,
    },
    domain::{
        format,
        location::Location,
        mount::{Mount, MountState},
        policy::Permission,
    },
    server_fns::mounts::DeleteMount,
};

/// The table; with actions if the person may use them.
pub fn table(actions: MountActions) -> AnyView {
    let may = use_permission(Permission::MountsWrite);
    let mounts = actions.mounts;
    let follow = move |first: Mount| {
        Memo::new(move |_| {
            mounts.with(|all| all.iter().find(|mount| mount.id == first.id).cloned()).unwrap_or_else(|| first.clone())
        })
    };
    view! {
        <table class="cards">
            <thead>
                <tr>
                    <th>"What"</th>
                    <th>"Where"</th>
                    <th class="mounts__state">"State"</th>
                    <th class="mounts__by">"Mounted"</th>
                    {may.then(|| view! { <th class="mounts__actions"><span class="visually-hidden">"Actions"</span></th> })}
                </tr>
            </thead>
            <tbody>
                <For each=move || mounts.get() key=|mount| mount.id children=move |mount| row(follow(mount), actions) />
            </tbody>
        </table>
    }
    .into_any()
}

fn row(mount: Memo<Mount>, actions: MountActions) -> AnyView {
    let Mount { location, mount_point, read_only, allow_other, user, created_at, .. } = mount.get_untracked();
    let state = Memo::new(move |_| mount.with(|mount| mount.state));
    let pending = Memo::new(move |_| mount.with(|mount| mount.pending).filter(|waiting| *waiting > 0));
    let problem = Memo::new(move |_| mount.with(|mount| mount.problem.clone()));
    let href = Location::parse(&mount_point).map(|place| place.href()).unwrap_or_default();
    let badges = (read_only || allow_other).then(|| {
        view! {
            <span class="mounts__badges">
                {read_only.then(|| badge("", "eye", "Read only".to_owned()))}
                {allow_other.then(|| badge("", "users", "Other users".to_owned()))}
            </span>
        }
    });
    view! {
        <tr data-mount=mount_point.clone() data-state=move || word(state.get()).to_lowercase()>
            <td class="mounts__what">{location_label(&location)}{badges}</td>
            <td class="mounts__where" data-label="Where">
                <a class="mounts__point" href=href title=mount_point.clone()>{icon("folder")}{path(&mount_point)}</a>
            </td>
            <td class="mounts__state" data-label="State" role="cell" aria-live="polite">
                <div>
                    {move || face(state.get(), problem.with(Option::is_some))}
                    {move || problem.get().map(|why| view! { <span class="mounts__said">{why}</span> }.into_any())}
                    {move || pending.get().map(|waiting| view! { <span class="mounts__said num">{wait(waiting)}</span> }.into_any())}
                    {move || (state.get() == MountState::Gone).then(|| view! { <span class="mounts__said">"Its process has ended."</span> }.into_any())}
                </div>
            </td>
            <td class="mounts__by muted" data-label="Mounted"><span>{time(created_at)}" by "{user}</span></td>
            {use_permission(Permission::MountsWrite).then(|| view! { <td class="mounts__actions">{go(mount, &mount_point, actions)}</td> })}
        </tr>
    }
    .into_any()
}

const fn word(state: MountState) -> &'static str {
    match state {
        MountState::Starting => "Starting",
        MountState::Mounted => "Mounted",
        MountState::Gone => "Gone",
    }
}

/// The state as a badge.
fn face(state: MountState, is_silent: bool) -> AnyView {
    let (kind, name) = match state {
        MountState::Mounted if is_silent => return badge("warn", "triangle-alert", "Not answering".to_owned()),
        MountState::Starting => ("run", "loader"),
        MountState::Mounted => ("ok", "circle-check"),
        MountState::Gone => ("warn", "triangle-alert"),
    };
    badge(kind, name, word(state).to_owned())
}

/// `3 files wait to be uploaded`.
fn wait(waiting: u64) -> String {
    format!("{} to be uploaded", format::plural(waiting, "file waits", "files wait"))
}

/// Unmount, or forget what is not there any more. A form, so that it works without JavaScript.
fn go(mount: Memo<Mount>, mount_point: &str, actions: MountActions) -> AnyView {
    let id = mount.with_untracked(|mount| mount.id);
    let field = id.to_string();
    let gone = Memo::new(move |_| mount.with(|mount| mount.state == MountState::Gone));
    let working = actions.unmount.pending();
    let busy = move || working.get() && actions.going.with(|going| going.as_ref().is_some_and(|mount| mount.id == id));
    let face = move || match (gone.get(), busy()) {
        (_, true) => view! { {icon("loader")}"Unmounting…" }.into_any(),
        (true, false) => view! { {icon("trash-2")}"Remove" }.into_any(),
        (false, false) => view! { {icon("x")}"Unmount" }.into_any(),
    };
    let place = mount_point.to_owned();
    let label = move || format!("{} {place}", if gone.get() { "Remove" } else { "Unmount" });
    let button = view! { <button class="button" aria-label=label disabled=busy>{face}</button> };
    let act = Callback::new(move |()| unmount(mount.get_untracked(), actions));
    post_form(DeleteMount::url(), vec![("id", field), ("force", "false".to_owned())], Some(act), button.into_any())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_wait_and_a_file_waits() {
        assert_eq!(wait(1), "1 file waits to be uploaded");
        assert_eq!(wait(1200), "1,200 files wait to be uploaded");
    }
}
