//! Which options leave files out, and what becomes of files that are left out.

use serde_json::json;

use crate::domain::{flag::FlagValue, transfer::TransferOptions};

/// The flags that leave files out.
pub(in crate::server::rclone) const FLAGS: [&str; 8] = [
    "filter",
    "exclude_if_present",
    "hash_filter",
    "ignore_case",
    "max_depth",
    "metadata_exclude",
    "metadata_filter",
    "metadata_include",
];

/// The filters of a run as one text, the same for the same filters. `None` when nothing is left out.
#[must_use]
pub fn text(options: &TransferOptions) -> Option<String> {
    let flags: Vec<_> = options.flags.iter().filter(|(name, _)| FLAGS.contains(&name.as_str())).collect();
    let lists = [&options.include, &options.exclude];
    let limits = [&options.min_age, &options.max_age, &options.min_size, &options.max_size];
    let some = lists.iter().any(|list| !list.is_empty())
        || limits.iter().any(|limit| limit.is_some())
        || flags.iter().any(|(name, _)| *name != "ignore_case");
    some.then(|| json!([lists, limits, flags]).to_string())
}

/// The same without its filters.
#[must_use]
pub fn none(options: &TransferOptions) -> TransferOptions {
    let flags = options.flags.iter().filter(|(name, _)| !FLAGS.contains(&name.as_str()));
    TransferOptions {
        flags: flags.map(|(name, value)| (name.clone(), value.clone())).collect(),
        ..TransferOptions::default()
    }
}

/// Its filters and nothing else.
#[must_use]
pub fn only(options: &TransferOptions) -> TransferOptions {
    let flags = options.flags.iter().filter(|(name, _)| FLAGS.contains(&name.as_str()));
    TransferOptions {
        exclude: options.exclude.clone(),
        include: options.include.clone(),
        min_age: options.min_age.clone(),
        max_age: options.max_age.clone(),
        min_size: options.min_size.clone(),
        max_size: options.max_size.clone(),
        flags: flags.map(|(name, value)| (name.clone(), value.clone())).collect(),
        ..TransferOptions::default()
    }
}

fn is_on(options: &TransferOptions, flag: &str) -> bool {
    options.flags.get(flag) == Some(&FlagValue::Switch(true))
}

/// Whether what filters leave out is deleted at the destination because somebody asked for that.
#[must_use]
pub fn are_deleted(options: &TransferOptions) -> bool {
    is_on(options, "delete_excluded")
}

/// Whether names that differ in case are one file.
#[must_use]
pub fn fold_case(options: &TransferOptions) -> bool {
    is_on(options, "ignore_case_sync")
}

/// Whether names that differ in their form of Unicode are one file.
#[must_use]
pub fn fold_unicode(options: &TransferOptions) -> bool {
    !is_on(options, "no_unicode_normalization")
}

/// Whether rclone deletes before it has seen everything, or after an error: usually it deletes last, and nothing when
/// anything failed.
#[must_use]
pub fn deletes_after_errors(options: &TransferOptions) -> bool {
    ["ignore_errors", "delete_before", "delete_during"].iter().any(|flag| is_on(options, flag))
}

/// Whether the destination is looked at twice, first to delete.
#[must_use]
pub fn looks_twice(options: &TransferOptions) -> bool {
    is_on(options, "delete_before")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn what_leaves_files_out_has_a_text_and_what_does_not_has_none() {
        let flag = |name: &str| TransferOptions {
            flags: BTreeMap::from([(name.to_owned(), FlagValue::Switch(true))]),
            ..TransferOptions::default()
        };
        for name in FLAGS.iter().filter(|name| **name != "ignore_case") {
            assert!(text(&flag(name)).is_some(), "{name}");
        }
        for name in ["ignore_case", "track_renames", "delete_excluded", "size_only"] {
            assert_eq!(text(&flag(name)), None, "{name}");
        }
        let exclude =
            |pattern: &str| TransferOptions { exclude: vec![pattern.to_owned()], ..TransferOptions::default() };
        assert_ne!(text(&exclude("a")), text(&exclude("b")));
        let faster = TransferOptions { transfers: Some(9), backup_dir: Some("b:x".into()), ..exclude("a") };
        assert_eq!(text(&faster), text(&exclude("a")), "how it is done leaves nothing out");
    }
}
