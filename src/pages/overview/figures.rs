//! The tiles: figures of the last seven days.

use leptos::prelude::*;

use crate::{
    components::chart::{days_bars, days_line},
    domain::{format, overview::Overview},
};

/// The four tiles.
pub fn tiles(overview: &Overview) -> AnyView {
    let week = overview.days.len().saturating_sub(7);
    let week = &overview.days[week..];
    let moved = format::bytes(overview.week_bytes);
    let (figure, unit) = moved.split_once(' ').unwrap_or((&moved, ""));
    let warned = overview.week_warnings;
    let warned = if warned > 0 { format!(", {} with warnings", format::count(warned)) } else { String::new() };
    let of = format!("of {}{warned}", format::plural(overview.week_runs, "run", "runs"));
    let a_run = overview
        .week_files
        .checked_div(overview.week_runs)
        .map(|n| format!("about {} a run", format::plural(n, "file", "files")));
    let a_run = view! { <small class="muted">{a_run}</small> }.into_any();
    let remotes = view! { <a class="small" href="/remotes">"See them"</a> }.into_any();
    view! {
        <section class="tiles" aria-label="The last seven days">
            {tile("Transferred, 7 days", figure.to_owned(), unit.to_owned(), days_line(week))}
            {tile("Failures, 7 days", format::count(overview.week_failed), of, days_bars(week))}
            {tile("Files, 7 days", format::count(overview.week_files), "transferred".to_owned(), a_run)}
            {tile("Remotes", format::count(overview.remotes), "configured".to_owned(), remotes)}
        </section>
    }
    .into_any()
}

fn tile(label: &'static str, figure: String, beside: String, drawing: AnyView) -> AnyView {
    view! {
        <div class="panel tile">
            <span class="muted">{label}</span>
            <span class="value num">{figure}" "<small class="faint">{beside}</small></span>
            {drawing}
        </div>
    }
    .into_any()
}
