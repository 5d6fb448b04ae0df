//! A folder that is listed: the way to it, its entries, and what they come to.

use std::sync::Arc;

use leptos::{ev, html, prelude::*};

use super::{
    address::{Address, encode_value},
    trail::trail,
};
use crate::{
    components::{
        icon::icon,
        load::empty,
        location_picker::above,
        time::time,
        virtual_list::{BLOCK, Fetch, Heading, Selection, VirtualList, visible},
    },
    domain::{
        file::{Entry, FilePage, SortKey},
        format,
        location::Location,
    },
    server_fns::files::list_files,
};

/// What outlives a folder's listing while one walks from folder to folder.
#[derive(Clone, Copy)]
pub(super) struct Browser {
    /// What is selected in the folder.
    pub selection: Selection,
    /// Goes to an address of a folder.
    pub go: Callback<String>,
    /// The folder that the keyboard came out of; then the list takes the focus, at that name.
    pub came_from: StoredValue<Option<String>>,
}

#[component]
pub(super) fn Listing(listing: (Address, FilePage, Vec<Location>), browser: Browser) -> impl IntoView {
    let (address, page, roots) = listing;
    let up = above(&address.location, &roots);
    let body =
        if page.matched == 0 { nothing(&address, page.total, up, browser) } else { list(&address, &page, up, browser) };
    view! {
        {trail(&address, &roots)}
        <section class="panel listing" aria-label="Files">
            {body}
            <footer class="listing__foot">
                <Sum address=address.clone() page browser />
            </footer>
        </section>
    }
    .into_any()
}

fn list(address: &Address, page: &FilePage, up: Option<Location>, browser: Browser) -> AnyView {
    let fetch: Fetch = Arc::new(|query| Box::pin(list_files(query)));
    let place = StoredValue::new(address.clone());
    let href_of =
        move |entry: &Entry| place.with_value(|address| address.at(address.location.join(&entry.name)).href());
    let heading = |label, sort: SortKey| Heading {
        label,
        href: address.ordered(sort).href(),
        sorted: (address.sort == sort).then_some(address.descending),
    };
    let came_from = browser.came_from.try_update_value(Option::take).flatten();
    let mut pages = Vec::new();
    if page.offset > 0 {
        pages.push(("Back", page.offset.saturating_sub(BLOCK)));
    }
    if page.offset + page.entries.len() < page.matched {
        pages.push(("More", page.offset + BLOCK));
    }
    view! {
        <VirtualList
            id="files"
            label=format!("Files in {}", visible(&address.location.to_string()))
            page=page.clone()
            query=address.query(BLOCK)
            fetch
            headings=[heading("Name", SortKey::Name), heading("Size", SortKey::Size), heading("Modified", SortKey::ModTime)]
            href=move |entry: Entry| entry.is_dir.then(|| href_of(&entry))
            open=move |entry: Entry| {
                if entry.is_dir {
                    browser.came_from.set_value(Some(String::new()));
                    browser.go.run(href_of(&entry));
                }
            }
            up=move |()| {
                if let Some(up) = &up {
                    place.with_value(|address| go_up(address, up, browser));
                }
            }
            selection=browser.selection
            focus=came_from.is_some()
            begin_at=came_from
        />
        {(!pages.is_empty()).then(|| {
            let links = pages
                .into_iter()
                .map(|(word, offset)| view! { <a class="button" href=Address { offset, ..address.clone() }.href()>{word}</a> })
                .collect_view();
            view! { <nav class="list__pages" aria-label="Pages">{links}</nav> }
        })}
    }
    .into_any()
}

/// Why there is nothing to see, and what to do. Backspace leads up here too.
fn nothing(address: &Address, total: usize, up: Option<Location>, browser: Browser) -> AnyView {
    let node = NodeRef::<html::Div>::new();
    if browser.came_from.try_update_value(Option::take).flatten().is_some() {
        Effect::new(move |_| drop(node.get().map(|node| node.focus())));
    }
    let address = address.clone();
    let at = address.clone();
    let on_key = move |event: ev::KeyboardEvent| {
        if event.key() == "Backspace"
            && let Some(up) = &up
        {
            event.prevent_default();
            go_up(&at, up, browser);
        }
    };
    let body = if total == 0 {
        empty("folder-open", "This folder is empty", "It contains no files or folders.".to_owned(), [None])
    } else {
        let all = Address { filter: String::new(), offset: 0, ..address.clone() };
        let link = view! { <a class="button" href=all.href()>"Show all " {format::plural(total as u64, "entry", "entries")}</a> };
        empty(
            "search",
            "Nothing matches",
            format!("No name in this folder contains “{}”.", visible(&address.filter)),
            [Some(link.into_any())],
        )
    };
    view! { <div class="listing__empty" tabindex="-1" node_ref=node on:keydown=on_key>{body}</div> }.into_any()
}

/// Up by the keyboard: the list there takes the focus, at the folder one came out of.
fn go_up(address: &Address, up: &Location, browser: Browser) {
    browser.came_from.set_value(Some(address.location.segments().last().copied().unwrap_or_default().to_owned()));
    browser.go.run(address.at(up.clone()).href());
}

/// What the folder or the selection comes to.
#[component]
fn Sum(address: Address, page: FilePage, browser: Browser) -> impl IntoView {
    let selection = browser.selection;
    let FilePage { total, matched, bytes, sizeless, duplicates, unaddressable, listed_at, .. } = page;
    let (total, matched, sizeless, duplicates) = (total as u64, matched as u64, sizeless as u64, duplicates as u64);
    let entries = if matched == total {
        format::plural(total, "entry", "entries")
    } else {
        format!("{} of {}", format::count(matched), format::plural(total, "entry", "entries"))
    };
    let text = move || {
        selection.with(|selected| {
            if selected.is_empty() {
                format!("{entries} · {}", sum(bytes, sizeless))
            } else {
                let files = selected.values().filter(|entry| !entry.is_dir);
                let sizeless = files.filter(|entry| entry.size.is_none()).count() as u64;
                let bytes = selected.values().filter_map(|entry| entry.size).sum();
                format!(
                    "{} of {} selected · {}",
                    format::count(selected.len() as u64),
                    format::count(matched),
                    sum(bytes, sizeless)
                )
            }
        })
    };
    // rclone copies a folder; of a selection, only a single one can be the source.
    let one = Memo::new(move |_| {
        selection.with(|selected| if selected.len() == 1 { selected.values().next().cloned() } else { None })
    });
    let copy = move || {
        let entry = one.get()?;
        (entry.is_dir && entry.unaddressable.is_none()).then(|| {
            let source = address.location.join(&entry.name).to_string();
            view! { <a class="button" href=format!("/jobs/new?source={}", encode_value(&source))>{icon("copy")}"Copy to…"</a> }
        })
    };
    view! {
        <span class="num grow" role="status">{text}</span>
        {(duplicates > 0).then(|| view! { <span class="muted small">{repeated(duplicates)}</span> })}
        {(unaddressable > 0).then(|| view! { <span class="muted small">{unopened(unaddressable as u64)}</span> })}
        {copy}
        {move || {
            (!selection.with(|selected| selected.is_empty()))
                .then(|| view! { <button type="button" class="button button--quiet" on:click=move |_| selection.set(Default::default())>"Clear"</button> })
        }}
        <span class="faint small">"Listed " {time(listed_at)}</span>
    }
    .into_any()
}

/// What files come to, with those whose size nobody tells.
fn sum(bytes: u64, sizeless: u64) -> String {
    match sizeless {
        0 => format::bytes(bytes),
        _ => {
            format!("at least {}, {} of unknown size", format::bytes(bytes), format::plural(sizeless, "file", "files"))
        }
    }
}

/// That names lead nowhere.
fn unopened(count: u64) -> String {
    format!("{} be opened here; each row says why.", format::plural(count, "name cannot", "names cannot"))
}

/// That names are here several times.
fn repeated(duplicates: u64) -> String {
    format!(
        "{} the name of another: of these a copy takes only one.",
        format::plural(duplicates, "entry has", "entries have")
    )
}
