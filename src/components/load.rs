//! Loading states: a skeleton of the same size, then the view, or an error with what to do.

use leptos::prelude::*;
use leptos_router::{components::Redirect, hooks::use_location, location::Location};

use super::{icon::icon_large, session::Session};
use crate::domain::{
    error::{AppError, ErrorCode},
    session::login_path,
};

/// Shows `data` with `view`. Without a session it leads to the sign-in page, and back here afterwards.
/// While new data is on its way, the old stays. The view may ask `use_permission`.
pub fn load<T>(
    data: Resource<Result<T, AppError>>,
    skeleton: fn() -> AnyView,
    view: impl Fn(T) -> AnyView + Clone + Send + Sync + 'static,
) -> AnyView
where
    T: Clone + Send + Sync + 'static,
{
    let session = Session::current();
    let show = move || {
        let view = view.clone();
        Suspend::new(async move {
            let data = data.await;
            session.known().await;
            match data {
                Ok(value) => view(value),
                Err(error) => failure(error),
            }
        })
    };
    view! { <Transition fallback=skeleton>{show}</Transition> }.into_any()
}

/// What went wrong, in words, with its reference and a way on.
#[must_use]
pub fn failure(error: AppError) -> AnyView {
    let at = use_location();
    let again = path_and_query(&at);
    if error.code == ErrorCode::Unauthenticated {
        return view! { <Redirect path=login_path(&again) /> }.into_any();
    }
    let missing = error.code == ErrorCode::NotFound;
    let act = if missing {
        view! { <a class="button" href="/">"Go to the overview"</a> }.into_any()
    } else {
        // A reload, not a navigation: it works whatever state the page is in.
        view! { <a class="button" href=again rel="external">"Try again"</a> }.into_any()
    };
    let reference = error
        .reference
        .map(|reference| view! { <p class="faint small">"Reference " <code>{reference}</code></p> }.into_any());
    empty(
        if missing { "search" } else { "triangle-alert" },
        if missing { "Not found" } else { "Something went wrong" },
        error.message,
        [reference, Some(act)],
    )
}

/// A list or panel that has nothing to show: what it is for, and the one next action.
#[must_use]
pub fn empty<const N: usize>(
    name: &'static str,
    title: &'static str,
    text: String,
    more: [Option<AnyView>; N],
) -> AnyView {
    view! {
        <div class="empty">
            {icon_large(name)}
            <p class="empty__title">{title}</p>
            <p class="muted">{text}</p>
            {more.into_iter().flatten().collect::<Vec<_>>()}
        </div>
    }
    .into_any()
}

/// Grey bars where lines will be.
#[must_use]
pub fn skeleton(lines: usize) -> AnyView {
    let lines = (0..lines).map(|_| view! { <span class="skeleton__line"></span> }.into_any()).collect::<Vec<_>>();
    view! { <div class="skeleton" role="status" aria-label="Loading">{lines}</div> }.into_any()
}

/// The address of the page that is shown: its path and its query.
#[must_use]
pub fn path_and_query(at: &Location) -> String {
    let (path, query) = (at.pathname.get_untracked(), at.search.get_untracked());
    if query.is_empty() { path } else { format!("{path}?{query}") }
}
