//! One row of the list: an entry, or the place of one that is on its way.

use leptos::{ev, prelude::*};

use super::{Behaviour, Selection, file_name, kind::kind, visible};
use crate::{
    components::{icon::icon, time::time},
    domain::{file::Entry, format, unaddressable::Unaddressable},
};

/// What a name is called that is empty.
const NAMELESS: &str = "(no name)";

/// Selects the entry, or no longer.
pub(super) fn toggle(selection: Selection, entry: &Entry) {
    selection.update(|selected| {
        if selected.remove(&key(entry)).is_none() {
            selected.insert(key(entry), entry.clone());
        }
    });
}

/// Whether its name leads to it.
pub(super) const fn is_openable(entry: &Entry) -> bool {
    entry.unaddressable.is_none()
}

fn key(entry: &Entry) -> (String, u32) {
    (entry.name.clone(), entry.duplicate)
}

#[component]
pub(super) fn Row(index: usize, entry: Memo<Option<Entry>>, behaviour: Behaviour) -> impl IntoView {
    let Behaviour { id, open, selection, active, .. } = behaviour;
    let selected = Memo::new(move |_| {
        selection
            .is_some_and(|all| entry.with(|e| e.as_ref().is_some_and(|e| all.with(|all| all.contains_key(&key(e))))))
    });
    let is_active = Memo::new(move |_| active.get() == Some(index));
    view! {
        <div
            role="row"
            class="list__row"
            class:list__row--active=is_active
            id=format!("{id}-{index}")
            aria-rowindex=(index + 1).to_string()
            aria-selected=move || selection.map(|_| if selected.get() { "true" } else { "false" })
            aria-busy=move || entry.with(Option::is_none).then_some("true")
            on:click=move |_| active.set(Some(index))
            on:dblclick=move |_| {
                if let Some(entry) = entry.get_untracked().filter(is_openable) {
                    open.run(entry);
                }
            }
        >
            {move || match entry.get() {
                Some(entry) => cells(&entry, selected, behaviour),
                None => view! { <div role="gridcell" class="list__name"><span class="list__coming">"…"</span></div> }.into_any(),
            }}
        </div>
    }
    .into_any()
}

fn cells(entry: &Entry, selected: Memo<bool>, behaviour: Behaviour) -> AnyView {
    let Behaviour { href, open, selection, enhanced, full, .. } = behaviour;
    let (picture, word) = kind(entry);
    let size = entry.size.filter(|_| !entry.is_dir);
    let check = selection.map(|selection| {
        let label =
            format!("Select {}", if entry.name.is_empty() { NAMELESS.to_owned() } else { visible(&entry.name) });
        let entry = entry.clone();
        view! {
            <div role="gridcell" class="list__check">
                <input
                    type="checkbox"
                    tabindex="-1"
                    aria-label=label
                    prop:checked=selected
                    on:change=move |_| toggle(selection, &entry)
                    on:dblclick=|event| event.stop_propagation()
                />
            </div>
        }
    });
    let name = match href.run(entry.clone()).filter(|_| is_openable(entry)) {
        Some(href) => {
            let opened = entry.clone();
            // The keyboard reaches a row through the grid; without JavaScript, through the link.
            view! {
                <a
                    href=href
                    tabindex=move || enhanced.get().then_some("-1")
                    on:click=move |event| {
                        if is_plain(&event) {
                            event.prevent_default();
                            open.run(opened.clone());
                        }
                    }
                    on:dblclick=|event| event.stop_propagation()
                >
                    {icon(picture)}
                    {file_name(&entry.name)}
                </a>
            }
            .into_any()
        }
        None => view! { <span>{icon(picture)}{called(entry)}{entry.unaddressable.map(unopened)}</span> }.into_any(),
    };
    view! {
        {check}
        <div role="gridcell" class="list__name" class:list__name--dir=entry.is_dir>{name}</div>
        <div role="gridcell" class="list__size" title=size.map(|n| format::plural(n, "byte", "bytes"))>
            {size.map_or_else(|| "—".to_owned(), format::bytes)}
        </div>
        {full.then(|| view! {
            <div role="gridcell" class="list__time">
                {entry.mod_time.map_or_else(|| "—".into_any(), time)}
            </div>
            <div role="gridcell" class="list__kind">{word}</div>
        })}
    }
    .into_any()
}

/// The name; an object store may hold an empty one.
fn called(entry: &Entry) -> AnyView {
    if entry.name.is_empty() { view! { <em class="muted">{NAMELESS}</em> }.into_any() } else { file_name(&entry.name) }
}

/// That the row leads nowhere, and why.
fn unopened(why: Unaddressable) -> AnyView {
    let (title, note) = (why.note(), why.note());
    view! { <span class="list__unopened" title=title>{icon("triangle-alert")}<span>{note}</span></span> }.into_any()
}

/// A click that means "go there", not "open it in another tab".
fn is_plain(event: &ev::MouseEvent) -> bool {
    event.button() == 0 && !(event.ctrl_key() || event.meta_key() || event.shift_key() || event.alt_key())
}
