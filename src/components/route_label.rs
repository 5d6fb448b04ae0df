//! A location and a route, drawn the same everywhere. Paths are shortened in the middle by the browser, as the place
//! allows: the end stays, the whole is on hover and in the clipboard.

use leptos::prelude::*;

use super::icon::icon;
use crate::domain::location::Location;

/// Longest end of a path that is never cut, in characters.
const TAIL: usize = 24;
/// A beginning that is shorter than this is not worth a cut.
const HEAD: usize = 5;

/// A location: icon, name, path.
#[must_use]
pub fn location_label(location: &Location) -> AnyView {
    let (name, title) = if location.is_local() {
        ("server", "This server".to_owned())
    } else {
        ("cloud", location.remote().to_owned())
    };
    let class = if location.is_local() { "place place--local" } else { "place" };
    view! { <span class=class title=location.to_string()>{icon(name)}<b>{title}</b>{path(location.path())}</span> }
        .into_any()
}

/// A path that gives way in its middle.
#[must_use]
pub fn path(text: &str) -> AnyView {
    let (head, tail) = split(text);
    if tail.is_empty() {
        return ().into_any();
    }
    let head = (!head.is_empty()).then(|| view! { <span class="path__head">{head.to_owned()}</span> }.into_any());
    view! { <span class="path">{head}<span class="path__tail">{tail.to_owned()}</span></span> }.into_any()
}

/// Source and destination with the one arrow of the product, which flows while `moving`; or the one place of a delete.
#[must_use]
pub fn route(source: &Location, destination: Option<&Location>, moving: Signal<bool>) -> AnyView {
    let Some(destination) = destination else {
        return view! { <span class="route">{location_label(source)}</span> }.into_any();
    };
    view! {
        <span class="route">
            {location_label(source)}
            <svg class="arrow" class:arrow--run=move || moving.get() viewBox="0 0 26 10" role="img" aria-label="to">
                <path class="flow" d="M1 5h22" />
                <path d="m20 1.5 4 3.5-4 3.5" />
            </svg>
            {location_label(destination)}
        </span>
    }
    .into_any()
}

/// What may be cut, and the end that may not: the last name with its slash, or what of it fits.
fn split(path: &str) -> (&str, &str) {
    let start = path.trim_end_matches('/').rfind('/').unwrap_or(0);
    let long = path.char_indices().rev().nth(TAIL - 1).map_or(0, |(index, _)| index);
    let cut = start.max(long);
    path.split_at(if cut < HEAD { 0 } else { cut })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_a_path_is_its_last_name() {
        assert_eq!(split("/srv/data/photos"), ("/srv/data", "/photos"));
        assert_eq!(split("/srv/photos"), ("", "/srv/photos"));
        assert_eq!(split("photos"), ("", "photos"));
        assert_eq!(split(""), ("", ""));
        assert_eq!(split("/"), ("", "/"));
    }

    #[test]
    fn a_long_last_name_is_cut_between_characters() {
        let (head, tail) = split("a/äääääääääääääääääääääääääääääääääääääääää");
        assert_eq!(tail.chars().count(), TAIL);
        assert!(head.starts_with("a/ä"));
    }
}
