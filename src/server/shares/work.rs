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
            *state.at_work.entry(user.clone()).or_default() += 1;
            return Ok(Ok(Turn { line: Some(self.clone()), user: user.clone() }));
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
        state.waiting.push((user.clone(), sender));
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
            *state.at_work.entry(user.clone()).or_default() += 1;
            // Who has gone meanwhile takes none.
            if let Err(mut turn) = sender.send(Turn { line: Some(self.clone()), user: user.clone() }) {
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
mod tests {
    use super::*;

    const BOUNDS: Bounds = Bounds { name: "size calls", own: 2, all: 3, own_waiting: 2, all_waiting: 3 };
    const LONG: Duration = Duration::from_secs(60);

    fn user(n: u8) -> UserId {
        format!("01JD3Z6N9V4M2K8Q7W5X1T0R{n:02}").parse().expect("an id")
    }

    fn now(line: &Line, user: &UserId) -> Option<Turn> {
        line.join(user).expect("not refused").ok()
    }

    #[tokio::test]
    async fn one_person_has_so_much_and_the_rest_waits_and_then_is_refused_with_words() {
        let line = Line::new(BOUNDS);
        let held = [now(&line, &user(1)).expect("free"), now(&line, &user(1)).expect("free")];
        let waits: Vec<_> =
            (0..2).map(|_| line.join(&user(1)).expect("room in the line").expect_err("waits")).collect();
        let error = line.turn(&user(1), LONG).await.expect_err("too many");
        assert_eq!((error.status(), error.retry_after), (429, Some(5)));
        assert_eq!(
            error.message,
            "2 of your size calls are running and 2 wait. Wait until some have ended. Try again in 5 s."
        );
        assert_eq!(line.figures(), (2, 2));
        drop(now(&line, &user(2)).expect("somebody else is not held up"));
        drop(held);
        for turn in waits {
            drop(turn.await.expect("a turn"));
        }
        assert_eq!(line.figures(), (0, 0));
        assert!(line.lock().at_work.is_empty());
    }

    #[tokio::test]
    async fn who_has_the_least_at_work_is_next() {
        let line = Line::new(BOUNDS);
        let mut held = vec![
            now(&line, &user(1)).expect("free"),
            now(&line, &user(1)).expect("free"),
            now(&line, &user(2)).expect("free"),
        ];
        let mut greedy = line.join(&user(1)).expect("room in the line").expect_err("waits");
        let mut other = line.join(&user(3)).expect("room in the line").expect_err("waits");
        drop(held.remove(0));
        let turn = other.try_recv().expect("the one with nothing at work, though it came later");
        assert!(greedy.try_recv().is_err());
        drop(turn);
        drop(greedy.try_recv().expect("then the other"));
    }

    #[tokio::test]
    async fn when_all_have_too_much_it_is_nobodys_fault() {
        let line = Line::new(BOUNDS);
        let _held: Vec<_> = (1..=3).map(|n| now(&line, &user(n)).expect("free")).collect();
        let waits: Vec<_> =
            (4..=6).map(|n| line.join(&user(n)).expect("room in the line").expect_err("waits")).collect();
        let error = line.turn(&user(7), LONG).await.expect_err("full");
        assert_eq!((error.status(), error.retry_after), (503, Some(5)));
        assert!(error.message.starts_with("3 size calls of all people are running and 3 wait."), "{error}");
        // Who hung up makes room, and gets no turn.
        drop(waits);
        let error = line.turn(&user(7), Duration::ZERO).await.expect_err("no time");
        assert_eq!(error.status(), 503);
        assert!(error.message.contains("This one waited for its turn"), "{error}");
    }

    #[tokio::test]
    async fn a_turn_that_nobody_takes_goes_on_to_the_next() {
        let line = Line::new(Bounds { own: 1, all: 1, ..BOUNDS });
        let held = now(&line, &user(1)).expect("free");
        let gone = line.join(&user(2)).expect("room in the line").expect_err("waits");
        let given = line.join(&user(3)).expect("room in the line").expect_err("waits");
        drop(gone);
        drop(held);
        drop(given);
        assert_eq!(line.figures(), (0, 0), "also one that was given and not taken");
        drop(now(&line, &user(4)).expect("free"));
    }
}
