//! Links that are swapped in while a run works: how many files get out of the allowed folders, or in from outside.
//! `LONGSHORE_SUITE_LINKS` says how many files are tried.

use std::{
    fs,
    os::unix::fs::symlink,
    path::{Path, PathBuf},
    sync::atomic::{AtomicBool, Ordering},
    thread,
};

use rustix::fs::{CWD, RenameFlags, renameat_with};
use serde_json::json;

use super::{kept, run};
use crate::support::{Console, tree, write};

/// How many folders one run has.
const FOLDERS: usize = 500;

/// Folders, each beside a link that leads outside and takes its place again and again.
struct Swapped {
    pairs: Vec<(PathBuf, PathBuf)>,
}

impl Swapped {
    /// `each` is done for the folder inside and for the one outside.
    fn new(root: &Path, place: &str, outside: &Path, folders: usize, each: impl Fn(&Path, bool)) -> Self {
        let pairs = (0..folders).map(|n| {
            let (folder, link) = (root.join(place).join(n.to_string()), root.join("spare").join(format!("{place}{n}")));
            let target = outside.join(place).join(n.to_string());
            for folder in [&folder, &target, &root.join("spare")] {
                fs::create_dir_all(folder).expect("made");
            }
            each(&folder, true);
            each(&target, false);
            symlink(&target, &link).expect("linked");
            (folder, link)
        });
        Self { pairs: pairs.collect() }
    }

    fn swap(&self, stop: &AtomicBool) {
        while !stop.load(Ordering::Relaxed) {
            for (folder, link) in &self.pairs {
                renameat_with(CWD, folder, CWD, link, RenameFlags::EXCHANGE).expect("swapped");
            }
        }
    }
}

/// How many of `tries` files were written outside or taken from there.
async fn attack(console: &Console, tries: usize) -> (usize, usize) {
    let (mut written, mut taken) = (0, 0);
    let base = console.root().parent().expect("a folder").to_owned();
    for round in 0..tries.div_ceil(2 * FOLDERS).max(1) {
        let folders = FOLDERS.min(tries.div_ceil(2));
        let (outside, name) = (base.join(format!("outside{round}")), |what: &str| format!("{what}{round}"));
        for n in 0..folders {
            write(&console.root(), &format!("{}/{n}/f", name("from")), b"inside");
        }
        let into = Swapped::new(&console.root(), &name("into"), &outside, folders, |_, _| ());
        let of = Swapped::new(&console.root(), &name("of"), &outside, folders, |folder, inside| {
            write(folder, "f", if inside { b"inside" } else { b"secret" });
        });
        // A run that finds nothing but links makes no folder.
        fs::create_dir_all(console.root().join(name("loot"))).expect("made");
        let stop = std::sync::Arc::new(AtomicBool::new(false));
        let racers = [into, of].map(|swapped| {
            let stop = stop.clone();
            thread::spawn(move || swapped.swap(&stop))
        });
        run(console, "copy", &name("from"), &name("into"), json!({})).await;
        run(console, "copy", &name("of"), &name("loot"), json!({})).await;
        stop.store(true, Ordering::Relaxed);
        for racer in racers {
            racer.join().expect("the racer");
        }
        written += tree(&outside.join(name("into"))).values().filter(|content| content.as_slice() == b"inside").count();
        taken +=
            tree(&console.root().join(name("loot"))).values().filter(|content| content.as_slice() == b"secret").count();
    }
    (written, taken)
}

fn tries() -> usize {
    std::env::var("LONGSHORE_SUITE_LINKS").ok().map_or(200, |tries| tries.parse().expect("a number"))
}

#[tokio::test]
async fn links_that_are_swapped_while_a_run_works_lead_nowhere() {
    if !kept() {
        return;
    }
    let (written, taken) = attack(&Console::start(), tries()).await;
    eprintln!("with Landlock, of {} files: {written} written outside, {taken} taken from there", tries());
    assert_eq!((written, taken), (0, 0));
}

/// The figure of `docs/security.md`, by hand: without the kernel's help it is what the checks before a run cannot see.
#[tokio::test]
#[ignore = "a figure, not a promise"]
async fn without_landlock_the_same_links_lead_outside() {
    let (written, taken) = attack(&Console::start_without_landlock(), tries()).await;
    eprintln!("without Landlock, of {} files: {written} written outside, {taken} taken from there", tries());
}
