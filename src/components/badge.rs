//! The state of a run as a badge: a colour, an icon and a word, never the colour alone.

use leptos::prelude::*;

use super::icon::icon;
use crate::domain::run::{state::RunState, summary::RunSummary};

/// A badge with a kind (`ok`, `warn`, `bad`, `run` or none), an icon and a word.
#[must_use]
pub fn badge(kind: &'static str, name: &'static str, word: String) -> AnyView {
    let class = if kind.is_empty() { "badge".to_owned() } else { format!("badge badge--{kind}") };
    view! { <span class=class>{icon(name)}{word}</span> }.into_any()
}

/// The badge of a run; follows it. That nothing was changed by a dry run is seen in every list.
#[must_use]
pub fn run_badge(run: Memo<RunSummary>) -> AnyView {
    let face = Memo::new(move |_| run.with(|run| (run.state, run.stopping, run.position, run.dry_run)));
    (move || {
        let (state, stopping, position, dry) = face.get();
        let (kind, name) = badge_style(state, stopping);
        match state {
            RunState::Succeeded | RunState::NoChange if dry => badge("", "eye", "Previewed".to_owned()),
            RunState::Running if dry && !stopping => badge(kind, name, "Previewing".to_owned()),
            _ => badge(kind, name, word(state, stopping, position)),
        }
    })
    .into_any()
}

/// The state in a word, as it stands in the badge.
#[must_use]
pub fn word(state: RunState, stopping: bool, position: Option<u64>) -> String {
    let word = match state {
        _ if stopping && !state.is_final() => "Stopping",
        RunState::Queued => {
            return position.map_or_else(|| "Queued".to_owned(), |place| format!("Queued, no. {place}"));
        }
        RunState::Guarded => "Safety check",
        RunState::Starting => "Starting",
        RunState::Running => "Running",
        RunState::Succeeded => "Succeeded",
        RunState::NoChange => "Nothing to do",
        RunState::Warning => "Ended with warnings",
        RunState::Failed => "Failed",
        RunState::Cancelled => "Cancelled",
        RunState::Blocked => "Blocked",
        RunState::Stalled => "Stalled",
        RunState::Interrupted => "Interrupted",
        RunState::TimedOut => "Timed out",
    };
    word.to_owned()
}

/// Kind and icon of a state.
const fn badge_style(state: RunState, stopping: bool) -> (&'static str, &'static str) {
    match state {
        RunState::Succeeded | RunState::NoChange => ("ok", "circle-check"),
        RunState::Failed => ("bad", "circle-x"),
        RunState::TimedOut | RunState::Stalled => ("bad", "clock"),
        RunState::Blocked => ("warn", "shield-alert"),
        RunState::Interrupted | RunState::Warning => ("warn", "triangle-alert"),
        RunState::Cancelled => ("", "square"),
        _ if stopping => ("warn", "square"),
        RunState::Queued => ("", "clock"),
        RunState::Guarded | RunState::Starting | RunState::Running => ("run", "loader"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_that_was_asked_to_stop_says_so_until_it_has_ended() {
        assert_eq!(word(RunState::Running, true, None), "Stopping");
        assert_eq!(word(RunState::Cancelled, true, None), "Cancelled");
        assert_eq!(word(RunState::Queued, false, Some(2)), "Queued, no. 2");
    }
}
