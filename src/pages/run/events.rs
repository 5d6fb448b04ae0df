//! The events of the run, oldest first: what, who, why, when.

use leptos::prelude::*;

use super::actions::RunActions;
use crate::{
    components::{badge::word, icon::icon, time::time},
    domain::{
        run::{
            event::{RunEvent, RunEventKind},
            state::RunState,
        },
        value::Timetable,
    },
};

/// The panel.
pub fn events(actions: RunActions) -> AnyView {
    let events = actions.part(|run| run.events.clone());
    view! {
        <section class="panel" aria-label="What happened">
            <header><h2>"What happened"</h2></header>
            <ol class="timeline">{move || events.get().unwrap_or_default().into_iter().map(row).collect::<Vec<_>>()}</ol>
        </section>
    }
    .into_any()
}

fn row(event: RunEvent) -> AnyView {
    let (name, words) = told(&event);
    let by = event.user.map(|user| view! { <span class="muted">" by "{user}</span> }.into_any());
    let detail = detail(event.kind, &event.detail);
    view! {
        <li>
            {icon(name)}
            <div><p>{words}{by}</p>{detail}</div>
            <span class="faint small">{time(event.at)}</span>
        </li>
    }
    .into_any()
}

/// Icon and words.
fn told(event: &RunEvent) -> (&'static str, String) {
    let detail = event.detail.as_str();
    let (name, words) = match event.kind {
        RunEventKind::Queued if detail.is_empty() => ("play", "Requested"),
        RunEventKind::Queued => return ("play", format!("Job “{detail}” requested")),
        RunEventKind::Moved => return ("move", format!("Moved in the queue: {detail}")),
        RunEventKind::Approved => ("shield-check", "Approved after a preview"),
        RunEventKind::Guarded => ("eye", "Safety check started"),
        RunEventKind::Started => ("loader", "rclone started"),
        RunEventKind::FoundAgain => ("link", "Found again after Longshore restarted"),
        RunEventKind::Requeued => ("refresh-cw", "Not started; queued again"),
        RunEventKind::Bandwidth => return ("gauge", format!("Bandwidth limit: {}", Timetable::describe(detail))),
        RunEventKind::StopRequested => ("square", "Stop requested"),
        RunEventKind::Stalled => ("clock", "No progress for too long"),
        RunEventKind::ClockMoved => ("clock", "The server’s clock was changed, and the time limit with it"),
        RunEventKind::Retry => ("refresh-cw", "An attempt failed; retrying"),
        RunEventKind::Ended => return ended(detail),
    };
    (name, words.to_owned())
}

fn ended(state: &str) -> (&'static str, String) {
    match RunState::parse(state) {
        Some(state @ RunState::Warning) => ("triangle-alert", word(state, false, None).to_owned()),
        Some(state) if state.is_good() => ("circle-check", word(state, false, None).to_owned()),
        Some(state) => ("circle-x", word(state, false, None).to_owned()),
        None => ("circle-x", "Ended".to_owned()),
    }
}

/// What goes with it, where the words do not hold it: a reason in a person's words, an error in rclone's, the preview.
fn detail(kind: RunEventKind, detail: &str) -> Option<AnyView> {
    if detail.is_empty() {
        return None;
    }
    match kind {
        RunEventKind::StopRequested => Some(view! { <p class="muted said">"“"{detail.to_owned()}"”"</p> }.into_any()),
        RunEventKind::Retry => Some(view! { <p class="muted said">{detail.to_owned()}</p> }.into_any()),
        RunEventKind::Approved => {
            Some(view! { <p><a class="link" href=format!("/runs/{detail}")>"The preview"</a></p> }.into_any())
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::time::Timestamp;

    #[test]
    fn all_that_can_happen_has_words() {
        for kind in RunEventKind::ALL {
            let event = RunEvent { at: Timestamp(0), kind, user: None, detail: String::new() };
            let (_, words) = told(&event);
            assert!(words.starts_with(char::is_alphabetic), "{words}");
        }
        let event = RunEvent { at: Timestamp(0), kind: RunEventKind::Bandwidth, user: None, detail: "10M".to_owned() };
        assert_eq!(told(&event).1, "Bandwidth limit: 10 MiB/s");
    }
}
