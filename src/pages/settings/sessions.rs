//! Sessions: the browsers in which one is signed in.

use leptos::{prelude::*, server_fn::ServerFn};

use super::actions::SettingsActions;
use crate::{
    components::{badge::badge, icon::icon, post_form::post_form, time::time},
    domain::{format, session::SessionSummary},
    server_fns::sessions::{DeleteSession, EndSession},
};

/// The list.
pub fn sessions(sessions: Vec<SessionSummary>, actions: SettingsActions) -> AnyView {
    let count = format::plural(sessions.len() as u64, "browser", "browsers");
    let several = sessions.len() > 1;
    let everywhere = several.then(|| {
        let button = view! { <button class="button">{icon("log-out")}"Sign out everywhere"</button> }.into_any();
        view! { <div class="pager">{post_form(DeleteSession::url(), vec![("everywhere", "on".to_owned())], None, button)}</div> }.into_any()
    });
    view! {
        <header>
            <h2>"Where you are signed in"</h2>
            <span class="faint">{count}</span>
            <a class="button" href="/password">{icon("key-round")}"Change password"</a>
        </header>
        <table class="cards">
            <thead>
                <tr>
                    <th>"Browser"</th>
                    <th class="settings__from">"Address"</th>
                    <th class="settings__at">"Signed in"</th>
                    <th class="settings__at">"Last used"</th>
                    <th class="settings__actions"><span class="visually-hidden">"Actions"</span></th>
                </tr>
            </thead>
            <tbody>{sessions.into_iter().map(|session| row(session, actions)).collect::<Vec<_>>()}</tbody>
        </table>
        {everywhere}
        <p class="none faint small">"A session ends after 30 minutes without use, and after 12 hours at the latest."</p>
    }
    .into_any()
}

fn row(session: SessionSummary, actions: SettingsActions) -> AnyView {
    let id = session.id.to_string();
    let fields = vec![("id", id.clone())];
    let act = Callback::new(move |()| {
        actions.end_session.dispatch(EndSession { id: id.clone() });
    });
    let label = format!("End {}", session.browser);
    let end = if session.current {
        badge("ok", "check", "This browser".to_owned())
    } else {
        let button =
            view! { <button class="button button--quiet" aria-label=label>{icon("log-out")}"End"</button> }.into_any();
        post_form(EndSession::url(), fields, Some(act), button)
    };
    view! {
        <tr data-session=session.id.to_string()>
            <td class="settings__name">{icon("monitor")}<b class="clip">{session.browser}</b></td>
            <td class="settings__from num muted" data-label="Address">{session.address.unwrap_or_else(|| "–".to_owned())}</td>
            <td class="settings__at muted" data-label="Signed in">{time(session.created_at)}</td>
            <td class="settings__at muted" data-label="Last used">{time(session.last_seen_at)}</td>
            <td class="settings__actions">{end}</td>
        </tr>
    }
    .into_any()
}
