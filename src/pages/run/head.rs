//! The head of the page: which run, where it comes from, and the actions on it.

use leptos::prelude::*;
use leptos_meta::Title;

use super::actions::{Begin, RunActions};
use crate::{
    components::{
        badge::run_badge,
        icon::icon,
        route_label::route,
        run_row::{Stop, stop_form},
        session::use_permission,
        time::time,
    },
    domain::{
        format,
        location::Location,
        operation::Operation,
        policy::Permission,
        run::{detail::Run, state::RunState, summary::RunSummary, warning::RunWarning},
    },
};

/// Name, state, route, and what can be done; `failed` is how many of its files failed.
pub fn head(full: &Run, run: Memo<RunSummary>, failed: u64, stop: Stop, actions: RunActions) -> AnyView {
    let may = use_permission(Permission::RunsWrite);
    let first = run.get_untracked();
    let moving = Memo::new(move |_| run.with(|run| run.state == RunState::Running));
    let going = Memo::new(move |_| run.with(|run| !run.state.is_final()));
    let began =
        Memo::new(move |_| run.with(|run| (run.started_at.is_some(), run.started_at.unwrap_or(run.created_at))));
    let name = title(&first);
    let since = move || {
        let (started, at) = began.get();
        view! { {if started { "started " } else { "requested " }}{time(at)} }.into_any()
    };
    // What a preview and a blocked run are for stands below, and is the main thing to do.
    let again = !first.dry_run && first.state != RunState::Blocked;
    let acts = move || if going.get() { stop_form(run, stop, false) } else { ended(failed, again, actions) };
    view! {
        <Title text=name.clone() />
        <div class="headline" data-run=first.id.to_string() data-state=move || run.with(|run| run.state.as_str())>
            <div class="grow">
                <div class="row headline__name"><h1>{name}</h1>{run_badge(run)}</div>
                <p class="row headline__route muted">
                    {route(&first.source, first.destination.as_ref(), moving.into())}
                    <span>{since}" by "{first.user}" · run "<code>{first.id.to_string()}</code></span>
                </p>
                {origin(full)}
            </div>
            {may.then_some(acts)}
        </div>
    }
    .into_any()
}

/// Begin it again.
fn ended(failed: u64, again: bool, actions: RunActions) -> AnyView {
    let pending = actions.begin.pending();
    let button = move |begin: Begin, label: String| {
        let go = move |_| drop(actions.begin.dispatch(begin.clone()));
        view! { <button type="button" class="button" disabled=move || pending.get() on:click=go>{icon("refresh-cw")}{label}</button> }
            .into_any()
    };
    let retry =
        (failed > 0).then(|| button(Begin::FailedOnly, format!("Retry failed only ({})", format::count(failed))));
    let again = again.then(|| button(Begin::Again, "Run again".to_owned()));
    view! { <div class="headline__acts scripted">{retry}{again}</div> }.into_any()
}

/// The job it is a run of, the run it came after, the one whose failed files it takes up.
fn origin(run: &Run) -> Option<AnyView> {
    let link = |href: String, text: String| view! { <a class="link" href=href>{text}</a> }.into_any();
    let job = run
        .summary
        .job
        .as_ref()
        .map(|job| view! { <span>"Job "{link(format!("/jobs/{}", job.id), job.name.clone())}</span> }.into_any());
    let of = |words: &'static str, id: &crate::domain::id::RunId| {
        view! { <span>{words}" "{link(format!("/runs/{id}"), "the previous run".to_owned())}</span> }.into_any()
    };
    let parent = run.parent.as_ref().map(|id| of("Started after", id));
    let retry = run.retry_of.as_ref().map(|id| of("Retries what failed in", id));
    let parts: Vec<_> = [job, parent, retry].into_iter().flatten().collect();
    (!parts.is_empty()).then(|| view! { <p class="row headline__route muted">{parts}</p> }.into_any())
}

/// Why it did not end as it was asked for, in words. What a guard stopped has a panel of its own.
pub fn outcome(run: &Run) -> AnyView {
    let RunSummary { state, error, attempt, .. } = &run.summary;
    let said = error.clone().unwrap_or_default();
    let (kind, name, title, text) = match state {
        RunState::Failed => ("bad", "circle-x", "This run failed", said),
        RunState::TimedOut => ("bad", "clock", "This run took too long", said),
        RunState::Stalled => ("bad", "clock", "This run stalled and was stopped", said),
        RunState::Interrupted => {
            let text = if said.is_empty() { "Its process ended without reporting a result.".to_owned() } else { said };
            ("warn", "triangle-alert", "This run was interrupted", text)
        }
        RunState::Running | RunState::Starting if !said.is_empty() => {
            ("warn", "triangle-alert", "The last error", said)
        }
        RunState::Warning => return warnings("This run ended with warnings", &run.summary.warnings),
        RunState::Cancelled => {
            let by = match (&run.stopped_by, &run.stop_reason) {
                (Some(by), Some(reason)) => format!("{by} stopped it: “{reason}”."),
                (Some(by), None) => format!("{by} stopped it."),
                (None, _) => "It was stopped.".to_owned(),
            };
            (
                "plain",
                "square",
                "This run was stopped before it finished",
                format!("{by} Files transferred before that stay."),
            )
        }
        RunState::Blocked if run.guard_report.is_none() => ("warn", "shield-alert", "A guard stopped this run", said),
        _ => return ().into_any(),
    };
    let attempts = (*attempt > 1).then(|| format!("This was attempt {attempt} of {}.", run.summary.attempts));
    let code = run.exit_code.filter(|code| *code != 0).map(|code| format!("rclone ended with exit code {code}."));
    let signal = run.signal.as_ref().map(|signal| format!("rclone was killed by {signal}."));
    let how: Vec<_> = [signal.or(code).filter(|_| state.is_bad()), attempts].into_iter().flatten().collect();
    let how = (!how.is_empty()).then(|| view! { <p class="muted">{how.join(" ")}</p> }.into_any());
    view! {
        <section class=format!("note note--{kind}") aria-label="How it ended">
            {icon(name)}
            <div><b>{title}</b><p class="said">{text}</p>{how}</div>
        </section>
        {(!run.summary.warnings.is_empty()).then(|| warnings("Also", &run.summary.warnings))}
    }
    .into_any()
}

/// What was requested and not done, or not proved.
fn warnings(title: &'static str, warnings: &[RunWarning]) -> AnyView {
    let said = warnings
        .iter()
        .map(|warning| view! { <p class="said">{warning.message.clone()}</p> }.into_any())
        .collect::<Vec<_>>();
    view! {
        <section class="note note--warn" aria-label="How it ended">
            {icon("triangle-alert")}
            <div><b>{title}</b>{said}</div>
        </section>
    }
    .into_any()
}

/// `Copy photos to b2-archive`.
fn title(run: &RunSummary) -> String {
    let verb = run.operation.as_str();
    let verb = verb.get(..1).map(str::to_uppercase).unwrap_or_default() + verb.get(1..).unwrap_or_default();
    let to = match run.operation {
        Operation::Check => "against",
        Operation::Bisync => "with",
        _ => "to",
    };
    let to = run.destination.as_ref().map(|destination| format!(" {to} {}", name(destination))).unwrap_or_default();
    let dry = if run.dry_run { " (dry run)" } else { "" };
    format!("{verb} {}{to}{dry}", name(&run.source))
}

/// What a place is called in a sentence: a remote by its name, a folder of this server by its own.
fn name(location: &Location) -> String {
    match location {
        Location::Local(path) => location.segments().last().map_or_else(|| path.clone(), |last| (*last).to_owned()),
        Location::Remote(remote, _) => remote.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_has_a_short_name() {
        let name = |text| name(&Location::parse(text).expect(text));
        assert_eq!(name("/srv/photos"), "photos");
        assert_eq!(name("/"), "/");
        assert_eq!(name("b2:a/b"), "b2");
    }
}
