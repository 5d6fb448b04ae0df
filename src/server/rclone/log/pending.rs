//! Of a move, what is said of a file in two lines: it is copied and then deleted where it was, or what was in its way
//! is deleted and then it is moved. The first line waits here for the second.

use std::collections::{HashMap, VecDeque};

use crate::domain::run::files::RunFile;

/// Most that wait. rclone says both lines one after the other, but for what transfers at once; so many wait only where
/// sources cannot be deleted.
const MAX_WAITING: usize = 10_000;

/// Files whose second line has not come.
#[derive(Debug, Default)]
pub struct Pending {
    files: HashMap<String, RunFile>,
    /// In the order in which they came; names that were taken are passed over.
    order: VecDeque<String>,
}

impl Pending {
    /// Keeps a file. The oldest one, when too many wait: it is as its line said.
    pub fn keep(&mut self, file: RunFile) -> Option<RunFile> {
        self.order.push_back(file.name.clone());
        self.files.insert(file.name.clone(), file);
        if self.order.len() <= MAX_WAITING {
            return None;
        }
        self.order.pop_front().and_then(|oldest| self.files.remove(&oldest))
    }

    /// The file of this name, which its second line is about.
    pub fn take(&mut self, name: &str) -> Option<RunFile> {
        self.files.remove(name)
    }

    /// All that are left, in the order in which they came.
    pub fn drain(&mut self) -> Vec<RunFile> {
        std::mem::take(&mut self.order).into_iter().filter_map(|name| self.files.remove(&name)).collect()
    }
}
