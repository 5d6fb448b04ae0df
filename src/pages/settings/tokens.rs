//! Tokens for programs: one's own; for admins, everyone's.

use leptos::{prelude::*, server_fn::ServerFn};

use super::{actions::SettingsActions, ask, issue, pager, role_word};
use crate::{
    components::{badge::badge, icon::icon, load::empty, post_form::post_form, time::time},
    domain::{
        format,
        policy::Permission,
        token::{TokenPage, TokenState, TokenSummary},
        user::Me,
    },
    server_fns::tokens::DeleteToken,
};

/// The list, and the form that adds to it.
pub fn tokens(page: &TokenPage, me: &Me, actions: SettingsActions) -> AnyView {
    let all = me.role.may(Permission::UsersWrite);
    let (head, whose) = if all { ("Everyone’s API tokens", "Everyone’s") } else { ("Your API tokens", "Yours") };
    let list = if page.tokens.is_empty() {
        let text = "A token lets a program use the console as you: a script, a monitor, another server.";
        empty("key-round", "No tokens yet", text.to_owned(), [])
    } else {
        let rows = page.tokens.iter().map(|token| row(token, all, actions)).collect::<Vec<_>>();
        view! {
            <table class="cards">
                <thead>
                    <tr>
                        <th>"Label"</th>
                        {all.then(|| view! { <th class="settings__owner">"Owner"</th> })}
                        <th class="settings__may">"Permissions"</th>
                        <th class="settings__at">"Created"</th>
                        <th class="settings__at">"Expires"</th>
                        <th class="settings__at">"Last used"</th>
                        <th class="settings__actions"><span class="visually-hidden">"Actions"</span></th>
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        }
        .into_any()
    };
    view! {
        <h2 class="visually-hidden">{head}</h2>
        {issue::issue(me.role, whose, actions)}
        {list}
        {pager("/settings/tokens", page.cursor)}
    }
    .into_any()
}

fn row(token: &TokenSummary, all: bool, actions: SettingsActions) -> AnyView {
    let used = token.last_used_at.map_or_else(|| view! { <span class="faint">"Never"</span> }.into_any(), time);
    let expires = match token.state {
        TokenState::Usable => time(token.expires_at),
        TokenState::Expired => badge("warn", "clock", "Expired".to_owned()),
        TokenState::Stopped => badge("bad", "lock", "Owner disabled".to_owned()),
    };
    let scopes = token.scopes.as_ref().map(|scopes| {
        let words: Vec<_> = scopes.iter().map(|scope| scope.as_str()).collect();
        view! { <code class="settings__scopes">{words.join(" ")}</code> }.into_any()
    });
    let files = (token.may_delete > 0).then(|| {
        let files = format::plural(token.may_delete.into(), "file", "files");
        view! { <span class="muted small">{format!("may delete {files} without asking")}</span> }.into_any()
    });
    let owner =
        all.then(|| view! { <td class="settings__owner clip" data-label="Owner">{token.user.clone()}</td> }.into_any());
    view! {
        <tr data-token=token.label.clone()>
            <td class="settings__name">{icon("key-round")}<b class="clip">{token.label.clone()}</b></td>
            {owner}
            <td class="settings__may" data-label="Permissions"><span>{role_word(token.role)}</span>{scopes}{files}</td>
            <td class="settings__at muted" data-label="Created">{time(token.created_at)}</td>
            <td class="settings__at muted" data-label="Expires">{expires}</td>
            <td class="settings__at muted" data-label="Last used">{used}</td>
            <td class="settings__actions">{revoke(token, actions)}</td>
        </tr>
    }
    .into_any()
}

/// Revoking cannot be taken back, so it is asked about.
fn revoke(token: &TokenSummary, actions: SettingsActions) -> AnyView {
    let (id, label) = (token.id.to_string(), token.label.clone());
    let popover = format!("revoke-{id}");
    let fields = vec![("id", id.clone())];
    let act = Callback::new(move |()| {
        actions.delete_token.dispatch(DeleteToken { id: id.clone() });
    });
    let pending = actions.delete_token.pending();
    let button = view! { <button class="button button--bad" disabled=move || pending.get()>{icon("trash-2")}"Revoke token"</button> };
    let question = view! {
        <h2>"Revoke this token?"</h2>
        <p>"Programs that use "<b>{label.clone()}</b>" stop working at once. You cannot undo this."</p>
        <footer class="dialog__foot">
            <button type="button" class="button" popovertarget=popover.clone() popovertargetaction="hide">"Keep it"</button>
            {post_form(DeleteToken::url(), fields, Some(act), button.into_any())}
        </footer>
    };
    let face = view! { {icon("trash-2")}"Revoke" }.into_any();
    ask(popover, format!("Revoke {label}"), face, question.into_any())
}
