//! One of a provider's options as a field: rclone's own schema says what control it is, which help stands beside it,
//! and which suggestions fit the vendor that is chosen.

use leptos::prelude::*;

use super::{Area, Check, Combo, Face, Secret, Select, Text};
use crate::domain::provider::{OptionKind, ProviderOption, matches_provider};

/// The field. `vendor` is the value of the option `provider`, which narrows the suggestions.
#[component]
pub fn OptionField(
    option: ProviderOption,
    value: RwSignal<String>,
    vendor: Signal<String>,
    error: Signal<Option<String>>,
) -> impl IntoView {
    let face = Face {
        more: rest(&option),
        required: option.required,
        warning: if option.weakens { "This turns off a safety check." } else { "" },
        ..Face::new(format!("option-{}", option.name), option.label(), option.summary(), error)
    };
    let placeholder = option.default.clone();
    if option.kind == OptionKind::Bool {
        return view! { <Check face value /> }.into_any();
    }
    if option.kind == OptionKind::Tristate {
        let choices = [("", "rclone decides"), ("true", "Yes"), ("false", "No")]
            .map(|(value, words)| (value.to_owned(), words.to_owned()));
        let choices = Memo::new(move |_| choices.to_vec());
        return view! { <Select face value choices /> }.into_any();
    }
    if option.secret {
        // A key in PEM has lines, which a password field would swallow.
        return if option.is_pem() {
            view! { <Area face value /> }.into_any()
        } else {
            view! { <Secret face value /> }.into_any()
        };
    }
    if option.examples.is_empty() {
        let mode = (option.kind == OptionKind::Int).then_some("numeric");
        return view! { <Text face value mode=mode.unwrap_or("text") placeholder /> }.into_any();
    }
    // The vendor decides which other fields are shown: only a value that rclone knows will do.
    let exclusive = option.exclusive || option.name == "provider";
    let examples = option.examples;
    let choices = Memo::new(move |_| {
        let vendor = vendor.get();
        let fitting = examples.iter().filter(|example| exclusive || matches_provider(&example.provider, &vendor));
        let words = |value: &str, help: &str| {
            let help = help.lines().next().unwrap_or_default().trim().trim_end_matches('.');
            if help.is_empty() { value.to_owned() } else { help.to_owned() }
        };
        fitting.map(|example| (example.value.clone(), words(&example.value, &example.help))).collect()
    });
    if exclusive {
        view! { <Select face value choices /> }.into_any()
    } else {
        view! { <Combo face value choices placeholder /> }.into_any()
    }
}

/// The help without its first sentence.
fn rest(option: &ProviderOption) -> String {
    let help = option.help.trim();
    help.strip_prefix(option.summary()).unwrap_or(help).trim_start_matches('.').trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_help_is_split_after_its_first_sentence() {
        let option = |help: &str| ProviderOption {
            name: "host".to_owned(),
            help: help.to_owned(),
            kind: OptionKind::Text,
            default: String::new(),
            required: true,
            advanced: false,
            secret: false,
            exclusive: false,
            weakens: false,
            provider: String::new(),
            examples: Vec::new(),
        };
        assert_eq!(rest(&option("SSH host to connect to.\n\nE.g. \"example.com\".")), "E.g. \"example.com\".");
        assert_eq!(rest(&option("Region. Leave blank if unsure.")), "Leave blank if unsure.");
        assert_eq!(rest(&option("SSH port")), "");
    }
}
