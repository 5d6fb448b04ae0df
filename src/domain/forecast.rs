//! What a preview found, in a sentence.

use super::{
    format,
    operation::Operation,
    run::{
        detail::Run,
        files::{Counts, FileOutcome},
    },
};

/// Files that a run would delete for good, by its preview. What a move takes from its source is at the destination
/// then.
#[must_use]
pub fn deletes(run: &Run, counts: Option<&Counts>) -> u64 {
    match run.summary.operation {
        Operation::Move => counts.map_or(0, |counts| counts.deleted),
        _ => run.summary.stats.deletes,
    }
}

/// What a preview would do: `Would delete 3,212 files, copy 12 and update 1`. Without `counts` only what is deleted is
/// known.
#[must_use]
pub fn would(run: &Run, counts: Option<&Counts>) -> String {
    sentence(deletes(run, counts), counts)
}

/// What is deleted comes first: it is what one looks for.
fn sentence(deletes: u64, counts: Option<&Counts>) -> String {
    const OTHERS: [(FileOutcome, &str); 4] = [
        (FileOutcome::Copied, "copy"),
        (FileOutcome::Updated, "update"),
        (FileOutcome::Moved, "move"),
        (FileOutcome::Renamed, "rename"),
    ];
    let others = OTHERS.iter().map(|(outcome, verb)| (*verb, counts.map_or(0, |counts| counts.get(*outcome))));
    let all = std::iter::once(("delete", deletes)).chain(others).filter(|(_, n)| *n > 0);
    let parts: Vec<_> = all
        .enumerate()
        .map(|(index, (verb, n))| match index {
            0 => format!("{verb} {}", format::plural(n, "file", "files")),
            _ => format!("{verb} {}", format::count(n)),
        })
        .collect();
    match parts.as_slice() {
        [] => "Nothing would be changed".to_owned(),
        [one] => format!("Would {one}"),
        [others @ .., last] => format!("Would {} and {last}", others.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_deleted_is_said_first() {
        let some = Counts { deleted: 9, copied: 1200, updated: 1, ..Counts::default() };
        let others = Counts { moved: 2, renamed: 3, skipped: 4, failed: 5, matched: 6, ..Counts::default() };
        for (deletes, counts, said) in [
            (3212, Some(some), "Would delete 3,212 files, copy 1,200 and update 1"),
            (0, Some(some), "Would copy 1,200 files and update 1"),
            (0, Some(others), "Would move 2 files and rename 3"),
            (1, None, "Would delete 1 file"),
            (0, Some(Counts { copied: 1, ..Counts::default() }), "Would copy 1 file"),
            (0, Some(Counts::default()), "Nothing would be changed"),
            (0, None, "Nothing would be changed"),
        ] {
            assert_eq!(sentence(deletes, counts.as_ref()), said);
        }
    }
}
