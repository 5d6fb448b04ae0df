//! Options that would have no effect: beside another one, without another one, or on a source that is a file. rclone
//! takes them in silence.

use std::collections::BTreeMap;

use crate::domain::{
    operation::Operation,
    transfer::{Field, TransferOptions},
};

/// An option that has no effect beside another one, and why.
const BESIDE: [(&str, &str, &str); 10] = [
    ("checksum", "size_only", "With size_only, no checksums are compared. Set only one of them."),
    (
        "checksum",
        "ignore_times",
        "With ignore_times, nothing is compared: everything is transferred. Set only one of them.",
    ),
    (
        "checksum",
        "ignore_existing",
        "With ignore_existing, nothing is compared: existing files stay. Set only one of them.",
    ),
    (
        "size_only",
        "ignore_times",
        "With ignore_times, nothing is compared: everything is transferred. Set only one of them.",
    ),
    (
        "size_only",
        "ignore_existing",
        "With ignore_existing, nothing is compared: existing files stay. Set only one of them.",
    ),
    ("ignore_times", "ignore_existing", "With ignore_existing, existing files stay. Set only one of them."),
    ("update", "ignore_existing", "With ignore_existing, existing files stay. Set only one of them."),
    ("download", "size_only", "With size_only, no content is compared. Set only one of them."),
    ("ignore_size", "size_only", "With size_only, nothing at all would be compared. Set only one of them."),
    ("modify_window", "size_only", "With size_only, no times are compared. Set only one of them."),
];
/// An option that has no effect without another one.
const WITHOUT: [(&str, &[&str]); 4] = [
    ("track_renames_strategy", &["track_renames"]),
    ("suffix_keep_extension", &["suffix"]),
    ("cutoff_mode", &["max_transfer", "max_duration"]),
    ("check_filename", &["check_access"]),
];
/// What chooses among files, or is about folders: of a single file rclone asks none of it.
const OF_FOLDERS: [&str; 18] = [
    "include",
    "exclude",
    "min_age",
    "max_age",
    "min_size",
    "max_size",
    "delete_empty_src_dirs",
    "filter",
    "max_depth",
    "exclude_if_present",
    "hash_filter",
    "metadata_include",
    "metadata_exclude",
    "metadata_filter",
    "track_renames",
    "delete_excluded",
    "create_empty_src_dirs",
    "ignore_case",
];
const OF_A_FILE: &str = "The source is a single file: this has no effect on it. Leave it out, or choose its folder.";

/// The options that would have no effect beside or without others, each by its field, with what to do.
#[must_use]
pub fn idle(operation: Operation, options: &TransferOptions) -> BTreeMap<String, String> {
    let beside = BESIDE.iter().filter(|(name, other, _)| is_on(options, name) && is_on(options, other));
    // A check compares checksums by itself.
    let beside = beside.filter(|(name, ..)| operation != Operation::Check || *name != "checksum");
    let beside = beside.map(|(name, _, why)| (field(options, name), (*why).to_owned()));
    let without = WITHOUT
        .iter()
        .filter(|(name, others)| is_on(options, name) && !others.iter().any(|other| is_on(options, other)));
    let without = without
        .map(|(name, others)| (field(options, name), format!("It has no effect without {}.", others.join(" or "))));
    beside.chain(without).collect()
}

/// The options that would have no effect on a source that is a file.
#[must_use]
pub fn idle_on_a_file(options: &TransferOptions) -> BTreeMap<String, String> {
    OF_FOLDERS
        .iter()
        .filter(|name| is_on(options, name))
        .map(|name| (field(options, name), OF_A_FILE.to_owned()))
        .collect()
}

/// Whether an option is given, and is not off.
fn is_on(options: &TransferOptions, name: &str) -> bool {
    match Field::parse(name) {
        Some(field) => field.is_set(options),
        None => options.flags.get(name).is_some_and(|value| value.to_args() != ["false"]),
    }
}

fn field(options: &TransferOptions, name: &str) -> String {
    if options.flags.contains_key(name) { format!("flags.{name}") } else { name.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{domain::flag::FlagValue, server::rclone::flags};

    #[test]
    fn every_option_that_is_named_here_may_be_set() {
        let beside = BESIDE.iter().flat_map(|(name, other, _)| [*name, *other]);
        let without = WITHOUT.iter().flat_map(|(name, others)| std::iter::once(*name).chain(others.iter().copied()));
        for name in beside.chain(without).chain(OF_FOLDERS) {
            assert!(flags::is_reviewed(name) && !flags::is_withheld(name), "{name}");
        }
    }

    #[test]
    fn what_rclone_would_not_heed_is_named() {
        let on = FlagValue::Switch(true);
        let with = |flags: &[&str], checksum| TransferOptions {
            checksum,
            flags: flags.iter().map(|&flag| (flag.to_owned(), on.clone())).collect(),
            ..TransferOptions::default()
        };
        for (flags, checksum, refused) in [
            (&["size_only"][..], true, &["checksum"][..]),
            (&["ignore_times"], true, &["checksum"]),
            (&["ignore_existing", "update"], false, &["flags.update"]),
            (&["size_only", "ignore_size"], false, &["flags.ignore_size"]),
            (&["suffix_keep_extension"], false, &["flags.suffix_keep_extension"]),
            (&["track_renames", "track_renames_strategy"], false, &[]),
            (&["size_only"], false, &[]),
            (&[], true, &[]),
        ] {
            let found: Vec<_> = idle(Operation::Copy, &with(flags, checksum)).into_keys().collect();
            assert_eq!(found, refused, "{flags:?} {checksum}");
        }
        assert!(idle(Operation::Check, &with(&["size_only"], true)).is_empty());
        assert_eq!(
            idle(Operation::Check, &with(&["size_only", "download"], false)).into_keys().collect::<Vec<_>>(),
            ["flags.download"]
        );
        let off = TransferOptions {
            flags: [("size_only".to_owned(), FlagValue::Switch(false))].into(),
            checksum: true,
            ..with(&[], true)
        };
        assert!(idle(Operation::Copy, &off).is_empty());
        let filtered = TransferOptions {
            include: vec!["*.jpg".to_owned()],
            min_age: Some("1d".to_owned()),
            ..with(&["max_depth"], false)
        };
        assert_eq!(
            idle_on_a_file(&filtered).into_keys().collect::<Vec<_>>(),
            ["flags.max_depth", "include", "min_age"]
        );
        assert!(idle_on_a_file(&with(&["size_only"], true)).is_empty());
    }
}
