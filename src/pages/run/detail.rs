//! The lower half: tabs, and the list, log or options that is open.

use leptos::prelude::*;

use super::{Shown, Tab, list};
use crate::{
    components::{
        load::{empty, failure},
        progress::bar,
        route_label::path,
    },
    domain::{
        format,
        run::{FileOutcome, InFlight, LogLine, RunFiles, RunLog, RunSummary, TransferOptions},
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
            Some(Ok(log)) => self::log(log),
            Some(Err(error)) => failure(error),
            None => ().into_any(),
        },
        Tab::Options => options(&shown.run.options),
    };
    view! {
        <section class="panel" aria-label="Details">
            {tabs(shown.tab, shown.run.summary.state.is_final(), shown.files.as_ref().ok())}
            {body}
        </section>
    }
    .into_any()
}

/// The tabs. What is in flight is a question only while the run goes on.
fn tabs(open: Tab, ended: bool, files: Option<&RunFiles>) -> AnyView {
    let asked = move |tab: &(Tab, _, _)| tab.0 == open || tab.0 != Tab::InFlight || !ended;
    let tab = |(tab, name, label): (Tab, &'static str, &'static str)| {
        let count = match (tab, files) {
            (Tab::Files(FileOutcome::Copied), Some(files)) => Some(files.copied),
            (Tab::Files(FileOutcome::Updated), Some(files)) => Some(files.updated),
            (Tab::Files(FileOutcome::Failed), Some(files)) => Some(files.failed),
            _ => None,
        };
        let count = count.map(|count| view! { " "<span class="num">{format::count(count)}</span> }.into_any());
        view! { <a href=format!("?show={name}") aria-current=(tab == open).then_some("page")>{label}{count}</a> }.into_any()
    };
    view! { <nav class="tabs" aria-label="Details of the run">{Tab::ALL.into_iter().filter(asked).map(tab).collect::<Vec<_>>()}</nav> }
        .into_any()
}

/// The files that are being transferred now, each with its bar.
fn in_flight(first: Vec<InFlight>, run: Memo<RunSummary>, live: Live) -> AnyView {
    let going = Memo::new(move |_| run.with(|run| !run.state.is_final()));
    let files = Memo::new(move |_| if going.get() { live.in_flight().unwrap_or_else(|| first.clone()) } else { Vec::new() });
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
    let none = move || if going.get() { "Nothing is in flight at this moment." } else { "The run has ended: nothing is in flight." };
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

/// The log, as rclone wrote it. Its times are UTC.
fn log(log: RunLog) -> AnyView {
    let line = |line: LogLine| {
        let at = line.at.map(|at| at.rfc3339()).and_then(|at| at.get(11..19).map(str::to_owned)).unwrap_or_default();
        let about = line.object.map(|object| view! { <b>{object}": "</b> }.into_any());
        let class = format!("log--{}", line.level);
        view! { <li class=class><span class="faint">{at}</span><span>{line.level}</span><span>{about}{line.message}</span></li> }.into_any()
    };
    if log.lines.is_empty() {
        return empty("file-text", "No log yet", "rclone's own words stand here, once it has said something.".to_owned(), []);
    }
    let older = log.truncated.then(|| view! { <p class="none muted">"These are the last lines; there are older ones."</p> }.into_any());
    view! {
        {older}
        <ol class="log" tabindex="0" aria-label="Log, times in UTC">{log.lines.into_iter().map(line).collect::<Vec<_>>()}</ol>
    }
    .into_any()
}

/// How it was asked for, in words.
fn options(options: &TransferOptions) -> AnyView {
    let fact = |name: &'static str, value: String| view! { <div><dt>{name}</dt><dd>{value}</dd></div> }.into_any();
    let or = |value: Option<String>, default: &str| value.unwrap_or_else(|| default.to_owned());
    let compare = if options.checksum { "size and checksum" } else { "size and time" };
    let exclude = if options.exclude.is_empty() { "nothing".to_owned() } else { options.exclude.join(", ") };
    view! {
        <dl class="options">
            {fact("Compare by", compare.to_owned())}
            {fact("Bandwidth", or(options.bwlimit.clone(), "no limit"))}
            {fact("Files at once", or(options.transfers.map(|n| n.to_string()), "4 (rclone's default)"))}
            {fact("Checks at once", or(options.checkers.map(|n| n.to_string()), "8 (rclone's default)"))}
            {fact("Left out", exclude)}
        </dl>
    }
    .into_any()
}
