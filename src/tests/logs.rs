//! What is kept of a run, against the real rclone: every file that rclone touched, and as many as it counted.

use std::{
    collections::BTreeSet,
    fs,
    os::unix::{
        fs::{PermissionsExt as _, symlink},
        process::CommandExt as _,
    },
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use longshore::{
    domain::{
        location::Location,
        operation::Operation,
        run::files::{Counts, FileOutcome, RunFile},
        transfer::TransferOptions,
    },
    server::rclone::{
        log,
        program::{run_dir, sandbox::Reach, spec::RunSpec},
        run::{command, transfer::Transfer},
    },
};
use serde_json::Value;
use tempfile::TempDir;

use super::support::{rclone_path, tree, write};

/// Two trees, and a run between them.
struct Yard {
    dir: TempDir,
}

/// What rclone counted in the end.
#[derive(Debug)]
struct Counted {
    transfers: u64,
    deletes: u64,
    renames: u64,
    errors: u64,
}

impl Yard {
    fn new() -> Self {
        let dir = tempfile::tempdir().expect("a folder");
        for name in ["a", "b", "run"] {
            fs::create_dir(dir.path().join(name)).expect("a folder");
        }
        fs::write(dir.path().join("rclone.conf"), "").expect("written");
        // Also for users other than root.
        for name in ["", "a", "b", "run"] {
            fs::set_permissions(dir.path().join(name), fs::Permissions::from_mode(0o777)).expect("opened");
        }
        Self { dir }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn run_dir(&self) -> PathBuf {
        self.path("run")
    }

    fn write(&self, name: &str, content: &str) {
        write(self.dir.path(), name, content.as_bytes());
    }

    /// Runs it as the console would, with more flags, to its end. What rclone counted.
    fn run(&self, operation: Operation, flags: &[&str]) -> Counted {
        self.run_as(operation, flags, |command| command)
    }

    fn run_as(
        &self,
        operation: Operation,
        flags: &[&str],
        adapt: impl FnOnce(&mut Command) -> &mut Command,
    ) -> Counted {
        let at = |name: &str| Location::parse(self.path(name).to_str().expect("text")).expect("a location");
        let destination = operation.has_destination().then(|| at("b"));
        let transfer = Transfer { operation, source: at("a"), destination, options: TransferOptions::default() };
        let mut args =
            command::transfer(&transfer, &self.path("rclone.conf"), &self.run_dir(), &self.path("bisync"), None);
        let end = args.iter().position(|arg| arg == "--").expect("--");
        // A socket of its own, since nobody hands it one. A later flag counts.
        let socket = format!("--rc-addr=unix://{}", self.run_dir().join("rc.sock").display());
        args.splice(end..end, [socket.as_str(), "--retries-sleep=10ms"].iter().chain(flags).map(Into::into));
        self.begin(args, adapt)
    }

    fn begin(&self, args: Vec<std::ffi::OsString>, adapt: impl FnOnce(&mut Command) -> &mut Command) -> Counted {
        let mut command = Command::new(rclone_path());
        command.args(&args).env_clear().stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        adapt(&mut command).status().expect("rclone");
        let spec = RunSpec {
            program: rclone_path(),
            args: args.into_iter().map(Into::into).collect(),
            env: Vec::new(),
            umask: 0o22,
            grace_secs: 10,
            reach: Reach::older(),
            // As an older Longshore wrote it: what kind of run it is, is in the arguments alone.
            operation: None,
            backup: false,
            workdir: None,
        };
        fs::write(self.run_dir().join("run.json"), serde_json::to_vec(&spec).expect("JSON")).expect("written");
        let text = fs::read_to_string(self.run_dir().join(run_dir::LOG)).expect("a log");
        let stats = text.lines().rev().filter_map(|line| serde_json::from_str::<Value>(line).ok()).find_map(|line| {
            let stats = line.get("stats")?;
            let count = |name: &str| stats[name].as_u64().expect("a count");
            Some(Counted {
                transfers: count("transfers"),
                deletes: count("deletes"),
                renames: count("renames"),
                errors: count("errors"),
            })
        });
        stats.unwrap_or_else(|| panic!("no statistics: {}", &text[text.len().saturating_sub(2000)..]))
    }

    /// What is said while the run goes on and what is kept are the same; that.
    fn conclude(&self) -> (Counts, Vec<RunFile>) {
        let live: Vec<_> = self.files().into_iter().collect();
        let report = log::conclude(&self.run_dir()).expect("concluded");
        assert!(!report.log_truncated, "{report:?}");
        let kept = self.files();
        assert_eq!(kept, live);
        for outcome in FileOutcome::ALL {
            let named = kept.iter().filter(|file| file.outcome == outcome).count();
            assert_eq!(report.counts.get(outcome), named as u64, "{}", outcome.as_str());
        }
        assert!(!self.run_dir().join(run_dir::LOG).exists(), "the log went");
        (report.counts, kept)
    }

    fn files(&self) -> Vec<RunFile> {
        let read = |outcome| log::files(&self.run_dir(), outcome, "", 0, 500).expect("read").files;
        FileOutcome::ALL.into_iter().flat_map(read).collect()
    }
}

fn names(files: &[RunFile], outcome: FileOutcome) -> BTreeSet<&str> {
    files.iter().filter(|file| file.outcome == outcome).map(|file| file.name.as_str()).collect()
}

fn set<const N: usize>(names: [&str; N]) -> BTreeSet<&str> {
    names.into()
}

const HOSTILE: &str = "ünï \"q\" <img onerror=x>";

/// New, changed, same, gone and renamed files, a link and a pipe.
fn both() -> Yard {
    let yard = Yard::new();
    for name in ["a/new", "a/sub/new too", &format!("a/{HOSTILE}")] {
        yard.write(name, "new");
    }
    yard.write("a/line\nbreak", "new");
    yard.write("a/changed", "after, and longer");
    yard.write("b/changed", "before");
    yard.write("b/gone", "gone");
    yard.write("b/sub/gone", "gone");
    yard.write("b/old \"name\"", "the only one with this content");
    let copied =
        Command::new("cp").arg("-p").arg(yard.path("b/old \"name\"")).arg(yard.path("a/its new name")).status();
    assert!(copied.expect("cp").success());
    yard.write("b/same", "same");
    assert!(
        Command::new("cp").arg("-p").arg(yard.path("b/same")).arg(yard.path("a/same")).status().expect("cp").success()
    );
    symlink("/etc/hostname", yard.path("a/link")).expect("a link");
    assert!(Command::new("mkfifo").arg(yard.path("a/pipe")).status().expect("mkfifo").success());
    yard
}

#[test]
fn a_sync_is_told_file_by_file_and_as_rclone_counts() {
    let yard = both();
    let counted = yard.run(Operation::Sync, &["--track-renames"]);
    let (counts, files) = yard.conclude();
    assert_eq!(names(&files, FileOutcome::Copied), set(["new", "sub/new too", HOSTILE, "line␊break"]));
    assert_eq!(names(&files, FileOutcome::Updated), set(["changed"]));
    assert_eq!(names(&files, FileOutcome::Deleted), set(["gone", "sub/gone"]));
    assert_eq!(names(&files, FileOutcome::Renamed), set(["its new name"]));
    assert_eq!(names(&files, FileOutcome::Skipped), set(["link", "pipe"]));
    let renamed = files.iter().find(|file| file.outcome == FileOutcome::Renamed).expect("renamed");
    assert_eq!(renamed.was.as_deref(), Some("old \"name\""));
    assert!(files.iter().filter(|file| file.outcome == FileOutcome::Skipped).all(|file| file.error.is_some()));
    assert!(files.iter().all(|file| file.at.0 > 0));
    assert_eq!((counted.transfers, counted.deletes), (counts.copied + counts.updated, counts.deleted), "{counted:?}");
    assert_eq!((counted.renames, counted.errors), (counts.renamed, counts.failed), "{counted:?}");
}

#[test]
fn a_dry_run_tells_what_would_be_done_and_does_none_of_it() {
    let yard = both();
    let before = tree(&yard.path("b"));
    let counted = yard.run(Operation::Sync, &["--track-renames", "--dry-run"]);
    let (counts, files) = yard.conclude();
    assert!(tree(&yard.path("b")) == before);
    // rclone does not say what would replace another.
    assert_eq!(names(&files, FileOutcome::Copied), set(["new", "sub/new too", HOSTILE, "line␊break", "changed"]));
    assert_eq!(names(&files, FileOutcome::Deleted), set(["gone", "sub/gone"]));
    assert_eq!(names(&files, FileOutcome::Renamed), set(["its new name"]));
    assert_eq!(
        (counted.transfers, counted.deletes, counted.renames),
        (counts.copied, counts.deleted, counts.renamed),
        "{counted:?}"
    );
}

#[test]
fn what_goes_to_a_backup_folder_is_deleted_or_updated() {
    for suffix in [&[][..], &["--suffix=.bak"]] {
        for dry in [&[][..], &["--dry-run"]] {
            let yard = both();
            let backup = format!("--backup-dir={}", yard.path("bak").display());
            let counted = yard.run(Operation::Sync, &[&[backup.as_str()], suffix, dry].concat());
            let (counts, files) = yard.conclude();
            assert_eq!(names(&files, FileOutcome::Updated), set(["changed"]), "{suffix:?} {dry:?}");
            assert_eq!(names(&files, FileOutcome::Deleted), set(["gone", "sub/gone", "old \"name\""]));
            let new = set(["new", "sub/new too", HOSTILE, "line␊break", "its new name"]);
            assert_eq!(names(&files, FileOutcome::Copied), new);
            assert_eq!((counts.moved, counts.renamed), (0, 0));
            assert_eq!(
                (counted.transfers, counted.deletes),
                (counts.copied + counts.updated, counts.deleted),
                "{counted:?}"
            );
            if dry.is_empty() {
                assert_eq!(counted.renames, counts.deleted + counts.updated, "each was moved away: {counted:?}");
            }
        }
    }
}

#[test]
fn what_is_moved_where_it_lies_and_what_is_deleted_is_told() {
    let yard = Yard::new();
    ["a/x", "a/y", "a/sub/z"].iter().for_each(|name| yard.write(name, "content"));
    let counted = yard.run(Operation::Move, &[]);
    let (counts, files) = yard.conclude();
    assert_eq!(names(&files, FileOutcome::Moved), set(["x", "y", "sub/z"]));
    assert_eq!(
        (counted.transfers, counted.renames, counted.deletes),
        (counts.moved, counts.moved, counts.deleted),
        "{counted:?}"
    );

    let yard = Yard::new();
    ["a/x", "a/sub/z"].iter().for_each(|name| yard.write(name, "content"));
    let counted = yard.run(Operation::Delete, &[]);
    let (counts, files) = yard.conclude();
    assert_eq!(names(&files, FileOutcome::Deleted), set(["x", "sub/z"]));
    assert_eq!((counted.transfers, counted.deletes), (0, counts.deleted), "{counted:?}");
}

#[test]
fn what_may_not_be_read_fails_once_over_all_attempts_and_the_rest_is_copied() {
    let yard = Yard::new();
    for n in 0..30 {
        yard.write(&format!("a/f{n}"), "content");
    }
    for n in [3, 7, 20] {
        fs::set_permissions(yard.path(&format!("a/f{n}")), fs::Permissions::from_mode(0o000)).expect("closed");
    }
    let root = rustix::process::getuid().is_root();
    let counted =
        yard.run_as(
            Operation::Copy,
            &["--no-update-dir-modtime"],
            |command| if root { command.uid(65_534) } else { command },
        );
    let (counts, files) = yard.conclude();
    assert_eq!(names(&files, FileOutcome::Failed), set(["f3", "f7", "f20"]));
    assert!(
        files
            .iter()
            .filter(|file| file.outcome == FileOutcome::Failed)
            .all(|file| { file.error.as_deref().is_some_and(|error| error == "Permission was denied.") })
    );
    assert_eq!((counts.copied, counts.failed), (27, 3));
    assert_eq!((counted.transfers, counted.errors), (counts.copied, counts.failed), "{counted:?}");
}

#[test]
fn what_a_later_attempt_takes_did_not_fail() {
    let yard = Yard::new();
    ["a/x", "a/y"].iter().for_each(|name| yard.write(name, "content"));
    // A folder in the way, until the first attempt has failed.
    fs::create_dir_all(yard.path("b/x/child")).expect("a folder");
    let (log, folder) = (yard.run_dir().join(run_dir::LOG), yard.path("b/x"));
    let clear = std::thread::spawn(move || {
        let failed = || fs::read_to_string(&log).is_ok_and(|text| text.contains("Attempt 1/"));
        while !failed() {
            std::thread::yield_now();
        }
        fs::remove_dir_all(folder).expect("cleared");
    });
    let counted = yard.run(Operation::Copy, &["--retries=50", "--retries-sleep=200ms"]);
    clear.join().expect("cleared");
    let (counts, files) = yard.conclude();
    assert_eq!(names(&files, FileOutcome::Copied), set(["x", "y"]));
    assert_eq!((counted.transfers, counted.errors, counts.failed), (2, 0, 0), "{counted:?}");
}

#[test]
fn a_comparison_is_told_file_by_file() {
    let yard = both();
    let combined = yard.run_dir().join(run_dir::COMBINED);
    let conf = yard.path("rclone.conf");
    let args = ["check", "--config", conf.to_str().expect("text"), "--use-json-log", "--log-level=INFO", "--stats=1s"];
    let mut args: Vec<std::ffi::OsString> = args.map(Into::into).to_vec();
    args.extend(["--stats-log-level=NOTICE".into(), "--log-file".into(), yard.run_dir().join(run_dir::LOG).into()]);
    args.extend(["--combined".into(), combined.into(), "--".into(), yard.path("a").into(), yard.path("b").into()]);
    yard.begin(args, |command| command);
    let (_, files) = yard.conclude();
    assert_eq!(names(&files, FileOutcome::Matched), set(["same"]));
    assert_eq!(names(&files, FileOutcome::Differs), set(["changed"]));
    let only_here = set(["new", "sub/new too", HOSTILE, "line␊break", "its new name"]);
    assert_eq!(names(&files, FileOutcome::MissingOnDestination), only_here);
    assert_eq!(names(&files, FileOutcome::MissingOnSource), set(["gone", "sub/gone", "old \"name\""]));
    assert_eq!(names(&files, FileOutcome::Skipped), set(["link", "pipe"]));
    assert_eq!(names(&files, FileOutcome::Failed), set([]));
}

#[test]
fn a_log_that_rclone_sets_aside_is_read_whole_and_one_that_it_dropped_a_part_of_says_so() {
    let count = 2500_u64;
    let yard = Yard::new();
    let long = ["n".repeat(200), "n".repeat(200), "n".repeat(200), "n".repeat(200)].join("/");
    for n in 0..count {
        yard.write(&format!("a/{long}{n}"), "");
    }
    let counted = yard.run(Operation::Copy, &["--log-file-max-size=1M"]);
    let aside = |dir: &Path| {
        fs::read_dir(dir)
            .expect("listed")
            .filter(|entry| entry.as_ref().is_ok_and(|entry| entry.file_name().to_string_lossy().starts_with("log-")))
            .count()
    };
    assert!(aside(&yard.run_dir()) >= 2, "rclone set files aside");
    let report = log::conclude(&yard.run_dir()).expect("concluded");
    assert_eq!((report.counts.copied, counted.transfers, report.log_truncated), (count, count, false));
    assert_eq!(aside(&yard.run_dir()), 0);

    fs::remove_dir_all(yard.path("b")).expect("removed");
    fs::remove_dir_all(yard.run_dir()).expect("removed");
    fs::create_dir(yard.run_dir()).expect("a folder");
    let counted = yard.run(Operation::Copy, &["--log-file-max-size=1M", "--log-file-max-backups=1"]);
    let report = log::conclude(&yard.run_dir()).expect("concluded");
    assert!(report.log_truncated && report.counts.copied < count, "{report:?}");
    assert_eq!(counted.transfers, count);
    assert_eq!(report.finish.stats.map(|stats| stats.files), Some(count), "the figures are rclone's");
}
