//! Runs: the queue and the history, one table. `queue` moves a run through its life, `history` looks at runs.

mod history;
mod queue;
mod row;

pub use history::{Stored, Unfinished, Week, days, get, list, recent, unfinished, week};
pub use queue::{Claimed, End, NewRow, StopOutcome, claim, finish, insert, request_stop, requeue, set_running, update_stats};
