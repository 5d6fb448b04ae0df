//! Suites: one promise, tried often, with chance. Each run of the tests tries a few with the same seed; the whole is
//! for the hand, see `docs/reliability.md`. What they print is what that page tells.

mod faults;
mod guards;
mod kills;
mod locks;
mod power;

use std::{
    collections::BTreeMap,
    env, fs,
    path::{Path, PathBuf},
    time::Duration,
};

use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::support::{Console, write};

/// How many are tried: what this variable says, or so few that everybody can wait for it.
fn count(variable: &str, few: usize) -> usize {
    env::var(variable).ok().map_or(few, |number| number.parse().expect("a number"))
}

/// Numbers by chance, which the seed gives again.
struct Chance(fastrand::Rng);

impl Chance {
    /// The numbers of this part of a suite; `LONGSHORE_SUITE_SEED` asks for others.
    fn of(part: usize) -> Self {
        let seed = (count("LONGSHORE_SUITE_SEED", 1) as u64).wrapping_mul(1 << 32).wrapping_add(part as u64);
        Self(fastrand::Rng::with_seed(seed))
    }

    fn below(&mut self, limit: usize) -> usize {
        self.0.usize(..limit)
    }

    fn between(&mut self, least: usize, most: usize) -> usize {
        least + self.below(most - least + 1)
    }

    fn coin(&mut self) -> bool {
        self.0.bool()
    }

    /// A name such as people give, at some depth.
    fn name(&mut self, number: usize) -> String {
        const FOLDERS: [&str; 6] = ["", "2026/", "a b/", "ä/ö ü/", "[x]/{y}/", "deep/er/and/deeper/"];
        const NAMES: [&str; 5] = ["file", "Müller & Söhne", "-x", "*?", "IMG"];
        format!("{}{}{number}", FOLDERS[self.below(FOLDERS.len())], NAMES[self.below(NAMES.len())])
    }

    fn content(&mut self) -> Vec<u8> {
        (0..self.between(1, 200)).map(|_| self.0.u8(..)).collect()
    }
}

/// Asks for a run; its id.
async fn begin(console: &Console, run: &Value) -> String {
    let run = console.post("/api/v1/runs", run, StatusCode::ACCEPTED).await;
    run["id"].as_str().expect("an id").to_owned()
}

/// Waits until a run has ended. Many wait at once here, so each asks less often than elsewhere.
async fn end(console: &Console, id: &str) -> Value {
    let mut tick = tokio::time::interval(Duration::from_millis(150));
    for _ in 0..2000 {
        let run = console.run(id).await;
        if !run["ended_at"].is_null() {
            return run;
        }
        tick.tick().await;
    }
    panic!("{id} does not end");
}

/// Asks for a sync of `dir/src` to `dir/dst` with more, and waits until it has ended.
async fn sync(console: &Console, dir: &str, more: Value) -> Value {
    let mut run = json!({ "operation": "sync", "source": console.path(&format!("{dir}/src")), "destination": console.path(&format!("{dir}/dst")) });
    run.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
    end(console, &begin(console, &run).await).await
}

/// Every file below `dir` with its content; nothing when it is not there.
fn tree(dir: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    if dir.exists() { crate::support::tree(dir) } else { BTreeMap::new() }
}

/// How many files of `before` are not below `dir` any more, or are others.
fn lost(before: &BTreeMap<PathBuf, Vec<u8>>, dir: &Path) -> usize {
    let now = tree(dir);
    before.iter().filter(|(name, content)| now.get(*name) != Some(content)).count()
}

/// Removes all that is in a folder.
fn empty(dir: &Path) {
    fs::remove_dir_all(dir).expect("removed");
    fs::create_dir(dir).expect("made");
}

/// A file of so many KiB.
fn file(console: &Console, name: &str, kib: usize) {
    write(&console.root(), name, &vec![7; kib << 10]);
}
