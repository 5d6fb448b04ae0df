//! What run it is, and why it did not end well.

use leptos::prelude::*;
use leptos_meta::Title;

use crate::{
    components::{
        badge::run_badge,
        icon::icon,
        route_label::route,
        run_row::{Stop, stop_form},
        time::time,
    },
    domain::{
        location::Location,
        run::{Operation, Run, RunState, RunSummary},
    },
};

/// Name, state, route, and stop.
pub fn head(run: Memo<RunSummary>, stop: Stop) -> AnyView {
    let first = run.get_untracked();
    let moving = Memo::new(move |_| run.with(|run| run.state == RunState::Running));
    let going = Memo::new(move |_| run.with(|run| !run.state.is_final()));
    let began = Memo::new(move |_| run.with(|run| (run.started_at.is_some(), run.started_at.unwrap_or(run.created_at))));
    let name = title(&first);
    let since = move || {
        let (started, at) = began.get();
        view! { {if started { "started " } else { "asked for " }}{time(at)} }.into_any()
    };
    view! {
        <Title text=name.clone() />
        <div class="headline" data-run=first.id.to_string() data-state=move || run.with(|run| run.state.as_str())>
            <div class="grow">
                <div class="row headline__name"><h1>{name}</h1>{run_badge(run)}</div>
                <p class="row headline__route muted">
                    {route(&first.source, first.destination.as_ref(), moving.into())}
                    <span>{since}" by "{first.user}" · run "<code>{first.id.to_string()}</code></span>
                </p>
            </div>
            {move || going.get().then(|| stop_form(run, stop, false))}
        </div>
    }
    .into_any()
}

/// Why it did not end as it was asked for, in words.
pub fn outcome(run: &Run) -> AnyView {
    let RunSummary { state, error, .. } = &run.summary;
    let said = error.clone().unwrap_or_default();
    let (kind, name, title, text) = match state {
        RunState::Failed => ("bad", "circle-x", "This run failed", said),
        RunState::TimedOut => ("bad", "clock", "This run took too long", said),
        RunState::Interrupted => {
            let text = if said.is_empty() { "Its process is gone without having told how it ended.".to_owned() } else { said };
            ("warn", "triangle-alert", "This run was interrupted", text)
        }
        RunState::Cancelled => {
            let by = run.stopped_by.as_ref().map_or_else(|| "It was stopped.".to_owned(), |by| format!("{by} stopped it."));
            ("plain", "square", "This run was stopped before its end", format!("{by} What was transferred until then stays."))
        }
        _ => return ().into_any(),
    };
    let code = run.exit_code.filter(|code| *code != 0).map(|code| format!("rclone ended with exit code {code}."));
    let signal = run.signal.as_ref().map(|signal| format!("rclone was ended by {signal}."));
    let how = signal.or(code).filter(|_| state.is_bad()).map(|how| view! { <p class="muted">{how}</p> }.into_any());
    view! {
        <section class=format!("note note--{kind}") aria-label="How it ended">
            {icon(name)}
            <div><b>{title}</b><p class="said">{text}</p>{how}</div>
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
