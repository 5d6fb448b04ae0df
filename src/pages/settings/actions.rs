//! What can be done in the settings, and what came of it.

use leptos::{prelude::*, server_fn::ServerFn};

use crate::{
    components::note::Said,
    domain::{error::AppError, token::IssuedToken},
    server_fns::{
        sessions::EndSession,
        tokens::DeleteToken,
        users::{CreateUser, EndSessions, UpdateUser},
    },
};

/// What can be done here, and what came of it.
#[derive(Clone, Copy)]
pub(super) struct SettingsActions {
    pub(super) create_user: ServerAction<CreateUser>,
    pub(super) update_user: ServerAction<UpdateUser>,
    pub(super) end_sessions: ServerAction<EndSessions>,
    pub(super) delete_token: ServerAction<DeleteToken>,
    pub(super) end_session: ServerAction<EndSession>,
    /// Changes with what was refused: what was shown at once goes back to what is so.
    pub(super) refused: RwSignal<u32>,
    /// Changes with what was done: the list is asked for again.
    pub(super) done: RwSignal<u32>,
    /// The token that was made last, for as long as this page is open.
    pub(super) issued: RwSignal<Option<IssuedToken>>,
}

impl SettingsActions {
    /// Nothing was done yet.
    pub(super) fn new() -> Self {
        Self {
            create_user: ServerAction::new(),
            update_user: ServerAction::new(),
            end_sessions: ServerAction::new(),
            delete_token: ServerAction::new(),
            end_session: ServerAction::new(),
            refused: RwSignal::new(0),
            done: RwSignal::new(0),
            issued: RwSignal::new(None),
        }
    }
}

/// Listens to all actions; tells the page when something was done or refused.
pub(super) fn say(actions: SettingsActions) -> Said {
    let said = RwSignal::new(None);
    hear(actions.create_user, actions, said, |user| format!("{} can sign in now.", user.name));
    hear(actions.update_user, actions, said, |user| match user.disabled {
        true => format!("{} is disabled: signed out everywhere, and their API tokens no longer work.", user.name),
        false => format!("Saved. {} has to sign in again.", user.name),
    });
    hear(actions.end_sessions, actions, said, |()| "Signed out everywhere.".to_owned());
    hear(actions.delete_token, actions, said, |()| "The token is revoked and no longer works.".to_owned());
    hear(actions.end_session, actions, said, |()| "That browser is signed out.".to_owned());
    said
}

/// Listens to one action.
fn hear<S>(action: ServerAction<S>, actions: SettingsActions, said: Said, done: fn(&S::Output) -> String)
where
    S: ServerFn<Error = AppError> + Clone + Send + Sync + 'static,
    S::Output: Clone + Send + Sync + 'static,
{
    let value = action.value();
    // Known at once where a form without JavaScript led back here.
    if let Some(Err(error)) = value.get_untracked() {
        said.set(Some(Err(error.summary())));
    }
    Effect::watch(
        move || value.get(),
        move |value, _, _| {
            let Some(value) = value else { return };
            let counter = if value.is_ok() { actions.done } else { actions.refused };
            counter.update(|n| *n += 1);
            said.set(Some(value.as_ref().map(done).map_err(AppError::summary)));
        },
        false,
    );
}
