//! Tests of `warning`.

use super::*;

#[test]
fn each_warning_is_a_sentence_with_its_count_and_what_to_do() {
    let dav = Lack::NoChecksums("dav".to_owned());
    for (warning, files, message) in [
        (
            RunWarning::compared_by_size(Operation::Check, Some(312), Some(312), &dav),
            Some(312),
            "312 files were compared by size only: dav has no checksums. Run the check with download to compare their content.",
        ),
        (
            RunWarning::compared_by_size(Operation::Check, Some(2), Some(1312), &Lack::MissingChecksums),
            Some(2),
            "2 of 1,312 files were compared by size only: the provider has no checksum of them. Run the check with download to compare their \
                 content.",
        ),
        (
            RunWarning::compared_by_size(
                Operation::Copy,
                None,
                None,
                &Lack::NoTimes { side: "dav".to_owned(), checksums: true },
            ),
            None,
            "Files were compared by size only: dav keeps no times of files. A change that keeps the size is not seen. Set checksum to see it.",
        ),
        (
            RunWarning::not_confirmed(1),
            Some(1),
            "1 file failed, and its success was not seen. Check the list of failed files, then run it again.",
        ),
        (
            RunWarning::duplicates(Duplicates { source: 1, ..Duplicates::default() }),
            Some(1),
            "1 file of the source was left out: another has the same name, or one that differs only in case or in Unicode form. Rename one of them.",
        ),
        (
            RunWarning::names_left_out(&["a/".to_owned()], Some(2), Some(0)),
            Some(2),
            "2 files of the source were left out: rclone cannot list a folder whose name is empty (“a//”). Rename what lies there, so that no \
                 key has two slashes in a row or ends in one.",
        ),
        (
            RunWarning::nothing_matched(20),
            Some(20),
            "0 of 20 files matched your filters. Look at include, exclude and the limits of age and size.",
        ),
    ] {
        assert_eq!((warning.files, warning.message.as_str()), (files, message));
    }
}
