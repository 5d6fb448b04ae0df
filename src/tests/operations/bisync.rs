//! A bisync carries changes both ways, keeps what conflicts, says what to do the first time, and survives being killed
//! and stopped.

use std::{
    fs,
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::support::{Console, kill, tree, write};

/// What a resync is.
fn resync() -> Value {
    json!({ "flags": { "resync": true } })
}

impl Console {
    async fn bisync(&self, options: Value) -> Value {
        self.operated("bisync", "one", "two", options).await
    }

    async fn good(&self, options: Value) -> Value {
        let run = self.bisync(options).await;
        assert!(run["state"] == "succeeded" || run["state"] == "no_change", "{run}");
        run
    }

    fn sides(&self) -> (PathBuf, PathBuf) {
        (self.root().join("one"), self.root().join("two"))
    }

    /// Whether both sides hold these files and no others.
    fn both_hold(&self, names: &[&str]) {
        let (one, two) = self.sides();
        let found: Vec<_> = tree(&one).into_keys().collect();
        assert_eq!(found, names.iter().map(PathBuf::from).collect::<Vec<_>>());
        assert!(tree(&one) == tree(&two), "the sides differ: {:?}", tree(&two).keys());
    }

    /// The folder in which the one pair is remembered.
    fn remembered(&self) -> PathBuf {
        let mut pairs =
            fs::read_dir(self.data().join("bisync")).expect("there").map(|entry| entry.expect("an entry").path());
        let pair = pairs.next().expect("a pair");
        assert_eq!(pairs.next(), None, "one pair");
        pair
    }

    /// A bisync that would take minutes, under way; its id and its rclone's process id.
    async fn slow_bisync(&self, flags: Value) -> (String, i32) {
        write(&self.root(), "one/big", &vec![7; 20 << 20]);
        let id = self.operate("bisync", "one", "two", json!({ "bwlimit": "300k", "flags": flags })).await;
        self.run_until(&id, "bytes flow", |run| run["stats"]["bytes"].as_u64() > Some(0)).await;
        let rclone = self.processes(&id).into_iter().find(|(_, line)| line.contains(" bisync "));
        (id, rclone.expect("its rclone").0)
    }
}

#[tokio::test]
async fn the_first_run_is_refused_with_what_to_do_and_then_both_sides_converge() {
    let console = Console::start();
    for name in ["one/a", "one/gone", "one/changed", "two/b"] {
        write(&console.root(), name, b"before");
    }
    let first = console.bisync(json!({})).await;
    assert_eq!((&first["state"], &first["exit_code"]), (&json!("failed"), &json!(7)), "{first}");
    let words = first["error"].as_str().expect("words");
    assert!(words.starts_with("This pair was never synced. Run it once with resync:"), "{words}");

    let dry = console.good(json!({ "dry_run": true, "flags": { "resync": true } })).await;
    assert_eq!(dry["dry_run"], true);
    assert!(!console.sides().1.join("a").exists(), "a dry run changes nothing");
    console.good(resync()).await;
    console.both_hold(&["a", "b", "changed", "gone"]);

    write(&console.root(), "one/new of one", b"1");
    write(&console.root(), "two/changed", b"after, and longer");
    write(&console.root(), "two/deep/new of two", b"2");
    fs::remove_file(console.root().join("two/gone")).expect("deleted");
    let run = console.good(json!({})).await;
    console.both_hold(&["a", "b", "changed", "deep/new of two", "new of one"]);
    assert_eq!(fs::read(console.root().join("one/changed")).expect("read"), b"after, and longer");
    assert_eq!((&run["stats"]["files"], &run["stats"]["deletes"]), (&json!(3), &json!(1)), "{run}");
    let command = run["command"].as_str().expect("a command line");
    assert_eq!(command, format!("rclone bisync -- {} {}", console.path("one"), console.path("two")));
}

#[tokio::test]
async fn a_folder_that_does_not_exist_is_named_even_to_a_resync() {
    let console = Console::start();
    write(&console.root(), "one/a", b"before");
    let run = console.bisync(resync()).await;
    assert!(
        run["error"].as_str().expect("words").starts_with("The destination does not exist. Nothing was changed."),
        "{run}"
    );
    assert_eq!(
        (&run["state"], &run["guard_report"]["reason"]),
        (&json!("blocked"), &json!("destination_missing")),
        "{run}"
    );
    fs::create_dir(console.root().join("two")).expect("made");
    console.good(resync()).await;
    console.both_hold(&["a"]);
}

#[tokio::test]
async fn what_changed_on_both_sides_is_kept() {
    let console = Console::start();
    for name in ["one/a", "one/still"] {
        write(&console.root(), name, b"before");
    }
    fs::create_dir(console.root().join("two")).expect("made");
    console.good(resync()).await;
    write(&console.root(), "one/a", b"of one");
    write(&console.root(), "two/a", b"of two, and longer");
    console.good(json!({})).await;
    console.both_hold(&["a.conflict1", "a.conflict2", "still"]);
    assert_eq!(fs::read(console.root().join("two/a.conflict1")).expect("read"), b"of one");

    write(&console.root(), "one/a.conflict1", b"larger: this one wins");
    write(&console.root(), "two/a.conflict1", b"smaller");
    console
        .good(json!({ "flags": { "conflict_resolve": "larger", "conflict_loser": "num", "conflict_suffix": "loser" } }))
        .await;
    console.both_hold(&["a.conflict1", "a.conflict1.loser1", "a.conflict2", "still"]);
    assert_eq!(fs::read(console.root().join("two/a.conflict1")).expect("read"), b"larger: this one wins");
    assert_eq!(fs::read(console.root().join("one/a.conflict1.loser1")).expect("read"), b"smaller");
}

#[tokio::test]
async fn a_bisync_that_is_killed_heals_with_the_next_run() {
    let console = Console::start();
    write(&console.root(), "one/a", b"a");
    fs::create_dir(console.root().join("two")).expect("made");
    console.good(resync()).await;
    let (id, rclone) = console.slow_bisync(json!({})).await;
    write(&console.root(), "two/b", b"b");
    kill(rclone);
    let run = console.ended(&id).await;
    assert_eq!((&run["state"], &run["signal"]), (&json!("failed"), &json!("SIGKILL")), "{run}");
    let locks = || {
        fs::read_dir(console.remembered())
            .expect("there")
            .filter(|entry| is_lock(&entry.as_ref().expect("an entry").path()))
            .count()
    };
    assert_eq!(locks(), 1, "its lock is still there");
    console.good(json!({})).await;
    // What was half written is nobody's file.
    console.both_hold(&["a", "b", "big"]);
    assert_eq!(locks(), 0);
}

fn is_lock(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "lck")
}

#[tokio::test]
async fn a_resync_that_is_killed_is_told_and_done_again() {
    let console = Console::start();
    write(&console.root(), "one/a", b"a");
    write(&console.root(), "two/b", b"b");
    let (id, rclone) = console.slow_bisync(json!({ "resync": true })).await;
    kill(rclone);
    assert_eq!(console.ended(&id).await["signal"], "SIGKILL");
    let told = console.bisync(json!({})).await;
    assert!(told["error"].as_str().is_some_and(|words| words.contains("Run it once with resync")), "{told}");
    console.good(resync()).await;
    console.both_hold(&["a", "b", "big"]);
}

#[tokio::test]
async fn what_rclone_gave_up_on_is_told_with_what_to_do() {
    let console = Console::start();
    write(&console.root(), "one/a", b"a");
    fs::create_dir(console.root().join("two")).expect("made");
    console.good(resync()).await;
    for entry in fs::read_dir(console.remembered()).expect("there") {
        let path = entry.expect("an entry").path();
        if path.extension().is_some_and(|extension| extension == "lst") {
            fs::rename(&path, path.with_extension("lst-err")).expect("renamed");
        }
    }
    let run = console.bisync(json!({})).await;
    let words = run["error"].as_str().expect("words");
    assert!(words.starts_with("An earlier run of this pair broke off") && words.contains("with resync"), "{words}");
    console.good(resync()).await;

    fs::remove_file(console.root().join("one/a")).expect("deleted");
    let run = console.bisync(json!({})).await;
    assert!(run["error"].as_str().is_some_and(|words| words.starts_with("The source is empty")), "{run}");
    assert!(console.root().join("two/a").exists());
}

#[tokio::test]
async fn a_side_that_changed_altogether_or_is_not_the_one_that_it_was_is_left_alone() {
    let console = Console::start();
    write(&console.root(), "one/a", b"a");
    fs::create_dir(console.root().join("two")).expect("made");
    console.good(resync()).await;
    write(&console.root(), "one/a", b"encrypted by somebody else");
    let run = console.bisync(json!({})).await;
    assert!(run["error"].as_str().is_some_and(|words| words.starts_with("All files of the source changed")), "{run}");
    assert_eq!(fs::read(console.root().join("two/a")).expect("read"), b"a");
    console.good(json!({ "flags": { "force": true } })).await;
    console.both_hold(&["a"]);

    let access = json!({ "flags": { "check_access": true, "check_filename": ".here" } });
    let run = console.bisync(access.clone()).await;
    assert!(run["error"].as_str().is_some_and(|words| words.starts_with("check_access did not find")), "{run}");
    // Both from the same second: files of one content whose times differ by milliseconds make a resync of rclone 1.75.2
    // stumble.
    for side in ["one", "two"] {
        write(&console.root(), &format!("{side}/.here"), b"");
        let file = fs::File::options().write(true).open(console.root().join(side).join(".here")).expect("opened");
        file.set_modified(SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000)).expect("its time");
    }
    let mut with_resync = access.clone();
    with_resync["flags"]["resync"] = json!(true);
    console.good(with_resync).await;
    console.good(access).await;
}

#[tokio::test]
async fn the_limit_of_deletes_is_percent_of_one_side() {
    let console = Console::start();
    for n in 0..10 {
        write(&console.root(), &format!("one/{n}"), b"x");
    }
    fs::create_dir(console.root().join("two")).expect("made");
    console.good(resync()).await;
    for n in 0..3 {
        fs::remove_file(console.root().join(format!("one/{n}"))).expect("deleted");
    }
    let run = console.bisync(json!({ "max_delete": 20 })).await;
    let words = run["error"].as_str().expect("words");
    assert!(words.contains("Too many files of the source were deleted") && words.contains("3 of 10"), "{words}");
    assert_eq!(tree(&console.sides().1).len(), 10, "nothing was deleted");
    console.good(json!({ "max_delete": 30 })).await;
    assert_eq!(tree(&console.sides().1).len(), 7);

    fs::remove_file(console.root().join("two/9")).expect("deleted");
    let run = console.bisync(json!({ "max_delete": 0 })).await;
    assert!(run["error"].as_str().is_some_and(|words| words.contains("of the destination were deleted")), "{run}");
    console.good(json!({ "max_delete": 0, "flags": { "force": true } })).await;
    assert_eq!(tree(&console.sides().0).len(), 6);
}

#[tokio::test]
async fn a_bisync_that_is_stopped_has_time_to_clean_up_and_goes_on_later() {
    let console = Console::start();
    write(&console.root(), "one/a", b"a");
    fs::create_dir(console.root().join("two")).expect("made");
    console.good(resync()).await;
    let (id, _) = console.slow_bisync(json!({})).await;
    let runs = fs::read_dir(console.data().join("runs")).expect("there").map(|entry| entry.expect("an entry").path());
    let dir = runs.into_iter().find(|path| path.to_str().is_some_and(|path| path.contains(&id))).expect("its folder");
    let plan: Value = serde_json::from_slice(&fs::read(dir.join("run.json")).expect("read")).expect("JSON");
    assert_eq!(plan["grace_secs"], 45);
    console.post(&format!("/api/v1/runs/{id}/stop"), &json!({}), StatusCode::ACCEPTED).await;
    let run = console.ended(&id).await;
    assert_eq!((&run["state"], &run["signal"]), (&json!("cancelled"), &json!(null)), "{run}");
    console.good(json!({})).await;
    console.both_hold(&["a", "big"]);
}

#[tokio::test]
async fn a_bisync_changes_both_sides_and_is_checked_for_both() {
    let console = Console::start();
    fs::create_dir_all(console.root().join("one/in")).expect("made");
    for (source, destination, words) in
        [("one", "one/in", "overlap"), ("one/in", "one", "overlap"), ("one", "one", "the same")]
    {
        let body =
            json!({ "operation": "bisync", "source": console.path(source), "destination": console.path(destination) });
        let refused = console.post("/api/v1/runs", &body, StatusCode::BAD_REQUEST).await;
        assert!(refused["fields"]["destination"].as_str().is_some_and(|problem| problem.contains(words)), "{refused}");
    }
    let deep = format!("one/{}", "d".repeat(120));
    let body = json!({ "operation": "bisync", "source": console.path(&deep), "destination": console.path(&deep.replace("one", "two")) });
    let refused = console.post("/api/v1/runs", &body, StatusCode::BAD_REQUEST).await;
    assert!(
        refused["fields"]["destination"].as_str().is_some_and(|problem| problem.contains("230 bytes")),
        "{refused}"
    );
    let outside = json!({ "operation": "bisync", "source": "/etc", "destination": console.path("one") });
    console.post("/api/v1/runs", &outside, StatusCode::FORBIDDEN).await;
    let options = json!({ "backup_dir": console.path("old"), "max_delete": 101, "flags": { "resync_mode": "nobody", "one_way": true } });
    let body = json!({ "operation": "bisync", "source": console.path("one"), "destination": console.path("two"), "options": options });
    let refused = console.post("/api/v1/runs", &body, StatusCode::BAD_REQUEST).await;
    let fields: Vec<_> = refused["fields"].as_object().expect("fields").keys().collect();
    assert_eq!(fields, ["backup_dir", "max_delete"], "{refused}");
    let body = json!({ "operation": "bisync", "source": console.path("one"), "destination": console.path("two"),
        "options": { "flags": { "resync_mode": "nobody", "one_way": true } } });
    let refused = console.post("/api/v1/runs", &body, StatusCode::BAD_REQUEST).await;
    let fields: Vec<_> = refused["fields"].as_object().expect("fields").keys().collect();
    assert_eq!(fields, ["flags.one_way", "flags.resync_mode"], "{refused}");
}
