//! The REST door, through the real router of a real process.

mod backups;
mod door;
mod files;
mod remotes;
mod runs;
