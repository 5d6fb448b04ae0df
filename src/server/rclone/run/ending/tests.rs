//! Tests of `ending`.

use std::fs;

use super::*;
use crate::server::rclone::program::run_dir;

fn run(messages: &[(&str, &str)]) -> tempfile::TempDir {
    let dir = tempfile::tempdir().expect("a folder");
    let lines: Vec<_> = messages
        .iter()
        .map(|(level, message)| serde_json::json!({ "level": level, "msg": message }).to_string())
        .collect();
    fs::write(dir.path().join(run_dir::LOG), lines.join("\n")).expect("written");
    dir
}

fn headline(messages: &[(&str, &str)]) -> String {
    ending(run(messages).path()).finish.headline.expect("a headline")
}

#[test]
fn a_bisync_that_failed_says_what_to_do() {
    let failed = ("notice", "Failed to bisync: bisync aborted");
    for (message, words) in [
        (
            "Bisync critical error: cannot find prior Path1 or Path2 listings, likely due to critical error on prior run \nTip: x",
            "never synced. Run it once with resync",
        ),
        (
            "too many deletes (>50%, 6 of 10) on Path1 \"/a/\". Run with --force if desired.",
            "of the source were deleted since the last run (>50%, 6 of 10)",
        ),
        (
            "Safety abort: all files were changed on Path1 \"/a/\". Run with --force if desired.",
            "All files of the source changed",
        ),
        ("Bisync critical error: check file check failed", "check_access did not find"),
        ("Failed to bisync: prior lock file found: /w/a.lck", "still running"),
        ("Empty current Path2 listing. Cannot sync to an empty directory: /w/x", "The destination is empty"),
        ("Bisync critical error: disk on fire\nmore", "It broke off: disk on fire. Run it again."),
    ] {
        let said = headline(&[("error", message), failed]);
        assert!(said.contains(words), "{said}");
    }
    let said = headline(&[
        ("error", "Bisync critical error: x"),
        ("error", "Bisync aborted. Must run --resync to recover."),
        failed,
    ]);
    assert!(said.starts_with("It broke off: x. Run it once with resync"), "{said}");
    let said = headline(&[
        ("error", "error reading source root directory: directory not found"),
        ("error", "Bisync critical error: x"),
        failed,
    ]);
    assert!(said.starts_with("A folder of this pair does not exist. Nothing was changed. Create it"), "{said}");
    assert_eq!(headline(&[failed]), "Failed to bisync: bisync aborted");
}

#[test]
fn a_check_counts_what_it_found() {
    let log = [
        ("notice", "4 differences found"),
        ("notice", "Failed to check with 4 errors: last error was: 4 differences found"),
    ];
    assert_eq!(headline(&log), "4 differences found.");
    let dir = run(&log);
    fs::write(dir.path().join(run_dir::COMBINED), b"= a\n* b\n* c\n+ d\n- \xff\n").expect("written");
    let words = "4 differences found: 2 differ on both sides, 1 only in the source, 1 only in the destination.";
    assert_eq!(ending(dir.path()).finish.headline.as_deref(), Some(words));
    assert_eq!(ending(dir.path()).finish.headline.as_deref(), Some(words), "again: what was found is kept");
}

#[test]
fn a_check_that_compared_nothing_says_why_and_does_not_count_to_nought() {
    for reason in ["error reading source root directory: AccessDenied: StatusCode: 403", "AccessDenied: Access Denied"]
    {
        let log = [
            ("error", reason),
            ("notice", "0 differences found"),
            ("notice", "1 errors while checking"),
            ("notice", "Failed to check with 2 errors: last error was: AccessDenied: Access Denied"),
        ];
        let words = "Not everything could be compared. Access was refused (403): these credentials may not do this.";
        assert_eq!(headline(&log), words, "{reason}");
    }
}

#[test]
fn other_runs_say_what_rclone_says() {
    assert_eq!(
        headline(&[("notice", "Failed to copy: Bisync critical error: x")]),
        "Failed to copy: Bisync critical error: x"
    );
}
