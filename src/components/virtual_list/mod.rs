//! The list of files: a grid that draws only the rows that are seen and asks for entries as one scrolls, so that
//! 100,000 of them are as quick as ten. Drawn by the server first: without JavaScript it is a page of plain links.
//!
//! Owns scrolling, the keyboard and the selection. What a row opens, how a listing is asked for and what an address
//! looks like is the caller's.

mod kind;
mod name;
mod row;
mod window;

use std::{collections::BTreeMap, future::Future, pin::Pin, sync::Arc};

use leptos::{ev, html, prelude::*, task::spawn_local};
use wasm_bindgen::JsCast;

pub use self::{
    name::{file_name, visible},
    window::BLOCK,
};
use self::{
    row::Row,
    window::{Blocks, Scroll, Span, height, reveal, span},
};
use crate::domain::{
    error::Result,
    file::{Entry, FilePage, FileQuery},
};

/// Asks for a window of a listing.
pub type Fetch = Arc<dyn Fn(FileQuery) -> Pin<Box<dyn Future<Output = Result<FilePage>>>> + Send + Sync>;

/// What is selected. A name alone is no key: several entries may have it.
pub type Selection = RwSignal<BTreeMap<(String, u32), Entry>>;

/// The head of a column: a link that orders the list by it.
#[derive(Clone, Debug)]
pub struct Heading {
    /// What the column holds.
    pub label: &'static str,
    /// Where the list ordered by it is.
    pub href: String,
    /// Whether the list is ordered by it, and if so, whether from the end.
    pub sorted: Option<bool>,
}

/// What a list does beyond showing names. Copied into every row.
#[derive(Clone, Copy)]
struct Behaviour {
    id: &'static str,
    full: bool,
    href: Callback<Entry, Option<String>>,
    open: Callback<Entry>,
    selection: Option<Selection>,
    active: RwSignal<Option<usize>>,
    enhanced: RwSignal<bool>,
}

/// The grid. Without `headings` it is compact: names and sizes only.
#[component]
pub fn VirtualList(
    /// Unique on the page; the rows' ids begin with it.
    id: &'static str,
    /// What the list is, for assistive technology.
    label: String,
    /// The first window.
    page: FilePage,
    /// How further windows are asked for; its offset and limit are set here.
    query: FileQuery,
    /// Asks for them.
    fetch: Fetch,
    /// The heads of name, size and time.
    #[prop(optional)]
    headings: Option<[Heading; 3]>,
    /// Where an entry leads, for those that have a page.
    #[prop(into)]
    href: Callback<Entry, Option<String>>,
    /// Enter, or a double click.
    #[prop(into)]
    open: Callback<Entry>,
    /// Backspace.
    #[prop(into)]
    up: Callback<()>,
    /// What is selected, where that makes sense.
    #[prop(optional)]
    selection: Option<Selection>,
    /// The name that the keyboard begins at.
    #[prop(optional_no_strip)]
    begin_at: Option<String>,
    /// Takes the focus once it is drawn.
    #[prop(optional)]
    focus: bool,
) -> impl IntoView {
    let grid = NodeRef::<html::Div>::new();
    let space = NodeRef::<html::Div>::new();
    let rows = NodeRef::<html::Div>::new();

    let drawn_by_server = Span { first: page.offset, len: page.entries.len(), offset: 0.0 };
    let begin = begin_at
        .and_then(|name| page.entries.iter().position(|entry| entry.is_dir && entry.name == name))
        .map(|at| at + page.offset);
    let blocks = RwSignal::new(Blocks::new(page));
    let total = Memo::new(move |_| blocks.with(|blocks| blocks.matched));
    let scroll = RwSignal::new(Scroll::default());
    let span = Memo::new(move |_| match scroll.get() {
        scroll if scroll.height > 0.0 => span(total.get(), scroll),
        _ => drawn_by_server,
    });
    // Not the offset: it changes with each pixel where rows are taller than a browser draws, the rows do not.
    let range = Memo::new(move |_| span.with(|span| span.first..span.first + span.len));

    let full = headings.is_some();
    let active = RwSignal::new(begin.or(focus.then_some(0)));
    let enhanced = RwSignal::new(false);
    let behaviour = Behaviour { id, full, href, open, selection, active, enhanced };

    let measure = move || {
        if let Some(grid) = grid.get_untracked() {
            let head = if full { window::ROW } else { 0.0 };
            let seen = Scroll { top: f64::from(grid.scroll_top()), height: f64::from(grid.client_height()) - head };
            if seen.height > 0.0 && scroll.get_untracked() != seen {
                scroll.set(seen);
            }
        }
    };
    let show = move |index: usize| {
        if let (Some(grid), Some(top)) =
            (grid.get_untracked(), reveal(total.get_untracked(), scroll.get_untracked(), index))
        {
            grid.set_scroll_top(top.round() as i32);
            measure();
        }
    };

    // The height of all rows and the place of those that are drawn: through the CSSOM, since the policy forbids inline
    // styles.
    Effect::new(move |_| {
        if let Some(space) = space.get() {
            let _ =
                web_sys::HtmlElement::style(&space).set_property("block-size", &format!("{}px", height(total.get())));
        }
    });
    Effect::new(move |_| {
        if let Some(rows) = rows.get() {
            let _ = web_sys::HtmlElement::style(&rows)
                .set_property("transform", &format!("translateY({}px)", span.get().offset));
        }
    });
    Effect::new(move |_| {
        let Some(node) = grid.get() else { return };
        if drawn_by_server.first > 0 {
            node.set_scroll_top((drawn_by_server.first as f64 * window::ROW) as i32);
        }
        measure();
        if let Some(begin) = begin {
            show(begin);
        }
        if focus {
            let _ = node.focus();
        }
        enhanced.set(true);
        let resized = window_event_listener(ev::resize, move |_| measure());
        on_cleanup(move || resized.remove());
    });

    let failed = RwSignal::new(None);
    let load = loader(blocks, span, failed, query, fetch);
    Effect::new(move |_| {
        span.track();
        load();
    });

    let toggle = move |index: usize| {
        if let (Some(selection), Some(entry)) = (selection, blocks.with_untracked(|blocks| blocks.get(index).cloned()))
        {
            row::toggle(selection, &entry);
        }
    };
    let on_key = move |event: ev::KeyboardEvent| {
        let total = total.get_untracked();
        if total == 0 || event.ctrl_key() || event.meta_key() || event.alt_key() || is_control(&event) {
            return;
        }
        let page = ((scroll.get_untracked().height / window::ROW) as usize).max(2) - 1;
        let at = active.get_untracked();
        let from = at.unwrap_or(0);
        let to = match event.key().as_str() {
            "ArrowDown" => at.map_or(0, |at| at + 1),
            "ArrowUp" => from.saturating_sub(1),
            "PageDown" => from + page,
            "PageUp" => from.saturating_sub(page),
            "Home" => 0,
            "End" => total - 1,
            "Enter" => {
                let entry = at.and_then(|at| blocks.with_untracked(|blocks| blocks.get(at).cloned()));
                if let Some(entry) = entry.filter(row::is_openable) {
                    event.prevent_default();
                    open.run(entry);
                }
                return;
            }
            "Backspace" => {
                event.prevent_default();
                up.run(());
                return;
            }
            " " => {
                event.prevent_default();
                toggle(from);
                from
            }
            _ => return,
        };
        event.prevent_default();
        let to = to.min(total - 1);
        // First the scrolling: the row that becomes active is then drawn already.
        show(to);
        active.set(Some(to));
    };
    let on_focus = move |_| {
        if active.get_untracked().is_none() && total.get_untracked() > 0 {
            active.set(Some((scroll.get_untracked().top / window::ROW).ceil() as usize));
        }
    };

    view! {
        <div
            class=if full { "list" } else { "list list--compact" }
            class:list--select=selection.is_some()
            role="grid"
            id=id
            tabindex="0"
            aria-label=label
            aria-rowcount=move || total.get().to_string()
            aria-multiselectable=selection.is_some().then_some("true")
            aria-activedescendant=move || active.get().filter(|at| span.get().holds(*at)).map(|at| format!("{id}-{at}"))
            node_ref=grid
            on:scroll=move |_| measure()
            on:keydown=on_key
            on:focus=on_focus
        >
            {headings.map(|headings| head(headings, selection.is_some()))}
            <div class="list__space" role="rowgroup" node_ref=space>
                <div class="list__rows" role="presentation" node_ref=rows>
                    <For each=move || range.get() key=|index| *index let:index>
                        <Row index entry=Memo::new(move |_| blocks.with(|blocks| blocks.get(index).cloned())) behaviour />
                    </For>
                </div>
            </div>
        </div>
        {move || {
            failed.get().map(|message: String| {
                view! {
                    <p class="list__failed" role="status">
                        {message} " "
                        <button type="button" class="link" on:click=move |_| load()>"Try again"</button>
                    </p>
                }
            })
        }}
    }
    .into_any()
}

/// Keys that belong to a control inside the grid: a check box, a link that orders the list.
fn is_control(event: &ev::KeyboardEvent) -> bool {
    let target = event.target().and_then(|target| target.dyn_into::<web_sys::Element>().ok());
    target.is_some_and(|target| matches!(target.closest("input,[role=columnheader]"), Ok(Some(_))))
}

/// Asks for what is missing, one request at a time and always for what is seen now: what was scrolled past is never
/// asked for.
fn loader(
    blocks: RwSignal<Blocks>,
    span: Memo<Span>,
    failed: RwSignal<Option<String>>,
    query: FileQuery,
    fetch: Fetch,
) -> impl Fn() + Copy + Send + Sync {
    let busy = StoredValue::new(false);
    let request = StoredValue::new((query, fetch));
    move || {
        if busy.get_value() {
            return;
        }
        busy.set_value(true);
        spawn_local(async move {
            // Signals are gone once the list is: each is asked whether it is still there.
            loop {
                let missing = span
                    .try_get_untracked()
                    .and_then(|span| blocks.try_with_untracked(|blocks| blocks.missing(span)).flatten());
                let (Some(offset), Some((query, fetch))) = (missing, request.try_get_value()) else { break };
                match fetch(FileQuery { offset, limit: BLOCK, refresh: false, ..query }).await {
                    Ok(page) => {
                        // A page that does not hold what was asked for would be asked for again without end.
                        let empty = page.offset != offset || page.entries.is_empty();
                        blocks.try_update(|blocks| blocks.put(page));
                        failed.try_set(None);
                        if empty {
                            break;
                        }
                    }
                    Err(error) => {
                        failed.try_set(Some(error.message));
                        break;
                    }
                }
            }
            busy.try_set_value(false);
        });
    }
}

/// The row of column heads, which stays in sight.
fn head(headings: [Heading; 3], selectable: bool) -> impl IntoView {
    let heading = |class: &'static str, heading: Heading| {
        let sort = match heading.sorted {
            None => "none",
            Some(false) => "ascending",
            Some(true) => "descending",
        };
        view! {
            <div role="columnheader" class=class aria-sort=sort>
                <a href=heading.href data-noscroll="">
                    {heading.label}
                    {heading.sorted.map(|down| view! { <span aria-hidden="true">{if down { " ▼" } else { " ▲" }}</span> })}
                </a>
            </div>
        }
    };
    let [name, size, modified] = headings;
    view! {
        <div class="list__head" role="rowgroup">
            <div class="list__row" role="row">
                {selectable.then(|| view! { <div role="columnheader" class="list__check"><span class="visually-hidden">"Selected"</span></div> })}
                {heading("list__name", name)}
                {heading("list__size", size)}
                {heading("list__time", modified)}
                <div role="columnheader" class="list__kind">"Type"</div>
            </div>
        </div>
    }
    .into_any()
}
