//! No sync destroys a copy because its source is not what it was: four causes, any tree; and none deletes more than it
//! may, whatever changes between the look and the run.

use std::{
    cell::RefCell,
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use futures::{StreamExt as _, stream};
use reqwest::StatusCode;
use serde_json::{Value, json};

use super::{Chance, begin, count, empty, end, lost, sync, tree};
use crate::support::{Console, S3, until, write};

/// Trees, and runs over each, at once.
const AT_ONCE: usize = 6;

/// Writes the same files to both sides; how many.
fn twins(console: &Console, dir: &str, chance: &mut Chance, files: usize) {
    for number in 0..files {
        let (name, content) = (chance.name(number), chance.content());
        for side in ["src", "dst"] {
            write(&console.root(), &format!("{dir}/{side}/{name}"), &content);
        }
    }
}

/// Removes more than half of the files below a folder.
fn shrink(dir: &Path, chance: &mut Chance) {
    let mut files: Vec<_> = tree(dir).into_keys().collect();
    let keep = chance.between(1, (files.len() - 1) / 2);
    while files.len() > keep {
        let name = files.swap_remove(chance.below(files.len()));
        fs::remove_file(dir.join(name)).expect("removed");
    }
}

/// One tree: it is synced well, then its source loses what the guards look at, in four ways. Files of the destination
/// that were deleted, and how often a guard stopped a run.
async fn four_causes(console: &Console, number: usize) -> (usize, BTreeMap<String, usize>) {
    let (dir, mut chance) = (format!("tree{number}"), Chance::of(number));
    let files = chance.between(5, 60);
    twins(console, &dir, &mut chance, files);
    let (source, destination) = (console.root().join(&dir).join("src"), console.root().join(&dir).join("dst"));
    write(&source, ".disk", b"this is the disk");
    for extra in 0..chance.below(4) {
        write(&destination, &format!("gone{extra}"), b"deleted by the first run");
        write(&source, &format!("new{extra}"), b"copied by the first run");
    }
    let options = [
        json!({}),
        json!({ "checksum": true }),
        json!({ "exclude": ["*.tmp"], "transfers": 8 }),
        json!({ "backup_dir": console.path(&format!("{dir}/bak")) }),
    ];
    let options = &options[chance.below(options.len())];
    let good = sync(console, &dir, json!({ "options": options, "guards": { "sentinel": ".disk" } })).await;
    assert!(matches!(good["state"].as_str(), Some("succeeded" | "no_change")), "{dir}: {good}");
    let before = tree(&destination);
    assert_eq!(before, tree(&source), "{dir}");
    let (mut deleted, mut reasons) = (0, BTreeMap::new());
    for cause in ["sentinel_missing", "source_shrunk", "source_empty", "source_missing"] {
        let guards = if cause == "sentinel_missing" { json!({ "sentinel": ".disk" }) } else { json!({}) };
        match cause {
            "sentinel_missing" => fs::remove_file(source.join(".disk")).expect("removed"),
            "source_shrunk" => shrink(&source, &mut chance),
            "source_empty" => empty(&source),
            _ => fs::remove_dir(&source).expect("removed"),
        }
        let run = sync(console, &dir, json!({ "options": options, "guards": guards })).await;
        let lost = lost(&before, &destination);
        assert_eq!(
            (&run["state"], &run["guard_report"]["reason"], lost),
            (&json!("blocked"), &json!(cause), 0),
            "{dir}, {cause}, {options}: {run}"
        );
        deleted += lost;
        *reasons.entry(cause.to_owned()).or_default() += 1;
    }
    fs::remove_dir_all(console.root().join(&dir)).expect("removed");
    (deleted, reasons)
}

#[tokio::test]
async fn whatever_becomes_of_a_source_no_file_of_its_copy_is_deleted() {
    let (console, trees) = (Console::start(), count("LONGSHORE_SUITE_TREES", 6));
    let (deleted, reasons) = (RefCell::new(0), RefCell::new(BTreeMap::<String, usize>::new()));
    stream::iter(0..trees)
        .for_each_concurrent(AT_ONCE, async |number| {
            let (lost, found) = four_causes(&console, number).await;
            *deleted.borrow_mut() += lost;
            found.into_iter().for_each(|(reason, times)| *reasons.borrow_mut().entry(reason).or_default() += times);
        })
        .await;
    let (deleted, reasons) = (deleted.into_inner(), reasons.into_inner());
    eprintln!("{trees} trees: {deleted} files deleted, stopped by {reasons:?}");
    assert_eq!((deleted, reasons.values().sum::<usize>()), (0, trees * 4));
}

#[tokio::test]
async fn a_sync_over_its_budget_deletes_nothing() {
    let (console, diffs) = (Console::start(), count("LONGSHORE_SUITE_DIFFS", 6));
    stream::iter(0..diffs)
        .for_each_concurrent(AT_ONCE, async |number| {
            let (dir, mut chance) = (format!("diff{number}"), Chance::of(number));
            let same = chance.between(1, 150);
            twins(&console, &dir, &mut chance, same);
            // Its own budget, a share, or the usual: ten, or a tenth of what is there.
            let (more, budget): (Value, Box<dyn Fn(usize) -> usize>) = match chance.below(3) {
                0 => {
                    let most = chance.below(20);
                    (json!({ "options": { "max_delete": most } }), Box::new(move |_| most))
                }
                1 => {
                    let percent = chance.below(40);
                    let most = move |files: usize| if percent == 0 { 0 } else { (files * percent / 100).max(10) };
                    (json!({ "guards": { "max_delete_percent": percent } }), Box::new(most))
                }
                _ => (json!({}), Box::new(|files: usize| (files / 10).max(10))),
            };
            let mut extra = 0;
            while extra <= budget(same + extra) || (chance.coin() && extra < 200) {
                write(&console.root(), &format!("{dir}/dst/old{extra}"), b"old");
                extra += 1;
            }
            let destination = console.root().join(&dir).join("dst");
            let before = tree(&destination);
            let run = sync(&console, &dir, more.clone()).await;
            let report = &run["guard_report"];
            assert_eq!(
                (&run["state"], &report["reason"], &report["deletes"], &report["budget"]),
                (&json!("blocked"), &json!("delete_budget"), &json!(extra), &json!(budget(same + extra))),
                "{dir}, {more}: {run}"
            );
            assert_eq!(lost(&before, &destination), 0, "{dir}");
        })
        .await;
    eprintln!("{diffs} diffs over their budget: 0 files deleted");
}

#[tokio::test]
async fn a_source_that_changes_between_the_look_and_the_run_costs_no_more_than_the_budget() {
    let (console, races) = (Console::start(), count("LONGSHORE_SUITE_RACES", 3));
    let (mut failed, mut most) = (0, 0);
    for number in 0..races {
        let (dir, mut chance) = (format!("race{number}"), Chance::of(number));
        let files = chance.between(40, 90);
        for file in 0..files {
            for side in ["src", "dst"] {
                write(
                    &console.root(),
                    &format!("{dir}/{side}/{}/file{file}", if file < 12 { "stays" } else { "goes" }),
                    b"same",
                );
            }
        }
        let (source, destination) = (console.root().join(&dir).join("src"), console.root().join(&dir).join("dst"));
        let run = json!({ "operation": "sync", "source": source, "destination": destination });
        let id = begin(&console, &run).await;
        let look = console.data().join(format!("runs/{id}.1.guard"));
        until("the guards look", async || look.exists().then_some(())).await;
        while look.exists() {
            // Not by a clock: between the look and the run are milliseconds.
            tokio::task::yield_now().await;
        }
        fs::rename(source.join("goes"), console.root().join(&dir).join("gone")).expect("moved away");
        let before = tree(&destination);
        let run = end(&console, &id).await;
        let (deleted, budget) =
            (lost(&before, &destination), run["guard_report"]["budget"].as_u64().expect("a budget"));
        assert!(deleted <= usize::try_from(budget).expect("small"), "{dir}: {deleted} of {budget}: {run}");
        assert_eq!((&run["state"], &run["exit_code"]), (&json!("failed"), &json!(7)), "{dir}: {run}");
        (failed, most) = (failed + 1, most.max(deleted));
    }
    eprintln!(
        "{races} sources changed after the look: {failed} failed with 7, at most {most} files deleted, 10 allowed"
    );
    assert!(failed == races && most > 0, "rclone itself was the one that stopped");
}

/// What the source becomes before a sync, by chance, and what the guards have to see of it.
struct Change {
    changed: usize,
    deleted: usize,
    renamed: usize,
    new: usize,
}

impl Change {
    fn of(chance: &mut Chance, files: usize) -> Self {
        let most = (files / 4).min(14);
        Self {
            changed: chance.below(most + 1),
            deleted: chance.below(most + 1),
            renamed: chance.below(most / 2),
            new: chance.below(12),
        }
    }

    fn make(&self, source: &Path) {
        let names: Vec<_> = tree(source).into_keys().collect();
        let (changed, rest) = names.split_at(self.changed);
        let (deleted, rest) = rest.split_at(self.deleted);
        for name in changed {
            write(source, &name.to_string_lossy(), format!("changed: {}", name.display()).as_bytes());
        }
        for name in deleted {
            fs::remove_file(source.join(name)).expect("removed");
        }
        for (number, name) in rest[..self.renamed].iter().enumerate() {
            fs::rename(source.join(name), source.join(format!("renamed{number}"))).expect("renamed");
        }
        for number in 0..self.new {
            write(source, &format!("new{number}"), format!("new: {number}").as_bytes());
        }
    }
}

/// Where a sync writes to and keeps old versions, and where that is on this machine.
fn place(console: &Console, s3: Option<&S3>, dir: &str) -> (String, String, PathBuf) {
    let base = s3.map_or_else(|| console.root(), |s3| s3.dir.path().join("bucket"));
    let name = |what: &str| {
        if s3.is_some() { format!("{dir}:bucket/{dir}/{what}") } else { console.path(&format!("{dir}/{what}")) }
    };
    (name("dst"), name("kept"), base.join(dir))
}

#[tokio::test]
async fn the_figures_are_the_files_whatever_changed_and_wherever_they_are_kept() {
    let (console, rounds) = (Console::start(), count("LONGSHORE_SUITE_FIGURES", 12));
    let (mut stopped, mut went) = (0, 0);
    for number in 0..rounds {
        let (dir, mut chance) = (format!("figures{number}"), Chance::of(number));
        let (files, kept, renames) = (chance.between(16, 90), chance.coin(), chance.coin());
        // One of its own, since it remembers what it listed.
        let s3 = chance.coin().then(S3::start);
        let (destination, keeps, base) = place(&console, s3.as_ref(), &dir);
        let source = console.root().join(&dir).join("src");
        for file in 0..files {
            let (name, content) = (chance.name(file), format!("the content of {file}"));
            for side in [source.clone(), base.join("dst")] {
                write(&side, &name, content.as_bytes());
            }
        }
        let change = Change::of(&mut chance, files);
        change.make(&source);
        let before = tree(&base.join("dst"));
        if let Some(s3) = &s3 {
            console.post("/api/v1/remotes", &s3.remote(&dir), StatusCode::CREATED).await;
        }
        let mut options = json!({ "checksum": true });
        if kept {
            options["backup_dir"] = json!(keeps);
        }
        if renames {
            options["flags"] = json!({ "track_renames": true });
        }
        let body = json!({ "operation": "sync", "source": source, "destination": destination, "options": options });
        let run = end(&console, &begin(&console, &body).await).await;
        let Change { changed, deleted, renamed, new } = change;
        let gone = if renames { deleted } else { deleted + renamed };
        let report = &run["guard_report"];
        let figures = ["source_files", "destination_files", "changed_files", "new_files", "deletes"]
            .map(|name| report[name].as_u64());
        let come = if renames { new } else { new + renamed };
        let expected = [files - deleted + new, files, changed, come, gone].map(|files| Some(files as u64));
        let what = format!("{dir}: kept {kept}, renames {renames}, {destination}, {body}");
        assert_eq!(figures, expected, "{what}: {run}");
        if gone > (files / 10).max(10) {
            assert_eq!(
                (&run["state"], &report["reason"]),
                (&json!("blocked"), &json!("delete_budget")),
                "{what}: {run}"
            );
            assert_eq!(lost(&before, &base.join("dst")), 0, "{what}");
            stopped += 1;
        } else {
            assert!(matches!(run["state"].as_str(), Some("succeeded" | "no_change")), "{what}: {run}");
            assert_eq!(tree(&base.join("dst")), tree(&source), "{what}: {run}");
            assert_eq!(tree(&base.join("kept")).len(), if kept { changed + gone } else { 0 }, "{what}: {run}");
            went += 1;
        }
    }
    eprintln!("{rounds} syncs: {went} as their figures say, {stopped} over their budget and stopped");
}
