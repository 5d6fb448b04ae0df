//! Options that only a bisync has: resync, and which side wins a conflict.

use leptos::prelude::*;

use super::{draft::Draft, flags::Offered};
use crate::{
    components::{
        form::{Check, Choice, Select},
        icon::icon,
    },
    domain::{error::AppError, flag::Flag, operation::Operation},
};

/// Its choices, while it is chosen.
pub fn bisync(draft: Draft, list: Offered) -> AnyView {
    let chosen = Memo::new(move |_| draft.operation.get() == Operation::Bisync);
    (move || chosen.get().then(|| choices(draft, list))).into_any()
}

fn choices(draft: Draft, list: Offered) -> AnyView {
    let resync = draft.flag("resync");
    Effect::new(move |_| {
        if resync.with(|value| value == "false") {
            resync.set(String::new());
        }
    });
    let face = |name: &str, label: &str, help: &str| draft.flag_face(name, label, help);
    let select = move |name: &'static str, label: &'static str, help: &'static str| {
        let value = draft.flag(name);
        let choices = Memo::new(move |_| known(list.get(), name, &value.get()));
        view! { <Select face=face(name, label, help) value choices /> }.into_any()
    };
    let guidance = move || {
        let (kind, name, text) = if resync.with(|value| value == "true") {
            (
                "note note--warn",
                "triangle-alert",
                "This run is a resync: it merges both sides and deletes nothing. Where both have a file, the first side’s stays. Turn it off again afterwards.",
            )
        } else {
            (
                "note",
                "clock",
                "A bisync compares both sides with what it saved in the last run. The first run has nothing saved: preview and run it once with “Resync”, then without.",
            )
        };
        view! { <p class=kind>{icon(name)}<span>{text}</span></p> }.into_any()
    };
    view! {
        <div class="bisync">
            {guidance}
            <Check face=face("resync", "Resync", "For the first run of these two locations, and whenever rclone asks for it.") value=resync />
            <div class="pair">
                {select("conflict_resolve", "When both sides changed a file", "Which version keeps the name.")}
                {select("conflict_loser", "The other version", "What happens to it.")}
            </div>
        </div>
    }
    .into_any()
}

/// The choices, in words; until they are known, the one that is chosen.
fn known(list: Option<Result<Vec<Flag>, AppError>>, name: &str, now: &str) -> Vec<Choice> {
    let flag = list.and_then(Result::ok).and_then(|flags| flags.into_iter().find(|flag| flag.name == name));
    let (default, all) = flag.map(|flag| (flag.default, flag.choices)).unwrap_or_default();
    let usual = if default.is_empty() { "Default".to_owned() } else { format!("{} (default)", label(&default)) };
    let mut choices = vec![(String::new(), usual)];
    choices.extend(
        all.into_iter()
            .filter(|choice| !choice.is_empty() && *choice != default)
            .map(|choice| (choice.clone(), label(&choice))),
    );
    if !now.is_empty() && !choices.iter().any(|(value, _)| value == now) {
        choices.push((now.to_owned(), label(now)));
    }
    choices
}

/// A choice of rclone's in plain words.
fn label(choice: &str) -> String {
    let words = match choice {
        "none" => "Neither: both are kept",
        "path1" => "The first side’s",
        "path2" => "The other side’s",
        "newer" => "The newer one",
        "older" => "The older one",
        "larger" => "The larger one",
        "smaller" => "The smaller one",
        "num" => "Kept, with a number",
        "pathname" => "Kept, with its side",
        "delete" => "Deleted",
        other => other,
    };
    words.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_chosen_can_always_be_seen() {
        assert_eq!(
            known(None, "conflict_resolve", "newer").last().map(|(_, words)| words.as_str()),
            Some("The newer one")
        );
        assert_eq!(known(None, "conflict_resolve", "").len(), 1);
    }
}
