//! Settings: people, tokens for programs, sessions. The open tab is in the address; only admins see *People*.

mod actions;
mod issue;
mod people;
mod person;
mod sessions;
mod tokens;

use std::fmt::Display;

use leptos::prelude::*;
use leptos_router::hooks::{use_params_map, use_query_map};
use serde::{Deserialize, Serialize};

use self::actions::{SettingsActions, say};
use crate::{
    components::{
        icon::icon,
        layout::page,
        load::{load, skeleton},
        note,
    },
    domain::{
        error::{AppError, Result},
        policy::Permission,
        session::SessionSummary,
        token::{TokenPage, TokenQuery},
        user::{Me, Role, UserPage, UserQuery},
    },
    server_fns::{
        sessions::{get_me, list_sessions},
        tokens::list_tokens,
        users::list_users,
    },
};

/// What is open.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Tab {
    People,
    Tokens,
    Sessions,
}

impl Tab {
    const ALL: [(Self, &str, &str); 3] = [
        (Self::People, "people", "People"),
        (Self::Tokens, "tokens", "API tokens"),
        (Self::Sessions, "sessions", "Sessions"),
    ];

    /// Whether this role sees it.
    fn is_for(self, role: Role) -> bool {
        self != Self::People || role.may(Permission::UsersWrite)
    }

    /// What the address asks for; without a word the first that this role sees.
    fn open(word: &str, role: Role) -> Result<Self> {
        let found = if word.is_empty() {
            Self::ALL.into_iter().find(|(tab, ..)| tab.is_for(role))
        } else {
            Self::ALL.into_iter().find(|(_, name, _)| *name == word)
        };
        found.map(|(tab, ..)| tab).ok_or_else(|| AppError::not_found("such part of the settings"))
    }
}

/// All that the page shows, as it was when it was asked for.
#[derive(Clone, Serialize, Deserialize)]
struct Shown {
    me: Me,
    list: List,
}

/// What is in the tab that is open.
#[derive(Clone, Serialize, Deserialize)]
enum List {
    People(UserPage),
    Tokens(TokenPage),
    Sessions(Vec<SessionSummary>),
}

impl List {
    const fn tab(&self) -> Tab {
        match self {
            Self::People(_) => Tab::People,
            Self::Tokens(_) => Tab::Tokens,
            Self::Sessions(_) => Tab::Sessions,
        }
    }
}

/// The page.
#[component]
pub fn SettingsPage() -> impl IntoView {
    let actions = SettingsActions::new();
    let (params, query) = (use_params_map(), use_query_map());
    let word = Memo::new(move |_| params.with(|params| params.get("tab").unwrap_or_default()));
    let cursor = Memo::new(move |_| query.with(|query| query.get("cursor").unwrap_or_default()));
    let data =
        Resource::new(move || (word.get(), cursor.get(), actions.done.get()), |(word, cursor, _)| get(word, cursor));
    let said = say(actions);
    // What was said about one tab means nothing on another.
    Effect::watch(move || word.get(), move |_, _, _| said.set(None), false);
    let body = view! {
        <h1>"Settings"</h1>
        {move || {
            said.get().map(note::said)
        }}
        {issue::issued(actions.issued)}
        {load(data, || skeleton(8), move |shown| content(shown, actions))}
    };
    page("settings", "Settings", body.into_any())
}

async fn get(word: String, cursor: String) -> Result<Shown> {
    // Not the frame’s: which list is asked for depends on the role.
    let me = get_me().await?;
    let list = match Tab::open(&word, me.role)? {
        Tab::People => List::People(list_users(UserQuery { cursor: cursor.parse().ok(), limit: 0 }).await?),
        Tab::Tokens => {
            let user = if me.role.may(Permission::UsersWrite) { "*".to_owned() } else { String::new() };
            List::Tokens(list_tokens(TokenQuery { user, cursor: cursor.parse().ok(), limit: 0 }).await?)
        }
        Tab::Sessions => List::Sessions(list_sessions().await?),
    };
    Ok(Shown { me, list })
}

/// The tabs, and what is in the one that is open.
fn content(shown: Shown, actions: SettingsActions) -> AnyView {
    let open = shown.list.tab();
    let tab = |(tab, name, label): (Tab, &'static str, &'static str)| {
        let current = (tab == open).then_some("page");
        view! { <a href=format!("/settings/{name}") aria-current=current>{label}</a> }.into_any()
    };
    let unconfined = shown.me.unconfined.clone().map(|message| {
        view! {
            <section class="note note--warn" aria-label="rclone is not confined">
                {icon("triangle-alert")}
                <div><b>"rclone is not confined"</b><p>{message}</p></div>
            </section>
        }
        .into_any()
    });
    let role = shown.me.role;
    let tabs = Tab::ALL.into_iter().filter(|(tab, ..)| tab.is_for(role)).map(tab).collect::<Vec<_>>();
    let list = match shown.list {
        List::People(page) => people::people(page, &shown.me, actions),
        List::Tokens(page) => tokens::tokens(&page, &shown.me, actions),
        List::Sessions(sessions) => sessions::sessions(sessions, actions),
    };
    view! {
        {unconfined}
        <section class="panel settings" aria-label="Settings"><nav class="tabs" aria-label="Settings">{tabs}</nav>{list}</section>
    }
    .into_any()
}

/// A role as it is written on the page.
const fn role_word(role: Role) -> &'static str {
    match role {
        Role::Viewer => "Viewer",
        Role::Operator => "Operator",
        Role::Admin => "Admin",
    }
}

/// What the roles may, for where one is chosen.
const ROLES: &str =
    "Viewers can look around, into folders too. Operators can also run and stop transfers. Admins can do everything.";

/// The way to the next page and back to the first.
fn pager(path: &'static str, cursor: Option<impl Display>) -> AnyView {
    let back = use_query_map().with_untracked(|query| query.get("cursor").is_some());
    let back = back.then(|| view! { <a class="button" href=path>"First page"</a> }.into_any());
    let more =
        cursor.map(|cursor| view! { <a class="button" href=format!("{path}?cursor={cursor}")>"More"</a> }.into_any());
    (back.is_some() || more.is_some())
        .then(|| view! { <nav class="pager" aria-label="Pages">{back}{more}</nav> }.into_any())
        .into_any()
}

/// A button and the question that it asks in front of the page. Needs no script: the browser opens and closes it.
fn ask(id: String, name: String, face: AnyView, question: AnyView) -> AnyView {
    view! {
        <button type="button" class="button button--quiet" popovertarget=id.clone() aria-label=name.clone()>{face}</button>
        <div id=id class="popover popover--ask panel" popover="auto" role="dialog" aria-label=name>{question}</div>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_are_for_who_looks_after_them() {
        assert_eq!(Tab::open("", Role::Admin), Ok(Tab::People));
        assert_eq!(Tab::open("", Role::Operator), Ok(Tab::Tokens));
        assert_eq!(Tab::open("sessions", Role::Viewer), Ok(Tab::Sessions));
        assert_eq!(Tab::open("what", Role::Admin).expect_err("unknown").status(), 404);
        assert!(!Tab::People.is_for(Role::Operator) && Tab::Tokens.is_for(Role::Viewer));
    }
}
