//! A new token: what it is for, what it may, how long; and the token itself, shown once. Needs JavaScript: a token has
//! no place in an address, and so none in the answer to a plain form.

use leptos::{ev, prelude::*};

use super::{ROLES, actions::SettingsActions, role_word};
use crate::{
    components::{copy::copy_button, form::interactive, icon::icon},
    domain::{
        error::AppError,
        policy::Permission,
        token::{DAYS, IssuedToken, NewToken},
        user::Role,
    },
    server_fns::tokens::create_token,
};

/// How long a token may live: days, and the words for them.
const LIVES: [(u32, &str); 5] =
    [(7, "7 days"), (30, "30 days"), (DAYS, "90 days"), (365, "1 year"), (3650, "10 years")];

/// What is typed of a new token.
#[derive(Clone, Copy)]
struct TokenForm {
    label: RwSignal<String>,
    role: RwSignal<Role>,
    days: RwSignal<u32>,
    may_delete: RwSignal<String>,
    /// Whether it gets less than all that its role may do: `chosen`.
    narrowed: RwSignal<bool>,
    chosen: RwSignal<Vec<Permission>>,
    failed: RwSignal<Option<AppError>>,
    create: Action<NewToken, ()>,
}

impl TokenForm {
    fn new(actions: SettingsActions) -> Self {
        let failed = RwSignal::new(None);
        let create = Action::new(move |token: &NewToken| {
            let token = token.clone();
            async move {
                match create_token(token).await {
                    Ok(issued) => {
                        actions.issued.set(Some(issued));
                        actions.done.update(|n| *n += 1);
                    }
                    Err(error) => failed.set(Some(error)),
                }
            }
        });
        Self {
            label: RwSignal::new(String::new()),
            role: RwSignal::new(Role::Viewer),
            days: RwSignal::new(DAYS),
            may_delete: RwSignal::new(String::new()),
            narrowed: RwSignal::new(false),
            chosen: RwSignal::new(Vec::new()),
            failed,
            create,
        }
    }

    fn submit(self, event: &ev::SubmitEvent) {
        event.prevent_default();
        self.failed.set(None);
        let role = self.role.get_untracked();
        let scopes = self.narrowed.get_untracked().then(|| self.chosen.get_untracked()).map(|mut scopes| {
            // What was chosen under a greater role is not asked for under a lesser one.
            scopes.retain(|scope| role.may(*scope));
            scopes
        });
        // Only what may start runs can delete. What is no number is asked again by the browser.
        let may_delete = if role.may(Permission::RunsWrite) {
            self.may_delete.get_untracked().trim().parse().unwrap_or(0)
        } else {
            0
        };
        self.create.dispatch(NewToken {
            label: self.label.get_untracked(),
            role,
            scopes,
            expires_in_days: self.days.get_untracked(),
            may_delete,
        });
    }
}

/// The form, folded away until it is wanted.
pub fn issue(own: Role, whose: &'static str, actions: SettingsActions) -> AnyView {
    let ready = interactive();
    let form = TokenForm::new(actions);
    let TokenForm { label, role, days, may_delete, narrowed, chosen, failed, create } = form;
    let pending = create.pending();
    let roles = Role::ALL.into_iter().filter(|role| *role <= own);
    let roles = roles
        .map(|role| view! { <option value=role.as_str()>{role_word(role)}</option> }.into_any())
        .collect::<Vec<_>>();
    let lives = LIVES
        .into_iter()
        .map(|(n, word)| view! { <option value=n.to_string() selected=n == DAYS>{word}</option> }.into_any())
        .collect::<Vec<_>>();
    view! {
        <details class="adder">
            <summary>{icon("plus")}"Create a token"<span class="adder__aside faint">{whose}</span></summary>
            <p class="needs-script note note--warn">{icon("triangle-alert")}<span>"Creating a token needs JavaScript. Turn it on for this page."</span></p>
            <form method="post" on:submit=move |event| form.submit(&event)>
                <fieldset class="adder__fields" disabled=move || !ready.get()>
                    <legend class="visually-hidden">"New token"</legend>
                    <div class="field">
                        <label for="token-label">"What is it for?"</label>
                        <input
                            class="input"
                            id="token-label"
                            autocomplete="off"
                            placeholder="nightly backup of nas-01"
                            required
                            maxlength="100"
                            prop:value=label
                            on:input=move |event| label.set(event_target_value(&event))
                        />
                    </div>
                    <div class="field">
                        <label for="token-role">"Role"</label>
                        <select
                            class="input"
                            id="token-role"
                            aria-describedby="token-role-help"
                            on:change=move |event| role.set(Role::parse(&event_target_value(&event)).unwrap_or(Role::Viewer))
                        >
                            {roles}
                        </select>
                    </div>
                    <div class="field">
                        <label for="token-life">"Valid for"</label>
                        <select class="input" id="token-life" on:change=move |event| days.set(event_target_value(&event).parse().unwrap_or(DAYS))>
                            {lives}
                        </select>
                    </div>
                    <div class="field" hidden=move || !role.get().may(Permission::RunsWrite)>
                        <label for="token-may-delete">"May delete without asking, in files"</label>
                        <input
                            class="input"
                            id="token-may-delete"
                            inputmode="numeric"
                            pattern="[0-9]*"
                            autocomplete="off"
                            placeholder="10, or 10 %"
                            prop:value=may_delete
                            on:input=move |event| may_delete.set(event_target_value(&event))
                        />
                    </div>
                    <button class="button button--primary" disabled=move || pending.get()>"Create token"</button>
                </fieldset>
                {scopes(role, narrowed, chosen)}
                {move || failed.get().map(|error| view! { <p class="refusal" role="alert">{error.summary()}</p> }.into_any())}
                <p class="help" id="token-role-help">{ROLES}" A token never has more rights than its owner."</p>
            </form>
        </details>
    }
    .into_any()
}

/// To what of its role the token is narrowed down.
fn scopes(role: RwSignal<Role>, narrowed: RwSignal<bool>, chosen: RwSignal<Vec<Permission>>) -> AnyView {
    let scope = move |permission: Permission| {
        let toggle = move |event: ev::Event| {
            let on = event_target_checked(&event);
            chosen.update(|chosen| {
                chosen.retain(|one| *one != permission);
                if on {
                    chosen.push(permission);
                }
            });
        };
        view! {
            <label class="scope" hidden=move || !role.get().may(permission)>
                <input type="checkbox" on:change=toggle />
                <span><code>{permission.as_str()}</code><span class="muted small">{permission.about()}</span></span>
            </label>
        }
        .into_any()
    };
    view! {
        <label class="check">
            <input type="checkbox" prop:checked=narrowed on:change=move |event| narrowed.set(event_target_checked(&event)) />
            "Limit permissions"
        </label>
        <fieldset class="scopes" hidden=move || !narrowed.get()>
            <legend class="visually-hidden">"Permissions"</legend>
            {Permission::ALL.iter().copied().map(scope).collect::<Vec<_>>()}
        </fieldset>
    }
    .into_any()
}

/// The token that was made just now, for as long as the page is open.
pub fn issued(issued: RwSignal<Option<IssuedToken>>) -> AnyView {
    let show = move || {
        let IssuedToken { summary, token } = issued.get()?;
        Some(
            view! {
                <section class="panel issued" aria-label="New token" role="status">
                    <header><h2>{summary.label}</h2>{copy_button(token.clone(), "the token")}</header>
                    <pre class="command" tabindex="0" data-token-secret>{token}</pre>
                    <p class="none muted">"Copy it now: it is not shown again. Send it as “Authorization: Bearer …”."</p>
                </section>
            }
            .into_any(),
        )
    };
    show.into_any()
}
