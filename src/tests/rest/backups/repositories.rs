//! What other programs back up into: repositories of Borg and restic, synced to a bucket and back, and read whole there
//! by the program that made them.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use reqwest::StatusCode;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::{call, configure};
use crate::support::{Console, S3, program, tree, write};

/// A backup program with a home of its own.
struct Tool {
    program: PathBuf,
    home: TempDir,
    environment: Vec<(&'static str, &'static str)>,
}

impl Tool {
    fn find(name: &str, package: &str, environment: &[(&'static str, &'static str)]) -> Option<Self> {
        Some(Self {
            program: program(name, package)?,
            home: tempfile::tempdir().expect("a folder"),
            environment: environment.to_vec(),
        })
    }

    /// Runs it in `dir` to its end, which has to be a good one.
    fn run(&self, dir: &Path, args: &[&str]) {
        let mut command = Command::new(&self.program);
        command
            .args(args)
            .current_dir(dir)
            .env_clear()
            .envs(self.environment.iter().copied())
            .env("HOME", self.home.path());
        let output = command.env("PATH", "/usr/bin:/bin").env("LANG", "C.UTF-8").output().expect("starts");
        let said = [output.stdout, output.stderr].map(|text| String::from_utf8_lossy(&text).into_owned()).concat();
        assert!(output.status.success(), "{args:?}: {said}");
    }
}

/// What is backed up: text that repeats, bytes that do not, nothing at all, and names of all kinds.
fn fill(dir: &Path) {
    let mut state = 1u32;
    let mut noise = |len: usize| -> Vec<u8> {
        let next = |state: &mut u32| {
            *state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            state.to_be_bytes()[0]
        };
        (0..len).map(|_| next(&mut state)).collect()
    };
    for n in 0..60 {
        write(
            dir,
            &format!("notes/{:02}/note {n}.txt", n % 7),
            format!("note {n}: wie schön\n").repeat(n * 20).as_bytes(),
        );
    }
    for (name, len) in
        [("photos/été.raw", 1 << 20), ("photos/👪.jpg", 300_001), ("empty", 0), (".hidden/-x", 17), ("one", 1)]
    {
        write(dir, name, &noise(len));
    }
}

/// Something new, something other, something gone.
fn change(dir: &Path) {
    write(dir, "notes/new.txt", b"written later");
    write(dir, "photos/\u{1f46a}.jpg", b"smaller now");
    fs::remove_file(dir.join("one")).expect("removed");
}

async fn sync(console: &Console, source: &str, destination: &str) -> Value {
    let stats = call(console, "sync", json!({ "source": source, "destination": destination }), StatusCode::OK).await;
    assert_eq!((&stats["status"], &stats["errors"]), (&json!("succeeded"), &json!(0)), "{stats}");
    stats
}

/// Takes the repository from the bucket into a new folder, makes sure that it is the same, and throws the first one
/// away.
async fn fetch(console: &Console, s3: &S3) -> String {
    let (repository, fetched) = (console.root().join("repository"), console.path("fetched"));
    sync(console, "store:bucket/repository", &fetched).await;
    assert!(tree(&repository) == tree(Path::new(&fetched)), "the repository is not what it was");
    assert!(tree(&repository) == tree(&s3.dir.path().join("bucket/repository")), "nor is it in the bucket");
    fs::remove_dir_all(repository).expect("removed");
    fetched
}

#[tokio::test]
async fn a_borg_repository_comes_back_whole_from_a_bucket() {
    let environment = [
        ("BORG_PASSPHRASE", "a passphrase of the test"),
        ("BORG_RELOCATED_REPO_ACCESS_IS_OK", "yes"),
        ("BORG_DISPLAY_PASSPHRASE", "no"),
    ];
    let Some(borg) = Tool::find("borg", "borgbackup", &environment) else { return };
    let (console, s3) = (Console::start(), S3::start());
    configure(&console, "store", "s3", s3.config()).await;
    let (files, repository) = (console.root().join("files"), console.path("repository"));
    fill(&files);
    borg.run(&console.root(), &["init", "--encryption=repokey-blake2", &repository]);
    borg.run(&files, &["create", &format!("{repository}::first"), "."]);
    sync(&console, &repository, "store:bucket/repository").await;
    let first = tree(&files);
    change(&files);
    borg.run(&files, &["create", &format!("{repository}::second"), "."]);
    let again = sync(&console, &repository, "store:bucket/repository").await;
    // Borg writes new index files and removes the old ones.
    assert!(again["files_deleted"].as_u64() > Some(0) && again["files_transferred"].as_u64() > Some(0), "{again}");

    let fetched = fetch(&console, &s3).await;
    borg.run(&console.root(), &["check", "--verify-data", &fetched]);
    for (archive, expected) in [("first", &first), ("second", &tree(&files))] {
        let out = tempfile::tempdir().expect("a folder");
        borg.run(out.path(), &["extract", &format!("{fetched}::{archive}")]);
        assert!(tree(out.path()) == *expected, "{archive} differs");
    }
}

#[tokio::test]
async fn a_restic_repository_comes_back_whole_from_a_bucket() {
    let environment = [("RESTIC_PASSWORD", "a password of the test"), ("RESTIC_PROGRESS_FPS", "0")];
    let Some(restic) = Tool::find("restic", "restic", &environment) else { return };
    let (console, s3) = (Console::start(), S3::start());
    configure(&console, "store", "s3", s3.config()).await;
    let (files, repository) = (console.root().join("files"), console.path("repository"));
    fill(&files);
    restic.run(&console.root(), &["init", "--repo", &repository]);
    restic.run(&files, &["backup", "--repo", &repository, "--tag", "first", "."]);
    sync(&console, &repository, "store:bucket/repository").await;
    let first = tree(&files);
    change(&files);
    restic.run(&files, &["backup", "--repo", &repository, "--tag", "second", "."]);
    let again = sync(&console, &repository, "store:bucket/repository").await;
    // restic only adds.
    assert!(again["files_deleted"] == 0 && again["files_transferred"].as_u64() > Some(0), "{again}");

    let fetched = fetch(&console, &s3).await;
    restic.run(&console.root(), &["check", "--read-data", "--repo", &fetched]);
    for (tag, expected) in [("first", &first), ("second", &tree(&files))] {
        let out = tempfile::tempdir().expect("a folder");
        restic.run(out.path(), &["restore", "latest", "--tag", tag, "--repo", &fetched, "--target", "."]);
        assert!(tree(out.path()) == *expected, "{tag} differs");
    }
}
