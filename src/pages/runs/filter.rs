//! The filters of the history: a plain form that asks for another address; with JavaScript at once.

use leptos::{ev, html, prelude::*};
use leptos_router::{NavigateOptions, hooks::use_navigate};

use super::href;
use crate::{
    components::{badge::word, icon::icon},
    domain::run::{RunQuery, RunState},
};

/// The form.
pub fn filter(query: Memo<RunQuery>) -> AnyView {
    let state = NodeRef::<html::Select>::new();
    let search = NodeRef::<html::Input>::new();
    let navigate = use_navigate();
    let go = Callback::new(move |()| {
        let (Some(state), Some(search)) = (state.get_untracked(), search.get_untracked()) else { return };
        let wanted = RunQuery { state: RunState::parse(&state.value()), search: search.value(), ..RunQuery::default() };
        navigate(&href(&wanted), NavigateOptions { scroll: false, ..NavigateOptions::default() });
    });
    let submit = move |event: ev::SubmitEvent| {
        event.prevent_default();
        go.run(());
    };
    let chosen = Memo::new(move |_| query.with(|query| query.state));
    let option = |state: RunState| {
        let selected = move || chosen.get() == Some(state);
        view! { <option value=state.as_str() selected=selected>{word(state, false, None)}</option> }.into_any()
    };
    let text = move || query.with(|query| query.search.clone());
    view! {
        <form class="filters" method="get" action="/runs" role="search" on:submit=submit>
            <label class="input filters__search">
                {icon("search")}
                <input
                    node_ref=search
                    type="search"
                    name="search"
                    placeholder="Search source and destination"
                    aria-label="Search source and destination"
                    value=text
                    prop:value=text
                />
                <kbd aria-hidden="true">"/"</kbd>
            </label>
            <select
                node_ref=state
                class="input filters__state"
                name="state"
                aria-label="Result"
                on:change=move |_| go.run(())
                prop:value=move || chosen.get().map_or("", RunState::as_str)
            >
                <option value="" selected=move || chosen.get().is_none()>"All results"</option>
                {RunState::ALL.into_iter().map(option).collect::<Vec<_>>()}
            </select>
            <button class="button">"Filter"</button>
        </form>
    }
    .into_any()
}
