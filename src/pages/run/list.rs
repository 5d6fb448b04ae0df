//! What happened to the files of a run: one outcome at a time, searchable, in pages.

use leptos::{ev, html, prelude::*};
use leptos_router::{NavigateOptions, hooks::use_navigate};

use super::PAGE;
use crate::{
    components::{icon::icon, load::empty, route_label::path, search::search_field, time::time},
    domain::{
        format,
        location::encode,
        run::files::{FileOutcome, RunFile, RunFiles},
    },
};

/// The search field, the files, and the way to the other pages.
pub fn files(files: RunFiles, outcome: FileOutcome, search: &str) -> AnyView {
    let word = outcome.as_str();
    let all = files.counts.get(outcome);
    let lost = files.log_truncated.then(lost);
    if all == 0 {
        return view! { {lost}{nothing(outcome)} }.into_any();
    }
    let found = format!("{} of {}", format::count(files.matched), format::plural(all, "file", "files"));
    let pager = pager(&files, outcome, search);
    let field = NodeRef::<html::Input>::new();
    let navigate = use_navigate();
    let submit = move |event: ev::SubmitEvent| {
        let Some(field) = field.get_untracked() else { return };
        event.prevent_default();
        navigate(&href(outcome, &field.value(), 0), NavigateOptions { scroll: false, ..NavigateOptions::default() });
    };
    let body = if files.files.is_empty() {
        empty("search", "No file matches", "No name contains this text.".to_owned(), [])
    } else {
        let rows = files.files.into_iter().map(row).collect::<Vec<_>>();
        view! {
            <table class="files">
                <thead><tr><th>"File"</th><th class="files__size end">"Size"</th><th class="files__at wide">"When"</th></tr></thead>
                <tbody>{rows}</tbody>
            </table>
        }
        .into_any()
    };
    view! {
        {lost}
        <form class="filters filters--inside" method="get" role="search" on:submit=submit>
            <input type="hidden" name="show" value=word />
            {search_field(field, "search", format!("Search {} files", word.replace('_', " ")), "Search these files", Signal::stored(search.to_owned()))}
            <button class="button">"Search"</button>
            <span class="muted num" role="status">{found}</span>
        </form>
        {body}
        {pager}
    }
    .into_any()
}

fn row(file: RunFile) -> AnyView {
    let (class, name) = if file.outcome == FileOutcome::Failed {
        ("files__error", "circle-x")
    } else {
        ("files__error files__error--mild", "triangle-alert")
    };
    let error = file.error.map(|error| view! { <p class=class>{icon(name)}<span>{error}</span></p> }.into_any());
    let was = file.was.map(|was| view! { <p class="files__was faint">"was "{was}</p> }.into_any());
    view! {
        <tr>
            <td class="files__name" title=file.name.clone()>{path(&file.name)}{error}{was}</td>
            <td class="end num muted">{file.size.map_or_else(|| "–".to_owned(), format::bytes)}</td>
            <td class="muted wide">{time(file.at)}</td>
        </tr>
    }
    .into_any()
}

/// That files are missing in the lists, though not in the figures.
fn lost() -> AnyView {
    let text = "Part of rclone’s log is lost, so files are missing from these lists. The figures above come from rclone itself and are complete.";
    view! { <p class="none muted">{text}</p> }.into_any()
}

fn nothing(outcome: FileOutcome) -> AnyView {
    let text = match outcome {
        FileOutcome::Copied => "No file was new at the destination.",
        FileOutcome::Updated => "No file replaced another.",
        FileOutcome::Moved => "No file was moved.",
        FileOutcome::Deleted => "No file was deleted.",
        FileOutcome::Renamed => "No file was renamed.",
        FileOutcome::Skipped => "No file was left out.",
        FileOutcome::Failed => "No file failed.",
        FileOutcome::Matched => "No file is the same on both sides.",
        FileOutcome::Differs => "No file differs.",
        FileOutcome::MissingOnDestination => "No file is missing at the destination.",
        FileOutcome::MissingOnSource => "No file is missing at the source.",
    };
    view! { <p class="none muted">{text}</p> }.into_any()
}

fn pager(files: &RunFiles, outcome: FileOutcome, search: &str) -> AnyView {
    let link = |offset: u64, label: &'static str| {
        view! { <a class="button" href=href(outcome, search, offset)>{label}</a> }.into_any()
    };
    let end = files.offset + files.files.len() as u64;
    let back = (files.offset > 0).then(|| link(files.offset.saturating_sub(PAGE), "Back"));
    let more = (end < files.matched).then(|| link(end, "More"));
    if back.is_none() && more.is_none() {
        return ().into_any();
    }
    view! { <nav class="pager" aria-label="Pages of files">{back}{more}</nav> }.into_any()
}

/// The address of a page of the list, relative to the run's.
fn href(outcome: FileOutcome, search: &str, offset: u64) -> String {
    let mut href = format!("?show={}", outcome.as_str());
    if !search.is_empty() {
        href.push_str("&search=");
        href.push_str(&encode(search));
    }
    if offset > 0 {
        href.push_str(&format!("&offset={offset}"));
    }
    href
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_names_what_differs_from_the_first_page() {
        assert_eq!(href(FileOutcome::Copied, "", 0), "?show=copied");
        assert_eq!(href(FileOutcome::Failed, "a&b", 100), "?show=failed&search=a%26b&offset=100");
    }
}
