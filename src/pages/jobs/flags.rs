//! All options: whatever rclone's own list has for the operation, with rclone's help, found by a search.

use leptos::{prelude::*, task::spawn_local};

use super::{
    draft::{Draft, FLAGS},
    section::folding,
};
use crate::{
    components::{
        form::{Area, Check, Choice, Face, Select, Text},
        load::skeleton,
        search::narrow_field,
    },
    domain::{
        error::AppError,
        flag::{Flag, FlagKind},
        format,
        operation::Operation,
    },
    server_fns::operations::list_options,
};

/// The options of the operation, once they are here.
pub type Offered = RwSignal<Option<Result<Vec<Flag>, AppError>>>;

/// What a bisync asks for at its own place.
pub const PROMINENT: [&str; 3] = ["resync", "conflict_resolve", "conflict_loser"];

/// Asks for the options whenever another operation is chosen.
pub fn offer(draft: Draft) -> Offered {
    let list: Offered = RwSignal::new(None);
    Effect::new(move |_| {
        let operation = draft.operation.get();
        draft.offered.set(None);
        list.set(None);
        spawn_local(async move {
            let answer = list_options(operation.as_str().to_owned()).await;
            if draft.operation.try_get_untracked() != Some(operation) {
                return;
            }
            if let Ok(flags) = &answer {
                draft.offered.try_set(Some(flags.iter().map(|flag| flag.name.clone()).collect()));
            }
            list.try_set(Some(answer));
        });
    });
    list
}

/// The section. Drawn only while it is open: there are sixty and more.
pub fn flags(draft: Draft, list: Offered) -> AnyView {
    let open = RwSignal::new(false);
    let prominent = move || draft.operation.get() == Operation::Bisync;
    let wrong = Memo::new(move |_| {
        let own = |name: &str| name.strip_prefix(FLAGS).is_some_and(|name| !(prominent() && PROMINENT.contains(&name)));
        draft.errors.with(|errors| errors.keys().filter(|name| own(name)).count())
    });
    let words = Memo::new(move |_| match draft.flags_set() {
        0 => "none set".to_owned(),
        n => format!("{} set", format::count(n as u64)),
    });
    let search = RwSignal::new(String::new());
    let only = RwSignal::new(String::new());
    let inside = move || {
        if !open.get() {
            return ().into_any();
        }
        match list.get() {
            None => skeleton(6),
            Some(Err(error)) => view! { <p class="field__error">{error.message}</p> }.into_any(),
            Some(Ok(mut flags)) => {
                flags.retain(|flag| !(prominent() && PROMINENT.contains(&flag.name.as_str())));
                fields(draft, flags, search, only)
            }
        }
    };
    folding("All options", words, wrong, open, inside.into_any())
}

fn fields(draft: Draft, flags: Vec<Flag>, search: RwSignal<String>, only: RwSignal<String>) -> AnyView {
    let hay = |flag: &Flag| format!("{} {}", label(flag), flag.help).to_lowercase();
    let shown = StoredValue::new(flags.iter().map(|flag| (hay(flag), draft.flag(&flag.name))).collect::<Vec<_>>());
    let fits = move |text: &str, value: RwSignal<String>| {
        let set = !only.with(|only| only == "true") || value.with(|value| !value.is_empty());
        set && search.with(|search| {
            search.to_lowercase().split_whitespace().all(|word| text.contains(word.trim_start_matches('-')))
        })
    };
    let found = move || shown.with_value(|all| all.iter().filter(|(text, value)| fits(text, *value)).count());
    let field = move |flag: Flag| {
        let (text, value) = (hay(&flag), draft.flag(&flag.name));
        let face = draft.flag_face(&flag.name, &label(&flag), "");
        view! { <div class="flag" hidden=move || !fits(&text, value)>{control(face, &flag, value)}</div> }.into_any()
    };
    view! {
        <div class="flags__search">
            {narrow_field("Search all options", "Search by name or description", search)}
            <Check face=Face { id: "only-set".to_owned(), label: "Only options that are set".to_owned(), ..Face::default() } value=only />
        </div>
        <p class="muted small num" role="status">{move || format::plural(found() as u64, "option", "options")}</p>
        <div class="flags">{flags.into_iter().map(field).collect::<Vec<_>>()}</div>
    }
    .into_any()
}

/// As rclone's command line has it.
fn label(flag: &Flag) -> String {
    format!("--{}", flag.name.replace('_', "-"))
}

/// The field, as its kind asks for.
pub fn control(face: Face, flag: &Flag, value: RwSignal<String>) -> AnyView {
    let (help, more) = split(&flag.help);
    let face = Face { help: if face.help.is_empty() { help } else { face.help }, more, ..face };
    let default = flag.default.clone();
    match flag.kind {
        FlagKind::Bool if default == "true" => {
            let choices =
                [("", "Yes (default)"), ("false", "No")].map(|(value, words)| (value.to_owned(), words.to_owned()));
            let choices = Memo::new(move |_| choices.to_vec());
            view! { <Select face value choices /> }.into_any()
        }
        FlagKind::Bool => {
            // Off is how it is anyway: nothing is set then.
            Effect::new(move |_| {
                if value.with(|value| value == "false") {
                    value.set(String::new());
                }
            });
            view! { <Check face value /> }.into_any()
        }
        FlagKind::Choice => {
            let choices = choices(flag);
            view! { <Select face value choices=Memo::new(move |_| choices.clone()) /> }.into_any()
        }
        FlagKind::List => {
            view! { <Area face=Face { help: format!("{} One per line.", face.help), ..face } value /> }.into_any()
        }
        FlagKind::Int | FlagKind::Float => view! { <Text face value mode="decimal" placeholder=default /> }.into_any(),
        _ => view! { <Text face value placeholder=default /> }.into_any(),
    }
}

/// The usual one first, as what is not set.
fn choices(flag: &Flag) -> Vec<Choice> {
    let usual = if flag.default.is_empty() { "Default".to_owned() } else { format!("Default: {}", flag.default) };
    let others = flag.choices.iter().filter(|choice| !choice.is_empty() && !choice.eq_ignore_ascii_case(&flag.default));
    [(String::new(), usual)].into_iter().chain(others.map(|choice| (choice.clone(), choice.clone()))).collect()
}

/// The first sentence of rclone's help, and the rest.
fn split(help: &str) -> (String, String) {
    let help = help.trim();
    let ends = |at: &usize| !["e.g", "i.e", "etc"].iter().any(|short| help[..*at].ends_with(short));
    let mut sentence = help.match_indices(['.', '\n']).map(|(at, _)| at).filter(|at| {
        let after = help[at + 1..].chars().next();
        help[*at..].starts_with('\n') || after.is_none_or(char::is_whitespace)
    });
    let end = sentence.find(ends).unwrap_or(help.len());
    let (first, rest) = help.split_at(end);
    let first = first.trim().trim_end_matches('.');
    (if first.is_empty() { String::new() } else { format!("{first}.") }, rest.trim_start_matches('.').trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn help_is_a_sentence_and_the_rest() {
        assert_eq!(split("Skip files that are newer"), ("Skip files that are newer.".to_owned(), String::new()));
        assert_eq!(split("A limit. Off by default."), ("A limit.".to_owned(), "Off by default.".to_owned()));
        assert_eq!(
            split("How to order, e.g. 'size'. Or not"),
            ("How to order, e.g. 'size'.".to_owned(), "Or not".to_owned())
        );
        assert_eq!(split("One of 1.5\nor 2"), ("One of 1.5.".to_owned(), "or 2".to_owned()));
        assert_eq!(split(""), (String::new(), String::new()));
    }
}
