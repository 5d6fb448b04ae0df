//! By what files are compared: what was asked for, and what both sides can.

use crate::domain::{comparison::ComparesBy, operation::Operation, run::warning::Lack, transfer::TransferOptions};

/// What a side can tell of its files.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Abilities {
    /// The kinds of checksum it has, by rclone's names.
    pub checksums: Vec<String>,
    /// Whether it keeps the times of files.
    pub times: bool,
    /// Whether it has folders without files: then one that is not there can be told from one that is empty.
    pub empty_folders: bool,
    /// Whether it reads a file to tell its checksum: then it has one of each.
    pub slow_checksums: bool,
}

/// One side of a comparison.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Side {
    /// What it is called in a sentence.
    pub name: String,
    /// What it can tell.
    pub abilities: Abilities,
}

/// By what files will be compared, and why by less than was asked for or is needed. `None` for what compares nothing.
#[must_use]
pub fn compares_by(
    operation: Operation,
    options: &TransferOptions,
    source: &Side,
    destination: &Side,
) -> Option<(ComparesBy, Option<Lack>)> {
    let on = |name: &str| options.flags.get(name).is_some_and(|value| value.to_args() == ["true"]);
    let (here, there) = (&source.abilities, &destination.abilities);
    let common = here.checksums.iter().any(|kind| there.checksums.contains(kind));
    let no_checksum = || {
        let without = [source, destination].into_iter().find(|side| side.abilities.checksums.is_empty());
        without.map_or(Lack::NoCommonChecksum, |side| Lack::NoChecksums(side.name.clone()))
    };
    let by_checksum = || if common { (ComparesBy::Checksum, None) } else { (ComparesBy::Size, Some(no_checksum())) };
    let by_time = || match [source, destination].into_iter().find(|side| !side.abilities.times) {
        None => (ComparesBy::SizeAndTime, None),
        Some(side) => (ComparesBy::Size, Some(Lack::NoTimes { side: side.name.clone(), checksums: common })),
    };
    Some(match operation {
        Operation::Delete => return None,
        Operation::Check if on("size_only") => (ComparesBy::Size, None),
        Operation::Check if on("download") => (ComparesBy::Content, None),
        Operation::Check => by_checksum(),
        Operation::Copy | Operation::Sync | Operation::Move if on("ignore_existing") => (ComparesBy::Name, None),
        Operation::Copy | Operation::Sync | Operation::Move if on("ignore_times") => (ComparesBy::Nothing, None),
        _ if on("size_only") => (ComparesBy::Size, None),
        // Of a bisync what is left to compare is the time.
        Operation::Bisync if options.checksum && !common && here.times && there.times => {
            (ComparesBy::SizeAndTime, Some(no_checksum()))
        }
        _ if options.checksum => by_checksum(),
        Operation::Bisync if options.flags.contains_key("compare") => return None,
        _ => by_time(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{comparison::Comparison, flag::FlagValue};

    fn side(name: &str, checksums: &[&str], times: bool) -> Side {
        let checksums = checksums.iter().map(|&kind| kind.to_owned()).collect();
        Side {
            name: name.to_owned(),
            abilities: Abilities { checksums, times, empty_folders: true, slow_checksums: false },
        }
    }

    fn with(flags: &[&str], checksum: bool) -> TransferOptions {
        let flags = flags.iter().map(|&name| (name.to_owned(), FlagValue::Switch(true))).collect();
        TransferOptions { checksum, flags, ..TransferOptions::default() }
    }

    #[test]
    fn what_is_compared_by_what_follows_from_both_sides() {
        let disk = side("this server", &["md5", "sha1"], true);
        let (dav, ftp) = (side("dav", &[], false), side("ftp", &[], true));
        let (s3, box_) = (side("s3", &["md5"], true), side("box", &["sha1"], true));
        let no = |name: &str| Some(Lack::NoChecksums(name.to_owned()));
        let timeless = |checksums| Some(Lack::NoTimes { side: "dav".to_owned(), checksums });
        use ComparesBy::{Checksum, Content, Name, Nothing, Size, SizeAndTime};
        use Operation::{Bisync, Check, Copy, Move, Sync};
        for (operation, flags, checksum, source, destination, expected) in [
            (Check, &[][..], false, &disk, &s3, (Checksum, None)),
            (Check, &[], false, &disk, &ftp, (Size, no("ftp"))),
            (Check, &[], false, &dav, &disk, (Size, no("dav"))),
            (Check, &[], false, &s3, &box_, (Size, Some(Lack::NoCommonChecksum))),
            (Check, &["size_only"], false, &disk, &ftp, (Size, None)),
            (Check, &["download"], false, &disk, &ftp, (Content, None)),
            (Copy, &[], false, &disk, &ftp, (SizeAndTime, None)),
            (Sync, &[], false, &disk, &dav, (Size, timeless(false))),
            (Sync, &["size_only"], false, &disk, &dav, (Size, None)),
            (Move, &[], true, &disk, &ftp, (Size, no("ftp"))),
            (Copy, &[], true, &disk, &s3, (Checksum, None)),
            (Copy, &["ignore_existing"], true, &disk, &dav, (Name, None)),
            (Copy, &["ignore_times"], false, &disk, &dav, (Nothing, None)),
            (Bisync, &[], true, &disk, &ftp, (SizeAndTime, no("ftp"))),
            (Bisync, &[], false, &disk, &dav, (Size, timeless(false))),
        ] {
            let found = compares_by(operation, &with(flags, checksum), source, destination);
            assert_eq!(
                found,
                Some(expected),
                "{operation:?} {flags:?} {checksum} {} {}",
                source.name,
                destination.name
            );
        }
        assert_eq!(compares_by(Operation::Delete, &with(&[], false), &disk, &disk), None);
        let said = Comparison::new(Check, Size, no("ftp").as_ref());
        assert!(said.is_less, "{said:?}");
        assert_eq!(
            said.message,
            "Files are compared by size only: ftp has no checksums. Run the check with download to compare their content."
        );
    }
}
