//! Files that a sync would delete although they are still in the source, by name and apart from the others.

use leptos::prelude::*;

use crate::domain::{format, guard::report::GuardReport};

/// The names, folded up; nothing where there are none.
pub fn left_out(report: &GuardReport) -> AnyView {
    let Some(files) = report.left_out.filter(|files| *files > 0) else { return ().into_any() };
    let names = &report.left_out_names;
    let rest = files.saturating_sub(names.len() as u64);
    let more =
        (rest > 0).then(|| view! { <li class="muted">{format!("and {} more", format::count(rest))}</li> }.into_any());
    let names = names.iter().map(|name| view! { <li class="mono">{name.clone()}</li> }.into_any()).collect::<Vec<_>>();
    view! {
        <details class="left-out">
            <summary>{format!("{} still in the source, and deleted at the destination", format::plural(files, "file", "files"))}</summary>
            <ul>{names}{more}</ul>
        </details>
    }
    .into_any()
}
