//! The audit log: who did what, through what, and from where. Filters and page are in the address.

mod filter;
mod query;
mod table;

use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

use self::query::AuditFilter;
use crate::{
    components::{
        layout::page,
        load::{empty, load, skeleton},
    },
    domain::audit::AuditPage as Page,
    server_fns::audit::list_audit,
};

/// The page.
#[component]
pub fn AuditPage() -> impl IntoView {
    let params = use_query_map();
    let wanted = Memo::new(move |_| params.with(AuditFilter::read));
    let data = Resource::new(move || wanted.get(), |wanted| list_audit(wanted.query()));
    let body = view! {
        <div class="headline">
            <div class="grow">
                <h1>"Audit"</h1>
                <p class="muted">"Who did what, when and from where. Entries are only ever added."</p>
            </div>
        </div>
        {filter::filter(wanted)}
        <section class="panel" aria-label="Audit log">
            {load(data, || skeleton(10), move |page| log(&page, &wanted.get_untracked()))}
        </section>
    };
    page("audit", "Audit", body.into_any())
}

fn log(page: &Page, wanted: &AuditFilter) -> AnyView {
    let first = AuditFilter { cursor: None, ..wanted.clone() };
    if page.entries.is_empty() {
        let clear = view! { <a class="button" href="/audit">"Show everything"</a> }.into_any();
        return empty(
            "search",
            "No row matches",
            "No entry in the log matches all of these filters.".to_owned(),
            [Some(clear)],
        );
    }
    let back = wanted.cursor.is_some().then(|| view! { <a class="button" href=first.href()>"Newest"</a> }.into_any());
    let more = page.cursor.map(|cursor| {
        let href = AuditFilter { cursor: Some(cursor), ..first.clone() }.href();
        view! { <a class="button" href=href>"Older"</a> }.into_any()
    });
    let pager = (back.is_some() || more.is_some())
        .then(|| view! { <nav class="pager" aria-label="Pages">{back}{more}</nav> }.into_any());
    view! { {table::table(&page.entries)}{pager} }.into_any()
}
