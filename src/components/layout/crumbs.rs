//! Breadcrumbs: the current page and its parents, from the path alone.

use leptos::prelude::*;

use super::path;
use crate::{components::icon::icon, domain::format};

/// The crumbs.
pub fn crumbs() -> AnyView {
    let path = path();
    let trail = move || {
        let (above, here) = trail(&path.get());
        let above = above.map(|(href, name)| view! { <a href=href>{name}</a>{icon("chevron-right")} }.into_any());
        view! { {above}<span class="clip" aria-current="page">{here}</span> }.into_any()
    };
    view! { <nav class="crumbs" aria-label="Breadcrumb">{trail}</nav> }.into_any()
}

/// The section above, if there is one, and the page.
fn trail(path: &str) -> (Option<(&'static str, &'static str)>, String) {
    let mut parts = path.split('/').filter(|part| !part.is_empty());
    match (parts.next(), parts.next()) {
        (None, _) => (None, "Overview".to_owned()),
        (Some("browse"), _) => (None, "Browse".to_owned()),
        (Some("remotes"), None) => (None, "Remotes".to_owned()),
        (Some("remotes"), Some("new")) => (Some(("/remotes", "Remotes")), "Add a remote".to_owned()),
        (Some("jobs"), None) => (None, "Jobs".to_owned()),
        (Some("jobs"), Some("new")) => (Some(("/jobs", "Jobs")), "Start a transfer".to_owned()),
        (Some("jobs"), Some(_)) => (Some(("/jobs", "Jobs")), "Edit".to_owned()),
        (Some("runs"), None) => (None, "Runs".to_owned()),
        (Some("runs"), Some(id)) => (Some(("/runs", "Runs")), format::middle(id, 12)),
        (Some("mounts"), None) => (None, "Mounts".to_owned()),
        (Some("audit"), None) => (None, "Audit".to_owned()),
        (Some("settings"), None) => (None, "Settings".to_owned()),
        (Some("settings"), Some("people")) => (Some(("/settings", "Settings")), "People".to_owned()),
        (Some("settings"), Some("tokens")) => (Some(("/settings", "Settings")), "API tokens".to_owned()),
        (Some("settings"), Some("sessions")) => (Some(("/settings", "Settings")), "Sessions".to_owned()),
        _ => (None, "Not found".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_says_where_one_is() {
        assert_eq!(trail("/"), (None, "Overview".to_owned()));
        assert_eq!(trail("/browse/local/srv").1, "Browse");
        assert_eq!(trail("/runs/01JD3Z6N9V4M2K8Q7W5X1T0R3S"), (Some(("/runs", "Runs")), "01JD…X1T0R3S".to_owned()));
        assert_eq!(trail("/settings/tokens"), (Some(("/settings", "Settings")), "API tokens".to_owned()));
        assert_eq!(trail("/what").1, "Not found");
    }
}
