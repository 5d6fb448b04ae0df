//! The menu: at the side, and at the bottom of a phone. Only pages that exist.

use leptos::prelude::*;

use super::{Session, path};
use crate::{
    components::icon::{draw, mark},
    domain::user::{Me, RcloneStatus},
};

/// Path, icon and name of each entry.
const ENTRIES: [(&str, &str, &str); 4] = [
    ("/", "layout-dashboard", "Overview"),
    ("/browse", "folder-open", "Browse"),
    ("/remotes", "cloud", "Remotes"),
    ("/runs", "history", "Runs"),
];

/// The menu at the side.
pub fn side() -> AnyView {
    view! {
        <nav class="side" aria-label="Main">
            <a class="brand" href="/">{mark()}"Longshore"</a>
            {entries("icon")}
            <div class="foot">{foot()}</div>
        </nav>
    }
    .into_any()
}

/// The same at the bottom of a phone.
pub fn bottom() -> AnyView {
    view! { <nav class="bottom" aria-label="Main">{entries("icon icon--l")}</nav> }.into_any()
}

fn entries(icon: &'static str) -> Vec<AnyView> {
    let path = path();
    let entry = |(href, name, label): (&'static str, &'static str, &'static str)| {
        let current = move || path.with(|path| is_current(href, path)).then_some("page");
        view! { <a href=href aria-current=current>{draw(name, icon)}{label}</a> }.into_any()
    };
    ENTRIES.into_iter().map(entry).collect()
}

/// Whether `path` lies in the section of `href`. A transfer that is being made belongs to the runs.
fn is_current(href: &str, path: &str) -> bool {
    match href {
        "/" => path == "/" || path.is_empty(),
        "/runs" if path.starts_with("/jobs/") => true,
        _ => path.strip_prefix(href).is_some_and(|rest| rest.is_empty() || rest.starts_with('/')),
    }
}

/// `rclone 1.75.2 · nas-01`.
fn foot() -> AnyView {
    let Session(me) = expect_context();
    let show = move || {
        Suspend::new(async move {
            let text = match me.await {
                Ok(Some(Me { rclone: RcloneStatus::Ready { version }, host, .. })) => format!("rclone {version} · {host}"),
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
        for path in ["/", "/browse", "/browse/b2/a", "/remotes/new", "/runs", "/runs/01J", "/jobs/new"] {
            assert_eq!(ENTRIES.iter().filter(|(href, ..)| is_current(href, path)).count(), 1, "{path}");
        }
        assert!(!is_current("/runs", "/runsx"));
    }
}
