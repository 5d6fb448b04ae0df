//! One person: what they may, a new password, in or out. Each of it signs them out everywhere. What an admin cannot do
//! to themselves is not offered.

use leptos::{ev, form::ActionForm, prelude::*, server_fn::ServerFn};

use super::{actions::SettingsActions, ask, role_word};
use crate::{
    components::{badge::badge, icon::icon, post_form::post_form, time::time},
    domain::{
        password::PASSWORD_MIN,
        user::{Role, UserSummary},
    },
    server_fns::users::{EndSessions, UpdateUser},
};

/// The row; `own` is that of who looks at it.
pub fn row(user: &UserSummary, own: bool, actions: SettingsActions) -> AnyView {
    let state = if user.disabled {
        badge("bad", "lock", "Disabled".to_owned())
    } else {
        badge("ok", "check", "Active".to_owned())
    };
    let seen = user.signed_in_at.map_or_else(|| view! { <span class="faint">"Never"</span> }.into_any(), time);
    let you = own.then(|| badge("", "check", "You".to_owned()));
    view! {
        <tr data-user=user.name.clone()>
            <td class="settings__name"><b class="clip">{user.name.clone()}</b>{you}</td>
            <td class="settings__role" data-label="Role">{if own { role_word(user.role).into_any() } else { role(user, actions) }}</td>
            <td class="settings__state" data-label="State">{state}</td>
            <td class="settings__at muted" data-label="Last sign-in">{seen}</td>
            <td class="settings__actions">
                {if own { own_password() } else { password(user, actions) }}
                {(!own).then(|| sign_out(user, actions))}
                {(!own).then(|| switch(user, actions))}
            </td>
        </tr>
    }
    .into_any()
}

/// What they may: changes at once, and back when it is refused. Without JavaScript a button beside it sends it.
fn role(user: &UserSummary, actions: SettingsActions) -> AnyView {
    let (saved, id) = (user.role, user.id.to_string());
    let field = id.clone();
    let change = move |event: ev::Event| {
        if let Some(role) = Role::parse(&event_target_value(&event)) {
            actions.update_user.dispatch(UpdateUser {
                id: id.clone(),
                role: Some(role),
                disabled: None,
                password: None,
            });
        }
    };
    let value = move || {
        actions.refused.track();
        saved.as_str()
    };
    let option =
        |role: Role| view! { <option value=role.as_str() selected=role == saved>{role_word(role)}</option> }.into_any();
    view! {
        <form class="row" method="post" action=UpdateUser::url() on:submit=|event: ev::SubmitEvent| event.prevent_default()>
            <input type="hidden" name="id" value=field />
            <select class="input" name="role" aria-label=format!("Role of {}", user.name) on:change=change prop:value=value>
                {Role::ALL.into_iter().map(option).collect::<Vec<_>>()}
            </select>
            <button class="button without-script">"Save"</button>
        </form>
    }
    .into_any()
}

/// The way to change one's own password.
fn own_password() -> AnyView {
    view! { <a class="button button--quiet" href="/password" aria-label="Change your password">{icon("key-round")}"Password"</a> }
        .into_any()
}

/// A new password for somebody else: asked for in front of the page.
fn password(user: &UserSummary, actions: SettingsActions) -> AnyView {
    let (id, name) = (user.id.to_string(), user.name.clone());
    let action = actions.update_user;
    let pending = action.pending();
    let problem = move || {
        let error = action.value().get()?.err()?;
        error.field("password")
    };
    let ends = "It signs them out everywhere and revokes their tokens. At the next sign-in they choose their own.";
    let (input, popover) = (format!("password-{id}"), format!("reset-{id}"));
    let opened = popover.clone();
    let question = view! {
        <h2>"New password of "{name.clone()}</h2>
        <p class="muted">{ends}</p>
        <ActionForm action>
            <input type="hidden" name="id" value=id />
            <div class="field">
                <label for=input.clone()>"Password"</label>
                <input
                    class="input"
                    id=input.clone()
                    name="password"
                    type="password"
                    autocomplete="new-password"
                    required
                    minlength=PASSWORD_MIN.to_string()
                    aria-describedby=format!("{input}-error")
                />
                <p class="help">"At least 12 characters."</p>
                <p class="field__error" id=format!("{input}-error")>{problem}</p>
            </div>
            <footer class="dialog__foot">
                <button type="button" class="button" popovertarget=opened popovertargetaction="hide">"Cancel"</button>
                <button class="button button--primary" disabled=move || pending.get()>"Set password"</button>
            </footer>
        </ActionForm>
    };
    let face = view! { {icon("key-round")}"Password" }.into_any();
    ask(popover, format!("New password of {name}"), face, question.into_any())
}

/// In or out.
fn switch(user: &UserSummary, actions: SettingsActions) -> AnyView {
    let (id, disabled) = (user.id.to_string(), !user.disabled);
    let (face, verb) = if disabled { ("lock", "Disable") } else { ("check", "Enable") };
    let label = format!("{verb} {}", user.name);
    let fields = vec![("id", id.clone()), ("disabled", disabled.to_string())];
    let act = Callback::new(move |()| {
        actions.update_user.dispatch(UpdateUser {
            id: id.clone(),
            role: None,
            disabled: Some(disabled),
            password: None,
        });
    });
    let pending = actions.update_user.pending();
    let button = view! {
        <button class="button button--quiet" aria-label=label disabled=move || pending.get()>{icon(face)}{verb}</button>
    };
    post_form(UpdateUser::url(), fields, Some(act), button.into_any())
}

/// Out of every browser.
fn sign_out(user: &UserSummary, actions: SettingsActions) -> AnyView {
    let id = user.id.to_string();
    let fields = vec![("id", id.clone())];
    let act = Callback::new(move |()| {
        actions.end_sessions.dispatch(EndSessions { id: id.clone() });
    });
    let pending = actions.end_sessions.pending();
    let label = format!("Sign {} out everywhere", user.name);
    let button = view! {
        <button class="button button--quiet" aria-label=label disabled=move || pending.get()>{icon("log-out")}"Sign out"</button>
    };
    post_form(EndSessions::url(), fields, Some(act), button.into_any())
}
