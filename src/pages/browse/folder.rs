//! `/browse/{remote}/{path…}`: one folder. The frame of the page stays while folders come and go; what depends on the
//! listing is in `listing`.

use std::time::Duration;

use leptos::{ev, html, leptos_dom::helpers::debounce, prelude::*};
use leptos_meta::Title;
use leptos_router::{
    NavigateOptions,
    hooks::{use_location, use_navigate},
};
use wasm_bindgen::JsCast;

use super::{
    address::{Address, encode_value},
    listing::{Browser, Listing},
};
use crate::{
    components::{
        icon::icon,
        layout::page,
        load::{load, skeleton},
        virtual_list::{BLOCK, Selection, visible},
    },
    domain::{
        error::Result,
        file::{FilePage, FileQuery},
        format,
        location::Location,
    },
    server_fns::{
        files::{count_undecryptable, list_files},
        remotes::list_local_roots,
    },
};

/// The page.
#[component]
pub fn FolderPage() -> impl IntoView {
    let at = use_location();
    // The whole page's address, which is that of another page for a moment when one leaves: then nothing is asked for.
    let address = Memo::new(move |before: Option<&Result<Address>>| match before {
        Some(before) if !at.pathname.with(|path| path.starts_with("/browse/")) => before.clone(),
        _ => at.pathname.with(|path| at.search.with(|search| Address::read(path, search))),
    });
    let location =
        Memo::new(move |_| address.with(|address| address.as_ref().ok().map(|address| address.location.clone())));

    let again = RwSignal::new(0_u32);
    let shown = StoredValue::new(0_u32);
    let listing = Resource::new(
        move || (address.get(), again.get()),
        move |(address, again)| {
            // Only the button asks the provider anew; other ways here take what the server knows.
            let refresh = again != shown.get_value();
            shown.set_value(again);
            list(address, refresh)
        },
    );
    let left_out = Resource::new(move || (location.get(), again.get()), |(location, _)| undecryptable(location));
    let selection: Selection = RwSignal::default();
    Effect::watch(move || location.get(), move |_, _, _| selection.set(Default::default()), false);

    let navigate = StoredValue::new(use_navigate());
    let browser = Browser {
        selection,
        go: Callback::new(move |href: String| {
            navigate.with_value(|navigate| navigate(&href, NavigateOptions::default()));
        }),
        came_from: StoredValue::new(None),
    };
    let title = Signal::derive(move || location.get().map_or_else(|| "Browse".to_owned(), |location| title(&location)));
    let copy_href =
        move || location.get().map(|location| format!("/jobs/new?source={}", encode_value(&location.to_string())));

    let filtered = Callback::new(move |href: String| {
        navigate.with_value(|navigate| {
            navigate(&href, NavigateOptions { replace: true, scroll: false, ..Default::default() });
        });
    });

    let body = view! {
        <Title text=title />
        <h1 class="visually-hidden">{title}</h1>
        // One handler for all links to folders: the router would decode them for the history, where a name that holds
        // a newline or `%41` becomes another.
        <div class="browse" on:click=move |event| follow(&event, browser)>
            <div class="bar">
                <Filter address go=filtered />
                <button type="button" class="button" on:click=move |_| *again.write() += 1>{icon("refresh-cw")}"Refresh"</button>
                <a class="button button--primary" href=copy_href>{icon("copy")}"Copy this folder…"</a>
            </div>
            {load(left_out, || ().into_any(), left_out_note)}
            {load(listing, || skeleton(12), move |listing| view! { <Listing listing browser /> }.into_any())}
        </div>
    };
    page("browse", "Browse", body.into_any())
}

/// A window of the folder that the address names, and the folders of this server that are open, which tell where a way
/// begins.
async fn list(address: Result<Address>, refresh: bool) -> Result<(Address, FilePage, Vec<Location>)> {
    let address = address?;
    let query = FileQuery { refresh, ..address.query(BLOCK) };
    let page = list_files(query).await?;
    let roots = if address.location.is_local() { list_local_roots().await? } else { Vec::new() };
    Ok((address, page, roots.iter().filter_map(|root| Location::parse(root).ok()).collect()))
}

/// How many names are left out. Where that is unknown, the listing says what is wrong.
async fn undecryptable(location: Option<Location>) -> Result<u64> {
    match location {
        Some(location) if !location.is_local() => {
            Ok(count_undecryptable(location.to_string()).await.unwrap_or_default())
        }
        _ => Ok(0),
    }
}

fn left_out_note(count: u64) -> AnyView {
    if count == 0 {
        return ().into_any();
    }
    let names = format::plural(count, "name is", "names are");
    let said = format!(
        "{names} not shown: they cannot be decrypted. The password or salt of this remote is not the one they were encrypted with."
    );
    view! { <p class="note note--warn" role="status">{icon("triangle-alert")}<span>{said}</span></p> }.into_any()
}

/// A folder's own name, or its remote's.
fn title(location: &Location) -> String {
    visible(location.segments().last().copied().unwrap_or(if location.is_local() { "/" } else { location.remote() }))
}

/// Goes where a plain click on a link to a folder points.
fn follow(event: &ev::MouseEvent, browser: Browser) {
    if event.default_prevented()
        || event.button() != 0
        || event.ctrl_key()
        || event.meta_key()
        || event.shift_key()
        || event.alt_key()
    {
        return;
    }
    let target = event.target().and_then(|target| target.dyn_into::<web_sys::Element>().ok());
    let link = target.and_then(|target| target.closest("a[href^='/browse/']").ok().flatten());
    if let Some(href) = link.and_then(|link| link.get_attribute("href")) {
        event.prevent_default();
        browser.go.run(href);
    }
}

/// The field that filters: a plain form without JavaScript, as one types with it.
#[component]
fn Filter(address: Memo<Result<Address>>, go: Callback<String>) -> impl IntoView {
    let field = NodeRef::<html::Input>::new();
    let filter = Memo::new(move |_| {
        address.with(|address| address.as_ref().map(|address| address.filter.clone()).unwrap_or_default())
    });
    let typed = move |text: String| {
        if let Ok(address) = address.get_untracked()
            && address.filter != text
        {
            go.run(Address { filter: text, offset: 0, ..address }.href());
        }
    };
    let mut typed_later = debounce(Duration::from_millis(180), typed);
    // The address changes the field, unless somebody is typing in it: then the field is ahead of the address.
    Effect::new(move |_| {
        let filter = filter.get();
        if let Some(field) = field.get()
            && document().active_element().as_ref() != Some(field.as_ref())
        {
            field.set_value(&filter);
        }
    });
    // A form drops the query of its address: a path that is in it goes along as a field.
    let action = move || {
        let href = address.with(|address| address.as_ref().map(|address| address.location.href()).unwrap_or_default());
        href.split_once('?').map_or(href.clone(), |(path, _)| path.to_owned())
    };
    let hidden = move |name: &'static str, value: fn(&Address) -> Option<String>| {
        move || {
            address
                .with(|address| address.as_ref().ok().and_then(value))
                .map(|value| view! { <input type="hidden" name=name value=value /> })
        }
    };
    view! {
        <form class="input grow" role="search" method="get" action=action on:submit=move |event| {
            event.prevent_default();
            if let Some(field) = field.get_untracked() {
                typed(field.value());
            }
        }>
            {icon("search")}
            <input
                type="search"
                name="filter"
                aria-label="Filter this folder"
                placeholder="Filter this folder"
                autocomplete="off"
                spellcheck="false"
                value=filter.get_untracked()
                node_ref=field
                on:input:target=move |event| typed_later(event.target().value())
            />
            {hidden("path", |address| address.location.href().contains('?').then(|| address.location.path().to_owned()))}
            {hidden("sort", |address| (address.sort != Default::default()).then(|| address.sort.as_str().to_owned()))}
            {hidden("desc", |address| address.descending.then(|| "1".to_owned()))}
            <kbd aria-hidden="true">"/"</kbd>
        </form>
    }
    .into_any()
}
