//! Tests of `conclude`.

use super::{super::files, *};
use crate::domain::run::{files::RunFiles, warning::Duplicates};

const ERRORS: &str = include_str!("../../../../tests/fixtures/rclone/copy_errors_retries.jsonl");

fn run(log: &str) -> tempfile::TempDir {
    let dir = tempfile::tempdir().expect("a folder");
    fs::write(dir.path().join(run_dir::LOG), log).expect("written");
    dir
}

fn all(dir: &Path) -> Vec<RunFiles> {
    FileOutcome::ALL.into_iter().map(|outcome| files(dir, outcome, "", 0, 500).expect("read")).collect()
}

fn names(dir: &Path) -> BTreeSet<String> {
    fs::read_dir(dir)
        .expect("listed")
        .map(|entry| entry.expect("an entry").file_name().into_string().expect("text"))
        .collect()
}

fn line(level: &str, object: &str, msg: &str, more: &str) -> String {
    let object_type = if object.starts_with("S3 ") { "*s3.Fs" } else { "*s3.Object" };
    let line = serde_json::json!({ "time": "2026-11-23T04:04:31Z", "level": level, "msg": msg, "object": object, "objectType": object_type });
    format!("{}{more}}}\n", line.to_string().trim_end_matches('}'))
}

#[test]
fn a_report_says_what_the_log_said_and_only_it_stays() {
    let dir = run(ERRORS);
    let dir = dir.path();
    let (before, finish) = (all(dir), finish(dir));
    let report = conclude(dir).expect("concluded");
    assert_eq!(all(dir), before);
    assert_eq!((report.counts.copied, report.counts.failed, report.log_truncated), (4, 1, false));
    assert_eq!(report.finish, finish);
    assert_eq!(super::finish(dir), finish);
    assert_eq!(names(dir), ["report".to_owned()].into());
    assert_eq!(fs::read_to_string(report::folder(dir).join(run_dir::LOG)).expect("kept"), ERRORS);
    assert_eq!(conclude(dir).expect("again"), report);
    assert_eq!(
        series::series(dir).expect("kept").points.last().map(|point| (point.bytes, point.files)),
        Some((12_000_007, 4))
    );
}

#[test]
fn one_that_was_broken_off_is_made_anew_or_finished() {
    let dir = run(ERRORS);
    let dir = dir.path();
    let draft = dir.join(DRAFT);
    fs::create_dir(&draft).expect("a draft");
    fs::write(draft.join("copied.files"), "half").expect("written");
    fs::write(draft.join(run_dir::LOG), "half").expect("written");
    conclude(dir).expect("concluded");
    assert_eq!(names(dir), ["report".to_owned()].into());
    // Broken off after the report was there, and before the log went.
    fs::write(dir.join(run_dir::LOG), ERRORS).expect("written");
    fs::write(dir.join("log-2026-11-24T21-42-43.958.jsonl"), ERRORS).expect("written");
    assert_eq!(conclude(dir).expect("again").counts.copied, 4);
    assert_eq!(names(dir), ["report".to_owned()].into());
    assert!(conclude(&dir.join("none")).is_err());
}

#[test]
fn a_log_that_lacks_a_part_is_said_to() {
    let whole = conclude(run(ERRORS).path()).expect("concluded");
    let lost: String = ERRORS.split_inclusive('\n').filter(|line| !line.contains("\"f2.bin\"")).collect();
    let report = conclude(run(&lost).path()).expect("concluded");
    assert!(report.log_truncated && !whole.log_truncated && report.counts.copied < whole.counts.copied);
    assert_eq!(report.finish, whole.finish, "the figures are rclone's");
    // As many as are kept, and the first statistics are not those of the first second.
    let dir = run(ERRORS);
    let stats = |elapsed: u32| {
        format!("{{\"level\":\"notice\",\"msg\":\"\",\"stats\":{{\"elapsedTime\":{elapsed},\"transferring\":[]}}}}\n")
    };
    for (elapsed, cut) in [(1, false), (60, true)] {
        for n in 0..BACKUPS {
            fs::write(dir.path().join(format!("log-2026-11-24T21-42-4{n}.958.jsonl")), stats(elapsed + n as u32))
                .expect("written");
        }
        fs::write(dir.path().join(run_dir::LOG), ERRORS).expect("written");
        let report = conclude(dir.path()).expect("concluded");
        assert_eq!(report.log_truncated, cut);
        fs::remove_dir_all(report::folder(dir.path())).expect("removed");
    }
}

#[test]
fn what_makes_room_in_a_backup_folder_is_no_outcome_of_its_own() {
    let copied = |name, how: &str| line("info", name, &format!("Copied ({how})"), "");
    // As on a remote that can copy but not move: into the backup folder by copy and delete.
    let log = [
        copied("upd", "server-side copy"),
        copied("old \"name\"", "server-side copy) to: new"),
        line("info", "old \"name\"", "Deleted", ""),
        line("info", "new", "Renamed from \"old \\\"name\\\"\"", ""),
        line("info", "upd", "Deleted", ""),
        copied("upd", "new"),
        copied("gone", "server-side copy"),
        line("info", "gone", "Deleted", ""),
        line("info", "gone", "Moved into backup dir", ""),
        copied("really", "server-side copy"),
        copied("fresh", "new"),
    ];
    let dir = run(&log.concat());
    let plan = serde_json::json!({ "program": "rclone", "args": ["sync", "--backup-dir=b:", "--", "a:", "c:"], "env": [], "umask": 18 });
    fs::write(dir.path().join(run_dir::SPEC), plan.to_string()).expect("written");
    let live = all(dir.path());
    let counts = conclude(dir.path()).expect("concluded").counts;
    assert_eq!((counts.copied, counts.updated, counts.renamed, counts.deleted, counts.moved), (2, 1, 1, 1, 0));
    assert_eq!(all(dir.path()), live);
    assert_eq!(live[3].files[0].was.as_deref(), Some("old \"name\""));
}

#[test]
fn a_failed_file_is_taken_back_by_its_own_success_and_by_nothing_else() {
    let failed = |name| line("error", name, "Failed to copy: permission denied", "");
    let attempt = |text: &str| format!("{{\"level\":\"error\",\"msg\":\"Attempt {text}\"}}\n");
    let first = [
        failed("a"),
        failed("b"),
        failed("c"),
        line("error", "S3 bucket", "not deleting files", ""),
        attempt("1/3 failed with 3 errors"),
    ];
    let second = [failed("a"), line("info", "b", "Copied (new)", "")];
    let counts = |log: String| conclude(run(&log).path()).expect("concluded").counts;
    let broken_off = counts([&first[..], &second[..]].concat().concat());
    assert_eq!((broken_off.failed, broken_off.copied), (2, 1));
    let whole =
        counts([&first[..], &second[..], &[attempt("2/3 failed with 1 errors"), failed("a")]].concat().concat());
    assert_eq!((whole.failed, whole.copied), (2, 1), "c was not said again, and not seen to succeed either");
    // The last attempt found nothing to do: the source is empty. Nobody knows what became of a and c.
    let dir = run(&[&first[..], &second[..1], &[attempt("2/3 succeeded")]].concat().concat());
    let report = conclude(dir.path()).expect("concluded");
    assert_eq!((report.counts.failed, report.notes.attempts), (3, 2));
    assert_eq!(BTreeSet::from_iter(report.unconfirmed), ["a", "b", "c"].map(str::to_owned).into());
    // Somebody looked: a and c are there.
    for _ in 0..2 {
        clear(dir.path(), &["a", "c"].map(str::to_owned).into()).expect("cleared");
        let report = conclude(dir.path()).expect("again");
        assert_eq!((report.counts.failed, report.unconfirmed), (1, vec!["b".to_owned()]));
        let page = files(dir.path(), FileOutcome::Failed, "", 0, 9).expect("read");
        assert_eq!(page.files.iter().map(|file| file.name.as_str()).collect::<Vec<_>>(), ["b"]);
    }
}

#[test]
fn a_folder_that_was_listed_in_the_end_has_not_failed() {
    let folder = "{\"level\":\"error\",\"msg\":\"error reading source directory: timeout\",\"object\":\"sub\",\"objectType\":\"string\"}\n";
    let attempt = |text: &str| format!("{{\"level\":\"error\",\"msg\":\"Attempt {text}\"}}\n");
    let report = |log: String| conclude(run(&log).path()).expect("concluded").counts.failed;
    let first = [folder.to_owned(), attempt("1/3 failed with 1 errors")].concat();
    assert_eq!(report(first.clone()), 1, "it may still fail");
    assert_eq!(report([first.clone(), attempt("2/3 succeeded")].concat()), 0);
    assert_eq!(report([first, folder.to_owned(), attempt("2/3 failed with 1 errors")].concat()), 1);
}

#[test]
fn each_file_of_a_name_that_is_there_twice_is_counted_also_when_one_of_them_is_copied() {
    let twin = |side: &str| line("notice", "a.txt", &format!("Duplicate object found in {side} - ignoring"), "");
    let attempt = |text: &str| format!("{{\"level\":\"error\",\"msg\":\"Attempt {text}\"}}\n");
    let copied = line("info", "a.txt", "Copied (new)", ",\"size\":3");
    let once = [twin("source"), twin("source"), twin("destination"), copied].concat();
    for log in
        [once.clone(), [once.clone(), attempt("1/3 failed with 1 errors"), once, attempt("2/3 succeeded")].concat()]
    {
        let report = conclude(run(&log).path()).expect("concluded");
        assert_eq!((report.counts.skipped, report.counts.copied), (3, 1), "{log}");
        assert_eq!(report.notes.duplicates, Duplicates { source: 2, destination: 1, folders: 0 });
        assert_eq!((report.tally.files, report.tally.bytes), (1, 3), "a second attempt writes no other file");
    }
}

#[test]
fn a_move_is_a_move_whether_the_provider_can_or_it_is_copied_and_deleted() {
    let size = ",\"size\":3";
    let log = [
        line("info", "far", "Copied (new)", size),
        line("info", "far", "Deleted", ""),
        // Something was in its way.
        line("info", "near", "Deleted", ""),
        line("info", "near", "Moved (server-side)", ""),
        // It is there already.
        line("info", "same", "Deleted", ""),
        // It could not be deleted where it was.
        line("info", "stuck", "Copied (new)", size),
        line("error", "stuck", "Couldn't delete: permission denied", ""),
    ];
    let dir = run(&log.concat());
    let plan = serde_json::json!({ "program": "rclone", "args": ["move", "--", "a:", "c:"], "env": [], "umask": 18 });
    fs::write(dir.path().join(run_dir::SPEC), plan.to_string()).expect("written");
    let live = all(dir.path());
    let report = conclude(dir.path()).expect("concluded");
    let Counts { moved, copied, deleted, failed, .. } = report.counts;
    assert_eq!((moved, copied, deleted, failed), (2, 1, 1, 1));
    assert_eq!(report.tally, Tally { files: 3, bytes: 6, unsized_files: 1, removed: 3 });
    assert_eq!(all(dir.path()), live);
}

#[test]
fn what_has_no_size_before_it_is_read_is_one_file_and_no_line_is_lost() {
    let log = [
        line("info", "doc", "Copied (Rcat, new)", ",\"size\":-1"),
        "{\"level\":\"info\",\"msg\":\"\",\"stats\":{\"transfers\":2,\"bytes\":9}}\n".to_owned(),
    ];
    let report = conclude(run(&log.concat()).path()).expect("concluded");
    assert!(!report.log_truncated);
    assert_eq!(report.tally, Tally { files: 1, bytes: 0, unsized_files: 1, removed: 0 });
}

#[test]
fn a_comparison_is_read_from_what_it_found() {
    let dir = run(&[
        line("error", "b", "sizes differ", ""),
        line("error", "locked", "failed to open \"locked\": permission denied", ""),
        line("notice", "link", "Can't follow symlink without -L/--copy-links", ""),
        line("notice", "link", "Can't follow symlink without -L/--copy-links", ""),
    ]
    .concat());
    let dir = dir.path();
    fs::write(dir.join(run_dir::COMBINED), "= a\n* b\n+ bad␊<img onerror>\n- only\n! locked\n! silent\n? what\n=\n\nx")
        .expect("written");
    let live = all(dir);
    let counts = conclude(dir).expect("concluded").counts;
    let found = FileOutcome::ALL.map(|outcome| counts.get(outcome));
    assert_eq!(found, [0, 0, 0, 0, 0, 1, 2, 1, 1, 1, 1]);
    let concluded = all(dir);
    assert_eq!(concluded, live);
    assert_eq!(concluded[9].files[0].name, "bad␊<img onerror>");
    let reasons: Vec<_> = concluded[6].files.iter().map(|file| (file.name.as_str(), file.error.is_some())).collect();
    assert_eq!(BTreeSet::from_iter(reasons), [("locked", true), ("silent", false)].into());
    assert_eq!(names(dir), ["report".to_owned()].into());
}

#[test]
fn garbage_in_a_log_is_no_end() {
    let long = "x".repeat(4000);
    let mut log = line("info", &long, "Copied (new)", "").into_bytes();
    log.extend(b"\xff\xfe\n{\"object\":\n{\"object\":3}\n{\"stats\":{\"bytes\":\"x\"}}\n[]\n\n{\"object\":\"a\",\"level\":\"info\",\"msg\":\"Renamed from \\\"\"}\n");
    log.extend(line("info", "<img onerror>", "Copied (new)", ",\"size\":-1").into_bytes());
    let dir = tempfile::tempdir().expect("a folder");
    fs::write(dir.path().join(run_dir::LOG), log).expect("written");
    let report = conclude(dir.path()).expect("concluded");
    assert_eq!((report.counts.copied, report.counts.renamed), (2, 1));
    let page = files(dir.path(), FileOutcome::Copied, "<IMG", 0, 1).expect("read");
    assert_eq!((page.matched, page.files[0].size), (1, None));
}
