//! The log, as rclone wrote it: searched, by what matters, page by page, and followed while the run goes on. Its times
//! are UTC.

use std::time::Duration;

use leptos::{
    ev, html,
    leptos_dom::helpers::{request_animation_frame, set_interval_with_handle},
    prelude::*,
    task::spawn_local,
};
use leptos_router::{NavigateOptions, hooks::use_navigate};
use web_sys::VisibilityState;

use super::log_lines::Lines;
use crate::{
    components::{icon::icon, load::empty, search::search_field},
    domain::{
        id::RunId,
        location::encode,
        run::{
            log::{LogLevel, LogLine, LogQuery, RunLog},
            summary::RunSummary,
        },
    },
    server_fns::runs::get_run_log,
};

/// How often what was written since is asked for, while somebody looks.
const POLL: Duration = Duration::from_secs(2);
/// How near the end of the list counts as being there, in pixels.
const NEAR: i32 = 32;

/// The panel's body.
pub fn log(log: RunLog, query: &LogQuery, run: Memo<RunSummary>) -> AnyView {
    let id = run.with_untracked(|run| run.id);
    let asked = !query.search.is_empty() || query.level != LogLevel::Info || !query.before.is_empty();
    let shown = RwSignal::new(Lines::new(log));
    let list = NodeRef::<html::Ol>::new();
    if query.before.is_empty() {
        follow(&id, query, run, shown, list);
    }
    let none = Memo::new(move |_| shown.with(|shown| shown.lines.is_empty()));
    let nothing = move || {
        none.get().then(|| {
            if asked {
                empty("search", "No line matches", "No line in this part of the log matches.".to_owned(), [])
            } else {
                empty("file-text", "No log yet", "rclone’s own output appears here.".to_owned(), [])
            }
        })
    };
    let older = {
        let query = query.clone();
        move || {
            let (older, truncated) = shown.with(|shown| (shown.older.clone(), shown.truncated));
            let text = if older.is_some() {
                "There are older lines."
            } else {
                "These are the last lines; there are older ones."
            };
            let link = older.map(|before| {
                let href = href(&query.search, query.level, &before);
                view! { <a class="button" href=href>"Older lines"</a> }.into_any()
            });
            truncated.then(|| {
                view! { <div class="pager log__older">{link}<span class="muted">{text}</span></div> }.into_any()
            })
        }
    };
    let newest = (!query.before.is_empty()).then(|| {
        let href = href(&query.search, query.level, "");
        view! { <nav class="pager" aria-label="Pages of the log"><a class="button" href=href>"Newest lines"</a></nav> }
            .into_any()
    });
    view! {
        {form(&id, query)}
        {older}
        {nothing}
        <ol node_ref=list class="log" tabindex="0" aria-label="Log, times in UTC" hidden=move || none.get()>
            <For each=move || shown.with(|shown| shown.lines.clone()) key=|(n, _)| *n children=|(_, line)| self::line(line) />
        </ol>
        {newest}
    }
    .into_any()
}

/// Asks for what was written since, as long as the run goes on and somebody looks.
fn follow(id: &RunId, query: &LogQuery, run: Memo<RunSummary>, shown: RwSignal<Lines>, list: NodeRef<html::Ol>) {
    let going = Memo::new(move |_| run.with(|run| !run.state.is_final()));
    let busy = StoredValue::new(false);
    let (id, query) = (id.to_string(), query.clone());
    let poll = move || {
        if document().visibility_state() == VisibilityState::Hidden || busy.try_get_value() != Some(false) {
            return;
        }
        busy.set_value(true);
        let after = shown.with_untracked(|shown| shown.cursor.clone().unwrap_or_default());
        let (id, query) = (id.clone(), LogQuery { after, ..query.clone() });
        spawn_local(async move {
            let found = get_run_log(id, query).await;
            let _ = busy.try_set_value(false);
            // What could not be read now is read next time.
            if let Ok(log) = found {
                let at_end = list.try_get_untracked().flatten().is_none_or(|list| is_at_end(&list));
                let told = log.reset || !log.lines.is_empty();
                if shown.try_update_untracked(|shown| shown.add(log)).is_some() && told {
                    shown.notify();
                    if at_end {
                        to_end(list);
                    }
                }
            }
        });
    };
    Effect::new(move |_| {
        if !going.get() {
            return;
        }
        to_end(list);
        if let Ok(handle) = set_interval_with_handle(poll.clone(), POLL) {
            on_cleanup(move || handle.clear());
        }
    });
}

fn is_at_end(list: &web_sys::HtmlOListElement) -> bool {
    list.scroll_height() - list.scroll_top() - list.client_height() <= NEAR
}

fn to_end(list: NodeRef<html::Ol>) {
    request_animation_frame(move || {
        if let Some(list) = list.try_get_untracked().flatten() {
            list.set_scroll_top(list.scroll_height());
        }
    });
}

/// Search, what matters, and the whole of it as a file.
fn form(id: &RunId, query: &LogQuery) -> AnyView {
    let search = NodeRef::<html::Input>::new();
    let level = NodeRef::<html::Select>::new();
    let navigate = use_navigate();
    let go = Callback::new(move |()| {
        let (Some(search), Some(level)) = (search.get_untracked(), level.get_untracked()) else { return };
        let href = href(&search.value(), LogLevel::parse(&level.value()).unwrap_or_default(), "");
        navigate(&href, NavigateOptions { scroll: false, ..NavigateOptions::default() });
    });
    let submit = move |event: ev::SubmitEvent| {
        event.prevent_default();
        go.run(());
    };
    let chosen = query.level;
    let option = |level: LogLevel, words: &'static str| {
        view! { <option value=level.as_str() selected=level == chosen>{words}</option> }.into_any()
    };
    view! {
        <form class="filters filters--inside" method="get" role="search" on:submit=submit>
            <input type="hidden" name="show" value="log" />
            {search_field(search, "search", "Search the log", "Search the log", Signal::stored(query.search.clone()))}
            <select node_ref=level class="input filters__state" name="level" aria-label="What matters" on:change=move |_| go.run(())>
                {option(LogLevel::Info, "All lines")}
                {option(LogLevel::Notice, "Notices and errors")}
                {option(LogLevel::Error, "Errors")}
            </select>
            <button class="button">"Search"</button>
            // Not for the router: a file.
            <a class="button log__download" href=format!("/api/v1/runs/{id}/log/raw") rel="external" download="">
                {icon("download")}
                <span>"Download"</span>
            </a>
        </form>
    }
    .into_any()
}

fn line(line: LogLine) -> AnyView {
    let at = line.at.map(|at| at.rfc3339()).and_then(|at| at.get(11..19).map(str::to_owned)).unwrap_or_default();
    let about = line.object.map(|object| view! { <b>{object}": "</b> }.into_any());
    let class = format!("log--{}", line.level);
    view! { <li class=class><span class="faint">{at}</span><span>{line.level}</span><span>{about}{line.message}</span></li> }.into_any()
}

/// The address of a part of the log, relative to the run's.
fn href(search: &str, level: LogLevel, before: &str) -> String {
    let mut href = "?show=log".to_owned();
    let level = if level == LogLevel::Info { "" } else { level.as_str() };
    for (name, value) in [("search", search), ("level", level), ("before", before)] {
        if !value.is_empty() {
            href.push_str(&format!("&{name}={}", encode(value)));
        }
    }
    href
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_names_what_is_asked_for() {
        assert_eq!(href("", LogLevel::Info, ""), "?show=log");
        assert_eq!(href("a&b", LogLevel::Error, "1-2"), "?show=log&search=a%26b&level=error&before=1-2");
    }
}
