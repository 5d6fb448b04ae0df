//! Reads the job form: as a job, or what is wrong with which field.

use std::collections::BTreeMap;

use leptos::prelude::*;

use super::{
    draft::{Draft, Wrong},
    field::Field,
};
use crate::domain::{
    flag::FlagValue,
    guard::Guards,
    job::NewJob,
    operation::Operation,
    retry::Retry,
    run::wait::OnBusy,
    transfer::{self, TransferOptions},
    value::{self, Seconds},
};

impl Draft {
    /// As a job, or what is wrong with which field. What the operation does not have is left out.
    pub fn read(self) -> Result<NewJob, Wrong> {
        let operation = self.operation.get();
        let mut reader = Reader { draft: self, operation, wrong: Wrong::new() };
        let options = reader.options();
        let guards = reader.guards();
        let retry = reader.retry();
        let priority = reader.priority();
        let time_limit_secs = reader.seconds(Field::TimeLimit);
        for checked in [options.validate(operation), guards.validate(operation), retry.validate()] {
            if let Err(error) = checked {
                reader.wrong.extend(error.fields);
            }
        }
        if !reader.wrong.is_empty() {
            return Err(reader.wrong);
        }
        Ok(NewJob {
            name: reader.text(Field::Name).unwrap_or_default(),
            operation,
            source: reader.exact(Field::Source).unwrap_or_default(),
            destination: reader.exact(Field::Destination).filter(|_| operation.has_destination()),
            options,
            guards,
            retry,
            on_busy: self.value(Field::OnBusy).with(|word| OnBusy::parse(word)).unwrap_or_default(),
            priority,
            time_limit_secs,
            followers: self.followers.get(),
        })
    }

    /// rclone's own options that are set, and that the operation has.
    pub(super) fn flags(self) -> BTreeMap<String, FlagValue> {
        self.offered.with(|offered| {
            let fits = |name: &str| offered.as_ref().is_none_or(|offered| offered.contains(name));
            self.flags.with(|flags| {
                flags
                    .iter()
                    .filter_map(|(name, value)| Some((name.clone(), value.with(|text| flag(text))?)))
                    .filter(|(name, _)| fits(name))
                    .collect()
            })
        })
    }
}

/// Reads one field after the other, and notes what is wrong.
struct Reader {
    draft: Draft,
    operation: Operation,
    wrong: Wrong,
}

impl Reader {
    fn options(&mut self) -> TransferOptions {
        let mut options = TransferOptions { flags: self.draft.flags(), ..TransferOptions::default() };
        for option in transfer::Field::ALL.iter().filter(|option| option.fits(self.operation)) {
            if let Err(problem) = self.draft.value(*option).with(|text| option.set_text(&mut options, text)) {
                self.wrong.insert(option.as_str().to_owned(), problem.to_owned());
            }
        }
        options
    }

    fn guards(&mut self) -> Guards {
        let is_sync = self.operation == Operation::Sync;
        let percent = if is_sync { self.number(Field::MaxDeletePercent) } else { None };
        Guards {
            // More than a hundred is refused by the rules, as it stands there.
            max_delete_percent: percent.map(|percent| u8::try_from(percent).unwrap_or(u8::MAX)),
            may_delete: if self.operation.removes() { self.number(Field::MayDelete) } else { None },
            sentinel: self.exact(Field::Sentinel),
            allow_empty_source: is_sync && self.is_on(Field::AllowEmptySource),
            allow_shrunk_source: is_sync && self.is_on(Field::AllowShrunkSource),
            allow_left_out: is_sync && self.is_on(Field::AllowLeftOut),
        }
    }

    fn retry(&mut self) -> Retry {
        let usual = Retry::default();
        if !self.operation.is_repeatable() {
            return usual;
        }
        Retry {
            attempts: self.number(Field::Attempts).unwrap_or(usual.attempts),
            backoff_secs: self.seconds(Field::Backoff).unwrap_or(usual.backoff_secs),
        }
    }

    fn priority(&mut self) -> i32 {
        let priority = self.text(Field::Priority).map_or(Ok(0), |text| text.parse());
        priority.unwrap_or_else(|_| {
            self.refuse(Field::Priority, "Write a whole number, −100 to 100.");
            0
        })
    }

    fn number(&mut self, field: Field) -> Option<u32> {
        let number = value::whole(&self.text(field)?).and_then(|n| u32::try_from(n).ok());
        if number.is_none() {
            self.refuse(field, value::WHOLE);
        }
        number
    }

    fn seconds(&mut self, field: Field) -> Option<u32> {
        let seconds = Seconds::parse(&self.text(field)?).map(|seconds| seconds.0);
        if seconds.is_none() {
            self.refuse(field, "Write it as 90s, 30m or 1h30m.");
        }
        seconds
    }

    fn text(&self, field: Field) -> Option<String> {
        self.draft.value(field).with(|text| Some(text.trim().to_owned()).filter(|text| !text.is_empty()))
    }

    /// A location is what was written: a space at its end belongs to its name.
    fn exact(&self, field: Field) -> Option<String> {
        self.draft.value(field).with(|text| Some(text.clone()).filter(|text| !text.is_empty()))
    }

    fn is_on(&self, field: Field) -> bool {
        self.draft.value(field).with(|text| text == "true")
    }

    fn refuse(&mut self, field: Field, problem: &str) {
        self.wrong.insert(field.as_str().to_owned(), problem.to_owned());
    }
}

/// Several lines are several texts. What it has to be the server knows, and takes numbers as texts too.
fn flag(text: &str) -> Option<FlagValue> {
    let mut lines = lines(text);
    match lines.len() {
        0 => None,
        1 => lines.pop().map(FlagValue::Text),
        _ => Some(FlagValue::List(lines)),
    }
}

fn lines(text: &str) -> Vec<String> {
    text.lines().map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned).collect()
}
