//! The values typed into the job form: one text per field, under the field's name in the API, so that the server's
//! errors appear at their field.

use std::collections::{BTreeMap, BTreeSet};

use leptos::prelude::*;

use super::field::Field;
use crate::{
    components::form::{Errors, Face, error_of, focus_first},
    domain::{
        flag::FlagValue,
        follower::Follower,
        guard::Guards,
        job::NewJob,
        operation::Operation,
        retry::Retry,
        run::wait::OnBusy,
        transfer::{self, TransferOptions},
        value::{self, Seconds},
    },
};

/// What stands before the name of one of rclone's own options.
pub const FLAGS: &str = "flags.";

/// What is wrong, by field.
pub type Wrong = BTreeMap<String, String>;

/// What is typed. Lives as long as the editor.
#[derive(Clone, Copy)]
pub struct Draft {
    /// What it does.
    pub operation: RwSignal<Operation>,
    /// What is started after it.
    pub followers: RwSignal<Vec<Follower>>,
    /// What is wrong, by field.
    pub errors: Errors,
    fields: StoredValue<BTreeMap<Field, RwSignal<String>>>,
    flags: RwSignal<BTreeMap<String, RwSignal<String>>>,
    /// The options that the operation has, once they are known: what is typed for another is kept, and not sent.
    pub offered: RwSignal<Option<BTreeSet<String>>>,
    owner: StoredValue<Option<Owner>>,
}

impl Draft {
    /// What a job says.
    #[must_use]
    pub fn of(job: &NewJob) -> Self {
        let draft = Self {
            operation: RwSignal::new(job.operation),
            followers: RwSignal::new(job.followers.clone()),
            errors: RwSignal::default(),
            fields: StoredValue::new(Field::ALL.map(|field| (field, RwSignal::new(String::new()))).into()),
            flags: RwSignal::default(),
            offered: RwSignal::new(None),
            owner: StoredValue::new(Owner::current()),
        };
        let (guards, retry, usual) = (&job.guards, &job.retry, Retry::default());
        let number = |n: Option<u32>| n.map(|n| n.to_string()).unwrap_or_default();
        let yes = |on: bool| if on { "true".to_owned() } else { String::new() };
        let seconds = |n: Option<u32>| n.map(|n| Seconds(n).to_string()).unwrap_or_default();
        for field in Field::ALL {
            draft.value(field).set(match field {
                Field::Source => job.source.clone(),
                Field::Destination => job.destination.clone().unwrap_or_default(),
                Field::Name => job.name.clone(),
                Field::Option(option) => option.text(&job.options),
                Field::MaxDeletePercent => number(guards.max_delete_percent.map(u32::from)),
                Field::MayDelete => number(guards.may_delete),
                Field::Sentinel => guards.sentinel.clone().unwrap_or_default(),
                Field::AllowEmptySource => yes(guards.allow_empty_source),
                Field::AllowShrunkSource => yes(guards.allow_shrunk_source),
                Field::AllowLeftOut => yes(guards.allow_left_out),
                Field::Attempts => number(Some(retry.attempts).filter(|n| *n != usual.attempts)),
                Field::Backoff => seconds(Some(retry.backoff_secs).filter(|n| *n != usual.backoff_secs)),
                Field::OnBusy => job.on_busy.as_str().to_owned(),
                Field::Priority => Some(job.priority).filter(|n| *n != 0).map(|n| n.to_string()).unwrap_or_default(),
                Field::TimeLimit => seconds(job.time_limit_secs),
                // They are no text.
                Field::Followers => String::new(),
            });
        }
        for (name, value) in &job.options.flags {
            draft.flag(name).set(value.words().join("\n"));
        }
        draft
    }

    /// The text of a field.
    #[must_use]
    pub fn value(self, field: impl Into<Field>) -> RwSignal<String> {
        let field = field.into();
        self.fields.with_value(|fields| fields.get(&field).copied()).unwrap_or_else(|| RwSignal::new(String::new()))
    }

    /// The text of one of rclone's own options; empty where it is not set.
    #[must_use]
    pub fn flag(self, name: &str) -> RwSignal<String> {
        if let Some(value) = self.flags.with_untracked(|flags| flags.get(name).copied()) {
            return value;
        }
        // The editor's, not that of the part of the page which asks first.
        let new = || RwSignal::new(String::new());
        let value = self.owner.get_value().map_or_else(new, |owner| owner.with(new));
        self.flags.update(|flags| {
            flags.insert(name.to_owned(), value);
        });
        value
    }

    /// How many of rclone's own options are set.
    #[must_use]
    pub fn flags_set(self) -> usize {
        self.flags().len()
    }

    /// What stands around a field.
    #[must_use]
    pub fn face(self, field: impl Into<Field>, label: &str, help: &str) -> Face {
        let name = field.into().as_str();
        Face::new(name, label, help, error_of(self.errors, name))
    }

    /// What stands around one of rclone's own options.
    #[must_use]
    pub fn flag_face(self, name: &str, label: &str, help: &str) -> Face {
        let name = format!("{FLAGS}{name}");
        Face::new(&name, label, help, error_of(self.errors, &name))
    }

    /// Whether something is wrong with a field.
    #[must_use]
    pub fn is_wrong(self, field: Field) -> bool {
        self.errors.with(|errors| errors.contains_key(field.as_str()))
    }

    /// Says that something is wrong with a field.
    pub fn refuse(self, field: Field, problem: &str) {
        self.errors.update(|errors| drop(errors.insert(field.as_str().to_owned(), problem.to_owned())));
    }

    /// Puts the focus on the first field that is wrong. Its section opens by itself, and has to be open for that.
    pub fn focus_wrong(self) {
        let Some(wrong) = self.errors.try_get_untracked() else { return };
        let fields = Field::ALL.iter().map(|field| field.as_str().to_owned());
        let flags = wrong.keys().filter(|name| name.starts_with(FLAGS)).cloned();
        let first: Vec<_> = fields.filter(|name| wrong.contains_key(name)).chain(flags).collect();
        request_animation_frame(move || focus_first(first));
    }

    /// As a job, or what is wrong with which field. What the operation does not have is left out.
    pub fn read(self) -> Result<NewJob, Wrong> {
        let operation = self.operation.get();
        let mut wrong = Wrong::new();
        let text =
            |field: Field| self.value(field).with(|text| Some(text.trim().to_owned()).filter(|text| !text.is_empty()));
        // A place is what was written: a space at its end belongs to its name.
        let exact = |field: Field| self.value(field).with(|text| Some(text.clone()).filter(|text| !text.is_empty()));
        let yes = |field: Field| self.value(field).with(|text| text == "true");
        let mut options = TransferOptions { flags: self.flags(), ..TransferOptions::default() };
        for option in transfer::Field::ALL.iter().filter(|option| option.fits(operation)) {
            if let Err(problem) = self.value(*option).with(|text| option.set_text(&mut options, text)) {
                wrong.insert(option.as_str().to_owned(), problem.to_owned());
            }
        }
        let mut number = |field: Field| {
            let read = text(field).map(|text| value::whole(&text).and_then(|n| u32::try_from(n).ok()));
            if read == Some(None) {
                wrong.insert(field.as_str().to_owned(), value::WHOLE.to_owned());
            }
            read.flatten()
        };
        let (is_sync, is_repeatable) = (operation == Operation::Sync, operation.is_repeatable());
        let percent = if is_sync { number(Field::MaxDeletePercent) } else { None };
        let may_delete = if operation.removes() { number(Field::MayDelete) } else { None };
        let attempts = if is_repeatable { number(Field::Attempts) } else { None };
        let priority = text(Field::Priority).map_or(Ok(0), |text| text.parse::<i32>());
        if priority.is_err() {
            wrong.insert(Field::Priority.as_str().to_owned(), "Write a whole number, −100 to 100.".to_owned());
        }
        let mut seconds = |field: Field| {
            let read = text(field).map(|text| Seconds::parse(&text).map(|seconds| seconds.0));
            if read == Some(None) {
                wrong.insert(field.as_str().to_owned(), "Write it as 90s, 30m or 1h30m.".to_owned());
            }
            read.flatten()
        };
        let backoff = if is_repeatable { seconds(Field::Backoff) } else { None };
        let time_limit_secs = seconds(Field::TimeLimit);
        let guards = Guards {
            // More than a hundred is refused below, as it stands there.
            max_delete_percent: percent.map(|percent| u8::try_from(percent).unwrap_or(u8::MAX)),
            may_delete,
            sentinel: exact(Field::Sentinel),
            allow_empty_source: is_sync && yes(Field::AllowEmptySource),
            allow_shrunk_source: is_sync && yes(Field::AllowShrunkSource),
            allow_left_out: is_sync && yes(Field::AllowLeftOut),
        };
        let usual = Retry::default();
        let retry =
            Retry { attempts: attempts.unwrap_or(usual.attempts), backoff_secs: backoff.unwrap_or(usual.backoff_secs) };
        for checked in [options.validate(operation), guards.validate(operation), retry.validate()] {
            if let Err(error) = checked {
                wrong.extend(error.fields);
            }
        }
        if !wrong.is_empty() {
            return Err(wrong);
        }
        Ok(NewJob {
            name: text(Field::Name).unwrap_or_default(),
            operation,
            source: exact(Field::Source).unwrap_or_default(),
            destination: exact(Field::Destination).filter(|_| operation.has_destination()),
            options,
            guards,
            retry,
            on_busy: self.value(Field::OnBusy).with(|word| OnBusy::parse(word)).unwrap_or_default(),
            priority: priority.unwrap_or_default(),
            time_limit_secs,
            followers: self.followers.get(),
        })
    }

    /// rclone's own options that are set, and that the operation has.
    fn flags(self) -> BTreeMap<String, FlagValue> {
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

#[cfg(test)]
mod tests;
