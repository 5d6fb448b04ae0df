//! The folders of the drive, with a journal: what was done to them is safe in order, up to a point, as with the journal
//! of a file system.

use std::{
    collections::{BTreeMap, HashMap},
    ffi::{OsStr, OsString},
};

/// What each name in a folder means.
type Folders = HashMap<u64, BTreeMap<OsString, u64>>;

/// What is done to folders at once: whole, or not at all.
#[derive(Debug)]
pub struct Change {
    /// Folder, name, and what that means from now on.
    pub names: Vec<(u64, OsString, Option<u64>)>,
    /// What it makes.
    pub makes: Option<u64>,
}

/// The folders as programs see them, as they are on the disk, and what lies between.
#[derive(Debug, Default)]
pub struct Tree {
    now: Folders,
    safe: Folders,
    journal: Vec<Change>,
}

impl Tree {
    /// A folder that nothing leads to yet.
    pub fn add_folder(&mut self, folder: u64) {
        self.now.insert(folder, BTreeMap::new());
        self.safe.insert(folder, BTreeMap::new());
    }

    pub fn folder(&self, folder: u64) -> Option<&BTreeMap<OsString, u64>> {
        self.now.get(&folder)
    }

    pub fn find(&self, folder: u64, name: &OsStr) -> Option<u64> {
        self.now.get(&folder)?.get(name).copied()
    }

    pub fn change(&mut self, change: Change) {
        apply(&mut self.now, &change);
        self.journal.push(change);
    }

    /// Syncs a file or a folder: that it was made is safe, and what was done in it; and so is all that was done before
    /// that.
    pub fn sync(&mut self, node: u64) {
        let concerns =
            |change: &Change| change.makes == Some(node) || change.names.iter().any(|(folder, ..)| *folder == node);
        if let Some(last) = self.journal.iter().rposition(concerns) {
            self.keep(last + 1);
        }
    }

    /// What is there after the power was cut: some of the journal, from its beginning.
    pub fn survivor(&mut self, chance: &mut impl FnMut(usize) -> usize) -> Self {
        let kept = chance(self.journal.len() + 1);
        self.keep(kept);
        Self { now: self.safe.clone(), safe: self.safe.clone(), journal: Vec::new() }
    }

    fn keep(&mut self, count: usize) {
        for change in self.journal.drain(..count) {
            apply(&mut self.safe, &change);
        }
    }
}

fn apply(folders: &mut Folders, change: &Change) {
    for (folder, name, meaning) in &change.names {
        let names = folders.entry(*folder).or_default();
        match meaning {
            Some(node) => names.insert(name.clone(), *node),
            None => names.remove(name),
        };
    }
}

#[test]
fn a_file_that_was_synced_has_its_name_and_a_name_that_it_got_later_is_there_when_its_folder_was_synced() {
    let mut tree = Tree::default();
    tree.add_folder(1);
    let make = |name: &str, node| Change { names: vec![(1, name.into(), Some(node))], makes: Some(node) };
    tree.change(make("a", 2));
    tree.change(make("b", 3));
    tree.change(Change { names: vec![(1, "a".into(), None), (1, "c".into(), Some(2))], makes: None });
    tree.sync(2);
    let names = |tree: &Tree| {
        tree.folder(1).expect("a folder").keys().map(|name| name.to_string_lossy().into_owned()).collect::<Vec<_>>()
    };
    assert_eq!(names(&tree), ["b", "c"]);
    let mut least = |_| 0;
    assert_eq!(names(&tree.survivor(&mut least)), ["a"]);
    tree.sync(1);
    assert_eq!(names(&tree.survivor(&mut least)), ["b", "c"]);
}
