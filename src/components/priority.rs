//! The priority of a run that waits: three that have a name, and its own where it has none.

use leptos::{ev, prelude::*};

/// Priorities that have a name.
const NAMED: [(i32, &str); 3] = [(10, "High priority"), (0, "Normal priority"), (-10, "Low priority")];

/// The choice; `change` is called with what is chosen.
#[must_use]
pub fn priority(now: Signal<i32>, label: String, change: Callback<i32>) -> AnyView {
    let first = now.get_untracked();
    let own = NAMED.iter().all(|(priority, _)| *priority != first).then(|| (first, format!("Priority {first}")));
    let named = NAMED.into_iter().map(|(priority, name)| (priority, name.to_owned()));
    let option = |(priority, name): (i32, String)| {
        view! { <option value=priority.to_string() selected=priority == first>{name}</option> }.into_any()
    };
    let change = move |event: ev::Event| {
        if let Ok(priority) = event_target_value(&event).parse() {
            change.run(priority);
        }
    };
    view! {
        <select class="input" aria-label=label on:change=change prop:value=move || now.get().to_string()>
            {own.into_iter().chain(named).map(option).collect::<Vec<_>>()}
        </select>
    }
    .into_any()
}
