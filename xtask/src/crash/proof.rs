//! What is proven once everything has ended: each run that was asked for is there once, and what its row says is what
//! its files say.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use anyhow::Result;
use serde_json::Value;

use super::{console::Console, load::Load, processes::Watch};

/// Which folders of runs had a process of theirs killed.
#[derive(Debug, Default)]
pub struct Killed {
    /// The shim.
    pub shims: BTreeSet<String>,
    /// rclone.
    pub rclones: BTreeSet<String>,
}

/// What should not be, in words.
#[derive(Debug, Default)]
pub struct Faults {
    /// Runs that were acknowledged and are not there, or followers that were never queued.
    pub lost: BTreeSet<String>,
    /// Processes that no row knows.
    pub orphans: BTreeSet<String>,
    /// Runs that are there twice, or whose rclone was started twice.
    pub doubles: BTreeSet<String>,
    /// Runs whose row says something else than their files.
    pub wrong: BTreeSet<String>,
    /// Anything else: too late, a broken database, a boundary that nobody came to.
    pub other: BTreeSet<String>,
}

impl Faults {
    /// All of them.
    pub fn all(&self) -> impl Iterator<Item = &String> {
        [&self.lost, &self.orphans, &self.doubles, &self.wrong, &self.other].into_iter().flatten()
    }
}

/// Compares all that was asked for with what is there. How the runs ended, by state.
pub fn prove(
    console: &Console,
    load: &Load,
    killed: &Killed,
    watch: &Watch,
    faults: &mut Faults,
) -> Result<BTreeMap<String, usize>> {
    let runs = console.api.runs(&[])?;
    let root = console.root();
    let (mut by_id, mut by_destination, mut states) =
        (BTreeMap::new(), BTreeMap::<&str, Vec<&Value>>::new(), BTreeMap::new());
    for run in &runs {
        by_id.insert(run["id"].as_str().unwrap_or_default(), run);
        let destination = run["destination"].as_str().and_then(|path| Path::new(path).file_name()?.to_str());
        by_destination.entry(destination.unwrap_or_default()).or_default().push(run);
        *states.entry(run["state"].as_str().unwrap_or_default().to_owned()).or_default() += 1;
    }
    for asked in &load.asked {
        match &asked.id {
            Some(id) if by_id.contains_key(id.as_str()) => {}
            Some(id) => drop(faults.lost.insert(format!("{id} was acknowledged ({asked:?})"))),
            // No answer said that it is there, and it was not asked for again.
            None => continue,
        }
        let first = (asked.source.as_str(), asked.destination.as_str());
        let next = asked.follower.as_deref().map(|follower| (asked.destination.as_str(), follower));
        for (source, destination) in [Some(first), next].into_iter().flatten() {
            match by_destination.get(destination).map(Vec::as_slice) {
                None | Some([]) => drop(faults.lost.insert(format!("no run to {destination} ({asked:?})"))),
                Some([run]) => {
                    if let Some(wrong) =
                        judge(&console.data().join("runs"), run, killed, &root.join(source), &root.join(destination))
                    {
                        faults.wrong.insert(format!("{}, {:?}: {wrong}", run["id"], asked.kind));
                    }
                }
                Some(more) => drop(faults.doubles.insert(format!("{} runs to {destination} ({asked:?})", more.len()))),
            }
        }
    }
    watch.noticed(|noticed| {
        faults.doubles.extend(noticed.doubles.iter().map(|run| format!("two rclone at once for {run}")));
        let twice = noticed.rclones.iter().filter(|(_, rclones)| rclones.len() > 1);
        faults.doubles.extend(twice.map(|(folder, rclones)| format!("{} rclone in {folder}", rclones.len())));
    });
    Ok(states)
}

/// What is wrong with the state of a run that has ended, by what its folder and its destination say.
fn judge(runs: &Path, run: &Value, killed: &Killed, source: &Path, destination: &Path) -> Option<String> {
    let (id, state) = (run["id"].as_str()?, run["state"].as_str()?);
    let folders = folders(runs, id);
    // In the last one in which rclone was to be started, its shim says how it ended.
    let started = folders.iter().rev().find(|folder| folder.join("stdout").exists());
    let exit =
        started.and_then(|folder| serde_json::from_slice::<Value>(&fs::read(folder.join("exit.json")).ok()?).ok());
    let was_killed = |which: &BTreeSet<String>| {
        folders.iter().any(|folder| folder.file_name().is_some_and(|name| which.contains(&*name.to_string_lossy())))
    };
    match (state, exit) {
        ("succeeded" | "no_change" | "warning", Some(exit)) if exit["code"] == 0 => differs(source, destination),
        ("failed", Some(exit)) if exit["signal"] == 9 && was_killed(&killed.rclones) => None,
        // Its shim died before rclone was there, and its console saw it.
        ("failed", None)
            if was_killed(&killed.shims)
                && run["error"].as_str().is_some_and(|error| error.contains("could not be started")) =>
        {
            None
        }
        ("interrupted", None) if was_killed(&killed.shims) => None,
        (state, exit) => Some(format!("{state}, with exit {exit:?} of {} folders; {}", folders.len(), run["error"])),
    }
}

/// The folders of a run's attempts, the last one last.
fn folders(runs: &Path, id: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(runs).into_iter().flatten().flatten();
    let fence = |path: &PathBuf| path.file_name()?.to_str()?.strip_prefix(id)?.strip_prefix('.')?.parse::<u64>().ok();
    let mut folders: Vec<_> = entries.filter_map(|entry| Some((fence(&entry.path())?, entry.path()))).collect();
    folders.sort();
    folders.into_iter().map(|(_, path)| path).collect()
}

/// How two trees differ. What an rclone that was killed left half-done has another name.
fn differs(source: &Path, destination: &Path) -> Option<String> {
    let (left, right) = (tree(source, source), tree(destination, destination));
    if left == right {
        return None;
    }
    let names = left.keys().chain(right.keys()).filter(|name| left.get(*name) != right.get(*name));
    Some(format!("{} and {} differ: {:?}", source.display(), destination.display(), names.collect::<BTreeSet<_>>()))
}

fn tree(dir: &Path, base: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut files = BTreeMap::new();
    for path in fs::read_dir(dir).into_iter().flatten().flatten().map(|entry| entry.path()) {
        if path.is_dir() {
            files.extend(tree(&path, base));
        } else if path.extension().is_none_or(|extension| extension != "partial") {
            let name = path.strip_prefix(base).unwrap_or(&path).to_owned();
            files.insert(name, fs::read(&path).unwrap_or_default());
        }
    }
    files
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use tempfile::TempDir;

    use super::*;

    /// The folder of a run that was started, with this `exit.json`, and two trees that are the same.
    fn place(exit: Option<Value>) -> Result<TempDir> {
        let dir = tempfile::tempdir()?;
        for folder in ["runs/X.1", "from", "to"] {
            fs::create_dir_all(dir.path().join(folder))?;
        }
        fs::write(dir.path().join("runs/X.1/stdout"), "")?;
        if let Some(exit) = exit {
            fs::write(dir.path().join("runs/X.1/exit.json"), exit.to_string())?;
        }
        for file in ["from/file", "to/file", "to/file.a1b2.partial"] {
            fs::write(dir.path().join(file), "content")?;
        }
        Ok(dir)
    }

    fn wrong(dir: &TempDir, state: &str, killed: &[&str]) -> bool {
        let killed: BTreeSet<_> = killed.iter().map(|&name| name.to_owned()).collect();
        let killed = Killed { shims: killed.clone(), rclones: killed };
        let at = |name: &str| dir.path().join(name);
        judge(&at("runs"), &json!({ "id": "X", "state": state, "error": null }), &killed, &at("from"), &at("to"))
            .is_some()
    }

    #[test]
    fn a_state_that_the_files_do_not_prove_is_wrong() -> Result<()> {
        let well = place(Some(json!({ "code": 0, "signal": null, "at": 1 })))?;
        assert!(!wrong(&well, "succeeded", &[]));
        assert!(
            wrong(&well, "interrupted", &["X.1"]) && wrong(&well, "failed", &["X.1"]) && wrong(&well, "running", &[])
        );
        let killed = place(Some(json!({ "code": null, "signal": 9, "at": 1 })))?;
        assert!(!wrong(&killed, "failed", &["X.1"]));
        assert!(wrong(&killed, "failed", &[]) && wrong(&killed, "succeeded", &["X.1"]));
        let unseen = place(None)?;
        assert!(!wrong(&unseen, "interrupted", &["X.1"]));
        assert!(
            wrong(&unseen, "interrupted", &["Y.1"])
                && wrong(&unseen, "succeeded", &[])
                && wrong(&unseen, "failed", &["X.1"])
        );
        Ok(())
    }

    #[test]
    fn a_success_without_the_files_is_wrong() -> Result<()> {
        for (file, content) in
            [("to/file", Some("c0ntent")), ("to/file", None), ("to/more", Some("")), ("from/more", Some(""))]
        {
            let dir = place(Some(json!({ "code": 0, "signal": null, "at": 1 })))?;
            match content {
                Some(content) => fs::write(dir.path().join(file), content)?,
                None => fs::remove_file(dir.path().join(file))?,
            }
            assert!(wrong(&dir, "succeeded", &[]), "{file}");
        }
        Ok(())
    }
}
