//! The values typed into the job form: one text per field, under the field's name in the API, so that the server's
//! errors appear at their field.

use std::collections::{BTreeMap, BTreeSet};

use leptos::prelude::*;

use super::field::Field;
use crate::{
    components::form::{Errors, Face, error_of, focus_first},
    domain::{follower::Follower, job::NewJob, operation::Operation, retry::Retry, value::Seconds},
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
    pub(super) flags: RwSignal<BTreeMap<String, RwSignal<String>>>,
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
            draft.flag(name).set(value.to_args().join("\n"));
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
}

#[cfg(test)]
mod tests;
