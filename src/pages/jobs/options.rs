//! How a transfer is made, in plain words.

use std::collections::BTreeMap;

use leptos::prelude::*;

use crate::{
    components::form::{Area, Check, Errors, Face, Text, error_of},
    domain::{run::Operation, transfer::TransferOptions},
};

/// What is typed.
#[derive(Clone, Copy)]
pub struct Typed {
    checksum: RwSignal<String>,
    bwlimit: RwSignal<String>,
    transfers: RwSignal<String>,
    checkers: RwSignal<String>,
    exclude: RwSignal<String>,
}

impl Typed {
    /// Nothing: rclone's defaults.
    #[must_use]
    pub fn new() -> Self {
        let empty = || RwSignal::new(String::new());
        Self { checksum: empty(), bwlimit: empty(), transfers: empty(), checkers: empty(), exclude: empty() }
    }

    /// As options, or what is wrong with which field.
    pub fn read(self) -> Result<TransferOptions, BTreeMap<String, String>> {
        let text = |value: RwSignal<String>| value.with(|value| Some(value.trim().to_owned()).filter(|text| !text.is_empty()));
        let mut wrong = BTreeMap::new();
        let mut number = |name: &str, value| {
            let read = text(value).map(|text| text.parse::<u32>());
            if let Some(Err(_)) = read {
                wrong.insert(name.to_owned(), "Write a whole number.".to_owned());
            }
            read.and_then(Result::ok)
        };
        let (transfers, checkers) = (number("transfers", self.transfers), number("checkers", self.checkers));
        let exclude = self.exclude.with(|lines| lines.lines().map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned).collect());
        let checksum = self.checksum.with(|checksum| checksum == "true");
        let options = TransferOptions { checksum, bwlimit: text(self.bwlimit), transfers, checkers, exclude, ..TransferOptions::default() };
        if let Err(error) = options.validate(Operation::Copy) {
            wrong.extend(error.fields);
        }
        if wrong.is_empty() { Ok(options) } else { Err(wrong) }
    }
}

/// The fields.
#[component]
pub fn Options(typed: Typed, errors: Errors) -> impl IntoView {
    let face = |name: &'static str, label: &'static str, help: &'static str| Face::new(name, label, help, error_of(errors, name));
    view! {
        <Check
            face=face("checksum", "Compare by checksum", "Reads every file on both sides. Slower, but it notices what kept its size and time.")
            value=typed.checksum
        />
        <Area
            face=face("exclude", "Leave out", "One pattern a line: *.tmp for all such files, /cache/** for a folder at the top.")
            value=typed.exclude
            placeholder="*.tmp"
        />
        <Text
            face=face("bwlimit", "Bandwidth limit", "10M is 10 MiB a second, 512k is 512 KiB, 1M:2M is up and down.")
            value=typed.bwlimit
            placeholder="no limit"
        />
        <div class="pair">
            <Text face=face("transfers", "Files at once", "More helps with many small files.") value=typed.transfers mode="numeric" placeholder="4" />
            <Text face=face("checkers", "Checks at once", "How many files are compared at once.") value=typed.checkers mode="numeric" placeholder="8" />
        </div>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_typed_is_rclones_defaults_and_a_wrong_number_names_its_field() {
        let owner = Owner::new();
        owner.with(|| {
            let typed = Typed::new();
            assert_eq!(typed.read(), Ok(TransferOptions::default()));
            typed.exclude.set(" *.tmp \n\n/cache/**\n".to_owned());
            typed.bwlimit.set(" 10M ".to_owned());
            let options = typed.read().expect("options");
            assert_eq!((options.exclude, options.bwlimit), (vec!["*.tmp".to_owned(), "/cache/**".to_owned()], Some("10M".to_owned())));
            typed.transfers.set("many".to_owned());
            typed.checkers.set("0".to_owned());
            let wrong = typed.read().expect_err("wrong");
            assert_eq!(wrong.into_keys().collect::<Vec<_>>(), ["checkers", "transfers"]);
        });
    }
}
