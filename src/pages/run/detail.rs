//! The lower half: tabs, and the list, log or options that is open.

use leptos::prelude::*;

use super::{Shown, Tab, list, log};
use crate::{
    components::{load::failure, progress::bar, route_label::path},
    domain::{
        format,
        operation::Operation,
        run::{
            detail::Run,
            files::{FileOutcome, RunFiles},
            stats::InFlight,
            summary::RunSummary,
        },
        transfer::TransferOptions,
        value::Timetable,
    },
    live::Live,
};

/// The panel.
pub fn detail(shown: &Shown, run: Memo<RunSummary>, live: Live) -> AnyView {
    let body = match shown.tab {
        Tab::InFlight => in_flight(shown.run.in_flight.clone(), run, live),
        Tab::Files(outcome) => match shown.files.clone() {
            Ok(files) => list::files(files, outcome, &shown.search),
            Err(error) => failure(error),
        },
        Tab::Log => match shown.log.clone() {
            Some((query, Ok(log))) => log::log(log, &query, run),
            Some((_, Err(error))) => failure(error),
            None => ().into_any(),
        },
        Tab::Options => options(&shown.run),
    };
    view! {
        <section class="panel" aria-label="Details">
            {tabs(shown.tab, &shown.run.summary, shown.files.as_ref().ok())}
            {body}
        </section>
    }
    .into_any()
}

/// The tabs. What is in flight is a question only while the run goes on, and what an operation never does is none.
fn tabs(open: Tab, run: &RunSummary, files: Option<&RunFiles>) -> AnyView {
    let (operation, ended) = (run.operation, run.state.is_final());
    let asked = move |(tab, ..): &(Tab, _, _)| {
        *tab == open
            || match tab {
                Tab::InFlight => !ended,
                Tab::Files(outcome) => {
                    can(operation, *outcome) || files.is_some_and(|files| files.counts.get(*outcome) > 0)
                }
                Tab::Log | Tab::Options => true,
            }
    };
    let tab = |(tab, name, label): (Tab, &'static str, &'static str)| {
        let count = match (tab, files) {
            (Tab::Files(outcome), Some(files)) => Some(files.counts.get(outcome)),
            _ => None,
        };
        let count = count.map(|count| view! { " "<span class="num">{format::count(count)}</span> }.into_any());
        view! { <a href=format!("?show={name}") aria-current=(tab == open).then_some("page")>{label}{count}</a> }
            .into_any()
    };
    view! { <nav class="tabs" aria-label="Details of the run">{Tab::ALL.into_iter().filter(asked).map(tab).collect::<Vec<_>>()}</nav> }
        .into_any()
}

/// Whether this can happen to a file in such a run.
const fn can(operation: Operation, outcome: FileOutcome) -> bool {
    match outcome {
        FileOutcome::Copied | FileOutcome::Updated => operation.writes_destination(),
        FileOutcome::Moved => operation.renames(),
        FileOutcome::Deleted => operation.deletes(),
        FileOutcome::Failed => true,
        // Shown where there are any.
        _ => false,
    }
}

/// The files that are being transferred now, each with its bar.
fn in_flight(first: Vec<InFlight>, run: Memo<RunSummary>, live: Live) -> AnyView {
    let going = Memo::new(move |_| run.with(|run| !run.state.is_final()));
    let files =
        Memo::new(move |_| if going.get() { live.in_flight().unwrap_or_else(|| first.clone()) } else { Vec::new() });
    let row = |file: InFlight| {
        let done = file.size.filter(|size| *size > 0).map(|size| file.bytes.min(size).saturating_mul(1000) / size);
        let size = file.size.map_or_else(|| "–".to_owned(), format::bytes);
        view! {
            <tr>
                <td class="files__name" title=file.name.clone()>{path(&file.name)}</td>
                <td class="files__bar">{bar(Signal::stored(done), format!("Progress of {}", file.name))}</td>
                <td class="end num muted wide">{size}</td>
                <td class="end num">{format::speed(file.speed)}</td>
            </tr>
        }
        .into_any()
    };
    let none = move || {
        if going.get() { "No file is in flight right now." } else { "The run has ended: nothing is in flight." }
    };
    view! {
        <table class="files live" hidden=move || files.with(Vec::is_empty)>
            <thead>
                <tr><th>"File"</th><th class="files__bar">"Progress"</th><th class="files__size end wide">"Size"</th><th class="files__speed end">"Speed"</th></tr>
            </thead>
            <tbody>{move || files.get().into_iter().map(row).collect::<Vec<_>>()}</tbody>
        </table>
        <p class="none muted" hidden=move || files.with(|files| !files.is_empty())>{none}</p>
    }
    .into_any()
}

/// What most runs do not have, in words; flags by rclone's names.
fn more(operation: Operation, options: &TransferOptions) -> Vec<AnyView> {
    let deletes = |n: u32| {
        if operation == Operation::Bisync { format!("{n} %") } else { format::plural(n.into(), "file", "files") }
    };
    let flags = options.flags.iter().map(|(name, value)| (name.clone(), Some(value.to_args().join(", "))));
    let switch = |on: bool| on.then(|| "yes".to_owned());
    [
        ("Dry run", switch(options.dry_run)),
        ("Empty folders of the source", options.delete_empty_src_dirs.then(|| "are deleted".to_owned())),
        ("Only", (!options.include.is_empty()).then(|| options.include.join(", "))),
        ("Older than", options.min_age.clone()),
        ("Younger than", options.max_age.clone()),
        ("At least", options.min_size.clone()),
        ("At most", options.max_size.clone()),
        ("Deletes at most", options.max_delete.map(deletes)),
        ("Old versions are kept in", options.backup_dir.clone()),
    ]
    .into_iter()
    .map(|(name, value)| (name.to_owned(), value))
    .chain(flags)
    .filter_map(|(name, value)| Some(view! { <div><dt>{name}</dt><dd>{value?}</dd></div> }.into_any()))
    .collect()
}

/// How it was asked for, in words.
fn options(run: &Run) -> AnyView {
    let (operation, options) = (run.summary.operation, &run.options);
    let set = run.bandwidth.as_deref().map(|rate| ("Bandwidth, set while it ran", Timetable::describe(rate)));
    let fact = |name: &'static str, value: String| view! { <div><dt>{name}</dt><dd>{value}</dd></div> }.into_any();
    let or = |value: Option<String>, default: &str| value.unwrap_or_else(|| default.to_owned());
    let compare = if options.checksum || operation == Operation::Check { "size and checksum" } else { "size and time" };
    let exclude = if options.exclude.is_empty() { "nothing".to_owned() } else { options.exclude.join(", ") };
    view! {
        <dl class="options">
            {fact("Compare by", compare.to_owned())}
            {fact("Bandwidth", or(options.bwlimit.as_deref().map(Timetable::describe), "no limit"))}
            {set.map(|(name, rate)| fact(name, rate))}
            {fact("Files at once", or(options.transfers.map(|n| n.to_string()), "4 (rclone's default)"))}
            {fact("Checks at once", or(options.checkers.map(|n| n.to_string()), "8 (rclone's default)"))}
            {fact("Left out", exclude)}
            {more(operation, options)}
        </dl>
    }
    .into_any()
}
