//! All that is on the drive, what may be done to it, and what goes wrong.

use std::{
    collections::{BTreeMap, HashSet},
    ffi::{OsStr, OsString},
    time::SystemTime,
};

use fuser::{Errno, FileAttr, FileType, INodeNo, RenameFlags};

use super::{
    content::Content,
    tree::{Change, Tree},
};

/// The folder that holds all others.
pub const ROOT: u64 = 1;

/// A file, a folder, or what else has a name.
#[derive(Debug)]
pub struct Node {
    pub kind: FileType,
    pub mode: u16,
    pub owner: (u32, u32),
    pub content: Content,
    pub changed: SystemTime,
    /// Its last name, for people.
    pub name: OsString,
}

/// What goes wrong at a call that changes something.
#[derive(Clone, Copy, Debug)]
pub enum Trouble {
    /// This call fails, and no other.
    Once(Errno),
    /// This call fails, and all after it.
    Lasting(Errno),
    /// The power is cut.
    Cut,
}

/// Everything.
#[derive(Debug)]
pub struct State {
    pub nodes: BTreeMap<u64, Node>,
    pub tree: Tree,
    next: u64,
    /// How many more calls go well, and what comes then.
    armed: Option<(usize, Trouble)>,
    /// The calls that failed.
    pub failed: Vec<String>,
    /// How many calls changed something, ever.
    pub calls: usize,
    pub dead: bool,
}

impl State {
    pub fn new() -> Self {
        let mut state = Self {
            nodes: BTreeMap::new(),
            tree: Tree::default(),
            next: ROOT,
            armed: None,
            failed: Vec::new(),
            calls: 0,
            dead: false,
        };
        let root = state.add(FileType::Directory, 0o700, (0, 0), OsStr::new("/"));
        assert_eq!(root, ROOT);
        state
    }

    pub fn arm(&mut self, after: usize, trouble: Trouble) {
        self.armed = Some((after, trouble));
        self.failed.clear();
    }

    /// All goes well again.
    pub fn disarm(&mut self) {
        self.armed = None;
    }

    /// Whether a call that only looks may go on.
    pub fn alive(&self) -> Result<(), Errno> {
        if self.dead { Err(Errno::EIO) } else { Ok(()) }
    }

    /// Whether a call that changes something may go on.
    pub fn may(&mut self, what: &str, name: &OsStr) -> Result<(), Errno> {
        self.alive()?;
        self.calls += 1;
        let trouble = match &mut self.armed {
            None => return Ok(()),
            Some((left, _)) if *left > 0 => {
                *left -= 1;
                return Ok(());
            }
            Some((_, trouble)) => *trouble,
        };
        self.failed.push(format!("{what} {}", name.to_string_lossy()));
        match trouble {
            Trouble::Lasting(error) => Err(error),
            Trouble::Once(error) => {
                self.armed = None;
                Err(error)
            }
            Trouble::Cut => {
                self.dead = true;
                Err(Errno::EIO)
            }
        }
    }

    /// The same, for a node.
    pub fn may_at(&mut self, what: &str, node: u64) -> Result<(), Errno> {
        let name = self.node(node)?.name.clone();
        self.may(what, &name)
    }

    pub fn node(&mut self, node: u64) -> Result<&mut Node, Errno> {
        self.nodes.get_mut(&node).ok_or(Errno::ENOENT)
    }

    pub fn find(&self, folder: u64, name: &OsStr) -> Result<u64, Errno> {
        self.alive()?;
        self.tree.find(folder, name).ok_or(Errno::ENOENT)
    }

    fn add(&mut self, kind: FileType, mode: u16, owner: (u32, u32), name: &OsStr) -> u64 {
        let node = self.next;
        self.next += 1;
        if kind == FileType::Directory {
            self.tree.add_folder(node);
        }
        let (content, changed, name) = (Content::default(), SystemTime::now(), name.to_owned());
        self.nodes.insert(node, Node { kind, mode, owner, content, changed, name });
        node
    }

    pub fn make(
        &mut self,
        folder: u64,
        name: &OsStr,
        kind: FileType,
        mode: u32,
        owner: (u32, u32),
    ) -> Result<u64, Errno> {
        self.may("create", name)?;
        if self.tree.find(folder, name).is_some() {
            return Err(Errno::EEXIST);
        }
        let node = self.add(kind, u16::try_from(mode & 0o7777).expect("small"), owner, name);
        self.tree.change(Change { names: vec![(folder, name.to_owned(), Some(node))], makes: Some(node) });
        Ok(node)
    }

    /// Takes a name away. That is not among the calls that are made to fail: it is how a program cleans up, and needs
    /// no room.
    pub fn remove(&mut self, folder: u64, name: &OsStr) -> Result<(), Errno> {
        let node = self.find(folder, name)?;
        if self.tree.folder(node).is_some_and(|names| !names.is_empty()) {
            return Err(Errno::ENOTEMPTY);
        }
        self.tree.change(Change { names: vec![(folder, name.to_owned(), None)], makes: None });
        Ok(())
    }

    pub fn rename(&mut self, from: (u64, &OsStr), to: (u64, &OsStr), flags: RenameFlags) -> Result<(), Errno> {
        self.may("rename", to.1)?;
        let (node, there) = (self.find(from.0, from.1)?, self.tree.find(to.0, to.1));
        let left = match there {
            None if flags.contains(RenameFlags::RENAME_EXCHANGE) => return Err(Errno::ENOENT),
            Some(_) if flags.contains(RenameFlags::RENAME_NOREPLACE) => return Err(Errno::EEXIST),
            Some(there) if flags.contains(RenameFlags::RENAME_EXCHANGE) => Some(there),
            _ => None,
        };
        to.1.clone_into(&mut self.node(node)?.name);
        let names = vec![(from.0, from.1.to_owned(), left), (to.0, to.1.to_owned(), Some(node))];
        self.tree.change(Change { names, makes: None });
        Ok(())
    }

    pub fn sync(&mut self, node: u64) -> Result<(), Errno> {
        self.may_at("fsync", node)?;
        self.node(node)?.content.sync();
        self.tree.sync(node);
        Ok(())
    }

    pub fn attributes(&mut self, node: u64) -> Result<FileAttr, Errno> {
        self.alive()?;
        let Node { kind, mode, owner, content, changed, .. } = self.node(node)?;
        let size = content.len() as u64;
        Ok(FileAttr {
            ino: INodeNo(node),
            size,
            blocks: size.div_ceil(512),
            atime: *changed,
            mtime: *changed,
            ctime: *changed,
            crtime: *changed,
            kind: *kind,
            perm: *mode,
            nlink: if *kind == FileType::Directory { 2 } else { 1 },
            uid: owner.0,
            gid: owner.1,
            rdev: 0,
            blksize: 4096,
            flags: 0,
        })
    }

    /// What is there when the power comes back. What was not synced is there by chance: nothing of it, some, or all.
    pub fn survivor(&mut self, chance: &mut impl FnMut(usize) -> usize) -> Self {
        self.dead = true;
        let mut survivor = Self { tree: self.tree.survivor(chance), ..Self::new() };
        let luck = chance(3);
        let (mut reached, mut folders) = (HashSet::from([ROOT]), vec![ROOT]);
        while let Some(folder) = folders.pop() {
            for node in survivor.tree.folder(folder).into_iter().flat_map(BTreeMap::values) {
                reached.insert(*node);
                folders.push(*node);
            }
        }
        for (number, node) in self.nodes.iter().filter(|(number, _)| reached.contains(number)) {
            let content = node.content.survivor(|| luck == 2 || luck == 1 && chance(2) == 0);
            survivor.nodes.insert(*number, Node { content, name: node.name.clone(), ..*node });
        }
        survivor.next = self.next;
        survivor
    }
}
