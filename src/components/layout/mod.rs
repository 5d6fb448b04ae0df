//! The frame around every page for people who are signed in: menu, top bar, the state of the stream. It is drawn at
//! once; what depends on who is signed in fills its own small places.

mod activity;
mod crumbs;
mod keys;
mod menu;
mod side;

use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_location;

use super::{icon::icon, run_row::Stop, session::Session};
use crate::{
    domain::user::{Me, RcloneStatus, Theme},
    live::{Link, Live},
};

/// What the frame can do: addresses that forms post to, and what to call once the page is interactive.
#[derive(Clone, Copy)]
pub struct SessionActions {
    /// Where a form signs out.
    pub sign_out: &'static str,
    /// Where a form chooses the theme.
    pub theme: &'static str,
    /// Saves the theme.
    pub save_theme: Callback<Theme>,
    /// Stops a run.
    pub stop: Stop,
}

/// The frame around `children`; without it where `framed` says no.
#[component]
pub fn Frame(
    /// Whether this page has a frame: it does not in front of the console.
    framed: Memo<bool>,
    /// What the frame can do.
    actions: SessionActions,
    /// The page.
    children: Children,
) -> impl IntoView {
    keys::listen();
    let live = Live::current();
    let stale = Memo::new(move |_| {
        Some(live.link()).filter(|link| framed.get() && matches!(link, Link::Lost | Link::Replaced))
    });
    view! {
        <a class="skip" href="#content" rel="external">"Skip to the content"</a>
        <div class="app" class:app--bare=move || !framed.get() class:app--stale=move || stale.get().is_some()>
            {move || framed.get().then(side::side)}
            <div class="content">
                {move || framed.get().then(|| top(actions))}
                <p class="reconnect" role="status" class:reconnect--shown=move || stale.get().is_some()>
                    {move || stale.get().map(|link| state_of_stream(live, link))}
                </p>
                <div id="content" tabindex="-1">{children()}</div>
            </div>
        </div>
        {move || framed.get().then(side::bottom)}
    }
    .into_any()
}

/// What is wrong with the stream.
fn state_of_stream(live: Live, link: Link) -> AnyView {
    match link {
        Link::Replaced => view! { {icon("triangle-alert")} {live.replaced()} }.into_any(),
        _ => view! { {icon("loader")} "Reconnecting… This page may be out of date." }.into_any(),
    }
}

/// The bar above the page.
fn top(actions: SessionActions) -> AnyView {
    view! { <header class="top">{crumbs::crumbs()}{activity::activity(actions.stop)}{menu::menu(actions)}</header> }
        .into_any()
}

/// A page: its title, and the one `<main>`.
#[must_use]
pub fn page(name: &'static str, title: &'static str, body: AnyView) -> AnyView {
    view! { <Title text=title /><main data-page=name>{body}</main> }.into_any()
}

/// Says what is missing when rclone cannot be used.
#[must_use]
pub fn rclone_banner() -> AnyView {
    let Session(me) = expect_context();
    let show = move || {
        Suspend::new(async move {
            match me.await {
                Ok(Some(Me { rclone: RcloneStatus::Missing { message }, .. })) => view! {
                    <section class="note note--warn" aria-label="rclone is missing">
                        {icon("triangle-alert")}
                        <div><b>"rclone cannot be used"</b><p>{message}</p></div>
                    </section>
                }
                .into_any(),
                _ => ().into_any(),
            }
        })
    };
    view! { <Transition fallback=|| ()>{show}</Transition> }.into_any()
}

/// The path of the page, as a signal.
fn path() -> Memo<String> {
    use_location().pathname
}
