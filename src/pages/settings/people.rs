//! People: who may sign in, and as what. Each row is `person`'s.

use leptos::{form::ActionForm, prelude::*};

use super::{ROLES, actions::SettingsActions, pager, person, role_word};
use crate::{
    components::icon::icon,
    domain::{
        format,
        password::PASSWORD_MIN,
        user::{Me, Role, UserPage},
    },
};

/// The list, and the form that adds to it.
pub fn people(page: UserPage, me: &Me, actions: SettingsActions) -> AnyView {
    let count = format::plural(page.users.len() as u64, "person", "people");
    let rows = page.users.into_iter().map(|user| person::row(&user, user.name == me.name, actions)).collect::<Vec<_>>();
    view! {
        <h2 class="visually-hidden">"People"</h2>
        {add(actions, count)}
        <table class="cards">
            <thead>
                <tr>
                    <th>"Name"</th>
                    <th class="settings__role">"Role"</th>
                    <th class="settings__state">"State"</th>
                    <th class="settings__at">"Last sign-in"</th>
                    <th class="settings__actions"><span class="visually-hidden">"Actions"</span></th>
                </tr>
            </thead>
            <tbody>{rows}</tbody>
        </table>
        {pager("/settings/people", page.cursor)}
    }
    .into_any()
}

/// The form, folded away until it is wanted; open where it was refused.
fn add(actions: SettingsActions, count: String) -> AnyView {
    let action = actions.create_user;
    let error =
        Memo::new(move |_| action.value().with(|value| value.as_ref().and_then(|value| value.as_ref().err().cloned())));
    let problem =
        move |field: &'static str| move || error.with(|error| error.as_ref().and_then(|error| error.field(field)));
    let invalid = move |field: &'static str| move || problem(field)().map(|_| "true");
    let pending = action.pending();
    let refused = error.with_untracked(Option::is_some);
    let role = |role: Role| view! { <option value=role.as_str()>{role_word(role)}</option> }.into_any();
    view! {
        <details class="adder" open=refused>
            <summary>{icon("plus")}"Add a person"<span class="adder__aside faint">{count}</span></summary>
            <ActionForm action>
                <div class="adder__fields">
                    <div class="field">
                        <label for="new-name">"Name"</label>
                        <input
                            class="input"
                            id="new-name"
                            name="name"
                            autocomplete="off"
                            autocapitalize="none"
                            spellcheck="false"
                            required
                            maxlength="64"
                            aria-describedby="new-name-error"
                            aria-invalid=invalid("name")
                        />
                        <p class="field__error" id="new-name-error">{problem("name")}</p>
                    </div>
                    <div class="field">
                        <label for="new-role">"Role"</label>
                        <select class="input" id="new-role" name="role" aria-describedby="new-role-help">{Role::ALL.into_iter().map(role).collect::<Vec<_>>()}</select>
                    </div>
                    <div class="field">
                        <label for="new-password">"First password"</label>
                        <input
                            class="input"
                            id="new-password"
                            name="password"
                            type="password"
                            autocomplete="new-password"
                            required
                            minlength=PASSWORD_MIN.to_string()
                            aria-describedby="new-password-error new-role-help"
                            aria-invalid=invalid("password")
                        />
                        <p class="field__error" id="new-password-error">{problem("password")}</p>
                    </div>
                    <button class="button button--primary" disabled=move || pending.get()>"Add"</button>
                </div>
                <p class="help" id="new-role-help">{ROLES}" A password has at least 12 characters; they choose their own when they first sign in."</p>
            </ActionForm>
        </details>
    }
    .into_any()
}
