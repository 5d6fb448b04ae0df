//! What knows nobody else: time, files that are there whole or not at all, sockets.

pub mod clock;
pub mod files;
pub mod socket;
