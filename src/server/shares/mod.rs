//! What one person, or one address, may have of what all share: requests and event streams at once, work for rclone,
//! memory. Nobody takes what others need.

mod memory;
mod requests;
mod streams;
mod work;

pub use memory::{Memory, Room};
pub use requests::{Holder, PER_NETWORK, PER_PERSON, Permit, Requests};
pub use streams::{PER_PERSON as STREAMS_PER_PERSON, Stream, Streams};
pub use work::{Line, Turn, Work};

/// Who has how much now. One for the whole console.
#[derive(Debug, Default)]
pub struct Shares {
    /// Requests that are being answered.
    pub requests: Requests,
    /// Open event streams.
    pub streams: Streams,
    /// Listings and sizes that are asked for.
    pub work: Work,
    /// What listings take.
    pub memory: Memory,
}
