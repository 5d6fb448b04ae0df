//! Runs: the queue and the history, one table. `queue` puts runs in and hands them out, `life` moves a claimed one to
//! its end, `order` moves those that wait, `places` knows which would meet, `events` what happened, `fold` what is
//! searched; `history` looks at runs, `why` at what holds one back, `before` at what one is compared with, `baseline`
//! at what its source held, `totals` and `days` at how many there are.

mod baseline;
mod days;
mod events;
mod fold;
mod history;
mod life;
mod order;
mod places;
mod previous;
mod queue;
pub(super) mod row;
mod states;
mod totals;
mod wait_reason;

pub use baseline::{Baseline, Counted, SourceKey, baseline};
pub use days::{Week, days, week};
pub use events::{events, note};
pub(super) use fold::fold_routes;
pub use history::{
    Origin, Stored, Unfinished, count_unfinished, count_unfinished_of, get, id_by_key, last_of_jobs, list, origin,
    recent, unfinished,
};
pub use life::{
    End, Ended, Requeued, finish, requeue, set_bandwidth, set_running, set_starting, shift, try_again, update_stats,
};
pub use order::{clock_moved, pause, set_pause, set_position, set_priority, working};
pub use places::{PathLock, busy, of as places_of, replace as replace_places};
pub use previous::before;
pub use queue::{Claimed, Limits, NewRow, StopOutcome, Task, claim, expire, insert, next_due, overdue, request_stop};
#[cfg(test)]
pub(super) use totals::TOTALS;
pub use totals::{Total, totals};
pub use wait_reason::{approved, why};
