//! How files are transferred: the options of an operation, by rclone's names, and the rules of their values.

mod field;
mod schema;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

pub use self::{
    field::{Field, Value},
    schema::{age_schema, bwlimit_schema, patterns_schema, rate_schema, size_schema},
};
use super::{
    error::{AppError, Result},
    flag::{FLAGS, FlagValue, flags_schema},
    operation::Operation,
    value,
};

/// Most patterns of a filter.
const PATTERNS: usize = 1000;
/// Longest pattern, in characters.
const PATTERN: usize = 4096;

/// How a transfer is made. What is absent is rclone's default.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct TransferOptions {
    /// Only say what would be done.
    #[serde(skip_serializing_if = "is_false")]
    pub dry_run: bool,
    /// Compare by checksum and size instead of time and size.
    #[serde(skip_serializing_if = "is_false")]
    pub checksum: bool,
    /// After a move, delete folders of the source that are empty.
    #[serde(skip_serializing_if = "is_false")]
    pub delete_empty_src_dirs: bool,
    /// Bandwidth limit as rclone writes it: `10M` is 10 MiB/s, `1M:2M` up and down.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(schema_with = bwlimit_schema)]
    pub bwlimit: Option<String>,
    /// Files transferred at once, 1 to 128; rclone's default is 4.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1, maximum = 128, example = 4)]
    pub transfers: Option<u32>,
    /// Files checked at once, 1 to 256; rclone's default is 8.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1, maximum = 256, example = 8)]
    pub checkers: Option<u32>,
    /// Leave out what matches one of these patterns of rclone's.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(schema_with = patterns_schema)]
    pub exclude: Vec<String>,
    /// Take only what matches one of these patterns of rclone's.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(schema_with = patterns_schema)]
    pub include: Vec<String>,
    /// Only files older than this: `30d`, `1h30m`, or a date.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(schema_with = age_schema)]
    pub min_age: Option<String>,
    /// Only files younger than this.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(schema_with = age_schema)]
    pub max_age: Option<String>,
    /// Only files of this size or more: `10M` is 10 MiB, `512` is 512 KiB as rclone reads it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(schema_with = size_schema)]
    pub min_size: Option<String>,
    /// Only files of this size or less.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(schema_with = size_schema)]
    pub max_size: Option<String>,
    /// Stop with an error before more files than this are deleted. Of a bisync: refuse to begin when more percent than
    /// this of the files of one side were deleted, 0 to 100; rclone's default is 50.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = 100)]
    pub max_delete: Option<u32>,
    /// Keep what would be overwritten or deleted here: a location on the same remote as the destination.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "b2-archive:old/photos")]
    pub backup_dir: Option<String>,
    /// Other options of rclone's, by its names.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    #[schema(schema_with = flags_schema)]
    pub flags: BTreeMap<String, FlagValue>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
const fn is_false(value: &bool) -> bool {
    !*value
}

impl TransferOptions {
    /// Refuses what rclone would refuse, or would silently ignore for this operation, naming each field. Of `flags`
    /// only what is true whatever rclone there is; which of them there are is known to rclone.
    pub fn validate(&self, operation: Operation) -> Result<()> {
        let mut fields = BTreeMap::new();
        let mut refuse = |field: &str, problem: String| {
            fields.insert(field.to_owned(), problem);
        };
        for field in Field::ALL.iter().filter(|field| field.is_set(self)) {
            if let Some(problem) = field.refusal(operation) {
                refuse(field.as_str(), problem);
            }
        }
        if operation == Operation::Bisync && self.max_delete.is_some_and(|percent| percent > 100) {
            refuse("max_delete", "For a bisync this is a percentage of the files: 0 to 100.".to_owned());
        }
        if self.flags.len() > FLAGS {
            refuse("flags", format!("At most {FLAGS}."));
        }
        for field in Field::ALL.iter().map(|field| field.as_str()).filter(|field| self.flags.contains_key(*field)) {
            refuse(&format!("flags.{field}"), format!("Set {field} instead: it is an option of its own."));
        }
        if let Some(rate) = self.bwlimit.as_deref().filter(|rate| value::Timetable::parse(rate).is_none()) {
            refuse("bwlimit", misfit(rate, value::BANDWIDTH));
        }
        for (field, n, most) in [("transfers", self.transfers, 128), ("checkers", self.checkers, 256)] {
            if n.is_some_and(|n| !(1..=most).contains(&n)) {
                refuse(field, format!("Between 1 and {most}."));
            }
        }
        for (field, patterns) in [("exclude", &self.exclude), ("include", &self.include)] {
            if patterns.len() > PATTERNS {
                refuse(field, "At most 1,000 patterns.".to_owned());
            }
            if let Some(problem) = patterns.iter().find_map(|pattern| pattern_problem(pattern)) {
                refuse(field, problem);
            }
        }
        for (field, age) in [("min_age", &self.min_age), ("max_age", &self.max_age)] {
            if let Some(age) = age.as_deref().filter(|age| value::Age::parse(age).is_none()) {
                refuse(field, misfit(age, value::AGE));
            }
        }
        for (field, size) in [("min_size", &self.min_size), ("max_size", &self.max_size)] {
            if let Some(size) = size.as_deref().filter(|size| value::Size::parse(size).is_none()) {
                refuse(field, misfit(size, value::SIZE));
            }
        }
        if fields.is_empty() { Ok(()) } else { Err(AppError::invalid_fields(fields)) }
    }
}

/// A rate that a running rclone takes, or what is wrong with it, naming the field. A timetable is none: it is for the
/// start of a run.
pub fn read_rate(field: &str, rate: &str) -> Result<value::Rate> {
    value::Rate::parse(rate).ok_or_else(|| AppError::invalid(field, misfit(rate, value::RATE)))
}

/// What is wrong with a pattern, as far as that can be known without rclone.
fn pattern_problem(pattern: &str) -> Option<String> {
    if pattern.is_empty() {
        return Some("A pattern cannot be empty.".to_owned());
    }
    if pattern.chars().count() > PATTERN || pattern.contains(['\0', '\n', '\r']) {
        return Some(misfit(pattern, "A pattern is one line, at most 4,096 characters."));
    }
    value::glob(pattern).err().map(|problem| misfit(pattern, problem))
}

/// The value that does not fit, and how to write it.
fn misfit(text: &str, remedy: &str) -> String {
    format!("“{}”: {remedy}", text.chars().take(40).collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_operation_would_ignore_is_refused_by_name() {
        let refused = |options: &TransferOptions, operation| {
            options.validate(operation).map_or_else(|error| error.fields.into_keys().collect(), |()| Vec::new())
        };
        let all = TransferOptions {
            delete_empty_src_dirs: true,
            checksum: true,
            max_delete: Some(3),
            backup_dir: Some("b2:old".to_owned()),
            ..TransferOptions::default()
        };
        assert_eq!(refused(&all, Operation::Copy), ["delete_empty_src_dirs", "max_delete"]);
        assert_eq!(refused(&all, Operation::Sync), ["delete_empty_src_dirs"]);
        assert!(refused(&all, Operation::Move).is_empty());
        assert_eq!(refused(&all, Operation::Delete), ["backup_dir", "checksum", "delete_empty_src_dirs"]);
        assert_eq!(refused(&all, Operation::Bisync), ["backup_dir", "delete_empty_src_dirs"]);
        let dry = TransferOptions { dry_run: true, ..all.clone() };
        assert_eq!(refused(&dry, Operation::Check), ["backup_dir", "delete_empty_src_dirs", "dry_run", "max_delete"]);
        let half = TransferOptions { max_delete: Some(101), ..TransferOptions::default() };
        assert_eq!(refused(&half, Operation::Bisync), ["max_delete"]);
        assert!(refused(&half, Operation::Sync).is_empty());
    }

    #[test]
    fn a_flag_that_has_a_field_of_its_own_is_refused_by_name() {
        for field in Field::ALL.iter().map(|field| field.as_str()) {
            let flags = BTreeMap::from([
                (field.to_owned(), FlagValue::Switch(true)),
                ("update".to_owned(), FlagValue::Switch(true)),
            ]);
            let error =
                TransferOptions { flags, ..TransferOptions::default() }.validate(Operation::Sync).expect_err("refused");
            assert_eq!(error.fields.into_keys().collect::<Vec<_>>(), [format!("flags.{field}")]);
        }
    }

    #[test]
    fn values_that_rclone_does_not_take_are_all_named() {
        let options = TransferOptions {
            bwlimit: Some("10X".into()),
            transfers: Some(0),
            checkers: Some(257),
            exclude: vec![String::new()],
            include: vec!["a\nb".into()],
            min_age: Some("soon".into()),
            max_size: Some("--config".into()),
            ..TransferOptions::default()
        };
        let error = options.validate(Operation::Copy).expect_err("nothing fits");
        let fields: Vec<_> = error.fields.into_keys().collect();
        assert_eq!(fields, ["bwlimit", "checkers", "exclude", "include", "max_size", "min_age", "transfers"]);
    }
}
