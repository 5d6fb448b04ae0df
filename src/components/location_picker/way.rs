//! The path from a root or remote down to a folder, for the picker.

use crate::domain::location::Location;

/// The places from the topmost that may be looked at down to this one, each with its name. `roots` are the folders of
/// this server that are open.
#[must_use]
pub fn way(location: &Location, roots: &[Location]) -> Vec<(String, Location)> {
    let mut steps = Vec::new();
    let mut at = Some(location.clone());
    while let Some(place) = at {
        let top = place.parent().is_none() || (place.is_local() && roots.contains(&place));
        let name = match (top, place.segments().last()) {
            (false, Some(name)) => (*name).to_owned(),
            _ if place.is_local() => place.path().to_owned(),
            _ if place.is_absolute() => place.to_string(),
            _ => place.remote().to_owned(),
        };
        at = if top { None } else { place.parent() };
        steps.push((name, place));
    }
    steps.reverse();
    steps
}

/// The place one up, `None` where the way begins.
#[must_use]
pub fn above(location: &Location, roots: &[Location]) -> Option<Location> {
    let mut steps = way(location, roots);
    steps.pop();
    steps.pop().map(|(_, place)| place)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_way_begins_at_a_root_that_is_open() {
        let at = |text: &str| Location::parse(text).expect(text);
        let names = |location: &str, roots: &[Location]| {
            way(&at(location), roots).into_iter().map(|(name, _)| name).collect::<Vec<_>>()
        };
        assert_eq!(names("b2:a/b", &[]), ["b2", "a", "b"]);
        let roots = [at("/srv/photos")];
        assert_eq!(names("/srv/photos/2026/05", &roots), ["/srv/photos", "2026", "05"]);
        assert_eq!(above(&at("/srv/photos/2026"), &roots), Some(at("/srv/photos")));
        assert_eq!(above(&at("/srv/photos"), &roots), None);
        assert_eq!(above(&at("b2:"), &[]), None);
        assert_eq!(names("nas:/srv/d ", &[]), ["nas:/", "srv", "d "]);
        assert_eq!((above(&at("nas:/srv"), &[]), above(&at("nas:/"), &[])), (Some(at("nas:/")), None));
    }
}
