//! Which options of rclone's a run may be given among its `flags`: the list in `flags.txt`, reviewed for rclone 1.75.2.
//! What a newer rclone adds is refused until somebody has looked at it.

use std::{collections::BTreeMap, sync::LazyLock};

use crate::domain::operation::Operation;

/// The review.
const LIST: &str = include_str!("flags.txt");

/// What the review says of an option.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// These operations may be given it.
    For(Vec<Operation>),
    /// None may, and why.
    Withheld(&'static str),
}

/// All that was reviewed, by rclone's names.
static REVIEW: LazyLock<BTreeMap<&'static str, Verdict>> = LazyLock::new(|| read(LIST));

/// What the review says of an option; `None` when nobody has looked at it.
#[must_use]
pub fn verdict(name: &str) -> Option<&'static Verdict> {
    REVIEW.get(name)
}

/// All names that were reviewed.
pub fn names() -> impl Iterator<Item = &'static str> {
    REVIEW.keys().copied()
}

fn read(list: &'static str) -> BTreeMap<&'static str, Verdict> {
    let mut review = BTreeMap::new();
    let mut operations = Vec::new();
    for line in list.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')) {
        if let Some(block) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            operations = block.split_whitespace().filter_map(Operation::parse).collect();
            continue;
        }
        let (verdict, names) = match line.split_once(':') {
            None => (Verdict::For(operations.clone()), line),
            Some((why, names)) => (Verdict::Withheld(reason(why)), names),
        };
        review.extend(names.split_whitespace().map(|name| (name, verdict.clone())));
    }
    review
}

fn reason(why: &str) -> &'static str {
    match why {
        "runs" => "It cannot be set: it runs a program of this server.",
        "file" => "It cannot be set: it reads or writes a file of this server.",
        "rc" => "It cannot be set: it opens or changes rclone's remote control.",
        "leaks" => "It cannot be set: it would put secrets into the log or the record of the run.",
        "leads" => "It cannot be set: links could lead out of the folders that may be used.",
        "place" => "It cannot be set yet: it names another location.",
        "weak" => {
            "It cannot be set for a run. Where a server has no certificate to trust, an administrator says so in the remote."
        }
        "half" => "It cannot be set: a run that is stopped would leave half a file under its final name.",
        _ => "It cannot be set: Longshore sets it itself.",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::transfer::Field;

    #[test]
    fn the_list_reads_as_it_is_meant() {
        use Operation::{Bisync, Check, Copy, Delete, Move, Sync};
        for (name, operations) in [
            ("track_renames", vec![Sync, Bisync]),
            ("rmdirs", vec![Delete]),
            ("one_way", vec![Check]),
            ("suffix", vec![Copy, Sync, Move]),
            ("filter", Operation::ALL.to_vec()),
        ] {
            assert_eq!(verdict(name), Some(&Verdict::For(operations)), "{name}");
        }
        assert!(matches!(verdict("metadata_mapper"), Some(Verdict::Withheld(why)) if why.contains("runs a program")));
        assert_eq!(verdict("new_in_1_76"), None);
    }

    #[test]
    fn every_line_belongs_to_a_block_and_every_option_is_in_one_place() {
        let words = LIST.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with(['#', '[']));
        let names: Vec<_> =
            words.flat_map(|line| line.split_once(':').map_or(line, |(_, names)| names).split_whitespace()).collect();
        assert_eq!(names.len(), REVIEW.len(), "an option is in two places");
        for (name, verdict) in &*REVIEW {
            assert_ne!(verdict, &Verdict::For(vec![]), "{name} belongs to no operation");
            assert!(name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_'), "{name}");
            assert!(Field::parse(name).is_none(), "{name} has a field of its own");
        }
        for block in
            LIST.lines().filter_map(|line| line.strip_prefix('[')?.strip_suffix(']')).filter(|block| *block != "-")
        {
            assert!(block.split_whitespace().all(|word| Operation::parse(word).is_some()), "[{block}]");
        }
    }

    #[test]
    fn every_reason_is_said_in_its_own_words() {
        let reasons =
            LIST.lines().filter_map(|line| line.trim().split_once(": ")).filter(|(why, _)| !why.starts_with('#'));
        let mut whys: Vec<_> = reasons.map(|(why, _)| why).collect();
        whys.sort_unstable();
        whys.dedup();
        let said: std::collections::BTreeSet<_> = whys.iter().map(|why| reason(why)).collect();
        assert_eq!(said.len(), whys.len(), "{whys:?}");
    }
}
