//! Runs: the queue and the history, one table. `queue` moves a run through its life, `history` looks at runs,
//! `totals` at how many there are.

mod history;
mod queue;
mod row;
mod totals;

pub use history::{Origin, Stored, Unfinished, Week, days, get, id_by_key, list, origin, recent, unfinished, week};
pub use queue::{
    Claimed, End, NewRow, StopOutcome, claim, expire, finish, insert, next_deadline, request_stop, requeue, set_running, update_stats,
};
#[cfg(test)]
pub(super) use totals::TOTALS;
pub use totals::{Total, totals};
