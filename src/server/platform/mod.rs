//! What knows nobody else: time, files that are there whole or not at all, sockets, background tasks.

pub mod clock;
pub mod files;
pub mod socket;
pub mod tasks;
