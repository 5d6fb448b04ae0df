//! The filters of the audit log: a plain form that leads to another address; with JavaScript, without a reload.

use leptos::{ev, html, prelude::*};
use leptos_router::{NavigateOptions, hooks::use_navigate};

use super::query::{AuditFilter, result, success};
use crate::components::search::search_field;

/// What actions begin with, as a suggestion: any other beginning will do as well.
const ACTIONS: [(&str, &str); 5] = [
    ("run.", "Transfers"),
    ("remote.", "Remotes"),
    ("user.", "People"),
    ("token.", "API tokens"),
    ("session.", "Signing in and out"),
];

/// The form.
pub fn filter(wanted: Memo<AuditFilter>) -> AnyView {
    let field = || NodeRef::<html::Input>::new();
    let [target, user, action, from, to, address] = [(); 6].map(|()| field());
    let outcome = NodeRef::<html::Select>::new();
    let navigate = use_navigate();
    let go = Callback::new(move |()| {
        let text = |field: NodeRef<html::Input>| {
            field.get_untracked().map(|field| field.value().trim().to_owned()).unwrap_or_default()
        };
        let wanted = AuditFilter {
            user: text(user),
            action: text(action),
            target: target.get_untracked().map(|field| field.value()).unwrap_or_default(),
            success: outcome.get_untracked().and_then(|select| success(&select.value())),
            from: text(from),
            to: text(to),
            address: text(address),
            cursor: None,
        };
        navigate(&wanted.href(), NavigateOptions { scroll: false, ..NavigateOptions::default() });
    });
    let submit = move |event: ev::SubmitEvent| {
        event.prevent_default();
        go.run(());
    };
    let text = move |read: fn(&AuditFilter) -> &String| move || wanted.with(|wanted| read(wanted).clone());
    let chosen = Memo::new(move |_| wanted.with(|wanted| wanted.success));
    let option = |value: bool, word: &'static str| {
        view! { <option value=result(value) selected=move || chosen.get() == Some(value)>{word}</option> }.into_any()
    };
    let plain = move |face: Face, node: NodeRef<html::Input>, read: fn(&AuditFilter) -> &String| {
        let Face { name, label, kind, list } = face;
        let value = text(read);
        view! {
            <label class="filters__field">
                <span class="faint small">{label}</span>
                <input node_ref=node class="input" type=kind name=name list=list autocapitalize="none" spellcheck="false" value=value prop:value=value />
            </label>
        }
        .into_any()
    };
    let actions = ACTIONS
        .into_iter()
        .map(|(value, help)| view! { <option value=value>{help}</option> }.into_any())
        .collect::<Vec<_>>();
    view! {
        <form class="filters audit__filters" method="get" action="/audit" role="search" on:submit=submit>
            {search_field(target, "target", "Search targets", "Search targets", Signal::derive(text(|wanted| &wanted.target)))}
            {plain(Face::text("user", "Who"), user, |wanted| &wanted.user)}
            {plain(Face { list: Some("audit-actions"), ..Face::text("action", "Action begins with") }, action, |wanted| &wanted.action)}
            <datalist id="audit-actions">{actions}</datalist>
            <label class="filters__field">
                <span class="faint small">"Result"</span>
                <select
                    node_ref=outcome
                    class="input"
                    name="result"
                    on:change=move |_| go.run(())
                    prop:value=move || chosen.get().map_or("", result)
                >
                    <option value="" selected=move || chosen.get().is_none()>"All"</option>
                    {option(true, "Done")}
                    {option(false, "Failed")}
                </select>
            </label>
            {plain(Face { kind: "date", ..Face::text("from", "From (UTC)") }, from, |wanted| &wanted.from)}
            {plain(Face { kind: "date", ..Face::text("to", "To (UTC)") }, to, |wanted| &wanted.to)}
            {plain(Face::text("address", "Address begins with"), address, |wanted| &wanted.address)}
            <button class="button">"Filter"</button>
        </form>
    }
    .into_any()
}

/// What one field is.
struct Face {
    name: &'static str,
    label: &'static str,
    kind: &'static str,
    list: Option<&'static str>,
}

impl Face {
    const fn text(name: &'static str, label: &'static str) -> Self {
        Self { name, label, kind: "text", list: None }
    }
}
