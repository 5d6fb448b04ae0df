//! The way from the root to a folder, as links.

use leptos::prelude::*;

use super::address::Address;
use crate::{
    components::{icon::icon, location_picker::way, virtual_list::file_name},
    domain::location::Location,
};

/// The way as links.
#[must_use]
pub fn trail(address: &Address, roots: &[Location]) -> AnyView {
    let mut steps = way(&address.location, roots);
    let here = steps.pop().map(|(name, _)| name).unwrap_or_default();
    view! {
        <nav class="trail" aria-label="Path">
            <ol>
                <li><a href="/browse">"Browse"</a></li>
                {steps
                    .into_iter()
                    .map(|(name, place)| {
                        view! { <li>{icon("chevron-right")}<a href=address.at(place).href()>{file_name(&name)}</a></li> }
                    })
                    .collect_view()}
                <li>{icon("chevron-right")}<span aria-current="page">{file_name(&here)}</span></li>
            </ol>
        </nav>
    }
    .into_any()
}
