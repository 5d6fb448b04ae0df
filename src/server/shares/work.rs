//! Work that costs much memory, many processes or a provider's patience: so much at once for a person, and for all
//! together. More waits in a line that is as bounded; who has the least at work is next.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::{sync::oneshot, time::timeout};

use crate::domain::{
    error::{AppError, ErrorCode, Result},
    id::UserId,
};

/// How much of one kind of work there may be.
#[derive(Clone, Copy, Debug)]
struct Bounds {
    /// As a person calls it, in the plural.
    name: &'static str,
    /// At work for one person, and for all.
    own: usize,
    all: usize,
    /// In the line for one person, and for all.
    own_waiting: usize,
    all_waiting: usize,
}

/// An rclone process for each, and a walk through a whole remote.
const SIZES: Bounds = Bounds { name: "size calls", own: 3, all: 6, own_waiting: 8, all_waiting: 32 };
/// What lies below a folder: as many entries as there are.
const TREES: Bounds = Bounds { name: "listings", own: 2, all: 4, own_waiting: 16, all_waiting: 64 };
/// One folder, for a screen.
const FOLDERS: Bounds = Bounds { name: "folders", own: 6, all: 16, own_waiting: 32, all_waiting: 128 };
/// Seconds after which it is worth to ask again.
const RETRY_AFTER: u64 = 5;

/// All kinds.
#[derive(Debug)]
pub struct Work {
    /// Counting what a place holds.
    pub sizes: Line,
    /// Listing a place for a program.
    pub trees: Line,
    /// Listing a folder for a screen.
    pub folders: Line,
}

impl Default for Work {
    fn default() -> Self {
        Self { sizes: Line::new(SIZES), trees: Line::new(TREES), folders: Line::new(FOLDERS) }
    }
}

/// One kind of work: who is at it, and who waits.
#[derive(Clone, Debug)]
pub struct Line(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    bounds: Bounds,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    at_work: HashMap<UserId, usize>,
    /// The first comes first, among those whose people have as much at work.
    waiting: Vec<(UserId, oneshot::Sender<Turn>)>,
}

/// Somebody's turn. The next comes when this is dropped.
#[derive(Debug)]
pub struct Turn {
    /// None of a turn that nobody took.
    line: Option<Line>,
    user: UserId,
}

impl Line {
    fn new(bounds: Bounds) -> Self {
        Self(Arc::new(Inner { bounds, state: Mutex::default() }))
    }

    /// Waits for a turn, for so long at most.
    ///
    /// # Errors
    /// `rate_limited` when this person has too much at work and in the line, `unavailable` when all together have, or
    /// the time is over.
    pub async fn turn(&self, user: &UserId, limit: Duration) -> Result<Turn> {
        let turn = match self.join(user)? {
            Ok(turn) => return Ok(turn),
            Err(turn) => turn,
        };
        match timeout(limit, turn).await {
            Ok(Ok(turn)) => Ok(turn),
            _ => {
                let running = self.lock().of(user);
                let why = format!(
                    "{running} of your {} are running. This one waited for its turn until its time was over.",
                    self.0.bounds.name
                );
                Err(refused(ErrorCode::Unavailable, &why))
            }
        }
    }

    /// A turn, or a place in the line.
    fn join(&self, user: &UserId) -> Result<std::result::Result<Turn, oneshot::Receiver<Turn>>> {
        let Bounds { name, all, own_waiting, all_waiting, .. } = self.0.bounds;
        let mut state = self.lock();
        state.waiting.retain(|(_, turn)| !turn.is_closed());
        let waiting = state.waiting.iter().filter(|(other, _)| other == user).count();
        // Work that may start at once has none before it: the line holds only work that may not.
        if state.may(user, self.0.bounds) {
            *state.at_work.entry(*user).or_default() += 1;
            return Ok(Ok(Turn { line: Some(self.clone()), user: *user }));
        }
        let running = state.of(user);
        if waiting >= own_waiting {
            let why = format!("{running} of your {name} are running and {waiting} wait. Wait until some have ended.");
            return Err(refused(ErrorCode::RateLimited, &why));
        }
        if state.waiting.len() >= all_waiting {
            let why =
                format!("{all} {name} of all people are running and {all_waiting} wait. Wait until some have ended.");
            return Err(refused(ErrorCode::Unavailable, &why));
        }
        let (sender, receiver) = oneshot::channel();
        state.waiting.push((*user, sender));
        tracing::debug!(%user, "{running} of their {name} are running; this one waits");
        Ok(Err(receiver))
    }

    /// How many are at work, and how many wait.
    #[must_use]
    pub fn figures(&self) -> (usize, usize) {
        let state = self.lock();
        (state.at_work.values().sum(), state.waiting.len())
    }

    /// Nothing that holds this lock can panic.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Ends one's work, and gives turns to those who wait.
    fn end(&self, user: &UserId) {
        let mut state = self.lock();
        state.leave(user);
        while let Some(next) = state.next(self.0.bounds) {
            let (user, sender) = state.waiting.remove(next);
            *state.at_work.entry(user).or_default() += 1;
            // Who has gone meanwhile takes none.
            if let Err(mut turn) = sender.send(Turn { line: Some(self.clone()), user }) {
                state.leave(&user);
                turn.line = None;
            }
        }
    }
}

fn refused(code: ErrorCode, why: &str) -> AppError {
    AppError { retry_after: Some(RETRY_AFTER), ..AppError::new(code, format!("{why} Try again in {RETRY_AFTER} s.")) }
}

impl State {
    fn of(&self, user: &UserId) -> usize {
        self.at_work.get(user).copied().unwrap_or(0)
    }

    fn may(&self, user: &UserId, bounds: Bounds) -> bool {
        self.of(user) < bounds.own && self.at_work.values().sum::<usize>() < bounds.all
    }

    fn leave(&mut self, user: &UserId) {
        if let Some(count) = self.at_work.get_mut(user) {
            *count -= 1;
            if *count == 0 {
                self.at_work.remove(user);
            }
        }
    }

    /// Who is next: of those who may, the first of who has the least at work.
    fn next(&self, bounds: Bounds) -> Option<usize> {
        let may = self.waiting.iter().enumerate().filter(|(_, (user, _))| self.may(user, bounds));
        may.min_by_key(|(at, (user, _))| (self.of(user), *at)).map(|(at, _)| at)
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        if let Some(line) = self.line.take() {
            line.end(&self.user);
        }
    }
}

#[cfg(test)]
mod tests;
