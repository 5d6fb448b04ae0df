//! The menu: at the side, and at the bottom of a phone. Only pages that exist, and that the person may see.

use leptos::{html, prelude::*};

use super::path;
use crate::{
    components::{
        icon::{draw, icon, mark},
        session::Session,
    },
    domain::{
        policy::Permission,
        user::{Me, RcloneStatus, Role},
    },
};

/// Path, icon and name.
type Entry = (&'static str, &'static str, &'static str);

/// What one works with.
const WORK: [Entry; 6] = [
    ("/", "layout-dashboard", "Overview"),
    ("/browse", "folder-open", "Browse"),
    ("/remotes", "cloud", "Remotes"),
    ("/jobs", "list-checks", "Jobs"),
    ("/runs", "history", "Runs"),
    ("/mounts", "hard-drive", "Mounts"),
];

/// Those of them that stand side by side on a phone; the others are behind "More".
const PHONE: [&str; 4] = ["/", "/browse", "/jobs", "/runs"];

/// What one looks after, and who may see it.
const CARE: [(Entry, Permission); 2] = [
    (("/audit", "scroll-text", "Audit"), Permission::AuditRead),
    (("/settings", "settings", "Settings"), Permission::ConsoleRead),
];

/// The menu at the side.
pub fn side() -> AnyView {
    let path = path();
    view! {
        <nav class="side" aria-label="Main">
            <a class="brand" href="/">{mark()}"Longshore"</a>
            {WORK.into_iter().map(|entry| link(entry, path, "icon")).collect::<Vec<_>>()}
            <hr />
            {care(move |entry| link(entry, path, "icon"))}
            <div class="foot">{foot()}</div>
        </nav>
    }
    .into_any()
}

/// The same at the bottom of a phone: what does not fit is behind "More", which needs no script to open.
pub fn bottom() -> AnyView {
    let path = path();
    let more = NodeRef::<html::Nav>::new();
    let close = move |_| {
        if let Some(more) = more.get_untracked() {
            let _ = more.hide_popover();
        }
    };
    let item = move |(href, name, label): Entry| {
        view! { <a class="menu__item" href=href aria-current=current(href, path) on:click=close>{icon(name)}{label}</a> }.into_any()
    };
    let here = move || {
        let mut behind = work(false).chain(CARE.into_iter().map(|(entry, _)| entry));
        path.with(|path| behind.any(|(href, ..)| is_current(href, path)))
    };
    view! {
        <nav class="bottom" aria-label="Main">
            {work(true).map(|entry| link(entry, path, "icon icon--l")).collect::<Vec<_>>()}
            <button type="button" class="bottom__more" class:bottom__more--here=here popovertarget="more">{draw("menu", "icon icon--l")}"More"</button>
        </nav>
        <nav id="more" class="popover popover--more menu panel" popover="auto" aria-label="More" node_ref=more>
            {work(false).map(item).collect::<Vec<_>>()}
            {care(item)}
        </nav>
    }
    .into_any()
}

/// What stands at the bottom of a phone, or what does not.
fn work(at_hand: bool) -> impl Iterator<Item = Entry> {
    WORK.into_iter().filter(move |(href, ..)| PHONE.contains(href) == at_hand)
}

fn link((href, name, label): Entry, path: Memo<String>, icon: &'static str) -> AnyView {
    view! { <a href=href aria-current=current(href, path)>{draw(name, icon)}{label}</a> }.into_any()
}

/// The second group, as far as the person may see it; until it is known who they are, what anybody may see.
fn care(draw: impl Fn(Entry) -> AnyView + Clone + Send + Sync + 'static) -> AnyView {
    let Session(me) = expect_context();
    let entries = move |role: Role| {
        CARE.into_iter().filter(|(_, needed)| role.may(*needed)).map(|(entry, _)| draw(entry)).collect::<Vec<_>>()
    };
    let first = entries.clone();
    let show = move || {
        let entries = entries.clone();
        Suspend::new(async move {
            let role = me.await.ok().flatten().map_or(Role::Viewer, |me| me.role);
            entries(role).into_any()
        })
    };
    view! { <Transition fallback=move || first(Role::Viewer)>{show}</Transition> }.into_any()
}

fn current(href: &'static str, path: Memo<String>) -> impl Fn() -> Option<&'static str> + Copy + Send + Sync + 'static {
    move || path.with(|path| is_current(href, path)).then_some("page")
}

/// Whether `path` lies in the section of `href`.
fn is_current(href: &str, path: &str) -> bool {
    match href {
        "/" => path == "/" || path.is_empty(),
        _ => path.strip_prefix(href).is_some_and(|rest| rest.is_empty() || rest.starts_with('/')),
    }
}

/// `rclone 1.75.2 · nas-01`.
fn foot() -> AnyView {
    let Session(me) = expect_context();
    let show = move || {
        Suspend::new(async move {
            let text = match me.await {
                Ok(Some(Me { rclone: RcloneStatus::Ready { version }, host, .. })) => {
                    format!("rclone {version} · {host}")
                }
                Ok(Some(Me { host, .. })) => format!("rclone is missing · {host}"),
                _ => String::new(),
            };
            view! { <span>{text}</span> }.into_any()
        })
    };
    view! { <Transition fallback=|| ()>{show}</Transition> }.into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_entry_is_current() {
        let hrefs = || WORK.iter().map(|(href, ..)| href).chain(CARE.iter().map(|((href, ..), _)| href));
        for path in [
            "/",
            "/browse",
            "/browse/b2/a",
            "/remotes/new",
            "/runs",
            "/runs/01J",
            "/jobs",
            "/jobs/new",
            "/jobs/01J",
            "/mounts",
            "/audit",
            "/settings/people",
        ] {
            assert_eq!(hrefs().filter(|href| is_current(href, path)).count(), 1, "{path}");
        }
        assert!(!is_current("/runs", "/runsx"));
    }
}
